//! Walks one Python value into the core's sink. What a value may be is the core's to decide.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyDict, PyFloat,
    PyInt, PyList, PyMapping, PyMemoryView, PyString, PyTime, PyTimeAccess, PyTuple, PyType, PyTzInfoAccess,
};
use pyo3::{IntoPyObjectExt, intern};
use scrypath_core::{Moment, Sink, ValueError, Written};

pub(crate) fn walk<S: Sink>(value: &Bound<'_, PyAny>, sink: &mut S) -> Written {
    if value.is_none() {
        sink.null()
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        sink.text(utf8(text)?)
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        integer(number, sink)
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        sink.float(number.value())
    } else if let Ok(flag) = value.cast_exact::<PyBool>() {
        sink.bool(flag.is_true())
    } else if let Ok(map) = value.cast_exact::<PyDict>() {
        dict(map, sink)
    } else if let Ok(items) = value.cast_exact::<PyList>() {
        list(items, sink)
    } else if let Ok(items) = value.cast_exact::<PyTuple>() {
        tuple(items, sink)
    } else {
        by_class(value, sink)
    }
}

/// Subclasses, and the types of the standard library that have an encoding.
fn by_class<S: Sink>(value: &Bound<'_, PyAny>, sink: &mut S) -> Written {
    let py = value.py();
    // Before str and int: an enum may be a subclass of either, and its value is what counts.
    if is_a(value, &ENUM, "enum", "Enum")? {
        walk(&value.getattr(intern!(py, "value")).map_err(|error| host(py, &error))?, sink)
    } else if let Ok(text) = value.cast::<PyString>() {
        sink.text(utf8(text)?)
    } else if let Ok(number) = value.cast::<PyInt>() {
        integer(number, sink)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        sink.float(number.value())
    } else if let Ok(moment) = value.cast::<PyDateTime>() {
        datetime(moment, sink)
    } else if let Ok(date) = value.cast::<PyDate>() {
        sink.moment(Moment::Date { year: date.get_year(), month: date.get_month(), day: date.get_day() })
    } else if let Ok(time) = value.cast::<PyTime>() {
        if time.get_tzinfo().is_some() {
            // Without a date its offset cannot be taken into account, and must not be dropped.
            return sink.unencodable("time with a time zone");
        }
        let (hour, minute, second) = (time.get_hour(), time.get_minute(), time.get_second());
        sink.moment(Moment::Time { hour, minute, second, micro: time.get_microsecond() })
    } else if is_a(value, &DECIMAL, "decimal", "Decimal")? {
        let digits = value.str().map_err(|error| host(py, &error))?;
        sink.decimal(utf8(&digits)?)
    } else if is_a(value, &UUID, "uuid", "UUID")? {
        let bytes = value.getattr(intern!(py, "bytes")).and_then(|bytes| bytes.extract::<[u8; 16]>());
        sink.uuid(&bytes.map_err(|error| host(py, &error))?)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        sink.bytes(bytes.as_bytes())
    } else if value.is_instance_of::<PyByteArray>() || value.is_instance_of::<PyMemoryView>() {
        let copied = py.get_type::<PyBytes>().call1((value,)).map_err(|error| host(py, &error))?;
        sink.bytes(copied.cast::<PyBytes>().map_err(|error| host(py, &error.into()))?.as_bytes())
    } else if let Ok(items) = value.cast::<PyList>() {
        list(items, sink)
    } else if let Ok(items) = value.cast::<PyTuple>() {
        tuple(items, sink)
    } else if map(value, sink)? {
        Ok(())
    } else {
        sink.unencodable(&type_name(value))
    }
}

/// Walks a dict, another mapping, a dataclass or a Pydantic model. `false` for anything else.
pub(crate) fn map<S: Sink>(value: &Bound<'_, PyAny>, sink: &mut S) -> Result<bool, ValueError> {
    if let Ok(map) = value.cast::<PyDict>() {
        dict(map, sink)?;
        return Ok(true);
    }
    let py = value.py();
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let items = mapping.items().map_err(|error| host(py, &error))?;
        sink.begin_map()?;
        for item in items {
            let (name, member) = item.extract::<(Bound<PyAny>, Bound<PyAny>)>().map_err(|e| host(py, &e))?;
            key(&name, sink)?;
            walk(&member, sink)?;
        }
        sink.end_map()?;
        return Ok(true);
    }
    static MEMBERS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let members = MEMBERS.import(py, "scrypath._records", "members").map_err(|error| host(py, &error))?;
    let members = members.call1((value.get_type(),)).map_err(|error| host(py, &error))?;
    let Ok(members) = members.cast_into::<PyTuple>() else { return Ok(false) };
    sink.begin_map()?;
    for name in members {
        key(&name, sink)?;
        let name = name.cast::<PyString>().map_err(|error| host(py, &error.into()))?;
        walk(&value.getattr(name).map_err(|error| host(py, &error))?, sink)?;
    }
    sink.end_map()?;
    Ok(true)
}

