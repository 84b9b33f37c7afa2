//! What is described is what is written: real requests and replies against the description.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Map, Value, json};

use crate::description::description;
use crate::door::Door;

/// A door that holds what goes in and what comes out against the description.
struct Watched {
    door: Door,
    seen: RefCell<BTreeSet<String>>,
}

impl Watched {
    fn to(url: &str) -> Self {
        Self { door: Door::to(url), seen: RefCell::default() }
    }

    fn call(&self, operation: &str, arguments: Value, records: &[Value]) -> Value {
        let described = description().operations.iter().find(|described| described.name == operation);
        let described = described.unwrap_or_else(|| panic!("{operation} is not described"));
        hold(&described.takes, &arguments);
        self.seen.borrow_mut().insert(operation.to_owned());
        let mut request = arguments;
        request["op"] = json!(operation);
        let reply = self.door.call(request, records);
        let mut wanted = description().types["Reply"].clone();
        wanted["properties"]["ok"] = described.gives.clone();
        hold(&wanted, &reply);
        reply
    }

    fn ok(&self, operation: &str, arguments: Value, records: &[Value]) -> Value {
        let reply = self.call(operation, arguments, records);
        assert!(reply.get("ok").is_some(), "{operation}: {reply}");
        reply["ok"].clone()
    }
}

fn declaration() -> Value {
    json!({
        "fields": ["id", "title", "status", "year"], "filterable": ["status", "year"],
        "sortable": ["year"], "faceting": {"attributes": ["status", "year"]},
        "settings": {"stop_words": ["the"]}, "tenant_field": "status",
    })
}

