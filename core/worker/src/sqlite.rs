//! Jobs in SQLite, for one machine. The file's own lock is what makes each method one transaction.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use scrypath_core::error::Result;
use scrypath_core::queue::{
    Claim, Dialect, Done, FENCE_SETTLES, Hold, Keep, Param, Placeholders, RESCUED_AFTER, Row, Statement,
    Store, Target, Verdict, error_entry, forget, is_over, own_tables, prune, queue_tables,
};
use scrypath_core::{Error, Kind};

const TARGET: Target = Target { dialect: Dialect::Sqlite, placeholders: Placeholders::Question };

/// How long a method waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// Which jobs may be taken: see `postgres`.
const OPEN: &str = "worker <> 'Scrypath.Sync.RelatedWorker' AND (state IN ('available', 'retryable') \
     OR (state = 'scheduled' AND (attempted_at IS NOT NULL OR julianday(scheduled_at) <= julianday('now'))))";

#[derive(Clone)]
pub struct Sqlite(Arc<Mutex<Connection>>);

impl Sqlite {
    pub fn open(path: &Path) -> Result<Self> {
        let open = || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            // Readers and writers do not wait for each other; the setting stays with the file.
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            Ok(connection)
        };
        open().map(|connection| Self(Arc::new(Mutex::new(connection)))).map_err(|error| unavailable(&error))
    }

    /// Makes the tables that are missing. One that is there is left as it is.
    pub async fn install(&self) -> Result<()> {
        self.change(|changes| changes.execute_batch(&queue_tables(Dialect::Sqlite).install.join(";"))).await
    }

    /// Makes what workers keep beside the jobs, which must be there.
    pub async fn prepare(&self) -> Result<()> {
        self.change(|changes| {
            changes.prepare("SELECT 1 FROM oban_jobs")?;
            changes.execute_batch(&own_tables(Dialect::Sqlite).join(";"))
        })
        .await
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = self.0.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let changes = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&changes)?;
            changes.commit()?;
            Ok(result)
        });
        match worked.await {
            Ok(result) => result.map_err(|error| unavailable(&error)),
            Err(_) => Err(Error::new(Kind::Internal, "a transaction stopped on a defect of its own")),
        }
    }
}

