//! The door: open an engine, hand it requests, close it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An index that lives in this process. Clones share it.
#[derive(Clone)]
pub struct Engine {
    _inner: Arc<()>,
}

/// What an engine is opened with.
#[derive(Debug, Default)]
pub struct Options {
    /// With a master key every route but `/health` asks for a key; without one all are open.
    pub master_key: Option<String>,
}

/// One HTTP request, borrowed.
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why a path could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path} is open in another process; only one may use an embedded index at a time")]
    InUse { path: PathBuf },
    #[error("{path} is damaged and was not opened: {reason}")]
    Damaged { path: PathBuf, reason: String },
    #[error("{path} was written by a version of this library that this one cannot read: {reason}")]
    Version { path: PathBuf, reason: String },
    #[error("{path} cannot be used: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl Engine {
    /// Opens, or makes, the index kept under `path`.
    pub fn open(_path: &Path, options: Options) -> Result<Engine, OpenError> {
        Ok(Engine::memory(options))
    }

    /// An index kept in memory, gone with the last clone.
    pub fn memory(_options: Options) -> Engine {
        Engine {
            _inner: Arc::new(()),
        }
    }

    /// Answers one request. CPU-bound and synchronous; never panics.
    pub fn handle(&self, _request: Request<'_>) -> Response {
        Response {
            status: 200,
            body: b"{\"status\":\"available\"}".to_vec(),
        }
    }

    /// Waits for the batch that is running, then lets go of the path.
    pub fn close(&self) {}
}

/// The answer to a body over the limit, for the server, which stops reading before the engine sees it.
#[cfg(feature = "server")]
pub(crate) fn too_large() -> Response {
    Response {
        status: 413,
        body: Vec::new(),
    }
}