fn dict<S: Sink>(map: &Bound<'_, PyDict>, sink: &mut S) -> Written {
    sink.begin_map()?;
    for (name, value) in map {
        key(&name, sink)?;
        walk(&value, sink)?;
    }
    sink.end_map()
}

fn key<S: Sink>(name: &Bound<'_, PyAny>, sink: &mut S) -> Written {
    if let Ok(text) = name.cast_exact::<PyString>() {
        return sink.key(utf8(text)?, false);
    }
    let py = name.py();
    if is_a(name, &ENUM, "enum", "Enum")? {
        return key(&name.getattr(intern!(py, "value")).map_err(|error| host(py, &error))?, sink);
    }
    if let Ok(text) = name.cast::<PyString>() {
        return sink.key(utf8(text)?, false);
    }
    if name.is_instance_of::<PyInt>() && !name.is_instance_of::<PyBool>() {
        let digits = name.str().map_err(|_| ValueError::IntegerOutOfRange)?;
        return sink.key(utf8(&digits)?, false);
    }
    Err(ValueError::InvalidKey(type_name(name)))
}

fn list<S: Sink>(items: &Bound<'_, PyList>, sink: &mut S) -> Written {
    sink.begin_list()?;
    for item in items {
        walk(&item, sink)?;
    }
    sink.end_list()
}

fn tuple<S: Sink>(items: &Bound<'_, PyTuple>, sink: &mut S) -> Written {
    sink.begin_tuple()?;
    for item in items.iter_borrowed() {
        walk(&item, sink)?;
    }
    sink.end_tuple()
}

fn integer<S: Sink>(number: &Bound<'_, PyInt>, sink: &mut S) -> Written {
    match number.extract::<i64>() {
        Ok(value) => sink.int(value),
        // Python refuses to print integers of thousands of digits; nothing here needs them.
        Err(error) if error.is_instance_of::<PyOverflowError>(number.py()) => {
            let digits = number.str().map_err(|_| ValueError::IntegerOutOfRange)?;
            sink.big_int(utf8(&digits)?)
        }
        Err(error) => Err(host(number.py(), &error)),
    }
}

fn datetime<S: Sink>(value: &Bound<'_, PyDateTime>, sink: &mut S) -> Written {
    let py = value.py();
    let offset = match value.get_tzinfo() {
        Some(_) => value.call_method0(intern!(py, "utcoffset")).map_err(|error| host(py, &error))?,
        None => py.None().into_bound(py),
    };
    let offset_seconds = match offset.cast::<PyDelta>() {
        Ok(delta) if delta.get_microseconds() != 0 => return Err(ValueError::InvalidMoment),
        Ok(delta) => Some(delta.get_days() * 86_400 + delta.get_seconds()),
        Err(_) => None,
    };
    sink.moment(Moment::DateTime {
        date: (value.get_year(), value.get_month(), value.get_day()),
        time: (value.get_hour(), value.get_minute(), value.get_second()),
        micro: value.get_microsecond(),
        offset_seconds,
    })
}

/// Lone surrogates are the one thing a Python string holds that UTF-8 does not.
fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, ValueError> {
    text.to_str().map_err(|_| ValueError::InvalidUtf8)
}

static ENUM: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static UUID: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn is_a(
    value: &Bound<'_, PyAny>,
    class: &'static PyOnceLock<Py<PyType>>,
    module: &str,
    name: &str,
) -> Result<bool, ValueError> {
    let py = value.py();
    let class = class.import(py, module, name).map_err(|error| host(py, &error))?;
    value.is_instance(class).map_err(|error| host(py, &error))
}

pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}

/// An exception raised while a value was read: by its type only, since its text may hold the value.
pub(crate) fn host(py: Python<'_>, error: &PyErr) -> ValueError {
    let raised = error.value(py).clone().into_bound_py_any(py);
    ValueError::Host(raised.map_or_else(|_| "an exception".to_owned(), |raised| type_name(&raised)))
}
