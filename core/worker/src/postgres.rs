//! Jobs in PostgreSQL, from version 12. One connection, made again when it breaks; it also hears when jobs are
//! enqueued.
//!
//! Every statement that changes anything looks in the same statement whether the lane is still held, so that a
//! worker which slept past its lease changes nothing. Jobs are taken with `FOR UPDATE`, and not with `SKIP LOCKED`:
//! an older job that somebody has locked is waited for, since a newer one must not overtake it. Workers do not
//! wait for each other all the same: only the holder of the lane takes jobs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify};
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Transaction};
use tokio_postgres_rustls::MakeRustlsConnect;

use scrypath_core::error::Result;
use scrypath_core::queue::{
    Claim, Dialect, Done, FENCE_SETTLES, Hold, Keep, Param, Placeholders, RESCUED_AFTER, Row, Store, Target,
    Verdict, error_entry, forget, is_over, own_tables, prune, queue_tables,
};
use scrypath_core::{Error, Kind};

/// How often is looked for jobs whose transactions were slow: their ids are older than those already taken.
const LOOK_BACK: Duration = Duration::from_secs(10);

/// Which jobs may be taken: those that an Oban put back too, since nothing newer may overtake them. Related jobs are not: what they are about is known to the application alone.
const OPEN: &str = "worker <> 'Scrypath.Sync.RelatedWorker' AND (state IN ('available', 'retryable') \
     OR (state = 'scheduled' AND (attempted_at IS NOT NULL OR scheduled_at <= timezone('UTC', now()))))";

const TARGET: Target = Target { dialect: Dialect::Postgres, placeholders: Placeholders::Numbered };

pub struct Postgres {
    url: String,
    connected: Mutex<Option<Connected>>,
    heard: Arc<Notify>,
}

struct Connected {
    client: Client,
    /// Whether `errors` is an array of JSON, as Oban for Elixir has it, or a JSON array, as Oban for Python.
    errors_are_an_array: bool,
    /// When was last looked for old jobs that are new.
    looked_back: Option<Instant>,
    /// The oldest job that may be open.
    oldest: i64,
}

impl Postgres {
    /// `url` is a `postgres://` URL or a `key=value` string. Nothing is connected yet.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connected: Mutex::new(None), heard: Arc::default() }
    }

    /// Makes the tables that are missing. One that is there is left as it is.
    pub async fn install(&self) -> Result<()> {
        let mut connected = self.connect().await?;
        let client = &self.client(&mut connected)?.client;
        let install = queue_tables(Dialect::Postgres).install.join(";");
        // Many statements sent as one are one transaction.
        client.batch_execute(&install).await.map_err(|error| unavailable(&error))
    }

    /// Makes what workers keep beside the jobs, which must be there.
    pub async fn prepare(&self) -> Result<()> {
        let mut connected = self.connect().await?;
        let client = &self.client(&mut connected)?.client;
        client.execute("SELECT FROM oban_jobs LIMIT 1", &[]).await.map_err(|error| unavailable(&error))?;
        let own = own_tables(Dialect::Postgres).join(";");
        client.batch_execute(&own).await.map_err(|error| unavailable(&error))
    }

    async fn connect(&self) -> Result<tokio::sync::MutexGuard<'_, Option<Connected>>> {
        let mut connected = self.connected.lock().await;
        if connected.as_ref().is_none_or(|connected| connected.client.is_closed()) {
            *connected = Some(self.open().await?);
        }
        Ok(connected)
    }

    fn client<'a>(&self, connected: &'a mut Option<Connected>) -> Result<&'a mut Connected> {
        connected
            .as_mut()
            .ok_or_else(|| Error::new(Kind::Internal, "a connection was lost before it was used"))
    }

    async fn open(&self) -> Result<Connected> {
        let config: Config = self.url.parse().map_err(|_| {
            Error::new(
                Kind::QueueUnavailable,
                "the database URL cannot be read; accepted: postgres://USER@HOST/DATABASE",
            )
        })?;
        let client = match config.get_ssl_mode() {
            tokio_postgres::config::SslMode::Disable => {
                let (client, connection) =
                    config.connect(NoTls).await.map_err(|error| unavailable(&error))?;
                self.drive(connection);
                client
            }
            _ => {
                let (client, connection) =
                    config.connect(tls()?).await.map_err(|error| unavailable(&error))?;
                self.drive(connection);
                client
            }
        };
        let listen = "LISTEN \"public.oban_insert\"";
        client.batch_execute(listen).await.map_err(|error| unavailable(&error))?;
        let errors = "SELECT a.atttypid = 'jsonb[]'::regtype FROM pg_attribute a \
             WHERE a.attrelid = to_regclass('oban_jobs') AND a.attname = 'errors'";
        let row = client.query_opt(errors, &[]).await.map_err(|error| unavailable(&error))?;
        let errors_are_an_array = row.is_none_or(|row| row.get(0));
        Ok(Connected { client, errors_are_an_array, looked_back: None, oldest: 0 })
    }

    /// Reads what the server sends, for as long as the connection lasts.
    fn drive<S, T>(&self, mut connection: tokio_postgres::Connection<S, T>)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let heard = self.heard.clone();
        tokio::spawn(async move {
            while let Some(message) = std::future::poll_fn(|context| connection.poll_message(context)).await {
                match message {
                    Ok(AsyncMessage::Notification(_)) => heard.notify_one(),
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        });
    }
}

