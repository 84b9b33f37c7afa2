//! What is acknowledged stays, what is torn is told, and a path has one owner.

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use scrypath_engine::{Engine, OpenError, Options};
use serde_json::{Value, json};
use support::{ids, search, send, wait, write};

/// How often the writer is killed. A longer run: `SCRYPATH_KILLS=500 cargo test --release -p scrypath-engine`.
const KILLS: usize = 25;
const WRITER: &str = "SCRYPATH_TEST_WRITER";

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

/// Not a test of its own: the process that `survives_being_killed` kills. It says which write was
/// acknowledged, after it was.
#[test]
fn writer() {
    let Ok(path) = std::env::var(WRITER) else { return };
    let engine = open(Path::new(&path));
    let (_, tasks) = send(&engine, "GET", "/tasks?limit=1", None);
    let first = tasks["results"][0]["uid"].as_u64().map_or(0, |uid| uid + 1);
    for n in first.. {
        let documents: Vec<Value> =
            (0..=n % 5).map(|j| json!({"id": (n * 7 + j) % 300, "n": n, "t": "word"})).collect();
        let (status, reply) = send(&engine, "POST", "/indexes/a/documents", Some(json!(documents)));
        assert_eq!(status, 202, "{reply}");
        println!("acknowledged {}", reply["taskUid"]);
    }
}

#[test]
fn survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let kills = std::env::var("SCRYPATH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let mut acknowledged: Option<u64> = None;
    for kill in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--nocapture"])
            .env(WRITER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            lines.filter_map(|line| line.split("acknowledged ").nth(1)?.trim().parse().ok()).last()
        });
        std::thread::sleep(Duration::from_millis(20 + (kill as u64 * 37) % 120));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = acknowledged.max(reader.join().unwrap());

        let engine = open(folder.path());
        let Some(last) = acknowledged else { continue };
        let task = wait(&engine, last);
        assert_eq!(task["status"], "succeeded", "kill {kill}: an acknowledged write is lost: {task}");
        let (_, all) = send(&engine, "GET", "/tasks?limit=1", None);
        let newest = all["results"][0]["uid"].as_u64().unwrap();
        wait(&engine, newest);
        let mut expected = std::collections::BTreeMap::new();
        for n in 0..=newest {
            expected.extend((0..=n % 5).map(|j| ((n * 7 + j) % 300, n)));
        }
        let (_, reply) = send(&engine, "GET", "/indexes/a/documents?limit=1000", None);
        let found: std::collections::BTreeMap<u64, u64> = reply["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|document| (document["id"].as_u64().unwrap(), document["n"].as_u64().unwrap()))
            .collect();
        assert_eq!(found, expected, "kill {kill}");
        let reply = search(&engine, "a", json!({"q": "word", "hitsPerPage": 1}));
        assert_eq!(reply["totalHits"], expected.len());
    }
    println!("{kills} kills, {} writes acknowledged, 0 lost", acknowledged.map_or(0, |n| n + 1));
}
