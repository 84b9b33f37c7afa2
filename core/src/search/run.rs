use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;

use super::hydrate::{Pending, hit_ids};
use super::options::{self, Checked};
use super::query::Query;
use super::reply::{Facets, PageInfo, SearchReply, Seen};
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

#[derive(Debug, Serialize, JsonSchema)]
pub struct ExplainedRequest {
    pub method: &'static str,
    pub path: String,
    pub body: RawJson,
}

struct Planned {
    query: Query,
    config: Config,
    index: String,
    body: String,
}

impl Planned {
    fn exchange(&self) -> Exchange {
        let body = Body::Json(Bytes::copy_from_slice(self.body.as_bytes()));
        Exchange::post(self.path(), body).about("index", self.index.as_str())
    }

    fn path(&self) -> String {
        format!("/indexes/{}/search", self.index)
    }
}

fn plan(schema: &Schema, text: &Term, layers: Layers, idiom: Idiom) -> Result<Planned> {
    let Checked { query, runtime } = options::check(schema, text, layers, idiom)?;
    let config = Config::read(&runtime, idiom)?;
    let index = naming::index_name(schema, &config);
    let body = query.body();
    Ok(Planned { query, config, index, body })
}

/// The normalized query and the exact request of a search, without sending it.
pub fn explain(schema: &Schema, text: &Term, layers: Layers, idiom: Idiom) -> Result<Explanation> {
    let planned = plan(schema, text, layers, idiom)?;
    let path = planned.path();
    let body = RawJson::from(planned.body);
    Ok(Explanation { query: planned.query, request: ExplainedRequest { method: "POST", path, body } })
}

/// Searches. With a `primary_key`, hits are looked at for the rows that are to be fetched.
pub async fn search(
    core: &Core,
    schema: &Schema,
    text: &Term,
    layers: Layers,
    primary_key: Option<&str>,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<SearchReply> {
    let planned = plan(schema, text, layers, idiom)?;
    let client = Client::open(core, &planned.config)?;
    let span = trace.start("scrypath.search", metadata(schema, &planned));
    let answered = answer(&client, &planned, primary_key, idiom, trace).await;
    let Answered { raw, page, facets, hit_count, ids } = match answered {
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
    Ok(SearchReply { query: planned.query, raw, page, facets, hydration })
}

/// What of a reply the core looked at.
struct Answered {
    raw: RawJson,
    page: PageInfo,
    facets: Facets,
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
    let raw = client.object(planned.exchange(), trace).await.inspect_err(|error| {
        if error.details.code.as_deref() == Some("index_not_found") {
            client.forget(&planned.index);
        }
    })?;
    let seen = Seen::read(&raw)?;
    let (page, facets, hit_count) = (seen.page(), seen.facets(&planned.query.facets), seen.hits.len());
    let ids = match primary_key {
        Some(key) if hit_count > 0 => Some(hit_ids(&seen.hits, key, idiom)?),
        _ => None,
    };
    Ok(Answered { raw, page, facets, hit_count, ids })
}

fn metadata(schema: &Schema, planned: &Planned) -> Metadata {
    let symbol = |name: &str| Term::Symbol(name.to_owned());
    let mut metadata = Metadata::new()
        .with("schema", schema.name.as_str())
        .with("backend", symbol("meilisearch"))
        .with("index", planned.index.as_str())
        .with("sync_mode", symbol(planned.config.sync_mode.name()));
    if let Some(repo) = &planned.config.repo {
        metadata.set("repo", repo.for_telemetry());
    }
    if planned.query.per_query.show_ranking_score_details == Some(true) {
        metadata.set("ranking_score_details", Term::Bool(true));
    }
    metadata
}
