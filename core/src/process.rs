//! process: where does work run, and what outlives a call?
//!
//! One tokio runtime and one [`Core`] per operating-system process, made on first use. A forked child
//! inherits memory but no threads: a runtime made before the fork would wait for ever. So everything
//! hangs off one [`Process`] that remembers its pid; in a child it is left behind, untouched, and made
//! anew. Gunicorn and Celery preforking are the reason this file exists.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::rc::Rc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::api::{Call, Reply, invoke};
use crate::config::BackendUrl;
use crate::error::{Error, Result};
use crate::meilisearch::Link;
use crate::schema::{self, DeclaredNames, Schema};

/// What calls share: declared schemas, open engines, indexes known to exist, and HTTP connections.
pub struct Core {
    shared: Arc<Shared>,
    http: OnceCell<reqwest::Client>,
    /// Whether this core's runtime is the calling thread, where blocking delays nobody else.
    #[cfg_attr(not(feature = "embedded"), expect(dead_code))]
    owns_thread: bool,
    link: Option<Arc<dyn Link>>,
}

#[derive(Default)]
struct Shared {
    declared: Arc<DeclaredNames>,
    schemas: RwLock<HashMap<String, Arc<Schema>>>,
    #[cfg(feature = "embedded")]
    engines: Mutex<HashMap<BackendUrl, scrypath_engine::Engine>>,
    existing: Mutex<HashSet<(BackendUrl, String)>>,
}

/// More declarations than this in one process are a program that makes them up; start over.
const MOST_SCHEMAS: usize = 4096;

impl Core {
    /// A core of its own, sharing nothing: for tests.
    pub fn new() -> Self {
        Self { shared: Arc::default(), http: OnceCell::new(), owns_thread: false, link: None }
    }

    /// The same, with all that it sends going through `link`.
    pub fn linked(link: Arc<dyn Link>) -> Self {
        Self { link: Some(link), ..Self::new() }
    }

    pub(crate) fn link(&self) -> Option<&dyn Link> {
        self.link.as_deref()
    }

    /// The checked schema of a JSON form, remembered by its text.
    pub(crate) fn schema(&self, json: &str) -> Result<Arc<Schema>> {
        if let Some(schema) = read(&self.shared.schemas).get(json) {
            return Ok(schema.clone());
        }
        let schema = schema::load(json)?.schema;
        let mut schemas = self.shared.schemas.write().unwrap_or_else(PoisonError::into_inner);
        if schemas.len() >= MOST_SCHEMAS {
            schemas.clear();
        }
        schemas.insert(json.to_owned(), schema.clone());
        Ok(schema)
    }

    /// Names that schemas of this program declare, for requests that are read without one.
    pub(crate) fn remember_names(&self, schema: &Schema) {
        self.shared.declared.add(schema.names());
    }

    pub(crate) fn declared_names(&self) -> HashSet<String> {
        self.shared.declared.all()
    }

