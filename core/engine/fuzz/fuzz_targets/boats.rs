//! A small index to ask, and a request that must not answer "internal".

use scrypath_engine::{Engine, Request};

pub fn send(engine: &Engine, method: &str, target: &str, kind: &str, body: &[u8]) -> u16 {
    let reply = engine.handle(Request {
        method,
        target,
        authorization: None,
        content_type: Some(kind),
        content_encoding: None,
        body,
    });
    assert_ne!(reply.status, 500, "{}", String::from_utf8_lossy(&reply.body));
    reply.status
}

/// Tasks run in order: once the last has ended, all have, and none of them by a fault of the engine.
pub fn settle(engine: &Engine) {
    loop {
        let reply = engine.handle(Request {
            method: "GET",
            target: "/tasks?statuses=enqueued,processing&limit=1",
            authorization: None,
            content_type: None,
            content_encoding: None,
            body: b"",
        });
        let waiting: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        if waiting["total"] == 0 {
            break;
        }
        std::thread::yield_now();
    }
    let reply = engine.handle(Request {
        method: "GET",
        target: "/tasks?statuses=failed&limit=1000",
        authorization: None,
        content_type: None,
        content_encoding: None,
        body: b"",
    });
    let failed: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    for task in failed["results"].as_array().into_iter().flatten() {
        assert_ne!(task["error"]["code"], "internal", "{task}");
    }
}

pub fn boats() -> Engine {
    let engine = Engine::memory(Default::default());
    let settings = br#"{"filterableAttributes": ["kind", "length", "crew", "_geo"], "sortableAttributes": ["length", "_geo"],
        "synonyms": {"ship": ["boat"]}, "stopWords": ["the"]}"#;
    send(&engine, "PATCH", "/indexes/boats/settings", "application/json", settings);
    let documents = br#"[{"id": 1, "name": "Grey Heron", "kind": "sloop", "length": 9.5, "_geo": {"lat": 54, "lng": 10}},
        {"id": 2, "name": "Heron's Rest", "kind": "ketch", "length": 14, "notes": "a grey and quiet boat"},
        {"id": 3, "name": "Quick Silver", "kind": "Sloop", "length": 7, "crew": ["Cy", null, 4]}]"#;
    send(&engine, "POST", "/indexes/boats/documents", "application/json", documents);
    settle(&engine);
    engine
}