/// TLS where the server offers it, against the system's certificates.
fn tls() -> Result<MakeRustlsConnect> {
    use rustls_platform_verifier::ConfigVerifierExt;
    let config = rustls::ClientConfig::with_platform_verifier()
        .map_err(|error| Error::new(Kind::QueueUnavailable, format!("TLS cannot be set up: {error}")))?;
    Ok(MakeRustlsConnect::new(config))
}

/// The server's code, never its words, which may quote a value.
fn unavailable(error: &tokio_postgres::Error) -> Box<Error> {
    let what = match error.code() {
        Some(code) if code.code() == "42P01" => {
            " (42P01): the tables are not there; run `scrypath queue install`".to_owned()
        }
        Some(code) => format!(" ({})", code.code()),
        // The driver's kind of error is known by its words alone.
        None if error.to_string().starts_with("error performing TLS handshake") => {
            ": its certificate was not accepted; with sslmode=disable there is no TLS".to_owned()
        }
        None => ": it could not be reached".to_owned(),
    };
    Error::new(Kind::QueueUnavailable, format!("the queue's database cannot be used{what}"))
}

fn as_sql(param: &Param) -> &(dyn ToSql + Sync) {
    match param {
        Param::Text(text) => text,
        Param::Int(number) => number,
    }
}

fn ms(duration: Duration) -> i64 {
    duration.as_millis() as i64
}

macro_rules! query {
    ($self:ident, $method:ident, $sql:expr, $given:expr) => {{
        let mut connected = $self.connect().await?;
        let client = &$self.client(&mut connected)?.client;
        client.$method($sql, $given).await.map_err(|error| unavailable(&error))?
    }};
}

impl Keep for Postgres {
    async fn renew(&self, hold: &Hold, lease: Duration) -> Result<bool> {
        let renew = "UPDATE scrypath_lanes SET lease_until = clock_timestamp() + $4::bigint * interval '1 millisecond' \
             WHERE queue = $1 AND holder = $2 AND epoch = $3";
        Ok(query!(self, execute, renew, &[&hold.queue, &hold.holder, &hold.epoch, &ms(lease)]) > 0)
    }

    async fn sending(&self, hold: &Hold, newest: i64, unsettled: Duration, lease: Duration) -> Result<bool> {
        let sending = "UPDATE scrypath_lanes SET unsettled_ms = $4, sent_job_id = $6, \
             lease_until = clock_timestamp() + $5::bigint * interval '1 millisecond' \
             WHERE queue = $1 AND holder = $2 AND epoch = $3";
        let (unsettled, lease) = (ms(unsettled), ms(lease));
        let given: [&(dyn ToSql + Sync); 6] =
            [&hold.queue, &hold.holder, &hold.epoch, &unsettled, &lease, &newest];
        Ok(query!(self, execute, sending, &given) > 0)
    }
}

