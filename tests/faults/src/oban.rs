//! An Oban: it takes jobs in whatever order, runs several at once, crashes, and runs some of them twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scrypath_core::config::Layers;
use scrypath_core::queue::{
    AskedJob, Dialect, JobOutcome, JobVerdict, OwnJob, Placeholders, Statement, Target, perform_job,
    prepare_job,
};
use scrypath_core::telemetry::Trace;
use scrypath_core::{Core, Idiom, Term};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection::Connection;
use crate::database::Database;
use crate::fences::QUEUE;
use crate::world::{Fault, World};

const TARGET: Target = Target { dialect: Dialect::Sqlite, placeholders: Placeholders::Question };

/// How many jobs one node runs at once.
const AT_ONCE: usize = 4;

/// A node that is killed now and then, with all that it was running.
pub(crate) async fn node(
    world: Arc<World>,
    database: Arc<Database>,
    core: Arc<Core>,
    stop: Arc<AtomicBool>,
    is_alone: bool,
) {
    while !stop.load(Ordering::Relaxed) {
        let lives = match world.is_calm() {
            true => Duration::from_secs(36_000),
            false => world.lifetime(),
        };
        let running = run(&world, &database, &core, &stop, is_alone);
        // What it had sent goes on.
        tokio::select! {
            _ = timeout(lives, running) => {}
            () = world.struck.notified() => {}
        }
        sleep(world.pause(Duration::from_secs(3))).await;
    }
}

async fn run(
    world: &Arc<World>,
    database: &Arc<Database>,
    core: &Arc<Core>,
    stop: &AtomicBool,
    is_alone: bool,
) {
    let mut running = JoinSet::new();
    while !stop.load(Ordering::Relaxed) {
        sleep(world.pause(Duration::from_secs(1))).await;
        while running.try_join_next().is_some() {}
        database.rescue_for_oban(is_alone);
        if running.len() >= AT_ONCE {
            continue;
        }
        if let Some(job) = database.fetch() {
            let (world, database, core) = (world.clone(), database.clone(), core.clone());
            running.spawn(async move { perform(&world, &database, &core, job).await });
        }
    }
}

async fn perform(world: &World, database: &Arc<Database>, core: &Core, job: OwnJob) {
    let verdict =
        attempt(world, &Connection(database.clone()), core, &job).await.unwrap_or_else(|()| JobVerdict {
            outcome: JobOutcome::Retry,
            reason: Some("the database was not reached".to_owned()),
            seconds: None,
        });
    if world.has(Fault::LateAcknowledgement) {
        // Its acknowledgement comes late.
        sleep(world.pause(Duration::from_secs(20))).await;
    }
    database.acknowledge(job.id, &verdict);
}

async fn attempt(world: &World, database: &Connection, core: &Core, job: &OwnJob) -> Result<JobVerdict, ()> {
    let token = format!("{:016x}", world.below(u64::MAX));
    let prepared = prepare_job(job, TARGET, token);
    if let Some(verdict) = prepared.verdict {
        return Ok(verdict);
    }
    let rows = carry_out(database, &prepared.statements).await?;
    if world.has(Fault::Standstill) {
        // The process stands still, for less than fences are held.
        sleep(world.pause(Duration::from_secs(20))).await;
    }
    let options = vec![(Term::Text("meilisearch_url".into()), Term::Text("http://simulated".into()))];
    let layers = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: Term::Map(options) };
    let mut trace = Trace::default();
    let asked = AskedJob { job: job.clone(), target: TARGET, ticket: prepared.ticket, rows };
    let performed = perform_job(core, &asked, layers, Idiom::Python, &mut trace).await;
    let performed =
        performed.map_err(|error| world.violated(format!("a job could not be performed: {error}")))?;
    carry_out(database, &performed.statements).await?;
    Ok(performed.verdict)
}

async fn carry_out(database: &Connection, statements: &[Statement]) -> Result<Vec<Vec<Vec<String>>>, ()> {
    let mut all = Vec::new();
    for statement in statements {
        all.push(database.carry_out(statement).await.map_err(drop)?);
    }
    Ok(all)
}

pub(crate) fn own_job(id: i64, worker: &str, args: &str) -> OwnJob {
    OwnJob { id, worker: worker.to_owned(), queue: QUEUE.to_owned(), args: args.to_owned() }
}
