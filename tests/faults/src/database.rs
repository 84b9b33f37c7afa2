//! A database: rows with locks, transactions, the table of jobs, and the lane; and what can go wrong between
//! it and a worker.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scrypath_core::queue::{Hold, Row, Store, UPSERT_WORKER, Verdict};
use scrypath_core::{Error, Kind};
use tokio::sync::Mutex as RowLock;
use tokio::time::{Instant, sleep};

use crate::index::Index;
use crate::world::{World, lock};

/// A state of a row: its version, and whether there is a row at all.
pub(crate) type State = (u64, bool);

#[derive(Debug, Clone, Copy, PartialEq)]
enum JobState {
    Available,
    Executing(i64),
    Retryable,
    Completed,
    Discarded,
    Cancelled,
}

struct Job {
    state: JobState,
    attempt: i64,
    worker: &'static str,
    args: String,
    /// What it speaks of.
    keys: Vec<(u64, State)>,
}

#[derive(Default)]
struct Lane {
    holder: String,
    epoch: i64,
    until: Duration,
    unsettled: Duration,
}

#[derive(Default)]
struct Tables {
    rows: BTreeMap<u64, State>,
    history: HashMap<u64, Vec<State>>,
    jobs: BTreeMap<i64, Job>,
    lane: Lane,
    sequence: i64,
    versions: u64,
    /// How far the clock is off; never the same way twice.
    clock: i64,
}

pub(crate) struct Database {
    pub(crate) world: Arc<World>,
    pub(crate) index: Index,
    tables: Mutex<Tables>,
    locks: Vec<Arc<RowLock<()>>>,
    started: Instant,
}

pub(crate) const MOST_ATTEMPTS: i64 = 8;

impl Database {
    pub(crate) fn new(world: Arc<World>, index: Index, keys: u64) -> Self {
        let locks = (0..keys).map(|_| Arc::default()).collect();
        Self { world, index, tables: Mutex::default(), locks, started: Instant::now() }
    }

    /// The lock of a row, to be held until the transaction ends.
    pub(crate) fn row(&self, key: u64) -> Arc<RowLock<()>> {
        self.locks[key as usize].clone()
    }

    pub(crate) fn next_version(&self) -> u64 {
        let mut tables = lock(&self.tables);
        tables.versions += 1;
        tables.versions
    }

    /// The id of a job, given out inside a transaction whether or not that commits.
    pub(crate) fn next_job(&self) -> i64 {
        let mut tables = lock(&self.tables);
        tables.sequence += 1;
        tables.sequence
    }

    /// Commits: the rows as they are now, and the job that says so.
    pub(crate) fn commit(&self, id: i64, worker: &'static str, args: String, keys: Vec<(u64, State)>) {
        let mut tables = lock(&self.tables);
        for (key, state) in &keys {
            tables.rows.insert(*key, *state);
            tables.history.entry(*key).or_default().push(*state);
        }
        tables.jobs.insert(id, Job { state: JobState::Available, attempt: 0, worker, args, keys });
    }

    /// A job that somebody else put there.
    pub(crate) fn foreign(&self, worker: &'static str, args: String) {
        let id = self.next_job();
        self.commit(id, worker, args, Vec::new());
    }

    pub(crate) fn jump(&self, seconds: i64) {
        lock(&self.tables).clock += seconds;
    }

    fn now(&self, tables: &Tables) -> Duration {
        // Far from zero, so that no jump makes it negative.
        let now = self.started.elapsed().as_secs_f64() + 1e6 + tables.clock as f64;
        Duration::from_secs_f64(now)
    }

    pub(crate) fn is_drained(&self) -> bool {
        let tables = lock(&self.tables);
        tables
            .jobs
            .values()
            .all(|job| matches!(job.state, JobState::Completed | JobState::Discarded | JobState::Cancelled))
    }

    pub(crate) fn open_jobs(&self) -> usize {
        let tables = lock(&self.tables);
        tables
            .jobs
            .values()
            .filter(|job| {
                !matches!(job.state, JobState::Completed | JobState::Discarded | JobState::Cancelled)
            })
            .count()
    }

