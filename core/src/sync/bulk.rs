use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::result::{Status, WriteResult};
use super::write::Write;
use crate::config::{Config, SyncMode};
use crate::document::{Batch, DocumentId};
use crate::error::{Error, Kind, Result};
use crate::meilisearch::{Client, TaskMap, naming, tasks::Stage};
use crate::process::Core;
use crate::schema::Schema;
use crate::telemetry::Trace;

/// A bulk write under way: batches are accepted one by one and awaited together.
#[derive(Debug)]
pub struct Bulk {
    schema: Arc<Schema>,
    config: Config,
    aborted: AtomicBool,
    sent: Mutex<Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    ids: Vec<DocumentId>,
    tasks: Vec<TaskMap>,
}

impl Bulk {
    pub(crate) fn new(schema: Arc<Schema>, config: Config) -> Self {
        Self { schema, config, aborted: AtomicBool::new(false), sent: Mutex::default() }
    }

    pub(crate) fn schema(&self) -> Arc<Schema> {
        self.schema.clone()
    }

    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    fn check_open(&self) -> Result<()> {
        if self.aborted.load(Ordering::Acquire) {
            return Err(Error::new(Kind::CallCancelled, "the stream was aborted; open a new one"));
        }
        Ok(())
    }

    pub(crate) async fn send(&self, core: &Core, batch: Batch, trace: &mut Trace) -> Result<()> {
        self.check_open()?;
        if batch.is_empty() {
            return Ok(());
        }
        let index = naming::index_name(&self.schema, &self.config);
        let client = Client::open(core, &self.config)?;
        let settings = client.ensure_index(&self.schema, &index, trace).await?;
        let (exchange, ids) = Write::Upsert(batch).into_exchange(&self.schema, &index);
        let task = TaskMap::read(client.object(exchange, trace).await?, Stage::Initial)?;
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.tasks.extend(settings.into_iter().chain([task]));
        sent.ids.extend(ids);
        Ok(())
    }

    /// Waits as the mode promises; the task shown is the last one.
    pub(crate) async fn end(&self, core: &Core, trace: &mut Trace) -> Result<WriteResult> {
        self.check_open()?;
        self.abort();
        let Sent { ids, mut tasks } =
            std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner));
        let mode = self.config.sync_mode;
        if tasks.is_empty() {
            return Ok(WriteResult::noop(mode));
        }
        let status = if mode == SyncMode::Inline {
            tasks = Client::open(core, &self.config)?.wait_for_tasks(tasks, trace).await?;
            Status::Completed
        } else {
            Status::Accepted
        };
        let index = naming::index_name(&self.schema, &self.config);
        let document_count = ids.len();
        Ok(WriteResult {
            mode,
            status,
            document_ids: ids,
            document_count,
            index: Some(index),
            task: tasks.pop(),
        })
    }
}
