//! The door: open an engine, hand it requests, close it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use crate::core::Core;
use crate::error::{ApiError, Code};
use crate::store::{Store, Unusable};
use crate::{auth, route, tasks};

/// An index that lives in this process. Clones share it; the last one dropped closes it.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    /// Threads and file locks do not survive `fork`: an engine is of use only to the process that opened it.
    process: u32,
    core: RwLock<Option<Arc<Core>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

/// What an engine is opened with.
#[derive(Debug, Default)]
pub struct Options {
    /// With a master key every route but `/health` asks for a key; without one all are open.
    pub master_key: Option<String>,
}

/// One HTTP request, borrowed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    /// Path and query, as on the request line.
    pub target: &'a str,
    pub authorization: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub content_encoding: Option<&'a str>,
    pub body: &'a [u8],
}

/// The answer: a status and JSON, or no body at all.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why a path could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is open already; only one process, and one engine in it, may use an embedded index at a time", path.display())]
    InUse { path: PathBuf },
    #[error("{} is damaged and was not opened: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} was written by another version of the engine ({reason}): delete the folder and backfill", path.display())]
    Version { path: PathBuf, reason: String },
    #[error("{} cannot be used: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

const STORE_FILE: &str = "store.redb";
const PAYLOADS: &str = "payloads";

impl Engine {
    /// Opens, or makes, the index kept under `path`.
    pub fn open(path: &Path, options: Options) -> Result<Engine, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(io)?;
        let store = Store::open(&path.join(STORE_FILE), &path.join(PAYLOADS));
        let store = store.map_err(|error| error.at(path))?;
        let engine = Engine::start(store, Some(path.to_owned()), options);
        engine.map_err(|error| OpenError::Damaged { path: path.to_owned(), reason: error.message })
    }

    /// An index kept in memory, gone with the last clone.
    pub fn memory(options: Options) -> Engine {
        let store = Store::memory().and_then(|store| Engine::start(store, None, options));
        store.expect("memory can hold an empty store")
    }

    fn start(store: Store, root: Option<PathBuf>, options: Options) -> Result<Engine, ApiError> {
        if options.master_key.is_some() && store.keys().is_empty() {
            for key in auth::defaults() {
                store.put_key(&key)?;
            }
        }
        let waiting = !store.state().pending.is_empty();
        let core = Arc::new(Core::new(store, root, options.master_key));
        core.sweep()?;
        let engine = Engine {
            inner: Arc::new(Inner {
                process: std::process::id(),
                core: RwLock::new(Some(core.clone())),
                worker: Mutex::new(None),
            }),
        };
        if waiting {
            engine.inner.work(&core);
            core.signal.wake();
        }
        Ok(engine)
    }

    /// Answers one request. CPU-bound and synchronous; never panics.
    pub fn handle(&self, request: Request<'_>) -> Response {
        if self.inner.process != std::process::id() {
            return ApiError::new(
                Code::Internal,
                format!(
                    "The embedded index was opened by process {} and cannot be used by process {}, which was forked from \
                     it: open it again in the new process.",
                    self.inner.process,
                    std::process::id()
                ),
            )
            .into();
        }
        let core = self.inner.core.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(core) = core else { return ApiError::internal("the embedded index was closed").into() };
        let answer = catch_unwind(AssertUnwindSafe(|| route::answer(&core, &request)));
        if !core.store.state().pending.is_empty() {
            self.inner.work(&core);
        }
        match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => error.into(),
            Err(_) => ApiError::internal("the request met an unforeseen case").into(),
        }
    }

    /// Waits for the batch that is running, then lets go of the path. Requests after this get an error.
    pub fn close(&self) {
        self.inner.close();
    }
}

impl Inner {
    /// Starts the worker, once; a worker that cannot start is tried again with the next request.
    fn work(&self, core: &Arc<Core>) {
        let mut worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        if worker.is_none() {
            *worker = tasks::start(core).ok();
            core.signal.wake();
        }
    }

    fn close(&self) {
        let core = self.core.write().unwrap_or_else(PoisonError::into_inner).take();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if self.process != std::process::id() {
            // The worker and the lock belong to the parent; waiting for them would never end.
            std::mem::forget((core, worker));
            return;
        }
        let Some(core) = core else { return };
        core.signal.stop();
        drop(core);
        if let Some(worker) = worker
            && worker.thread().id() != std::thread::current().id()
        {
            let _ = worker.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Unusable {
    fn at(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Unusable::Foreign(foreign) => OpenError::Version { path, reason: foreign.reason() },
            Unusable::Holding(error) => OpenError::Damaged { path, reason: error.message },
            Unusable::Database(redb::DatabaseError::DatabaseAlreadyOpen) => OpenError::InUse { path },
            Unusable::Database(redb::DatabaseError::UpgradeRequired(version)) => {
                OpenError::Version { path, reason: format!("its database has version {version}") }
            }
            Unusable::Database(redb::DatabaseError::Storage(redb::StorageError::Io(source))) => {
                OpenError::Io { path, source }
            }
            Unusable::Database(other) => OpenError::Damaged { path, reason: other.to_string() },
        }
    }
}

/// The answer to a body over the limit, for the server, which stops reading before the engine sees it.
#[cfg(feature = "server")]
pub(crate) fn too_large() -> Response {
    crate::http::too_large().into()
}
