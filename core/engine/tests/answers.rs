//! What single requests answer, row by row of `answers.json`, over the boats.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use support::{boats, ids, send};

#[test]
fn each_request_answers_as_its_row_says() {
    let engine = boats();
    let rows: Vec<Value> = serde_json::from_str(include_str!("answers.json")).unwrap();
    assert!(rows.len() > 30);
    for row in rows {
        let it = row["it"].as_str().unwrap();
        let text = |part: usize| row["send"][part].as_str().unwrap();
        let body = Some(row["send"][2].clone()).filter(|body| !body.is_null());
        let (status, reply) = send(&engine, text(0), text(1), body);
        assert_eq!(u64::from(status), row["status"].as_u64().unwrap(), "{it}: {reply}");
        if let Some(code) = row.get("code") {
            assert_eq!(&reply["code"], code, "{it}: {reply}");
            let link = format!("https://docs.meilisearch.com/errors#{}", code.as_str().unwrap());
            assert_eq!(reply["link"], link, "{it}");
        }
        if let Some(part) = row["message"].as_str() {
            assert!(reply["message"].as_str().unwrap().contains(part), "{it}: {reply}");
        }
        for pointer in row["absent"].as_array().into_iter().flatten() {
            assert_eq!(reply.pointer(pointer.as_str().unwrap()), None, "{it}: {reply}");
        }
        for (pointer, value) in row["holds"].as_object().into_iter().flatten() {
            assert_eq!(reply.pointer(pointer), Some(value), "{it}: {reply}");
        }
        if let Some(wanted) = row["ids"].as_array() {
            assert_eq!(&ids(&reply), wanted, "{it}: {reply}");
        }
    }
}
