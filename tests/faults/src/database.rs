//! A database: rows with locks, transactions, the table of jobs, and the lane.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scrypath_core::queue::{
    Claim, Done, FENCE_SETTLES, Hold, JobOutcome, JobVerdict, OwnJob, RESCUED_AFTER, Row, Statement,
    UPSERT_WORKER, Verdict, is_over,
};
use tokio::sync::Mutex as RowLock;
use tokio::time::Instant;

use crate::fences::{Fences, LaneRow, Seen};
use crate::index::Index;
use crate::oban::own_job;
use crate::world::{Fault, World, lock};

/// A state of a row: its version, and whether there is a row at all.
pub(crate) type State = (u64, bool);

#[derive(Debug, Clone, Copy, PartialEq)]
enum JobState {
    Available,
    /// To be run no earlier than then, on the database's clock.
    Scheduled(Duration),
    /// A lane's holder has it.
    Executing,
    /// An Oban has it, since then.
    Obans(Duration),
    Retryable,
    /// At that time.
    Completed(Duration),
    Discarded,
    Cancelled,
}

impl JobState {
    fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Scheduled(_) => "scheduled",
            Self::Executing | Self::Obans(_) => "executing",
            Self::Retryable => "retryable",
            Self::Completed(_) => "completed",
            Self::Discarded => "discarded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Those that an Oban put back are too, whatever it put them back for.
    fn is_open(self, now: Duration) -> bool {
        self.is_due(now) || matches!(self, Self::Scheduled(_))
    }

    fn is_given_up(self) -> bool {
        matches!(self, Self::Discarded | Self::Cancelled)
    }

    fn is_due(self, now: Duration) -> bool {
        match self {
            Self::Available | Self::Retryable => true,
            Self::Scheduled(at) => at <= now,
            _ => false,
        }
    }
}

struct Job {
    state: JobState,
    attempt: i64,
    most_attempts: i64,
    worker: &'static str,
    args: String,
    /// An Oban had it.
    was_obans: bool,
    was_given_up: bool,
    /// What it speaks of.
    keys: Vec<(u64, State)>,
}

#[derive(Default)]
struct Lane {
    holder: String,
    epoch: i64,
    until: Duration,
    unsettled: Duration,
    sent: i64,
}

#[derive(Default)]
pub(crate) struct Tables {
    rows: BTreeMap<u64, State>,
    history: HashMap<u64, Vec<State>>,
    jobs: BTreeMap<i64, Job>,
    lane: Lane,
    /// What jobs spoke of that were given up for a while, and are completed and deleted by now.
    were_given_up: Vec<(u64, State)>,
    /// Documents that were given up, by job.
    letters: BTreeMap<i64, Vec<String>>,
    sequence: i64,
    versions: u64,
    /// How far the clock is off; never the same way twice.
    clock: i64,
}

pub(crate) struct Database {
    pub(crate) world: Arc<World>,
    pub(crate) index: Index,
    pub(crate) tables: Mutex<Tables>,
    fences: Fences,
    locks: Vec<Arc<RowLock<()>>>,
    started: Instant,
}

pub(crate) const MOST_ATTEMPTS: i64 = 8;

impl Database {
    pub(crate) fn new(world: Arc<World>, index: Index, keys: u64) -> Self {
        let locks = (0..keys).map(|_| Arc::default()).collect();
        let fences = Fences::new();
        Self { world, index, tables: Mutex::default(), fences, locks, started: Instant::now() }
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
        let (state, attempt, most_attempts) = (JobState::Available, 0, MOST_ATTEMPTS);
        tables.jobs.insert(
            id,
            Job { state, attempt, most_attempts, worker, args, was_obans: false, was_given_up: false, keys },
        );
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
        tables.jobs.values().all(|job| {
            matches!(job.state, JobState::Completed(_) | JobState::Discarded | JobState::Cancelled)
        })
    }

