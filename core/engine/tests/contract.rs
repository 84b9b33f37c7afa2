//! What the recorded exchanges do not show, or show on other data.

mod support;

use scrypath_engine::{Engine, Options};
use serde_json::{Value, json};
use support::{boats, ids, search, send, send_as, send_raw, wait, write};

#[test]
fn ranks_by_words_typos_and_nearness() {
    let engine = boats();
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "grey heron"}))), [1, 2]);
    // One typo in six letters; a word split in two; two words joined.
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "sylver"}))), [4, 3]);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "silver quick"}))), [3, 4]);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "\"grey heron\""}))), [1]);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "heron -rest"}))), [1]);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "ann"}))), [1]);
}

#[test]
fn filters_by_value_whatever_the_case() {
    let engine = boats();
    let found = |filter: Value| ids(&search(&engine, "boats", json!({"filter": filter})));
    assert_eq!(found(json!("kind = sloop")), [1, 3]);
    assert_eq!(found(json!("length 7 TO 10 AND NOT kind = ketch")), [1, 3]);
    assert_eq!(found(json!("crew.names IN ['Cy', \"Bo\"]")), [1, 3]);
    assert_eq!(found(json!([["kind = yawl", "length > 10"], "kind != ketch"])), [4]);
    assert_eq!(found(json!("length NOT EXISTS")), [4]);
    assert_eq!(found(json!("tags IS EMPTY OR tags IS NULL")), [2, 3]);
}

#[test]
fn refuses_bad_filters_in_words_and_with_a_place() {
    let engine = boats();
    for (filter, word) in [
        ("kind = ", "Was expecting a value"),
        ("(kind = a", "missing the following closing delimiter: `)`"),
        ("kind = 'a", "missing the following closing delimiter: `'`"),
        ("kind = a b", "unexpected characters at the end"),
        (
            "name = a",
            "Attribute `name` is not filterable. Available filterable attribute patterns are: `crew.names`",
        ),
        ("kind IN a", "Expected `[`"),
        ("kind IN [a", "Expected matching `]`"),
        ("AND", "reserved keyword"),
    ] {
        let (status, error) = send(&engine, "POST", "/indexes/boats/search", Some(json!({"filter": filter})));
        assert_eq!((status, &error["code"]), (400, &json!("invalid_search_filter")), "{filter}: {error}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{filter}: {message}");
        assert!(message.ends_with(filter), "{filter}: {message}");
    }
}

#[test]
fn sorts_numbers_before_what_has_none_both_ways() {
    let engine = boats();
    assert_eq!(ids(&search(&engine, "boats", json!({"sort": ["length:asc"]}))), [3, 1, 2, 4]);
    assert_eq!(ids(&search(&engine, "boats", json!({"sort": ["length:desc"]}))), [2, 1, 3, 4]);
    assert_eq!(
        ids(&search(&engine, "boats", json!({"sort": ["name:desc"], "offset": 1, "limit": 2}))),
        [3, 2]
    );
}

#[test]
fn ids_are_reused_smallest_first_and_decide_ties() {
    let engine = boats();
    write(&engine, "DELETE", "/indexes/boats/documents/2", Value::Null);
    write(&engine, "POST", "/indexes/boats/documents", json!([{"id": 9, "name": "Late"}]));
    assert_eq!(ids(&search(&engine, "boats", json!({}))), [1, 9, 3, 4]);
}

