//! The operations of the request edge, as the vectors name them.

use scrypath_core::Core;
use serde_json::{Value, json};

use crate::{call, host_value};

/// The reply of one operation; `None` where it is not one of these.
pub(crate) fn carry_out(core: &Core, operation: &str, input: &Value, schema: &Value) -> Option<Value> {
    let of = |name: &str| host_value(&input[name]);
    let run = |request: Value| {
        let mut request = request;
        request["host"] = json!("node");
        call(core, request, &[])
    };
    let then = |first: Value, next: &dyn Fn(&Value) -> Value| match first.get("ok") {
        Some(ok) => next(ok),
        None => first,
    };
    let compose = || run(json!({"op": "compose", "fragments": of("fragments"), "criteria": of("criteria")}));
    let compose_many = |input: &Value| {
        run(json!({"op": "compose_many", "entries": host_value(&input["entries"]),
            "shared": host_value(&input["shared"])}))
    };
    let cast = || run(json!({"op": "cast_params", "params": of("params")}));
    let arguments = |of: &Value| {
        let mut reply = run(json!({"op": "search_arguments", "of": of}));
        if let Some([text, options]) = reply.get("ok").and_then(Value::as_array).map(Vec::as_slice) {
            reply = json!({"ok": {"text": text, "options": options}});
        }
        reply
    };
    let entries = |schema: &Value| json!([[0, schema]]);
    let reply = match operation {
        "compose" => compose(),
        "search_args" => then(compose(), &arguments),
        "compose_many" => compose_many(&tokens(input)),
        "search_many_args" => then(compose_many(&tokens(input)), &|composed| {
            let mut reply = run(json!({"op": "many_arguments", "of": composed}));
            if let Some([entries, shared]) = reply.get("ok").and_then(Value::as_array).map(Vec::as_slice) {
                reply = json!({"ok": {"entries": entries, "shared": shared}});
            }
            reply
        }),
        "capabilities" => run(json!({"op": "schema_capabilities", "schema": schema})),
        "reflect" => {
            let reflect = |of: &Value| {
                let reply = run(json!({"op": "reflect_search", "schema": schema, "of": of}));
                then(reply, &|ok| {
                    let capabilities = run(json!({"op": "schema_capabilities", "schema": schema}));
                    assert_eq!(ok["capabilities"], capabilities["ok"]);
                    assert_eq!(ok["host_owned"]["tenant_policy"], "host_owned");
                    json!({"ok": ok["resolved"]})
                })
            };
            if input.get("fragments").is_some() {
                then(compose(), &reflect)
            } else {
                reflect(&of("criteria"))
            }
        }
        "reflect_many" => {
            let reflect = |of: &Value, options: Value| {
                let schemas = entries(schema);
                let request =
                    json!({"op": "reflect_search_many", "schemas": schemas, "of": of, "options": options});
                then(run(request), &told)
            };
            match input.get("composed") {
                Some(composed) => {
                    then(compose_many(&tokens(composed)), &|composed| reflect(composed, Value::Null))
                }
                None => reflect(&host_value(&tokens(input)["entries"]), of("shared")),
            }
        }
        "normalize_params" => {
            run(json!({"op": "normalize_params", "schemas": [schema], "params": of("params")}))
        }
        "cast_params" => cast(),
        "params_args" => then(cast(), &arguments),
        "query_params" => then(cast(), &|params| {
            then(run(json!({"op": "to_query_params", "params": params})), &|query| {
                let string = run(json!({"op": "to_query_string", "params": params}));
                json!({"ok": {"query": query, "string": string["ok"]}})
            })
        }),
        "form_data" => then(cast(), &|params| run(json!({"op": "to_form_data", "params": params}))),
        "attempted_form_data" => {
            let refused = run(json!({"op": "normalize_params", "schemas": [schema], "params": of("params")}));
            let errors = &refused["error"]["details"]["issues"];
            run(json!({"op": "to_form_data", "params": of("params"), "errors": errors}))
        }
        _ => return None,
    };
    Some(named(reply))
}

/// What the vectors say of a reflection of several: which entry, what of it is resolved, and, where they
/// are not a schema's own, its capabilities.
fn told(many: &Value) -> Value {
    assert_eq!(many["host_owned"]["authorization"], "host_owned");
    let entry = |entry: &Value| {
        let mut told = entry["resolved"].clone();
        told["schema"] = entry["entry"]["schema"].clone();
        told["text"] = entry["entry"]["text"].clone();
        match entry["capabilities"].get("status") {
            Some(_) => {
                assert!(entry.get("host_owned").is_none());
                told["capabilities"] = entry["capabilities"].clone();
            }
            None => assert!(entry.get("host_owned").is_some()),
        }
        told
    };
    let entries: Vec<Value> = many["entries"].as_array().expect("entries").iter().map(entry).collect();
    json!({"ok": {"entries": entries, "shared": many["shared"]}})
}

/// The entries with a number in the place of the schema, as hosts without symbols pass it.
fn tokens(input: &Value) -> Value {
    let mut input = input.clone();
    for entry in input.pointer_mut("/entries").and_then(Value::as_array_mut).into_iter().flatten() {
        for place in ["/schema", "/$entry/0"] {
            if let Some(schema) = entry.pointer_mut(place).filter(|schema| **schema == "vessel") {
                *schema = json!(0);
            }
        }
    }
    input
}

/// A result with the schema's name in the place of its number.
fn named(mut result: Value) -> Value {
    for entry in result.pointer_mut("/ok/entries").and_then(Value::as_array_mut).into_iter().flatten() {
        for place in ["/schema", "/0"] {
            if let Some(schema) = entry.pointer_mut(place).filter(|schema| **schema == 0) {
                *schema = json!("vessel");
            }
        }
    }
    result
}

/// What of issues the vectors tell.
pub(crate) fn issues(issues: &Value) -> Value {
    let told = |issue: &Value| {
        assert!(issue["message"].as_str().is_some_and(|message| !message.is_empty()));
        json!({"path": issue["path"], "code": issue["code"], "meta": issue["meta"]})
    };
    issues.as_array().into_iter().flatten().map(told).collect()
}
