//! Every write is a task: kept durably, run in order, told of truthfully.
//!
//! `model` is what a task is, `view` how the wire shows it, `find` how tasks are looked up, `worker`
//! and `batch` how they are run, `routes` what can be asked about them.

mod apply;
mod batch;
mod find;
mod model;
mod routes;
mod view;
mod worker;

pub(crate) use model::{Batch, Method, Outcome, Status, Swap, Task, Told, Work};
pub(crate) use routes::{accepted, cancel, delete, enqueue, get, get_batch, list, list_batches};
pub(crate) use worker::{Signal, start};
