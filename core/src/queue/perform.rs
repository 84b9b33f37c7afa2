//! One job, run by an Oban: check it, take the fences of its documents, send it, let them go.
//!
//! The host carries out the statements, on the Oban's own connection. What is sent goes the way of a worker's
//! deliveries ([`Sender`]): halved where one document spoils the rest, looked for where there was no answer.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::time::Duration;

use once_cell::sync::Lazy;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::args::{DELETE_WORKER, UPSERT_WORKER, Work};
use super::deliver::{Delivered, Pause, Sender};
use super::fence::{self, FENCE_SETTLES, Fence, Taken};
use super::keeper::{Keeper, Marks, Times};
use super::plan::{self, Claimed, Fate};
use super::statement::{Draft, Statement, Target};
use super::store::{Hold, Keep, discarded};
use crate::config::{Config, Layers};
use crate::document::DocumentId;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::Client;
use crate::process::Core;
use crate::telemetry::Trace;

/// How long a job waits for the server's tasks before it is put back.
const MOST_WAITING: Duration = Duration::from_secs(240);

/// How long a job of a queue that has another worker is put back for.
const ELSEWHERE: u64 = 5;

/// How long a job is put back for that nothing can be done about soon.
const LATER: u64 = 30;

/// Of how many jobs one looks for fences that nobody needs.
const FORGOTTEN_EVERY: u64 = 64;

/// A job as an Oban hands it over.
#[derive(Debug, Clone, JsonSchema)]
pub struct OwnJob {
    pub id: i64,
    pub worker: String,
    pub queue: String,
    /// JSON text.
    pub args: String,
}

/// What the host tells its Oban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobVerdict {
    pub outcome: JobOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of `snooze`: until when it is put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobOutcome {
    Completed,
    /// It never can be run, or documents of it never will be taken.
    Cancelled,
    /// It failed; the attempt counts.
    Retry,
    /// Nothing is wrong with it; the attempt does not count.
    Snooze,
}

impl JobVerdict {
    fn completed() -> Self {
        Self { outcome: JobOutcome::Completed, reason: None, seconds: None }
    }

    pub(super) fn cancelled(reason: impl Into<String>) -> Self {
        Self { outcome: JobOutcome::Cancelled, reason: Some(reason.into()), seconds: None }
    }

    fn retry(reason: impl Into<String>) -> Self {
        Self { outcome: JobOutcome::Retry, reason: Some(reason.into()), seconds: None }
    }

    /// `chance`: some of it is by chance, so that jobs that waited for one thing do not all come back at once.
    fn snooze(reason: impl Into<String>, seconds: u64, chance: u64) -> Self {
        let seconds = seconds.max(1);
        let seconds = Some(seconds + chance % seconds.div_ceil(2).max(2));
        Self { outcome: JobOutcome::Snooze, reason: Some(reason.into()), seconds }
    }
}

/// What is to be done before a job is performed. With a verdict, nothing is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PreparedJob {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<JobVerdict>,
    /// Each committed by itself, before the job is performed. Their rows are texts.
    pub statements: Vec<Statement>,
    /// To be handed on.
    pub ticket: String,
}

/// What became of a job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PerformedJob {
    pub verdict: JobVerdict,
    /// Each committed by itself, before the verdict is passed on.
    pub statements: Vec<Statement>,
}

/// Under which token fences were asked for, and when, on this process's own clock.
struct Ticket {
    token: String,
    /// Nanoseconds since [`STARTED`], or before it.
    asked: i64,
}

static STARTED: Lazy<Instant> = Lazy::new(Instant::now);

impl Ticket {
    fn new(token: String) -> Self {
        let (now, started) = (Instant::now(), *STARTED);
        let asked = match now.checked_duration_since(started) {
            Some(since) => since.as_nanos() as i64,
            None => -((started - now).as_nanos() as i64),
        };
        Self { token, asked }
    }

    fn read(text: &str) -> Result<Self> {
        let read = || {
            let (token, asked) = text.split_once(':')?;
            Some(Self { token: token.to_owned(), asked: asked.parse().ok()? })
        };
        read().ok_or_else(|| {
            Error::new(Kind::InvalidRequest, "the ticket of a job is none that this core gave")
        })
    }

