use schemars::JsonSchema;
use serde::Serialize;

use crate::config::SyncMode;
use crate::document::DocumentId;
use crate::meilisearch::TaskMap;

/// How far a write has come when its call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "WriteStatus")]
pub enum Status {
    /// The backend or the queue has taken responsibility. Not: searchable.
    Accepted,
    /// The backend's task ended in success.
    Completed,
    /// There was nothing to do.
    Noop,
}

/// What a write verb returns.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WriteResult {
    pub mode: SyncMode,
    pub status: Status,
    pub document_ids: Vec<DocumentId>,
    pub document_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskMap>,
}

impl WriteResult {
    pub(super) fn noop(mode: SyncMode) -> Self {
        Self {
            mode,
            status: Status::Noop,
            document_ids: Vec::new(),
            document_count: 0,
            index: None,
            task: None,
        }
    }
}
