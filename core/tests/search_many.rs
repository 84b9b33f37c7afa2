//! Many searches in one request, against the engine in this process.

mod door;

use door::Door;
use serde_json::{Value, json};

/// Two schemas with documents; gives the door and both JSON forms.
fn fleet(name: &str) -> (Door, String, String) {
    let door = Door::to(&format!("memory:{name}"));
    let declare = |name: &str| {
        let options = json!({"fields": ["id", "name", "kind"], "filterable": ["kind"],
            "faceting": {"attributes": ["kind"]}});
        let reply = door.call(json!({"op": "declare", "name": name, "options": options}), &[]);
        reply["ok"]["json"].as_str().expect("a form").to_owned()
    };
    let (vessel, port) = (declare("Vessel"), declare("Port"));
    let write = |schema: &str, records: &[Value]| {
        let reply = door.call(json!({"op": "sync_records", "schema": schema}), records);
        assert_eq!(reply["ok"]["status"], "completed", "{reply}");
    };
    write(
        &vessel,
        &[
            json!({"id": 1, "name": "Harbour tug Anna", "kind": "tug"}),
            json!({"id": 2, "name": "Harbour ferry Berta", "kind": "ferry"}),
            json!({"id": 3, "name": "Harbour tug Clara", "kind": "tug"}),
        ],
    );
    write(&port, &[json!({"id": 1, "name": "Harbour of Bergen", "kind": "port"})]);
    (door, vessel, port)
}

fn many(door: &Door, schemas: &[&str], entries: Value, options: Value) -> Value {
    let schemas: Vec<Value> = schemas.iter().map(|schema| json!({"schema": schema})).collect();
    let call = json!({"op": "search_many", "schemas": schemas, "entries": entries, "options": options});
    door.call(call, &[])
}

fn names(entry: &Value) -> Vec<&str> {
    entry["raw"]["hits"].as_array().expect("hits").iter().map(|hit| hit["name"].as_str().unwrap()).collect()
}

#[test]
fn hits_are_told_apart_by_query_so_one_schema_may_come_twice() {
    let (door, vessel, port) = fleet("twice");
    let entries = json!([
        {"schema": 0, "text": "harbour", "options": {"filter": {"kind": "tug"}}},
        {"schema": 1, "text": "harbour"},
        {"schema": 0, "text": "harbour", "options": {"filter": {"kind": "ferry"}}},
    ]);
    let reply = many(&door, &[&vessel, &port], entries, json!({}));
    let found = &reply["ok"]["entries"];
    assert_eq!(names(&found[0]), ["Harbour tug Anna", "Harbour tug Clara"], "{reply}");
    assert_eq!(names(&found[1]), ["Harbour of Bergen"]);
    assert_eq!(names(&found[2]), ["Harbour ferry Berta"]);
    assert!(!reply.to_string().contains("_federation"), "{reply}");
    assert_eq!(reply["ok"]["merged"].as_array().unwrap().len(), 4);
    assert_eq!(reply["ok"]["federation"]["limit"], 200);
    assert_eq!(reply["ok"]["federation"]["estimated_total_hits"], 4);
}

#[test]
fn weights_decide_the_merged_order() {
    let (door, vessel, port) = fleet("weights");
    let first = |vessels: f64, ports: f64| {
        let entries = json!([
            {"schema": 0, "text": "harbour", "options": {"federation_weight": vessels}},
            {"schema": 1, "text": "harbour", "options": {"federation_weight": ports}},
        ]);
        let reply = many(&door, &[&vessel, &port], entries, json!({}));
        reply["ok"]["merged"][0][0].clone()
    };
    assert_eq!(first(2.0, 1.0), 0);
    assert_eq!(first(1.0, 2.0), 1);
}

