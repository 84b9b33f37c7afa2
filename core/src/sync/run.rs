use super::result::{Status, WriteResult};
use super::write::Write;
use crate::config::{Config, SyncMode};
use crate::error::{Error, Kind, Result};
use crate::host::Term;
use crate::meilisearch::{Client, TaskMap, naming, tasks::Stage};
use crate::process::Core;
use crate::schema::Schema;
use crate::telemetry::{Metadata, Trace, error_kind};

/// Carries out a write in the configured mode.
pub async fn run(
    core: &Core,
    schema: &Schema,
    config: &Config,
    write: Write,
    trace: &mut Trace,
) -> Result<WriteResult> {
    let index = naming::index_name(schema, config);
    let metadata = span_metadata(schema, config, Some(&index), config.sync_mode, write.len());
    let span = trace.start(write.span(), metadata);
    let symbol = |name: &str| Term::Symbol(name.to_owned());
    let written = dispatch(core, schema, config, &index, write, trace).await;
    trace.stop(span, |metadata| match &written {
        Ok(result) => {
            let status = match result.status {
                Status::Accepted => "accepted",
                Status::Completed => "completed",
                Status::Noop => "noop",
            };
            metadata.set("status", symbol(status));
            metadata.set("mode", symbol(result.mode.name()));
            metadata.set("document_count", result.document_count);
        }
        Err(error) => metadata.set("error_kind", error_kind(error)),
    });
    written.map_err(|error| error.of_schema(&schema.name))
}

/// What is known of a write before it is carried out.
pub(crate) fn span_metadata(
    schema: &Schema,
    config: &Config,
    index: Option<&str>,
    mode: SyncMode,
    document_count: usize,
) -> Metadata {
    let symbol = |name: &str| Term::Symbol(name.to_owned());
    let mut metadata =
        Metadata::new().with("schema", schema.name.as_str()).with("backend", symbol("meilisearch"));
    if let Some(index) = index {
        metadata.set("index", index);
    }
    metadata.set("sync_mode", symbol(mode.name()));
    if let Some(repo) = &config.repo {
        metadata.set("repo", repo.for_telemetry());
    }
    metadata.with("document_count", document_count)
}

async fn dispatch(
    core: &Core,
    schema: &Schema,
    config: &Config,
    index: &str,
    write: Write,
    trace: &mut Trace,
) -> Result<WriteResult> {
    let mode = config.sync_mode;
    if write.len() == 0 {
        return Ok(WriteResult::noop(mode));
    }
    if mode == SyncMode::Oban {
        let message = "sync_mode oban writes on the caller's own connection, which this call does not have: \
             give the connection of the transaction that wrote the record";
        return Err(Error::new(Kind::QueueUnavailable, message));
    }
    let client = Client::open(core, config)?;
    let settings = match &write {
        Write::Upsert(_) => client.ensure_index(schema, index, trace).await?,
        Write::Delete(_) => None,
    };
    let (exchange, document_ids) = write.into_exchange(schema, index);
    let task = TaskMap::read(client.object(exchange, trace).await?, Stage::Initial)?;
    let (status, task) = match mode {
        SyncMode::Inline => (Status::Completed, wait(&client, settings, task, trace).await?),
        SyncMode::Manual | SyncMode::Oban => (Status::Accepted, task),
    };
    let document_count = document_ids.len();
    Ok(WriteResult {
        mode,
        status,
        document_ids,
        document_count,
        index: Some(index.to_owned()),
        task: Some(task),
    })
}

/// Waits for the write, and for the settings of an index that this write made: a document that cannot
/// be filtered as declared is not what `inline` promises.
async fn wait(
    client: &Client<'_>,
    settings: Option<TaskMap>,
    task: TaskMap,
    trace: &mut Trace,
) -> Result<TaskMap> {
    match settings {
        None => client.wait_for_task(task, trace).await,
        Some(settings) => {
            let mut tasks = client.wait_for_tasks(vec![settings, task], trace).await?;
            tasks.pop().ok_or_else(|| Error::internal("a task was lost while waiting for it"))
        }
    }
}
