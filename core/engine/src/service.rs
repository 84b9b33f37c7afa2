//! `/health`, `/version` and `/experimental-features`: the engine about itself.

use serde_json::{Value, json};

use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::Fields;

/// The Meilisearch whose contract this is.
const CONTRACT: &str = "1.50.0";

const FEATURES: &[&str] = &[
    "metrics",
    "logsRoute",
    "editDocumentsByFunction",
    "containsFilter",
    "dynamicSearchRules",
    "network",
    "getTaskDocumentsRoute",
    "taskQueueCompactionRoute",
    "compositeEmbedders",
    "chatCompletions",
    "multimodal",
    "foreignKeys",
    "disableDocumentsFetchQueue",
    "legacySearch",
    "renderRoute",
];

pub(crate) fn health() -> Response {
    Response::json(200, &json!({"status": "available"}))
}

pub(crate) fn version() -> Response {
    Response::json(200, &json!({"commitSha": "scrypath", "commitDate": "unknown", "pkgVersion": CONTRACT}))
}

/// There are none: tasks are awaited by asking for them.
pub(crate) fn webhooks() -> Response {
    Response::json(200, &json!({"results": []}))
}

pub(crate) fn features() -> Response {
    let features: serde_json::Map<String, Value> =
        FEATURES.iter().map(|name| ((*name).to_owned(), Value::Bool(false))).collect();
    Response::json(200, &Value::Object(features))
}

/// None of them are in this engine: they may be switched off, not on.
pub(crate) fn set_features(body: Value) -> Result<Response> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(FEATURES, Code::BadRequest)?;
    for name in FEATURES {
        if fields.flag(name, Code::BadRequest)? == Some(true) {
            return Err(ApiError::new(
                Code::FeatureNotEnabled,
                format!("`{name}` is not part of the embedded index: use a Meilisearch server for it."),
            ));
        }
    }
    Ok(features())
}
