//! Sending one delivery: in parts of a bounded size, each marked, each awaited, halved where one document
//! spoils the rest.
//!
//! A request that was not answered may still land. Nothing else of the lane is sent until it was found among
//! the server's tasks, or can land no more; then it is sent again. That is what keeps an older state from
//! arriving after a newer one.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::args::Wanted;
use super::keeper::{Keeper, Lost};
use super::outcome::{self, Remedy};
use super::plan::{Delivery, Fate, Planned};
use super::store::Keep;
use crate::document::DocumentId;
use crate::host::RawJson;
use crate::meilisearch::{Body, Client, Exchange, TaskMap, TaskStatus, tasks::Stage};
use crate::telemetry::Trace;

/// The most that one request holds. The server's own limit counts what it unpacks.
const MOST_BYTES: usize = 20 << 20;
const MOST_DOCUMENTS: usize = 50_000;

/// The longest pause between two looks at a task.
const SLOWEST_POLL: Duration = Duration::from_millis(500);

/// What a delivery came to.
#[derive(Default)]
pub(super) struct Delivered {
    pub fates: Vec<(Planned, Fate)>,
    pub pause: Option<Pause>,
    pub requests: u64,
}

/// Why, and for how long at least, the lane must stop.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pause {
    pub reason: String,
    pub least: Duration,
}

pub(super) struct Sender<'a, 'k, S> {
    pub client: &'a Client<'a>,
    pub keeper: &'a mut Keeper<'k, S>,
    pub trace: &'a mut Trace,
}

/// Documents of one request: all upserts, or all deletes.
struct Part(Vec<Planned>);

/// What came of sending one part.
enum Sent {
    Accepted(TaskMap),
    Settled(Fate),
    Halves,
    Paused(Pause),
}

impl<S: Keep> Sender<'_, '_, S> {
    pub(super) async fn deliver(&mut self, delivery: Delivery) -> Result<Delivered, Lost> {
        let Delivery { index, declaration, primary_key, writes } = delivery;
        let mut delivered = Delivered { fates: Vec::with_capacity(writes.len()), ..Delivered::default() };
        if let Some(declaration) = &declaration
            && let Err(pause) = self.prepare(&index, declaration).await
        {
            delivered.pause = Some(pause);
            delivered.fates.extend(writes.into_iter().map(|planned| (planned, Fate::Held)));
            return Ok(delivered);
        }
        let mut waiting: VecDeque<Part> = parts(writes).into();
        while let Some(part) = waiting.pop_front() {
            if delivered.pause.is_some() {
                delivered.fates.extend(part.0.into_iter().map(|planned| (planned, Fate::Held)));
                continue;
            }
            delivered.requests += 1;
            let sent = match self.send(&index, &primary_key, &part).await? {
                Sent::Accepted(task) => self.wait(task, part.0.len()).await?,
                other => other,
            };
            match sent {
                // Awaited already.
                Sent::Accepted(_) => {
                    delivered.fates.extend(part.0.into_iter().map(|planned| (planned, Fate::Done)))
                }
                Sent::Settled(fate) => {
                    delivered.fates.extend(part.0.into_iter().map(|planned| (planned, fate.clone())));
                }
                Sent::Halves => {
                    let mut first = part.0;
                    let second = first.split_off(first.len() / 2);
                    waiting.push_front(Part(second));
                    waiting.push_front(Part(first));
                }
                Sent::Paused(pause) => {
                    delivered.pause = Some(pause);
                    delivered.fates.extend(part.0.into_iter().map(|planned| (planned, Fate::Held)));
                }
            }
        }
        Ok(delivered)
    }

    /// Makes the index where it is missing.
    async fn prepare(&mut self, index: &str, declaration: &str) -> Result<(), Pause> {
        // A declaration that this version cannot read does not keep documents from an index that exists.
        let Ok(schema) = self.client.schema(declaration) else { return Ok(()) };
        match self.client.ensure_index(&schema, index, self.trace).await {
            Ok(_) => Ok(()),
            Err(error) => match outcome::of_request(&error) {
                Remedy::Pause { reason, least } => Err(Pause { reason, least }),
                Remedy::Uncertain(reason) | Remedy::Fail(reason) => {
                    Err(Pause { reason, least: Duration::from_secs(1) })
                }
                _ => Ok(()),
            },
        }
    }

    /// Sends a part until it is known what became of the request.
    async fn send(&mut self, index: &str, primary_key: &str, part: &Part) -> Result<Sent, Lost> {
        loop {
            let mark = self.keeper.before_sending().await?;
            let exchange = part.exchange(index, primary_key, self.keeper.marks().then_some(&mark));
            let answer = self.client.object(exchange, self.trace).await;
            let error = match answer.and_then(|raw| TaskMap::read(raw, Stage::Initial)) {
                Ok(task) => return Ok(Sent::Accepted(task)),
                Err(error) => error,
            };
            match outcome::of_request(&error) {
                Remedy::Uncertain(_) => match self.find(index, &mark).await? {
                    Some(task) => return Ok(Sent::Accepted(task)),
                    None => continue,
                },
                Remedy::Unmarked => self.keeper.do_not_mark(),
                remedy => return Ok(applied(remedy, part.0.len())),
            }
        }
    }

