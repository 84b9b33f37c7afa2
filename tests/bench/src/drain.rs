//! Jobs of one document each, out of a PostgreSQL and into a backend that keeps nothing: by `scrypath worker`; by a
//! worker that takes one job at a time, and so keeps the same promises with one request for each; and by whoever sends
//! one request for each, ten at once, in whatever order, and does not wait for tasks.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use scrypath_core::config::{Config, Layers};
use scrypath_core::queue::{Lane, Tally, Times, UPSERT_WORKER};
use scrypath_core::{Core, Idiom, Term};
use scrypath_worker::Postgres;
use tokio_postgres::{Client, NoTls};

use crate::sink;

const QUEUE: &str = "bench";
const INDEX: &str = "bench_note";

/// How many jobs the peer runs at once, each on a connection of its own: what an Oban's documentation starts with.
const AT_ONCE: usize = 10;

pub(crate) fn drain(database: &str, scrypath: &str, counts: &[&str]) {
    for count in counts {
        let mut seen = Seen::default();
        timed("worker", database, scrypath, count, async |url| seen = work(database, scrypath, url).await);
        println!("{:<24} {:>9.0} MiB at most", "", seen.peak as f64 / 1024.0);
        if let Some((first, last)) = seen.first_and_last_tenth(count.parse().expect("a number of jobs")) {
            println!("{:<24} {first:>9.0} jobs/s in the first tenth, {last:.0} in the last", "");
        }
    }
}

/// Fills the table, has it drained into a sink, looks whether nothing is left, and prints how fast it was.
fn timed(name: &str, database: &str, scrypath: &str, count: &str, drained: impl AsyncFnOnce(&str)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let url = sink::start();
        install(database, scrypath);
        let client = connect(database).await;
        let jobs: i64 = count.parse().expect("a number of jobs");
        enqueue(&client, jobs).await;
        let started = Instant::now();
        drained(&url).await;
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(completed(&client).await, jobs, "jobs were left over");
        println!("{name:<24} {jobs:>9} jobs {:>9.0} jobs/s {seconds:>8.2} s", jobs as f64 / seconds);
    });
}

/// A worker whose batches are of one job.
pub(crate) fn in_order(database: &str, scrypath: &str, count: &str) {
    timed("one at a time", database, scrypath, count, async |url| {
        let given = vec![(Term::Text("meilisearch_url".into()), Term::Text(url.into()))];
        let layers = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: Term::Map(given) };
        let lane = Lane {
            core: &Core::new(),
            config: &Config::of(layers, Idiom::Python).expect("a configuration"),
            store: &Postgres::new(database),
            queue: QUEUE,
            holder: "bench",
            times: Times::default(),
            jobs_at_once: 1,
            keep_completed: Duration::MAX,
            until_idle: true,
            seed: 1,
        };
        lane.work(|| false, &mut Tally::default()).await.expect("a lane that works");
    });
}

pub(crate) fn ten_at_once(database: &str, scrypath: &str, count: &str) {
    timed("ten at once, no order", database, scrypath, count, async |url| {
        let mut running = Vec::new();
        for _ in 0..AT_ONCE {
            let (client, url) = (connect(database).await, url.to_owned());
            running.push(tokio::spawn(async move { run(&client, &url).await }));
        }
        for one in running {
            one.await.expect("a peer that works");
        }
    });
    assert_eq!(sink::writes().to_string(), count, "a request for each job");
}

async fn connect(database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await.expect("the database");
    tokio::spawn(connection);
    client
}

fn install(database: &str, scrypath: &str) {
    let mut install = Command::new(scrypath);
    install.args(["queue", "install", "--database-url", database]).stdout(Stdio::null());
    assert!(install.status().expect("the command").success(), "the queue could not be installed");
}

