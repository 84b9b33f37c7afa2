//! Where jobs are kept, as a worker needs it. `postgres` and `sqlite` hold only what differs.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::lane::MOST_JOBS;
use super::plan::Verdict;
use crate::document::DocumentId;
use crate::error::Result;

/// How long a job may be an Oban's before it is taken for an orphan: longer than one is ever run.
pub const RESCUED_AFTER: Duration = Duration::from_secs(360);

/// A lane, held. A lane is a queue of one database; who holds it is the only one who sends for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    pub queue: String,
    pub holder: String,
    /// Grows whenever the lane changes hands, so that a former holder's writes are known and refused.
    pub epoch: i64,
    /// For how long a request that a former holder was sending, or a job whose fences were left behind, may still
    /// land; zero where there is none.
    /// A length and no time, so that nothing depends on what clock it was written by.
    pub unsettled: Duration,
    /// The newest job that was sent for while it, or an older one, was not settled; zero where there is none. Older
    /// states alone must not be sent again: the index would go back to them for a moment.
    pub sent: i64,
}

impl Hold {
    /// How many jobs to take, where so many are open up to the newest that was sent for.
    pub fn most(&self, limit: usize, open: i64) -> usize {
        // Those that were committed late are among them, and may be many: memory counts more.
        limit.max(open.unsigned_abs() as usize).min(limit.saturating_mul(10).max(MOST_JOBS))
    }
}

/// Whether nothing of a round is to be run again.
pub fn is_over(verdicts: &[(i64, Verdict)]) -> bool {
    !verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Retry { .. } | Verdict::Held))
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
    /// An Oban had it before. It may have it still, and put it back once more.
    pub was_obans: bool,
}

/// What a worker takes at once, and what it must know of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claim {
    pub rows: Vec<Row>,
    /// Of documents that jobs of this lane speak of: states that the index has, as far as they are younger than the
    /// oldest of these jobs.
    pub done: Vec<Done>,
    /// Of these jobs: documents that were given up in them. Such a job was made available again by hand.
    pub letters: Vec<(i64, String)>,
    /// Whether there are dead letters or fences at all, and so documents of which is to be written down what the index
    /// has.
    pub is_watched: bool,
}

/// The index has this job's state of a document, or a newer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub index: String,
    pub document: String,
    pub job: i64,
    /// To be written down whether or not the document is watched.
    pub is_watched: bool,
}

/// What is kept while something is sent. As of [`Store`], a method changes nothing unless the hold still stands.
pub trait Keep: Sync {
    /// Keeps the lane for `lease` more.
    fn renew(&self, hold: &Hold, lease: Duration) -> impl Future<Output = Result<bool>> + Send;

    /// Writes down, before a request is sent, that it may land for `unsettled` and speaks of jobs up to `newest`, and
    /// renews the lease.
    fn sending(
        &self,
        hold: &Hold,
        newest: i64,
        unsettled: Duration,
        lease: Duration,
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// Each method is one transaction. Those that take a [`Hold`] change nothing unless it is still the lane's, and
/// say so: `false`, or `None`. Errors are of the database, and nothing was changed.
pub trait Store: Keep {
    /// Takes the lane for `lease` where it is free or its lease is over, or keeps it. `None`: somebody else has it.
    fn hold(
        &self,
        queue: &str,
        holder: &str,
        lease: Duration,
    ) -> impl Future<Output = Result<Option<Hold>>> + Send;

    /// Gives the lane up.
    fn release(&self, hold: &Hold) -> impl Future<Output = Result<()>> + Send;

    /// Makes jobs available again that a former holder left executing. How many. Those that an Oban has are left to it
    /// for [`RESCUED_AFTER`].
    fn rescue(&self, hold: &Hold) -> impl Future<Output = Result<Option<u64>>> + Send;

    /// Takes up to `limit` jobs in the order of their ids, the oldest first, none left out; more where more are open up to
    /// [`Hold::sent`]. Jobs that wait to be
    /// retried are taken too: a newer one must not overtake them, and the lane's own pause is what delays them. Nothing
    /// is taken that is younger than a job which an Oban has, since that one comes back, or is done; and nothing at all while one of
    /// them holds fences.
    fn claim(&self, hold: &Hold, limit: usize) -> impl Future<Output = Result<Option<Claim>>> + Send;

    /// Ends this attempt of jobs, and with it what may still land: everything that was sent was answered; and what was
    /// sent for, where [`is_over`]. `done` is
    /// written down where a dead letter or a fence speaks of the document: an older job of it may be run again. The
    /// letters of a job that is completed are torn up.
    fn settle(
        &self,
        hold: &Hold,
        verdicts: &[(i64, Verdict)],
        done: &[Done],
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Deletes what [`prune`](super::prune) says. How many jobs. It takes no hold: what is completed stays so.
    fn prune(&self, queue: &str, keep: Duration) -> impl Future<Output = Result<u64>> + Send;

    /// Waits until there may be new jobs, or for `most`.
    fn wait(&self, queue: &str, most: Duration) -> impl Future<Output = ()> + Send;
}

/// What a job's `errors` are told of a verdict, in the form that Oban gives its own.
pub fn error_entry(verdict: &Verdict, attempt: i64) -> Option<Value> {
    match verdict {
        Verdict::Completed | Verdict::Held => None,
        Verdict::Retry { reason } | Verdict::Cancelled { reason } => Some(entry(reason, attempt)),
        Verdict::Discarded { reason, dead } => Some(entry(&discarded(reason, dead), attempt)),
    }
}

pub(super) fn entry(error: &str, attempt: i64) -> Value {
    let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    json!({"at": at, "attempt": attempt, "error": error})
}

/// Why documents were given up, and which; the first twenty.
pub(super) fn discarded(reason: &str, dead: &[DocumentId]) -> String {
    const TOLD: usize = 20;
    let ids: Vec<String> = dead.iter().take(TOLD).map(ToString::to_string).collect();
    let more = dead.len().saturating_sub(TOLD);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{reason}: documents {}{more}", ids.join(", "))
}
