//! A writer killed over and over: no acknowledged write is lost, and no batch shows half.
//!
//! Every write is worked out from its number alone, so that what the index must hold after any number of them is
//! worked out here too: additions, updates, deletions by id, by filter and of all, settings and swaps.

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use scrypath_engine::{Engine, Options};
use serde_json::{Value, json};
use support::{search, send, wait};

/// How often the writer is killed. A longer run: `SCRYPATH_KILLS=2000 cargo test --release -p scrypath-engine`.
const KILLS: usize = 200;
const WRITER: &str = "SCRYPATH_TEST_WRITER";

/// The fields of a document, but for its id.
type Documents = BTreeMap<u64, Value>;

/// What two indexes, `a` and `b`, hold after some writes.
#[derive(Default)]
struct Model {
    a: Side,
    b: Side,
}

#[derive(Default, Clone)]
struct Side {
    documents: Documents,
    stop_word: bool,
}

/// The write of a number, and its effect.
struct Step {
    method: &'static str,
    target: &'static str,
    body: Value,
    effect: fn(&mut Model, u64),
}

/// Whether a write of settings sets a stop word, or takes it back.
fn has_stop_word(n: u64) -> bool {
    (n / 16).is_multiple_of(2)
}

/// Documents that a write puts: they all carry its number, so that half of them would be seen.
fn put(n: u64) -> impl Iterator<Item = u64> {
    (0..1 + n % 40).map(move |j| (n * 7 + j) % 300)
}

fn step(n: u64) -> Step {
    let step = |method, target, body, effect| Step { method, target, body, effect };
    match n % 16 {
        // Both indexes are there, with the settings that deletion by filter needs, before anything else.
        _ if n < 2 => step(
            "PATCH",
            if n == 0 { "/indexes/a/settings" } else { "/indexes/b/settings" },
            json!({"filterableAttributes": ["n", "even"]}),
            |_, _| {},
        ),
        3 | 11 => step(
            "PUT",
            "/indexes/a/documents",
            put(n).map(|id| json!({"id": id, "m": n, "even": id % 2 == 0})).collect(),
            |model, n| {
                for id in put(n) {
                    let document = model.a.documents.entry(id).or_insert_with(|| json!({}));
                    document["m"] = json!(n);
                    document["even"] = json!(id % 2 == 0);
                }
            },
        ),
        5 => step("POST", "/indexes/a/documents/delete-batch", put(n).collect(), |model, n| {
            put(n).for_each(|id| drop(model.a.documents.remove(&id)));
        }),
        7 => step(
            "POST",
            "/indexes/a/documents/delete",
            json!({"filter": format!("even = true AND n < {}", n.saturating_sub(30))}),
            |model, n| {
                model.a.documents.retain(|_, document| {
                    let old = document["n"].as_u64().is_some_and(|put| put < n.saturating_sub(30));
                    !(document["even"] == true && old)
                });
            },
        ),
        9 => step(
            "PATCH",
            "/indexes/a/settings",
            json!({"stopWords": if has_stop_word(n) { json!(["word"]) } else { json!([]) }}),
            |model, n| model.a.stop_word = has_stop_word(n),
        ),
        13 => step("POST", "/swap-indexes", json!([{"indexes": ["a", "b"]}]), |model, _| {
            std::mem::swap(&mut model.a, &mut model.b);
        }),
        15 if n % 128 == 15 => step("DELETE", "/indexes/a/documents", Value::Null, |model, _| {
            model.a.documents.clear();
        }),
        _ => step(
            "POST",
            "/indexes/a/documents",
            put(n)
                .map(|id| json!({"id": id, "n": n, "even": id % 2 == 0, "t": format!("word w{n}")}))
                .collect(),
            |model, n| {
                for id in put(n) {
                    let document = json!({"n": n, "even": id % 2 == 0, "t": format!("word w{n}")});
                    model.a.documents.insert(id, document);
                }
            },
        ),
    }
}

fn open(path: &Path) -> Engine {
    Engine::open(path, Options::default()).expect("the path opens")
}

