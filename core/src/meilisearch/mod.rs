//! meilisearch: how does the core talk to the search backend?
//!
//! A [`Client`] sends an [`Exchange`] over one of two transports (HTTP, or the engine in this process)
//! and gives an [`Answer`]; everything above the transport is one code path. [`tasks`] reads and awaits
//! tasks, [`settings`] says what an index needs, [`naming`] what it is called, [`index`] makes it.

mod client;
mod exchange;
pub mod index;
mod link;
pub mod naming;
pub mod settings;
pub mod tasks;
mod transport;

pub use client::Client;
pub use exchange::{Answer, Body, Exchange};
pub use link::{Link, Sending};
pub use tasks::{TaskMap, TaskStatus};
