//! error: what went wrong, and what can the caller do about it?
//!
//! One [`Error`] for the whole core: a stable [`Kind`], whose [`Class`] says what to do, a message
//! for the person who reads it, and structured details for the program that handles it. Context
//! (schema, index) is added by the layer that knows it. No message carries a key or a document.

mod kind;

pub use kind::{Class, Kind};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::host::Term;
use crate::meilisearch::{TaskMap, tasks::Stage};
use crate::search::Failure;
use crate::search::composition::Reason;
use crate::search::params::Issue;

/// A failure, in three renderings: `Display` is one line for a person; `serde` is the form that
/// crosses to the host (`{kind, class, retryable, message, details}`); `Debug` is for us.
#[derive(Debug, Clone, Serialize, JsonSchema, thiserror::Error)]
#[schemars(rename = "ErrorReply", description = "A failure, as it crosses to the host.")]
#[error("{message}")]
pub struct Error {
    pub kind: Kind,
    pub class: Class,
    pub retryable: bool,
    pub message: String,
    pub details: Details,
}

pub type Result<T> = std::result::Result<T, Box<Error>>;

/// What a program can look at. Absent details are left out.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(rename = "ErrorDetails")]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The option, field or member the error is about, in the core's spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For unknown options: every one of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The name as the caller gave it, symbol or text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<Term>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body of a refused request, as the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The server's own error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<InvalidTask>,
    /// How many there were, and how many may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// The error of one part, where the whole is told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Error>>,
    /// Of a call with many parts: those that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// Why criteria could not be composed, as a tagged tuple.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<Value>>")]
    pub(crate) reason: Option<Reason>,
    /// What is wrong with the parameters of a request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Value>")]
    pub(crate) issues: Vec<Issue>,
    /// The position, from 0, of the record in the list it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Whether a request that failed did not even begin to be sent.
    #[serde(skip)]
    pub(crate) never_sent: bool,
    /// Seconds the server asks to wait before trying again.
    #[serde(skip)]
    pub(crate) retry_after: Option<u64>,
}

/// A task payload that cannot be one.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InvalidTask {
    #[schemars(with = "Stage")]
    pub stage: &'static str,
    pub task_uid: Option<i64>,
    /// `(member, problem)` pairs.
    pub problems: Vec<(&'static str, &'static str)>,
    pub payload: Value,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            class: kind.class(),
            retryable: kind.retryable(),
            message: message.into(),
            details: Details::default(),
        })
    }

    pub fn named(mut self: Box<Self>, name: impl Into<String>) -> Box<Self> {
        self.details.name = Some(name.into());
        self
    }

    pub fn given(mut self: Box<Self>, given: &Term) -> Box<Self> {
        self.details.given = Some(given.clone());
        self
    }

    pub fn of_schema(mut self: Box<Self>, schema: &str) -> Box<Self> {
        self.details.schema.get_or_insert_with(|| schema.to_owned());
        self
    }

    pub fn at(mut self: Box<Self>, position: usize) -> Box<Self> {
        self.details.position = Some(position);
        self
    }

    /// Says that the request did not even begin to be sent.
    pub fn unsent(mut self: Box<Self>) -> Box<Self> {
        self.details.never_sent = true;
        self
    }

    pub(crate) fn internal(message: impl Into<String>) -> Box<Self> {
        Self::new(Kind::Internal, message)
    }
}
