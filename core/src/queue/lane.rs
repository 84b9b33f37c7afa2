//! The worker of one lane: claim, plan, deliver, settle, over and over.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use tokio::time::Instant;

use super::args::{DELETE_WORKER, UPSERT_WORKER, Work};
use super::deliver::{Delivered, Pause, Sender};
use super::keeper::{Keeper, Lost, Marks, Times};
use super::plan::{Claimed, Fate, Planned, Verdict, plan, verdicts};
use super::prune::MOST_PRUNED;
use super::store::{Done, Hold, Row, Store};
use crate::config::Config;
use crate::error::Result;
use crate::meilisearch::Client;
use crate::process::Core;
use crate::telemetry::Trace;

/// The most jobs that are taken at once.
pub const MOST_JOBS: usize = 5_000;

/// How often is looked for completed jobs that are old.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// One lane, and how to work it.
pub struct Lane<'a, S> {
    pub core: &'a Core,
    pub config: &'a Config,
    pub store: &'a S,
    pub queue: &'a str,
    /// Who this is: unique among all workers there are.
    pub holder: &'a str,
    pub times: Times,
    pub jobs_at_once: usize,
    /// How long completed jobs stay in the table.
    pub keep_completed: Duration,
    /// Ends once there is nothing to do.
    pub until_idle: bool,
    /// Where pauses get what is random about them.
    pub seed: u64,
}

/// What a worker did, in sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    pub completed: u64,
    pub discarded: u64,
    pub cancelled: u64,
    pub retried: u64,
    pub requests: u64,
    pub pauses: u64,
}

/// Why a round ended.
enum Round {
    /// There was something to do; there may be more.
    Worked,
    Idle,
    /// Another worker has the lane.
    NotOurs,
    Paused(Pause),
}

