//! The promises, end to end, on the embedded index.

mod door;

use door::Door;
use serde_json::{Value, json};

fn notes(door: &Door) -> String {
    door.schema(json!({"fields": ["id", "title", "status"], "filterable": ["status"], "sortable": ["title"],
        "faceting": {"attributes": ["status"]}}))
}

fn search(door: &Door, schema: &str, text: &str, options: Value) -> Value {
    door.call(json!({"op": "search", "schema": schema, "text": text, "options": options}), &[])
}

fn hit_ids(reply: &Value) -> Vec<i64> {
    let hits = reply["ok"]["raw"]["hits"].as_array().unwrap_or_else(|| panic!("{reply}"));
    hits.iter().map(|hit| hit["id"].as_i64().unwrap()).collect()
}

fn sync(door: &Door, schema: &str, mode: &str, records: &[Value]) -> Value {
    door.call(json!({"op": "sync_records", "schema": schema, "options": {"sync_mode": mode}}), records)
}

const HARBOUR: fn() -> [Value; 3] = || {
    [
        json!({"id": 1, "title": "Harbour lights", "status": "open"}),
        json!({"id": 2, "title": "Harbour master", "status": "closed"}),
        json!({"id": 3, "title": "Mountain hut", "status": "open"}),
    ]
};

#[test]
fn an_inline_write_can_be_searched_filtered_sorted_and_counted_when_it_returns() {
    let door = Door::to("memory:");
    let schema = notes(&door);
    let written = sync(&door, &schema, "inline", &HARBOUR());
    assert_eq!(written["ok"]["status"], "completed", "{written}");
    assert_eq!(written["ok"]["mode"], "inline");
    assert_eq!(written["ok"]["document_ids"], json!([1, 2, 3]));
    assert_eq!(written["ok"]["index"], "scrypath_note");
    assert_eq!(written["ok"]["task"]["status"], "succeeded");

    assert_eq!(hit_ids(&search(&door, &schema, "harbour", json!({"filter": {"status": "open"}}))), [1]);
    let sorted = search(&door, &schema, "", json!({"sort": {"title": "desc"}}));
    assert_eq!(hit_ids(&sorted), [3, 2, 1]);
    let counted = search(&door, &schema, "", json!({"facets": ["status"], "page": {"size": 2}}));
    assert_eq!(counted["ok"]["page"], json!({"number": 1, "size": 2, "total_pages": 2, "total_hits": 3}));
    let open = json!({"status": [{"value": "closed", "count": 1}, {"value": "open", "count": 2}]});
    assert_eq!(counted["ok"]["facets"]["distribution"], open);
}

#[test]
fn a_manual_write_says_accepted_and_no_more() {
    let door = Door::to("memory:");
    let schema = notes(&door);
    let written = sync(&door, &schema, "manual", &HARBOUR());
    assert_eq!(written["ok"]["status"], "accepted", "{written}");
    assert_eq!(written["ok"]["task"]["status"], "enqueued");
}

#[test]
fn deletes_follow_by_record_and_by_id() {
    let door = Door::to("memory:");
    let schema = notes(&door);
    sync(&door, &schema, "inline", &HARBOUR());
    let by_record = door.call(json!({"op": "delete_records", "schema": schema}), &[json!({"id": 1})]);
    assert_eq!(by_record["ok"]["status"], "completed", "{by_record}");
    let by_id = door.call(json!({"op": "delete_documents", "schema": schema, "ids": [2, 404]}), &[]);
    assert_eq!(by_id["ok"]["document_count"], 2, "{by_id}");
    assert_eq!(hit_ids(&search(&door, &schema, "", json!({}))), [3]);
}

#[test]
fn an_empty_write_is_a_no_op_with_one_span_and_no_request() {
    let door = Door::to("http://127.0.0.1:1");
    let schema = notes(&door);
    let written = sync(&door, &schema, "inline", &[]);
    assert_eq!(
        written["ok"],
        json!({"mode": "inline", "status": "noop", "document_ids": [], "document_count": 0})
    );
    let names: Vec<_> = written["events"].as_array().unwrap().iter().map(|event| &event["name"]).collect();
    assert_eq!(names, ["scrypath.sync.upsert.start", "scrypath.sync.upsert.stop"]);
}

#[test]
fn one_bad_record_sends_nothing() {
    let door = Door::to("memory:");
    let schema = notes(&door);
    let [good, ..] = HARBOUR();
    let refused = sync(&door, &schema, "inline", &[good, json!({"id": 2, "title": "no status"})]);
    assert_eq!(refused["error"]["kind"], "projection_field_missing", "{refused}");
    assert_eq!(refused["error"]["details"]["position"], 1);
    let found = search(&door, &schema, "", json!({}));
    assert_eq!(found["error"]["details"]["code"], "index_not_found", "{found}");
}

#[test]
fn hydration_puts_rows_in_hit_order_and_names_the_missing() {
    let door = Door::to("memory:");
    let schema = notes(&door);
    sync(&door, &schema, "inline", &HARBOUR());
    let found = door.call(
        json!({"op": "search", "schema": schema, "text": "", "primary_key": "id",
               "options": {"sort": {"title": "desc"}, "repo": "Notes"}}),
        &[],
    );
    assert_eq!(found["ok"]["hydration"]["ids"], json!([3, 2, 1]), "{found}");
    let last = found["events"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "scrypath.meilisearch.request.stop", "the search goes on in the host");
    let pending = &found["ok"]["hydration"]["pending"];
    let rows = door.call(json!({"op": "hydrate", "pending": pending, "found": ["1", 3]}), &[]);
    assert_eq!(rows["ok"], json!({"order": [1, 0], "missing_ids": [2]}), "{rows}");
    let events = rows["events"].as_array().unwrap();
    let names: Vec<_> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["scrypath.hydration.start", "scrypath.hydration.stop", "scrypath.search.stop"]);
    assert_eq!(events[2]["metadata"]["record_count"], 2);
    assert_eq!(events[2]["metadata"]["missing_count"], 1);
}

#[test]
fn memory_is_shared_by_name() {
    let door = Door::to("memory:left");
    let schema = notes(&door);
    sync(&door, &schema, "inline", &HARBOUR());
    let other =
        json!({"op": "search", "schema": schema, "text": "", "options": {"meilisearch_url": "memory:right"}});
    assert_eq!(door.call(other, &[])["error"]["kind"], "http_error");
    let same =
        json!({"op": "search", "schema": schema, "text": "", "options": {"meilisearch_url": "memory:left"}});
    assert_eq!(hit_ids(&door.call(same, &[])).len(), 3);
}

#[test]
fn a_database_under_a_path_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("embedded:{}", folder.path().join("index").display());
    {
        let door = Door::to(&url);
        let schema = notes(&door);
        sync(&door, &schema, "inline", &HARBOUR());
    }
    let door = Door::to(&url);
    let schema = notes(&door);
    assert_eq!(hit_ids(&search(&door, &schema, "hut", json!({}))), [3]);
}
