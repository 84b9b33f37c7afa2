//! What is acknowledged stays, what is torn is told, and a path has one owner.

mod support;

use std::path::Path;

use scrypath_engine::{Engine, OpenError, Options};
use serde_json::{Value, json};
use support::{ids, search, send, write};

fn open(path: &Path) -> Engine {
    Engine::open(path, Options::default()).expect("the path opens")
}

#[test]
fn reopens_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    write(&engine, "POST", "/indexes/a/documents", json!([{"id": 1, "t": "one"}, {"id": 2, "t": "two"}]));
    write(&engine, "PATCH", "/indexes/a/settings", json!({"synonyms": {"uno": ["one"]}}));
    engine.close();
    assert_eq!(send(&engine, "GET", "/indexes", None).0, 500, "a closed engine answers with an error");
    let engine = open(folder.path());
    assert_eq!(ids(&search(&engine, "a", json!({"q": "uno"}))), [1]);
    assert_eq!(send(&engine, "GET", "/tasks", None).1["total"], 2);
}

#[test]
fn one_owner_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let second = Engine::open(folder.path(), Options::default());
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(engine);
    open(folder.path());
}

#[test]
fn a_torn_file_is_told_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let documents: Vec<Value> = (0..2000).map(|i| json!({"id": i, "t": format!("word w{i}")})).collect();
    write(&engine, "POST", "/indexes/a/documents", json!(documents));
    drop(engine);
    let index = std::fs::read_dir(folder.path().join("indexes"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path()
        .join("index.redb");
    let whole = std::fs::read(&index).unwrap();
    let mut told = 0;
    for at in (1..40).map(|i| whole.len() * i / 40) {
        let mut torn = whole.clone();
        torn[at..(at + 64).min(whole.len())].iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::write(&index, torn).unwrap();
        let engine = open(folder.path());
        let (status, reply) =
            send(&engine, "POST", "/indexes/a/search", Some(json!({"q": "word", "hitsPerPage": 1})));
        match status {
            // The bytes were of no use to anyone.
            200 => assert_eq!(reply["totalHits"], 2000),
            _ => {
                assert_eq!(reply["code"], "invalid_store_file", "{reply}");
                told += 1;
            }
        }
    }
    assert!(told > 0, "no damage was noticed");
    println!("torn in 39 places: {told} told, the others of no use to anyone");
}
