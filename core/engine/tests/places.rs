//! Documents with a point: filtered by circle and box, sorted by distance, refused where it is none.
#![allow(clippy::unwrap_used)]

mod support;

use scrypath_engine::Engine;
use serde_json::{Value, json};
use support::{ids, search, send, write};

fn harbours() -> Engine {
    let engine = Engine::memory(Default::default());
    let settings = json!({"filterableAttributes": ["_geo"], "sortableAttributes": ["_geo"]});
    write(&engine, "PATCH", "/indexes/harbours/settings", settings);
    let harbours = json!([
        {"id": 1, "name": "Kiel", "_geo": {"lat": 54.32, "lng": 10.14}},
        {"id": 2, "name": "Suva", "_geo": {"lat": "-18.14", "lng": "178.44"}},
        {"id": 3, "name": "Apia", "_geo": {"lat": -13.83, "lng": -171.76}},
        {"id": 4, "name": "Laboe", "_geo": {"lat": 54.41, "lng": 10.22}},
        {"id": 5, "name": "Atlantis", "_geo": null},
    ]);
    assert_eq!(write(&engine, "POST", "/indexes/harbours/documents", harbours)["status"], "succeeded");
    engine
}

#[test]
fn circles_and_boxes_hold_what_lies_in_them() {
    let engine = harbours();
    let found = |filter: &str| ids(&search(&engine, "harbours", json!({"filter": filter})));
    assert_eq!(found("_geoRadius(54.32, 10.14, 5000)"), [1]);
    assert_eq!(found("_geoRadius(54.32, 10.14, 15000)"), [1, 4]);
    assert_eq!(found("NOT _geoRadius(54.32, 10.14, 15000)"), [2, 3, 5]);
    assert_eq!(found("_geoBoundingBox([55, 11], [54, 10])"), [1, 4]);
    // Across the line where east meets west.
    assert_eq!(found("_geoBoundingBox([-10, -170], [-20, 170])"), [2, 3]);
    assert_eq!(found("_geoRadius(-16, 180, 1200000)"), [2, 3]);
}

#[test]
fn distance_sorts_and_is_told() {
    let engine = harbours();
    let near = search(&engine, "harbours", json!({"sort": ["_geoPoint(54.41, 10.22):asc"]}));
    assert_eq!(ids(&near), [4, 1, 3, 2, 5]);
    assert_eq!(near["hits"][0]["_geoDistance"], 0);
    assert_eq!(near["hits"][1]["_geoDistance"], 11270);
    assert_eq!(near["hits"][4]["_geoDistance"], Value::Null);
    let far = search(&engine, "harbours", json!({"sort": ["_geoPoint(54.41, 10.22):desc"]}));
    assert_eq!(ids(&far), [2, 3, 1, 4, 5]);
}

#[test]
fn what_is_no_place_is_refused() {
    let engine = harbours();
    for (filter, word) in [
        ("_geoRadius(91, 0, 1)", "Bad latitude `91`"),
        ("_geoRadius(0, 190, 1)", "try using `-170`"),
        ("_geoRadius(0, 0)", "expecting 3 or 4 arguments"),
        ("_geoRadius(a, b, c)", "must be in the form"),
        ("_geoBoundingBox([1, 1], [2, 2])", "is below the bottom"),
        ("_geoPolygon([1, 2], [3, 4], [5, 6])", "`_geojson` is not filterable"),
        ("_geo = 1", "reserved keyword"),
    ] {
        let (status, error) =
            send(&engine, "POST", "/indexes/harbours/search", Some(json!({"filter": filter})));
        assert_eq!((status, &error["code"]), (400, &json!("invalid_search_filter")), "{filter}: {error}");
        assert!(error["message"].as_str().unwrap().contains(word), "{filter}: {error}");
    }
    for sort in ["_geoPoint(91, 0):asc", "_geo:asc", "_geoPoint(1):asc", "_geoRadius(1, 2, 3):asc"] {
        let (status, error) =
            send(&engine, "POST", "/indexes/harbours/search", Some(json!({"sort": [sort]})));
        assert_eq!((status, &error["code"]), (400, &json!("invalid_search_sort")), "{sort}: {error}");
    }
    for geo in
        [json!({"lat": 1}), json!({"lat": "x", "lng": 1}), json!(5), json!({"lat": 1, "lng": 2, "alt": 3})]
    {
        let task = write(&engine, "POST", "/indexes/harbours/documents", json!([{"id": 9, "_geo": geo}]));
        assert_eq!(task["error"]["code"], "invalid_document_geo_field", "{task}");
    }
}
