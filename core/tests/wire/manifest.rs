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
    pretty(&manifest, 0) + "\n"
}

/// Indented, but what holds no objects on one line: a row is a line.
fn pretty(value: &Value, depth: usize) -> String {
    let is_flat = |value: &Value| match value {
        Value::Array(items) => items.iter().all(|item| !item.is_object() && !item.is_array()),
        Value::Object(members) => members.values().all(|member| !member.is_object() && !member.is_array()),
        _ => true,
    };
    if is_flat(value) {
        return value.to_string();
    }
    let inside = "  ".repeat(depth + 1);
    let (open, lines, close): (_, Vec<String>, _) = match value {
        Value::Object(members) => {
            let line = |(name, member)| format!("{inside}\"{name}\": {}", pretty(member, depth + 1));
            ('{', members.iter().map(line).collect(), '}')
        }
        other => {
            let items = other.as_array().into_iter().flatten();
            ('[', items.map(|item| inside.clone() + &pretty(item, depth + 1)).collect(), ']')
        }
    };
    format!("{open}\n{}\n{}{close}", lines.join(",\n"), "  ".repeat(depth))
}