    /// When the fences were asked for; now, where that cannot be.
    fn since(&self) -> Instant {
        let ago = Duration::from_nanos(self.asked.unsigned_abs());
        let asked = if self.asked < 0 { STARTED.checked_sub(ago) } else { STARTED.checked_add(ago) };
        asked.map_or_else(Instant::now, |asked| asked.min(Instant::now()))
    }
}

impl std::fmt::Display for Ticket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.token, self.asked)
    }
}

/// A token that no other run of any job has.
pub(crate) fn token() -> String {
    let chance = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", chance(), chance())
}

/// What is by chance in one run of a job.
fn chance(token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.hash(&mut hasher);
    hasher.finish()
}

/// Checks a job, and says how the fences of its documents are taken. No other run of any job has this token.
pub fn prepare_job(job: &OwnJob, target: Target, token: String) -> PreparedJob {
    let ticket = Ticket::new(token);
    match read(job) {
        Err(reason) => PreparedJob {
            verdict: Some(JobVerdict::cancelled(reason)),
            statements: Vec::new(),
            ticket: ticket.to_string(),
        },
        Ok(work) => {
            let fence =
                Fence { target, queue: &job.queue, index: &work.index, job: job.id, token: &ticket.token };
            let documents = texts(work.writes.iter().map(|(id, _)| id));
            PreparedJob { verdict: None, statements: fence.take(&documents), ticket: ticket.to_string() }
        }
    }
}

/// A job whose fences were asked for.
#[derive(Debug)]
pub struct AskedJob {
    pub job: OwnJob,
    pub target: Target,
    pub ticket: String,
    /// What the statements gave that it was prepared with: for each its rows.
    pub rows: Vec<Vec<Vec<String>>>,
}

/// What became of taking the fences of a job's documents.
struct Fences {
    ours: Vec<DocumentId>,
    inherited: Vec<DocumentId>,
    /// Somebody has documents of it, for so many ms.
    busy: Option<u64>,
}

impl Fences {
    fn read(job: &OwnJob, work: &Work, rows: &[Vec<Vec<String>>]) -> Result<Self> {
        let [.., taken, seen] = rows else {
            return Err(Error::new(Kind::InvalidRequest, "the rows of its statements were expected"));
        };
        let mut fences = Self { ours: Vec::new(), inherited: Vec::new(), busy: None };
        for (id, _) in &work.writes {
            match fence::read(&id.to_string(), job.id, taken, seen) {
                Taken::Ours => fences.ours.push(id.clone()),
                Taken::Inherited => fences.inherited.push(id.clone()),
                Taken::Busy(ms) => fences.busy = fences.busy.max(Some(ms)),
                Taken::Done => {}
            }
        }
        Ok(fences)
    }

    fn is_behind(&self, id: &DocumentId) -> bool {
        self.ours.contains(id) || self.inherited.contains(id)
    }

    /// What a former sender left behind can land no more. The job is put back and not sent: the database's clock may
    /// have jumped, and another job may be waiting by now for what this one had sent, for no longer than a sender has.
    fn settled(&self, fence: &Fence) -> PerformedJob {
        let statements =
            vec![fence.release(&texts(self.taken()), "[]"), fence::settle_lane(fence.target, fence.queue)];
        let reason = "what a former worker had sent was waited for";
        PerformedJob { verdict: JobVerdict::snooze(reason, 1, chance(fence.token)), statements }
    }

    fn taken(&self) -> impl Iterator<Item = &DocumentId> {
        self.ours.iter().chain(&self.inherited)
    }

    /// Puts the job back, and its fences to where they were: of those that were inherited nobody knows more than before.
    fn put_back(&self, fence: &Fence, reason: impl Into<String>, seconds: u64) -> PerformedJob {
        let statements = match self.taken().next() {
            None => Vec::new(),
            Some(_) => vec![fence.give_back(&texts(self.taken()))],
        };
        PerformedJob { verdict: JobVerdict::snooze(reason, seconds, chance(fence.token)), statements }
    }
}

