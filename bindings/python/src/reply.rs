//! A core reply as Python values: its JSON text, read in one pass without a tree in between.

use jiter::{FloatMode, PartialMode, PythonParse, StringCacheMode};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use scrypath_core::{RawJson, Reply};

/// What the backend sent, as bytes until somebody reads it: hits that are only hydrated never become dicts.
#[pyclass(module = "scrypath._native", frozen)]
pub(crate) struct Raw(RawJson);

#[pymethods]
impl Raw {
    /// The reply as Python values, made anew by each call.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        values(py, self.0.get())
    }
}

/// `{"ok": …}` or `{"error": {…}}`, and `"events"` where there are some. A [`Raw`] is put back in its place.
pub(crate) fn to_python(py: Python<'_>, mut reply: Reply) -> PyResult<Bound<'_, PyAny>> {
    let raw = reply.take_raw();
    let read = values(py, &reply.to_json())?;
    if let Some(raw) = raw {
        read.get_item(intern!(py, "ok"))?.cast::<PyDict>()?.set_item(intern!(py, "raw"), Raw(raw))?;
    }
    Ok(read)
}

fn values<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    let parse = PythonParse {
        allow_inf_nan: false,
        // Hits repeat their keys; their values are not ours to keep.
        cache_mode: StringCacheMode::Keys,
        partial_mode: PartialMode::Off,
        catch_duplicate_keys: false,
        float_mode: FloatMode::Float,
    };
    match parse.python_parse(py, json.as_bytes()) {
        Ok(value) => Ok(value),
        // Escaped lone surrogates and very deep nesting are JSON all the same, and Python reads both.
        Err(_) => py.import("json")?.getattr("loads")?.call1((json,)),
    }
}
