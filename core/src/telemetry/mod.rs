//! telemetry: what happened during a call, for the host to emit?
//!
//! Events ride on the reply; no callback crosses the FFI. Names are
//! `scrypath.<noun>[.<verb>].<start|stop|exception>`, joined by dots here and split by hosts that use
//! lists. Stop metadata is the start metadata and more. No key and no document is ever metadata.
//! A [`Trace`] collects the events of one call; [`Span`] is one start/stop pair.

use std::borrow::Cow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use once_cell::sync::Lazy;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::{Error, Kind};
use crate::host::Term;

/// The one event that is no span's: some searches of many failed.
const PARTIAL: &str = "scrypath.search_many.partial";

/// The span whose work is the application's, and may raise: then it ends in `.exception`.
pub(crate) const RESOLVE: &str = "scrypath.sync.related.resolve";

/// Every span the core produces: its events end in `.start` and `.stop`.
pub const SPANS: &[&str] = &[
    "scrypath.search",
    "scrypath.search_facet_values",
    "scrypath.search_many",
    "scrypath.hydration",
    "scrypath.sync.upsert",
    "scrypath.sync.delete",
    "scrypath.sync.related",
    RESOLVE,
    "scrypath.meilisearch.request",
    "scrypath.meilisearch.task_wait",
];

/// The name of every event there is.
pub fn event_names() -> Vec<String> {
    let names = |span: &&str| ["start", "stop"].map(|phase| format!("{span}.{phase}"));
    SPANS.iter().flat_map(names).chain([PARTIAL.to_owned(), format!("{RESOLVE}.exception")]).collect()
}

static STARTED: Lazy<Instant> = Lazy::new(Instant::now);

/// Nanoseconds on a clock that only this process's durations refer to.
pub(crate) fn monotonic() -> i64 {
    STARTED.elapsed().as_nanos() as i64
}

/// How far the wall clock is ahead of [`monotonic`].
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Two clocks are never read at one time. Within this many nanoseconds it is that, and not a clock that was set.
const READING: i64 = 1_000_000;

/// A monotonic time as nanoseconds since 1970. Two of one process keep their order and their distance.
fn since_1970(monotonic_time: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_nanos() as i64);
    let (read, known) = (now - monotonic(), AHEAD.load(Ordering::Relaxed));
    let is_set = (read - known).abs() > READING;
    if is_set {
        AHEAD.store(read, Ordering::Relaxed);
    }
    monotonic_time + if is_set { read } else { known }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start {
        system_time: i64,
    },
    Stop {
        duration: i64,
    },
    Exception {
        duration: i64,
    },
    /// Not a span: so many parts of a call failed.
    Partial {
        count: i64,
    },
}

/// One event: `{name, measurements, metadata}`. Times are nanoseconds.
#[derive(Debug, Clone)]
pub struct Event {
    span: &'static str,
    phase: Phase,
    monotonic_time: i64,
    metadata: Metadata,
}

/// Nanoseconds: `system_time` of a start, `duration` of a stop or an exception. Of a partial failure, how many failed.
#[derive(serde::Serialize, JsonSchema)]
struct Measurements {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monotonic_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_time: Option<i64>,
}

/// Metadata in the order it was added. Keys are ours, values small.
#[derive(Debug, Clone, Default)]
pub struct Metadata(Vec<(&'static str, Term)>);

impl Metadata {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with(mut self, key: &'static str, value: impl Into<Term>) -> Self {
        self.set(key, value);
        self
    }

    pub fn set(&mut self, key: &'static str, value: impl Into<Term>) {
        let value = value.into();
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((key, value)),
        }
    }
}

impl From<i64> for Term {
    fn from(value: i64) -> Self {
        Term::Int(value)
    }
}

impl From<usize> for Term {
    fn from(value: usize) -> Self {
        Term::Int(value as i64)
    }
}

impl From<&str> for Term {
    fn from(value: &str) -> Self {
        Term::Text(value.to_owned())
    }
}

impl From<String> for Term {
    fn from(value: String) -> Self {
        Term::Text(value)
    }
}

/// A span that has started. Stop it through [`Trace::stop`].
#[derive(Debug, Clone)]
pub struct Span {
    name: &'static str,
    started: i64,
    metadata: Metadata,
}

#[derive(Debug, Default)]
pub struct Trace {
    events: Vec<Event>,
    silent: bool,
}

impl Trace {
    /// A trace that keeps nothing, for callers who said that nobody listens.
    pub(crate) fn new(silent: bool) -> Self {
        Self { events: Vec::new(), silent }
    }

    /// A trace of work that no caller waits for.
    pub(crate) fn silent() -> Self {
        Self::new(true)
    }

    pub fn start(&mut self, name: &'static str, metadata: Metadata) -> Span {
        let span = Span { name, started: monotonic(), metadata };
        self.open(&span);
        span
    }

    /// Tells the start of a span whose start was not told when it happened.
    pub(crate) fn reopen(&mut self, span: &Span) {
        self.open(span);
    }

    fn open(&mut self, span: &Span) {
        if self.silent {
            return;
        }
        // Told later than it happened, a start is still told with the time it happened.
        let system_time = since_1970(span.started);
        self.events.push(Event {
            span: span.name,
            phase: Phase::Start { system_time },
            monotonic_time: span.started,
            metadata: span.metadata.clone(),
        });
    }

    pub fn stop(&mut self, span: Span, extra: impl FnOnce(&mut Metadata)) {
        self.close(span, extra, |duration| Phase::Stop { duration });
    }

    /// Tells that a span's work raised.
    pub(crate) fn exception(&mut self, span: Span, extra: impl FnOnce(&mut Metadata)) {
        self.close(span, extra, |duration| Phase::Exception { duration });
    }

    fn close(&mut self, span: Span, extra: impl FnOnce(&mut Metadata), phase: impl FnOnce(i64) -> Phase) {
        if self.silent {
            return;
        }
        let monotonic_time = monotonic();
        let Span { name, started, mut metadata } = span;
        extra(&mut metadata);
        let phase = phase(monotonic_time - started);
        self.events.push(Event { span: name, phase, monotonic_time, metadata });
    }

    /// Tells that so many parts of a call failed, and the rest did not.
    pub(crate) fn partial(&mut self, name: &'static str, count: usize) {
        if self.silent {
            return;
        }
        let metadata = Metadata::new().with("failure_count", count);
        let phase = Phase::Partial { count: count as i64 };
        self.events.push(Event { span: name, phase, monotonic_time: monotonic(), metadata });
    }

    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Metadata", self.0.len())?;
        for (key, value) in &self.0 {
            out.serialize_field(key, value)?;
        }
        out.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (suffix, system_time, duration, count) = match self.phase {
            Phase::Start { system_time } => ("start", Some(system_time), None, None),
            Phase::Stop { duration } => ("stop", None, Some(duration), None),
            Phase::Exception { duration } => ("exception", None, Some(duration), None),
            Phase::Partial { count } => ("partial", None, None, Some(count)),
        };
        let monotonic_time = count.is_none().then_some(self.monotonic_time);
        let measurements = Measurements { count, duration, monotonic_time, system_time };
        let mut out = serializer.serialize_struct("Event", 3)?;
        out.serialize_field("name", &format!("{}.{suffix}", self.span))?;
        out.serialize_field("measurements", &measurements)?;
        out.serialize_field("metadata", &self.metadata)?;
        out.end()
    }
}