    /// What the index should hold.
    pub(crate) fn expected(&self) -> BTreeMap<u64, State> {
        lock(&self.tables).rows.clone()
    }

    /// Documents whose newest state was given up on.
    pub(crate) fn given_up(&self) -> Vec<u64> {
        let tables = lock(&self.tables);
        let newest = |key: u64, state: &State| tables.rows.get(&key) == Some(state);
        tables
            .jobs
            .values()
            .filter(|job| job.state == JobState::Discarded)
            .flat_map(|job| job.keys.iter().filter(|(key, state)| newest(*key, state)).map(|(key, _)| *key))
            .collect()
    }

    /// Whether a worker's call works. Before it: nothing happened. After it: it did, and the worker is told
    /// that it failed.
    async fn before(&self) -> Result<(), Box<Error>> {
        sleep(self.world.pause(Duration::from_millis(4))).await;
        if self.world.fault(2) { Err(failed()) } else { Ok(()) }
    }

    async fn after<T>(&self, result: T) -> Result<T, Box<Error>> {
        sleep(self.world.pause(Duration::from_millis(4))).await;
        if self.world.fault(2) { Err(failed()) } else { Ok(result) }
    }

    fn is_held(&self, tables: &Tables, hold: &Hold) -> bool {
        tables.lane.epoch == hold.epoch && tables.lane.holder == hold.holder
    }

    /// A job that says it is done must be right: the index holds its state, or a newer one.
    fn check(&self, job: &Job, tables: &Tables, id: i64) {
        let there = self.index.versions();
        for (key, (version, _)) in &job.keys {
            let now = match there.get(key) {
                Some(version) => (*version, true),
                None => (0, false),
            };
            let history = tables.history.get(key).map_or(&[][..], Vec::as_slice);
            let is_right = history
                .iter()
                .any(|(seen, exists)| seen >= version && *exists == now.1 && (!exists || *seen == now.0));
            if !is_right {
                self.world.violated(format!(
                    "job {id} was completed for version {version} of {key}, and the index has {now:?}"
                ));
            }
        }
    }
}

fn failed() -> Box<Error> {
    Error::new(Kind::TransportError, "the database was not reached")
}

impl Store for Database {
    async fn hold(&self, queue: &str, holder: &str, lease: Duration) -> Result<Option<Hold>, Box<Error>> {
        self.before().await?;
        let held = {
            let mut tables = lock(&self.tables);
            let now = self.now(&tables);
            let is_same = tables.lane.holder == holder && tables.lane.until > now;
            if !is_same && !tables.lane.holder.is_empty() && tables.lane.until > now {
                None
            } else {
                if !is_same {
                    tables.lane.epoch += 1;
                    tables.lane.holder = holder.to_owned();
                }
                tables.lane.until = now + lease;
                Some(Hold {
                    queue: queue.to_owned(),
                    holder: holder.to_owned(),
                    epoch: tables.lane.epoch,
                    unsettled: tables.lane.unsettled,
                })
            }
        };
        self.after(held).await
    }

    async fn renew(&self, hold: &Hold, lease: Duration) -> Result<bool, Box<Error>> {
        self.before().await?;
        let is_held = {
            let mut tables = lock(&self.tables);
            let is_held = self.is_held(&tables, hold);
            if is_held {
                tables.lane.until = self.now(&tables) + lease;
            }
            is_held
        };
        self.after(is_held).await
    }

    async fn release(&self, hold: &Hold) -> Result<(), Box<Error>> {
        self.before().await?;
        {
            let mut tables = lock(&self.tables);
            if self.is_held(&tables, hold) {
                tables.lane.holder.clear();
            }
        }
        self.after(()).await
    }

    async fn rescue(&self, hold: &Hold) -> Result<Option<u64>, Box<Error>> {
        self.before().await?;
        let rescued = {
            let mut tables = lock(&self.tables);
            self.is_held(&tables, hold).then(|| {
                let mut count = 0;
                for job in tables.jobs.values_mut() {
                    if matches!(job.state, JobState::Executing(_)) {
                        job.state = JobState::Available;
                        count += 1;
                    }
                }
                tables.lane.unsettled = Duration::ZERO;
                count
            })
        };
        self.after(rescued).await
    }

