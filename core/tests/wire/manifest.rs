//! `tests/parity/manifest.json`: what every language must have.

use std::collections::BTreeSet;

use scrypath_core::Kind;
use scrypath_core::api::surface::{FUNCTIONS, STEPS};
use scrypath_core::config::options::RUNTIME;
use scrypath_core::{schema, search, telemetry};
use serde_json::{Value, json};

use crate::description::Description;

pub(crate) fn manifest(description: &Description) -> String {
    let called = FUNCTIONS.iter().filter_map(|function| function.operation).chain(STEPS.iter().copied());
    let described = description.operations.iter().map(|operation| operation.name.as_str());
    assert_eq!(
        called.collect::<BTreeSet<_>>(),
        described.collect::<BTreeSet<_>>(),
        "operations and the functions of core/src/api/surface.rs do not match"
    );
    let functions: Vec<Value> = FUNCTIONS
        .iter()
        .map(|function| {
            json!({"name": function.name, "elixir": function.elixir, "python": function.python,
                "node": function.node})
        })
        .collect();
    let kinds: Vec<Value> =
        Kind::ALL.iter().map(|kind| json!({"kind": kind.name(), "class": kind.class()})).collect();
    let manifest = json!({
        "about": "Written by `make generate` from core/src/api/surface.rs and the core's tables. Do not edit.",
        "functions": functions,
        "options": {
            "runtime": RUNTIME.iter().map(|option| option.name).collect::<Vec<_>>(),
            "search": search::OPTIONS,
            "entry": search::ENTRY_OPTIONS,
            "suggest": search::SUGGEST_OPTIONS,
            "tenant_token": search::TENANT_TOKEN_OPTIONS,
            "schema": schema::OPTIONS,
        },
        "kinds": kinds,
        "spans": telemetry::SPANS,
    });
    format!("{}\n", serde_json::to_string_pretty(&manifest).expect("JSON"))
}
