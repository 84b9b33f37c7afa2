use bytes::Bytes;

use crate::host::Term;
use crate::telemetry::Metadata;

/// One request to the backend.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub method: &'static str,
    pub path: String,
    pub body: Body,
    /// What the request is about, for telemetry: `index`, `task_uid`, `filters` or `operation`.
    pub subject: Option<(&'static str, Term)>,
    /// Whether a failed attempt may be repeated without asking: true for GET.
    pub repeatable: bool,
}

#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(Bytes),
    Ndjson(Bytes),
}

impl Body {
    pub fn content_type(&self) -> Option<&'static str> {
        match self {
            Body::None => None,
            Body::Json(_) => Some("application/json"),
            Body::Ndjson(_) => Some("application/x-ndjson"),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::None => &[],
            Body::Json(bytes) | Body::Ndjson(bytes) => bytes,
        }
    }
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
    /// Seconds the server asks to wait before trying again.
    pub retry_after: Option<u64>,
}

impl Exchange {
    pub fn get(path: String) -> Self {
        Self { method: "GET", path, body: Body::None, subject: None, repeatable: true }
    }

    pub fn post(path: String, body: Body) -> Self {
        Self { method: "POST", path, body, subject: None, repeatable: false }
    }

    pub fn patch(path: String, body: Body) -> Self {
        Self { method: "PATCH", path, body, subject: None, repeatable: false }
    }

    pub fn about(mut self, key: &'static str, value: impl Into<Term>) -> Self {
        self.subject = Some((key, value.into()));
        self
    }

    /// Never repeats this request, whatever the configuration says.
    pub fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    pub(super) fn metadata(&self) -> Metadata {
        let mut metadata = Metadata::new().with("method", self.method).with("path", self.path.as_str());
        if let Some((key, value)) = &self.subject {
            metadata.set(key, value.clone());
        }
        metadata
    }
}
