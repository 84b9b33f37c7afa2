//! A server that answers as a vector says: `{"documents" | "tasks" | "search": [{status, body | text}, …]}`.
//! The nth request of a route gets the nth answer, the last one over and over; what is not scripted is an
//! index that exists.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

#[derive(Default)]
struct Seen {
    counts: HashMap<&'static str, usize>,
    /// Of the first request that was a search.
    first_body: Option<Value>,
}

pub(crate) struct Stub {
    pub(crate) url: String,
    seen: Arc<Mutex<Seen>>,
}

impl Stub {
    pub(crate) fn start(script: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let all = Arc::<Mutex<Seen>>::default();
        let seen = all.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, seen) = (script.clone(), seen.clone());
                std::thread::spawn(move || serve(stream, &script, &seen));
            }
        });
        Self { url, seen: all }
    }

    /// How many requests a route has had.
    pub(crate) fn count(&self, route: &str) -> usize {
        self.seen.lock().expect("unpoisoned").counts.get(route).copied().unwrap_or(0)
    }

    /// What was sent first in search of something.
    pub(crate) fn first_body(&self) -> Option<Value> {
        self.seen.lock().expect("unpoisoned").first_body.clone()
    }
}

fn serve(mut stream: TcpStream, script: &Value, seen: &Mutex<Seen>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some((path, body)) = request(&mut reader) {
        let route = ["search", "documents", "tasks"].into_iter().find(|route| path.contains(*route));
        let answers = route.and_then(|route| script[route].as_array()).filter(|answers| !answers.is_empty());
        let answer = match (route, answers) {
            (Some(route), Some(answers)) => {
                let mut seen = seen.lock().expect("unpoisoned");
                if route == "search" && seen.first_body.is_none() {
                    seen.first_body = serde_json::from_slice(&body).ok();
                }
                let count = seen.counts.entry(route).or_default();
                *count += 1;
                answers[(*count - 1).min(answers.len() - 1)].clone()
            }
            _ => json!({"body": {"uid": "scrypath_vessel", "primaryKey": "id"}}),
        };
        let status = answer["status"].as_u64().unwrap_or(200);
        let body = answer["text"].as_str().map_or_else(|| answer["body"].to_string(), str::to_owned);
        let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// The path and the body of the next request.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}
