//! Fences, in a real SQLite whose clock is the simulated one: the statements that the core writes are what is tried.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Params, ToSql, params, params_from_iter};
use scrypath_core::queue::{Dialect, Done, Param, Statement, own_tables};

use crate::world::lock;

pub(crate) const QUEUE: &str = "search";

pub(crate) struct Fences {
    connection: Mutex<Connection>,
    known: Mutex<Known>,
    now_ms: Arc<AtomicI64>,
}

/// What was brought here last.
#[derive(Default)]
struct Known {
    /// The states of jobs, by id.
    jobs: Vec<&'static str>,
    lane: (String, i64, i64),
}

/// A job as far as fences look at it.
pub(crate) struct Seen {
    pub(crate) id: i64,
    pub(crate) state: &'static str,
}

/// The lane as fences look at it; in ms.
pub(crate) struct LaneRow<'a> {
    pub(crate) holder: &'a str,
    pub(crate) until: i64,
    pub(crate) unsettled: i64,
}

impl Fences {
    pub(crate) fn new() -> Self {
        let connection = Connection::open_in_memory().expect("a database");
        // Each of the core's statements, for each number of documents.
        connection.set_prepared_statement_cache_capacity(512);
        // Else each is prepared again whenever another value is bound.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).expect("a setting");
        let now_ms = Arc::new(AtomicI64::new(0));
        let clock = now_ms.clone();
        connection
            .create_scalar_function("julianday", 1, FunctionFlags::SQLITE_UTF8, move |_| {
                Ok(clock.load(Ordering::Relaxed) as f64 / 86_400_000.0 + 2_440_587.5)
            })
            .expect("a clock");
        let tables = own_tables(Dialect::Sqlite).join(";");
        connection.execute_batch(&tables).expect("tables");
        connection
            .execute_batch("CREATE TABLE oban_jobs (id INTEGER PRIMARY KEY, state TEXT)")
            .expect("jobs");
        Self { connection: Mutex::new(connection), known: Mutex::default(), now_ms }
    }

    /// Brings what fences look at up to date.
    pub(crate) fn look(&self, now_ms: i64, lane: &LaneRow, jobs: impl Iterator<Item = Seen>) {
        self.now_ms.store(now_ms, Ordering::Relaxed);
        let (connection, mut known) = (lock(&self.connection), lock(&self.known));
        let lane_now = (lane.holder.to_owned(), lane.until, lane.unsettled);
        if known.lane != lane_now {
            known.lane = lane_now;
            let row = "INSERT OR REPLACE INTO scrypath_lanes (queue, holder, lease_until, unsettled_ms) VALUES (?1, ?2, ?3, ?4)";
            let given = params![QUEUE, lane.holder, lane.until, lane.unsettled];
            connection.prepare_cached(row).expect("sql").execute(given).expect("lane");
        }
        for Seen { id, state } in jobs {
            let at = id as usize;
            if known.jobs.len() <= at {
                known.jobs.resize(at + 1, "");
            }
            if known.jobs[at] != state {
                known.jobs[at] = state;
                let job = "INSERT OR REPLACE INTO oban_jobs VALUES (?1, ?2)";
                connection.prepare_cached(job).expect("sql").execute(params![id, state]).expect("a job");
            }
        }
    }

    /// Carries a statement out; its rows.
    pub(crate) fn carry_out(&self, statement: &Statement) -> Vec<Vec<String>> {
        let connection = lock(&self.connection);
        let mut prepared = connection.prepare_cached(&statement.sql).expect("a statement that can be read");
        let columns = prepared.column_count();
        let given = params_from_iter(statement.params.iter().map(Given));
        if columns == 0 {
            prepared.execute(given).expect("a statement that can be carried out");
            return Vec::new();
        }
        let row = |row: &rusqlite::Row| {
            let text = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
            (0..columns).map(text).collect()
        };
        let rows = prepared.query_map(given, row).expect("a statement that can be carried out");
        rows.collect::<rusqlite::Result<_>>().expect("texts")
    }

    /// Jobs that hold fences.
    pub(crate) fn holders(&self) -> Vec<i64> {
        let connection = lock(&self.connection);
        let holders = "SELECT DISTINCT job_id FROM scrypath_fences WHERE token <> ''";
        let mut holders = connection.prepare_cached(holders).expect("sql");
        let rows = holders.query_map([], |row| row.get(0)).expect("fences");
        rows.collect::<rusqlite::Result<_>>().expect("ids")
    }

    /// What was sent behind those of a job can land no more.
    pub(crate) fn settle(&self, job: i64) {
        let settle = "UPDATE scrypath_fences SET token = '', former = '' WHERE job_id = ?1";
        lock(&self.connection).prepare_cached(settle).expect("sql").execute(params![job]).expect("settled");
    }

    /// What the lane is, after statements that may have changed it: its holder, and for how many ms its request may land.
    pub(crate) fn lane(&self) -> (String, i64) {
        let (connection, mut known) = (lock(&self.connection), lock(&self.known));
        let lane = "SELECT holder, unsettled_ms FROM scrypath_lanes";
        let mut lane = connection.prepare_cached(lane).expect("sql");
        let (holder, unsettled): (String, i64) =
            lane.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a lane");
        known.lane = (holder.clone(), known.lane.1, unsettled);
        (holder, unsettled)
    }

    pub(crate) fn done_since(&self, job: i64) -> Vec<Done> {
        let connection = lock(&self.connection);
        let done = "SELECT index_uid, document_id, done_job_id FROM scrypath_fences WHERE done_job_id >= ?1";
        let mut done = connection.prepare_cached(done).expect("sql");
        let row = |row: &rusqlite::Row| {
            Ok(Done { index: row.get(0)?, document: row.get(1)?, job: row.get(2)?, is_watched: true })
        };
        let rows = done.query_map(params![job], row).expect("fences");
        rows.collect::<rusqlite::Result<_>>().expect("fences")
    }

    pub(crate) fn remember(&self, done: &Done, now_ms: i64) {
        let remember = "INSERT INTO scrypath_fences AS fence \
             (index_uid, document_id, queue, job_id, done_job_id, unsettled_until) VALUES (?1, ?2, ?3, ?4, ?4, ?5) \
             ON CONFLICT (index_uid, document_id) DO UPDATE SET job_id = max(fence.job_id, excluded.job_id), \
             done_job_id = max(fence.done_job_id, excluded.done_job_id), unsettled_until = excluded.unsettled_until";
        let given = params![done.index, done.document, QUEUE, done.job, now_ms];
        lock(&self.connection).prepare_cached(remember).expect("sql").execute(given).expect("remembered");
    }

    pub(crate) fn has_any(&self) -> bool {
        self.count("SELECT count(*) FROM scrypath_fences", []) > 0
    }

    pub(crate) fn has(&self, document: &str) -> bool {
        self.count("SELECT count(*) FROM scrypath_fences WHERE document_id = ?1", params![document]) > 0
    }

    fn count(&self, sql: &str, given: impl Params) -> i64 {
        let connection = lock(&self.connection);
        let mut count = connection.prepare_cached(sql).expect("sql");
        count.query_row(given, |row| row.get(0)).expect("a count")
    }
}

struct Given<'a>(&'a Param);

impl ToSql for Given<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Param::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Param::Int(number) => ToSqlOutput::Owned(Value::Integer(*number)),
        })
    }
}
