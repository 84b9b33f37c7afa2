//! `scrypath._native`: the core for Python. Private; the package `scrypath` is what people import.
//!
//! Values go in through [`walk`] and [`record`], come out through [`reply`]; a [`call`]
//! waits with the GIL released, an [`inbox`] completes asyncio futures. No operation is named
//! here, and no rule about search or sync is known.

mod call;
mod inbox;
mod record;
mod reply;
mod shutdown;
mod walk;

use pyo3::prelude::*;
use pyo3::types::IntoPyDict;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    scrypath_core::report_panics_by_place();
    let py = module.py();
    module.add("VERSION", scrypath_core::VERSION)?;
    module.add_class::<call::PyCall>()?;
    module.add_class::<call::PyStream>()?;
    module.add_class::<reply::Raw>()?;
    module.add_class::<inbox::Inbox>()?;
    module.add_class::<inbox::Ticket>()?;
    module.add_function(wrap_pyfunction!(call::kinds, module)?)?;
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(shutdown::close, module)?,))?;
    // Where there is no fork there is no such function either.
    if let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? {
        let after = [("after_in_child", wrap_pyfunction!(shutdown::forked, module)?)].into_py_dict(py)?;
        register.call((), Some(&after))?;
    }
    Ok(())
}