    pub(crate) fn http(&self) -> Result<&reqwest::Client> {
        self.http.get_or_try_init(|| {
            reqwest::Client::builder()
                .user_agent(concat!("scrypath/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .tcp_nodelay(true)
                .pool_idle_timeout(Duration::from_secs(60))
                .build()
                .map_err(|error| Error::internal(format!("no HTTP client could be made: {error}")))
        })
    }

    #[cfg(feature = "embedded")]
    pub(crate) fn owns_thread(&self) -> bool {
        self.owns_thread
    }

    #[cfg(feature = "embedded")]
    pub(crate) fn engine(&self, url: &BackendUrl) -> Result<scrypath_engine::Engine> {
        use scrypath_engine::{Engine, Options};
        let mut engines = lock(&self.shared.engines);
        if let Some(engine) = engines.get(url) {
            return Ok(engine.clone());
        }
        let engine = match url {
            BackendUrl::Embedded(path) => Engine::open(path, Options::default()).map_err(|error| {
                let message =
                    format!("the embedded index at {} could not be opened: {error}", path.display());
                Error::new(crate::error::Kind::EmbeddedOpen, message)
            })?,
            _ => Engine::memory(Options::default()),
        };
        engines.insert(url.clone(), engine.clone());
        Ok(engine)
    }

    pub(crate) fn is_known(&self, url: &BackendUrl, index: &str) -> bool {
        lock(&self.shared.existing).contains(&(url.clone(), index.to_owned()))
    }

    pub(crate) fn remember(&self, url: &BackendUrl, index: &str) {
        lock(&self.shared.existing).insert((url.clone(), index.to_owned()));
    }

    pub(crate) fn forget(&self, url: &BackendUrl, index: &str) {
        lock(&self.shared.existing).remove(&(url.clone(), index.to_owned()));
    }
}

impl Default for Core {
    fn default() -> Self {
        Self::new()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime and core of this operating-system process.
pub struct Process {
    pid: u32,
    core: Arc<Core>,
    runtime: Runtime,
}

static PROCESS: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());

/// This process's [`Process`], made on first use and again after a fork.
pub fn process() -> &'static Process {
    let seen = PROCESS.load(Ordering::Acquire);
    // SAFETY: the pointer is null or came from `Box::leak` below and is never freed.
    if let Some(process) = unsafe { seen.as_ref() }
        && process.pid == std::process::id()
    {
        return process;
    }
    // SAFETY: as above.
    let parent = unsafe { seen.as_ref() };
    let declared = parent.map(|parent| parent.core.shared.declared.clone()).unwrap_or_default();
    let made = Box::into_raw(Box::new(Process::new(declared)));
    match PROCESS.compare_exchange(seen, made, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: `made` was just leaked and stays.
        Ok(_) => unsafe { &*made },
        Err(other) => {
            // SAFETY: nobody else has seen `made`; `other` stays as above.
            drop(unsafe { Box::from_raw(made) });
            unsafe { &*other }
        }
    }
}

impl Process {
    /// `declared`: what the parent of a forked process declared.
    fn new(declared: Arc<DeclaredNames>) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 4)))
            .thread_name("scrypath")
            // Embedded requests are CPU work: more threads than this only take turns.
            .max_blocking_threads(16)
            .enable_all()
            .build()
            .expect("the operating system refused to start threads");
        let shared = Arc::new(Shared { declared, ..Shared::default() });
        let core = Core { shared, http: OnceCell::new(), owns_thread: false, link: None };
        Self { pid: std::process::id(), core: Arc::new(core), runtime }
    }

    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Runs a call on the shared runtime. `done` gets the reply, exactly once, on a runtime thread.
    pub fn spawn(&self, call: Call, done: impl FnOnce(Reply) + Send + 'static) -> Cancel {
        self.start(std::future::ready(Ok(call)), done)
    }

    /// The same for a call that still has to be read, for hosts whose own thread must not do it:
    /// `prepare` runs where blocking delays nobody, and its error becomes the reply.
    pub fn spawn_prepared(
        &self,
        prepare: impl FnOnce(&Core) -> Result<Call> + Send + 'static,
        done: impl FnOnce(Reply) + Send + 'static,
    ) -> Cancel {
        let core = self.core.clone();
        let prepared = self.runtime.spawn_blocking(move || prepare(&core));
        let call = async { prepared.await.unwrap_or_else(|_| Err(Error::internal("reading a call failed"))) };
        self.start(call, done)
    }

    fn start(
        &self,
        call: impl Future<Output = Result<Call>> + Send + 'static,
        done: impl FnOnce(Reply) + Send + 'static,
    ) -> Cancel {
        let (cancel, cancelled) = oneshot::channel::<()>();
        let core = self.core.clone();
        let work = async move {
            match call.await {
                Ok(call) => invoke(&core, call).await,
                Err(error) => Reply::failed(error),
            }
        };
        self.runtime.spawn(async move {
            let reply = tokio::select! {
                biased;
                reply = work => reply,
                Ok(()) = cancelled => Reply::cancelled(),
            };
            done(reply);
        });
        Cancel(Mutex::new(Some(cancel)))
    }

    /// Runs a future of the CLI or a test on the shared runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// Stops a spawned call: nothing more is sent on its behalf. Dropping it does nothing.
pub struct Cancel(Mutex<Option<oneshot::Sender<()>>>);

impl Cancel {
    pub fn cancel(&self) {
        if let Some(cancel) = lock(&self.0).take() {
            let _ = cancel.send(());
        }
    }
}

/// A runtime that is one thread, with connections of its own: a connection is driven only by the
/// runtime that opened it, so threads cannot share them.
struct Local {
    pid: u32,
    core: Core,
    runtime: Runtime,
    last_used: RefCell<Instant>,
}

thread_local! {
    static LOCAL: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

fn local() -> Rc<Local> {
    LOCAL.with(|slot| {
        let mut slot = slot.borrow_mut();
        match slot.as_ref() {
            Some(local) if local.pid == std::process::id() => local.clone(),
            stale => {
                // A runtime inherited by fork must not be dropped either: its threads do not exist.
                if let Some(inherited) = stale {
                    std::mem::forget(inherited.clone());
                }
                let runtime = Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("the operating system refused to make a reactor");
                let shared = process().core.shared.clone();
                let core = Core { shared, http: OnceCell::new(), owns_thread: true, link: None };
                let last_used = RefCell::new(Instant::now());
                let local = Rc::new(Local { pid: std::process::id(), core, runtime, last_used });
                *slot = Some(local.clone());
                local
            }
        }
    })
}

const TICK: Duration = Duration::from_millis(50);

/// Runs a call on the calling thread and waits. `keep_going` is asked every 50 ms; `false` cancels.
pub fn run_blocking(call: Call, mut keep_going: impl FnMut() -> bool) -> Reply {
    if tokio::runtime::Handle::try_current().is_ok() {
        // Called from inside a call (a signal handler that searches): use the shared runtime.
        let (done, reply) = std::sync::mpsc::sync_channel(1);
        let cancel = process().spawn(call, move |reply| drop(done.send(reply)));
        loop {
            match reply.recv_timeout(TICK) {
                Ok(reply) => return reply,
                Err(_) if keep_going() => {}
                Err(_) => cancel.cancel(),
            }
        }
    }
    let local = local();
    local.runtime.block_on(async {
        if local.last_used.replace(Instant::now()).elapsed() > Duration::from_secs(1) {
            // Nobody drove this thread's connections meanwhile: notice the ones the server closed.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        let mut work = std::pin::pin!(invoke(&local.core, call));
        loop {
            match tokio::time::timeout(TICK, &mut work).await {
                Ok(reply) => return reply,
                Err(_) if keep_going() => {}
                Err(_) => return Reply::cancelled(),
            }
        }
    })
}
