use napi_derive::napi;
use scrypath_core::{Class, Kind};
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    kind: Kind,
    class: Class,
    retryable: bool,
    meaning: &'static str,
}

/// The table of error kinds, as JSON: what the package's error classes are tested against.
#[napi(catch_unwind)]
pub(crate) fn kinds() -> napi::Result<String> {
    let row = |kind: &Kind| Row {
        kind: *kind,
        class: kind.class(),
        retryable: kind.retryable(),
        meaning: kind.meaning(),
    };
    let rows: Vec<Row> = Kind::ALL.iter().map(row).collect();
    serde_json::to_string(&rows).map_err(|error| napi::Error::from_reason(error.to_string()))
}

/// The names of telemetry's events.
#[napi(catch_unwind)]
pub(crate) fn event_names() -> Vec<String> {
    scrypath_core::telemetry::event_names()
}