impl Store for Postgres {
    async fn hold(&self, queue: &str, holder: &str, lease: Duration) -> Result<Option<Hold>> {
        // The row is made once; taking it is one statement, so two workers cannot both.
        let make = "INSERT INTO scrypath_lanes (queue) VALUES ($1) ON CONFLICT DO NOTHING";
        query!(self, execute, make, &[&queue]);
        let take = "UPDATE scrypath_lanes SET \
             epoch = CASE WHEN holder = $2 AND lease_until > clock_timestamp() THEN epoch ELSE epoch + 1 END, \
             holder = $2, lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond' \
             WHERE queue = $1 AND (holder IN ('', $2) OR lease_until <= clock_timestamp()) \
             RETURNING epoch, unsettled_ms, sent_job_id";
        let Some(lane) = query!(self, query_opt, take, &[&queue, &holder, &ms(lease)]) else {
            return Ok(None);
        };
        // A statement of its own: what an Oban's jobs wrote down before the lane was taken is seen only now.
        let fenced = "SELECT EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = $1 AND token <> '' AND NOT EXISTS \
             (SELECT 1 FROM oban_jobs WHERE oban_jobs.id = scrypath_fences.job_id AND oban_jobs.state = 'executing'))";
        let fenced = match query!(self, query_one, fenced, &[&queue]).get(0) {
            true => FENCE_SETTLES,
            false => Duration::ZERO,
        };
        Ok(Some(Hold {
            queue: queue.to_owned(),
            holder: holder.to_owned(),
            epoch: lane.get(0),
            unsettled: Duration::from_millis(lane.get::<_, i64>(1).unsigned_abs()).max(fenced),
            sent: lane.get(2),
        }))
    }

    async fn release(&self, hold: &Hold) -> Result<()> {
        let release = "UPDATE scrypath_lanes SET holder = '' WHERE queue = $1 AND holder = $2 AND epoch = $3";
        query!(self, execute, release, &[&hold.queue, &hold.holder, &hold.epoch]);
        Ok(())
    }

    async fn rescue(&self, hold: &Hold) -> Result<Option<u64>> {
        let rescue = "WITH lane AS (UPDATE scrypath_lanes SET unsettled_ms = 0 \
               WHERE queue = $1 AND holder = $2 AND epoch = $3 RETURNING queue), \
             rescued AS (UPDATE oban_jobs SET state = 'available' FROM lane \
               WHERE oban_jobs.queue = lane.queue AND oban_jobs.state = 'executing' \
               AND oban_jobs.attempted_by[2] = 'scrypath' RETURNING oban_jobs.id), \
             settled AS (UPDATE scrypath_fences SET token = '', former = '' FROM lane \
               WHERE scrypath_fences.queue = lane.queue AND token <> '' AND NOT EXISTS (SELECT 1 FROM oban_jobs \
                 WHERE oban_jobs.id = scrypath_fences.job_id AND oban_jobs.state = 'executing' \
                 AND oban_jobs.attempted_by[2] IS DISTINCT FROM 'scrypath')) \
             SELECT (SELECT count(*) FROM lane), (SELECT count(*) FROM rescued)";
        let row = query!(self, query_one, rescue, &[&hold.queue, &hold.holder, &hold.epoch]);
        let (held, rescued): (i64, i64) = (row.get(0), row.get(1));
        if let Some(connected) = self.connect().await?.as_mut() {
            (connected.oldest, connected.looked_back) = (0, None);
        }
        Ok((held > 0).then_some(rescued.unsigned_abs()))
    }