/// Fails where `value` is not what `wanted` says, or has a member that it does not name.
fn hold(wanted: &Value, value: &Value) {
    let mut schema = wanted.clone();
    schema["$defs"] = Value::Object(description().types.clone());
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let differences: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    assert!(differences.is_empty(), "{differences:#?} in {value:#}");
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("properties").is_some_and(Value::is_object) {
                keywords.insert("additionalProperties".into(), json!(false));
            }
            keywords.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn notes() -> [Value; 2] {
    [
        json!({"id": 1, "title": "Harbour lights", "status": "open", "year": 1990}),
        json!({"id": "two", "title": "Harbour master", "status": "closed", "year": 2001.5}),
    ]
}

#[test]
fn every_operation_takes_and_gives_what_is_described() {
    let door = Watched::to("memory:");
    let declared = door.ok("declare", json!({"name": "Note", "options": declaration()}), &[]);
    let schema = &declared["json"];
    door.ok("load", json!({"json": schema}), &[]);
    door.ok("resolve_config", json!({"options": {"index_prefix": "app", "oban_max_attempts": null}}), &[]);
    door.ok("index_name", json!({"schema": schema}), &[]);
    door.ok("wire_settings", json!({"schema": schema}), &[]);
    door.ok("documents", json!({"schema": schema}), &notes());
    door.ok("document_ids", json!({"schema": schema}), &notes());
    let everything = json!({
        "filter": [["year", {"gte": 1990}]], "sort": [["desc", "year"]], "page": {"number": 1, "size": 5},
        "facets": ["status", "year"], "facet_filter": {"status": ["open", "closed"]},
        "per_query": {"ranking_score_threshold": 0.0, "show_ranking_score": true,
                      "show_ranking_score_details": true},
        "repo": "Notes",
    });
    door.ok("explain_search", json!({"schema": schema, "text": "harbour", "options": everything}), &[]);
    for mode in ["manual", "inline"] {
        door.ok("sync_records", json!({"schema": schema, "options": {"sync_mode": mode}}), &notes());
    }
    door.ok("sync_records", json!({"schema": schema}), &[]);
    door.ok("search", json!({"schema": schema, "text": ""}), &[]);
    let wanted = json!({"schema": schema, "text": "harbour", "options": everything, "primary_key": "id"});
    let found = door.ok("search", wanted, &[]);
    assert_eq!(found["hydration"]["ids"].as_array().map(Vec::len), Some(2), "{found}");
    let pending = &found["hydration"]["pending"];
    door.ok("hydrate", json!({"pending": pending, "found": [1]}), &[]);
    door.ok("hydration_failed", json!({"pending": pending}), &[]);
    let counted = json!({"facets": ["status"], "facet_filter": {"status": "open"}});
    let within = json!({"schema": schema, "text": "harbour", "options": counted, "bucket": [["year", 1990]],
        "disjunctive": true});
    door.ok("search", within, &[]);
    door.ok("search_facet_values", json!({"schema": schema, "facet": "status", "text": "op"}), &[]);
    door.ok("merge_distributions", json!({"main": {"a": {"x": 1}}, "overrides": {}}), &[]);
    let many = json!({
        "schemas": [{"schema": schema, "primary_key": "id", "label": "Note"}],
        "entries": [{"schema": 0, "text": "harbour", "options": {"federation_weight": 2}}, {"text": "harbour"}],
        "global_schemas": [0],
    });
    let found = door.ok("search_many", many, &[]);
    let outcomes = json!([{"found": [1]}, {"failed": "hydration_timeout"}]);
    let ended =
        door.ok("finish_search_many", json!({"pending": found["pending"], "outcomes": outcomes}), &[]);
    assert_eq!(ended["failed"], json!([1]), "{ended}");
    let suggested = door.ok("suggest", json!({"schema": schema, "text": "harb"}), &[]);
    assert_eq!(suggested[0]["parts"].as_array().map(Vec::len), Some(2), "{suggested}");
    let key = json!({"api_key": "k", "api_key_uid": "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab"});
    door.ok("tenant_token", json!({"schemas": [schema], "tenant": "open", "options": key}), &[]);
    edge(&door, schema);
    for (dialect, placeholders) in [("postgres", "numbered"), ("postgres", "format"), ("sqlite", "question")]
    {
        let asked = json!({"schema": schema, "dialect": dialect, "placeholders": placeholders,
            "options": {"sync_mode": "oban", "oban_queue": "search"}});
        door.ok("enqueue_records", asked.clone(), &notes());
        door.ok("enqueue_records", asked.clone(), &[]);
        door.ok("enqueue_deletes", asked.clone(), &notes());
        let mut ids = asked;
        ids["ids"] = json!([1, "two"]);
        door.ok("enqueue_delete_documents", ids, &[]);
        queue(&door, schema, json!({"dialect": dialect, "placeholders": placeholders}));
    }
    door.ok("delete_records", json!({"schema": schema}), &notes()[..1]);
    door.ok("delete_documents", json!({"schema": schema, "ids": ["two"]}), &[]);

    let described = description().operations.iter().map(|operation| operation.name.clone());
    assert_eq!(*door.seen.borrow(), described.collect::<BTreeSet<_>>(), "an operation was not tried");
}

/// What Obans' workers and related sync ask, besides enqueueing.
fn queue(door: &Watched, schema: &Value, target: Value) {
    let asked = |more: Value| {
        let mut asked = target.clone();
        let members = more.as_object().cloned().unwrap_or_default();
        asked.as_object_mut().expect("an object").extend(members);
        asked
    };
    door.ok("queue_tables", json!({"dialect": target["dialect"]}), &[]);
    let args = json!({"version": 1, "operation": "delete", "schema": "note", "index": "notes",
        "document_count": 1, "document_ids": [1]});
    let mut job = json!({"id": 1, "worker": "Scrypath.Oban.DeleteWorker", "queue": "search",
        "args": args.to_string()});
    let prepared = door.ok("prepare_job", asked(json!({"job": job})), &[]);
    assert_eq!(prepared["statements"].as_array().map(Vec::len), Some(4), "{prepared}");
    for rows in [json!([[], [], [["1", ""]], []]), json!([[], [], [], [["1", "0", "1500"]]])] {
        let ticket = &prepared["ticket"];
        door.ok("perform_job", asked(json!({"job": job, "ticket": ticket, "rows": rows})), &[]);
    }
    job["args"] = json!("{");
    door.ok("prepare_job", asked(json!({"job": job})), &[]);

    let options = json!({"fan_out": "posts", "sync_mode": "oban", "oban_queue": "search"});
    let related = json!({"schema": schema, "options": options, "declared": ["posts"]});
    door.ok("plan_related", related, &[]);
    let now = json!({"schema": schema, "options": {"fan_out": "posts"}, "declared": ["posts"]});
    let pending = door.ok("plan_related", now, &[])["pending"].clone();
    for found in [json!(3), json!(null)] {
        door.ok("resolved", json!({"pending": pending, "document_count": 2, "found": found}), &[]);
    }
    let related = asked(json!({"schema": schema, "options": options}));
    let enqueued = door.ok("enqueue_related", related, &notes());
    job["worker"] = enqueued["insert"]["worker"].clone();
    for args in [&enqueued["insert"]["args"], &json!("{")] {
        job["args"] = args.clone();
        door.ok("read_related", asked(json!({"job": job})), &[]);
    }
    door.ok("claim_related", asked(json!({"queue": "search", "limit": 10})), &[]);
    for outcome in ["completed", "cancelled", "retry"] {
        let end = json!({"id": 1, "outcome": outcome, "reason": "why", "attempt": 0, "max_attempts": 8});
        door.ok("settle_related", asked(end), &[]);
    }
}

/// What happens before a search.
fn edge(door: &Watched, schema: &Value) {
    let notes = json!({"filter": "preset"});
    let preset = json!({"defaults": {"page": {"size": 5}}, "fixed": {"filter": {"status": "open"}},
        "sources": notes, "warnings": notes});
    let criteria = json!({"text": "harbour", "sort": {"desc": "year"}, "facets": ["status"],
        "per_query": {"show_ranking_score": true}});
    let composed = door.ok("compose", json!({"fragments": preset, "criteria": criteria}), &[]);
    door.ok("search_arguments", json!({"of": composed}), &[]);
    let entries = json!([{"schema": 0, "text": "harbour", "criteria": criteria}, ["all", "master"]]);
    let shared = json!({"defaults": {"page": {"size": 8}}});
    let many = door.ok("compose_many", json!({"entries": entries, "shared": shared}), &[]);
    door.ok("many_arguments", json!({"of": many}), &[]);
    door.ok("schema_capabilities", json!({"schema": schema}), &[]);
    let asked = json!({"filter": {"status": "open", "crew": 4}, "page": {"size": 5}});
    door.ok("reflect_search", json!({"schema": schema, "of": asked}), &[]);
    door.ok("reflect_search", json!({"schema": schema, "of": composed}), &[]);
    let schemas = json!([[0, schema]]);
    door.ok("reflect_search_many", json!({"schemas": schemas, "of": many}), &[]);
    let of = json!([[0, "harbour", {"page": {"size": 5}}]]);
    let reflected = json!({"schemas": schemas, "of": of, "options": {"facets": ["status"]}});
    door.ok("reflect_search_many", reflected, &[]);

    let params = json!({"q": "harbour", "filter": {"status": "open"}, "page": {"number": "2"}});
    door.ok("param_names", json!({"params": params}), &[]);
    let normalized = door.ok("normalize_params", json!({"params": params, "schemas": [schema]}), &[]);
    door.ok("normalize_params", json!({"params_json": params.to_string()}), &[]);
    door.ok("cast_params", json!({"params": {"filter": {"year": {"gte": 1990}}}}), &[]);
    door.ok("to_query_params", json!({"params": normalized}), &[]);
    door.ok("to_query_string", json!({"params": normalized}), &[]);
    door.ok("to_form_data", json!({"params": normalized}), &[]);
    let wrong = json!({"page": {"number": "0"}});
    let refused = door.call("normalize_params", json!({"params": wrong}), &[]);
    let issues = &refused["error"]["details"]["issues"];
    door.ok("to_form_data", json!({"params": wrong, "errors": issues}), &[]);
}

#[test]
fn every_error_is_as_described() {
    let door = Watched::to("memory:errors");
    let schema = door.door.schema(declaration());
    let search =
        |options: Value| door.call("search", json!({"schema": schema, "text": "x", "options": options}), &[]);
    let mut told = Map::new();
    let mut hear = |reply: Value, kind: &str| {
        assert_eq!(reply["error"]["kind"], kind, "{reply}");
        told.extend(reply["error"]["details"].as_object().unwrap().clone());
    };
    hear(search(json!({"fliter": {}})), "unknown_options");
    hear(search(json!({"facets": ["colour"]})), "unknown_facet");
    hear(search(json!({})), "http_error");
    let partial = [json!({"id": 1})];
    hear(door.call("sync_records", json!({"schema": schema}), &partial), "projection_field_missing");
    hear(door.call("index_name", json!({"schema": "{}"}), &[]), "invalid_schema");

    hear(door.door.call(json!({"op": "compose", "fragments": "x"}), &[]), "invalid_fragment");
    let wrong = json!({"op": "normalize_params", "params": {"page": {"number": "0"}}});
    hear(door.door.call(wrong, &[]), "params_invalid");

    let many = |entries: Value, options: Value| {
        let schemas = json!([{"schema": schema, "primary_key": "id"}]);
        door.call("search_many", json!({"schemas": schemas, "entries": entries, "options": options}), &[])
    };
    let one = json!([{"schema": 0, "text": "x"}]);
    hear(many(json!(["x"]), json!({})), "malformed_entry");
    hear(many(one.clone(), json!({"filter": {"title": "x"}})), "validation_failed");
    hear(many(one.clone(), json!({"page": {"size": 51}})), "page_size");
    hear(many(one, json!({})), "transport_failed");
    let alone = Watched::to("memory:alone");
    alone.ok("sync_records", json!({"schema": schema}), &notes());
    let asked = json!({"schemas": [{"schema": schema, "primary_key": "id"}],
        "entries": [{"schema": 0, "text": "harbour"}]});
    let found = alone.ok("search_many", asked, &[]);
    let outcomes = json!({"pending": found["pending"], "outcomes": [{"failed": "hydration_exit"}]});
    hear(alone.call("finish_search_many", outcomes, &[]), "all_failed");

    let failed = answering(
        r#"{"taskUid": 7, "status": "failed", "indexUid": "scrypath_note", "type": "indexCreation",
            "error": {"code": "internal", "message": "no"}}"#,
    );
    let door = Watched::to(&failed);
    hear(door.call("sync_records", json!({"schema": schema}), &notes()), "task_failed");
    let door = Watched::to(&answering(r#"{"taskUid": 7}"#));
    hear(door.call("sync_records", json!({"schema": schema}), &notes()), "invalid_task_payload");

    let described = description().types["ErrorDetails"]["properties"].as_object().unwrap();
    let untold: Vec<_> = described.keys().filter(|name| !told.contains_key(*name)).collect();
    assert!(untold.is_empty(), "no error of these told {untold:?}");
}

/// A server that has one answer.
fn answering(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(1..) = stream.read(&mut buffer) {
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                    if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}
