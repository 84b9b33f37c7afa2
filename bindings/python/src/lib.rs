//! `scrypath._native`: the core for Python. Private; the package `scrypath` is what people import.
//!
//! Values go in through [`walk`] and [`record`], come out through [`reply`]; a [`call`]
//! waits with the GIL released, an [`inbox`] completes asyncio futures. No operation is named
//! here, and no rule about search or sync is known.

mod call;
mod inbox;
mod record;
mod reply;
mod walk;

use pyo3::prelude::*;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("VERSION", scrypath_core::VERSION)?;
    module.add_class::<call::PyCall>()?;
    module.add_class::<call::PyStream>()?;
    module.add_class::<inbox::Inbox>()?;
    module.add_class::<inbox::Ticket>()?;
    module.add_function(wrap_pyfunction!(call::kinds, module)?)?;
    let close = wrap_pyfunction!(inbox::close, module)?;
    py.import("atexit")?.call_method1("register", (close,))?;
    Ok(())
}