    /// Looks for a marked request among the tasks of its index until it is found, or can land no more.
    pub(super) async fn find(&mut self, index: &str, mark: &str) -> Result<Option<TaskMap>, Lost> {
        let mut pause = Duration::from_millis(50);
        loop {
            // Asked before looking: what is over now cannot have landed after the look.
            let is_over = self.keeper.is_settled();
            let look =
                Exchange::get(format!("/tasks?indexUids={index}&limit=50")).about("index", index).once();
            if let Ok(raw) = self.client.object(look, self.trace).await {
                if let Some(task) = marked(&raw, mark) {
                    return Ok(Some(task));
                }
                if is_over {
                    return Ok(None);
                }
            }
            self.keeper.sleep(pause).await?;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Waits for a task to end, however long it takes. Of a task that the server no longer knows nothing is
    /// known: what it was to do is done again.
    async fn wait(&mut self, mut task: TaskMap, documents: usize) -> Result<Sent, Lost> {
        let mut pause = self.client.first_pause();
        while !task.status.is_terminal() {
            self.keeper.sleep(pause).await?;
            pause = (pause * 2).min(SLOWEST_POLL);
            let look = Exchange::get(format!("/tasks/{}", task.uid)).about("task_uid", task.uid).once();
            match self.client.object(look, self.trace).await.and_then(|raw| TaskMap::read(raw, Stage::Poll)) {
                Ok(seen) => task = seen,
                Err(error) if error.details.code.as_deref() == Some("task_not_found") => {
                    return Ok(Sent::Settled(Fate::Held));
                }
                // The look failed, not the task.
                Err(_) => pause = SLOWEST_POLL,
            }
        }
        match task.status {
            TaskStatus::Succeeded => Ok(Sent::Accepted(task)),
            _ => Ok(applied(outcome::of_task(&task), documents)),
        }
    }
}

fn applied(remedy: Remedy, documents: usize) -> Sent {
    match remedy {
        Remedy::Bisect(_) | Remedy::Split(_) if documents > 1 => Sent::Halves,
        Remedy::Bisect(reason) | Remedy::Split(reason) => Sent::Settled(Fate::Dead(reason)),
        Remedy::Pause { reason, least } => Sent::Paused(Pause { reason, least }),
        Remedy::Fail(reason) | Remedy::Uncertain(reason) => Sent::Settled(Fate::Failed(reason)),
        Remedy::Nothing => Sent::Settled(Fate::Done),
        Remedy::Unmarked => Sent::Settled(Fate::Held),
    }
}

/// Upserts and deletes apart, each in parts of a bounded size.
fn parts(writes: Vec<Planned>) -> Vec<Part> {
    let (upserts, deletes): (Vec<_>, Vec<_>) =
        writes.into_iter().partition(|planned| matches!(planned.wanted, Wanted::Document(_)));
    let mut parts = Vec::new();
    for group in [upserts, deletes] {
        let (mut part, mut bytes) = (Vec::new(), 0);
        for planned in group {
            let size = planned.size();
            if !part.is_empty() && (bytes + size > MOST_BYTES || part.len() >= MOST_DOCUMENTS) {
                parts.push(Part(std::mem::take(&mut part)));
                bytes = 0;
            }
            bytes += size;
            part.push(planned);
        }
        if !part.is_empty() {
            parts.push(Part(part));
        }
    }
    parts
}

impl Planned {
    fn size(&self) -> usize {
        match &self.wanted {
            Wanted::Document(line) => line.len() + 1,
            Wanted::Gone => 16,
        }
    }
}

impl Part {
    fn exchange(&self, index: &str, primary_key: &str, mark: Option<&String>) -> Exchange {
        let is_upsert = self.0.iter().all(|planned| matches!(planned.wanted, Wanted::Document(_)));
        let mark = mark.map(|mark| format!("customMetadata={mark}"));
        let exchange = if is_upsert {
            let mut ndjson = Vec::with_capacity(self.0.iter().map(Planned::size).sum());
            for planned in &self.0 {
                if let Wanted::Document(line) = &planned.wanted {
                    ndjson.extend_from_slice(line);
                    ndjson.push(b'\n');
                }
            }
            let key = crate::sync::encode(primary_key);
            let mark = mark.map(|mark| format!("&{mark}")).unwrap_or_default();
            let path = format!("/indexes/{index}/documents?primaryKey={key}{mark}");
            Exchange::post(path, Body::Ndjson(Bytes::from(ndjson)))
        } else {
            let ids: Vec<DocumentId> = self.0.iter().map(|planned| planned.id.clone()).collect();
            let mark = mark.map(|mark| format!("?{mark}")).unwrap_or_default();
            let path = format!("/indexes/{index}/documents/delete-batch{mark}");
            Exchange::post(path, Body::Json(Bytes::from(DocumentId::json_list(&ids))))
        };
        exchange.about("index", index)
    }
}

/// The task that has this mark.
fn marked(raw: &RawJson, mark: &str) -> Option<TaskMap> {
    #[derive(Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }
    let page: Page = serde_json::from_str(raw.get()).ok()?;
    page.results.into_iter().find_map(|task| {
        let payload: Value = serde_json::from_str(task.get()).ok()?;
        (payload["customMetadata"] == mark)
            .then(|| TaskMap::read(RawJson::from(task.get().to_owned()), Stage::Poll).ok())?
    })
}
