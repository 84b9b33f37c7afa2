//! The embedded index: Meilisearch's HTTP contract, answered in this process.
//!
//! A request goes `http` → `route` → one of the folders named for what it is about, and comes back as
//! a status and JSON. Writes become tasks; a single worker thread per engine applies them in order.

mod engine;
#[cfg(feature = "server")]
pub mod server;

pub use engine::{Engine, OpenError, Options, Request, Response};
