//! What an open engine consists of: the store, the indexes, and the signal that wakes its worker.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{ApiError, Result};
use crate::index::Index;
use crate::store::Store;
use crate::tasks::Signal;

pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) signal: Arc<Signal>,
    pub(crate) master_key: Option<String>,
    /// Where the files are; `None` is memory.
    root: Option<PathBuf>,
    open: Mutex<Open>,
}

const INDEX_FILE: &str = "index.redb";

/// So many indexes are kept open, as each takes a file handle and memory; others are closed, those first that
/// were not asked for the longest. Those in memory stay: they are nowhere else.
const MAX_OPEN: usize = 128;

/// Indexes by folder, opened when first asked for.
#[derive(Default)]
struct Open {
    indexes: HashMap<String, (Arc<Index>, u64)>,
    /// How often any was asked for: what tells which was asked for last.
    asked: u64,
    /// Those whose pages have been checked since the engine was opened.
    checked: HashSet<String>,
}

impl Open {
    fn get(&mut self, folder: &str) -> Option<Arc<Index>> {
        self.asked += 1;
        let (index, asked) = self.indexes.get_mut(folder)?;
        *asked = self.asked;
        Some(index.clone())
    }

    fn put(&mut self, folder: &str, index: Arc<Index>) {
        self.indexes.insert(folder.to_owned(), (index, self.asked));
    }

    /// Closes what has been idle for the longest, down to fewer than are kept.
    fn make_room(&mut self) {
        while self.indexes.len() >= MAX_OPEN {
            // A second owner would be locked out of the file, so what is in use stays.
            let idle = self
                .indexes
                .iter()
                .filter(|(_, (index, _))| Arc::strong_count(index) == 1 && index.is_idle());
            let Some(oldest) = idle.min_by_key(|(_, (_, asked))| *asked).map(|(folder, _)| folder.clone())
            else {
                return;
            };
            self.indexes.remove(&oldest);
        }
    }
}

impl Core {
    pub(crate) fn new(store: Store, root: Option<PathBuf>, master_key: Option<String>) -> Core {
        Core { store, signal: Arc::default(), master_key, root, open: Mutex::default() }
    }

    /// The index that `uid` names.
    pub(crate) fn index(&self, uid: &str) -> Result<Arc<Index>> {
        let entry = self.store.entry(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
        self.folder(&entry.folder)
    }

    /// The index in a folder, opened or made.
    pub(crate) fn folder(&self, folder: &str) -> Result<Arc<Index>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = open.get(folder) {
            return Ok(index);
        }
        let index = Arc::new(match self.path(folder) {
            None => Index::memory()?,
            Some(path) => {
                open.make_room();
                std::fs::create_dir_all(&path)?;
                let index = Index::open(&path.join(INDEX_FILE), !open.checked.contains(folder))?;
                open.checked.insert(folder.to_owned());
                index
            }
        });
        open.put(folder, index.clone());
        Ok(index)
    }

    /// Gives back what finished tasks left unused of the files. Only the thread that writes may.
    pub(crate) fn tidy(&self) -> Result<()> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let indexes: Vec<Arc<Index>> = open.indexes.values().map(|(index, _)| index.clone()).collect();
        drop(open);
        for index in indexes {
            index.pack(&|| self.signal.stopped())?;
        }
        self.store.tidy()
    }

    fn path(&self, folder: &str) -> Option<PathBuf> {
        self.root.as_ref().map(|root| root.join("indexes").join(folder))
    }

    /// Lets go of an index that no uid names any more, and of its files.
    pub(crate) fn discard(&self, folder: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.indexes.remove(folder);
        open.checked.remove(folder);
        drop(open);
        if let Some(path) = self.path(folder) {
            // What cannot be removed now is swept when the engine is next opened.
            let _ = std::fs::remove_dir_all(path);
        }
    }

    /// Removes folders that no uid names: what a crash left of an index being made or dropped.
    pub(crate) fn sweep(&self) -> Result<()> {
        let Some(root) = &self.root else { return Ok(()) };
        let Ok(folders) = std::fs::read_dir(root.join("indexes")) else { return Ok(()) };
        let kept: Vec<String> =
            self.store.state().indexes.values().map(|entry| entry.folder.clone()).collect();
        for folder in folders.flatten() {
            let name = folder.file_name().to_string_lossy().into_owned();
            if !kept.contains(&name) {
                std::fs::remove_dir_all(folder.path())?;
            }
        }
        Ok(())
    }

    pub(crate) fn size_on_disk(&self) -> u64 {
        self.root.as_deref().map_or(0, size_of)
    }
}

fn size_of(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_of(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
