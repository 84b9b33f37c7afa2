//! Keeps our threads out of an interpreter that is going away.
//!
//! A thread that wants the GIL while Python finalizes is unwound by force, through Rust frames, and that
//! aborts the process. So each entry takes a [`Pass`]; `close`, which runs before finalization, gives
//! out no more of them and waits for those that are out.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static CLOSER: OnceLock<ThreadId> = OnceLock::new();

/// Leave to enter the interpreter, until dropped.
pub(crate) struct Pass;

impl Pass {
    /// `None` once the interpreter closes, on every thread but the one that closes it.
    pub(crate) fn take() -> Option<Self> {
        INSIDE.fetch_add(1, SeqCst);
        let pass = Pass;
        CLOSER.get().is_none_or(|closer| *closer == thread::current().id()).then_some(pass)
    }

    /// For a thread that has nowhere else to go: a daemon's, which ends with the process.
    pub(crate) fn take_or_park() -> Self {
        loop {
            match Self::take() {
                Some(pass) => return pass,
                None => thread::park(),
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, SeqCst);
    }
}

/// For `atexit`.
#[pyfunction]
pub(crate) fn close(py: Python<'_>) {
    let _ = CLOSER.set(thread::current().id());
    py.detach(|| {
        while INSIDE.load(SeqCst) > 0 {
            thread::sleep(Duration::from_micros(100));
        }
    });
}

/// For a forked child, where the threads that were inside are not.
#[pyfunction]
pub(crate) fn forked() {
    INSIDE.store(0, SeqCst);
}