    async fn claim(&self, hold: &Hold, limit: usize) -> Result<Option<Claim>> {
        let mut connected = self.connect().await?;
        let connected = self.client(&mut connected)?;
        if connected.looked_back.is_none_or(|at| at.elapsed() >= LOOK_BACK) {
            connected.look_back(hold).await?;
        }
        let limit = hold.most(limit, connected.open_up_to(hold).await?) as i64;
        let claim = format!(
            "WITH lane AS (SELECT queue FROM scrypath_lanes WHERE queue = $1 AND holder = $2 AND epoch = $3 FOR UPDATE), \
             due AS (SELECT id, coalesce(attempted_by[2] <> 'scrypath' OR attempted_by[3] = 'oban', false) AS was_obans FROM oban_jobs WHERE queue = (SELECT queue FROM lane) AND {OPEN} AND id >= $5 \
               AND NOT EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = $1 AND token <> '') \
               AND id < coalesce((SELECT min(id) FROM oban_jobs WHERE queue = $1 AND state = 'executing'), \
                 9223372036854775807) \
               ORDER BY id LIMIT $4 FOR UPDATE), \
             taken AS (UPDATE oban_jobs SET state = 'executing', attempt = least(attempt + 1, max_attempts), \
               attempted_at = timezone('UTC', now()), attempted_by = ARRAY[$2::text, 'scrypath'] || CASE WHEN due.was_obans THEN ARRAY['oban'] ELSE ARRAY[]::text[] END \
               FROM due WHERE oban_jobs.id = due.id \
               RETURNING oban_jobs.id, oban_jobs.attempt::bigint, oban_jobs.max_attempts::bigint, oban_jobs.worker, \
                 oban_jobs.args::text, due.was_obans) \
             SELECT lane.queue, taken.* FROM lane LEFT JOIN taken ON true"
        );
        let given: [&(dyn ToSql + Sync); 5] =
            [&hold.queue, &hold.holder, &hold.epoch, &limit, &connected.oldest];
        let found = connected.client.query(&claim, &given).await.map_err(|error| unavailable(&error))?;
        if found.is_empty() {
            return Ok(None);
        }
        let mut rows: Vec<Row> = found
            .iter()
            .filter_map(|row| {
                Some(Row {
                    id: row.get::<_, Option<i64>>(1)?,
                    attempt: row.get(2),
                    max_attempts: row.get(3),
                    worker: row.get(4),
                    args: row.get(5),
                    was_obans: row.get(6),
                })
            })
            .collect();
        rows.sort_by_key(|row| row.id);
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            // Nothing from here on: perhaps something older came in late.
            connected.looked_back = None;
            return Ok(Some(Claim::default()));
        };
        connected.oldest = first.id;
        let (done, letters, is_watched) = connected.known(&hold.queue, first.id, last.id).await?;
        Ok(Some(Claim { rows, done, letters, is_watched }))
    }

    async fn settle(&self, hold: &Hold, verdicts: &[(i64, Verdict)], done: &[Done]) -> Result<bool> {
        let mut connected = self.connect().await?;
        let connected = self.client(&mut connected)?;
        let append = match connected.errors_are_an_array {
            true => {
                "oban_jobs.errors || jsonb_set(told.error::jsonb, '{attempt}', to_jsonb(oban_jobs.attempt))"
            }
            false => {
                "oban_jobs.errors || jsonb_build_array(jsonb_set(told.error::jsonb, '{attempt}', to_jsonb(oban_jobs.attempt)))"
            }
        };
        let settle = format!(
            "WITH lane AS (UPDATE scrypath_lanes SET unsettled_ms = 0, \
               sent_job_id = CASE WHEN $10 THEN 0 ELSE sent_job_id END \
               WHERE queue = $1 AND holder = $2 AND epoch = $3 RETURNING queue), \
             told AS (SELECT * FROM unnest($4::bigint[], $5::text[], $6::text[]) AS told (id, state, error)), \
             letters AS (INSERT INTO scrypath_dead_letters (job_id, index_uid, document_id, reason) \
               SELECT dead.job_id, coalesce(oban_jobs.args->>'index', ''), dead.document_id, dead.reason \
               FROM unnest($7::bigint[], $8::text[], $9::text[]) AS dead (job_id, document_id, reason), lane, oban_jobs \
               WHERE oban_jobs.id = dead.job_id ON CONFLICT DO NOTHING), \
             torn AS (DELETE FROM scrypath_dead_letters AS letter USING told, lane \
               WHERE letter.job_id = told.id AND told.state = 'completed'), \
             settled AS (UPDATE oban_jobs SET \
               state = (CASE told.state WHEN 'held' THEN 'available' ELSE told.state END)::oban_job_state, \
               attempt = oban_jobs.attempt - (CASE told.state WHEN 'held' THEN 1 ELSE 0 END), \
               completed_at = CASE told.state WHEN 'completed' THEN timezone('UTC', now()) END, \
               discarded_at = CASE told.state WHEN 'discarded' THEN timezone('UTC', now()) END, \
               cancelled_at = CASE told.state WHEN 'cancelled' THEN timezone('UTC', now()) END, \
               errors = CASE WHEN told.error IS NULL THEN oban_jobs.errors ELSE {append} END \
               FROM told, lane WHERE oban_jobs.id = told.id RETURNING oban_jobs.id) \
             SELECT (SELECT count(*) FROM lane), (SELECT count(*) FROM settled)"
        );
        let ids: Vec<i64> = verdicts.iter().map(|(id, _)| *id).collect();
        let states: Vec<&str> = verdicts.iter().map(|(_, verdict)| state(verdict)).collect();
        let errors: Vec<Option<String>> = verdicts
            .iter()
            .map(|(_, verdict)| error_entry(verdict, 0).map(|entry| entry.to_string()))
            .collect();
        let (mut jobs, mut documents, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
        for (id, verdict) in verdicts {
            if let Verdict::Discarded { reason, dead } = verdict {
                for document in dead {
                    jobs.push(*id);
                    documents.push(document.to_string());
                    reasons.push(reason.as_str());
                }
            }
        }
        let is_over = is_over(verdicts);
        let given: [&(dyn ToSql + Sync); 10] = [
            &hold.queue,
            &hold.holder,
            &hold.epoch,
            &ids,
            &states,
            &errors,
            &jobs,
            &documents,
            &reasons,
            &is_over,
        ];
        let changes = connected.client.transaction().await.map_err(|error| unavailable(&error))?;
        let row = changes.query_one(&settle, &given).await.map_err(|error| unavailable(&error))?;
        let is_held = row.get::<_, i64>(0) > 0;
        if is_held && !done.is_empty() {
            remember(&changes, hold, done).await.map_err(|error| unavailable(&error))?;
        }
        changes.commit().await.map_err(|error| unavailable(&error))?;
        Ok(is_held)
    }

    async fn prune(&self, queue: &str, keep: Duration) -> Result<u64> {
        let prune = prune(TARGET, queue, keep);
        let given: Vec<&(dyn ToSql + Sync)> = prune.params.iter().map(as_sql).collect();
        Ok(query!(self, execute, &prune.sql, &given))
    }

    async fn wait(&self, _queue: &str, most: Duration) {
        let _ = tokio::time::timeout(most, self.heard.notified()).await;
    }
}

