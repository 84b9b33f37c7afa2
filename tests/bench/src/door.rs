use std::time::Instant;

use scrypath_core::process::run_blocking;
use scrypath_core::{Call, Term, process};
use serde_json::json;

/// A search with ten filters, made into its request and not sent.
pub(crate) fn normalize(rounds: usize) -> Vec<f64> {
    let core = process().core();
    let names: Vec<String> = (0..10).map(|n| format!("field_{n}")).collect();
    let schema = declared("Movie", &json!({"fields": ["id"], "filterable": names}));
    let filter: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!({"gte": 10}))).collect();
    let explain = term(&json!({"op": "explain_search", "host": "python", "schema": schema, "text": "film",
        "options": {"filter": filter}}));
    (0..rounds)
        .map(|_| {
            let request = explain.clone();
            let started = Instant::now();
            let reply = Call::read(core, request).expect("a call").run_now(core);
            let elapsed = started.elapsed().as_secs_f64() * 1e6;
            reply.result().expect("a query");
            elapsed
        })
        .collect()
}

/// A write of one record in mode `oban`, as a host of JSON asks for it: from text to text.
pub(crate) fn enqueue(rounds: usize) -> Vec<f64> {
    let core = process().core();
    let schema = declared("note", &json!({"fields": ["title", "body"]}));
    let request = json!({"op": "enqueue_records", "host": "node", "schema": schema, "events": false,
        "dialect": "sqlite", "placeholders": "question", "options": [],
        "defaults": {"meilisearchUrl": "http://nowhere", "syncMode": "oban", "obanQueue": "bench"}})
    .to_string();
    let record =
        json!({"id": 1, "title": "The note number 1", "body": "Two strangers meet. ".repeat(12)}).to_string();
    (0..rounds)
        .map(|_| {
            let started = Instant::now();
            let mut call = Call::read(core, Term::from_json(&request).expect("a term")).expect("a call");
            call.push_ndjson(&record, false).expect("a record");
            let reply = call.run_now(core).to_json();
            let elapsed = started.elapsed().as_secs_f64() * 1e6;
            assert!(reply.contains("INSERT INTO oban_jobs"), "{reply}");
            elapsed
        })
        .collect()
}

/// The same search through the core, on the calling thread.
pub(crate) fn rounds(url: &str, rounds: usize) -> Vec<f64> {
    let core = process().core();
    let schema = declared("Movie", &json!({"fields": ["id", "title"], "filterable": ["genre"]}));
    let search = json!({"op": "search", "host": "node", "schema": schema, "text": "film",
        "options": {"meilisearchUrl": url, "filter": {"genre": "Drama"}}});
    let search = term(&search);
    let round = || {
        let search = search.clone();
        let started = Instant::now();
        let call = Call::read(core, search).expect("a call");
        let reply = run_blocking(call, || true);
        reply.result().expect("hits");
        started.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..rounds.min(200) {
        round();
    }
    (0..rounds).map(|_| round()).collect()
}

/// A declaration, as requests name it.
fn declared(name: &str, options: &serde_json::Value) -> serde_json::Value {
    let core = process().core();
    let declare = term(&json!({"op": "declare", "host": "python", "name": name, "options": options}));
    let reply = Call::read(core, declare).expect("a call").run_now(core);
    serde_json::to_value(&reply).expect("JSON")["ok"]["json"].clone()
}

fn term(request: &serde_json::Value) -> Term {
    Term::from_json(&request.to_string()).expect("a term")
}
