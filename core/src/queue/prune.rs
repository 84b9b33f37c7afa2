//! Completed jobs that are old. Where an Oban runs, its pruner deletes jobs; a worker by itself has to.

use std::time::Duration;

use super::args::{DELETE_WORKER, UPSERT_WORKER};
use super::related::RELATED_WORKER;
use super::statement::{Dialect, Draft, Statement, Target};

/// The most that are deleted at once.
pub const MOST_PRUNED: u64 = 10_000;

/// Longer than anybody waits, and a length that every database can take from its time.
const LONGEST_KEPT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Deletes jobs of Scrypath in a queue that were completed longer ago than `keep`, at most [`MOST_PRUNED`]. Jobs that
/// were given up or called off stay: they say what the index lacks.
pub fn prune(target: Target, queue: &str, keep: Duration) -> Statement {
    let keep = keep.min(LONGEST_KEPT).as_millis() as i64;
    let ours = format!("worker IN ('{UPSERT_WORKER}', '{DELETE_WORKER}', '{RELATED_WORKER}')");
    let draft = Draft::new(target);
    // A job was to be run no later than it was completed, and that time is in an index, after the priority.
    match target.dialect {
        Dialect::Postgres => draft
            .sql("DELETE FROM oban_jobs WHERE id = ANY (ARRAY(SELECT old.id FROM generate_series(0, 9) AS of (priority), ")
            .sql("LATERAL (SELECT id FROM oban_jobs WHERE state = 'completed' AND queue = ")
            .value(queue)
            .sql(" AND oban_jobs.priority = of.priority AND scheduled_at <= timezone('UTC', now()) - ")
            .value(keep)
            .sql(" * interval '1 millisecond' AND completed_at <= timezone('UTC', now()) - ")
            .value(keep)
            .sql(&format!(" * interval '1 millisecond' AND {ours} ORDER BY scheduled_at LIMIT {MOST_PRUNED}) AS old "))
            .sql(&format!("LIMIT {MOST_PRUNED}))")),
        // Obans and workers write times in several forms, all of which begin with the day.
        Dialect::Sqlite => draft
            .sql("DELETE FROM oban_jobs WHERE id IN (SELECT id FROM oban_jobs WHERE state = 'completed' AND queue = ")
            .value(queue)
            .sql(" AND priority IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9) AND scheduled_at < date('now', (-")
            .value(keep)
            .sql(" / 86400000.0) || ' days', '+1 day') AND julianday(completed_at) <= julianday('now') - ")
            .value(keep)
            .sql(&format!(" / 86400000.0 AND {ours} LIMIT {MOST_PRUNED})")),
    }
    .end()
}