/// As many jobs as that, as a package enqueues them, and nothing else.
async fn enqueue(client: &Client, jobs: i64) {
    let fill = format!(
        "INSERT INTO oban_jobs (queue, worker, max_attempts, args) SELECT '{QUEUE}', '{UPSERT_WORKER}', 8, \
         jsonb_build_object('version', 1, 'operation', 'upsert', 'schema', 'note', 'index', '{INDEX}', \
           'document_count', 1, 'document_ids', jsonb_build_array(id), \
           'declaration', '{{\"scrypath\":1,\"name\":\"note\",\"fields\":[\"title\",\"body\"]}}'::jsonb, \
           'documents', jsonb_build_array(jsonb_build_object('id', id, 'source', 'fields', 'data', jsonb_build_object( \
             'id', id, 'title', 'The note number ' || id, \
             'body', repeat('Two strangers meet under the lights of a small harbour. ', 4))))) \
         FROM generate_series(1, {jobs}) AS id"
    );
    client.batch_execute("TRUNCATE oban_jobs").await.expect("an empty table");
    client.batch_execute(&fill).await.expect("jobs");
    client.batch_execute("VACUUM ANALYZE oban_jobs").await.expect("known to the planner");
}

async fn completed(client: &Client) -> i64 {
    let count = "SELECT count(*) FROM oban_jobs WHERE state = 'completed'";
    client.query_one(count, &[]).await.expect("a count").get(0)
}

/// What was seen of a worker from outside.
#[derive(Default)]
struct Seen {
    /// The most memory it held, in KiB.
    peak: u64,
    /// When each of its requests came in.
    requests: Vec<Instant>,
}

impl Seen {
    /// Jobs per second while the table was full, and while it was nearly empty; of few requests there is no telling.
    fn first_and_last_tenth(&self, jobs: f64) -> Option<(f64, f64)> {
        let tenth = self.requests.len() / 10;
        let of_a_tenth = jobs / self.requests.len() as f64 * tenth as f64;
        let rate = |part: &[Instant]| of_a_tenth / (part[tenth] - part[0]).as_secs_f64();
        let last = self.requests.len().checked_sub(tenth + 1)?;
        (tenth >= 2).then(|| (rate(&self.requests), rate(&self.requests[last..])))
    }
}

/// Runs the worker until nothing is left.
async fn work(database: &str, scrypath: &str, url: &str) -> Seen {
    let mut command = Command::new(scrypath);
    command.args(["worker", "--database-url", database, "--meilisearch-url", url]);
    command.args(["--queue", QUEUE, "--until-idle"]).stdout(Stdio::null());
    let mut worker = command.spawn().expect("the worker");
    let (mut seen, before) = (Seen::default(), sink::writes());
    let status = loop {
        if let Some(status) = worker.try_wait().expect("the worker") {
            break status;
        }
        seen.peak = seen.peak.max(resident(worker.id()));
        seen.requests.resize((sink::writes() - before) as usize, Instant::now());
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(status.success(), "the worker failed");
    seen
}

/// The most that a process held so far, in KiB.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Takes ten jobs, sends one request for each, and says of each that it is done. It does not wait for tasks.
async fn run(client: &Client, url: &str) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let address = format!("{url}/indexes/{INDEX}/documents?primaryKey=id");
    let take = "UPDATE oban_jobs SET state = 'executing', attempt = attempt + 1, attempted_at = timezone('UTC', now()) \
         WHERE id IN (SELECT id FROM oban_jobs WHERE state = 'available' AND queue = $1 \
           ORDER BY priority, scheduled_at, id LIMIT 10 FOR UPDATE SKIP LOCKED) \
         RETURNING id, (args->'documents'->0->'data')::text";
    let take = client.prepare(take).await.expect("a statement");
    let done =
        "UPDATE oban_jobs SET state = 'completed', completed_at = timezone('UTC', now()) WHERE id = $1";
    let done = client.prepare(done).await.expect("a statement");
    loop {
        let jobs = client.query(&take, &[&QUEUE]).await.expect("jobs");
        if jobs.is_empty() {
            return;
        }
        for job in jobs {
            let (id, document): (i64, String) = (job.get(0), job.get(1));
            let request = http.post(&address).header("content-type", "application/x-ndjson").body(document);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 202);
            answer.bytes().await.expect("a body");
            client.execute(&done, &[&id]).await.expect("done");
        }
    }
}