impl Connected {
    /// How many jobs are to be taken again together.
    async fn open_up_to(&self, hold: &Hold) -> Result<i64> {
        if hold.sent == 0 {
            return Ok(0);
        }
        let open = format!("SELECT count(*) FROM oban_jobs WHERE queue = $1 AND id <= $2 AND {OPEN}");
        let row = self.client.query_one(&open, &[&hold.queue, &hold.sent]).await;
        Ok(row.map_err(|error| unavailable(&error))?.get(0))
    }

    /// Looks for jobs that came in late, takes from an Oban what it left lying, and forgets fences.
    async fn look_back(&mut self, hold: &Hold) -> Result<()> {
        let rescue = "UPDATE oban_jobs SET state = 'available' FROM scrypath_lanes AS lane \
             WHERE lane.queue = $1 AND lane.holder = $2 AND lane.epoch = $3 AND oban_jobs.queue = $1 \
             AND oban_jobs.state = 'executing' \
             AND oban_jobs.attempted_at < timezone('UTC', now()) - $4::bigint * interval '1 second'";
        let seconds = RESCUED_AFTER.as_secs() as i64;
        let given: [&(dyn ToSql + Sync); 4] = [&hold.queue, &hold.holder, &hold.epoch, &seconds];
        self.client.execute(rescue, &given).await.map_err(|error| unavailable(&error))?;
        let forget = forget(TARGET);
        let given: Vec<&(dyn ToSql + Sync)> = forget.params.iter().map(as_sql).collect();
        self.client.execute(&forget.sql, &given).await.map_err(|error| unavailable(&error))?;
        // By the index of states: a few rows when there is little to do, all open ones when there is much.
        let oldest = format!("SELECT min(id) FROM oban_jobs WHERE queue = $1 AND {OPEN}");
        let row = self.client.query_one(&oldest, &[&hold.queue]).await;
        let oldest: Option<i64> = row.map_err(|error| unavailable(&error))?.get(0);
        self.oldest = oldest.unwrap_or(self.oldest);
        self.looked_back = Some(Instant::now());
        Ok(())
    }