/// Sends what a job whose fences were asked for is to send.
pub async fn perform_job(
    core: &Core,
    asked: &AskedJob,
    layers: Layers,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<PerformedJob> {
    let AskedJob { job, target, ticket, rows } = asked;
    let ticket = Ticket::read(ticket)?;
    let mut work = match read(job) {
        Ok(work) => work,
        Err(reason) => {
            return Ok(PerformedJob { verdict: JobVerdict::cancelled(reason), statements: Vec::new() });
        }
    };
    let fences = Fences::read(job, &work, rows)?;
    let index = work.index.clone();
    let fence =
        Fence { target: *target, queue: &job.queue, index: &index, job: job.id, token: &ticket.token };
    if let Some(ms) = fences.busy {
        // Fences are let go in milliseconds; only those of one that died are held to the end.
        let seconds = if ms == 0 { ELSEWHERE } else { 1 };
        return Ok(fences.put_back(&fence, "another worker has documents of it", seconds));
    }
    work.writes.retain(|(id, _)| fences.is_behind(id));
    if work.writes.is_empty() {
        return Ok(PerformedJob { verdict: JobVerdict::completed(), statements: Vec::new() });
    }
    // What is wrong with the configuration is not the job's fault.
    let config = match config(layers, &work, idiom) {
        Ok(config) => config,
        Err(error) => return Ok(fences.put_back(&fence, error.to_string(), LATER)),
    };
    let client = match Client::open(core, &config) {
        Ok(client) => client,
        Err(error) => return Ok(fences.put_back(&fence, error.to_string(), LATER)),
    };
    let since = ticket.since();
    if !fences.inherited.is_empty() {
        tokio::time::sleep_until(since + FENCE_SETTLES).await;
        return Ok(fences.settled(&fence));
    }
    let Some(delivered) = deliver(&client, job, work.clone(), since, &ticket.token, trace).await else {
        // What is under way may land: the fences stand until it cannot.
        let seconds = fence::length().saturating_sub(since.elapsed()).as_secs().max(LATER);
        let verdict = JobVerdict::snooze("no answer in time", seconds, chance(&ticket.token));
        return Ok(PerformedJob { verdict, statements: Vec::new() });
    };
    Ok(settled(&fence, job, work, &delivered.fates, delivered.pause))
}

/// The configuration of the process that runs the job, and the backend that its caller had.
fn config(layers: Layers, work: &Work, idiom: Idiom) -> Result<Config> {
    let mut config = Config::of(layers, idiom)?;
    if let Some(url) = &work.backend_url {
        config.url = Some(url.clone());
    }
    config.request.receive_timeout = config.request.receive_timeout.min(Times::default().deadline);
    config.request.retry = false;
    Ok(config)
}

async fn deliver(
    client: &Client<'_>,
    job: &OwnJob,
    work: Work,
    since: Instant,
    token: &str,
    trace: &mut Trace,
) -> Option<Delivered> {
    let times = Times { lease: fence::length(), ..Times::default() };
    let store = Fenced {
        until: since + times.lease,
        landing: times.landing(),
        waits_until: Instant::now() + MOST_WAITING,
    };
    let hold = Hold {
        queue: job.queue.clone(),
        holder: token.to_owned(),
        epoch: 0,
        unsettled: Duration::ZERO,
        sent: 0,
    };
    let mut marks = Marks::default();
    // It keeps waiting for tasks after the fences have run out: what was accepted is in order.
    let mut keeper = Keeper::new(&store, &hold, times, job.id, Instant::now(), &mut marks);
    let mut sum = Delivered::default();
    for delivery in plan::plan(&[claimed(job, work)]) {
        let mut sender = Sender { client, keeper: &mut keeper, trace };
        let delivered = sender.deliver(delivery).await.ok()?;
        sum.fates.extend(delivered.fates);
        sum.pause = sum.pause.or(delivered.pause);
    }
    Some(sum)
}

/// What to write down, and what to tell the Oban.
fn settled(
    fence: &Fence,
    job: &OwnJob,
    work: Work,
    fates: &[(plan::Planned, Fate)],
    pause: Option<Pause>,
) -> PerformedJob {
    let ended = |is_so: fn(&Fate) -> bool| {
        texts(fates.iter().filter(|(_, fate)| is_so(fate)).map(|(planned, _)| &planned.id))
    };
    let all = texts(fates.iter().map(|(planned, _)| &planned.id));
    let mut statements = vec![fence.release(&all, &ended(|fate| *fate == Fate::Done))];
    let jobs = [claimed(job, work)];
    let verdict = plan::verdicts(&jobs, fates).into_iter().next();
    let verdict = match verdict {
        None | Some(plan::Verdict::Completed) => JobVerdict::completed(),
        Some(plan::Verdict::Retry { reason }) => JobVerdict::retry(reason),
        Some(plan::Verdict::Cancelled { reason }) => JobVerdict::cancelled(reason),
        Some(plan::Verdict::Held) => {
            let Pause { reason, least } = pause.unwrap_or_else(|| Pause {
                reason: "the backend has forgotten the task".to_owned(),
                least: Duration::from_secs(1),
            });
            JobVerdict::snooze(reason, least.as_secs(), chance(fence.token))
        }
        Some(plan::Verdict::Discarded { reason, dead }) => {
            statements.extend(dead.iter().map(|id| letter(fence, id, &reason)));
            JobVerdict::cancelled(discarded(&reason, &dead))
        }
    };
    if chance(fence.token).is_multiple_of(FORGOTTEN_EVERY) {
        statements.push(fence::forget(fence.target));
    }
    PerformedJob { verdict, statements }
}

fn letter(fence: &Fence, id: &DocumentId, reason: &str) -> Statement {
    Draft::new(fence.target)
        .sql("INSERT INTO scrypath_dead_letters (job_id, index_uid, document_id, reason) VALUES (")
        .value(fence.job)
        .sql(", ")
        .value(fence.index)
        .sql(", ")
        .value(id.to_string())
        .sql(", ")
        .value(reason)
        .sql(") ON CONFLICT DO NOTHING")
        .end()
}

fn read(job: &OwnJob) -> std::result::Result<Work, &'static str> {
    match job.worker.as_str() {
        UPSERT_WORKER | DELETE_WORKER => Work::read(&job.args).map_err(|invalid| invalid.reason()),
        _ => Err("unknown_worker"),
    }
}

