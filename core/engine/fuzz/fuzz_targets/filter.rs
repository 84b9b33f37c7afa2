//! Any text as a filter, and as a sort.
#![no_main]

mod boats;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrypath_engine::Engine;
use serde_json::json;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let engine = boats::boats();
    boats::send(&engine, "PATCH", "/experimental-features", "application/json", br#"{"containsFilter": true}"#);
    engine
});

fuzz_target!(|text: &str| {
    let body = json!({"filter": text, "limit": 1}).to_string();
    boats::send(&ENGINE, "POST", "/indexes/boats/search", "application/json", body.as_bytes());
    let body = json!({"sort": [text], "limit": 1}).to_string();
    boats::send(&ENGINE, "POST", "/indexes/boats/search", "application/json", body.as_bytes());
});