    pub(crate) fn open_jobs(&self) -> usize {
        let tables = lock(&self.tables);
        tables
            .jobs
            .values()
            .filter(|job| {
                !matches!(job.state, JobState::Completed(_) | JobState::Discarded | JobState::Cancelled)
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
            .filter(|job| job.state.is_given_up())
            .flat_map(|job| job.keys.iter().filter(|(key, state)| newest(*key, state)).map(|(key, _)| *key))
            .collect()
    }

    /// Whether a job that wrote this version or a newer one was given up, be it for a while.
    pub(crate) fn was_given_up(&self, key: u64, version: u64) -> bool {
        let tables = lock(&self.tables);
        let given_up = tables.jobs.values().filter(|job| job.was_given_up);
        let mut spoken_of = given_up.flat_map(|job| &job.keys).chain(&tables.were_given_up);
        spoken_of.any(|(of, state)| *of == key && state.0 >= version)
    }

    /// An operator makes a job available again that was given up.
    pub(crate) fn retry_by_hand(&self) {
        let mut tables = lock(&self.tables);
        let given_up = tables.jobs.values_mut().filter(|job| job.state == JobState::Discarded);
        let mut given_up: Vec<&mut Job> = given_up.collect();
        if given_up.is_empty() {
            return;
        }
        let chosen = self.world.below(given_up.len() as u64) as usize;
        let job = &mut given_up[chosen];
        (job.state, job.most_attempts) = (JobState::Available, job.attempt + 1);
    }

    // ── What an Oban does ────────────────────────────────────────────────────────────────────────────

    /// Any job that is due.
    pub(crate) fn fetch(&self) -> Option<OwnJob> {
        let mut tables = lock(&self.tables);
        let now = self.now(&tables);
        let due: Vec<i64> =
            tables.jobs.iter().filter(|(_, job)| job.state.is_due(now)).map(|(id, _)| *id).collect();
        if due.is_empty() {
            return None;
        }
        let id = due[self.world.below(due.len() as u64) as usize];
        let job = tables.jobs.get_mut(&id)?;
        job.state = JobState::Obans(now);
        job.was_obans = true;
        job.attempt += 1;
        Some(own_job(id, job.worker, &job.args))
    }

    /// What was left lying; and now and then, where no lane works the queue as well, what was not.
    pub(crate) fn rescue_for_oban(&self, is_alone: bool) {
        let mut tables = lock(&self.tables);
        let now = self.now(&tables);
        for job in tables.jobs.values_mut() {
            if let JobState::Obans(since) = job.state
                && (since + Duration::from_secs(300) < now || (is_alone && self.world.has(Fault::RunTwice)))
            {
                job.state = JobState::Available;
            }
        }
    }

    /// As an Oban does it: whatever state the job is in by now.
    pub(crate) fn acknowledge(&self, id: i64, verdict: &JobVerdict) {
        let mut tables = lock(&self.tables);
        let now = self.now(&tables);
        if verdict.outcome == JobOutcome::Completed
            && let Some(job) = tables.jobs.get(&id)
        {
            self.check(job, &tables, id);
        }
        let Some(job) = tables.jobs.get_mut(&id) else { return };
        let seconds = Duration::from_secs(verdict.seconds.unwrap_or(1));
        job.state = match verdict.outcome {
            JobOutcome::Completed => JobState::Completed(now),
            JobOutcome::Cancelled => JobState::Cancelled,
            JobOutcome::Retry if job.attempt >= job.most_attempts => JobState::Discarded,
            JobOutcome::Retry => JobState::Scheduled(now + Duration::from_secs(15)),
            JobOutcome::Snooze => {
                job.most_attempts += 1;
                JobState::Scheduled(now + seconds)
            }
        };
        job.was_given_up |= job.state.is_given_up();
    }

    /// Carries a statement out on the real tables that hold fences.
    pub(crate) fn carry_out(&self, tables: &mut Tables, statement: &Statement) -> Vec<Vec<String>> {
        let jobs = tables.jobs.iter().map(|(id, job)| Seen { id: *id, state: job.state.name() });
        let ms = |at: Duration| at.as_millis() as i64;
        let Lane { holder, until, unsettled, .. } = &tables.lane;
        let lane = LaneRow { holder, until: ms(*until), unsettled: ms(*unsettled) };
        self.fences.look(ms(self.now(tables)), &lane, jobs);
        let rows = self.fences.carry_out(statement);
        let (holder, unsettled) = self.fences.lane();
        tables.lane.holder = holder;
        tables.lane.unsettled = Duration::from_millis(unsettled.unsigned_abs());
        rows
    }

    // ── What a worker asks ───────────────────────────────────────────────────────────────────────────

    pub(crate) fn renew(&self, tables: &mut Tables, hold: &Hold, lease: Duration) -> bool {
        let is_held = self.is_held(tables, hold);
        if is_held {
            tables.lane.until = self.now(tables) + lease;
        }
        is_held
    }

    pub(crate) fn sending(
        &self,
        tables: &mut Tables,
        hold: &Hold,
        newest: i64,
        unsettled: Duration,
        lease: Duration,
    ) -> bool {
        let is_held = self.renew(tables, hold, lease);
        if is_held {
            (tables.lane.unsettled, tables.lane.sent) = (unsettled, newest);
        }
        is_held
    }

    pub(crate) fn hold(
        &self,
        tables: &mut Tables,
        queue: String,
        holder: String,
        lease: Duration,
    ) -> Option<Hold> {
        let now = self.now(tables);
        let is_same = tables.lane.holder == holder && tables.lane.until > now;
        if !is_same && !tables.lane.holder.is_empty() && tables.lane.until > now {
            return None;
        }
        if !is_same {
            tables.lane.epoch += 1;
            tables.lane.holder.clone_from(&holder);
        }
        tables.lane.until = now + lease;
        let unsettled = match self.left_behind(tables).is_empty() {
            true => tables.lane.unsettled,
            false => tables.lane.unsettled.max(FENCE_SETTLES),
        };
        Some(Hold { queue, holder, epoch: tables.lane.epoch, unsettled, sent: tables.lane.sent })
    }

    pub(crate) fn release(&self, tables: &mut Tables, hold: &Hold) {
        if self.is_held(tables, hold) {
            tables.lane.holder.clear();
        }
    }

    pub(crate) fn rescue(&self, tables: &mut Tables, hold: &Hold) -> Option<u64> {
        if !self.is_held(tables, hold) {
            return None;
        }
        let mut count = 0;
        for job in tables.jobs.values_mut().filter(|job| job.state == JobState::Executing) {
            job.state = JobState::Available;
            count += 1;
        }
        tables.lane.unsettled = Duration::ZERO;
        self.left_behind(tables).into_iter().for_each(|job| self.fences.settle(job));
        Some(count)
    }

    pub(crate) fn claim(&self, tables: &mut Tables, hold: &Hold, limit: usize) -> Option<Claim> {
        let now = self.now(tables);
        let again = tables.jobs.range(..=hold.sent).filter(|(_, job)| job.state.is_open(now)).count();
        self.is_held(tables, hold).then(|| self.take(tables, hold.most(limit, again as i64)))
    }

    pub(crate) fn settle(
        &self,
        tables: &mut Tables,
        hold: &Hold,
        verdicts: &[(i64, Verdict)],
        done: &[Done],
    ) -> bool {
        if !self.is_held(tables, hold) {
            return false;
        }
        let now = self.now(tables);
        for (id, verdict) in verdicts {
            if *verdict == Verdict::Completed {
                self.check(&tables.jobs[id], tables, *id);
            }
            let Some(job) = tables.jobs.get_mut(id) else { continue };
            job.state = match verdict {
                Verdict::Completed => JobState::Completed(now),
                Verdict::Discarded { .. } => JobState::Discarded,
                Verdict::Cancelled { .. } => JobState::Cancelled,
                Verdict::Retry { .. } => JobState::Retryable,
                Verdict::Held => {
                    job.attempt -= 1;
                    JobState::Available
                }
            };
            job.was_given_up |= job.state.is_given_up();
            match verdict {
                Verdict::Discarded { dead, .. } => {
                    tables.letters.entry(*id).or_default().extend(dead.iter().map(ToString::to_string));
                }
                Verdict::Completed => drop(tables.letters.remove(id)),
                _ => {}
            }
        }
        let now = now.as_millis() as i64;
        let has_letter = |document: &String| tables.letters.values().flatten().any(|one| one == document);
        for done in done {
            if done.is_watched || has_letter(&done.document) || self.fences.has(&done.document) {
                self.fences.remember(done, now);
            }
        }
        tables.lane.unsettled = Duration::ZERO;
        if is_over(verdicts) {
            tables.lane.sent = 0;
        }
        true
    }

    pub(crate) fn prune(&self, tables: &mut Tables, keep: Duration) -> u64 {
        let now = self.now(tables);
        let Tables { jobs, were_given_up, .. } = tables;
        let before = jobs.len();
        jobs.retain(|_, job| {
            let is_old = matches!(job.state, JobState::Completed(at) if at + keep <= now);
            if is_old && job.was_given_up {
                were_given_up.append(&mut job.keys);
            }
            !is_old
        });
        (before - jobs.len()) as u64
    }

    /// Jobs that hold fences and are no longer run by an Oban.
    fn left_behind(&self, tables: &Tables) -> Vec<i64> {
        let state = |id: &i64| tables.jobs.get(id).map(|job| job.state);
        let is_run = |id: &i64| matches!(state(id), Some(JobState::Obans(_)));
        self.fences.holders().into_iter().filter(|id| !is_run(id)).collect()
    }

    fn take(&self, tables: &mut Tables, limit: usize) -> Claim {
        let now = self.now(tables);
        for job in tables.jobs.values_mut() {
            if matches!(job.state, JobState::Obans(since) if since + RESCUED_AFTER < now) {
                job.state = JobState::Available;
            }
        }
        let obans = tables.jobs.iter().find(|(_, job)| matches!(job.state, JobState::Obans(_)));
        let before = match self.fences.holders().is_empty() {
            true => obans.map_or(i64::MAX, |(id, _)| *id),
            false => 0,
        };
        let due = tables.jobs.range_mut(..before).filter(|(_, job)| job.state.is_open(now)).take(limit);
        let rows: Vec<Row> = due
            .map(|(id, job)| {
                job.state = JobState::Executing;
                job.attempt += 1;
                Row {
                    id: *id,
                    attempt: job.attempt,
                    max_attempts: job.most_attempts,
                    worker: job.worker.to_owned(),
                    args: job.args.clone(),
                    was_obans: job.was_obans,
                }
            })
            .collect();
        let first = rows.first().map_or(i64::MAX, |row| row.id);
        let is_ours = |id: &i64| rows.iter().any(|row| row.id == *id);
        let letters = tables.letters.iter().filter(|(id, _)| is_ours(id));
        let letters = letters.flat_map(|(id, dead)| dead.iter().map(|one| (*id, one.clone()))).collect();
        Claim {
            letters,
            done: self.fences.done_since(first),
            is_watched: !tables.letters.is_empty() || self.fences.has_any(),
            rows,
        }
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
