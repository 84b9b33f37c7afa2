//! sync: under which promise is a document written or deleted?
//!
//! A [`Write`] is what is to be sent; [`run`] sends it in the mode the configuration names and gives a
//! [`WriteResult`], whose `mode` and `status` say exactly what was promised: `inline` completed,
//! `manual` accepted. An empty write is a no-op that sends nothing.

mod bulk;
mod result;
mod run;
mod write;

pub use bulk::Bulk;
pub use result::{Status, WriteResult};
pub use run::run;
pub(crate) use run::span_metadata;
pub use write::Write;
pub(crate) use write::encode;
