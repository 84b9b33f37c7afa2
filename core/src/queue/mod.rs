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
//! known ([`keeper`]). Where an Oban runs the jobs, one by one and in whatever order, fences keep the order
//! ([`fence`], [`perform`]).

pub mod args;
mod deliver;
mod enqueue;
mod fence;
mod keeper;
mod lane;
mod outcome;
mod perform;
pub mod plan;
mod prune;
mod related;
pub mod state;
mod statement;
pub mod store;
mod tables;

pub use args::{DELETE_WORKER, UPSERT_WORKER};
pub(crate) use enqueue::enqueue;
pub use enqueue::{Enqueue, Insert, Job, NewJob, ObanOptions};
pub use fence::{FENCE_SETTLES, forget};
pub use keeper::Times;
pub use lane::{Lane, MOST_JOBS, Tally};
pub use perform::{
    AskedJob, JobOutcome, JobVerdict, OwnJob, PerformedJob, PreparedJob, perform_job, prepare_job,
};
pub(crate) use perform::{rows, token};
pub use plan::Verdict;
pub use prune::{MOST_PRUNED, prune};
pub use related::{
    RELATED_WORKER, RelatedEnd, RelatedJob, RelatedPlan, ResolverEnd, Statements, claim_related,
    read_related, settle_related,
};
pub(crate) use related::{plan_related, resolved};
pub use statement::{Dialect, Param, Placeholders, Statement, Target};
pub use store::{Claim, Done, Hold, Keep, RESCUED_AFTER, Row, Store, error_entry, is_over};
pub use tables::{QueueTables, own_tables, queue_tables};
