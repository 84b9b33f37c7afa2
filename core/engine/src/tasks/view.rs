//! Tasks and batches as the wire shows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::model::{Batch, Sizes, Status, Task, Work};
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
            Work::UpdateIndex { primary_key, new_uid } => {
                let mut details = Map::new();
                details.insert("primaryKey".to_owned(), json!(primary_key));
                if let Some(new_uid) = new_uid {
                    details.insert("oldIndexUid".to_owned(), json!(self.index));
                    details.insert("newIndexUid".to_owned(), json!(new_uid));
                }
                Value::Object(details)
            }
            Work::CompactIndex => {
                let sizes = count.map(Sizes::unpack);
                json!({
                    "preCompactionSize": sizes.as_ref().map(|sizes| human_size(sizes.before, 7)),
                    "postCompactionSize": sizes.as_ref().map(|sizes| human_size(sizes.after, 7)),
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

impl Batch {
    pub(crate) fn to_json(&self, tasks: &[Arc<Task>]) -> Value {
        let mut by_status = BTreeMap::<Status, u64>::new();
        let mut by_kind = BTreeMap::<&str, u64>::new();
        let mut by_index = BTreeMap::<&str, u64>::new();
        let mut details = Map::new();
        for task in tasks {
            *by_status.entry(task.status).or_default() += 1;
            *by_kind.entry(task.work.kind().name()).or_default() += 1;
            if let Some(index) = &task.index {
                *by_index.entry(index).or_default() += 1;
            }
            if let Value::Object(more) = task.details() {
                merge(&mut details, more);
            }
        }
        let by_status: BTreeMap<&str, u64> = by_status.into_iter().map(|(s, n)| (s.name(), n)).collect();
        json!({
            "uid": self.uid,
            "progress": null,
            "details": details,
            "stats": {
                "totalNbTasks": tasks.len(),
                "status": by_status,
                "types": by_kind,
                "indexUids": by_index,
                "progressTrace": {},
            },
            "duration": self.finished_at.map(|at| at.since(self.started_at)),
            "startedAt": self.started_at.to_rfc3339(),
            "finishedAt": self.finished_at.map(Instant::to_rfc3339),
            "batchStrategy": self.why,
        })
    }
}

/// Counts add up; of anything else the latest stands.
fn merge(into: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        let sum = into.get(&key).and_then(Value::as_u64).zip(value.as_u64()).map(|(a, b)| a + b);
        into.insert(key, sum.map_or(value, Value::from));
    }
}