    /// What is known of the documents of these jobs from elsewhere.
    async fn known(
        &self,
        queue: &str,
        first: i64,
        last: i64,
    ) -> Result<(Vec<Done>, Vec<(i64, String)>, bool)> {
        let done = "SELECT index_uid, document_id, done_job_id FROM scrypath_fences WHERE queue = $1 AND done_job_id >= $2";
        let done = self.client.query(done, &[&queue, &first]).await.map_err(|error| unavailable(&error))?;
        let done = done.iter().map(|row| Done {
            index: row.get(0),
            document: row.get(1),
            job: row.get(2),
            is_watched: true,
        });
        let letters = "SELECT job_id, document_id FROM scrypath_dead_letters WHERE job_id BETWEEN $1 AND $2";
        let letters =
            self.client.query(letters, &[&first, &last]).await.map_err(|error| unavailable(&error))?;
        let any = "SELECT EXISTS (SELECT 1 FROM scrypath_dead_letters) \
             OR EXISTS (SELECT 1 FROM scrypath_fences WHERE queue = $1)";
        let any = self.client.query_one(any, &[&queue]).await.map_err(|error| unavailable(&error))?;
        Ok((done.collect(), letters.iter().map(|row| (row.get(0), row.get(1))).collect(), any.get(0)))
    }
}

/// What the index has now, where a dead letter or a fence speaks of the document.
async fn remember(
    changes: &Transaction<'_>,
    hold: &Hold,
    done: &[Done],
) -> std::result::Result<(), tokio_postgres::Error> {
    let remember = "INSERT INTO scrypath_fences AS fence (index_uid, document_id, queue, job_id, done_job_id) \
         SELECT done.index_uid, done.document_id, $1, done.job_id, done.job_id \
         FROM unnest($2::text[], $3::text[], $4::bigint[], $5::boolean[]) AS done (index_uid, document_id, job_id, is_watched) \
         WHERE done.is_watched OR EXISTS (SELECT 1 FROM scrypath_dead_letters AS letter \
             WHERE letter.index_uid = done.index_uid AND letter.document_id = done.document_id) \
           OR EXISTS (SELECT 1 FROM scrypath_fences AS known \
             WHERE known.index_uid = done.index_uid AND known.document_id = done.document_id) \
         ON CONFLICT (index_uid, document_id) DO UPDATE SET job_id = greatest(fence.job_id, excluded.job_id), \
           done_job_id = greatest(fence.done_job_id, excluded.done_job_id), unsettled_until = clock_timestamp()";
    let indexes: Vec<&str> = done.iter().map(|done| done.index.as_str()).collect();
    let documents: Vec<&str> = done.iter().map(|done| done.document.as_str()).collect();
    let jobs: Vec<i64> = done.iter().map(|done| done.job).collect();
    let watched: Vec<bool> = done.iter().map(|done| done.is_watched).collect();
    changes.execute(remember, &[&hold.queue, &indexes, &documents, &jobs, &watched]).await?;
    Ok(())
}

fn state(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Completed => "completed",
        Verdict::Discarded { .. } => "discarded",
        Verdict::Cancelled { .. } => "cancelled",
        Verdict::Retry { .. } => "retryable",
        Verdict::Held => "held",
    }
}
