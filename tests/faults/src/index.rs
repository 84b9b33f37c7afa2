//! The embedded index, asked directly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scrypath_engine::{Engine, Options, Request, Response};
use serde_json::Value;

use crate::world::lock;

pub(crate) const INDEX: &str = "scrypath_note";

#[derive(Clone)]
pub(crate) struct Index {
    engine: Engine,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// The newest version that ever was there, of each document.
    newest: BTreeMap<u64, u64>,
    gone_back: Vec<GoneBack>,
}

/// A document's older version came after a newer one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GoneBack {
    pub(crate) key: u64,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Index {
    pub(crate) fn new() -> Self {
        Self { engine: Engine::memory(Options::default()), seen: Arc::default() }
    }

    /// Answers one request; what it started is done when it returns, so that a seed is always the same run.
    pub(crate) fn handle(
        &self,
        method: &str,
        target: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Response {
        let response = self.engine.handle(Request {
            method,
            target,
            authorization: None,
            content_type,
            content_encoding: None,
            body,
        });
        if method != "GET" {
            while self.get("/tasks?statuses=enqueued,processing&limit=1")["total"] != 0 {
                std::thread::sleep(Duration::from_micros(20));
            }
            self.see();
        }
        response
    }

    fn see(&self) {
        let mut seen = lock(&self.seen);
        for (key, to) in self.versions() {
            let from = seen.newest.get(&key).copied().unwrap_or_default();
            if from > to {
                seen.gone_back.push(GoneBack { key, from, to });
            }
            seen.newest.insert(key, to.max(from));
        }
    }

    pub(crate) fn gone_back(&self) -> Vec<GoneBack> {
        lock(&self.seen).gone_back.clone()
    }

    fn get(&self, target: &str) -> Value {
        let response = self.engine.handle(Request {
            method: "GET",
            target,
            authorization: None,
            content_type: None,
            content_encoding: None,
            body: &[],
        });
        serde_json::from_slice(&response.body).unwrap_or_default()
    }

    /// The version that each document is of.
    pub(crate) fn versions(&self) -> BTreeMap<u64, u64> {
        let page = self.get(&format!("/indexes/{INDEX}/documents?limit=100000"));
        let documents = page["results"].as_array().cloned().unwrap_or_default();
        documents.iter().filter_map(|one| Some((one["id"].as_u64()?, one["v"].as_u64()?))).collect()
    }
}
