//! `scrypath queue`: the table of jobs.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use scrypath_worker::Database;

#[derive(Subcommand)]
pub(crate) enum Queue {
    /// Make the table of jobs where there is none, as Oban would; one that is there is left as it is
    Install(Install),
}

#[derive(Args)]
pub(crate) struct Install {
    /// postgres://USER@HOST/DATABASE or sqlite:PATH
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
}

pub(crate) fn run(queue: &Queue) -> ExitCode {
    let Queue::Install(install) = queue;
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("scrypath: {error}");
            return ExitCode::FAILURE;
        }
    };
    let installed = runtime.block_on(async { Database::open(&install.database_url)?.install().await });
    match installed {
        Ok(()) => {
            println!("the queue is installed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("scrypath: {error}");
            ExitCode::FAILURE
        }
    }
}