#[test]
fn facets_come_with_each_entry_that_asked() {
    let (door, vessel, port) = fleet("facets");
    let entries =
        json!([{"schema": 0, "text": "", "options": {"facets": ["kind"]}}, {"schema": 1, "text": ""}]);
    let reply = many(&door, &[&vessel, &port], entries, json!({}));
    let kinds = &reply["ok"]["entries"][0]["facets"]["distribution"]["kind"];
    assert_eq!(kinds, &json!([{"value": "ferry", "count": 1}, {"value": "tug", "count": 2}]), "{reply}");
    assert_eq!(reply["ok"]["entries"][1]["facets"]["declared_order"], json!([]));
}

#[test]
fn entries_with_pages_stay_side_by_side() {
    let (door, vessel, port) = fleet("pages");
    let entries = json!([
        {"schema": 0, "text": "harbour", "options": {"page": {"number": 2, "size": 1}}},
        {"schema": 1, "text": "harbour"},
    ]);
    let reply = many(&door, &[&vessel, &port], entries, json!({"page": {"size": 5}}));
    let found = &reply["ok"]["entries"];
    assert_eq!(
        found[0]["page"],
        json!({"number": 2, "size": 1, "total_pages": 3, "total_hits": 3}),
        "{reply}"
    );
    assert_eq!(found[1]["page"]["size"], 5);
    assert_eq!(reply["ok"]["merged"], Value::Null);
}

#[test]
fn all_stands_for_the_global_schemas_in_place() {
    let (door, vessel, port) = fleet("all");
    let call = |global: Value| {
        let schemas = json!([{"schema": vessel}, {"schema": port}]);
        let entries = json!([{"schema": 1, "text": "bergen"}, {"text": "harbour"}]);
        door.call(
            json!({"op": "search_many", "schemas": schemas, "entries": entries, "global_schemas": global}),
            &[],
        )
    };
    let reply = call(json!([0, 1]));
    let schemas: Vec<&Value> =
        reply["ok"]["entries"].as_array().unwrap().iter().map(|entry| &entry["schema"]).collect();
    assert_eq!(schemas, [1, 0, 1], "{reply}");
    assert_eq!(call(Value::Null)["error"]["details"]["name"], "missing_otp_app");
    assert_eq!(call(json!([]))["error"]["details"]["name"], "empty_registry");
}

