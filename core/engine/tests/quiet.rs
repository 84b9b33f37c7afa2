//! Nothing of a body, and no key, comes out in what the engine logs.
#![allow(clippy::unwrap_used)]

mod support;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use scrypath_engine::{Engine, Options};
use serde_json::json;
use support::{send_as, wait};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SECRET: &str = "sunken-treasure";

/// Writes down whatever anyone says.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<String>>);

impl Visit for Scribe {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn bodies_and_keys_are_not_logged() {
    let scribe = Scribe::default();
    tracing::subscriber::set_global_default(scribe.clone()).unwrap();
    tracing::warn!("the scribe writes");
    let engine = Engine::memory(Options::default());
    for body in [
        json!([{"id": 1, "name": SECRET}]).to_string(),
        json!([{"id": SECRET.to_owned() + " !"}]).to_string(),
        format!("[{{\"id\": {SECRET}}}]"),
    ] {
        let (_, task) = send_as(
            &engine,
            Some(SECRET),
            "POST",
            "/indexes/a/documents",
            Some("application/json"),
            body.as_bytes(),
        );
        if let Some(uid) = task["taskUid"].as_u64() {
            wait(&engine, uid);
        }
    }
    let body = json!({"q": SECRET, "filter": format!("a = {SECRET}")}).to_string();
    send_as(&engine, Some(SECRET), "POST", "/indexes/a/search", Some("application/json"), body.as_bytes());
    engine.close();
    let written = scribe.0.lock().unwrap();
    assert!(written.contains("the scribe writes"));
    assert!(!written.contains(SECRET), "{written}");
}
