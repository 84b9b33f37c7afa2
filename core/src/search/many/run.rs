use schemars::JsonSchema;
use serde::Serialize;

use super::entry::{AskedMany, Entry, Plan, plan};
use super::finish::{Pending, Unhydrated};
use super::reply::{Federation, Parts};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, RawJson, Term};
use crate::meilisearch::{Body, Client, Exchange};
use crate::process::Core;
use crate::search::explained::Explained;
use crate::search::hydrate::hit_ids;
use crate::search::query::Query;
use crate::search::reply::{Facets, Neighbours, PageInfo, Seen};
use crate::telemetry::{Metadata, Trace, error_kind};

/// What many searches give.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ManyReply {
    /// In the order of the entries; those that failed are left out.
    pub entries: Vec<EntryReply>,
    /// `[entry, hit, id]` of the merged list: positions in `entries` and in its hits.
    pub merged: Option<Vec<(usize, usize, Term)>>,
    pub federation: Option<Federation>,
    pub failures: Vec<Failure>,
    /// To be handed to `finish_search_many` with what was fetched, when there is anything to fetch.
    pub pending: Option<String>,
    /// How long fetching the rows of one entry may take, in ms.
    pub hydration_timeout: u64,
}

/// The result of one entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EntryReply {
    /// The host's number for the schema.
    pub schema: usize,
    pub query: Query,
    pub raw: RawJson,
    pub page: PageInfo,
    pub neighbours: Neighbours,
    pub facets: Facets,
    /// Why the hits are in their order, where ranking details were asked for.
    pub explained: Option<Explained>,
    /// The primary keys to fetch, in hit order, where there is a repo and there are hits.
    pub ids: Option<Vec<Term>>,
}

/// An entry that failed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Failure {
    pub schema: usize,
    pub reason: Reason,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Reason {
    Error(Box<Error>),
    /// Fetching rows took too long, or failed: the host's word for it.
    Hydration(Term),
}

