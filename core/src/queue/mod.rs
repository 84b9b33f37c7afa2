//! queue: how does a write that was durably enqueued reach the index, in order, and never not at all?
//!
//! A job is a row of `oban_jobs`, inserted inside the transaction that wrote the record. [`args`] says what a
//! job holds, [`state`] what its states mean. A worker holds a *lane*, which is a queue of one database
//! ([`store`]), claims jobs in the order of their ids, sends the newest state of each document ([`plan`],
//! [`deliver`]), and settles the jobs once the backend's tasks have succeeded.
//!
//! The rule that must not break: an older state of a document never wins over a newer one. Whoever writes a
//! row holds its lock until the commit, and enqueues after the write; so the ids of the jobs of one record
//! grow in the order of commits, and a job is visible before the next one of its record can be made. A lane
//! has one holder, who sends in that order, one request at a time, and waits out a request whose fate is not
//! known ([`keeper`]).

pub mod args;
mod deliver;
mod enqueue;
mod keeper;
mod lane;
mod outcome;
pub mod plan;
pub mod state;
pub mod store;

pub use args::{DELETE_WORKER, UPSERT_WORKER};
pub(crate) use enqueue::enqueue;
pub use enqueue::{Dialect, Enqueue, Insert, Job, NewJob, ObanOptions, Placeholders, Target};
pub use keeper::Times;
pub use lane::{Lane, MOST_JOBS, Tally};
pub use plan::Verdict;
pub use store::{Hold, Row, Store, error_entry};
