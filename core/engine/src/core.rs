//! What an open engine consists of: the store, the indexes, and the signal that wakes its worker.

use std::collections::HashMap;
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
    /// Indexes by folder, opened when first asked for.
    open: Mutex<HashMap<String, Arc<Index>>>,
}

const INDEX_FILE: &str = "index.redb";

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
            return Ok(index.clone());
        }
        let index = Arc::new(match self.path(folder) {
            None => Index::memory()?,
            Some(path) => {
                std::fs::create_dir_all(&path)?;
                Index::open(&path.join(INDEX_FILE))?
            }
        });
        open.insert(folder.to_owned(), index.clone());
        Ok(index)
    }

    fn path(&self, folder: &str) -> Option<PathBuf> {
        self.root.as_ref().map(|root| root.join("indexes").join(folder))
    }

    /// Lets go of an index that no uid names any more, and of its files.
    pub(crate) fn discard(&self, folder: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
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
