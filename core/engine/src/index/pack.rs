//! An index written anew, in order, so that every page is full. Pages that were split as rows came in between
//! others are half empty for good otherwise, and what a large batch took of the file is never given back.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{Database, Key, ReadOnlyTable, ReadableTable, TableDefinition, Value, WriteTransaction};

use super::snapshot::Snapshot;
use super::tables::{DOCS, FACETS, IDS, SETS, VALUES, WORDS};
use crate::error::{ApiError, Result};
use crate::payloads::sync_folder;

/// Where the new file is until it takes the place of the old one.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("packing")
}

/// Puts everything of `from` into an empty database.
pub(super) fn copy(from: &Snapshot, to: &mut Database) -> Result<()> {
    let txn = to.begin_write()?;
    rows(&from.docs, &txn, DOCS)?;
    rows(&from.ids, &txn, IDS)?;
    rows(&from.words, &txn, WORDS)?;
    rows(&from.facets, &txn, FACETS)?;
    rows(&from.values, &txn, VALUES)?;
    rows(&from.sets, &txn, SETS)?;
    from.copy_meta(&txn)?;
    txn.commit()?;
    // The file grows by leaps; this cuts it to what is in use.
    to.compact().map_err(ApiError::internal)?;
    Ok(())
}

fn rows<K: Key, V: Value>(
    from: &ReadOnlyTable<K, V>,
    txn: &WriteTransaction,
    definition: TableDefinition<'_, K, V>,
) -> Result<()> {
    let mut table = txn.open_table(definition)?;
    let mut end = table.upper_bound_mut(Bound::<K::SelfType<'_>>::Unbounded)?;
    for row in from.iter()? {
        let (key, value) = row?;
        end.insert_before(key.value(), value.value()).map_err(ApiError::internal)?;
    }
    end.close().map_err(ApiError::internal)?;
    Ok(())
}

/// Makes a file beside the one at `path` and puts it in its place, all at once; on an error all is as before.
pub(super) fn replace(path: &Path, make: impl FnOnce(&Path) -> Result<Database>) -> Result<Database> {
    let beside = beside(path);
    let replaced = make(&beside).and_then(|made| {
        std::fs::rename(&beside, path)?;
        Ok(made)
    });
    match &replaced {
        Ok(_) => path.parent().map_or(Ok(()), sync_folder)?,
        Err(_) => drop(std::fs::remove_file(&beside)),
    }
    replaced
}
