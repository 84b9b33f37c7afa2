//! Reads fields of one Python record. Nothing here runs a query: a name that is not simply there is
//! read the way `scrypath._records` decided for the record's class.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use pyo3::exceptions::PyKeyError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyMapping, PyString};
use scrypath_core::{Presence, Record, Sink, ValueError};

use crate::walk::{host, map, walk};

/// What one batch of records shares: field names as Python strings, and how each class is read.
pub(crate) struct Reading<'py> {
    py: Python<'py>,
    names: RefCell<Vec<(String, Bound<'py, PyString>)>>,
    /// Fields are asked for in the same order for each record, so the next name is nearly always here.
    next: Cell<usize>,
    readers: RefCell<HashMap<(usize, String), Bound<'py, PyAny>>>,
}

impl<'py> Reading<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        Self { py, names: RefCell::default(), next: Cell::new(0), readers: RefCell::default() }
    }

    fn name(&self, name: &str) -> Bound<'py, PyString> {
        let mut names = self.names.borrow_mut();
        let next = self.next.get();
        let at = match names.get(next) {
            Some((known, _)) if known == name => next,
            _ => names.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                names.push((name.to_owned(), PyString::intern(self.py, name)));
                names.len() - 1
            }),
        };
        self.next.set(if at + 1 < names.len() { at + 1 } else { 0 });
        names[at].1.clone()
    }

    /// `read(record)` for a name that is not in the record's `__dict__`.
    fn reader(&self, record: &Bound<'py, PyAny>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        let key = (record.get_type_ptr() as usize, name.to_owned());
        if let Some(reader) = self.readers.borrow().get(&key) {
            return Ok(reader.clone());
        }
        static READER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let reader = READER.import(self.py, "scrypath._records", "reader")?;
        let reader = reader.call1((record.get_type(), name))?;
        self.readers.borrow_mut().insert(key, reader.clone());
        Ok(reader)
    }
}

/// A record, or what its `search_document` hook returned.
pub(crate) struct PyRecord<'a, 'py> {
    value: &'a Bound<'py, PyAny>,
    members: Members<'py>,
    reading: &'a Reading<'py>,
}

enum Members<'py> {
    Dict(Bound<'py, PyDict>),
    Mapping(Bound<'py, PyMapping>),
    Attributes(Option<Bound<'py, PyDict>>),
}

impl<'a, 'py> PyRecord<'a, 'py> {
    pub(crate) fn new(value: &'a Bound<'py, PyAny>, reading: &'a Reading<'py>) -> Self {
        let members = if let Ok(dict) = value.cast::<PyDict>() {
            Members::Dict(dict.clone())
        } else if let Ok(mapping) = value.cast::<PyMapping>() {
            Members::Mapping(mapping.clone())
        } else {
            let dict = value.getattr(intern!(value.py(), "__dict__")).ok();
            Members::Attributes(dict.and_then(|dict| dict.cast_into::<PyDict>().ok()))
        };
        Self { value, members, reading }
    }

    fn read(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        let key = self.reading.name(name);
        match &self.members {
            Members::Dict(dict) => dict.get_item(key),
            Members::Mapping(mapping) => match mapping.get_item(key) {
                Err(error) if error.is_instance_of::<PyKeyError>(self.value.py()) => Ok(None),
                found => found.map(Some),
            },
            Members::Attributes(dict) => match dict.as_ref().map(|dict| dict.get_item(key)).transpose()? {
                Some(Some(found)) => Ok(Some(found)),
                _ => self.reading.reader(self.value, name)?.call1((self.value,)).map(Some),
            },
        }
    }
}

impl Record for PyRecord<'_, '_> {
    fn is_record(&self) -> bool {
        // A str has a `title`, and it is not the one that was meant.
        let builtin = |value: &Bound<'_, PyAny>| Ok::<_, PyErr>(value.get_type().module()? == "builtins");
        !matches!(self.members, Members::Attributes(_)) || !builtin(self.value).unwrap_or(false)
    }

    fn field<S: Sink>(&self, name: &str, sink: &mut S) -> Result<Presence, ValueError> {
        let py = self.value.py();
        let Some(value) = self.read(name).map_err(|error| host(py, &error))? else {
            return Ok(Presence::Missing);
        };
        if is_sentinel(&value, &MISSING, "MISSING")? {
            return Ok(Presence::Missing);
        }
        if is_sentinel(&value, &UNLOADED, "UNLOADED")? {
            return Ok(Presence::Unloaded);
        }
        walk(&value, sink)?;
        Ok(Presence::Written)
    }

    fn walk<S: Sink>(&self, sink: &mut S) -> Result<bool, ValueError> {
        map(self.value, sink)
    }
}

static MISSING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static UNLOADED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn is_sentinel(
    value: &Bound<'_, PyAny>,
    known: &'static PyOnceLock<Py<PyAny>>,
    name: &str,
) -> Result<bool, ValueError> {
    let py = value.py();
    let known = known.import(py, "scrypath._records", name).map_err(|error| host(py, &error))?;
    Ok(value.is(known))
}
