//! The embedded index: Meilisearch's HTTP contract, answered in this process.
//!
//! A request goes `http` → `route` → one of the folders named for what it is about, and comes back as
//! a status and JSON. Writes become `tasks`; one worker thread per engine applies them in order.

mod auth;
mod clock;
mod core;
mod documents;
mod engine;
mod error;
mod facets;
mod fields;
mod filter;
mod format;
mod geo;
mod http;
mod index;
mod indexes;
mod payloads;
mod route;
mod search;
#[cfg(feature = "server")]
pub mod server;
mod service;
mod settings;
mod store;
mod tasks;

pub use filter::outline_filter;

pub use engine::{Engine, OpenError, Options, Request, Response};
