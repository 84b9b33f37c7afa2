//! Any text as a query, with everything that is worked out from its matches.
#![no_main]

mod boats;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrypath_engine::Engine;
use serde_json::json;

static ENGINE: LazyLock<Engine> = LazyLock::new(boats::boats);

fuzz_target!(|text: &str| {
    let body = json!({
        "q": text,
        "attributesToHighlight": ["*"],
        "attributesToCrop": ["*:2"],
        "showMatchesPosition": true,
        "showRankingScoreDetails": true,
        "facets": ["kind"],
    });
    boats::send(&ENGINE, "POST", "/indexes/boats/search", "application/json", body.to_string().as_bytes());
    let body = json!({"facetName": "kind", "facetQuery": text}).to_string();
    boats::send(&ENGINE, "POST", "/indexes/boats/facet-search", "application/json", body.as_bytes());
});