fn unavailable(error: &rusqlite::Error) -> Box<Error> {
    let code = error.sqlite_error_code().map_or_else(String::new, |code| format!(" ({code:?})"));
    let message =
        format!("the queue's database cannot be used{code}; is it there, and is the queue installed?");
    Error::new(Kind::QueueUnavailable, message)
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

fn ms(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

/// Whether the lane is still this holder's; keeps it for `lease` more where one is given.
fn is_held(changes: &Transaction, hold: &Hold) -> rusqlite::Result<bool> {
    let found = "SELECT 1 FROM scrypath_lanes WHERE queue = ?1 AND holder = ?2 AND epoch = ?3";
    let row =
        changes.query_row(found, params![hold.queue, hold.holder, hold.epoch], |_| Ok(())).optional()?;
    Ok(row.is_some())
}

impl Keep for Sqlite {
    async fn renew(&self, hold: &Hold, lease: Duration) -> Result<bool> {
        let hold = hold.clone();
        self.change(move |changes| {
            let renew =
                "UPDATE scrypath_lanes SET lease_until = ?4 WHERE queue = ?1 AND holder = ?2 AND epoch = ?3";
            let until = now_ms() + ms(lease);
            Ok(changes.execute(renew, params![hold.queue, hold.holder, hold.epoch, until])? > 0)
        })
        .await
    }

    async fn sending(&self, hold: &Hold, newest: i64, unsettled: Duration, lease: Duration) -> Result<bool> {
        let hold = hold.clone();
        self.change(move |changes| {
            let sending = "UPDATE scrypath_lanes SET unsettled_ms = ?4, lease_until = ?5, sent_job_id = ?6 \
                 WHERE queue = ?1 AND holder = ?2 AND epoch = ?3";
            let until = now_ms() + ms(lease);
            let given = params![hold.queue, hold.holder, hold.epoch, ms(unsettled), until, newest];
            Ok(changes.execute(sending, given)? > 0)
        })
        .await
    }
}

impl Store for Sqlite {
    async fn hold(&self, queue: &str, holder: &str, lease: Duration) -> Result<Option<Hold>> {
        let (queue, holder) = (queue.to_owned(), holder.to_owned());
        self.change(move |changes| {
            let now = now_ms();
            changes.execute("INSERT OR IGNORE INTO scrypath_lanes (queue) VALUES (?1)", params![queue])?;
            let lane = "SELECT holder, epoch, lease_until, unsettled_ms, sent_job_id FROM scrypath_lanes WHERE queue = ?1";
            let (held_by, epoch, until, unsettled, sent): (String, i64, i64, i64, i64) =
                changes.query_row(lane, params![queue], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })?;
            let is_same = held_by == holder && until > now;
            if !is_same && !held_by.is_empty() && until > now {
                return Ok(None);
            }
            let epoch = if is_same { epoch } else { epoch + 1 };
            let take = "UPDATE scrypath_lanes SET holder = ?2, epoch = ?3, lease_until = ?4 WHERE queue = ?1";
            changes.execute(take, params![queue, holder, epoch, now + ms(lease)])?;
            let fenced = "SELECT EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = ?1 AND token <> '' AND NOT EXISTS \
                 (SELECT 1 FROM oban_jobs WHERE oban_jobs.id = scrypath_fences.job_id AND state = 'executing'))";
            let fenced = match changes.query_row(fenced, params![queue], |row| row.get(0))? {
                true => FENCE_SETTLES,
                false => Duration::ZERO,
            };
            let unsettled = Duration::from_millis(unsettled.unsigned_abs()).max(fenced);
            Ok(Some(Hold { queue, holder, epoch, unsettled, sent }))
        })
        .await
    }

    async fn release(&self, hold: &Hold) -> Result<()> {
        let hold = hold.clone();
        self.change(move |changes| {
            let release =
                "UPDATE scrypath_lanes SET holder = '' WHERE queue = ?1 AND holder = ?2 AND epoch = ?3";
            changes.execute(release, params![hold.queue, hold.holder, hold.epoch]).map(|_| ())
        })
        .await
    }

    async fn rescue(&self, hold: &Hold) -> Result<Option<u64>> {
        let hold = hold.clone();
        self.change(move |changes| {
            if !is_held(changes, &hold)? {
                return Ok(None);
            }
            let rescue = "UPDATE oban_jobs SET state = 'available' WHERE queue = ?1 AND state = 'executing' \
                 AND json_extract(attempted_by, '$[1]') = 'scrypath'";
            let rescued = changes.execute(rescue, params![hold.queue])?;
            let settled = "UPDATE scrypath_lanes SET unsettled_ms = 0 WHERE queue = ?1";
            changes.execute(settled, params![hold.queue])?;
            let settled =
                "UPDATE scrypath_fences SET token = '', former = '' WHERE queue = ?1 AND token <> '' \
                 AND NOT EXISTS (SELECT 1 FROM oban_jobs WHERE oban_jobs.id = scrypath_fences.job_id AND state = 'executing')";
            changes.execute(settled, params![hold.queue])?;
            Ok(Some(rescued as u64))
        })
        .await
    }

    async fn claim(&self, hold: &Hold, limit: usize) -> Result<Option<Claim>> {
        let hold = hold.clone();
        self.change(move |changes| {
            if !is_held(changes, &hold)? {
                return Ok(None);
            }
            rescue_from_oban(changes, &hold.queue)?;
            let limit = hold.most(limit, open_up_to(changes, &hold)?);
            let claim = format!("UPDATE oban_jobs SET state = 'executing', attempt = attempt + 1, \
                 attempted_at = strftime('%Y-%m-%dT%H:%M:%f', 'now'), attempted_by = CASE WHEN json_extract(attempted_by, '$[1]') <> 'scrypath' \
                 OR json_extract(attempted_by, '$[2]') = 'oban' THEN json_array(?2, 'scrypath', 'oban') \
                 ELSE json_array(?2, 'scrypath') END \
                 WHERE id IN (SELECT id FROM oban_jobs WHERE queue = ?1 AND {OPEN} AND NOT EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = ?1 AND token <> '') \
                 AND id < coalesce((SELECT min(id) FROM oban_jobs WHERE queue = ?1 AND state = 'executing'), \
                 9223372036854775807) ORDER BY id LIMIT ?3) \
                 RETURNING id, attempt, max_attempts, worker, args, json_array_length(attempted_by) = 3");
            let mut statement = changes.prepare_cached(&claim)?;
            let rows = statement.query_map(params![hold.queue, hold.holder, limit as i64], |row| {
                Ok(Row {
                    id: row.get(0)?,
                    attempt: row.get(1)?,
                    max_attempts: row.get(2)?,
                    worker: row.get(3)?,
                    args: row.get(4)?,
                    was_obans: row.get(5)?,
                })
            })?;
            let mut rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
            rows.sort_by_key(|row| row.id);
            let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
                carry_out(changes, &forget(TARGET))?;
                return Ok(Some(Claim::default()));
            };
            known(changes, &hold.queue, first.id, last.id).map(|mut claim| {
                claim.rows = rows;
                Some(claim)
            })
        })
        .await
    }

    async fn settle(&self, hold: &Hold, verdicts: &[(i64, Verdict)], done: &[Done]) -> Result<bool> {
        let (hold, verdicts, done) = (hold.clone(), verdicts.to_vec(), done.to_vec());
        self.change(move |changes| {
            if !is_held(changes, &hold)? {
                return Ok(false);
            }
            let settled = "UPDATE scrypath_lanes SET unsettled_ms = 0, sent_job_id = iif(?2, 0, sent_job_id) WHERE queue = ?1";
            changes.execute(settled, params![hold.queue, is_over(&verdicts)])?;
            for (id, verdict) in &verdicts {
                settle_one(changes, *id, verdict)?;
            }
            if !done.is_empty() {
                remember(changes, &hold.queue, &done)?;
            }
            Ok(true)
        })
        .await
    }

    async fn prune(&self, queue: &str, keep: Duration) -> Result<u64> {
        let prune = prune(TARGET, queue, keep);
        self.change(move |changes| Ok(carry_out(changes, &prune)? as u64)).await
    }

    async fn wait(&self, _queue: &str, most: Duration) {
        // Nobody announces jobs here.
        tokio::time::sleep(most).await;
    }
}