/// The uid of the task that comes next.
fn next_task(engine: &Engine) -> u64 {
    let (_, tasks) = send(engine, "GET", "/tasks?limit=1", None);
    tasks["results"][0]["uid"].as_u64().map_or(0, |uid| uid + 1)
}

/// Not a test of its own: the process that is killed. It says which write was acknowledged, after it was.
#[test]
fn writer() {
    let Ok(path) = std::env::var(WRITER) else { return };
    let engine = open(Path::new(&path));
    for n in next_task(&engine).. {
        let step = step(n);
        let body = Some(step.body).filter(|body| !body.is_null());
        let (status, reply) = send(&engine, step.method, step.target, body);
        assert_eq!(status, 202, "{reply}");
        assert_eq!(reply["taskUid"], n);
        println!("acknowledged {n}");
    }
}

#[test]
fn survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let kills = std::env::var("SCRYPATH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let mut model = Model::default();
    let mut applied = 0;
    for kill in 0..kills {
        let acknowledged = write_until_killed(folder.path(), kill);
        let engine = open(folder.path());
        let next = next_task(&engine);
        // What was not acknowledged may be there or not; what was must be.
        assert!(
            acknowledged.is_none_or(|last| last < next),
            "kill {kill}: {acknowledged:?} of {next} is lost"
        );
        if next > 0 {
            wait(&engine, next - 1);
        }
        for n in applied..next {
            (step(n).effect)(&mut model, n);
        }
        applied = next;
        let (_, unfinished) =
            send(&engine, "GET", "/tasks?statuses=enqueued,processing,failed,canceled", None);
        assert_eq!(unfinished["total"], 0, "kill {kill}: {}", unfinished["results"][0]);
        if next > 1 {
            check(&engine, "a", &model.a, kill);
            check(&engine, "b", &model.b, kill);
        }
    }
    // Past the capture of tests, which would keep it from whoever runs them.
    let line = format!("{kills} kills, 0 acknowledged writes lost (of {applied})\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// Starts the writer and kills it: after some acknowledgements, or a moment later, in the middle of a batch.
/// Returns the last write that it said was acknowledged.
fn write_until_killed(folder: &Path, kill: usize) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(WRITER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = None;
    let mut left = 1 + kill * 7 % 23;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.split("acknowledged ").nth(1)?.trim().parse().ok();
    while left > 0 {
        let line = lines.next().expect("the writer goes on").unwrap();
        if let Some(n) = number(line) {
            last = Some(n);
            left -= 1;
        }
    }
    // Not to wait for anything: only so that the kill comes at another moment each time.
    std::thread::sleep(std::time::Duration::from_micros(kill as u64 * 379 % 5_000));
    child.kill().unwrap();
    child.wait().unwrap();
    lines.map_while(Result::ok).filter_map(number).last().or(last)
}

/// The documents of an index, all of them and no others, and what is found of them.
fn check(engine: &Engine, index: &str, expected: &Side, kill: usize) {
    let (_, reply) = send(engine, "GET", &format!("/indexes/{index}/documents?limit=1000"), None);
    let mut found = Documents::new();
    for document in reply["results"].as_array().unwrap() {
        let mut fields = document.as_object().unwrap().clone();
        let id = fields.remove("id").unwrap().as_u64().unwrap();
        found.insert(id, Value::Object(fields));
    }
    assert_eq!(found, expected.documents, "kill {kill}, index {index}");
    let count = |body| search(engine, index, body)["totalHits"].as_u64().unwrap() as usize;
    let worded = found.values().filter(|document| !document["t"].is_null()).count();
    // Stop words are not indexed, and the last word of a query is still looked for.
    let worded = if expected.stop_word { 0 } else { worded };
    assert_eq!(count(json!({"q": "word", "hitsPerPage": 1})), worded, "kill {kill}, index {index}");
    let even = found.values().filter(|document| document["even"] == true).count();
    assert_eq!(count(json!({"filter": "even = true", "hitsPerPage": 1})), even, "kill {kill}, index {index}");
}
