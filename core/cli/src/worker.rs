//! `scrypath worker`: brings what was enqueued into the index.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use scrypath_core::Core;
use scrypath_core::queue::Times;
use scrypath_worker::{Options, work};

use crate::serve::stop_signal;

#[derive(Args)]
pub(crate) struct Worker {
    /// postgres://USER@HOST/DATABASE or sqlite:PATH
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// http://HOST, https://HOST or embedded:PATH
    #[arg(long, env = "MEILISEARCH_URL")]
    meilisearch_url: String,
    /// Sent as Authorization: Bearer
    #[arg(long, env = "MEILISEARCH_API_KEY", hide_env_values = true)]
    meilisearch_api_key: Option<String>,
    /// A queue to work; may be given several times
    #[arg(long = "queue", default_value = "scrypath")]
    queues: Vec<String>,
    /// End once there is nothing to do
    #[arg(long)]
    until_idle: bool,
    /// End, as on SIGTERM, once standard input ends or says anything: with the program that started this
    #[arg(long)]
    tied: bool,
    /// How long one request may take, in ms
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(1..))]
    request_timeout: u64,
    /// How long after its deadline an unanswered request may still land, in ms
    #[arg(long, default_value_t = 15_000)]
    settle_time: u64,
    /// How long a queue stays with a worker that no longer says anything, in ms; at least four requests
    #[arg(long, default_value_t = 60_000)]
    lease: u64,
    /// How long completed jobs stay in the table, in ms; those that were given up stay
    #[arg(long, default_value_t = 86_400_000)]
    keep_completed: u64,
    /// Print what was done as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(worker: Worker) -> ExitCode {
    // Why a queue pauses is for whoever looks why nothing moves.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::WARN)
        .with_target(false)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("scrypath: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (deadline, settle) =
        (Duration::from_millis(worker.request_timeout), Duration::from_millis(worker.settle_time));
    let lease = Duration::from_millis(worker.lease).max(deadline * 4);
    let times = Times { lease, deadline, settle, ..Times::default() };
    let options = Options {
        database_url: worker.database_url,
        meilisearch_url: worker.meilisearch_url,
        meilisearch_api_key: worker.meilisearch_api_key,
        queues: worker.queues,
        holder: holder(),
        until_idle: worker.until_idle,
        times,
        keep_completed: Duration::from_millis(worker.keep_completed),
    };
    let stop = Arc::new(AtomicBool::new(false));
    if worker.tied {
        let stop = stop.clone();
        // Not awaited by anybody: a read of standard input cannot be called off.
        std::thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0]);
            finish(&stop);
        });
    }
    let worked = runtime.block_on(async {
        match stop_signal() {
            Ok(signal) => {
                let stop = stop.clone();
                tokio::spawn(async move {
                    signal.await;
                    finish(&stop);
                });
            }
            Err(error) => eprintln!("scrypath: signals cannot be heard: {error}"),
        }
        work(&Core::new(), &options, &stop).await
    });
    match worked {
        Ok(tally) if worker.json => {
            println!("{}", serde_json::to_string(&tally).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Ok(tally) => {
            println!(
                "{} completed, {} discarded, {} cancelled, {} put back; {} requests",
                tally.completed, tally.discarded, tally.cancelled, tally.retried, tally.requests
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("scrypath: {error}");
            ExitCode::FAILURE
        }
    }
}

fn finish(stop: &AtomicBool) {
    // First, since standard error may be closed.
    stop.store(true, Ordering::Relaxed);
    eprintln!("scrypath: finishing what was begun");
}

/// No two workers have the same, on whatever machines.
fn holder() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let chance = RandomState::new().build_hasher().finish();
    format!("scrypath-{}-{chance:016x}", std::process::id())
}
