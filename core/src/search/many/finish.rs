//! The second half of many searches: rows that the host fetched, put in the order of their hits.

use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::entry::Plan;
use super::run::{EntryReply, Failure, Reason, all_failed, hydration_metadata, name_of};
use crate::api::mismatch;
use crate::error::Result;
use crate::host::Term;
use crate::search::hydrate::{Hydrated, id_from_json, id_to_json, reorder};
use crate::telemetry::{Metadata, Span, Trace, monotonic};

/// What became of one entry's rows.
#[derive(Debug)]
pub enum Outcome {
    /// There was nothing to fetch.
    Nothing,
    /// The keys of the rows, in the order they came.
    Found(Vec<Term>),
    /// Why there are none: `hydration_timeout`, or what the host has to say.
    Failed(Term),
}

impl JsonSchema for Outcome {
    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        /// What became of the rows of one entry: their keys, or why there are none. Neither, where there was
        /// nothing to fetch.
        #[derive(JsonSchema)]
        #[schemars(rename = "Outcome")]
        #[expect(dead_code, reason = "it describes")]
        struct Outcome {
            found: Option<Vec<Term>>,
            failed: Option<String>,
        }
        Outcome::json_schema(generator)
    }
}

/// The entries that remain, and those that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finished {
    /// For each entry of the search: its rows in hit order, or nothing where there was nothing to fetch
    /// or fetching failed.
    pub hydrated: Vec<Option<Hydrated>>,
    /// Positions of entries whose rows could not be fetched.
    pub failed: Vec<usize>,
    pub failures: Vec<Failure>,
}

/// An entry whose rows are to be fetched.
pub(super) struct Unhydrated {
    schema: usize,
    metadata: Metadata,
    ids: Option<Vec<Term>>,
}

impl Unhydrated {
    pub(super) fn of(entries: &[EntryReply], plan: Option<&Plan>, repo: Option<&Term>) -> Vec<Self> {
        let one = |entry: &EntryReply| Self {
            schema: entry.schema,
            metadata: hydration_metadata(plan.map_or("", |plan| name_of(plan, entry.schema)), repo),
            ids: entry.ids.clone(),
        };
        entries.iter().map(one).collect()
    }
}

/// Many searches whose hydration is under way in the host.
pub(super) struct Pending {
    span: Span,
    schema_count: Option<usize>,
    entries: Vec<Unhydrated>,
    hydration_started: i64,
    failed_before: usize,
}

/// The span's start and metadata, the schemas, each entry's schema, metadata and ids, when hydration
/// started, and how many entries had failed.
type Carried = (i64, Value, Option<usize>, Vec<(usize, Value, Option<Vec<Value>>)>, i64, usize);

impl Pending {
    pub(super) fn new(
        span: Span,
        schema_count: Option<usize>,
        entries: Vec<Unhydrated>,
        failed_before: usize,
    ) -> Self {
        Self { span, schema_count, entries, hydration_started: monotonic(), failed_before }
    }

    pub(super) fn waits(&self) -> bool {
        self.entries.iter().any(|entry| entry.ids.is_some())
    }

    /// As text that the host carries and hands back.
    pub(super) fn carried(self) -> String {
        let (started, metadata) = self.span.carry();
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|entry| {
                let ids: Option<Vec<Value>> =
                    entry.ids.as_ref().map(|ids| ids.iter().map(id_to_json).collect());
                json!([entry.schema, entry.metadata.to_json(), ids])
            })
            .collect();
        let before = self.failed_before;
        json!([started, metadata.to_json(), self.schema_count, entries, self.hydration_started, before])
            .to_string()
    }

    fn read(text: &str) -> Option<Self> {
        let (started, metadata, schema_count, entries, hydration_started, failed_before): Carried =
            serde_json::from_str(text).ok()?;
        let entries = entries
            .into_iter()
            .map(|(schema, metadata, ids)| {
                let ids = match ids {
                    Some(ids) => Some(ids.into_iter().map(id_from_json).collect::<Option<_>>()?),
                    None => None,
                };
                Some(Unhydrated { schema, metadata: Metadata::from_json(&metadata)?, ids })
            })
            .collect::<Option<_>>()?;
        let span = Span::resume("scrypath.search_many", started, Metadata::from_json(&metadata)?);
        Some(Self { span, schema_count, entries, hydration_started, failed_before })
    }

    /// Ends the span of a call of which so many entries failed.
    pub(super) fn close(self, trace: &mut Trace, failures: usize) {
        if failures > 0 {
            trace.partial("scrypath.search_many", failures);
        }
        let count = self.schema_count;
        trace.stop(self.span, |metadata| {
            if let Some(count) = count {
                metadata.set("schema_count", count);
            }
        });
    }
}

/// Puts fetched rows in hit order, entry by entry, and closes the span.
pub fn finish(pending: &Term, outcomes: Vec<Outcome>, trace: &mut Trace) -> Result<Finished> {
    let lost = || mismatch("\"pending\" is not what search_many gave");
    let mut pending = pending.as_str().and_then(Pending::read).ok_or_else(lost)?;
    let entries = std::mem::take(&mut pending.entries);
    if entries.len() != outcomes.len() {
        return Err(mismatch("each entry needs an outcome"));
    }
    let mut finished = Finished { hydrated: Vec::new(), failed: Vec::new(), failures: Vec::new() };
    for (at, (entry, outcome)) in entries.into_iter().zip(outcomes).enumerate() {
        let hydrated = match (entry.ids, outcome) {
            (Some(ids), Outcome::Found(found)) => {
                Some(hydrate(&ids, &found, entry.metadata, pending.hydration_started, trace))
            }
            (_, Outcome::Failed(reason)) => {
                finished.failed.push(at);
                let reason = Reason::Hydration(reason);
                finished.failures.push(Failure { schema: entry.schema, reason });
                None
            }
            _ => None,
        };
        finished.hydrated.push(hydrated);
    }
    let failures = finished.failures.len() + pending.failed_before;
    if finished.failed.len() == finished.hydrated.len() && failures > 0 {
        let count = pending.schema_count;
        trace.stop(pending.span, |metadata| {
            if let Some(count) = count {
                metadata.set("schema_count", count);
            }
            metadata.set("error_kind", Term::Symbol("other".to_owned()));
        });
        return Err(all_failed(finished.failures));
    }
    pending.close(trace, failures);
    Ok(finished)
}

fn hydrate(ids: &[Term], found: &[Term], metadata: Metadata, started: i64, trace: &mut Trace) -> Hydrated {
    let span = Span::resume("scrypath.hydration", started, metadata.with("hit_count", ids.len()));
    trace.reopen(&span);
    let hydrated = reorder(ids, found);
    trace.stop(span, |metadata| {
        metadata.set("record_count", hydrated.order.len());
        metadata.set("missing_count", hydrated.missing_ids.len());
    });
    hydrated
}
