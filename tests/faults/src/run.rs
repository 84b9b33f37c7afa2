//! One seed: writers, workers, crashes; then calm, and the question whether index and database agree.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use scrypath_core::config::{Config, Layers};
use scrypath_core::queue::{Lane, Tally, Times};
use scrypath_core::{Core, Idiom, Term};
use tokio::time::{Instant, sleep, timeout};

use crate::connection::{Connection, STALL};
use crate::database::{Database, args};
use crate::index::{GoneBack, Index};
use crate::network::Network;
use crate::oban;
use crate::world::{Fault, World, lock};

const TIMES: Times = Times {
    lease: Duration::from_secs(20),
    deadline: Duration::from_secs(2),
    settle: Duration::from_secs(3),
    poll: Duration::from_secs(1),
};

/// How long writers write, and faults happen.
const STORM: Duration = Duration::from_secs(60);
/// How long the rest may take.
const CALM: Duration = Duration::from_secs(1800);

/// Runs one seed; what went wrong.
pub(crate) fn run(seed: u64) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(simulate(seed))
}

async fn simulate(seed: u64) -> Vec<String> {
    let world = Arc::new(World::new(seed));
    let index = Index::new();
    let keys = 1 + world.below(6);
    let database = Arc::new(Database::new(world.clone(), index.clone(), keys));
    let network = Network { world: world.clone(), index: index.clone(), settle: TIMES.settle };
    let core = Arc::new(Core::linked(Arc::new(network)));
    let stop = Arc::new(AtomicBool::new(false));

    let mut all = Vec::new();
    for writer in 0..2 + world.below(3) {
        let (world, database) = (world.clone(), database.clone());
        all.push(tokio::spawn(async move { write(&world, &database, keys, writer).await }));
    }
    {
        let (world, database) = (world.clone(), database.clone());
        all.push(tokio::spawn(async move { clock(&world, &database).await }));
    }
    let mut workers = Vec::new();
    let holders = Arc::new(AtomicU64::new(0));
    // Workers that hold the lane, Obans, or both.
    let (lanes, obans) = [(1, 0), (0, 1), (1, 1)][world.below(3) as usize];
    for _ in 0..obans * (1 + world.below(2)) {
        let shared = (world.clone(), database.clone(), core.clone(), stop.clone());
        workers.push(tokio::spawn(oban::node(shared.0, shared.1, shared.2, shared.3, lanes == 0)));
    }
    for _ in 0..lanes * (1 + world.below(3)) {
        let (world, database, core) = (world.clone(), database.clone(), core.clone());
        let (stop, holders) = (stop.clone(), holders.clone());
        workers.push(tokio::spawn(async move { work(&world, &database, &core, &stop, &holders).await }));
    }
    sleep(STORM).await;
    world.calm_down();
    for task in all {
        if task.await.is_err() {
            world.violated("a writer stopped".to_owned());
        }
    }
    let started = Instant::now();
    while !database.is_drained() && started.elapsed() < CALM {
        sleep(Duration::from_secs(1)).await;
    }
    if !database.is_drained() {
        world.violated(format!("{} jobs are still open after {CALM:?} of calm", database.open_jobs()));
    }
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        if worker.await.is_err() {
            world.violated("a worker stopped".to_owned());
        }
    }
    // What was still under way has landed by then.
    sleep(STALL).await;
    compare(&world, &database, &index);
    if lanes + obans == 1 {
        never_back(&world, &database, &index);
    }
    std::mem::take(&mut *lock(&world.violations))
}

/// Index = projection of the database: no document too many, none stale, none missing.
fn compare(world: &World, database: &Database, index: &Index) {
    let (there, given_up) = (index.versions(), database.given_up());
    for (key, (version, exists)) in database.expected() {
        if given_up.contains(&key) {
            continue;
        }
        match there.get(&key) {
            Some(found) if !exists => {
                world.violated(format!("zombie: {key} was deleted and the index has version {found}"));
            }
            Some(found) if *found != version => {
                world.violated(format!("stale: {key} is of version {version} and the index has {found}"));
            }
            None if exists => world.violated(format!("lost: {key} is not in the index")),
            _ => {}
        }
    }
    for key in there.keys() {
        if !database.expected().contains_key(key) {
            world.violated(format!("zombie: {key} never was"));
        }
    }
}

