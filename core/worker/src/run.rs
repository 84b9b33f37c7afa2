//! A worker: a lane for each queue, in one process, until it is told to stop.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use scrypath_core::config::{Config, Layers};
use scrypath_core::error::Result;
use scrypath_core::queue::{Lane, MOST_JOBS, Store, Tally, Times};
use scrypath_core::{Core, Error, Idiom, Kind, Term};

use crate::{Postgres, Sqlite};

/// Where jobs are, where documents go, and which queues are worked.
#[derive(Debug, Clone)]
pub struct Options {
    pub database_url: String,
    pub meilisearch_url: String,
    pub meilisearch_api_key: Option<String>,
    pub queues: Vec<String>,
    /// Unique among all workers there are.
    pub holder: String,
    /// Ends once there is nothing to do.
    pub until_idle: bool,
    pub times: Times,
    /// How long completed jobs stay in the table.
    pub keep_completed: Duration,
}

/// The database that a URL names.
pub enum Database {
    Postgres(Box<Postgres>),
    Sqlite(Sqlite),
}

impl Database {
    /// `postgres://…`, `postgresql://…` or `sqlite:PATH`.
    pub fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Box::new(Postgres::new(url))));
        }
        match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(Sqlite::open(Path::new(path))?)),
            _ => {
                let message = "the database URL is not one of postgres://USER@HOST/DATABASE and sqlite:PATH";
                Err(Error::new(Kind::InvalidOption, message).named("database_url"))
            }
        }
    }

    /// Makes the tables that are missing. Those that are there are left as they are.
    pub async fn install(&self) -> Result<()> {
        match self {
            Self::Postgres(store) => store.install().await,
            Self::Sqlite(store) => store.install().await,
        }
    }
}

/// Works until `stop` is set, or, if so asked, until nothing is left to do. What was claimed is finished first.
pub async fn work(core: &Core, options: &Options, stop: &AtomicBool) -> Result<Tally> {
    let config = config(options)?;
    match Database::open(&options.database_url)? {
        Database::Postgres(store) => {
            store.prepare().await?;
            lanes(core, &config, options, &*store, stop).await
        }
        Database::Sqlite(store) => {
            store.prepare().await?;
            lanes(core, &config, options, &store, stop).await
        }
    }
}

async fn lanes<S: Store>(
    core: &Core,
    config: &Config,
    options: &Options,
    store: &S,
    stop: &AtomicBool,
) -> Result<Tally> {
    let mut sum = Tally::default();
    let works = options.queues.iter().enumerate().map(|(at, queue)| async move {
        let lane = Lane {
            core,
            config,
            store,
            queue,
            holder: &options.holder,
            times: options.times,
            jobs_at_once: MOST_JOBS,
            keep_completed: options.keep_completed,
            until_idle: options.until_idle,
            seed: std::process::id() as u64 + at as u64,
        };
        let mut tally = Tally::default();
        lane.work(|| stop.load(Ordering::Relaxed), &mut tally).await.map(|()| tally)
    });
    for tally in join_all(works).await {
        sum += tally?;
    }
    Ok(sum)
}

fn config(options: &Options) -> Result<Config> {
    let text = |text: &str| Term::Text(text.to_owned());
    let deadline = options.times.deadline.as_millis() as i64;
    let request = vec![(text("receive_timeout"), Term::Int(deadline)), (text("retry"), Term::Bool(false))];
    let mut given = vec![
        (text("meilisearch_url"), text(&options.meilisearch_url)),
        (text("req_options"), Term::Map(request)),
    ];
    if let Some(key) = &options.meilisearch_api_key {
        given.push((text("meilisearch_api_key"), text(key)));
    }
    let layers = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: Term::Map(given) };
    Config::of(layers, Idiom::Python)
}
