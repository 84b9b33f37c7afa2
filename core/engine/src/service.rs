//! `/health`, `/version` and `/experimental-features`: the engine about itself.

use serde_json::{Value, json};

use crate::core::Core;
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

pub(crate) fn root() -> Response {
    Response::json(200, &json!({"status": "Scrypath is running"}))
}

/// What is told on routes of features that are not in this engine.
pub(crate) fn missing(path: &[&str]) -> Option<ApiError> {
    let feature = match path {
        ["metrics"] => "`metrics`",
        ["logs", "stream" | "stderr"] => "`logs`",
        ["network", ..] => "`network`",
        ["dumps"] => "A dump",
        ["snapshots"] => "A snapshot",
        ["export"] => "`export`",
        ["chats", ..] => "`chats`",
        ["dynamic-search-rules", ..] => "`dynamicSearchRules`",
        ["render-template"] => "`renderRoute`",
        ["webhooks", _] => "A webhook",
        ["tasks", _, "documents"] => "`getTaskDocumentsRoute`",
        ["indexes", _, "documents", "edit"] => "`editDocumentsByFunction`",
        ["indexes", _, "similar"] => "`similar`, as are embedders,",
        _ => return None,
    };
    Some(ApiError::new(
        Code::FeatureNotEnabled,
        format!("{feature} is not part of the embedded index: use a Meilisearch server for it."),
    ))
}

/// Whether an experimental feature is on.
pub(crate) fn is_on(core: &Core, name: &str) -> bool {
    let place = FEATURES.iter().position(|feature| *feature == name);
    place.is_some_and(|place| core.store.state().features >> place & 1 == 1)
}

pub(crate) fn features(core: &Core) -> Response {
    let on = core.store.state().features;
    let features: serde_json::Map<String, Value> = FEATURES
        .iter()
        .enumerate()
        .map(|(place, name)| ((*name).to_owned(), Value::Bool(on >> place & 1 == 1)))
        .collect();
    Response::json(200, &Value::Object(features))
}

/// Every feature may be switched, as clients do; of those, this engine has `containsFilter`; what the
/// others stand for answers an error, on or off.
pub(crate) fn set_features(core: &Core, body: Value) -> Result<Response> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(FEATURES, Code::BadRequest)?;
    let mut on = core.store.state().features;
    for (place, name) in FEATURES.iter().enumerate() {
        if let Some(flag) = fields.flag(name, Code::BadRequest)? {
            on = on & !(1 << place) | u32::from(flag) << place;
        }
    }
    core.store.set_features(on)?;
    Ok(features(core))
}
