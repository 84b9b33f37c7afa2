use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::options::{self, Checked};
use super::reply::{Bucket, FACET_REPLY, count_of, unreadable};
use super::run::common_metadata;
use crate::config::{Config, Layers};
use crate::error::Result;
use crate::host::{Idiom, RawJson, Term};
use crate::meilisearch::{Body, Client, Exchange, naming};
use crate::process::Core;
use crate::schema::Schema;
use crate::telemetry::{Trace, error_kind};

/// The values of a facet that begin like the query.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FacetValues {
    pub facet_query: Option<String>,
    /// In the order of the reply.
    pub hits: Vec<Bucket>,
    pub raw: RawJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    facet_query: Option<String>,
    #[serde(default)]
    facet_hits: Vec<FacetHit>,
}

#[derive(Deserialize)]
struct FacetHit {
    value: String,
    #[serde(default)]
    count: Value,
}

/// Searches the values of one facet. Exactly one request, with the whole filter; never one without it.
pub async fn search_facet_values(
    core: &Core,
    schema: &Schema,
    facet: &str,
    text: &Term,
    layers: Layers,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<FacetValues> {
    let Checked { query, runtime } = options::check(schema, text, layers, None, idiom)?;
    let config = Config::read(&runtime, idiom)?;
    let index = naming::index_name(schema, &config);
    let client = Client::open(core, &config)?;
    let span = trace.start("scrypath.search_facet_values", common_metadata(schema, &config, &index));
    let body = Body::Json(Bytes::from(query.facet_search(facet)));
    let exchange =
        Exchange::post(format!("/indexes/{index}/facet-search"), body).about("index", index.as_str());
    let answered = client.object(exchange, trace).await.and_then(read);
    trace.stop(span, |metadata| match &answered {
        Ok(values) => metadata.set("hit_count", values.hits.len()),
        Err(error) => metadata.set("error_kind", error_kind(error)),
    });
    answered.map_err(|error| error.of_schema(&schema.name))
}

fn read(raw: RawJson) -> Result<FacetValues> {
    let Seen { facet_query, facet_hits } =
        serde_json::from_str(raw.get()).map_err(|_| unreadable(raw.get(), FACET_REPLY))?;
    let bucket = |hit: FacetHit| Bucket { count: count_of(&hit.count), value: hit.value };
    Ok(FacetValues { facet_query, hits: facet_hits.into_iter().map(bucket).collect(), raw })
}
