//! The native half of the `scrypath` package for Node. Private to it.
//!
//! Requests, records and replies cross as text: V8's own `JSON.stringify` and `JSON.parse` are faster
//! than building values across N-API. [`door`] hands calls over and brings replies back, [`bulk`] does
//! the same for streams. No operation is named here, so a new one needs no change.

mod bulk;
mod call;
mod door;
mod kinds;
mod text;

use napi_derive::{module_init, napi};

#[module_init]
fn init() {
    scrypath_core::report_panics_by_place();
}

/// The version that the package compares its own with.
#[napi]
pub fn version() -> &'static str {
    scrypath_core::VERSION
}
