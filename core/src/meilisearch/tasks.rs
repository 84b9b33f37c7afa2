//! Task payloads, and waiting for tasks to end.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::client::Client;
use super::exchange::Exchange;
use crate::error::{Error, InvalidTask, Kind, Result};
use crate::host::{RawJson, Term};
use crate::telemetry::{Metadata, Trace};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    Enqueued,
    Processing,
    Succeeded,
    Failed,
    Cancelled,
}

impl TaskStatus {
    /// The server's word; both spellings of cancelled are met.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "enqueued" | "queued" => Some(Self::Enqueued),
            "processing" => Some(Self::Processing),
            "succeeded" => Some(Self::Succeeded),
            "failed" => Some(Self::Failed),
            "canceled" | "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }

    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    fn symbol(self) -> Term {
        let name = match self {
            Self::Enqueued => "enqueued",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        };
        Term::Symbol(name.to_owned())
    }
}

/// A Meilisearch task, as callers see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaskMap {
    pub uid: i64,
    pub status: TaskStatus,
    pub index_uid: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The last payload seen, as the server sent it.
    pub raw: RawJson,
}

/// Whether a payload answered a write, or a look at a task.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Stage {
    Initial,
    Poll,
}

impl TaskMap {
    pub fn read(raw: RawJson, stage: Stage) -> Result<Self> {
        let payload: Value = serde_json::from_str(raw.get()).unwrap_or(Value::Null);
        let uid = ["taskUid", "uid"].iter().find_map(|key| payload.get(*key)).and_then(Value::as_i64);
        let word = payload.get("status").and_then(Value::as_str);
        let mut problems = Vec::new();
        if !payload.is_object() {
            problems.push(("payload", "not_a_map"));
        } else {
            if uid.is_none() {
                problems.push(("uid", "missing_or_invalid"));
            }
            match word {
                None => problems.push(("status", "missing")),
                Some(word) if TaskStatus::parse(word).is_none() => problems.push(("status", "unknown")),
                Some(_) => {}
            }
        }
        match (uid, word.and_then(TaskStatus::parse)) {
            (Some(uid), Some(status)) if problems.is_empty() => {
                let text = |key: &str| payload.get(key).and_then(Value::as_str).map(str::to_owned);
                Ok(Self { uid, status, index_uid: text("indexUid"), kind: text("type"), raw })
            }
            _ => {
                let message =
                    "the backend answered with a task that cannot be read; is it a Meilisearch 1.x?";
                let mut error = Error::new(Kind::InvalidTaskPayload, message);
                let stage = if stage == Stage::Initial { "initial" } else { "poll" };
                error.details.payload = Some(InvalidTask { stage, task_uid: uid, problems, payload });
                Err(error)
            }
        }
    }

    /// A finished task that did not succeed, as the error it is.
    fn into_failure(self) -> Box<Error> {
        let code = serde_json::from_str::<Value>(self.raw.get())
            .ok()
            .and_then(|raw| raw.get("error")?.get("code")?.as_str().map(str::to_owned));
        let (kind, message) = match self.status {
            TaskStatus::Failed => {
                let why = code.as_deref().map(|code| format!(" with {code}")).unwrap_or_default();
                (Kind::TaskFailed, format!("task {} failed{why}", self.uid))
            }
            TaskStatus::Cancelled => (Kind::TaskCancelled, format!("task {} was cancelled", self.uid)),
            _ => (
                Kind::Timeout,
                format!("task {} did not finish within inline_timeout; it may still finish", self.uid),
            ),
        };
        let mut error = Error::new(kind, message);
        error.details.code = code;
        error.details.task = Some(self);
        error
    }
}