#[test]
fn one_bad_document_fails_its_task_and_not_its_neighbours() {
    let engine = Engine::memory(Options::default());
    let uids: Vec<u64> =
        [json!([{"id": 1}, {"id": "a b"}]), json!([{"id": 2}]), json!([{"id": 3}, {"x": 1}])]
            .into_iter()
            .map(|body| {
                send(&engine, "POST", "/indexes/a/documents?primaryKey=id", Some(body)).1["taskUid"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
    let codes: Vec<Value> = uids.iter().map(|uid| wait(&engine, *uid)["error"]["code"].clone()).collect();
    assert_eq!(codes, [json!("invalid_document_id"), Value::Null, json!("missing_document_id")]);
    assert_eq!(send(&engine, "GET", "/indexes/a/documents?fields=id", None).1["results"], json!([{"id": 2}]));
}

#[test]
fn updates_lay_fields_over_documents() {
    let engine = boats();
    write(
        &engine,
        "PUT",
        "/indexes/boats/documents",
        json!([{"id": 3, "kind": "cutter"}, {"id": 3, "length": 8}]),
    );
    let (_, boat) = send(&engine, "GET", "/indexes/boats/documents/3", None);
    assert_eq!(
        (&boat["name"], &boat["kind"], &boat["length"]),
        (&json!("Quick Silver"), &json!("cutter"), &json!(8))
    );
    assert_eq!(ids(&search(&engine, "boats", json!({"filter": "kind = sloop"}))), [1]);
}

#[test]
fn settings_change_what_is_already_indexed() {
    let engine = boats();
    write(
        &engine,
        "PATCH",
        "/indexes/boats/settings",
        json!({"searchableAttributes": ["notes"], "stopWords": ["and"]}),
    );
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "heron"}))), [0u32; 0]);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "grey"}))), [2]);
    write(&engine, "DELETE", "/indexes/boats/settings", Value::Null);
    assert_eq!(ids(&search(&engine, "boats", json!({"q": "heron"}))), [2, 1]);
}

#[test]
fn marks_crops_and_tells_where() {
    let engine = boats();
    let reply = search(
        &engine,
        "boats",
        json!({"q": "quiet", "attributesToHighlight": ["notes"], "attributesToCrop": ["notes:3"], "showMatchesPosition": true}),
    );
    assert_eq!(reply["hits"][0]["_formatted"]["notes"], "…and <em>quiet</em> boat");
    assert_eq!(reply["hits"][0]["_matchesPosition"]["notes"], json!([{"start": 11, "length": 5}]));
    let reply = search(&engine, "boats", json!({"q": "cy", "showMatchesPosition": true}));
    assert_eq!(
        reply["hits"][0]["_matchesPosition"]["crew.names"],
        json!([{"start": 0, "length": 2, "indices": [0]}])
    );
}

#[test]
fn facets_count_and_merge() {
    let engine = boats();
    let reply = search(&engine, "boats", json!({"facets": ["kind", "length"], "limit": 0}));
    assert_eq!(reply["facetDistribution"]["kind"], json!({"ketch": 1, "sloop": 2, "yawl": 1}));
    assert_eq!(reply["facetStats"]["length"], json!({"min": 7.0, "max": 14.0}));
    let body = json!({"federation": {"facetsByIndex": {"boats": ["kind"]}, "mergeFacets": {}},
                      "queries": [{"indexUid": "boats", "q": "heron"}, {"indexUid": "boats", "q": "silver"}]});
    let (status, reply) = send(&engine, "POST", "/multi-search", Some(body));
    assert_eq!(status, 200, "{reply}");
    assert_eq!(reply["estimatedTotalHits"], 4);
    assert_eq!(reply["facetDistribution"]["kind"], json!({"ketch": 1, "sloop": 2, "yawl": 1}));
}

