//! Fences: what keeps order where jobs are run one by one, in whatever order, by an Oban.
//!
//! A fence is a row for a document of an index. It says which job's state was the last to be sent (`job_id`), who is
//! sending it (`token`, until it was answered), and which job's state is the newest that the index has
//! (`done_job_id`). A job takes the fences of its documents before it sends, and may not where a newer job's state is
//! there, where somebody is sending, or where a newer job that will be run again was sent.
//!
//! `unsettled_until` is when a sender is thought to be gone. Clocks of databases jump: so whoever takes a fence that
//! was not given back waits, by its own clock, for as long as what the former had sent may still land, then lets it go
//! and is run again: only who took a fence that was free sends.
//!
//! Fences are taken in one statement, so the database decides who is first. A worker that holds the lane keeps jobs of
//! its queue from taking any: they are put back, and the lane runs them. One whose lease is over has the lane taken
//! away first, so that it can send no more; what it had sent is waited for.

use std::time::Duration;

use super::keeper::Times;
use super::statement::{Dialect, Draft, Statement, Target};

/// What a job must know to take the fences of its documents.
pub(super) struct Fence<'a> {
    pub target: Target,
    pub queue: &'a str,
    pub index: &'a str,
    pub job: i64,
    /// No two runs of any job have the same.
    pub token: &'a str,
}

/// How long documents may be sent behind a fence: two requests, each with the time in which it may land.
pub(super) fn length() -> Duration {
    let Times { deadline, settle, .. } = Times::default();
    (deadline + settle) * 2
}

/// For how long what was sent behind a fence that was not given back may still land.
pub const FENCE_SETTLES: Duration = Duration::from_secs(60);

/// How long a fence is remembered at least: an Oban may put a job back that it ran twice.
const REMEMBERED: Duration = Duration::from_secs(600);

/// What became of taking the fence of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Ours,
    /// Ours, and somebody had it who did not give it back.
    Inherited,
    /// The index has this state or a newer one.
    Done,
    /// For so many ms at least.
    Busy(u64),
}

impl Fence<'_> {
    /// The statements that take the fences of these documents (a JSON list of texts). What they give is
    /// for [`read`].
    pub(super) fn take(&self, documents: &str) -> Vec<Statement> {
        vec![self.know_the_lane(), self.revoke(), self.insert(documents), self.look(documents)]
    }

    /// So that there is a row to look at while the lane changes hands.
    fn know_the_lane(&self) -> Statement {
        let insert =
            Draft::new(self.target).sql("INSERT INTO scrypath_lanes (queue) VALUES (").value(self.queue);
        insert.sql(") ON CONFLICT DO NOTHING").end()
    }

    /// Takes the lane from a holder that no longer says anything. What it had sent is waited for as long as behind a
    /// fence; what is longer than that passes before.
    fn revoke(&self) -> Statement {
        let settles = FENCE_SETTLES.as_millis();
        let (least, until) = match self.target.dialect {
            Dialect::Postgres => (
                "least",
                format!("lease_until + greatest(unsettled_ms - {settles}, 0) * interval '1 millisecond'"),
            ),
            Dialect::Sqlite => ("min", format!("lease_until + max(unsettled_ms - {settles}, 0)")),
        };
        Draft::new(self.target)
            .sql(&format!(
                "UPDATE scrypath_lanes SET holder = '', unsettled_ms = {least}(unsettled_ms, {settles}) WHERE queue = "
            ))
            .value(self.queue)
            .sql(&format!(" AND (holder <> '' OR unsettled_ms > {settles}) AND {until} <= "))
            .now()
            .end()
    }

    fn insert(&self, documents: &str) -> Statement {
        // It may have to be waited for what a former sender left behind.
        let length = (length() + FENCE_SETTLES).as_millis() as i64;
        let draft = Draft::new(self.target)
            .sql("WITH lane AS (SELECT holder, unsettled_ms FROM scrypath_lanes WHERE queue = ");
        let draft = match self.target.dialect {
            // The lock is that of whoever takes the lane: either it is taken after this, and sees these fences, or it
            // was taken before, and is seen here.
            Dialect::Postgres => draft.value(self.queue).sql(" FOR SHARE) "),
            Dialect::Sqlite => draft.value(self.queue).sql(") "),
        };
        // In order, so that no two jobs wait for each other.
        draft
            .sql(
                "INSERT INTO scrypath_fences AS fence \
                 (index_uid, document_id, queue, job_id, token, former, unsettled_until) SELECT ",
            )
            .value(self.index)
            .sql(", wanted.value, ")
            .value(self.queue)
            .sql(", ")
            .value(self.job)
            .sql(", ")
            .value(self.token)
            .sql(", CASE WHEN lane.unsettled_ms > 0 THEN 'lane' ELSE '' END, ")
            .later(length)
            .sql(" FROM lane, (")
            .items(documents)
            .sql(
                ") AS wanted WHERE lane.holder = '' AND lane.unsettled_ms <= ",
            )
            .value(FENCE_SETTLES.as_millis() as i64)
            .sql(
                " ORDER BY wanted.value \
                 ON CONFLICT (index_uid, document_id) DO UPDATE SET queue = excluded.queue, \
                 job_id = excluded.job_id, token = excluded.token, unsettled_until = excluded.unsettled_until, \
                 former = CASE WHEN fence.token = '' THEN excluded.former ELSE fence.token END \
                 WHERE fence.done_job_id < excluded.job_id AND (fence.token = '' OR fence.unsettled_until <= ",
            )
            .now()
            .sql(
                ") AND (fence.job_id <= excluded.job_id OR NOT EXISTS (SELECT 1 FROM oban_jobs WHERE \
                 oban_jobs.id = fence.job_id AND oban_jobs.state NOT IN ('completed', 'discarded', 'cancelled'))) \
                 RETURNING document_id, former",
            )
            .end()
    }

    fn look(&self, documents: &str) -> Statement {
        let draft = Draft::new(self.target).sql("SELECT document_id, ");
        let draft = match self.target.dialect {
            Dialect::Postgres => draft.sql(
                "done_job_id::text, CASE WHEN token = '' THEN '0' ELSE \
                 ceil(greatest(extract(epoch FROM unsettled_until - clock_timestamp()) * 1000, 0))::bigint::text END",
            ),
            Dialect::Sqlite => draft
                .sql("CAST(done_job_id AS TEXT), CASE WHEN token = '' THEN '0' ELSE CAST(max(unsettled_until - ")
                .now()
                .sql(", 0) AS TEXT) END"),
        };
        draft
            .sql(" FROM scrypath_fences WHERE index_uid = ")
            .value(self.index)
            .sql(" AND document_id IN (")
            .items(documents)
            .sql(")")
            .end()
    }

    /// Puts the fences of these documents back to where they were before they were taken.
    pub(super) fn give_back(&self, documents: &str) -> Statement {
        Draft::new(self.target)
            .sql("UPDATE scrypath_fences SET token = former, former = '', unsettled_until = ")
            .now()
            .sql(" WHERE index_uid = ")
            .value(self.index)
            .sql(" AND token = ")
            .value(self.token)
            .sql(" AND document_id IN (")
            .items(documents)
            .sql(")")
            .end()
    }

    /// Lets the documents `all` go, and says that the index has this job's state of `done`. Both are JSON lists of
    /// texts, the second part of the first. What is done is said also where another run has the fence by now, after a
    /// jump of the database's clock: it may end before it sends.
    pub(super) fn release(&self, all: &str, done: &str) -> Statement {
        let greatest = match self.target.dialect {
            Dialect::Postgres => "greatest",
            Dialect::Sqlite => "max",
        };
        let ours = |draft: Draft, of: &str, then: fn(Draft) -> Draft| {
            let draft = draft.sql(&format!("{of} = CASE WHEN token = ")).value(self.token).sql(" THEN ");
            then(draft).sql(&format!(" ELSE {of} END"))
        };
        let draft = Draft::new(self.target).sql("UPDATE scrypath_fences SET ");
        let draft = ours(draft, "former", |draft| draft.sql("''")).sql(", ");
        let draft = ours(draft, "unsettled_until", Draft::now).sql(", ");
        ours(draft, "token", |draft| draft.sql("''"))
            .sql(", done_job_id = CASE WHEN document_id IN (")
            .items(done)
            .sql(&format!(") THEN {greatest}(done_job_id, "))
            .value(self.job)
            .sql(") ELSE done_job_id END WHERE index_uid = ")
            .value(self.index)
            .sql(" AND document_id IN (")
            .items(all)
            .sql(")")
            .end()
    }
}