fn settle_one(changes: &Transaction, id: i64, verdict: &Verdict) -> rusqlite::Result<()> {
    let ended = |state: &str, at: &str| {
        format!(
            "UPDATE oban_jobs SET state = '{state}', {at} = strftime('%Y-%m-%dT%H:%M:%f', 'now'), \
             errors = iif(?2 IS NULL, errors, json_insert(errors, '$[#]', json(?2))) WHERE id = ?1"
        )
    };
    let sql = match verdict {
        Verdict::Completed => ended("completed", "completed_at"),
        Verdict::Discarded { .. } => ended("discarded", "discarded_at"),
        Verdict::Cancelled { .. } => ended("cancelled", "cancelled_at"),
        Verdict::Retry { .. } => ended("retryable", "scheduled_at"),
        Verdict::Held => {
            "UPDATE oban_jobs SET state = 'available', attempt = max(attempt - 1, 0) WHERE id = ?1 AND ?2 IS NULL".to_owned()
        }
    };
    let attempt: i64 =
        changes.query_row("SELECT attempt FROM oban_jobs WHERE id = ?1", params![id], |row| row.get(0))?;
    let error = error_entry(verdict, attempt).map(|entry| entry.to_string());
    changes.prepare_cached(&sql)?.execute(params![id, error])?;
    if *verdict == Verdict::Completed {
        let tear = "DELETE FROM scrypath_dead_letters WHERE job_id = ?1";
        changes.prepare_cached(tear)?.execute(params![id])?;
    }
    if let Verdict::Discarded { reason, dead } = verdict {
        let letter = "INSERT OR REPLACE INTO scrypath_dead_letters (job_id, index_uid, document_id, reason) \
             SELECT id, coalesce(json_extract(args, '$.index'), ''), ?2, ?3 FROM oban_jobs WHERE id = ?1";
        for document in dead {
            changes.prepare_cached(letter)?.execute(params![id, document.to_string(), reason])?;
        }
    }
    Ok(())
}

