//! What a job holds, which requests jobs become, and what becomes of them.

use scrypath_core::document::DocumentId;
use scrypath_core::queue::Verdict;
use scrypath_core::queue::args::{Wanted, Work};
use scrypath_core::queue::plan::{Claimed, Fate, Planned, plan, verdicts};
use serde_json::{Value, json};

fn upsert(documents: Value) -> Value {
    let ids: Vec<Value> = documents.as_array().into_iter().flatten().map(|one| one["id"].clone()).collect();
    json!({"version": 1, "operation": "upsert", "schema": "note", "index": "scrypath_note",
        "document_count": ids.len(), "document_ids": ids, "documents": documents,
        "declaration": {"scrypath": 1, "name": "note", "fields": ["id", "v"]}})
}

fn document(id: Value, data: Value) -> Value {
    json!({"id": id, "data": data, "source": "fields"})
}

fn read(args: &Value) -> Result<Work, &'static str> {
    Work::read(&args.to_string()).map_err(|invalid| invalid.reason())
}

#[test]
fn a_document_is_sent_with_its_id_once() {
    let args = upsert(json!([
        document(json!(7), json!({"id": 7, "v": 1})),
        document(json!("a"), json!({"v": "\"id\":"})),
        document(json!(8), json!({}))
    ]));
    let work = read(&args).unwrap();
    let sent: Vec<Value> = work
        .writes
        .iter()
        .map(|(_, wanted)| match wanted {
            Wanted::Document(line) => serde_json::from_slice(line).unwrap(),
            Wanted::Gone => Value::Null,
        })
        .collect();
    assert_eq!(sent, [json!({"id": 7, "v": 1}), json!({"id": "a", "v": "\"id\":"}), json!({"id": 8})]);
}