#[test]
fn keys_open_what_they_name_and_no_more() {
    let engine = Engine::memory(Options { master_key: Some("master of the harbour".to_owned()) });
    let master = Some("master of the harbour");
    let post = |key: Option<&str>, target: &str, body: Value| {
        send_as(&engine, key, "POST", target, Some("application/json"), body.to_string().as_bytes())
    };
    assert_eq!(send(&engine, "GET", "/health", None).0, 200);
    assert_eq!(send(&engine, "GET", "/indexes", None).0, 401);
    assert_eq!(post(Some("wrong"), "/indexes", json!({"uid": "a"})).0, 403);
    let (status, key) =
        post(master, "/keys", json!({"actions": ["documents.*"], "indexes": ["a*"], "expiresAt": null}));
    assert_eq!(status, 201, "{key}");
    let key = key["key"].as_str();
    let (status, summary) = post(key, "/indexes/ab/documents", json!([{"id": 1}]));
    assert_eq!(status, 202);
    assert_eq!(post(key, "/indexes/b/documents", json!([{"id": 1}])).0, 403);
    assert_eq!(post(key, "/indexes/ab/search", json!({})).0, 403);
    // Such a key writes to an index but must not make one.
    let uid = summary["taskUid"].as_u64().unwrap();
    let task = loop {
        let (_, task) = send_as(&engine, master, "GET", &format!("/tasks/{uid}"), None, b"");
        if task["finishedAt"] != Value::Null {
            break task;
        }
    };
    assert_eq!(task["error"]["code"], "index_not_found");
}

#[test]
fn hostile_bodies_are_answered() {
    let engine = boats();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_document = format!("[{{\"id\":1,\"a\":{}1{}}}]", "[".repeat(5_000), "]".repeat(5_000));
    let deep_filter =
        json!({"filter": format!("{}kind = a{}", "(".repeat(20_000), ")".repeat(20_000))}).to_string();
    let nots = json!({"filter": format!("{}kind = a", "NOT ".repeat(20_000))}).to_string();
    let long_query = json!({"q": "silver ".repeat(50_000)}).to_string();
    let long_word = json!({"q": "é".repeat(100_000)}).to_string();
    let quotes = json!({"q": "\"".repeat(1_000) + "a -\"b" }).to_string();
    let bodies: Vec<&[u8]> = vec![
        b"",
        b"{",
        b"null",
        b"7",
        b"\xff\xfe",
        b"{\"q\":\"\\ud800\"}",
        b"{\"filter\":\"\\u0000\"}",
        deep.as_bytes(),
        deep_document.as_bytes(),
        deep_filter.as_bytes(),
        nots.as_bytes(),
        long_query.as_bytes(),
        long_word.as_bytes(),
        quotes.as_bytes(),
        b"{\"limit\":18446744073709551615,\"offset\":18446744073709551615}",
        b"{\"page\":18446744073709551615,\"hitsPerPage\":18446744073709551615}",
        b"{\"cropLength\":0,\"q\":\"a\",\"attributesToCrop\":[\"*\"]}",
        b"{\"sort\":[\":asc\",\"\"]}",
        b"{\"facets\":[\"\",\"*\",\"**\"]}",
        b"[[[{}]]]",
        b"{\"queries\":[{}]}",
    ];
    for target in [
        "search",
        "documents",
        "documents/fetch",
        "documents/delete",
        "documents/delete-batch",
        "facet-search",
        "settings",
    ] {
        for method in ["POST", "PUT", "PATCH", "GET", "DELETE"] {
            if (method, target) == ("DELETE", "documents") || (method, target) == ("DELETE", "settings") {
                continue;
            }
            for body in &bodies {
                for kind in ["application/json", "application/x-ndjson", "text/csv"] {
                    let path = format!("/indexes/boats/{target}");
                    let (status, reply) = send_raw(&engine, method, &path, Some(kind), body);
                    assert_ne!(
                        status,
                        500,
                        "{method} {path} {kind} {:.60}: {reply}",
                        String::from_utf8_lossy(body)
                    );
                }
            }
        }
    }
    for target in [
        "/%",
        "/indexes/%ff%fe/search",
        "/indexes//search",
        "/tasks?uids=,,",
        "/tasks?limit=-1",
        "/indexes/../../x",
        "?",
        "",
    ] {
        assert_ne!(send(&engine, "GET", target, None).0, 500, "{target}");
    }
    let (_, tasks) = send(&engine, "GET", "/tasks?limit=1000", None);
    for task in tasks["results"].as_array().into_iter().flatten() {
        let task = wait(&engine, task["uid"].as_u64().unwrap());
        assert_ne!(task["error"]["code"], "internal", "{task}");
    }
    assert_eq!(send(&engine, "GET", "/indexes/boats", None).0, 200);
}

