//! Tasks and batches as the wire shows them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::{Batch, Sizes, Status, Task, Told, Work};
use crate::clock::Instant;
use crate::error::ApiError;
use crate::indexes::human_size;

impl Task {
    pub(crate) fn to_json(&self) -> Value {
        let mut view = json!({
            "uid": self.uid,
            "batchUid": self.batch,
            "indexUid": self.index,
            "status": self.status.name(),
            "type": self.work.kind().name(),
            "canceledBy": self.canceled_by,
            "details": self.details(),
            "error": self.error.as_ref().map(ApiError::to_json),
            "duration": self.started_at.zip(self.finished_at).map(|(from, to)| to.since(from)),
            "enqueuedAt": self.enqueued_at.to_rfc3339(),
            "startedAt": self.started_at.map(Instant::to_rfc3339),
            "finishedAt": self.finished_at.map(Instant::to_rfc3339),
        });
        if let Some(metadata) = &self.metadata {
            view["customMetadata"] = json!(metadata);
        }
        view
    }

    /// The short form that answers the request which enqueued it.
    pub(crate) fn to_summary(&self) -> Value {
        let mut view = json!({
            "taskUid": self.uid,
            "indexUid": self.index,
            "status": self.status.name(),
            "type": self.work.kind().name(),
            "enqueuedAt": self.enqueued_at.to_rfc3339(),
        });
        if let Some(metadata) = &self.metadata {
            view["customMetadata"] = json!(metadata);
        }
        view
    }

    fn details(&self) -> Value {
        // A canceled or failed task changed nothing; a pending one does not know yet.
        let count = if self.status.is_finished() { Some(self.count.unwrap_or(0)) } else { self.count };
        match &self.work {
            Work::AddDocuments { received, .. } => {
                json!({"receivedDocuments": received, "indexedDocuments": count})
            }
            Work::DeleteDocuments { ids } => {
                json!({"providedIds": ids.len(), "deletedDocuments": count, "originalFilter": null})
            }
            Work::DeleteByFilter { filter } => {
                json!({"providedIds": 0, "deletedDocuments": count, "originalFilter": filter.to_string()})
            }
            Work::ClearDocuments | Work::DeleteIndex => json!({"deletedDocuments": count}),
            Work::UpdateSettings { patch, .. } => patch.clone(),
            Work::CreateIndex { primary_key } => json!({"primaryKey": primary_key}),
            Work::UpdateIndex { primary_key, new_uid, asked } => {
                let mut details = Map::new();
                details.insert("primaryKey".to_owned(), json!(primary_key));
                let asked = asked.as_ref().map(|(old, new)| (Some(old), new));
                if let Some((old, new)) = asked.or_else(|| Some((self.index.as_ref(), new_uid.as_ref()?))) {
                    details.insert("oldIndexUid".to_owned(), json!(old));
                    details.insert("newIndexUid".to_owned(), json!(new));
                }
                Value::Object(details)
            }
            Work::CompactIndex => {
                let Some(sizes) = self.count.filter(|_| self.status == Status::Succeeded).map(Sizes::unpack)
                else {
                    return json!({});
                };
                json!({
                    "preCompactionSize": human_size(sizes.before, 7),
                    "postCompactionSize": human_size(sizes.after, 7),
                })
            }
            Work::SwapIndexes { swaps } => {
                let swaps: Vec<_> =
                    swaps.iter().map(|s| json!({"indexes": [s.left, s.right], "rename": s.rename})).collect();
                json!({"swaps": swaps})
            }
            Work::CancelTasks { filter, uids } => {
                json!({"matchedTasks": uids.len(), "canceledTasks": count, "originalFilter": filter})
            }
            Work::DeleteTasks { filter, uids } => {
                json!({"matchedTasks": uids.len(), "deletedTasks": count, "originalFilter": filter})
            }
        }
    }
}

impl Told {
    pub(crate) fn of<'t>(tasks: impl Iterator<Item = &'t Task>) -> Told {
        let mut told = Told::default();
        for task in tasks {
            told.total += 1;
            *told.statuses.entry(task.status).or_default() += 1;
            *told.kinds.entry(task.work.kind()).or_default() += 1;
            if let Some(index) = &task.index {
                *told.indexes.entry(index.clone()).or_default() += 1;
            }
            told.concerned.extend(task.concerned().map(str::to_owned));
            let (first, last) = told.enqueued.unwrap_or((task.enqueued_at, task.enqueued_at));
            told.enqueued = Some((first.min(task.enqueued_at), last.max(task.enqueued_at)));
            if let Value::Object(more) = task.details() {
                merge(&mut told.details, more);
            }
        }
        told
    }
}

impl Batch {
    pub(crate) fn to_json(&self, told: &Told) -> Value {
        let mut details = told.details.clone();
        if self.finished_at.is_some() {
            // What was not known in the end is left out; a setting that was reset stays `null`.
            details.retain(|key, value| !(value.is_null() && UNKNOWN.contains(&key.as_str())));
        }
        let statuses: BTreeMap<&str, u64> = told.statuses.iter().map(|(s, n)| (s.name(), *n)).collect();
        let kinds: BTreeMap<&str, u64> = told.kinds.iter().map(|(k, n)| (k.name(), *n)).collect();
        json!({
            "uid": self.uid,
            "progress": null,
            "details": details,
            "stats": {
                "totalNbTasks": told.total,
                "status": statuses,
                "types": kinds,
                "indexUids": told.indexes,
                "progressTrace": {},
            },
            "duration": self.finished_at.map(|at| at.since(self.started_at)),
            "startedAt": self.started_at.to_rfc3339(),
            "finishedAt": self.finished_at.map(Instant::to_rfc3339),
            "batchStrategy": self.why,
        })
    }
}

const UNKNOWN: [&str; 6] =
    ["primaryKey", "originalFilter", "indexedDocuments", "deletedDocuments", "canceledTasks", "deletedTasks"];

/// What is told of one index, and does not add up: the first stands.
const FIRST: [&str; 5] =
    ["primaryKey", "oldIndexUid", "newIndexUid", "preCompactionSize", "postCompactionSize"];

/// Counts and swaps add up, and filters stand one after the other; of settings the latest stand.
fn merge(into: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        let merged = match (into.get(&key), value) {
            (Some(known), Value::Null) if UNKNOWN.contains(&key.as_str()) => known.clone(),
            (Some(known), _) if FIRST.contains(&key.as_str()) && !known.is_null() => known.clone(),
            (Some(Value::Array(known)), Value::Array(more)) if key == "swaps" => {
                Value::Array(known.iter().cloned().chain(more).collect())
            }
            (Some(Value::Number(a)), Value::Number(b))
                if key.ends_with("Documents") || key.ends_with("Ids") =>
            {
                Value::from(a.as_u64().unwrap_or(0) + b.as_u64().unwrap_or(0))
            }
            (Some(Value::String(a)), Value::String(b)) if key == "originalFilter" => {
                json!(format!("{a}&{b}"))
            }
            (_, value) => value,
        };
        into.insert(key, merged);
    }
}