#[test]
fn wrong_calls_are_refused_before_anything_is_sent() {
    let (door, vessel, _) = fleet("wrong");
    let kind = |entries: Value, options: Value| {
        let reply = many(&door, &[&vessel], entries, options);
        let sent = reply["events"].to_string().contains("meilisearch.request");
        assert!(!sent, "{reply}");
        reply["error"]["kind"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    };
    let one = |options: Value| json!([{"schema": 0, "text": "x", "options": options}]);
    assert_eq!(kind(json!([]), json!({})), "empty_schema_list");
    assert_eq!(kind(json!(["x"]), json!({})), "malformed_entry");
    assert_eq!(kind(json!([{"schema": 0, "text": 1}]), json!({})), "malformed_entry");
    assert_eq!(kind(one(json!({"filter": {"name": "x"}})), json!({})), "validation_failed");
    assert_eq!(kind(one(json!({"federation_weight": "2"})), json!({})), "federation_weight");
    assert_eq!(kind(one(json!({"federation_limit": 2})), json!({})), "federation_key_in_entry");
    assert_eq!(kind(one(json!({"index_prefix": "x"})), json!({})), "runtime_option_in_entry");
    assert_eq!(kind(one(json!({"page": {"size": 51}})), json!({})), "page_size");
    assert_eq!(kind(one(json!({"federation_weight": 2})), json!({"page": {"size": 5}})), "federation_page");
    assert_eq!(kind(one(json!({})), json!({"tenant_scope": 7})), "validation_failed");
    assert_eq!(kind(one(json!({})), json!({"federation_weight": 2})), "validation_failed");
    let eleven: Vec<Value> = (0..11).map(|_| json!({"schema": 0, "text": "x"})).collect();
    assert_eq!(kind(json!(eleven), json!({})), "too_many_schemas");
}

#[test]
fn an_entry_wins_over_what_is_shared_and_per_query_is_merged() {
    let (door, vessel, _) = fleet("merge");
    let entries = json!([{"schema": 0, "text": "harbour",
        "options": {"filter": {"kind": "ferry"}, "per_query": {"show_ranking_score": true}}}]);
    let shared = json!({"filter": {"kind": "tug"}, "per_query": {"ranking_score_threshold": 0.1}});
    let reply = many(&door, &[&vessel], entries, shared);
    let query = &reply["ok"]["entries"][0]["query"];
    assert_eq!(query["filter"], json!([["kind", "ferry"]]), "{reply}");
    assert_eq!(query["per_query"], json!({"ranking_score_threshold": 0.1, "show_ranking_score": true}));
}

#[test]
fn rows_are_put_in_order_and_failures_leave_the_rest() {
    let (door, vessel, port) = fleet("rows");
    let schemas = json!([{"schema": vessel, "primary_key": "id"}, {"schema": port, "primary_key": "id"}]);
    let entries = json!([{"schema": 0, "text": "harbour"}, {"schema": 1, "text": "harbour"}]);
    let reply = door.call(json!({"op": "search_many", "schemas": schemas, "entries": entries}), &[]);
    let found = &reply["ok"];
    assert_eq!(found["entries"][1]["ids"], json!([1]), "{reply}");
    let finish = |outcomes: Value| {
        door.call(json!({"op": "finish_search_many", "pending": found["pending"], "outcomes": outcomes}), &[])
    };
    let ended = finish(json!([{"found": [3, 1]}, {"failed": "hydration_timeout"}]));
    let ids = found["entries"][0]["ids"].as_array().unwrap();
    let order: Vec<usize> = ids.iter().filter_map(|id| [3, 1].iter().position(|found| id == found)).collect();
    assert_eq!(ended["ok"]["hydrated"], json!([{"order": order, "missing_ids": [2]}, null]), "{ended}");
    assert_eq!(ended["ok"]["failed"], json!([1]));
    assert_eq!(ended["ok"]["failures"], json!([{"schema": 1, "reason": "hydration_timeout"}]));
    let events: Vec<&str> =
        ended["events"].as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "scrypath.hydration.start",
            "scrypath.hydration.stop",
            "scrypath.search_many.partial",
            "scrypath.search_many.stop"
        ]
    );
    let none = finish(json!([{"failed": "hydration_timeout"}, {"failed": "hydration_timeout"}]));
    assert_eq!(none["error"]["kind"], "all_failed");
}

#[test]
fn counts_of_a_filtered_facet_are_as_if_it_were_not() {
    let (door, vessel, _) = fleet("disjunctive");
    let search = |disjunctive: bool| {
        let options = json!({"facets": ["kind"], "facet_filter": {"kind": ["tug"]}});
        let call = json!({"op": "search", "schema": vessel, "text": "harbour", "options": options,
            "disjunctive": disjunctive});
        door.call(call, &[])
    };
    let kinds = |reply: &Value| reply["ok"]["facets"]["distribution"]["kind"].clone();
    assert_eq!(kinds(&search(false)), json!([{"value": "tug", "count": 2}]));
    let reply = search(true);
    assert_eq!(
        kinds(&reply),
        json!([{"value": "ferry", "count": 1}, {"value": "tug", "count": 2}]),
        "{reply}"
    );
    assert_eq!(names(&reply["ok"]), ["Harbour tug Anna", "Harbour tug Clara"]);
}

#[test]
fn facet_values_are_found_by_their_beginning() {
    let (door, vessel, _) = fleet("values");
    let reply =
        door.call(json!({"op": "search_facet_values", "schema": vessel, "facet": "kind", "text": "fe"}), &[]);
    assert_eq!(reply["ok"]["hits"], json!([{"value": "ferry", "count": 1}]), "{reply}");
}
