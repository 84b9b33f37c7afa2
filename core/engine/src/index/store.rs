//! An index's database: opened, made, looked at, changed, written anew, and opened again after a failure.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redb::Database;

use super::memory::SparseMemory;
use super::pack;
use super::snapshot::Snapshot;
use super::tables::{DOCS, FACETS, IDS, META, SETS, STATE, VALUES, WORDS};
use super::write::{State, Writer};
use crate::error::{ApiError, Code, Result};
use crate::format;

/// Enough to keep the upper levels of every table at hand; the rest is the page cache's.
const CACHE: usize = 16 << 20;
/// What is in memory already needs little of it again.
const MEMORY_CACHE: usize = 4 << 20;

/// How many milliseconds a search may keep a failed file from being opened again.
const PATIENCE: usize = 5_000;

pub(crate) struct Index {
    /// `None` only until a file whose disk failed has been opened again.
    current: RwLock<Option<Current>>,
    /// `None` is memory.
    path: Option<PathBuf>,
}

#[derive(Clone)]
struct Current {
    snapshot: Arc<Snapshot>,
    db: Arc<Database>,
}

impl Current {
    fn of(db: Database) -> Result<Current> {
        let db = Arc::new(db);
        Ok(Current { snapshot: Arc::new(Snapshot::load(&db, None)?), db })
    }
}

fn in_memory() -> Result<Database> {
    let mut builder = Database::builder();
    builder.set_cache_size(MEMORY_CACHE);
    Ok(builder.create_with_backend(SparseMemory::default())?)
}

fn in_file(path: &Path) -> Result<Database> {
    Ok(Database::builder().set_cache_size(CACHE).create(path)?)
}

fn checked(path: &Path) -> Result<Database> {
    let damaged = || {
        let why = "The index's file does not match its checksums: it was damaged after it was written.";
        ApiError::new(Code::InvalidStoreFile, why)
    };
    // redb takes some of what it reads before the checksums for granted, and panics where it is not so.
    let opened = catch_unwind(|| {
        let mut db = in_file(path)?;
        Ok::<_, ApiError>(db.check_integrity()?.then_some(db))
    });
    opened.map_err(|_| damaged())??.ok_or_else(damaged)
}

impl Index {
    pub(crate) fn memory() -> Result<Index> {
        Index::of(in_memory()?, None)
    }

    /// Opens what is under `path`, or makes it. Where `check` says so, every page is held against its
    /// checksum first.
    pub(crate) fn open(path: &Path, check: bool) -> Result<Index> {
        // What a crash left of an index being written anew.
        match std::fs::remove_file(pack::beside(path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let db = if check && path.exists() { checked(path)? } else { in_file(path)? };
        Index::of(db, Some(path.to_owned()))
    }

    fn of(db: Database, path: Option<PathBuf>) -> Result<Index> {
        format::check(&db)??;
        if !is_made(&db)? {
            let txn = db.begin_write()?;
            format::mark(&txn)?;
            {
                let state = serde_json::to_vec(&State::default()).map_err(ApiError::internal)?;
                txn.open_table(META)?.insert(STATE, state.as_slice())?;
                txn.open_table(DOCS)?;
                txn.open_table(IDS)?;
                txn.open_table(WORDS)?;
                txn.open_table(FACETS)?;
                txn.open_table(VALUES)?;
                txn.open_table(SETS)?;
            }
            txn.commit()?;
        }
        Ok(Index { current: RwLock::new(Some(Current::of(db)?)), path })
    }

    fn current(&self) -> Result<Current> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        match (current, &self.path) {
            (Some(current), _) => Ok(current),
            (None, Some(path)) => self.reopened(path),
            (None, None) => Err(ApiError::internal("an index in memory is gone")),
        }
    }

    /// Opens the file again. Until the searches that read from it before have ended, it is locked.
    fn reopened(&self, path: &Path) -> Result<Current> {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = &*current {
            return Ok(current.clone());
        }
        let opened = in_file(path).and_then(Current::of).map_err(|error| {
            let why = format!("The index cannot be opened again after its disk failed: {}", error.message);
            ApiError::new(Code::IoError, why)
        })?;
        Ok(current.insert(opened).clone())
    }

    fn put(&self, current: Current) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current);
    }

    pub(crate) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        Ok(self.current()?.snapshot)
    }

    /// Whether nobody reads from it or writes to it.
    pub(crate) fn is_idle(&self) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_none_or(|current| Arc::strong_count(&current.snapshot) == 1)
    }

    /// Runs `change` in one transaction: all of it shows at once, or none of it ever. Only one thread writes.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Writer<'_>) -> Result<R>) -> Result<R> {
        let written = match self.current() {
            Ok(current) => self.write_to(current, change),
            Err(error) => Err(error),
        };
        if let Err(error) = &written
            && error.is_of_disk()
        {
            self.open_again();
        }
        written
    }

    fn write_to<R>(&self, current: Current, change: impl FnOnce(&mut Writer<'_>) -> Result<R>) -> Result<R> {
        let Current { snapshot: before, db } = current;
        let txn = db.begin_write()?;
        let result = {
            let mut writer = Writer::new(&txn, &before);
            let result = change(&mut writer)?;
            writer.finish()?;
            result
        };
        txn.commit()?;
        let snapshot = Arc::new(Snapshot::load(&db, Some(&before))?);
        self.put(Current { snapshot, db });
        Ok(result)
    }

    /// How large the file is; in memory, what is in the tables.
    pub(crate) fn bytes(&self) -> Result<u64> {
        match &self.path {
            Some(path) => Ok(std::fs::metadata(path)?.len()),
            None => Ok(self.snapshot()?.table_sizes().into_iter().map(|(_, bytes)| bytes).sum()),
        }
    }

    /// After a failed write redb trusts the file no more until it is opened again; what was committed is in it.
    fn open_again(&self) {
        let Some(path) = &self.path else { return };
        let failed = self.current.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Current { snapshot, db }) = failed {
            drop(snapshot);
            // Searches that are running end soon, and with them their hold on the file.
            for _ in 0..PATIENCE {
                if Arc::strong_count(&db) == 1 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        // Where this fails, the next that asks for the index tries again.
        let _ = self.reopened(path);
    }

    /// Writes the index anew where much of its file is left unused, unless told to stop. Searches go on meanwhile;
    /// writes must not.
    pub(crate) fn pack(&self, stop: &dyn Fn() -> bool) -> Result<()> {
        let Current { snapshot, .. } = self.current()?;
        let file = self.path.as_ref().map_or(Ok(0), |path| std::fs::metadata(path).map(|meta| meta.len()))?;
        if !snapshot.is_worth_packing(file) {
            return Ok(());
        }
        drop(snapshot);
        self.pack_now(stop)
    }

    /// The same, whether it is worth it or not.
    pub(crate) fn pack_now(&self, stop: &dyn Fn() -> bool) -> Result<()> {
        let Current { snapshot, db } = self.current()?;
        let packed = |mut packed: Database| Ok(pack::copy(&snapshot, &mut packed, stop)?.then_some(packed));
        let packed = match &self.path {
            None => packed(in_memory()?)?,
            Some(path) => pack::replace(path, |beside| packed(in_file(beside)?))?,
        };
        drop((snapshot, db));
        if let Some(packed) = packed {
            self.put(Current::of(packed)?);
        }
        Ok(())
    }
}

fn is_made(db: &Database) -> Result<bool> {
    match redb::ReadableDatabase::begin_read(db)?.open_table(META) {
        Ok(_) => Ok(true),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