/// Searches. The span stays open while the host fetches rows, and is closed by `finish`.
pub async fn search_many(
    core: &Core,
    asked: AskedMany,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<ManyReply> {
    let given = asked.entries.len();
    let metadata = Metadata::new().with("schema_count", given).with("raw_entry_count", given);
    let span = trace.start("scrypath.search_many", metadata);
    let (plan, answered) = match plan(asked, idiom) {
        Ok(plan) => {
            let answered = answer(core, &plan, idiom, trace).await;
            (Some(plan), answered)
        }
        Err(error) => (None, Err(error)),
    };
    let count = plan.as_ref().map(|plan| plan.entries.len());
    match answered {
        Ok(mut reply) => {
            let repo = plan.as_ref().and_then(|plan| plan.config.repo.clone());
            let unhydrated = Unhydrated::of(&reply.entries, plan.as_ref(), repo.as_ref());
            let pending = Pending::new(span, count, unhydrated, reply.failures.len());
            match pending.waits() {
                true => reply.pending = Some(pending.carried()),
                false => pending.close(trace, reply.failures.len()),
            }
            Ok(reply)
        }
        Err(error) => {
            trace.stop(span, |metadata| {
                if let Some(count) = count {
                    metadata.set("schema_count", count);
                }
                metadata.set("error_kind", error_kind(&error));
            });
            Err(error)
        }
    }
}

async fn answer(core: &Core, plan: &Plan, idiom: Idiom, trace: &mut Trace) -> Result<ManyReply> {
    let client = Client::open(core, &plan.config)?;
    let raw = match client.object(plan.exchange(), trace).await {
        Ok(raw) => raw,
        Err(error) if knows_no_federation(&error) => return one_by_one(&client, plan, idiom, trace).await,
        Err(cause) => return Err(transport_failed(cause)),
    };
    let Parts { replies, merged, federation } = Parts::read(&raw, plan)?;
    let entries = plan
        .entries
        .iter()
        .zip(replies)
        .map(|(entry, raw)| entry_reply(entry, raw, idiom))
        .collect::<Result<_>>()?;
    Ok(ManyReply {
        entries,
        merged,
        federation,
        failures: Vec::new(),
        pending: None,
        hydration_timeout: plan.hydration_timeout(),
    })
}

fn transport_failed(cause: Box<Error>) -> Box<Error> {
    let mut error = Error::new(Kind::TransportFailed, format!("search_many: {}", cause.message));
    error.retryable = cause.retryable;
    error.details.cause = Some(cause);
    error
}

/// A server older than 1.10 has no `federation`, one older than 1.1 no `/multi-search`.
fn knows_no_federation(error: &Error) -> bool {
    let code = error.details.code.as_deref();
    match error.details.status {
        Some(404) => code != Some("index_not_found"),
        Some(405) => true,
        Some(400) => {
            let message = error.details.body.as_ref().and_then(|body| body.get("message")?.as_str());
            code == Some("bad_request") && message.is_some_and(|message| message.contains("`federation`"))
        }
        _ => false,
    }
}

/// Searches entry after entry; one that fails leaves the others as they are.
async fn one_by_one(client: &Client<'_>, plan: &Plan, idiom: Idiom, trace: &mut Trace) -> Result<ManyReply> {
    if plan.entries.iter().any(|entry| entry.weight.is_some()) {
        return Err(Error::new(
            Kind::FederationUnsupported,
            "federation_weight needs a server that merges: Meilisearch 1.10 or newer",
        ));
    }
    let (mut entries, mut failures) = (Vec::new(), Vec::new());
    for entry in &plan.entries {
        let body = Body::Json(entry.query.body().into_bytes().into());
        let exchange = Exchange::post(format!("/indexes/{}/search", entry.index), body)
            .about("index", entry.index.as_str());
        let answered = client.object(exchange, trace).await.and_then(|raw| entry_reply(entry, raw, idiom));
        match answered {
            Ok(reply) => entries.push(reply),
            Err(error) => failures.push(Failure {
                schema: entry.target.number,
                reason: Reason::Error(error.of_schema(entry.target.name())),
            }),
        }
    }
    if entries.is_empty() {
        return Err(all_failed(failures));
    }
    let hydration_timeout = plan.hydration_timeout();
    Ok(ManyReply { entries, merged: None, federation: None, failures, pending: None, hydration_timeout })
}

pub(super) fn all_failed(failures: Vec<Failure>) -> Box<Error> {
    let mut error = Error::new(Kind::AllFailed, "every search of search_many failed");
    error.retryable = failures.iter().all(|failure| match &failure.reason {
        Reason::Error(error) => error.retryable,
        Reason::Hydration(_) => true,
    });
    error.details.failures = failures;
    error
}

fn entry_reply(entry: &Entry, raw: RawJson, idiom: Idiom) -> Result<EntryReply> {
    let seen = Seen::read(&raw)?;
    let (page, facets) = (seen.page(), seen.facets(&entry.query.facets));
    let ids = match &entry.target.primary_key {
        Some(key) if !seen.hits.is_empty() => Some(hit_ids(&seen.hits, key, idiom)?),
        _ => None,
    };
    let explained = entry.query.explained(|| entry.request(), &seen);
    let (schema, query, neighbours) = (entry.target.number, entry.query.clone(), page.neighbours());
    Ok(EntryReply { schema, query, raw, page, neighbours, facets, explained, ids })
}

/// For telemetry, what an entry's hydration is about.
pub(super) fn hydration_metadata(schema: &str, repo: Option<&Term>) -> Metadata {
    let mut metadata = Metadata::new().with("schema", schema);
    if let Some(repo) = repo {
        metadata.set("repo", repo.for_telemetry());
    }
    metadata
}

pub(super) fn name_of(plan: &Plan, number: usize) -> &str {
    let found = plan.entries.iter().find(|entry| entry.target.number == number);
    found.map_or("", |entry| entry.target.name())
}
