//! Which layout the files have: a number in every database, so that what another version of the engine wrote is
//! refused, never misread.

use redb::{Database, ReadableDatabase, TableDefinition, TableError, WriteTransaction};

use crate::error::{ApiError, Code, Result};

/// Raised whenever anything stored changes its form, in the store or in an index: one number for both, so that a
/// folder is refused as a whole, when it is opened. Files without a number are of format 1.
const CURRENT: u32 = 2;

/// The one table that every format has, and has as it is here. The store counts in it too.
pub(crate) const COUNTERS: TableDefinition<'_, &str, u32> = TableDefinition::new("counters");
const FORMAT: &str = "format";

/// A database that this version cannot read.
pub(crate) struct Foreign {
    found: u32,
}

impl Foreign {
    pub(crate) fn reason(&self) -> String {
        format!("format {}, this is {CURRENT}", self.found)
    }
}

impl From<Foreign> for ApiError {
    fn from(foreign: Foreign) -> Self {
        let why = format!(
            "The index was written by another version of the engine ({}): delete the folder of the embedded index and \
             backfill.",
            foreign.reason()
        );
        ApiError::new(Code::InvalidStoreFile, why)
    }
}

/// Looks at the number, and at nothing else, without writing. A database without tables is new, and of no format yet.
pub(crate) fn check(db: &Database) -> Result<Result<(), Foreign>> {
    let txn = db.begin_read()?;
    let found = match txn.open_table(COUNTERS) {
        Ok(table) => table.get(FORMAT)?.map_or(1, |number| number.value()),
        Err(TableError::TableDoesNotExist(_)) if txn.list_tables()?.next().is_none() => CURRENT,
        Err(TableError::TableDoesNotExist(_)) => 1,
        Err(error) => return Err(error.into()),
    };
    Ok(if found == CURRENT { Ok(()) } else { Err(Foreign { found }) })
}

/// Writes the number into a database that is being made.
pub(crate) fn mark(txn: &WriteTransaction) -> Result<()> {
    txn.open_table(COUNTERS)?.insert(FORMAT, CURRENT)?;
    Ok(())
}
