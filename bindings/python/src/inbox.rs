//! Hands finished calls to an asyncio loop. Many replies ride on one `call_soon_threadsafe`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use scrypath_core::{Cancel, Reply, process};

use crate::call::PyCall;
use crate::reply::to_python;
use crate::shutdown::Pass;

/// The replies that wait for one event loop.
#[pyclass(module = "scrypath._native", frozen)]
pub(crate) struct Inbox {
    /// Weak, so that a loop's inbox does not keep the loop.
    event_loop: Py<PyWeakrefReference>,
    replies: Mutex<Vec<Finished>>,
}

struct Finished {
    future: Py<PyAny>,
    reply: Reply,
}

/// Cancels one started call.
#[pyclass(module = "scrypath._native", frozen)]
pub(crate) struct Ticket(Option<Cancel>);

#[pymethods]
impl Ticket {
    fn cancel(&self) {
        if let Some(started) = &self.0 {
            started.cancel();
        }
    }
}

#[pymethods]
impl Inbox {
    #[new]
    fn new(event_loop: &Bound<'_, PyAny>) -> PyResult<Self> {
        let event_loop = PyWeakrefReference::new(event_loop)?.unbind();
        Ok(Self { event_loop, replies: Mutex::default() })
    }

    /// Starts a call; its reply becomes the result of `future`, on the loop's own thread.
    fn start(slf: Py<Self>, call: &PyCall, future: Py<PyAny>) -> Ticket {
        let finish = move |reply| put(&slf, Finished { future, reply });
        match call.take() {
            Ok(call) => Ticket(Some(process().spawn(call, finish))),
            Err(error) => {
                finish(Reply::failed(error));
                Ticket(None)
            }
        }
    }

    /// Gives every waiting reply to its future. Runs on the loop's thread.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        let finished = std::mem::take(&mut *self.lock());
        for Finished { future, reply } in finished {
            let future = future.bind(py);
            if future.call_method0(intern!(py, "done"))?.is_truthy()? {
                continue;
            }
            match to_python(py, reply) {
                Ok(reply) => future.call_method1(intern!(py, "set_result"), (reply,))?,
                Err(error) => future.call_method1(intern!(py, "set_exception"), (error.value(py),))?,
            };
        }
        Ok(())
    }
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Vec<Finished>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs on a runtime thread, which takes the GIL only for the first reply of a batch.
fn put(inbox: &Py<Inbox>, finished: Finished) {
    let first = {
        let mut replies = inbox.get().lock();
        replies.push(finished);
        replies.len() == 1
    };
    if !first {
        return;
    }
    let woken = Pass::take().and_then(|_pass| {
        Python::try_attach(|py| {
            let drain = inbox.getattr(py, intern!(py, "drain"))?;
            let event_loop = inbox.get().event_loop.bind(py).call0()?;
            event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (drain,))?;
            PyResult::Ok(())
        })
    });
    if !matches!(woken, Some(Ok(()))) {
        // The loop was closed: nobody waits any more.
        inbox.get().lock().clear();
    }
}
