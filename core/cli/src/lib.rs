//! The `scrypath` command, as a library, so that the Python and Node packages ship it too.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 fine, 1 it failed,
//! 2 it was asked wrongly.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod queue;
mod serve;
mod worker;

#[derive(Parser)]
#[command(name = "scrypath", version, about = "Search for the records an application already has")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put the embedded index on a port, speaking Meilisearch's HTTP
    Serve(serve::Serve),
    /// The table that jobs are kept in
    #[command(subcommand)]
    Queue(queue::Queue),
    /// Bring what was enqueued into the index
    Worker(worker::Worker),
}

/// Runs the command; the caller exits with what it returns.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match cli.command {
        Command::Serve(serve) => serve::run(serve),
        Command::Queue(queue) => queue::run(&queue),
        Command::Worker(worker) => worker::run(worker),
    }
}