impl<S: Store> Lane<'_, S> {
    /// Works until `stop` says so, between two rounds or in a pause. What was claimed is finished first.
    pub async fn work(&self, mut stop: impl FnMut() -> bool, tally: &mut Tally) -> Result<()> {
        let (mut hold, mut marks, mut failures, mut pruned) = (None, Marks::default(), 0_u32, None);
        while !stop() {
            let round = self.round(&mut hold, &mut marks, &mut stop, tally).await;
            if matches!(round, Ok(Round::Worked | Round::Idle)) {
                self.prune(&mut pruned).await;
            }
            match round {
                Ok(Round::Worked) => failures = 0,
                Ok(Round::Idle) => {
                    failures = 0;
                    if self.until_idle {
                        break;
                    }
                    self.store.wait(self.queue, self.times.poll).await;
                }
                Ok(Round::NotOurs) => tokio::time::sleep(self.times.poll).await,
                Ok(Round::Paused(Pause { reason, least })) => {
                    tracing::warn!(queue = self.queue, reason, "the queue pauses");
                    tally.pauses += 1;
                    failures += 1;
                    // Half of it by chance, so that workers of many lanes do not come back at once.
                    let grown =
                        (least * 2_u32.pow(failures.min(6) - 1)).min(Duration::from_secs(60)).max(least);
                    self.pause(self.jittered(grown, failures), &mut stop).await;
                }
                Err(error) => {
                    tracing::warn!(queue = self.queue, %error, "the queue pauses");
                    // No database, or no client; the lease runs out by itself.
                    hold = None;
                    failures += 1;
                    let pause = (self.times.poll * 2_u32.pow(failures.min(6))).min(Duration::from_secs(60));
                    self.pause(self.jittered(pause, failures), &mut stop).await;
                }
            }
        }
        match hold {
            Some(hold) => self.store.release(&hold).await,
            None => Ok(()),
        }
    }

    async fn round(
        &self,
        held: &mut Option<Hold>,
        marks: &mut Marks,
        stop: &mut impl FnMut() -> bool,
        tally: &mut Tally,
    ) -> Result<Round> {
        let since = Instant::now();
        let Some(hold) = self.store.hold(self.queue, self.holder, self.times.lease).await? else {
            *held = None;
            return Ok(Round::NotOurs);
        };
        let is_new = held.as_ref().is_none_or(|known| known.epoch != hold.epoch);
        *held = Some(hold.clone());
        // Fences that were left behind are waited for too.
        if is_new || hold.unsettled > Duration::ZERO {
            if !self.take_over(&hold, stop).await? {
                return Ok(Round::NotOurs);
            }
            if self.store.rescue(&hold).await?.is_none() {
                return Ok(Round::NotOurs);
            }
            // Waiting may have taken more than the lease.
            return Ok(Round::Worked);
        }
        let client = Client::open(self.core, self.config)?;
        let Some(claim) = self.store.claim(&hold, self.jobs_at_once).await? else {
            return Ok(Round::NotOurs);
        };
        if claim.rows.is_empty() {
            return Ok(Round::Idle);
        }
        let (mut jobs, mut settled) = read(claim.rows);
        pass_over(&mut jobs, &claim.done, &claim.letters);
        let newest = jobs.last().map_or(hold.sent, |job| job.id.max(hold.sent));
        let keeper = Keeper::new(self.store, &hold, self.times, newest, since, marks);
        let Ok(Delivered { fates, pause, requests }) = deliver(&client, &jobs, keeper).await else {
            *held = None;
            return Ok(Round::NotOurs);
        };
        settled.extend(jobs.iter().map(|job| job.id).zip(verdicts(&jobs, &fates)));
        let gave_up = settled.iter().any(|(_, verdict)| matches!(verdict, Verdict::Discarded { .. }));
        let is_watched = claim.is_watched || gave_up || jobs.iter().any(|job| job.was_obans);
        let done = if is_watched { done(&jobs, &fates) } else { Vec::new() };
        if !self.store.settle(&hold, &settled, &done).await? {
            *held = None;
            return Ok(Round::NotOurs);
        }
        tally.requests += requests;
        tally.add(&settled);
        let failed = settled.into_iter().find_map(|(_, verdict)| match verdict {
            Verdict::Retry { reason } => Some(Pause { reason, least: Duration::from_secs(1) }),
            _ => None,
        });
        Ok(pause.or(failed).map_or(Round::Worked, Round::Paused))
    }

    /// Now and then the completed jobs that are old go. `last` is when none were left.
    async fn prune(&self, last: &mut Option<Instant>) {
        if last.is_some_and(|at| at.elapsed() < PRUNE_EVERY) {
            return;
        }
        let pruned = self.store.prune(self.queue, self.keep_completed).await;
        if let Err(error) = &pruned {
            tracing::warn!(queue = self.queue, %error, "completed jobs were not deleted");
        }
        *last = pruned.ok().is_none_or(|count| count < MOST_PRUNED).then(Instant::now);
    }

    /// Waits, but not for long once it is to stop.
    async fn pause(&self, length: Duration, stop: &mut impl FnMut() -> bool) {
        let until = Instant::now() + length;
        while !stop() && Instant::now() < until {
            tokio::time::sleep(self.times.poll.min(until - Instant::now())).await;
        }
    }

    /// Between half of it and all of it.
    fn jittered(&self, pause: Duration, failures: u32) -> Duration {
        let mut hasher = DefaultHasher::new();
        (self.seed, failures).hash(&mut hasher);
        pause / 2 + pause.mul_f64((hasher.finish() % 1000) as f64 / 2000.0)
    }

    /// Waits for what a former holder sent and had no answer for. Whether the lane is still ours, and to be worked.
    async fn take_over(&self, hold: &Hold, stop: &mut impl FnMut() -> bool) -> Result<bool> {
        let until = Instant::now() + hold.unsettled;
        let mut renewed = Instant::now();
        while Instant::now() < until {
            if stop() {
                return Ok(false);
            }
            tokio::time::sleep((until - Instant::now()).min(self.times.poll)).await;
            if renewed.elapsed() >= self.times.lease / 3 {
                renewed = Instant::now();
                if !self.store.renew(hold, self.times.lease).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

async fn deliver<S: Store>(
    client: &Client<'_>,
    jobs: &[Claimed],
    mut keeper: Keeper<'_, S>,
) -> std::result::Result<Delivered, Lost> {
    let mut trace = Trace::silent();
    let mut all = Delivered::default();
    for delivery in plan(jobs) {
        if all.pause.is_some() {
            all.fates.extend(delivery.writes.into_iter().map(|planned| (planned, Fate::Held)));
            continue;
        }
        let mut sender = Sender { client, keeper: &mut keeper, trace: &mut trace };
        let delivered = sender.deliver(delivery).await?;
        all.requests += delivered.requests;
        all.fates.extend(delivered.fates);
        all.pause = delivered.pause;
    }
    Ok(all)
}

/// Leaves out what must not be written: states older than those that the index has, and, in a job that somebody
/// made available again, documents that were delivered the first time.
fn pass_over(jobs: &mut [Claimed], done: &[Done], letters: &[(i64, String)]) {
    if done.is_empty() && letters.is_empty() {
        return;
    }
    let newest: HashMap<(&str, &str), i64> =
        done.iter().map(|done| ((done.index.as_str(), done.document.as_str()), done.job)).collect();
    let mut given_up: HashMap<i64, HashSet<&str>> = HashMap::new();
    for (job, document) in letters {
        given_up.entry(*job).or_default().insert(document);
    }
    for Claimed { id: job, work, .. } in jobs {
        let index = work.index.as_str();
        work.writes.retain(|(id, _)| {
            let document = id.to_string();
            let is_old = newest.get(&(index, document.as_str())).is_some_and(|newest| newest >= job);
            !is_old && given_up.get(job).is_none_or(|documents| documents.contains(document.as_str()))
        });
    }
}

/// Which states the index has now.
fn done(jobs: &[Claimed], fates: &[(Planned, Fate)]) -> Vec<Done> {
    let delivered = fates.iter().filter(|(_, fate)| *fate == Fate::Done);
    delivered
        .filter_map(|(planned, _)| {
            let author = &jobs[*planned.jobs.last()?];
            Some(Done {
                index: author.work.index.clone(),
                document: planned.id.to_string(),
                job: author.id,
                is_watched: planned.jobs.iter().any(|at| jobs[*at].was_obans),
            })
        })
        .collect()
}

/// Jobs that can be run, and those that never can.
fn read(rows: Vec<Row>) -> (Vec<Claimed>, Vec<(i64, Verdict)>) {
    let (mut jobs, mut settled) = (Vec::new(), Vec::new());
    for Row { id, attempt, max_attempts, worker, args, was_obans } in rows {
        let read = match worker.as_str() {
            UPSERT_WORKER | DELETE_WORKER => Work::read(&args).map_err(|invalid| invalid.reason()),
            _ => Err("unknown_worker"),
        };
        match read {
            Ok(work) => jobs.push(Claimed { id, attempt, max_attempts, was_obans, work }),
            Err(reason) => settled.push((id, Verdict::Cancelled { reason: reason.to_owned() })),
        }
    }
    (jobs, settled)
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.completed += other.completed;
        self.discarded += other.discarded;
        self.cancelled += other.cancelled;
        self.retried += other.retried;
        self.requests += other.requests;
        self.pauses += other.pauses;
    }
}

impl Tally {
    fn add(&mut self, settled: &[(i64, Verdict)]) {
        for (_, verdict) in settled {
            match verdict {
                Verdict::Completed => self.completed += 1,
                Verdict::Discarded { .. } => self.discarded += 1,
                Verdict::Cancelled { .. } => self.cancelled += 1,
                Verdict::Retry { .. } | Verdict::Held => self.retried += 1,
            }
        }
    }
}
