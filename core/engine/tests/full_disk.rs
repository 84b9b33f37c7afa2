//! A disk that is full: an error that says so, an index that stays readable, and writes that go on once there is
//! room again. A limit on the size of files stands for the disk, so that no rights are needed.
#![cfg(target_os = "linux")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use scrypath_engine::{Engine, Options};
use serde_json::{Value, json};
use support::{search, send, wait};

const FOLDER: &str = "SCRYPATH_TEST_FULL_DISK";

/// Documents whose words are all different: they take room however they are stored.
fn documents(n: u64, count: u64) -> Value {
    let words =
        |id: u64| (0..20).map(move |k| format!("{:x}", (id * 31 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    (n * count..(n + 1) * count)
        .map(|id| json!({"id": id, "t": words(id).collect::<Vec<_>>().join(" ")}))
        .collect()
}

/// What became of a write: the code of its task's error, or of the refusal to take it; `None` is success.
fn outcome(engine: &Engine, documents: Value) -> Option<String> {
    let (status, reply) = send(engine, "POST", "/indexes/a/documents", Some(documents));
    if status == 202 {
        let task = wait(engine, reply["taskUid"].as_u64().unwrap());
        return task["error"]["code"].as_str().map(str::to_owned);
    }
    assert_eq!(status, 422, "{reply}");
    reply["code"].as_str().map(str::to_owned)
}

fn count(engine: &Engine) -> u64 {
    search(engine, "a", json!({"q": "", "hitsPerPage": 1}))["totalHits"].as_u64().unwrap()
}

/// Not a test of its own: the process with little room. It fills it, says so, and goes on when told to.
#[test]
fn with_little_room() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let engine = Engine::open(Path::new(&folder), Options::default()).unwrap();
    let mut written = 0;
    let code = loop {
        match outcome(&engine, documents(written, 200)) {
            None => written += 1,
            Some(code) => break code,
        }
        assert!(written < 1000, "the limit has no effect");
    };
    assert_eq!(code, "no_space_left_on_device", "a task that fills the disk");
    assert!(written > 0, "nothing fits");
    assert_eq!(count(&engine), written * 200, "of the write that failed nothing shows, of the others all");
    // A payload alone can be too much: then the request is refused.
    assert_eq!(outcome(&engine, documents(9, 200_000)).as_deref(), Some("no_space_left_on_device"));
    assert_eq!(count(&engine), written * 200);
    println!("full after {written}");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    assert_eq!(outcome(&engine, documents(written, 200)), None, "there is room again");
    assert_eq!(count(&engine), (written + 1) * 200);
    let deleted = support::write(&engine, "POST", "/indexes/a/documents/delete-batch", json!([0, 1]));
    assert_eq!(deleted["status"], "succeeded", "{deleted}");
    drop(engine);
    let engine = Engine::open(Path::new(&folder), Options::default()).unwrap();
    assert_eq!(count(&engine), (written + 1) * 200 - 2);
    println!("went on");
}

#[test]
fn a_full_disk_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    // Past the limit a process is killed, unless it ignores the signal: then writing fails.
    let mut child = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 4096; exec \"$@\"", "bash"])
        .arg(test)
        .args(["--exact", "with_little_room", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("full after")), "the disk was not filled as it should be");
    let id = child.id().to_string();
    let raised = Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap();
    assert!(raised.success());
    writeln!(child.stdin.take().unwrap(), "go on").unwrap();
    assert!(lines.any(|line| line.contains("went on")), "it did not go on when there was room");
    assert!(child.wait().unwrap().success());
}