/// The name of an event: its span, and whether that starts, stops or raised.
struct EventName;

impl JsonSchema for EventName {
    fn schema_name() -> Cow<'static, str> {
        "EventName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"enum": event_names()})
    }
}

impl JsonSchema for Event {
    fn schema_name() -> Cow<'static, str> {
        "Event".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({
            "description": "What happened during a call. Times are nanoseconds.",
            "type": "object",
            "properties": {
                "name": generator.subschema_for::<EventName>(),
                "measurements": generator.subschema_for::<Measurements>(),
                "metadata": {"type": "object", "additionalProperties": true},
            },
            "required": ["name", "measurements", "metadata"],
        })
    }
}

/// The `error_kind` of a stop event: one of few words, fit for a metric label.
pub(crate) fn error_kind(error: &Error) -> Term {
    Term::Symbol(
        match error.kind {
            Kind::HttpError => "http",
            Kind::TransportError | Kind::RequestTimeout => "transport",
            Kind::EmptySchemaList => "empty_schema_list",
            Kind::Timeout => "timeout",
            Kind::TaskFailed => "task_failed",
            Kind::TaskCancelled => "cancelled",
            Kind::InvalidTaskPayload => "invalid_task_payload",
            _ => "other",
        }
        .to_owned(),
    )
}

/// Keys that metadata carried across the host may have.
const CARRIED: &[&str] = &[
    "schema",
    "backend",
    "index",
    "sync_mode",
    "fan_out",
    "document_count",
    "repo",
    "search_scope",
    "scoped_facet",
    "ranking_score_details",
    "schema_count",
    "raw_entry_count",
];

impl Metadata {
    /// The metadata as JSON, symbols told from text.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let entry = |(key, value): &(&'static str, Term)| match value {
            Term::Symbol(name) => serde_json::json!([key, "symbol", name]),
            Term::Int(number) => serde_json::json!([key, "int", number]),
            Term::Bool(on) => serde_json::json!([key, "bool", on]),
            other => serde_json::json!([key, "text", other.as_str()]),
        };
        self.0.iter().map(entry).collect()
    }

    pub(crate) fn from_json(json: &serde_json::Value) -> Option<Self> {
        let entry = |entry: &serde_json::Value| {
            let key = CARRIED.iter().find(|known| entry[0] == **known)?;
            let value = match entry[1].as_str()? {
                "symbol" => Term::Symbol(entry[2].as_str()?.to_owned()),
                "int" => Term::Int(entry[2].as_i64()?),
                "bool" => Term::Bool(entry[2].as_bool()?),
                _ => Term::Text(entry[2].as_str()?.to_owned()),
            };
            Some((*key, value))
        };
        json.as_array()?.iter().map(entry).collect::<Option<_>>().map(Self)
    }

    pub(crate) fn only(&self, keys: &[&str]) -> Self {
        Self(self.0.iter().filter(|(key, _)| keys.contains(key)).cloned().collect())
    }
}

impl Span {
    /// When it started and what it is about, to cross to the host between two calls of one operation
    /// (a search, then its hydration).
    pub(crate) fn carry(self) -> (i64, Metadata) {
        (self.started, self.metadata)
    }

    /// Takes up a span that an earlier call left open.
    pub(crate) fn resume(name: &'static str, started: i64, metadata: Metadata) -> Self {
        Self { name, started, metadata }
    }
}
