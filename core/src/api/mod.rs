//! api: the one door. A binding reads a [`Call`] out of a host term, runs it, and hands back a [`Reply`].
//!
//! `Call::read` → (`push` records, where the operation takes some) → `run_now` for pure operations or
//! `run` for the rest. [`Stream`] is the same for bulk data. A binding names no operation, so a new
//! one needs no change in it. Panics end here, without arguments in the report.

mod call;
mod described;
mod edge;
mod guard;
mod reply;
mod request;
mod stream;
pub mod surface;

pub use call::Call;
pub use edge::Edge;
pub use guard::report_panics_by_place;
pub use reply::Reply;
pub(crate) use request::mismatch;
pub use request::{Request, Response};
pub use stream::Stream;

use tracing::Instrument;

use crate::process::Core;

/// Carries out one request. Never panics; the reply holds the result or the error, and the events.
pub async fn invoke(core: &Core, call: Call) -> Reply {
    let span = call.span();
    guard::caught(call.run(core)).instrument(span).await
}
