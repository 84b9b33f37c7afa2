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

fn size_of(path: &Path) -> u64 {
    // Files come and go meanwhile.
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map_while(Result::ok).map(size).sum()
}

#[test]
fn files_take_no_more_than_twice_what_went_in_and_give_back_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let films = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/movies.ndjson");
    let films = std::fs::read(films).unwrap();
    let engine = open(folder.path());
    let settings = json!({"filterableAttributes": ["*"], "sortableAttributes": ["title", "year"]});
    write(&engine, "PATCH", "/indexes/films/settings", settings);
    let kind = Some("application/x-ndjson");
    let (_, reply) =
        support::send_raw(&engine, "POST", "/indexes/films/documents?primaryKey=id", kind, &films);
    support::wait(&engine, reply["taskUid"].as_u64().unwrap());
    let full = small_enough(folder.path(), 2 * films.len() as u64);
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(search(&engine, "films", json!({"q": "", "hitsPerPage": 1}))["totalHits"], 3200);
    write(&engine, "DELETE", "/indexes/films/documents", Value::Null);
    small_enough(folder.path(), full / 4);
}

/// Files are made smaller after the last task has ended.
fn small_enough(path: &Path, limit: u64) -> u64 {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let size = size_of(path);
        if size <= limit {
            return size;
        }
        assert!(std::time::Instant::now() < deadline, "{size} bytes on disk are more than {limit}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn more_indexes_than_are_kept_open() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for n in 0..150 {
        let target = format!("/indexes/i{n}/documents");
        let (status, _) = send(&engine, "POST", &target, Some(json!([{"id": n, "t": "hello"}])));
        assert_eq!(status, 202);
    }
    support::wait(&engine, 149);
    for n in 0..150 {
        assert_eq!(ids(&search(&engine, &format!("i{n}"), json!({"q": "hello"}))), [n]);
    }
    #[cfg(target_os = "linux")]
    {
        let files = std::fs::read_dir("/proc/self/fd")
            .unwrap()
            .filter_map(|file| file.unwrap().path().read_link().ok());
        let open = files.filter(|file| file.starts_with(folder.path())).count();
        assert!(open <= 130, "{open} files are open");
    }
}
