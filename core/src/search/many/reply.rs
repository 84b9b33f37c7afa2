use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::entry::{Entry, Plan};
use crate::document::push_json_string;
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};
use crate::search::hydrate::id_of;
use crate::search::reply::{MANY_REPLY, not_as_promised, unreadable};

/// What the server said about the merged list. Members it did not send, or that are no counts, are absent.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Federation {
    pub estimated_total_hits: Option<u64>,
    pub processing_time_ms: Option<u64>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
}

/// A reply, taken apart: one reply an entry, and the merged order where there is one.
pub(super) struct Parts {
    pub replies: Vec<RawJson>,
    /// `(entry, hit)` positions of the merged list, each with the hit's id.
    pub merged: Option<Vec<(usize, usize, Term)>>,
    pub federation: Option<Federation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    hits: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    facets_by_index: BTreeMap<Cow<'a, str>, Facets<'a>>,
    estimated_total_hits: Option<serde_json::Value>,
    processing_time_ms: Option<serde_json::Value>,
    limit: Option<serde_json::Value>,
    offset: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Facets<'a> {
    #[serde(borrow, alias = "facetDistribution")]
    distribution: Option<&'a RawValue>,
    #[serde(borrow, alias = "facetStats")]
    stats: Option<&'a RawValue>,
}

impl Parts {
    pub(super) fn read(raw: &RawJson, plan: &Plan) -> Result<Self> {
        let reply: Reply = serde_json::from_str(raw.get()).map_err(|_| unreadable(raw.get(), MANY_REPLY))?;
        match (&reply.results, &reply.hits) {
            (Some(results), _) if results.len() == plan.entries.len() => Ok(Self {
                replies: results.iter().map(|reply| RawJson::from(reply.get().to_owned())).collect(),
                merged: None,
                federation: None,
            }),
            (Some(results), _) => {
                let message = format!(
                    "the backend answered {} searches with {} results",
                    plan.entries.len(),
                    results.len()
                );
                Err(Error::new(Kind::FederatedDecode, message).named("results_length_mismatch"))
            }
            (None, Some(hits)) => apart(hits, &reply, plan),
            (None, None) => Err(not_as_promised("it has neither `results` nor `hits`")),
        }
    }
}

fn apart(hits: &[&RawValue], reply: &Reply, plan: &Plan) -> Result<Parts> {
    let mut own: Vec<Vec<String>> = plan.entries.iter().map(|_| Vec::new()).collect();
    let mut merged = Some(Vec::new());
    for hit in hits {
        let Tagged { text, position, index } = Tagged::read(hit)
            .ok_or_else(|| not_as_promised("one of `hits` is not a hit of a merged list"))?;
        let of_index = |entry: &Entry| index.as_deref() == Some(entry.index.as_str());
        // A server that says no position (before 1.10.1) is believed where the index is enough.
        let at = match position {
            Some(position) => Some(position).filter(|at| *at < plan.entries.len()),
            None => plan.entries.iter().position(of_index),
        };
        let Some(at) = at else {
            merged = None;
            continue;
        };
        let id = id_of(hit, "id").or_else(|| id_of(hit, &plan.entries[at].target.schema.document_id));
        match (&mut merged, id) {
            (Some(order), Some(id)) => order.push((at, own[at].len(), id)),
            _ => merged = None,
        }
        own[at].push(text);
    }
    let replies = plan.entries.iter().zip(own).map(|(entry, hits)| {
        let facets = reply.facets_by_index.get(entry.index.as_str());
        let part = |part: Option<&RawValue>| part.map_or("{}", RawValue::get).to_owned();
        RawJson::from(format!(
            "{{\"hits\":[{}],\"facetDistribution\":{},\"facetStats\":{}}}",
            hits.join(","),
            part(facets.and_then(|facets| facets.distribution)),
            part(facets.and_then(|facets| facets.stats)),
        ))
    });
    let count = |value: &Option<serde_json::Value>| value.as_ref().and_then(serde_json::Value::as_u64);
    let federation = Federation {
        estimated_total_hits: count(&reply.estimated_total_hits),
        processing_time_ms: count(&reply.processing_time_ms),
        limit: count(&reply.limit),
        offset: count(&reply.offset),
    };
    Ok(Parts { replies: replies.collect(), merged, federation: Some(federation) })
}

/// A hit of a merged list, without the tag that says whose it is.
struct Tagged<'a> {
    text: String,
    position: Option<usize>,
    index: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag<'a> {
    #[serde(borrow)]
    index_uid: Option<Cow<'a, str>>,
    queries_position: Option<usize>,
}

impl<'a> Tagged<'a> {
    fn read(hit: &'a RawValue) -> Option<Self> {
        let Members(members) = serde_json::from_str(hit.get()).ok()?;
        let (mut position, mut index) = (None, None);
        let mut out = Vec::with_capacity(hit.get().len());
        for (name, value) in members {
            if name == "_federation" {
                let tag: Tag = serde_json::from_str(value.get()).ok()?;
                (position, index) = (tag.queries_position, tag.index_uid);
                continue;
            }
            out.push(if out.is_empty() { b'{' } else { b',' });
            push_json_string(&mut out, &name);
            out.push(b':');
            out.extend_from_slice(value.get().as_bytes());
        }
        if out.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
        Some(Self { text: String::from_utf8(out).ok()?, position, index })
    }
}

/// The members of an object, in order, their values unread.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Read;
        impl<'de> serde::de::Visitor<'de> for Read {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a hit")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}
