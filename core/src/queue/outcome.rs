//! What an answer of the backend means for what was sent. One table, for every kind of worker.

use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Kind};
use crate::meilisearch::TaskMap;

/// What to do about a request, or a task, that did not succeed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Remedy {
    /// One document of several is at fault: send halves.
    Bisect(String),
    /// It is too large as a whole: send halves.
    Split(String),
    /// The backend cannot take anything now. Nothing is wrong with what was sent.
    Pause { reason: String, least: Duration },
    /// It may have landed, and nobody knows.
    Uncertain(String),
    /// Try again later; the attempt counts.
    Fail(String),
    /// The server does not know the parameter that marks requests.
    Unmarked,
    /// There was nothing to delete.
    Nothing,
}

/// Codes of tasks that fail because of one document.
const OF_A_DOCUMENT: &[&str] = &[
    "invalid_document_id",
    "missing_document_id",
    "invalid_document_fields",
    "invalid_document_geo_field",
    "invalid_document_geojson_field",
    "max_fields_limit_exceeded",
    "malformed_payload",
    "invalid_vectors_type",
    "vector_embedding_error",
    "unretrievable_document",
];

const SOON: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(30);

/// A request that was not accepted.
pub(super) fn of_request(error: &Error) -> Remedy {
    let reason = reason(error);
    let code = error.details.code.as_deref();
    match (error.kind, error.details.status) {
        // Nothing was sent: there was no connection.
        (Kind::TransportError, _) if error.details.never_sent => Remedy::Pause { reason, least: SOON },
        (Kind::TransportError | Kind::RequestTimeout, _) => Remedy::Uncertain(reason),
        (Kind::EmbeddedOpen, _) => Remedy::Pause { reason, least: LATER },
        (Kind::HttpError, Some(413)) => Remedy::Split(reason),
        (Kind::HttpError, Some(400)) if is_about_the_mark(error) => Remedy::Unmarked,
        (Kind::HttpError, Some(400)) if code.is_some_and(|code| OF_A_DOCUMENT.contains(&code)) => {
            Remedy::Bisect(reason)
        }
        (Kind::HttpError, Some(422)) if code == Some("no_space_left_on_device") => {
            Remedy::Pause { reason, least: LATER }
        }
        (Kind::HttpError, Some(404)) if code == Some("index_not_found") => Remedy::Nothing,
        // Of a proxy in front of it nobody knows what it passed on.
        (Kind::HttpError, Some(500 | 502 | 504)) => Remedy::Uncertain(reason),
        (Kind::HttpError, Some(401 | 403)) => Remedy::Pause { reason, least: LATER },
        (Kind::HttpError, Some(408 | 429 | 503)) => {
            let least = error.details.retry_after.map_or(SOON, Duration::from_secs);
            Remedy::Pause { reason, least }
        }
        // What answers 2xx with something else may have done it all the same.
        (Kind::HttpError, Some(200..300)) | (Kind::InvalidTaskPayload, _) => Remedy::Uncertain(reason),
        _ => Remedy::Fail(reason),
    }
}

/// A task that ended, and not in success.
pub(super) fn of_task(task: &TaskMap) -> Remedy {
    let payload: Value = serde_json::from_str(task.raw.get()).unwrap_or_default();
    let code = payload["error"]["code"].as_str();
    let reason = code.unwrap_or("task_cancelled").to_owned();
    match code {
        Some(code) if OF_A_DOCUMENT.contains(&code) => Remedy::Bisect(reason),
        Some("no_space_left_on_device") => Remedy::Pause { reason, least: LATER },
        Some("index_not_found") => Remedy::Nothing,
        _ => Remedy::Fail(reason),
    }
}

/// A word or two for a job's row: the server's code, or what happened. Never its message, which may quote a
/// document.
fn reason(error: &Error) -> String {
    match (&error.details.code, error.details.status) {
        (Some(code), _) => code.clone(),
        (None, Some(status)) => format!("{} {status}", error.kind.name()),
        (None, None) => error.kind.name().to_owned(),
    }
}

fn is_about_the_mark(error: &Error) -> bool {
    let message = error.details.body.as_ref().and_then(|body| body["message"].as_str());
    message.is_some_and(|message| message.contains("customMetadata"))
}
