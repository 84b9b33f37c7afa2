//! An index's database: opened, made, looked at, changed.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use redb::Database;
use redb::backends::InMemoryBackend;

use super::snapshot::Snapshot;
use super::tables::{DOCS, FACETS, IDS, META, SETS, STATE, VALUES, WORDS};
use super::write::{State, Writer};
use crate::error::{ApiError, Code, Result};

/// Enough to keep the upper levels of every table at hand; the rest is the page cache's.
const CACHE: usize = 32 << 20;

pub(crate) struct Index {
    db: Database,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl Index {
    pub(crate) fn memory() -> Result<Index> {
        Index::of(Database::builder().create_with_backend(InMemoryBackend::new())?)
    }

    /// Opens what is under `path`, or makes it. Every page is checked against its checksum first.
    pub(crate) fn open(path: &Path) -> Result<Index> {
        let existed = path.exists();
        let mut db = Database::builder().set_cache_size(CACHE).create(path)?;
        if existed && !db.check_integrity()? {
            return Err(ApiError::new(
                Code::InvalidStoreFile,
                "The index's file does not match its checksums: it was damaged after it was written.",
            ));
        }
        Index::of(db)
    }

    fn of(db: Database) -> Result<Index> {
        let txn = db.begin_write()?;
        {
            let mut meta = txn.open_table(META)?;
            if redb::ReadableTable::get(&meta, STATE)?.is_none() {
                let state = serde_json::to_vec(&State::default()).map_err(ApiError::internal)?;
                meta.insert(STATE, state.as_slice())?;
            }
            txn.open_table(DOCS)?;
            txn.open_table(IDS)?;
            txn.open_table(WORDS)?;
            txn.open_table(FACETS)?;
            txn.open_table(VALUES)?;
            txn.open_table(SETS)?;
        }
        txn.commit()?;
        let snapshot = RwLock::new(Arc::new(Snapshot::load(&db)?));
        Ok(Index { db, snapshot })
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        Ok(self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Runs `change` in one transaction: all of it shows at once, or none of it ever.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Writer<'_>) -> Result<R>) -> Result<R> {
        let before = self.snapshot()?;
        let txn = self.db.begin_write()?;
        let result = {
            let mut writer = Writer::new(&txn, &before);
            let result = change(&mut writer)?;
            writer.finish()?;
            result
        };
        drop(before);
        txn.commit()?;
        let after = Arc::new(Snapshot::load(&self.db)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = after;
        Ok(result)
    }
}
