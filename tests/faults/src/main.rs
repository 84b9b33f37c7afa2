//! A seeded simulation of the durable queue: drops, late arrivals, duplicates, cut bodies, lost answers,
//! overload, crashes at every step, clocks that jump, transactions that roll back or commit late. After each
//! seed the index must be what the database says, and no job may have claimed more than was true.
//!
//! `scrypath-faults --seeds 2000`, or `--seed N` for one of them.

mod connection;
mod database;
mod fences;
mod index;
mod network;
mod oban;
mod run;
mod world;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;

#[derive(Parser)]
#[command(about = "Simulates the queue behind faults")]
struct Options {
    /// How many seeds to run
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// One seed alone
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let (from, count) = options.seed.map_or((options.from, options.seeds), |seed| (seed, 1));
    let next = AtomicU64::new(from);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count {
                        return;
                    }
                    for violation in run::run(seed) {
                        eprintln!("seed {seed}: {violation}");
                        world::lock(&failed).push(seed);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_default();
    let violations = failed.len();
    failed.dedup();
    for seed in failed.iter().take(3) {
        eprintln!("again: scrypath-faults --seed {seed}");
    }
    println!("{count} seeds, {violations} violations");
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