impl Client<'_> {
    /// Waits until a task has succeeded. Looks soon at first, then ever less often, until the pause is
    /// `inline_poll_interval`. At least one look is taken, whatever `inline_timeout` says.
    pub async fn wait_for_task(&self, task: TaskMap, trace: &mut Trace) -> Result<TaskMap> {
        let mut tasks = self.wait_for_tasks(vec![task], trace).await?;
        tasks.pop().ok_or_else(|| Error::internal("a task was lost while waiting for it"))
    }

    /// The same for many tasks, with one request a look. The first that did not succeed is the error.
    pub async fn wait_for_tasks(&self, tasks: Vec<TaskMap>, trace: &mut Trace) -> Result<Vec<TaskMap>> {
        let Some(last) = tasks.last() else { return Ok(tasks) };
        let metadata = Metadata::new()
            .with("task_uid", last.uid)
            .with("initial_status", last.status.symbol())
            .with("poll_interval_ms", self.config.inline_poll_interval.as_millis() as i64)
            .with("timeout_ms", self.config.inline_timeout.as_millis() as i64);
        let span = trace.start("scrypath.meilisearch.task_wait", metadata);
        let mut polls = 0;
        let waited = self.poll_until_terminal(tasks, &mut polls, trace).await;
        let ended = waited.and_then(|tasks| match tasks.iter().find(|t| t.status != TaskStatus::Succeeded) {
            Some(task) => Err(task.clone().into_failure()),
            None => Ok(tasks),
        });
        trace.stop(span, |metadata| {
            metadata.set("poll_count", polls as i64);
            match &ended {
                Ok(_) => metadata.set("final_status", TaskStatus::Succeeded.symbol()),
                Err(error) => match &error.details.task {
                    Some(task) => metadata.set("final_status", task.status.symbol()),
                    None => metadata.set("error_kind", crate::telemetry::error_kind(error)),
                },
            }
        });
        ended
    }

    async fn poll_until_terminal(
        &self,
        mut tasks: Vec<TaskMap>,
        polls: &mut usize,
        trace: &mut Trace,
    ) -> Result<Vec<TaskMap>> {
        let started = Instant::now();
        let longest = self.config.inline_poll_interval;
        let mut pause = self.first_pause().min(longest);
        while tasks.iter().any(|task| !task.status.is_terminal()) {
            let left = self.config.inline_timeout.saturating_sub(started.elapsed());
            if *polls > 0 && left.is_zero() {
                break;
            }
            tokio::time::sleep(pause.min(left.max(Duration::from_millis(1)))).await;
            pause = (pause * 2).min(longest);
            *polls += 1;
            match tasks.as_slice() {
                [task] => {
                    let uid = task.uid;
                    let exchange = Exchange::get(format!("/tasks/{uid}")).about("task_uid", uid);
                    tasks = vec![TaskMap::read(self.object(exchange, trace).await?, Stage::Poll)?];
                }
                many => tasks = self.look_at_all(many, trace).await?,
            }
        }
        Ok(tasks)
    }

    /// One look at every task that has not ended, whole pages at a time.
    async fn look_at_all(&self, tasks: &[TaskMap], trace: &mut Trace) -> Result<Vec<TaskMap>> {
        const PAGE: usize = 500;
        let open: Vec<i64> = tasks.iter().filter(|t| !t.status.is_terminal()).map(|t| t.uid).collect();
        let mut seen = std::collections::HashMap::new();
        for page in open.chunks(PAGE) {
            let uids = page.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            let exchange = Exchange::get(format!("/tasks?uids={uids}&limit={}", page.len()))
                .about("filters", Term::Text("uids".to_owned()));
            let raw = self.object(exchange, trace).await?;
            for raw in results(&raw)? {
                let task = TaskMap::read(raw, Stage::Poll)?;
                seen.insert(task.uid, task);
            }
        }
        Ok(tasks.iter().map(|task| seen.remove(&task.uid).unwrap_or_else(|| task.clone())).collect())
    }
}

fn results(raw: &RawJson) -> Result<Vec<RawJson>> {
    #[derive(serde::Deserialize)]
    struct Page {
        results: Vec<Box<serde_json::value::RawValue>>,
    }
    let page: Page = serde_json::from_str(raw.get()).map_err(|_| {
        Error::new(
            Kind::InvalidTaskPayload,
            "the backend's list of tasks cannot be read; is it a Meilisearch 1.x?",
        )
    })?;
    Ok(page.results.iter().map(|task| RawJson::from(task.get().to_owned())).collect())
}
