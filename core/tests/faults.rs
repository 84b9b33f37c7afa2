//! Backends that are not there, are something else, or never answer.

mod door;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use door::Door;
use serde_json::{Value, json};

/// A server that answers each connection's requests with `answer`; counts the requests.
fn server(answer: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let count = count.clone();
            std::thread::spawn(move || serve(stream, answer, &count));
        }
    });
    (url, seen)
}

fn serve(mut stream: TcpStream, answer: &[u8], count: &AtomicUsize) {
    let mut buffer = [0; 65536];
    while let Ok(1..) = stream.read(&mut buffer) {
        count.fetch_add(1, Ordering::SeqCst);
        if answer.is_empty() || stream.write_all(answer).is_err() {
            // Never answers: keeps the connection until the other side leaves.
            let _ = stream.read(&mut buffer);
            return;
        }
    }
}

fn schema(door: &Door) -> String {
    door.schema(json!({"fields": ["title"]}))
}

fn search(door: &Door, options: Value) -> Value {
    let schema = schema(door);
    door.call(json!({"op": "search", "schema": schema, "text": "x", "options": options}), &[])
}

#[test]
fn an_unreachable_host_is_a_transport_error_that_names_it() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let door = Door::to(&format!("http://user:hunter2@{unused}"));
    let reply = search(&door, json!({}));
    assert_eq!(reply["error"]["kind"], "transport_error", "{reply}");
    assert_eq!(reply["error"]["class"], "transport");
    assert_eq!(reply["error"]["retryable"], true);
    assert!(reply["error"]["message"].as_str().unwrap().contains(&unused.to_string()));
    assert!(!reply.to_string().contains("hunter2"), "{reply}");
}

#[test]
fn a_server_that_never_answers_runs_into_the_deadline() {
    let (url, _) = server(b"");
    let reply = search(&Door::to(&url), json!({"req_options": {"receive_timeout": 50}}));
    assert_eq!(reply["error"]["kind"], "request_timeout", "{reply}");
    assert!(reply["error"]["message"].as_str().unwrap().contains("50 ms"));
}

#[test]
fn garbage_is_an_http_error_that_asks_what_answered() {
    let (url, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let reply = search(&Door::to(&url), json!({}));
    assert_eq!(reply["error"]["kind"], "http_error", "{reply}");
    assert_eq!(reply["error"]["details"]["status"], 200);
    assert!(reply["error"]["message"].as_str().unwrap().contains("is it a Meilisearch?"));
}

#[test]
fn a_broken_reply_is_a_transport_error() {
    let (url, _) = server(b"SSH-2.0-OpenSSH_9.2\r\n");
    let reply = search(&Door::to(&url), json!({}));
    assert_eq!(reply["error"]["kind"], "transport_error", "{reply}");
}

#[test]
fn an_array_of_hits_is_no_search_reply() {
    let (url, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"hits\": 12}");
    let reply = search(&Door::to(&url), json!({}));
    assert_eq!(reply["error"]["kind"], "http_error", "{reply}");
}

#[test]
fn a_task_without_uid_is_an_invalid_payload_with_its_problems() {
    let (url, _) = server(b"HTTP/1.1 202 Accepted\r\ncontent-length: 16\r\n\r\n{\"status\":\"odd\"}");
    let door = Door::to(&url);
    let schema = schema(&door);
    let reply = door.call(json!({"op": "delete_documents", "schema": schema, "ids": [1]}), &[]);
    assert_eq!(reply["error"]["kind"], "invalid_task_payload", "{reply}");
    let payload = &reply["error"]["details"]["payload"];
    assert_eq!(payload["stage"], "initial");
    assert_eq!(payload["problems"], json!([["uid", "missing_or_invalid"], ["status", "unknown"]]));
}

#[test]
fn a_write_is_sent_once_even_when_the_server_is_overloaded() {
    let (url, seen) = server(b"HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\n{}");
    let door = Door::to(&url);
    let schema = schema(&door);
    let reply = door.call(json!({"op": "delete_documents", "schema": schema, "ids": [1]}), &[]);
    assert_eq!(reply["error"]["details"]["status"], 503, "{reply}");
    assert_eq!(reply["error"]["retryable"], true);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[test]
fn a_bad_option_sends_nothing() {
    let (url, seen) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
    let reply = search(&Door::to(&url), json!({"filter": {"title": "x"}}));
    assert_eq!(reply["error"]["kind"], "filter_not_declared", "{reply}");
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}

#[test]
fn no_error_shows_the_key() {
    let (url, _) =
        server(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 26\r\n\r\n{\"code\":\"invalid_api_key\"}");
    let reply = search(&Door::to(&url), json!({"meilisearch_api_key": "hunter2"}));
    assert_eq!(reply["error"]["details"]["status"], 403, "{reply}");
    assert_eq!(reply["error"]["details"]["code"], "invalid_api_key");
    assert!(!reply.to_string().contains("hunter2"));
}

#[test]
fn an_unknown_scheme_is_refused_with_the_accepted_ones() {
    let reply = search(&Door::to("redis://localhost"), json!({}));
    assert_eq!(reply["error"]["kind"], "invalid_option", "{reply}");
    assert!(reply["error"]["message"].as_str().unwrap().contains("embedded:PATH"));
    let reply = search(&Door::to(""), json!({}));
    assert_eq!(reply["error"]["kind"], "missing_option", "{reply}");
}
