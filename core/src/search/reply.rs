use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::explained::Explained;
use super::hydrate::Hydration;
use super::query::Query;
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};

/// What a search gives. Hits stay the bytes that came; only what the core needs was looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SearchReply {
    pub query: Query,
    pub raw: RawJson,
    pub page: PageInfo,
    pub neighbours: Neighbours,
    pub facets: Facets,
    /// Why the hits are in their order, where ranking details were asked for.
    pub explained: Option<Explained>,
    /// What to fetch, when a repo was given and there are hits.
    pub hydration: Option<Hydration>,
}

/// Where in the results this is; only what the server said.
#[derive(Debug, Clone, Default, Serialize, JsonSchema, PartialEq)]
pub struct PageInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_pages: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_hits: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_total_hits: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// The pages beside this one, by number. None at an end, or where no pages were asked for.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema, PartialEq)]
pub struct Neighbours {
    pub next: Option<i64>,
    pub previous: Option<i64>,
}

impl PageInfo {
    pub(super) fn neighbours(&self) -> Neighbours {
        let (Some(number), Some(last)) = (self.number, self.total_pages) else {
            return Neighbours::default();
        };
        // From beyond the end, the way back is to the last page that there is.
        let before = (number - 1).min(last);
        Neighbours { next: (number < last).then(|| number + 1), previous: (before > 0).then_some(before) }
    }
}

/// The requested facets, in the requested order.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Facets {
    /// The buckets of each facet, by value, ascending as text.
    #[schemars(with = "BTreeMap<String, Vec<Bucket>>")]
    pub distribution: Term,
    #[schemars(with = "BTreeMap<String, BTreeMap<String, Option<f64>>>")]
    pub stats: Term,
    #[schemars(with = "Vec<String>")]
    pub declared_order: Term,
}

/// One value of a facet, and how many hits have it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bucket {
    pub value: String,
    pub count: i64,
}

/// The keys of a reply that the core looks at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen<'a> {
    #[serde(borrow, default)]
    pub hits: Vec<&'a RawValue>,
    page: Option<i64>,
    hits_per_page: Option<i64>,
    total_pages: Option<i64>,
    total_hits: Option<i64>,
    estimated_total_hits: Option<i64>,
    offset: Option<i64>,
    limit: Option<i64>,
    facet_distribution: Option<BTreeMap<String, Map<String, Value>>>,
    facet_stats: Option<BTreeMap<String, Map<String, Value>>>,
}

impl<'a> Seen<'a> {
    pub(super) fn read(raw: &'a RawJson) -> Result<Self> {
        let seen: Self = serde_json::from_str(raw.get()).map_err(|_| unreadable(raw.get(), SEARCH_REPLY))?;
        match seen.hits.iter().position(|hit| !hit.get().starts_with('{')) {
            None => Ok(seen),
            Some(at) => Err(not_as_promised(&format!("`hits[{at}]` is not an object"))),
        }
    }

    /// Takes one facet's counts and stats from another reply.
    pub(super) fn take_facet(&mut self, facet: &str, mut other: Seen) {
        let counts = other.facet_distribution.as_mut().and_then(|all| all.remove(facet));
        self.facet_distribution.get_or_insert_default().insert(facet.to_owned(), counts.unwrap_or_default());
        if let Some(stats) = other.facet_stats.as_mut().and_then(|all| all.remove(facet)) {
            self.facet_stats.get_or_insert_default().insert(facet.to_owned(), stats);
        }
    }

    pub(super) fn page(&self) -> PageInfo {
        PageInfo {
            number: self.page,
            size: self.hits_per_page,
            total_pages: self.total_pages,
            total_hits: self.total_hits,
            estimated_total_hits: self.estimated_total_hits,
            offset: self.offset,
            limit: self.limit,
        }
    }