/// Attempts are the Oban's to count.
fn claimed(job: &OwnJob, work: Work) -> Claimed {
    Claimed { id: job.id, attempt: 0, max_attempts: i64::MAX, was_obans: true, work }
}

fn texts<'a>(ids: impl IntoIterator<Item = &'a DocumentId>) -> String {
    let texts: Vec<String> = ids.into_iter().map(ToString::to_string).collect();
    serde_json::to_string(&texts).unwrap_or_else(|_| "[]".to_owned())
}

/// The rows of statements, out of a host's values.
pub(crate) fn rows(term: &Term) -> Option<Vec<Vec<Vec<String>>>> {
    list(term)?.iter().map(|rows| list(rows)?.iter().map(row).collect()).collect()
}

fn row(term: &Term) -> Option<Vec<String>> {
    let text = |value: &Term| match value {
        Term::Int(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    Some(list(term)?.iter().map(text).collect())
}

fn list(term: &Term) -> Option<&[Term]> {
    match term {
        Term::List(items) | Term::Tuple(items) => Some(items),
        _ => None,
    }
}

/// Held fences, in place of a lane: they are not renewed.
struct Fenced {
    until: Instant,
    landing: Duration,
    waits_until: Instant,
}

impl Keep for Fenced {
    async fn renew(&self, _hold: &Hold, _lease: Duration) -> Result<bool> {
        Ok(Instant::now() < self.waits_until)
    }

    async fn sending(
        &self,
        _hold: &Hold,
        _newest: i64,
        _unsettled: Duration,
        _lease: Duration,
    ) -> Result<bool> {
        Ok(Instant::now() + self.landing <= self.until)
    }
}
