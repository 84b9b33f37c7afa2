//! One call: read out of Python values while the GIL is held, then run without it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use scrypath_core::process::run_blocking;
use scrypath_core::{Call, Error, Kind, Reply, Stream, Term, TermSink, process};

use crate::record::{PyRecord, Reading};
use crate::reply::to_python;
use crate::shutdown::Pass;
use crate::walk::walk;

type Read<T> = Result<T, Box<Error>>;

/// A request and its records, ready to run once. What was wrong with them shows as its reply.
#[pyclass(name = "Call", module = "scrypath._native", frozen)]
pub(crate) struct PyCall(Mutex<Option<Read<Call>>>);

impl PyCall {
    fn new(call: Read<Call>) -> Self {
        Self(Mutex::new(Some(call)))
    }

    pub(crate) fn take(&self) -> Read<Call> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| {
            Err(Error::new(Kind::InvalidRequest, "a call runs once, and this one has run"))
        })
    }
}

#[pymethods]
impl PyCall {
    #[new]
    #[pyo3(signature = (request, records=None, hooks=None))]
    fn read(
        request: &Bound<'_, PyAny>,
        records: Option<&Bound<'_, PyList>>,
        hooks: Option<&Bound<'_, PyList>>,
    ) -> Self {
        Self::new(unpanicked(|| {
            let call = Call::read(process().core(), term(request)?)?;
            push(call, records, hooks)
        }))
    }

    /// Whether `run` returns without waiting for anything.
    #[getter]
    fn is_pure(&self) -> bool {
        let call = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(call.as_ref(), Some(Ok(call)) if !call.is_pure())
    }

    /// Runs on this thread, with the GIL released while waiting. A signal handler that raises cancels.
    fn run<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let call = match self.take() {
            Err(error) => return to_python(py, Reply::failed(error)),
            Ok(call) if call.is_pure() => return to_python(py, call.run_now(process().core())),
            Ok(call) => call,
        };
        let (reply, raised, _pass) = py.detach(|| {
            let mut raised = None;
            let reply = run_blocking(call, || {
                let _pass = Pass::take_or_park();
                raised = Python::attach(|py| py.check_signals()).err();
                raised.is_none()
            });
            (reply, raised, Pass::take_or_park())
        });
        match raised {
            Some(raised) => Err(raised),
            None => to_python(py, reply),
        }
    }
}

/// A bulk write: `push` and `finish` give calls to run.
#[pyclass(name = "Stream", module = "scrypath._native", frozen)]
pub(crate) struct PyStream(Read<Stream>);

#[pymethods]
impl PyStream {
    #[new]
    fn open(request: &Bound<'_, PyAny>) -> Self {
        Self(unpanicked(|| Stream::open(process().core(), term(request)?)))
    }

    #[pyo3(signature = (records, hooks=None))]
    fn push(&self, records: &Bound<'_, PyList>, hooks: Option<&Bound<'_, PyList>>) -> PyCall {
        PyCall::new(unpanicked(|| push(self.opened()?.push_call(), Some(records), hooks)))
    }

    fn finish(&self) -> PyCall {
        PyCall::new(self.opened().map(Stream::finish_call))
    }

    fn abort(&self) {
        if let Ok(stream) = &self.0 {
            stream.abort();
        }
    }
}

impl PyStream {
    fn opened(&self) -> Read<&Stream> {
        self.0.as_ref().map_err(Clone::clone)
    }
}

/// An argument that cannot be read is refused where it is used.
fn term(request: &Bound<'_, PyAny>) -> Read<Term> {
    let Ok(request) = request.cast::<PyDict>() else { return Ok(Term::Null) };
    let argument = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let mut sink = TermSink::new();
        let walked = walk(&value, &mut sink);
        (Term::Text(name.to_string()), walked.map_or_else(Term::Invalid, |()| sink.finish()))
    };
    Ok(Term::Map(request.iter().map(argument).collect()))
}

fn push(
    mut call: Call,
    records: Option<&Bound<'_, PyList>>,
    hooks: Option<&Bound<'_, PyList>>,
) -> Read<Call> {
    let Some(records) = records else { return Ok(call) };
    let reading = Reading::new(records.py());
    for (at, record) in records.iter().enumerate() {
        let record = PyRecord::new(&record, &reading);
        let hook = hooks.and_then(|hooks| hooks.get_item(at).ok());
        let hook = hook.as_ref().map(|hook| PyRecord::new(hook, &reading));
        call.push(&record, hook.as_ref())?;
    }
    Ok(call)
}

/// The core catches its own panics; this is for reading, before the core has the call.
fn unpanicked<T>(read: impl FnOnce() -> Read<T>) -> Read<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let message = "Scrypath stopped on a defect of its own while reading a call; please report it";
        Err(Error::new(Kind::Internal, message))
    })
}

/// `(kind, class, retryable, meaning)` of every failure there is.
#[pyfunction]
pub(crate) fn kinds(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let rows = Kind::ALL.iter().map(|kind| {
        let class = format!("{:?}", kind.class()).to_lowercase();
        (kind.name(), class, kind.retryable(), kind.meaning()).into_pyobject(py)
    });
    PyList::new(py, rows.collect::<PyResult<Vec<Bound<'_, PyTuple>>>>()?)
}