    /// Every requested facet has a place, empty where the reply lacks it; others are not shown.
    pub(super) fn facets(&self, requested: &[String]) -> Facets {
        let symbol = |name: &str| Term::Symbol(name.to_owned());
        let (mut distribution, mut stats) = (Vec::new(), Vec::new());
        for name in requested {
            if distribution.iter().any(|(seen, _): &(Term, Term)| seen.as_str() == Some(name)) {
                continue;
            }
            let counts = self.facet_distribution.as_ref().and_then(|all| all.get(name));
            let mut buckets: Vec<(&String, i64)> =
                counts.into_iter().flatten().map(|(value, count)| (value, count_of(count))).collect();
            buckets.sort();
            let buckets = buckets.into_iter().map(|(value, count)| {
                let members = [("value", Term::Text(value.clone())), ("count", Term::Int(count))];
                Term::Map(members.map(|(key, value)| (symbol(key), value)).to_vec())
            });
            distribution.push((symbol(name), Term::List(buckets.collect())));
            let seen = self.facet_stats.as_ref().and_then(|all| all.get(name));
            let seen = seen.into_iter().flatten().map(|(key, value)| match key.as_str() {
                "min" | "max" => (symbol(key), number(value)),
                _ => (Term::Text(key.clone()), number(value)),
            });
            stats.push((symbol(name), Term::Map(seen.collect())));
        }
        Facets {
            distribution: Term::Map(distribution),
            stats: Term::Map(stats),
            declared_order: Term::List(requested.iter().map(|name| symbol(name)).collect()),
        }
    }
}

/// What a member of a reply is, where it is there.
#[derive(Clone, Copy)]
pub(super) enum Promised {
    Text,
    Number,
    List,
    Object,
}

use Promised::{List, Number, Object, Text};

const SEARCH_REPLY: &[(&str, Promised)] = &[
    ("hits", List),
    ("page", Number),
    ("hitsPerPage", Number),
    ("totalPages", Number),
    ("totalHits", Number),
    ("estimatedTotalHits", Number),
    ("offset", Number),
    ("limit", Number),
    ("facetDistribution", Object),
    ("facetStats", Object),
];

pub(super) const FACET_REPLY: &[(&str, Promised)] = &[("facetQuery", Text), ("facetHits", List)];

pub(super) const MANY_REPLY: &[(&str, Promised)] =
    &[("results", List), ("hits", List), ("facetsByIndex", Object)];

impl Promised {
    fn is_kept(self, value: &RawValue) -> bool {
        let first = value.get().as_bytes().first();
        match (self, first) {
            (_, Some(b'n')) => true,
            (Text, first) => first == Some(&b'"'),
            (Number, Some(first)) => first.is_ascii_digit() || *first == b'-',
            (List, first) => first == Some(&b'['),
            (Object, first) => first == Some(&b'{'),
            (Number, None) => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Text => "a string",
            Number => "a whole number",
            List => "a list",
            Object => "an object",
        }
    }
}

/// A reply that is not what the server promised: says which member is not, and what it should be. What it
/// is instead stays unsaid: it may be a document.
pub(super) fn unreadable(raw: &str, promised: &[(&str, Promised)]) -> Box<Error> {
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw) else {
        return not_as_promised("it is not a JSON object");
    };
    let broken = promised.iter().find(|(name, kind)| members.get(*name).is_some_and(|v| !kind.is_kept(v)));
    match broken {
        Some((name, kind)) => not_as_promised(&format!("`{name}` is not {}", kind.name())),
        None => {
            let names: Vec<String> = promised.iter().map(|(name, _)| format!("`{name}`")).collect();
            not_as_promised(&format!("something inside one of {} has another form", names.join(", ")))
        }
    }
}

pub(super) fn not_as_promised(what: &str) -> Box<Error> {
    let message =
        format!("the backend answered a search with something else: {what}; is it a Meilisearch 1.x?");
    let mut error = Error::new(Kind::HttpError, message);
    error.details.status = Some(200);
    error
}

pub(super) fn count_of(count: &Value) -> i64 {
    count.as_i64().or_else(|| count.as_f64().map(|count| count.trunc() as i64)).unwrap_or(0)
}

fn number(value: &Value) -> Term {
    match value.as_i64() {
        Some(value) => Term::Int(value),
        None => value.as_f64().map_or(Term::Null, Term::Float),
    }
}
