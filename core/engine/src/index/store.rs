//! An index's database: opened, made, looked at, changed, and made smaller.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::Database;

use super::memory::SparseMemory;
use super::snapshot::Snapshot;
use super::tables::{DOCS, FACETS, IDS, META, SETS, STATE, VALUES, WORDS};
use super::write::{State, Writer};
use crate::error::{ApiError, Code, Result};

/// Enough to keep the upper levels of every table at hand; the rest is the page cache's.
const CACHE: usize = 32 << 20;
const MEMORY_CACHE: usize = 16 << 20;

pub(crate) struct Index {
    db: RwLock<Database>,
    /// What searches read; `None` only while the file is made smaller.
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    /// `None` is memory.
    path: Option<PathBuf>,
}

impl Index {
    pub(crate) fn memory() -> Result<Index> {
        let mut builder = Database::builder();
        // What is in memory already needs little of it again.
        builder.set_cache_size(MEMORY_CACHE);
        Index::of(builder.create_with_backend(SparseMemory::default())?, None)
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
        Index::of(db, Some(path.to_owned()))
    }

    fn of(db: Database, path: Option<PathBuf>) -> Result<Index> {
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
        let snapshot = RwLock::new(Some(Arc::new(Snapshot::load(&db)?)));
        Ok(Index { db: RwLock::new(db), snapshot, path })
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        if let Some(snapshot) = &*self.snapshot.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(snapshot.clone());
        }
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*snapshot {
            return Ok(snapshot.clone());
        }
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let loaded = Arc::new(Snapshot::load(&db)?);
        *snapshot = Some(loaded.clone());
        Ok(loaded)
    }

    /// Runs `change` in one transaction: all of it shows at once, or none of it ever.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Writer<'_>) -> Result<R>) -> Result<R> {
        let before = self.snapshot()?;
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let txn = db.begin_write()?;
        let result = {
            let mut writer = Writer::new(&txn, &before);
            let result = change(&mut writer)?;
            writer.finish()?;
            result
        };
        drop(before);
        txn.commit()?;
        let after = Arc::new(Snapshot::load(&db)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(after);
        Ok(result)
    }

    /// How large the file is; in memory, what is in the tables.
    pub(crate) fn bytes(&self) -> Result<u64> {
        match &self.path {
            Some(path) => Ok(std::fs::metadata(path)?.len()),
            None => Ok(self.snapshot()?.table_sizes().into_iter().map(|(_, bytes)| bytes).sum()),
        }
    }

    /// Gives back what a large batch left unused of the file. Searches wait meanwhile; where one is
    /// running, the file stays as it is until the next time.
    pub(crate) fn shrink(&self) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        let in_use = {
            let txn = db.begin_write()?;
            let stats = txn.stats().map_err(ApiError::from)?;
            txn.abort()?;
            stats.allocated_pages() * stats.page_size() as u64
        };
        if std::fs::metadata(path)?.len() < in_use + in_use / 4 {
            return Ok(());
        }
        match snapshot.take().map(Arc::try_unwrap) {
            Some(Err(in_use)) => *snapshot = Some(in_use),
            // The read transaction must end before pages can move.
            unused => {
                drop(unused);
                // What is not moved now is only space.
                let _ = db.compact();
                *snapshot = Some(Arc::new(Snapshot::load(&db)?));
            }
        }
        Ok(())
    }
}