/// How many jobs are to be taken again together.
fn open_up_to(changes: &Transaction, hold: &Hold) -> rusqlite::Result<i64> {
    if hold.sent == 0 {
        return Ok(0);
    }
    let open = format!("SELECT count(*) FROM oban_jobs WHERE queue = ?1 AND id <= ?2 AND {OPEN}");
    changes.query_row(&open, params![hold.queue, hold.sent], |row| row.get(0))
}

/// Takes from an Oban what it left lying.
fn rescue_from_oban(changes: &Transaction, queue: &str) -> rusqlite::Result<()> {
    let rescue = "UPDATE oban_jobs SET state = 'available' WHERE queue = ?1 AND state = 'executing' \
         AND julianday(attempted_at) < julianday('now') - ?2 / 86400.0";
    changes.prepare_cached(rescue)?.execute(params![queue, RESCUED_AFTER.as_secs() as i64]).map(|_| ())
}

/// Carries out a statement that the core wrote. How many rows it changed.
fn carry_out(changes: &Transaction, statement: &Statement) -> rusqlite::Result<usize> {
    let given = statement.params.iter().map(|param| match param {
        Param::Text(text) => ToSqlOutput::from(text.as_str()),
        Param::Int(number) => ToSqlOutput::from(*number),
    });
    changes.prepare_cached(&statement.sql)?.execute(rusqlite::params_from_iter(given))
}

/// What is known of the documents of these jobs from elsewhere.
fn known(changes: &Transaction, queue: &str, first: i64, last: i64) -> rusqlite::Result<Claim> {
    let done = "SELECT index_uid, document_id, done_job_id FROM scrypath_fences WHERE queue = ?1 AND done_job_id >= ?2";
    let mut done = changes.prepare_cached(done)?;
    let done = done.query_map(params![queue, first], |row| {
        Ok(Done { index: row.get(0)?, document: row.get(1)?, job: row.get(2)?, is_watched: true })
    })?;
    let letters = "SELECT job_id, document_id FROM scrypath_dead_letters WHERE job_id BETWEEN ?1 AND ?2";
    let mut letters = changes.prepare_cached(letters)?;
    let letters = letters.query_map(params![first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Claim {
        rows: Vec::new(),
        done: done.collect::<rusqlite::Result<_>>()?,
        letters: letters.collect::<rusqlite::Result<_>>()?,
        is_watched: changes.query_row(
            "SELECT EXISTS (SELECT 1 FROM scrypath_dead_letters) \
             OR EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = ?1)",
            params![queue],
            |row| row.get(0),
        )?,
    })
}

/// What the index has now, where a dead letter or a fence speaks of the document.
fn remember(changes: &Transaction, queue: &str, done: &[Done]) -> rusqlite::Result<()> {
    let remember = "INSERT INTO scrypath_fences AS fence \
         (index_uid, document_id, queue, job_id, done_job_id, unsettled_until) SELECT ?1, ?2, ?3, ?4, ?4, ?6 \
         WHERE ?5 OR EXISTS (SELECT 1 FROM scrypath_dead_letters WHERE index_uid = ?1 AND document_id = ?2) \
         OR EXISTS (SELECT 1 FROM scrypath_fences WHERE index_uid = ?1 AND document_id = ?2) \
         ON CONFLICT (index_uid, document_id) DO UPDATE SET job_id = max(fence.job_id, excluded.job_id), \
         done_job_id = max(fence.done_job_id, excluded.done_job_id), unsettled_until = excluded.unsettled_until";
    for Done { index, document, job, is_watched } in done {
        let given = params![index, document, queue, job, is_watched, now_ms()];
        changes.prepare_cached(remember)?.execute(given)?;
    }
    Ok(())
}