#[test]
fn large_and_compressed_bodies() {
    use std::io::Write;
    let engine = Engine::memory(Options::default());
    let body = format!("[{{\"id\":1,\"text\":\"{}\"}}]", "word ".repeat(2_000_000));
    let task = send_raw(&engine, "POST", "/indexes/a/documents", Some("application/json"), body.as_bytes()).1;
    assert_eq!(wait(&engine, task["taskUid"].as_u64().unwrap())["status"], "succeeded");
    assert_eq!(
        search(&engine, "a", json!({"q": "word", "attributesToRetrieve": ["id"]}))["estimatedTotalHits"],
        1
    );

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"[{\"id\":2}]").unwrap();
    let packed = gzip.finish().unwrap();
    let request = |body: &[u8], encoding: &str| {
        engine.handle(scrypath_engine::Request {
            method: "POST",
            target: "/indexes/a/documents",
            authorization: None,
            content_type: Some("application/json"),
            content_encoding: Some(encoding),
            body,
        })
    };
    assert_eq!(request(&packed, "gzip").status, 202);
    // Small on the wire, over the limit once unpacked.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..101 {
        gzip.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let reply = request(&gzip.finish().unwrap(), "gzip");
    assert_eq!(reply.status, 413, "{}", String::from_utf8_lossy(&reply.body));
}

#[test]
fn a_batch_is_told_as_it_ended_and_goes_with_its_last_task() {
    let engine = Engine::memory(Default::default());
    write(&engine, "POST", "/indexes", json!({"uid": "a"}));
    write(&engine, "PATCH", "/indexes/a", json!({"uid": "b"}));
    let (_, task) = send(&engine, "GET", "/tasks/0", None);
    assert_eq!(task["indexUid"], "b", "the past goes with the index");
    let (_, renamed) = send(&engine, "GET", "/tasks/1", None);
    assert_eq!(renamed["details"], json!({"primaryKey": null, "oldIndexUid": "a", "newIndexUid": "b"}));
    let (_, batch) = send(&engine, "GET", "/batches/0", None);
    assert_eq!(batch["stats"]["indexUids"], json!({"a": 1}));
    assert_eq!(batch["details"], json!({}), "what was not known in the end is left out");
    assert_eq!(send(&engine, "GET", "/batches?indexUids=b", None).1["total"], 1, "the rename speaks of both");
    write(&engine, "DELETE", "/tasks?uids=0", Value::Null);
    assert_eq!(send(&engine, "GET", "/batches/0", None).0, 404);
    assert_eq!(send(&engine, "GET", "/batches/1", None).0, 200);
}

#[test]
fn wrong_parameters_are_told_in_order_with_the_name_that_was_meant() {
    let engine = Engine::memory(Default::default());
    for (query, told) in [
        ("indexUid=a&limit=x", "Unknown parameter `indexUid`: did you mean `indexUids`? expected one of"),
        ("limit=x&indexUid=a", "Invalid value in parameter `limit`: could not parse `x`"),
        ("statuses=x", "Invalid value in parameter `statuses`: `x` is not a valid task status"),
        ("statuses=failed,x", "Invalid value in parameter `statuses[1]`: `x` is not a valid task status"),
        ("uids=*,x", "Invalid value in parameter `uids[1]`: could not parse `x`"),
        (
            "afterStartedAt=2030-01-01T00:00:00",
            "Invalid value in parameter `afterStartedAt`: `2030-01-01T00:00:00`",
        ),
    ] {
        let (status, reply) = send(&engine, "GET", &format!("/tasks?{query}"), None);
        assert_eq!(status, 400, "{query}");
        assert!(reply["message"].as_str().unwrap().starts_with(told), "{query}: {reply}");
    }
}
