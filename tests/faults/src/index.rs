//! The embedded index, asked directly.

use std::collections::BTreeMap;
use std::time::Duration;

use scrypath_engine::{Engine, Options, Request, Response};
use serde_json::Value;

pub(crate) const INDEX: &str = "scrypath_note";

#[derive(Clone)]
pub(crate) struct Index(Engine);

impl Index {
    pub(crate) fn new() -> Self {
        Self(Engine::memory(Options::default()))
    }

    /// Answers one request; what it started is done when it returns, so that a seed is always the same run.
    pub(crate) fn handle(
        &self,
        method: &str,
        target: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Response {
        let response = self.0.handle(Request {
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
        }
        response
    }

    fn get(&self, target: &str) -> Value {
        let response = self.0.handle(Request {
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
