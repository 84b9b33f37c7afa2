//! Where jobs are kept, as a worker needs it. `postgres` and `sqlite` hold only what differs.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::plan::Verdict;
use crate::error::Result;

/// A lane, held. A lane is a queue of one database; who holds it is the only one who sends for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    pub queue: String,
    pub holder: String,
    /// Grows whenever the lane changes hands, so that a former holder's writes are known and refused.
    pub epoch: i64,
    /// For how long a request that a former holder was sending may still land; zero where it was sending none.
    /// A length and no time, so that nothing depends on what clock it was written by.
    pub unsettled: Duration,
}

/// A row of `oban_jobs`, as far as a worker reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: i64,
    /// With this one.
    pub attempt: i64,
    pub max_attempts: i64,
    pub worker: String,
    pub args: String,
}

/// Each method is one transaction. Those that take a [`Hold`] change nothing unless it is still the lane's, and
/// say so: `false`, or `None`. Errors are of the database, and nothing was changed.
pub trait Store: Sync {
    /// Takes the lane for `lease` where it is free or its lease is over, or keeps it. `None`: somebody else has it.
    fn hold(
        &self,
        queue: &str,
        holder: &str,
        lease: Duration,
    ) -> impl Future<Output = Result<Option<Hold>>> + Send;

    /// Keeps the lane for `lease` more.
    fn renew(&self, hold: &Hold, lease: Duration) -> impl Future<Output = Result<bool>> + Send;

    /// Gives the lane up.
    fn release(&self, hold: &Hold) -> impl Future<Output = Result<()>> + Send;

    /// Makes jobs available again that a former holder left executing. How many.
    fn rescue(&self, hold: &Hold) -> impl Future<Output = Result<Option<u64>>> + Send;

    /// Takes up to `limit` jobs in the order of their ids, the oldest first, none left out. Jobs that wait to be
    /// retried are taken too: a newer one must not overtake them, and the lane's own pause is what delays them.
    fn claim(&self, hold: &Hold, limit: usize) -> impl Future<Output = Result<Option<Vec<Row>>>> + Send;

    /// Writes down, before a request is sent, that it may land for `unsettled`, and renews the lease.
    fn sending(
        &self,
        hold: &Hold,
        mark: &str,
        unsettled: Duration,
        lease: Duration,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Ends this attempt of jobs, and with it what may still land: everything that was sent was answered.
    fn settle(&self, hold: &Hold, verdicts: &[(i64, Verdict)]) -> impl Future<Output = Result<bool>> + Send;

    /// Waits until there may be new jobs, or for `most`.
    fn wait(&self, queue: &str, most: Duration) -> impl Future<Output = ()> + Send;
}

/// What a job's `errors` are told of a verdict, in the form that Oban gives its own.
pub fn error_entry(verdict: &Verdict, attempt: i64) -> Option<Value> {
    const TOLD: usize = 20;
    let error = match verdict {
        Verdict::Completed | Verdict::Held => return None,
        Verdict::Retry { reason } | Verdict::Cancelled { reason } => reason.clone(),
        Verdict::Discarded { reason, dead } => {
            let ids: Vec<String> = dead.iter().take(TOLD).map(ToString::to_string).collect();
            let more = dead.len().saturating_sub(TOLD);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{reason}: documents {}{more}", ids.join(", "))
        }
    };
    let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    Some(json!({"at": at, "attempt": attempt, "error": error}))
}