#[test]
fn no_digit_of_a_number_is_lost() {
    let args = upsert(json!([document(json!(7), json!({"owner": {"id": 1}, "v": "DIGITS"}))]));
    let digits = "123456789012345678901234567890.10";
    let work = Work::read(&args.to_string().replace("\"DIGITS\"", digits)).unwrap();
    let [(_, Wanted::Document(line))] = &work.writes[..] else { panic!("{:?}", work.writes) };
    let wanted = format!(r#"{{"id":7,"owner":{{"id":1}},"v":{digits}}}"#);
    assert_eq!(std::str::from_utf8(line).unwrap(), wanted);
}

#[test]
fn what_never_can_be_run_says_why() {
    let good = upsert(json!([document(json!(7), json!({"v": 1}))]));
    assert!(read(&good).is_ok());
    let with = |member: &str, value: Value| {
        let mut args = good.clone();
        args[member] = value;
        read(&args).unwrap_err()
    };
    assert_eq!(with("version", json!(2)), "unknown_version");
    assert_eq!(with("operation", json!("rename")), "unknown_operation");
    assert_eq!(with("schema", Value::Null), "invalid_schema");
    assert_eq!(with("index", json!("a/../b")), "invalid_index");
    assert_eq!(with("document_ids", json!(7)), "invalid_document_ids");
    assert_eq!(with("document_ids", json!([[7]])), "invalid_document_ids");
    assert_eq!(with("document_ids", json!(["a b"])), "invalid_document_ids");
    assert_eq!(with("document_ids", json!([8])), "document_ids_mismatch");
    assert_eq!(with("document_count", json!(2)), "invalid_document_count");
    assert_eq!(with("documents", json!({})), "invalid_documents");
    assert_eq!(with("documents", json!([7])), "invalid_document");
    assert_eq!(with("documents", json!([document(json!([]), json!({}))])), "invalid_document");
    assert_eq!(with("documents", json!([document(json!(7), json!([1]))])), "invalid_document_data");
    let elsewhere = json!([{"id": 7, "data": {}, "source": "elsewhere"}]);
    assert_eq!(with("documents", elsewhere), "invalid_document_source");
    assert_eq!(Work::read(r#"{"version":1,"operation":"#).unwrap_err().reason(), "invalid_args");
    assert_eq!(Work::read("[]").unwrap_err().reason(), "invalid_args");
    // Members of later versions that change no meaning are passed over.
    let mut later = good.clone();
    later["priority"] = json!(1);
    assert!(read(&later).is_ok());
}

fn job(id: i64, attempt: i64, writes: &[(i64, Option<&str>)]) -> Claimed {
    let wanted = |state: &Option<&str>| match state {
        Some(text) => Wanted::Document(text.as_bytes().to_vec()),
        None => Wanted::Gone,
    };
    let writes = writes.iter().map(|(key, state)| (DocumentId::Int(*key), wanted(state))).collect();
    let work =
        Work { index: "i".into(), declaration: None, primary_key: "id".into(), backend_url: None, writes };
    Claimed { id, attempt, max_attempts: 3, was_obans: false, work }
}

fn planned(jobs: &[Claimed]) -> Vec<Planned> {
    let mut deliveries = plan(jobs);
    assert_eq!(deliveries.len(), 1);
    deliveries.remove(0).writes
}

#[test]
fn of_each_document_the_newest_state_is_sent() {
    let jobs = [
        job(1, 1, &[(7, Some("old")), (8, Some("a"))]),
        job(2, 1, &[(7, None)]),
        job(3, 1, &[(7, Some("new"))]),
    ];
    let writes = planned(&jobs);
    assert_eq!(writes.len(), 2);
    assert_eq!((&writes[0].wanted, &writes[0].jobs), (&Wanted::Document(b"new".to_vec()), &vec![0, 1, 2]));
    assert_eq!((&writes[1].wanted, &writes[1].jobs), (&Wanted::Document(b"a".to_vec()), &vec![0]));
}

#[test]
fn a_number_and_its_digits_are_one_document() {
    let mut second = job(2, 1, &[]);
    second.work.writes = vec![(DocumentId::Text("7".into()), Wanted::Gone)];
    let writes = planned(&[job(1, 1, &[(7, Some("x"))]), second]);
    assert_eq!((writes.len(), &writes[0].wanted), (1, &Wanted::Gone));
}

fn judged(jobs: &[Claimed], fate: impl Fn(&DocumentId) -> Fate) -> Vec<Verdict> {
    let fates: Vec<_> = planned(jobs)
        .into_iter()
        .map(|planned| {
            let fate = fate(&planned.id);
            (planned, fate)
        })
        .collect();
    verdicts(jobs, &fates)
}

#[test]
fn a_job_is_completed_once_all_of_its_documents_are() {
    let jobs = [job(1, 1, &[(7, Some("a")), (8, Some("b"))]), job(2, 1, &[(9, Some("c"))])];
    assert_eq!(judged(&jobs, |_| Fate::Done), [Verdict::Completed, Verdict::Completed]);
    let held = judged(&jobs, |id| if *id == DocumentId::Int(8) { Fate::Held } else { Fate::Done });
    assert_eq!(held, [Verdict::Held, Verdict::Completed]);
}

#[test]
fn the_dead_are_named_and_the_rest_goes_on() {
    let jobs = [job(1, 1, &[(7, Some("a")), (8, Some("b"))]), job(2, 1, &[(9, Some("c"))])];
    let dead = |id: &DocumentId| match *id == DocumentId::Int(8) {
        true => Fate::Dead("invalid_document_id".into()),
        false => Fate::Done,
    };
    let named = Verdict::Discarded { reason: "invalid_document_id".into(), dead: vec![DocumentId::Int(8)] };
    assert_eq!(judged(&jobs, dead), [named, Verdict::Completed]);
}

#[test]
fn what_a_job_that_runs_again_would_write_over_runs_again_with_it() {
    let jobs = [
        job(1, 1, &[(7, None), (8, None)]),
        job(2, 1, &[(7, Some("newer")), (9, Some("a"))]),
        job(3, 1, &[(9, Some("newer"))]),
        job(4, 1, &[(6, Some("of its own"))]),
    ];
    let failed = judged(&jobs, |id| match *id == DocumentId::Int(8) {
        true => Fate::Failed("internal".into()),
        false => Fate::Done,
    });
    let retry = Verdict::Retry { reason: "internal".into() };
    assert_eq!(failed, [retry, Verdict::Held, Verdict::Held, Verdict::Completed]);
}

#[test]
fn a_job_that_gave_up_one_document_waits_for_an_older_one_of_the_others() {
    let jobs = [job(1, 1, &[(7, None), (8, None)]), job(2, 1, &[(7, Some("newer")), (9, Some("bad"))])];
    let failed = judged(&jobs, |id| match id {
        DocumentId::Int(8) => Fate::Failed("internal".into()),
        DocumentId::Int(9) => Fate::Dead("invalid_document_id".into()),
        _ => Fate::Done,
    });
    assert_eq!(failed, [Verdict::Retry { reason: "internal".into() }, Verdict::Held]);
}

#[test]
fn a_job_that_was_spoken_over_shares_what_became_of_the_later_one() {
    let jobs = [job(1, 1, &[(7, Some("old"))]), job(2, 1, &[(7, Some("new"))])];
    let failed = judged(&jobs, |_| Fate::Failed("internal".into()));
    assert_eq!(failed, [Verdict::Held, Verdict::Retry { reason: "internal".into() }]);
    let dead = judged(&jobs, |_| Fate::Dead("invalid_document_id".into()));
    assert!(matches!(&dead[0], Verdict::Discarded { reason, .. } if reason.contains("job 2")), "{dead:?}");
}

#[test]
fn what_failed_as_often_as_it_may_is_given_up() {
    let jobs = [job(1, 3, &[(7, Some("a"))])];
    let given_up = judged(&jobs, |_| Fate::Failed("internal".into()));
    assert_eq!(given_up, [Verdict::Discarded { reason: "internal".into(), dead: vec![DocumentId::Int(7)] }]);
    assert_eq!(judged(&jobs, |_| Fate::Held), [Verdict::Held]);
}
