//! Putting the host's rows in the order of the hits.
//!
//! The core never calls back: a search gives the ids to fetch and a [`Pending`] span; the host fetches
//! and asks for the order. Ids are compared as text, so `5` in a row is `"5"` in a hit and a UUID is its
//! own text. A hit without a row is reported, never dropped in silence.

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::document::DocumentId;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::telemetry::{Metadata, Span, Trace, monotonic};

/// What the host is to fetch.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hydration {
    /// The primary keys of the hits, in hit order, duplicates included.
    #[schemars(with = "Vec<DocumentId>")]
    pub ids: Vec<Term>,
    /// To be handed back as it is.
    pub pending: String,
}

/// A search whose hydration is under way in the host.
#[derive(Debug, Clone)]
pub struct Pending {
    search_started: i64,
    search: Metadata,
    hydration_started: i64,
    ids: Vec<Term>,
}

/// Rows in hit order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hydrated {
    /// For each hit that has a row: the row's index in `found`.
    pub order: Vec<usize>,
    /// The ids of hits that have none, in hit order.
    #[schemars(with = "Vec<DocumentId>")]
    pub missing_ids: Vec<Term>,
}

/// The value of `key` in every hit.
pub(super) fn hit_ids(hits: &[&RawValue], key: &str, idiom: Idiom) -> Result<Vec<Term>> {
    hits.iter()
        .map(|hit| {
            // One key of one hit: the rest is skipped, not built.
            id_of(hit, key).ok_or_else(|| {
                let message = format!(
                    "missing hydration id {}: a hit does not hold the primary key that rows are fetched by; add it to the schema's fields",
                    idiom.name(key)
                );
                Error::new(Kind::HydrationIdMissing, message).named(key)
            })
        })
        .collect()
}

/// The id that one hit holds under a key.
pub(super) fn id_of(hit: &RawValue, key: &str) -> Option<Term> {
    OneKey::read(hit, key)
}

struct OneKey;

impl OneKey {
    fn read(hit: &RawValue, key: &str) -> Option<Term> {
        use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
        struct Find<'a>(&'a str);
        impl<'de> Visitor<'de> for Find<'_> {
            type Value = Option<Value>;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut found = None;
                while let Some(name) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
                    if name == self.0 {
                        found = Some(entries.next_value()?);
                    } else {
                        entries.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(found)
            }
        }
        let mut reader = serde_json::Deserializer::from_str(hit.get());
        match reader.deserialize_map(Find(key)).ok()?? {
            Value::Number(number) => Some(match number.as_i64() {
                Some(value) => Term::Int(value),
                None => Term::BigInt(number.to_string()),
            }),
            Value::String(text) => Some(Term::Text(text)),
            _ => None,
        }
    }
}

/// In a request it is what the search gave.
impl JsonSchema for Pending {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl Pending {
    pub(super) fn new(span: Span, ids: Vec<Term>) -> Self {
        let (search_started, search) = span.carry();
        Self { search_started, search, hydration_started: monotonic(), ids }
    }

    pub(super) fn hydration(&self) -> Hydration {
        let ids: Vec<Value> = self.ids.iter().map(id_to_json).collect();
        let pending =
            json!([self.search_started, self.hydration_started, self.search.to_json(), ids]).to_string();
        Hydration { ids: self.ids.clone(), pending }
    }

    /// Reads what [`Pending::hydration`] wrote, from the host that carried it.
    pub fn read(term: &Term) -> Result<Self> {
        let lost = || crate::api::mismatch("\"pending\" is not what the search gave");
        let text = term.as_str().ok_or_else(lost)?;
        let (search_started, hydration_started, search, ids): (i64, i64, Value, Vec<Value>) =
            serde_json::from_str(text).map_err(|_| lost())?;
        let ids = ids.into_iter().map(|id| id_from_json(id).ok_or_else(lost)).collect::<Result<_>>()?;
        let search = Metadata::from_json(&search).ok_or_else(lost)?;
        Ok(Self { search_started, search, hydration_started, ids })
    }

    fn spans(self, trace: &mut Trace) -> (Span, Span, Vec<Term>) {
        let ids = self.ids;
        let metadata = self.search.only(&["schema", "repo"]).with("hit_count", ids.len());
        let hydration = Span::resume("scrypath.hydration", self.hydration_started, metadata);
        trace.reopen(&hydration);
        let search = Span::resume("scrypath.search", self.search_started, self.search);
        (search, hydration, ids)
    }
}

pub(super) fn id_to_json(id: &Term) -> Value {
    match id {
        Term::Int(value) => json!(value),
        Term::BigInt(digits) => json!([digits]),
        other => json!(other.as_str().unwrap_or_default()),
    }
}

pub(super) fn id_from_json(value: Value) -> Option<Term> {
    match value {
        Value::Number(number) => number.as_i64().map(Term::Int),
        Value::String(text) => Some(Term::Text(text)),
        Value::Array(digits) => Some(Term::BigInt(digits.first()?.as_str()?.to_owned())),
        _ => None,
    }
}

/// Puts rows, given by their keys, in hit order, and closes both spans.
pub fn hydrate(pending: Pending, found: &Term, trace: &mut Trace) -> Result<Hydrated> {
    let (Term::List(found) | Term::Tuple(found)) = found else {
        return Err(crate::api::mismatch("\"found\" must be a list of keys"));
    };
    let (search, hydration, ids) = pending.spans(trace);
    let Hydrated { order, missing_ids } = reorder(&ids, found);
    let (records, missing, hits) = (order.len(), missing_ids.len(), ids.len());
    trace.stop(hydration, |metadata| {
        metadata.set("record_count", records);
        metadata.set("missing_count", missing);
    });
    trace.stop(search, |metadata| {
        metadata.set("hit_count", hits);
        metadata.set("record_count", records);
        metadata.set("missing_count", missing);
    });
    Ok(Hydrated { order, missing_ids })
}

/// Puts rows, given by their keys, in the order of the ids.
pub(super) fn reorder(ids: &[Term], found: &[Term]) -> Hydrated {
    let mut rows: HashMap<String, usize> = HashMap::with_capacity(found.len());
    for (at, key) in found.iter().enumerate() {
        if let Some(key) = key_text(key) {
            rows.entry(key).or_insert(at);
        }
    }
    let (mut order, mut missing_ids) = (Vec::new(), Vec::new());
    for id in ids {
        match key_text(id).and_then(|key| rows.get(&key)) {
            Some(at) => order.push(*at),
            None => missing_ids.push(id.clone()),
        }
    }
    Hydrated { order, missing_ids }
}

/// Closes both spans after fetching rows failed in the host.
pub fn hydration_failed(pending: Pending, trace: &mut Trace) {
    let (search, hydration, _) = pending.spans(trace);
    let failed = |metadata: &mut Metadata| metadata.set("error_kind", Term::Symbol("hydration".to_owned()));
    trace.stop(hydration, failed);
    trace.stop(search, failed);
}

fn key_text(key: &Term) -> Option<String> {
    match key {
        Term::Int(value) => Some(value.to_string()),
        Term::BigInt(text) | Term::Text(text) | Term::Symbol(text) | Term::Encoded(text) => {
            Some(text.clone())
        }
        _ => None,
    }
}
