//! Whatever is sent is answered, and never by a fault of the engine: the fuzzers' corpus, replayed, and
//! inputs made at random.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use proptest::prelude::*;
use scrypath_engine::Engine;
use serde_json::{Value, json};
use support::{boats, send, send_raw};

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn answered(engine: &Engine, target: &str, body: &Value) {
    let (status, reply) = send(engine, "POST", target, Some(body.clone()));
    assert_ne!(status, 500, "{body}: {reply}");
}

fn filter(engine: &Engine, text: &str) {
    answered(engine, "/indexes/boats/search", &json!({"filter": text, "limit": 1}));
    answered(engine, "/indexes/boats/search", &json!({"sort": [text], "limit": 1}));
    answered(engine, "/indexes/boats/documents/fetch", &json!({"filter": [[text]], "limit": 1}));
}

fn query(engine: &Engine, text: &str) {
    let body = json!({
        "q": text,
        "attributesToHighlight": ["*"],
        "attributesToCrop": ["*:2"],
        "showMatchesPosition": true,
        "showRankingScoreDetails": true,
        "facets": ["kind"],
    });
    answered(engine, "/indexes/boats/search", &body);
    answered(engine, "/indexes/boats/facet-search", &json!({"facetName": "kind", "facetQuery": text}));
}

/// The first byte says of which format the rest is.
fn documents(engine: &Engine, bytes: &[u8]) {
    let Some((format, body)) = bytes.split_first() else { return };
    let kind = ["application/json", "application/x-ndjson", "text/csv"][usize::from(*format) % 3];
    let method = if format & 0x80 == 0 { "POST" } else { "PUT" };
    let (status, reply) =
        send_raw(engine, method, "/indexes/boats/documents?primaryKey=id", Some(kind), body);
    assert_ne!(status, 500, "{bytes:?}: {reply}");
}

/// No task ended by a fault of the engine.
fn settled(engine: &Engine) {
    let (_, last) = send(engine, "DELETE", "/indexes/nowhere", None);
    support::wait(engine, last["taskUid"].as_u64().unwrap());
    let (_, failed) = send(engine, "GET", "/tasks?statuses=failed&limit=100000", None);
    for task in failed["results"].as_array().unwrap() {
        assert_ne!(task["error"]["code"], "internal", "{task}");
    }
}

#[test]
fn the_corpus_is_answered() {
    let engine = boats();
    for input in corpus("filter") {
        filter(&engine, &String::from_utf8_lossy(&input));
    }
    for input in corpus("query") {
        query(&engine, &String::from_utf8_lossy(&input));
    }
    for input in corpus("documents") {
        documents(&engine, &input);
    }
    settled(&engine);
}

/// Words of the grammar in any order.
fn sentence() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "kind",
        "length",
        "'a",
        "b'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "!=",
        ">",
        "<=",
        "TO",
        "IN",
        "NOT",
        "AND",
        "OR",
        "IS",
        "NULL",
        "EMPTY",
        "EXISTS",
        "CONTAINS",
        "STARTS",
        "WITH",
        "_geoRadius(",
        "_geoBoundingBox([",
        "_geoPolygon([",
        "1",
        "-2.5e3",
        "\\u00",
        "é",
        "\u{0}",
        ":asc",
        "_geoPoint(",
    ];
    prop::collection::vec(prop::sample::select(WORDS), 0..24).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_filter_is_answered(text in prop_oneof![any::<String>(), sentence()]) {
        std::thread_local!(static ENGINE: Engine = boats());
        ENGINE.with(|engine| filter(engine, &text));
    }

    #[test]
    fn any_query_is_answered(text in prop_oneof![any::<String>(), "[a-c\"\\- ,.'éß]{0,40}"]) {
        std::thread_local!(static ENGINE: Engine = boats());
        ENGINE.with(|engine| query(engine, &text));
    }

    #[test]
    fn any_body_of_documents_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        std::thread_local!(static ENGINE: Engine = boats());
        ENGINE.with(|engine| documents(engine, &bytes));
    }
}

#[test]
fn what_is_nested_deep_or_long_is_refused_or_done() {
    let engine = boats();
    for depth in [150, 2_000, 200_000] {
        filter(&engine, &format!("{}kind = a{}", "(".repeat(depth), ")".repeat(depth)));
        filter(&engine, &format!("{}kind = a", "NOT ".repeat(depth)));
        filter(&engine, &vec!["kind = a"; depth.min(20_000)].join(" AND "));
        let nested = format!("{{\"q\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let (status, reply) =
            send_raw(&engine, "POST", "/indexes/boats/search", Some("application/json"), nested.as_bytes());
        assert_eq!(status, 400, "{reply}");
    }
    let many: Vec<Value> = (0..50_000).map(|n| json!([format!("length = {n}")])).collect();
    answered(&engine, "/indexes/boats/search", &json!({"filter": many}));
    answered(&engine, "/indexes/boats/search", &json!({"facets": vec!["kind"; 50_000]}));
    answered(&engine, "/indexes/boats/search", &json!({"attributesToHighlight": vec!["*"; 5_000]}));
    answered(&engine, "/indexes/boats/documents/fetch", &json!({"ids": vec![1; 100_000]}));
    settled(&engine);
}