    async fn claim(&self, hold: &Hold, limit: usize) -> Result<Option<Vec<Row>>, Box<Error>> {
        self.before().await?;
        let claimed = {
            let mut tables = lock(&self.tables);
            let epoch = hold.epoch;
            self.is_held(&tables, hold).then(|| {
                let open = tables
                    .jobs
                    .iter_mut()
                    .filter(|(_, job)| matches!(job.state, JobState::Available | JobState::Retryable));
                open.take(limit)
                    .map(|(id, job)| {
                        job.state = JobState::Executing(epoch);
                        job.attempt += 1;
                        Row {
                            id: *id,
                            attempt: job.attempt,
                            max_attempts: MOST_ATTEMPTS,
                            worker: job.worker.to_owned(),
                            args: job.args.clone(),
                        }
                    })
                    .collect()
            })
        };
        self.after(claimed).await
    }

    async fn sending(
        &self,
        hold: &Hold,
        _mark: &str,
        unsettled: Duration,
        lease: Duration,
    ) -> Result<bool, Box<Error>> {
        self.before().await?;
        let is_held = {
            let mut tables = lock(&self.tables);
            let is_held = self.is_held(&tables, hold);
            if is_held {
                tables.lane.until = self.now(&tables) + lease;
                tables.lane.unsettled = unsettled;
            }
            is_held
        };
        self.after(is_held).await
    }

    async fn settle(&self, hold: &Hold, verdicts: &[(i64, Verdict)]) -> Result<bool, Box<Error>> {
        self.before().await?;
        let is_held = {
            let mut tables = lock(&self.tables);
            let is_held = self.is_held(&tables, hold);
            if is_held {
                for (id, verdict) in verdicts {
                    if *verdict == Verdict::Completed {
                        self.check(&tables.jobs[id], &tables, *id);
                    }
                    let Some(job) = tables.jobs.get_mut(id) else { continue };
                    job.state = match verdict {
                        Verdict::Completed => JobState::Completed,
                        Verdict::Discarded { .. } => JobState::Discarded,
                        Verdict::Cancelled { .. } => JobState::Cancelled,
                        Verdict::Retry { .. } => JobState::Retryable,
                        Verdict::Held => {
                            job.attempt -= 1;
                            JobState::Available
                        }
                    };
                }
                tables.lane.unsettled = Duration::ZERO;
            }
            is_held
        };
        self.after(is_held).await
    }

    async fn wait(&self, _queue: &str, most: Duration) {
        sleep(self.world.pause(most)).await;
    }
}

/// The args of a job that writes these documents as they now are.
pub(crate) fn args(operation: &str, keys: &[(u64, State)], is_poisoned: bool) -> (&'static str, String) {
    let ids: Vec<String> = keys.iter().map(|(key, _)| key.to_string()).collect();
    let common = format!(
        r#""version":1,"operation":"{operation}","schema":"note","index":"{}","document_count":{},"document_ids":[{}],"declaration":{{"scrypath":1,"name":"note","fields":["id","v","_geo"],"filterable":["_geo"]}}"#,
        crate::index::INDEX,
        keys.len(),
        ids.join(","),
    );
    if operation == "delete" {
        return (scrypath_core::queue::DELETE_WORKER, format!("{{{common}}}"));
    }
    // Meilisearch refuses a whole task for it, and only where `_geo` is filterable or sortable.
    let poison = if is_poisoned { r#","_geo":"nowhere""# } else { "" };
    let documents: Vec<String> = keys
        .iter()
        .map(|(key, (version, _))| {
            format!(r#"{{"id":{key},"data":{{"id":{key},"v":{version}{poison}}},"source":"fields"}}"#)
        })
        .collect();
    (UPSERT_WORKER, format!(r#"{{{common},"documents":[{}]}}"#, documents.join(",")))
}
