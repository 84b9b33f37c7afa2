//! scrypath-worker: brings what was enqueued into the index.
//!
//! The rules of the queue are in `scrypath_core::queue`; here are the databases that jobs are kept in, and the
//! process that works their queues. A crate of its own, so that the libraries of the packages, which only
//! enqueue, do not carry two database drivers.

mod postgres;
mod run;
mod sqlite;

pub use postgres::Postgres;
pub use run::{Database, Options, work};
pub use sqlite::Sqlite;
