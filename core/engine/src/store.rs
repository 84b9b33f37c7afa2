//! What the engine remembers beside its indexes: tasks and their payloads, batches, keys, and which
//! index a uid names. Kept in one redb database and mirrored in memory, since all of it is small.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::auth::Key;
use crate::clock::Instant;
use crate::error::{ApiError, Code, Result};
use crate::format::{self, COUNTERS, Foreign};
use crate::payloads::{Kept, Payloads, sync_folder};
use crate::tasks::{Batch, Status, Task, Told, Work};

const TASKS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("tasks");
const PAYLOADS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("payloads");
const BATCHES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("batches");
const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");
const INDEXES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("indexes");

/// Finished tasks beyond this many are forgotten, the oldest first, as Meilisearch does.
const MAX_TASKS: usize = 1_000_000;
const FORGET: usize = 100_000;

/// After this many bytes were written, the file is looked at for space to give back.
const LARGE: usize = 1 << 20;

/// What a uid names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IndexEntry {
    /// The folder of its data; it stays when the uid changes.
    pub(crate) folder: String,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tasks: BTreeMap<u32, Arc<Task>>,
    pub(crate) batches: BTreeMap<u32, Arc<Batch>>,
    pub(crate) indexes: BTreeMap<String, IndexEntry>,
    /// Tasks that wait, in order.
    pub(crate) pending: BTreeSet<u32>,
    keys: Vec<Key>,
    /// Which experimental features are on, a bit each.
    pub(crate) features: u32,
    next_task: u32,
    next_batch: u32,
}

impl State {
    /// What is told of a batch: when it ended, or while it runs, of its tasks as they are.
    pub(crate) fn told<'b>(&self, batch: &'b Batch) -> Cow<'b, Told> {
        match &batch.told {
            Some(told) => Cow::Borrowed(told),
            None => {
                let tasks = batch.tasks.iter().filter_map(|uid| self.tasks.get(uid));
                Cow::Owned(Told::of(tasks.map(|task| &**task)))
            }
        }
    }

    pub(crate) fn batch_json(&self, uid: u32) -> Option<Value> {
        let batch = self.batches.get(&uid)?;
        Some(batch.to_json(&self.told(batch)))
    }
}

pub(crate) struct Store {
    /// Locked for writing only while the file is made smaller or opened again; `None` where that failed.
    db: RwLock<Option<Database>>,
    /// `None` is memory.
    path: Option<PathBuf>,
    payloads: Payloads,
    /// Bytes written since the file was last made smaller.
    grown: AtomicUsize,
    state: Mutex<State>,
    /// Held while something is made durable, so that uids are given in the order of commits.
    writing: Mutex<()>,
}

/// Why a store cannot be opened.
pub(crate) enum Unusable {
    Database(redb::DatabaseError),
    /// Another version of the engine wrote it.
    Foreign(Foreign),
    /// It opens, and holds what it should not.
    Holding(ApiError),
}

impl From<redb::DatabaseError> for Unusable {
    fn from(error: redb::DatabaseError) -> Self {
        Unusable::Database(error)
    }
}

impl From<std::io::Error> for Unusable {
    fn from(error: std::io::Error) -> Self {
        Unusable::Database(error.into())
    }
}

impl From<ApiError> for Unusable {
    fn from(error: ApiError) -> Self {
        Unusable::Holding(error)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(ApiError::internal)
}

fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::new(Code::InvalidStoreFile, format!("The task database holds what cannot be read: {error}"))
    })
}

fn in_file(path: &Path) -> Result<Database, redb::DatabaseError> {
    Database::builder().set_cache_size(4 << 20).create(path)
}

impl Store {
    pub(crate) fn memory() -> Result<Store> {
        let mut builder = Database::builder();
        builder.set_cache_size(1 << 20);
        let db = builder.create_with_backend(crate::index::SparseMemory::default())?;
        Store::load(db, None, Payloads::memory())
    }