/// What a former holder of the lane had sent can land no more.
pub(super) fn settle_lane(target: Target, queue: &str) -> Statement {
    let draft = Draft::new(target).sql("UPDATE scrypath_lanes SET unsettled_ms = 0 WHERE queue = ");
    draft.value(queue).sql(" AND holder = '' AND unsettled_ms > 0").end()
}

/// Forgets fences that no job can run into any more: all that is older was completed or called off, a while ago.
pub fn forget(target: Target) -> Statement {
    Draft::new(target)
        .sql("DELETE FROM scrypath_fences WHERE unsettled_until < ")
        .later(-(REMEMBERED.as_millis() as i64))
        .sql(" AND job_id < ")
        .sql(oldest_that_may_run(target.dialect))
        .end()
}

/// The id of the oldest job that may still be run, by somebody's hand too; beyond all where there is none.
fn oldest_that_may_run(dialect: Dialect) -> &'static str {
    match dialect {
        // A look for each state, since an index begins with it.
        Dialect::Postgres => {
            "(SELECT coalesce(min(oldest.id), 9223372036854775807) FROM unnest(enum_range(NULL::oban_job_state)) AS of (state), \
             LATERAL (SELECT min(id) AS id FROM oban_jobs WHERE oban_jobs.state = of.state) AS oldest \
             WHERE of.state NOT IN ('completed', 'cancelled'))"
        }
        Dialect::Sqlite => {
            "(SELECT coalesce(min(id), 9223372036854775807) FROM oban_jobs WHERE state IN \
             ('available', 'scheduled', 'executing', 'retryable', 'discarded', 'suspended'))"
        }
    }
}

/// What the statements of [`Fence::take`] came to, for one document: the rows of the last two.
pub(super) fn read(document: &str, job: i64, taken: &[Vec<String>], seen: &[Vec<String>]) -> Taken {
    let of =
        |rows: &'_ [Vec<String>]| rows.iter().position(|row| row.first().is_some_and(|id| id == document));
    if let Some(at) = of(taken) {
        let is_inherited = taken[at].get(1).is_some_and(|former| !former.is_empty());
        return if is_inherited { Taken::Inherited } else { Taken::Ours };
    }
    let Some(at) = of(seen) else { return Taken::Busy(0) };
    let number = |column: usize| seen[at].get(column).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    if number(1) >= job { Taken::Done } else { Taken::Busy(number(2).unsigned_abs()) }
}
