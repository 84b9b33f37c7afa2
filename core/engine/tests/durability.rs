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

/// The file of the only index.
fn index_file(path: &Path) -> std::path::PathBuf {
    let mut folders = std::fs::read_dir(path.join("indexes")).unwrap();
    folders.next().unwrap().unwrap().path().join("index.redb")
}

#[test]
fn a_torn_file_is_told_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let documents: Vec<Value> = (0..2000).map(|i| json!({"id": i, "t": format!("word w{i}")})).collect();
    write(&engine, "POST", "/indexes/a/documents", json!(documents));
    drop(engine);
    let index = index_file(folder.path());
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

/// Writes `number` where a database keeps the format of its files; `None` takes it out, as the first format had it.
fn set_format(file: &Path, number: Option<u32>) {
    let table = redb::TableDefinition::<&str, u32>::new("counters");
    let db = redb::Database::open(file).unwrap();
    let txn = db.begin_write().unwrap();
    match number {
        Some(number) => drop(txn.open_table(table).unwrap().insert("format", number).unwrap()),
        None => drop(txn.open_table(table).unwrap().remove("format").unwrap()),
    }
    txn.commit().unwrap();
}

#[test]
fn files_of_another_format_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    write(&engine, "POST", "/indexes/a/documents", json!([{"id": 1, "t": "one"}]));
    drop(engine);
    let store = folder.path().join("store.redb");
    for (number, said) in [(None, 1), (Some(3), 3)] {
        set_format(&store, number);
        for _ in 0..2 {
            let refused = Engine::open(folder.path(), Options::default()).err().unwrap();
            assert!(matches!(refused, OpenError::Version { .. }), "{refused}");
            let path = folder.path().display();
            assert_eq!(
                refused.to_string(),
                format!(
                    "{path} was written by another version of the engine (format {said}, this is 2): delete the folder and \
                     backfill"
                )
            );
        }
    }
    set_format(&store, Some(2));
    let index = index_file(folder.path());
    for (number, said) in [(None, 1), (Some(3), 3)] {
        set_format(&index, number);
        let engine = open(folder.path());
        let (status, reply) = send(&engine, "POST", "/indexes/a/search", Some(json!({"q": "one"})));
        assert_eq!((status, &reply["code"]), (500, &json!("invalid_store_file")), "{reply}");
        let message = reply["message"].as_str().unwrap();
        assert!(message.contains(&format!("(format {said}, this is 2): delete the folder")), "{message}");
        let task = write(&engine, "POST", "/indexes/a/documents", json!([{"id": 2, "t": "two"}]));
        assert_eq!(task["error"]["code"], "invalid_store_file", "{task}");
    }
    set_format(&index, Some(2));
    assert_eq!(ids(&search(&open(folder.path()), "a", json!({"q": ""}))), [1]);
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
