//! The queue with real parts: a PostgreSQL, a `scrypath serve`, workers that are killed with no warning, writers whose
//! transactions commit and roll back. At the end the index must be what the database says.
//!
//! `scrypath-storm --database-url postgres://… --scrypath target/release/scrypath --seconds 60`; `--meilisearch-url`
//! names another server, without the index that a storm fills; with `--oban PYTHON`, where `oban` and `scrypath` are
//! installed, an Oban works the queue beside a worker, and is killed as that is.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use scrypath_core::config::{Config, Layers};
use scrypath_core::meilisearch::{Client as Backend, Exchange};
use scrypath_core::queue::{DELETE_WORKER, UPSERT_WORKER};
use scrypath_core::telemetry::Trace;
use scrypath_core::{Core, Idiom, Term};
use tokio_postgres::{Client, NoTls};

#[derive(Parser)]
struct Options {
    #[arg(long)]
    database_url: String,
    /// The command, built
    #[arg(long)]
    scrypath: String,
    /// A Meilisearch without a master key, in the place of a `scrypath serve`
    #[arg(long)]
    meilisearch_url: Option<String>,
    /// A Python that has `oban` and `scrypath`
    #[arg(long)]
    oban: Option<String>,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const KEYS: i64 = 200;
const WRITERS: u64 = 4;
const QUEUE: &str = "storm";
const INDEX: &str = "storm_note";

/// How long what a killed Oban left behind may take: a worker takes its jobs after 6 minutes, and waits for fences.
const LEFT_BEHIND: Duration = Duration::from_secs(900);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match storm(Options::parse()).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("storm: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn storm(options: Options) -> Result<usize, Failure> {
    let install = Command::new(&options.scrypath)
        .args(["queue", "install", "--database-url", &options.database_url])
        .stdout(Stdio::null())
        .status()?;
    assert!(install.success(), "the queue could not be installed");
    if let Some(python) = &options.oban {
        let program = Path::new(python).with_file_name("oban");
        let install = Command::new(program).args(["install", "--dsn", &options.database_url]).status()?;
        assert!(install.success(), "what an Oban adds to the table could not be installed");
    }
    let database = connect(&options.database_url).await?;
    let tables = "DROP TABLE IF EXISTS storm_notes; CREATE TABLE storm_notes (id bigint PRIMARY KEY, v bigint NOT NULL); \
         DROP SEQUENCE IF EXISTS storm_versions; CREATE SEQUENCE storm_versions";
    database.batch_execute(tables).await?;
    let (server, url) = match &options.meilisearch_url {
        Some(url) => (None, url.clone()),
        None => serve(&options.scrypath).map(|(server, url)| (Some(server), url))?,
    };
    let until = Instant::now() + Duration::from_secs(options.seconds);
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let (url, seed) = (options.database_url.clone(), options.seed * 1000 + number);
        writers.push(tokio::spawn(async move { write(&url, seed, until).await }));
    }
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let node = |at: usize| match &options.oban {
        Some(python) if at == 0 => oban(&options, python, &url),
        _ => worker(&options, &url, false),
    };
    let (mut workers, mut killed) = (vec![node(0)?, node(1)?], 0);
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(rng.u64(200..2500))).await;
        let at = rng.usize(..workers.len());
        // SIGKILL: no handler runs.
        workers[at].kill()?;
        workers[at].wait()?;
        killed += 1;
        if options.oban.is_some() {
            // The other has the queue for itself.
            tokio::time::sleep(Duration::from_millis(rng.u64(..6000))).await;
        }
        workers[at] = node(at)?;
    }
    let (mut committed, mut jobs) = (0, 0);
    for writer in writers {
        let written = writer.await??;
        committed += written.transactions;
        jobs += written.jobs;
    }
    for mut worker in workers {
        worker.kill()?;
        worker.wait()?;
    }
    let started = Instant::now();
    drain(&options, &url, &database).await?;
    let by_oban: i64 = database.query_one(BY_OBAN, &[&QUEUE]).await?.get(0);
    let (left, violations) = compare(&database, &url).await?;
    if let Some(mut server) = server {
        server.kill()?;
        server.wait()?;
    }
    println!(
        "{committed} transactions, {jobs} jobs, {by_oban} of them by an Oban, {} deleted once completed, {killed} workers killed, drained in {:.1} s, {} violations",
        jobs - left,
        started.elapsed().as_secs_f64(),
        violations.len()
    );
    for violation in violations.iter().take(10) {
        eprintln!("{violation}");
    }
    Ok(violations.len())
}

async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