/// No older state follows on a newer one, not even for a moment. Of two kinds of workers on one queue it is not
/// asked, nor where the newer was given up on: a fence remembers one job, and no more of it once that is over.
fn never_back(world: &World, database: &Database, index: &Index) {
    for GoneBack { key, from, to } in index.gone_back() {
        if !database.was_given_up(key, from) {
            world.violated(format!("older: version {to} of {key} came after {from}"));
        }
    }
}

/// Transactions that change rows and enqueue inside, and commit, roll back, or take their time.
async fn write(world: &World, database: &Database, keys: u64, writer: u64) {
    while !world.is_calm() {
        sleep(world.pause(Duration::from_secs(4))).await;
        if world.has(Fault::Foreign) {
            let foreign = [
                ("MyApp.Mailer", "{}".to_owned()),
                (scrypath_core::queue::UPSERT_WORKER, r#"{"version":99,"schema":"note"}"#.to_owned()),
                (scrypath_core::queue::UPSERT_WORKER, r#"{"version":1,"operation":"upsert""#.to_owned()),
            ];
            let (worker, args) = foreign[world.below(3) as usize].clone();
            database.foreign(worker, args);
        }
        if world.has(Fault::RunAgain) {
            database.retry_by_hand();
        }
        let mut chosen: Vec<u64> = (0..keys).filter(|_| world.below(3) == 0).collect();
        if chosen.is_empty() {
            chosen.push(writer % keys);
        }
        // In order, so that no two wait for each other.
        let rows: Vec<_> = chosen.iter().map(|key| database.row(*key)).collect();
        let mut held = Vec::new();
        for row in &rows {
            held.push(row.lock().await);
            sleep(world.pause(Duration::from_millis(20))).await;
        }
        let version = database.next_version();
        let exists = world.below(4) != 0;
        let states: Vec<_> = chosen.iter().map(|key| (*key, (version, exists))).collect();
        let operation = if exists { "upsert" } else { "delete" };
        // After the writes, before the commit.
        let id = database.next_job();
        let patience = if world.has(Fault::LongTransaction) {
            Duration::from_secs(8)
        } else {
            Duration::from_millis(60)
        };
        sleep(world.pause(patience)).await;
        if !world.has(Fault::Rollback) {
            let is_poisoned = exists && chosen.len() == 1 && world.has(Fault::Poisoned);
            let (worker, args) = args(operation, &states, is_poisoned);
            database.commit(id, worker, args, states);
        }
    }
}

/// The database's clock goes wrong.
async fn clock(world: &World, database: &Database) {
    while !world.is_calm() {
        tokio::select! {
            () = sleep(world.pause(Duration::from_secs(40))) => {}
            () = world.struck.notified() => {}
        }
        if world.has(Fault::Jump) {
            database.jump(world.below(240) as i64 - 120);
        }
    }
}

/// A worker that crashes anywhere, and comes back as another.
async fn work(world: &World, database: &Arc<Database>, core: &Core, stop: &AtomicBool, holders: &AtomicU64) {
    let (config, store) = (config(), Connection(database.clone()));
    while !stop.load(Ordering::Relaxed) {
        let holder = format!("w{}", holders.fetch_add(1, Ordering::Relaxed));
        let lane = Lane {
            core,
            config: &config,
            store: &store,
            queue: "search",
            holder: &holder,
            times: TIMES,
            jobs_at_once: 1 + world.below(8) as usize,
            keep_completed: Duration::from_secs(world.below(120)),
            until_idle: false,
            seed: world.below(u64::MAX),
        };
        let mut tally = Tally::default();
        let lives = match world.is_calm() {
            true => Duration::MAX / 4,
            false => world.lifetime(),
        };
        // A crash drops whatever it was doing; what it had sent goes on.
        let working = lane.work(|| stop.load(Ordering::Relaxed), &mut tally);
        tokio::select! {
            _ = timeout(lives.min(STORM * 100), working) => {}
            () = world.struck.notified() => {}
        }
        sleep(world.pause(Duration::from_secs(3))).await;
    }
}

fn config() -> Config {
    let options = vec![
        (Term::Text("meilisearch_url".into()), Term::Text("http://simulated".into())),
        (
            Term::Text("req_options".into()),
            Term::Map(vec![
                (Term::Text("receive_timeout".into()), Term::Int(TIMES.deadline.as_millis() as i64)),
                (Term::Text("retry".into()), Term::Bool(false)),
            ]),
        ),
    ];
    let layers = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: Term::Map(options) };
    Config::of(layers, Idiom::Python).expect("a configuration")
}
