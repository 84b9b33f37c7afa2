//! An engine driven as a client would: requests in, JSON out, tasks awaited.
#![allow(dead_code, unreachable_pub)]

use std::time::{Duration, Instant};

use scrypath_engine::{Engine, Request};
use serde_json::{Value, json};

pub fn send(engine: &Engine, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
    let bytes = body.map(|body| body.to_string().into_bytes());
    send_raw(engine, method, target, Some("application/json"), bytes.as_deref().unwrap_or_default())
}

pub fn send_raw(
    engine: &Engine,
    method: &str,
    target: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> (u16, Value) {
    send_as(engine, None, method, target, content_type, body)
}

pub fn send_as(
    engine: &Engine,
    key: Option<&str>,
    method: &str,
    target: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> (u16, Value) {
    let authorization = key.map(|key| format!("Bearer {key}"));
    let reply = engine.handle(Request {
        method,
        target,
        authorization: authorization.as_deref(),
        content_type,
        content_encoding: None,
        body,
    });
    let value =
        if reply.body.is_empty() { Value::Null } else { serde_json::from_slice(&reply.body).expect("JSON") };
    (reply.status, value)
}

/// Sends a write and waits for its task, which is returned.
pub fn write(engine: &Engine, method: &str, target: &str, body: Value) -> Value {
    let (status, summary) = send(engine, method, target, Some(body));
    assert!(status == 202 || status == 200, "{status} {summary}");
    wait(engine, summary["taskUid"].as_u64().expect("a task"))
}

pub fn wait(engine: &Engine, uid: u64) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, task) = send(engine, "GET", &format!("/tasks/{uid}"), None);
        if !matches!(task["status"].as_str(), Some("enqueued" | "processing")) {
            return task;
        }
        assert!(Instant::now() < deadline, "task {uid} does not end: {task}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn search(engine: &Engine, index: &str, body: Value) -> Value {
    let (status, reply) = send(engine, "POST", &format!("/indexes/{index}/search"), Some(body));
    assert_eq!(status, 200, "{reply}");
    reply
}

pub fn ids(reply: &Value) -> Vec<Value> {
    reply["hits"].as_array().into_iter().flatten().map(|hit| hit["id"].clone()).collect()
}

/// An index of a few records, with everything that can be filtered and sorted by.
pub fn boats() -> Engine {
    let engine = Engine::memory(Default::default());
    write(
        &engine,
        "PATCH",
        "/indexes/boats/settings",
        json!({
            "searchableAttributes": ["name", "notes", "crew.names"],
            "filterableAttributes": ["kind", "length", "crew.names", "tags"],
            "sortableAttributes": ["length", "name"],
        }),
    );
    let boats = json!([
        {"id": 1, "name": "Grey Heron", "kind": "sloop", "length": 9.5, "tags": ["old", "fast"], "crew": {"names": ["Ann", "Bo"]}},
        {"id": 2, "name": "Heron's Rest", "kind": "ketch", "length": 14, "tags": [], "notes": "a grey and quiet boat"},
        {"id": 3, "name": "Quick Silver", "kind": "Sloop", "length": 7, "tags": null, "crew": {"names": ["Cy"]}},
        {"id": 4, "name": "Silverquick", "kind": "yawl", "notes": "bought in 1998"},
    ]);
    let task = write(&engine, "POST", "/indexes/boats/documents", boats);
    assert_eq!(task["status"], "succeeded", "{task}");
    engine
}