fn serve(scrypath: &str) -> Result<(Child, String), Failure> {
    let mut server =
        Command::new(scrypath).args(["serve", "--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let url = line.trim().strip_prefix("listening on ").ok_or("the server did not start")?.to_owned();
    Ok((server, url))
}

fn worker(options: &Options, url: &str, until_idle: bool) -> Result<Child, Failure> {
    let mut command = Command::new(&options.scrypath);
    command.args([
        "worker",
        "--database-url",
        &options.database_url,
        "--meilisearch-url",
        url,
        "--queue",
        QUEUE,
    ]);
    // Short, so that a minute holds many lives of a lane.
    command.args(["--request-timeout", "500", "--settle-time", "500", "--lease", "3000"]);
    if options.oban.is_none() {
        command.args(["--keep-completed", "2000"]);
    }
    if until_idle {
        command.arg("--until-idle");
    }
    Ok(command.stdout(Stdio::null()).spawn()?)
}

/// An Oban runs the queue's jobs until it is killed.
fn oban(options: &Options, python: &str, url: &str) -> Result<Child, Failure> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/oban_node.py");
    let mut command = Command::new(python);
    command.args([script, &options.database_url, url, QUEUE]).stdout(Stdio::null());
    Ok(command.spawn()?)
}

/// Jobs that an Oban ran last.
const BY_OBAN: &str = "SELECT count(*) FROM oban_jobs WHERE queue = $1 AND state = 'completed' \
     AND attempted_by[2] IS DISTINCT FROM 'scrypath'";

/// One worker alone, until nothing is left.
async fn drain(options: &Options, url: &str, database: &Client) -> Result<(), Failure> {
    if options.oban.is_none() {
        let last = worker(options, url, true)?.wait_with_output()?;
        assert!(last.status.success(), "the last worker failed");
        return Ok(());
    }
    // One that ends when it is idle does not wait for what an Oban left.
    let mut last = worker(options, url, false)?;
    let started = Instant::now();
    let open = "SELECT count(*) FROM oban_jobs WHERE queue = $1 AND state NOT IN ('completed', 'discarded', 'cancelled')";
    while database.query_one(open, &[&QUEUE]).await?.get::<_, i64>(0) > 0 && started.elapsed() < LEFT_BEHIND {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    last.kill()?;
    last.wait()?;
    Ok(())
}

/// What was committed.
#[derive(Default)]
struct Written {
    transactions: u64,
    jobs: i64,
}

/// Changes rows and enqueues inside the transaction; some roll back, some take their time.
async fn write(url: &str, seed: u64, until: Instant) -> Result<Written, Failure> {
    let mut client = connect(url).await?;
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut written = Written::default();
    while Instant::now() < until {
        let changes = client.transaction().await?;
        let key = rng.i64(0..KEYS);
        let version: i64 = changes.query_one("SELECT nextval('storm_versions')", &[]).await?.get(0);
        let is_deleted = rng.u8(..5) == 0;
        let changed = if is_deleted {
            changes.execute("DELETE FROM storm_notes WHERE id = $1", &[&key]).await?
        } else {
            let upsert =
                "INSERT INTO storm_notes (id, v) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET v = $2";
            changes.execute(upsert, &[&key, &version]).await?
        };
        // What was not there was not deleted, has no lock, and is no news.
        if changed > 0 {
            let documents = match is_deleted {
                true => String::new(),
                false => {
                    format!(r#","documents":[{{"id":{key},"data":{{"v":{version}}},"source":"fields"}}]"#)
                }
            };
            let operation = if is_deleted { "delete" } else { "upsert" };
            let args = format!(
                r#"{{"version":1,"operation":"{operation}","schema":"note","index":"{INDEX}","document_count":1,"document_ids":[{key}]{documents},"declaration":{{"scrypath":1,"name":"note","fields":["v"]}}}}"#
            );
            let worker = if is_deleted { DELETE_WORKER } else { UPSERT_WORKER };
            let enqueue = "INSERT INTO oban_jobs (queue, worker, args, max_attempts) VALUES ($1, $2, $3::text::jsonb, 8)";
            changes.execute(enqueue, &[&QUEUE, &worker, &args]).await?;
        }
        if rng.u8(..20) == 0 {
            tokio::time::sleep(Duration::from_millis(rng.u64(..800))).await;
        }
        if rng.u8(..8) == 0 {
            changes.rollback().await?;
        } else {
            changes.commit().await?;
            written.transactions += 1;
            written.jobs += i64::from(changed > 0);
        }
    }
    Ok(written)
}

async fn compare(database: &Client, url: &str) -> Result<(i64, Vec<String>), Failure> {
    let rows = database.query("SELECT id, v FROM storm_notes", &[]).await?;
    let expected: BTreeMap<i64, i64> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let open =
        "SELECT count(*) FILTER (WHERE state <> 'completed'), count(*) FROM oban_jobs WHERE queue = $1";
    let row = database.query_one(open, &[&QUEUE]).await?;
    let (open, jobs): (i64, i64) = (row.get(0), row.get(1));
    let mut violations = Vec::new();
    if open > 0 {
        violations.push(format!("{open} jobs are not completed"));
    }
    let core = Core::new();
    let given = Term::Map(vec![(Term::Text("meilisearch_url".into()), Term::Text(url.into()))]);
    let layers = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: given };
    let config = Config::of(layers, Idiom::Python).map_err(|error| error.message)?;
    let backend = Backend::open(&core, &config).map_err(|error| error.message)?;
    let look = Exchange::get(format!("/indexes/{INDEX}/documents?limit=100000"));
    let raw = backend.object(look, &mut Trace::default()).await.map_err(|error| error.message)?;
    let page: serde_json::Value = serde_json::from_str(raw.get())?;
    let results = page["results"].as_array().cloned().unwrap_or_default();
    let there: BTreeMap<i64, i64> =
        results.iter().filter_map(|one| Some((one["id"].as_i64()?, one["v"].as_i64()?))).collect();
    for (key, version) in &expected {
        match there.get(key) {
            None => violations.push(format!("lost: {key}")),
            Some(found) if found != version => {
                violations.push(format!("stale: {key} is of version {version}, the index has {found}"));
            }
            _ => {}
        }
    }
    violations
        .extend(there.keys().filter(|key| !expected.contains_key(key)).map(|key| format!("zombie: {key}")));
    Ok((jobs, violations))
}
