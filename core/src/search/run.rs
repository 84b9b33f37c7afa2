use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;

use super::explained::{Explained, Ranking};
use super::hydrate::{Pending, hit_ids};
use super::options::{self, Checked};
use super::query::Query;
use super::reply::{Facets, PageInfo, SearchReply, Seen};
use super::{disjunctive, within};
use crate::config::{Config, Layers};
use crate::error::Result;
use crate::host::{Idiom, RawJson, Term};
use crate::meilisearch::{Body, Client, Exchange, naming};
use crate::process::Core;
use crate::schema::Schema;
use crate::telemetry::{Metadata, Trace, error_kind};

/// A search, looked at before it is sent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Explanation {
    pub query: Query,
    pub request: ExplainedRequest,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExplainedRequest {
    pub method: &'static str,
    pub path: String,
    pub body: RawJson,
}

impl ExplainedRequest {
    pub(super) fn search(index: &str, body: String) -> Self {
        Self { method: "POST", path: format!("/indexes/{index}/search"), body: RawJson::from(body) }
    }
}

impl Query {
    /// What the ranking details say, where they were asked for.
    pub(super) fn explained(
        &self,
        request: impl FnOnce() -> ExplainedRequest,
        seen: &Seen,
    ) -> Option<Explained> {
        let ranking = || seen.hits.iter().map(|hit| Ranking::of(hit)).collect();
        let wanted = self.per_query.show_ranking_score_details == Some(true);
        wanted.then(|| Explained { request: request(), ranking: ranking() })
    }
}

/// A search as it was asked for, unchecked.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(inline)]
pub struct Asked {
    pub text: Term,
    #[schemars(flatten)]
    pub layers: Layers,
    /// The key that rows are fetched by, where there is a repo.
    pub primary_key: Option<String>,
    /// The bucket of a search within a facet.
    #[schemars(with = "Option<Vec<Term>>")]
    pub bucket: Option<Term>,
    /// Whether facets that are filtered by are counted as if they were not.
    #[schemars(with = "Option<bool>")]
    pub disjunctive: bool,
}

struct Planned {
    query: Query,
    config: Config,
    index: String,
    path: String,
    body: String,
    scoped_facet: Option<String>,
    disjunctive: bool,
}

impl Planned {
    fn request(&self) -> ExplainedRequest {
        let (path, body) = (self.path.clone(), RawJson::from(self.body.clone()));
        ExplainedRequest { method: "POST", path, body }
    }

    fn exchange(&self) -> Exchange {
        let body = Body::Json(Bytes::copy_from_slice(self.body.as_bytes()));
        Exchange::post(self.path.clone(), body).about("index", self.index.as_str())
    }
}

fn plan(schema: &Schema, asked: Asked, idiom: Idiom) -> Result<Planned> {
    let Asked { text, layers, primary_key, bucket, disjunctive } = asked;
    let Checked { mut query, runtime } = options::check(schema, &text, layers, bucket.as_ref(), idiom)?;
    let config = Config::read(&runtime, idiom)?;
    if let Some(key) = &primary_key {
        query.presentation.retrieve_too(key);
    }
    let index = naming::index_name(schema, &config);
    let disjunctive = disjunctive && !disjunctive::facets(&query).is_empty();
    let (path, body) = match disjunctive {
        true => ("/multi-search".to_owned(), disjunctive::body(&query, &index)),
        false => (format!("/indexes/{index}/search"), query.body()),
    };
    let scoped_facet = bucket.and_then(|bucket| within::attribute(&bucket, idiom).map(str::to_owned));
    Ok(Planned { query, config, index, path, body, scoped_facet, disjunctive })
}

/// The normalized query and the exact request of a search, without sending it.
pub fn explain(schema: &Schema, asked: Asked, idiom: Idiom) -> Result<Explanation> {
    let planned = plan(schema, asked, idiom)?;
    Ok(Explanation { request: planned.request(), query: planned.query })
}

/// Searches. With a `primary_key`, hits are looked at for the rows that are to be fetched.
pub async fn search(
    core: &Core,
    schema: &Schema,
    asked: Asked,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<SearchReply> {
    let primary_key = asked.primary_key.clone();
    let planned = plan(schema, asked, idiom)?;
    let client = Client::open(core, &planned.config)?;
    let span = trace.start("scrypath.search", metadata(schema, &planned));
    let answered = answer(&client, &planned, primary_key.as_deref(), idiom, trace).await;
    let Answered { raw, page, facets, explained, hit_count, ids } = match answered {
        Ok(answered) => answered,
        Err(error) => {
            trace.stop(span, |metadata| metadata.set("error_kind", error_kind(&error)));
            return Err(error.of_schema(&schema.name));
        }
    };
    let hydration = match ids {
        Some(ids) => Some(Pending::new(span, ids).hydration()),
        None => {
            trace.stop(span, |metadata| {
                metadata.set("hit_count", hit_count);
                metadata.set("record_count", 0_i64);
                metadata.set("missing_count", 0_i64);
            });
            None
        }
    };
    let neighbours = page.neighbours();
    Ok(SearchReply { query: planned.query, raw, page, neighbours, facets, explained, hydration })
}

/// What of a reply the core looked at.
struct Answered {
    raw: RawJson,
    page: PageInfo,
    facets: Facets,
    explained: Option<Explained>,
    hit_count: usize,
    /// The primary keys of the hits, where they are wanted and there are any.
    ids: Option<Vec<Term>>,
}

async fn answer(
    client: &Client<'_>,
    planned: &Planned,
    primary_key: Option<&str>,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<Answered> {
    let sent = client.object(planned.exchange(), trace).await.inspect_err(|error| {
        if error.details.code.as_deref() == Some("index_not_found") {
            client.forget(&planned.index);
        }
    })?;
    let query = &planned.query;
    let counted = if planned.disjunctive { disjunctive::facets(query) } else { Vec::new() };
    let (raw, counts) = match planned.disjunctive {
        true => disjunctive::split(&sent, counted.len())?,
        false => (sent, Vec::new()),
    };
    let mut seen = Seen::read(&raw)?;
    disjunctive::merge(&mut seen, &counted, &counts)?;
    let (page, facets, hit_count) = (seen.page(), seen.facets(&query.facets), seen.hits.len());
    let ids = match primary_key {
        Some(key) if hit_count > 0 => Some(hit_ids(&seen.hits, key, idiom)?),
        _ => None,
    };
    let explained = query.explained(|| planned.request(), &seen);
    Ok(Answered { raw, page, facets, explained, hit_count, ids })
}

fn metadata(schema: &Schema, planned: &Planned) -> Metadata {
    let mut metadata = common_metadata(schema, &planned.config, &planned.index);
    if let Some(facet) = &planned.scoped_facet {
        metadata.set("search_scope", Term::Symbol("within_facet".to_owned()));
        metadata.set("scoped_facet", Term::Symbol(facet.clone()));
    }
    if planned.query.per_query.show_ranking_score_details == Some(true) {
        metadata.set("ranking_score_details", Term::Bool(true));
    }
    metadata
}

/// What every span of one schema's searches says.
pub(super) fn common_metadata(schema: &Schema, config: &Config, index: &str) -> Metadata {
    let symbol = |name: &str| Term::Symbol(name.to_owned());
    let mut metadata = Metadata::new()
        .with("schema", schema.name.as_str())
        .with("backend", symbol("meilisearch"))
        .with("index", index)
        .with("sync_mode", symbol(config.sync_mode.name()));
    if let Some(repo) = &config.repo {
        metadata.set("repo", repo.for_telemetry());
    }
    metadata
}
