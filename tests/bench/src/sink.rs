//! A backend that takes documents and keeps none: each write is a task that has succeeded when it is looked at.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::server::{Asked, listen};

static WRITES: AtomicU64 = AtomicU64::new(0);

/// Serves in the background until the program ends; its URL.
pub(crate) fn start() -> String {
    listen(|asked| answer(&asked))
}

pub(crate) fn writes() -> u64 {
    WRITES.load(Ordering::Relaxed)
}

fn answer(asked: &Asked) -> Vec<u8> {
    let (status, body) = match (asked.method, asked.path.split(['?', '/']).nth(1)) {
        ("POST", _) => {
            let uid = WRITES.fetch_add(1, Ordering::Relaxed);
            ("202 Accepted", task(uid, "taskUid", "enqueued"))
        }
        (_, Some("tasks")) => {
            let uid = asked.path.rsplit('/').next().and_then(|uid| uid.parse().ok()).unwrap_or_default();
            ("200 OK", task(uid, "uid", "succeeded"))
        }
        _ => {
            let index = r#"{"uid":"bench_note","primaryKey":"id","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}"#;
            ("200 OK", index.to_owned())
        }
    };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn task(uid: u64, name: &str, status: &str) -> String {
    format!(
        r#"{{"{name}":{uid},"indexUid":"bench_note","status":"{status}","type":"documentAdditionOrUpdate","enqueuedAt":"2026-01-01T00:00:00Z"}}"#
    )
}