    /// Opens the database at `path`, with a folder for payloads, or makes both.
    pub(crate) fn open(path: &Path, payloads: &Path) -> Result<Store, Unusable> {
        let existed = path.exists();
        let damaged = || {
            redb::DatabaseError::from(redb::StorageError::Corrupted(
                "it does not match its checksums".to_owned(),
            ))
        };
        // redb takes some of what it reads before the checksums for granted, and panics where it is not so.
        let opened = std::panic::catch_unwind(|| {
            let mut db = in_file(path)?;
            let whole = !existed || db.check_integrity()?;
            Ok::<_, redb::DatabaseError>(whole.then_some(db))
        });
        let db = opened.map_err(|_| damaged())??.ok_or_else(damaged)?;
        format::check(&db)?.map_err(Unusable::Foreign)?;
        std::fs::create_dir_all(payloads)?;
        payloads.parent().map_or(Ok(()), sync_folder)?;
        Ok(Store::load(db, Some(path.to_owned()), Payloads::Folder(payloads.to_owned()))?)
    }

    fn load(db: Database, path: Option<PathBuf>, payloads: Payloads) -> Result<Store> {
        let size =
            path.as_ref().and_then(|path| std::fs::metadata(path).ok()).map_or(0, |meta| meta.len() as usize);
        let txn = db.begin_write()?;
        let mut state = State::default();
        let mut named = HashSet::new();
        format::mark(&txn)?;
        {
            for row in txn.open_table(TASKS)?.iter()? {
                let mut task: Task = decode(row?.1.value())?;
                // Whatever ran when the process ended runs again; what of it was applied is known to the index.
                if task.status == Status::Processing {
                    task.status = Status::Enqueued;
                    task.started_at = None;
                    task.batch = None;
                }
                if task.status == Status::Enqueued {
                    state.pending.insert(task.uid);
                }
                state.tasks.insert(task.uid, Arc::new(task));
            }
            for row in txn.open_table(BATCHES)?.iter()? {
                let batch: Batch = decode(row?.1.value())?;
                state.batches.insert(batch.uid, Arc::new(batch));
            }
            for row in txn.open_table(KEYS)?.iter()? {
                state.keys.push(decode(row?.1.value())?);
            }
            for row in txn.open_table(INDEXES)?.iter()? {
                let (uid, entry) = row?;
                state.indexes.insert(uid.value().to_owned(), decode(entry.value())?);
            }
            for row in txn.open_table(PAYLOADS)?.iter()? {
                if let Kept::Apart { name, .. } = Kept::decode(row?.1.value())? {
                    named.insert(name);
                }
            }
            let counters = txn.open_table(COUNTERS)?;
            state.features = counters.get("features")?.map_or(0, |n| n.value());
            state.next_task = counters.get("task")?.map_or(0, |n| n.value());
            state.next_batch = counters.get("batch")?.map_or(0, |n| n.value());
        }
        txn.commit()?;
        payloads.sweep(&named)?;
        Ok(Store {
            db: RwLock::new(Some(db)),
            path,
            payloads,
            grown: AtomicUsize::new(size.saturating_sub(LARGE)),
            state: Mutex::new(state),
            writing: Mutex::new(()),
        })
    }

    /// Lends the database. After a disk failed, redb trusts the file no more until it is opened again; what was
    /// committed is in it.
    fn with_db<R>(&self, run: impl FnOnce(&Database) -> Result<R>) -> Result<R> {
        if self.db.read().unwrap_or_else(PoisonError::into_inner).is_none() {
            self.open_again()?;
        }
        let done = match &*self.db.read().unwrap_or_else(PoisonError::into_inner) {
            Some(db) => run(db),
            None => Err(ApiError::new(Code::IoError, "The task database is not open.")),
        };
        if let Err(error) = &done
            && error.is_of_disk()
        {
            // Where this fails, the next that needs the database tries again.
            let _ = self.open_again();
        }
        done
    }

    fn open_again(&self) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        *db = None;
        *db = Some(in_file(path)?);
        Ok(())
    }

    /// Gives back what finished tasks left unused of the file.
    pub(crate) fn tidy(&self) -> Result<()> {
        if self.grown.load(Ordering::Relaxed) < LARGE {
            return Ok(());
        }
        self.grown.store(0, Ordering::Relaxed);
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        let compacted = db.as_mut().map_or(Ok(false), Database::compact);
        drop(db);
        if compacted.is_err() {
            self.open_again()?;
        }
        compacted.map(drop).map_err(ApiError::internal)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(crate) fn entry(&self, uid: &str) -> Option<IndexEntry> {
        self.state().indexes.get(uid).cloned()
    }

    /// Writes the task, and what came with it, before anyone is told of it.
    pub(crate) fn enqueue(
        &self,
        index: Option<&str>,
        work: Work,
        payload: Option<Vec<u8>>,
        metadata: Option<String>,
    ) -> Result<Task> {
        let kept = payload.map(|payload| self.payloads.keep(payload)).transpose()?;
        let enqueued = self.put_task(index, work, kept.as_ref(), metadata);
        if let (Err(_), Some(kept)) = (&enqueued, &kept) {
            self.payloads.forget(kept);
        }
        enqueued
    }

    fn put_task(
        &self,
        index: Option<&str>,
        work: Work,
        payload: Option<&Kept>,
        metadata: Option<String>,
    ) -> Result<Task> {
        let _writing = locked(&self.writing);
        let uid = self.state().next_task;
        let task = Task {
            uid,
            index: index.map(str::to_owned),
            status: Status::Enqueued,
            work,
            batch: None,
            canceled_by: None,
            count: None,
            error: None,
            enqueued_at: Instant::now(),
            started_at: None,
            finished_at: None,
            metadata,
        };
        let row = encode(&task)?;
        let payload = payload.map(Kept::encode);
        self.with_db(|db| {
            let txn = db.begin_write()?;
            txn.open_table(TASKS)?.insert(uid, row.as_slice())?;
            if let Some(payload) = &payload {
                txn.open_table(PAYLOADS)?.insert(uid, payload.as_slice())?;
            }
            txn.open_table(COUNTERS)?.insert("task", uid + 1)?;
            Ok(txn.commit()?)
        })?;
        self.grown.fetch_add(row.len() + payload.map_or(0, |payload| payload.len()), Ordering::Relaxed);
        let mut state = self.state();
        state.next_task = uid + 1;
        state.pending.insert(uid);
        state.tasks.insert(uid, Arc::new(task.clone()));
        Ok(task)
    }

    fn kept(&self, task: u32) -> Result<Option<Kept>> {
        self.with_db(|db| {
            let table = db.begin_read()?.open_table(PAYLOADS)?;
            table.get(task)?.map(|row| Kept::decode(row.value())).transpose()
        })
    }

    pub(crate) fn payload(&self, task: u32) -> Result<Vec<u8>> {
        let kept = self.kept(task)?;
        let kept =
            kept.ok_or_else(|| ApiError::internal(format!("the documents of task {task} are gone")))?;
        self.payloads.read(kept)
    }

    pub(crate) fn payload_len(&self, task: u32) -> Result<usize> {
        Ok(self.kept(task)?.map_or(0, |kept| kept.len()))
    }

    /// Notes that tasks are running. Only in memory: after a crash they run again anyway.
    pub(crate) fn begin(&self, tasks: &[u32], why: &str) -> u32 {
        let mut state = self.state();
        let uid = state.next_batch;
        state.next_batch += 1;
        let now = Instant::now();
        for task in tasks {
            state.pending.remove(task);
            if let Some(task) = state.tasks.get_mut(task) {
                let task = Arc::make_mut(task);
                task.status = Status::Processing;
                task.started_at = Some(now);
                task.batch = Some(uid);
            }
        }
        let batch = Batch {
            uid,
            tasks: tasks.to_vec(),
            started_at: now,
            finished_at: None,
            why: why.to_owned(),
            told: None,
        };
        state.batches.insert(uid, Arc::new(batch));
        uid
    }

    /// Puts a batch back that could neither be done nor failed.
    pub(crate) fn postpone(&self, batch: u32, tasks: &[u32]) {
        let mut state = self.state();
        state.batches.remove(&batch);
        for uid in tasks {
            if let Some(task) = state.tasks.get_mut(uid) {
                let task = Arc::make_mut(task);
                task.status = Status::Enqueued;
                task.started_at = None;
                task.batch = None;
                state.pending.insert(*uid);
            }
        }
    }

    /// Makes the end of a batch durable: `change` edits a copy of what is known, which then replaces it.
    pub(crate) fn finish(&self, batch: u32, change: impl FnOnce(&mut Change) -> Result<()>) -> Result<()> {
        let _writing = locked(&self.writing);
        let mut edit = {
            let state = self.state();
            let batch = state.batches.get(&batch).map(|b| (**b).clone());
            Change {
                indexes: state.indexes.clone(),
                tasks: Vec::new(),
                forgotten: Vec::new(),
                emptied: Vec::new(),
                batch,
            }
        };
        change(&mut edit)?;
        self.forget_oldest(&mut edit);
        self.end_batch(&mut edit);
        self.empty_batches(&mut edit);
        let before = self.state().indexes.clone();
        let done = self.with_db(|db| {
            let txn = db.begin_write()?;
            let done = self.put_end(&txn, batch, &edit, &before)?;
            txn.commit()?;
            Ok(done)
        })?;
        done.iter().for_each(|kept| self.payloads.forget(kept));
        let mut state = self.state();
        state.indexes = edit.indexes;
        for task in edit.tasks {
            state.pending.remove(&task.uid);
            state.tasks.insert(task.uid, Arc::new(task));
        }
        for uid in edit.forgotten {
            state.tasks.remove(&uid);
        }
        for uid in edit.emptied {
            state.batches.remove(&uid);
        }
        if let Some(batch) = edit.batch {
            state.batches.insert(batch.uid, Arc::new(batch));
        }
        Ok(())
    }

    /// Writes down the end of a batch; returns the payloads that nobody needs any more.
    fn put_end(
        &self,
        txn: &WriteTransaction,
        batch: u32,
        edit: &Change,
        before: &BTreeMap<String, IndexEntry>,
    ) -> Result<Vec<Kept>> {
        let mut done: Vec<Kept> = Vec::new();
        let mut tasks = txn.open_table(TASKS)?;
        let mut payloads = txn.open_table(PAYLOADS)?;
        for task in &edit.tasks {
            let row = encode(task)?;
            self.grown.fetch_add(row.len(), Ordering::Relaxed);
            tasks.insert(task.uid, row.as_slice())?;
            if task.status.is_finished()
                && let Some(row) = payloads.remove(task.uid)?
            {
                done.push(Kept::decode(row.value())?);
            }
        }
        for uid in &edit.forgotten {
            if let Some(row) = tasks.remove(uid)? {
                self.grown.fetch_add(row.value().len(), Ordering::Relaxed);
            }
        }
        let mut batches = txn.open_table(BATCHES)?;
        if let Some(batch) = &edit.batch {
            batches.insert(batch.uid, encode(batch)?.as_slice())?;
        }
        for uid in &edit.emptied {
            batches.remove(uid)?;
        }
        let mut indexes = txn.open_table(INDEXES)?;
        for uid in before.keys().filter(|uid| !edit.indexes.contains_key(*uid)) {
            indexes.remove(uid.as_str())?;
        }
        for (uid, entry) in &edit.indexes {
            let same = before.get(uid).is_some_and(|old| {
                old.folder == entry.folder
                    && old.updated_at == entry.updated_at
                    && old.created_at == entry.created_at
            });
            if !same {
                indexes.insert(uid.as_str(), encode(entry)?.as_slice())?;
            }
        }
        txn.open_table(COUNTERS)?.insert("batch", batch + 1)?;
        Ok(done)
    }

    /// Writes into the batch what is told of it from now on, whatever becomes of its tasks.
    fn end_batch(&self, edit: &mut Change) {
        let Some(batch) = &mut edit.batch else { return };
        let state = self.state();
        let ended = |uid: &u32| {
            let changed = edit.tasks.iter().find(|task| task.uid == *uid);
            changed.or_else(|| state.tasks.get(uid).map(|task| &**task))
        };
        batch.told = Some(Told::of(batch.tasks.iter().filter_map(ended)));
        let last = batch.tasks.iter().filter_map(ended).filter_map(|task| task.finished_at).max();
        batch.finished_at = last.or_else(|| Some(Instant::now()));
    }

    /// A batch goes with the last of its tasks.
    fn empty_batches(&self, edit: &mut Change) {
        if edit.forgotten.is_empty() {
            return;
        }
        let state = self.state();
        let forgotten: HashSet<u32> = edit.forgotten.iter().copied().collect();
        let touched: BTreeSet<u32> =
            forgotten.iter().filter_map(|uid| state.tasks.get(uid).and_then(|task| task.batch)).collect();
        let stays = |uid: &u32| state.tasks.contains_key(uid) && !forgotten.contains(uid);
        edit.emptied = touched
            .into_iter()
            .filter(|uid| state.batches.get(uid).is_some_and(|batch| !batch.tasks.iter().any(stays)))
            .collect();
    }

    fn forget_oldest(&self, edit: &mut Change) {
        let state = self.state();
        if state.tasks.len() < MAX_TASKS {
            return;
        }
        let finished = state.tasks.values().filter(|t| t.status.is_finished()).map(|t| t.uid);
        edit.forgotten.extend(finished.take(FORGET));
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.state().keys.clone()
    }

    pub(crate) fn put_key(&self, key: &Key) -> Result<()> {
        let _writing = locked(&self.writing);
        let row = encode(key)?;
        self.with_db(|db| {
            let txn = db.begin_write()?;
            txn.open_table(KEYS)?.insert(key.uid.as_str(), row.as_slice())?;
            Ok(txn.commit()?)
        })?;
        let mut state = self.state();
        state.keys.retain(|other| other.uid != key.uid);
        state.keys.push(key.clone());
        Ok(())
    }

    pub(crate) fn set_features(&self, features: u32) -> Result<()> {
        let _writing = locked(&self.writing);
        self.with_db(|db| {
            let txn = db.begin_write()?;
            txn.open_table(COUNTERS)?.insert("features", features)?;
            Ok(txn.commit()?)
        })?;
        self.state().features = features;
        Ok(())
    }

    pub(crate) fn delete_key(&self, uid: &str) -> Result<()> {
        let _writing = locked(&self.writing);
        self.with_db(|db| {
            let txn = db.begin_write()?;
            txn.open_table(KEYS)?.remove(uid)?;
            Ok(txn.commit()?)
        })?;
        self.state().keys.retain(|key| key.uid != uid);
        Ok(())
    }
}

impl Change {
    /// Counts more tasks into the batch, before its own, with which they end; returns when it started.
    pub(crate) fn with_tasks(&mut self, uids: impl Iterator<Item = u32>) -> Option<Instant> {
        let batch = self.batch.as_mut()?;
        batch.tasks.splice(0..0, uids);
        Some(batch.started_at)
    }
}

/// The edits of one batch, applied all at once.
pub(crate) struct Change {
    pub(crate) indexes: BTreeMap<String, IndexEntry>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) forgotten: Vec<u32>,
    /// The batches that this leaves without tasks.
    emptied: Vec<u32>,
    batch: Option<Batch>,
}
