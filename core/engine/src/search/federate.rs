//! Several searches merged into one list of hits.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use roaring::RoaringBitmap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::hits::HitMaker;
use super::many::OneOf;
use super::params::SearchQuery;
use super::routes::check_filter;
use super::run::{Found, Page, run};
use super::score::{Weighted, compare, total, weighted};
use crate::auth::Access;
use crate::core::Core;
use crate::error::{ApiError, Code, Result};
use crate::facets::{Facets, distribution, order_and_cut};
use crate::http::{Fields, invalid_type, strings};
use crate::index::{FacetValue, Snapshot};
use crate::settings::{Rule, SortBy, parse_sort};

/// `federationOptions` of a query.
pub(super) struct Options {
    weight: f64,
}

impl Options {
    pub(super) fn read(value: Value, at: String) -> Result<Options> {
        let mut fields = Fields::within(value, at, Code::InvalidMultiSearchFederationOptions)?;
        fields.only(&["weight", "remote", "queryPosition"], Code::BadRequest)?;
        fields.no_null(&[("weight", "a number", Code::InvalidMultiSearchWeight)])?;
        let path = fields.path("weight");
        let weight = fields.float("weight", Code::InvalidMultiSearchWeight)?.unwrap_or(1.0);
        if weight < 0.0 {
            return Err(ApiError::new(
                Code::InvalidMultiSearchWeight,
                format!(
                    "Invalid value at `{path}`: the value of `weight` is invalid, expected a positive float (>= 0.0)."
                ),
            ));
        }
        if fields.string("remote", Code::InvalidMultiSearchRemote)?.is_some() {
            return Err(ApiError::new(
                Code::FeatureNotEnabled,
                "`remote` is not part of the embedded index: use a Meilisearch server for it.",
            ));
        }
        if fields.number("queryPosition", Code::InvalidMultiSearchQueryPosition)?.is_some() {
            return Err(ApiError::new(
                Code::FeatureNotEnabled,
                "Using `federationOptions.queryPosition` requires enabling the `network` experimental feature. See \
                 https://github.com/orgs/meilisearch/discussions/805",
            ));
        }
        Ok(Options { weight })
    }
}

/// `federation` of a request.
pub(super) struct Federation {
    limit: usize,
    offset: usize,
    page: Option<usize>,
    hits_per_page: Option<usize>,
    facets_by_index: BTreeMap<String, Option<Vec<String>>>,
    /// With it facets are merged: at most so many values of each.
    merge: Option<Option<usize>>,
    /// One hit for each value of this field.
    distinct: Option<String>,
    show_performance: bool,
}

impl Federation {
    pub(super) fn read(value: Value) -> Result<Federation> {
        let mut fields = Fields::within(value, ".federation".to_owned(), Code::BadRequest)?;
        fields.only(
            &[
                "limit",
                "offset",
                "page",
                "hitsPerPage",
                "facetsByIndex",
                "mergeFacets",
                "distinct",
                "showPerformanceDetails",
                "personalize",
            ],
            Code::BadRequest,
        )?;
        fields.no_null(&[
            ("limit", "a positive integer", Code::InvalidSearchLimit),
            ("offset", "a positive integer", Code::InvalidSearchOffset),
            ("facetsByIndex", "an object", Code::InvalidMultiSearchFacetsByIndex),
            ("showPerformanceDetails", "a boolean", Code::InvalidSearchShowPerformanceDetails),
        ])?;
        if fields.value("personalize").is_some() {
            return Err(ApiError::new(
                Code::InvalidSearchPersonalize,
                "`federation.personalize` is not part of the embedded index: use a Meilisearch server for it.",
            ));
        }
        let show_performance = fields
            .flag("showPerformanceDetails", Code::InvalidSearchShowPerformanceDetails)?
            .unwrap_or(false);
        let distinct = fields.string("distinct", Code::InvalidSearchDistinct)?;
        let path = fields.path("facetsByIndex");
        let code = Code::InvalidMultiSearchFacetsByIndex;
        let facets_by_index = match fields.value("facetsByIndex") {
            None => BTreeMap::new(),
            Some(Value::Object(map)) => map
                .into_iter()
                .map(|(uid, names)| match names {
                    Value::Null => Ok((uid, None)),
                    names => {
                        let names = strings(names, &format!("{path}.{uid}"), code)?;
                        Ok((uid, Some(names)))
                    }
                })
                .collect::<Result<_>>()?,
            Some(other) => return Err(invalid_type(&path, "an object", &other, code)),
        };
        let merge = match fields.value("mergeFacets") {
            None => None,
            Some(value) => {
                let path = fields.path("mergeFacets");
                let mut fields = Fields::within(value, path, Code::InvalidMultiSearchMergeFacets)?;
                fields.only(&["maxValuesPerFacet"], Code::InvalidMultiSearchMergeFacets)?;
                Some(fields.number("maxValuesPerFacet", Code::InvalidMultiSearchMaxValuesPerFacet)?)
            }
        };
        Ok(Federation {
            limit: fields.number("limit", Code::InvalidSearchLimit)?.unwrap_or(20),
            offset: fields.number("offset", Code::InvalidSearchOffset)?.unwrap_or(0),
            page: fields.number("page", Code::InvalidSearchPage)?,
            hits_per_page: fields.number("hitsPerPage", Code::InvalidSearchHitsPerPage)?,
            facets_by_index,
            merge,
            distinct,
            show_performance,
        })
    }

    fn is_paged(&self) -> bool {
        self.page.is_some() || self.hits_per_page.is_some()
    }

    /// Where the page begins, and how long it is.
    fn window(&self) -> (usize, usize) {
        if !self.is_paged() {
            return (self.offset, self.limit);
        }
        let limit = self.hits_per_page.unwrap_or(20);
        match self.page.unwrap_or(1).checked_sub(1) {
            Some(before) => (before.saturating_mul(limit), limit),
            None => (0, 0),
        }
    }
}

/// A hit that is yet to be made, and what it is compared by.
struct Candidate {
    search: usize,
    place: usize,
    docid: u32,
    score: f64,
    values: Vec<Weighted>,
}

pub(super) fn federate(
    core: &Core,
    access: &Access,
    federation: &Federation,
    searches: &[OneOf],
) -> Result<Value> {
    let started = Instant::now();
    let (offset, limit) = federation.window();
    let mut snapshots: BTreeMap<&str, Arc<Snapshot>> = BTreeMap::new();
    let mut candidates: BTreeMap<&str, RoaringBitmap> = BTreeMap::new();
    let mut lists: Vec<Vec<Candidate>> = Vec::new();
    let mut all_found: Vec<Found> = Vec::with_capacity(searches.len());
    let mut shapes: Vec<Vec<Kind>> = Vec::with_capacity(searches.len());
    for (i, one) in searches.iter().enumerate() {
        let inside = |error: ApiError| error.prefixed(&format!("Inside `.queries[{i}]`: "));
        refuse(one, federation).map_err(inside)?;
        access.require(&one.uid)?;
        let snapshot = match snapshots.get(one.uid.as_str()) {
            Some(snapshot) => snapshot.clone(),
            None => core.index(&one.uid).and_then(|index| index.snapshot()).map_err(inside)?,
        };
        snapshots.insert(&one.uid, snapshot.clone());
        check_filter(core, one.query.filter.as_ref()).map_err(inside)?;
        let window = offset.saturating_add(limit).min(snapshot.settings.max_total_hits);
        let page = Page { offset: 0, limit: window, scored: true };
        let shape = shape(&snapshot, &one.query);
        for (j, other) in shapes.iter().enumerate() {
            comparable((j, other), (i, &shape)).map_err(inside)?;
        }
        shapes.push(shape);
        let query = SearchQuery {
            distinct: federation.distinct.clone().or_else(|| one.query.distinct.clone()),
            ..one.query.clone()
        };
        let found = run(&one.uid, &snapshot, &query, access.tenant_filter(&one.uid), page).map_err(inside)?;
        *candidates.entry(&one.uid).or_default() |= &found.candidates;
        let weight = one.options.as_ref().map_or(1.0, |options| options.weight);
        let hits = found.docids.iter().zip(&found.scores).enumerate();
        lists.push(
            hits.map(|(place, (docid, details))| Candidate {
                search: i,
                place,
                docid: *docid,
                score: total(details) * weight,
                values: weighted(details, weight),
            })
            .collect(),
        );
        all_found.push(found);
    }
    let mut merged = merge(lists);
    // A document that several searches of one index found is one hit, the best of them.
    let mut seen: BTreeMap<&str, RoaringBitmap> = BTreeMap::new();
    merged.retain(|hit| seen.entry(&searches[hit.search].uid).or_default().insert(hit.docid));
    if let Some(field) = &federation.distinct {
        keep_distinct(field, searches, &snapshots, &mut merged, &mut candidates)?;
    }
    let mut hits = Vec::new();
    for hit in merged.into_iter().skip(offset).take(limit) {
        let one = &searches[hit.search];
        let found = &all_found[hit.search];
        let snapshot = &snapshots[one.uid.as_str()];
        let maker = HitMaker::new(snapshot, &one.query);
        let mut made = snapshot
            .tokenizing
            .with(None, |tokenizer| maker.one(hit.docid, &found.scores[hit.place], found, tokenizer))?;
        made["_federation"] =
            json!({"indexUid": one.uid, "queriesPosition": hit.search, "weightedRankingScore": hit.score});
        hits.push(made);
    }
    let mut reply = Map::new();
    let count: u64 = candidates.values().map(RoaringBitmap::len).sum();
    reply.insert("hits".to_owned(), Value::Array(hits));
    reply.insert("processingTimeMs".to_owned(), json!(started.elapsed().as_millis() as u64));
    if federation.is_paged() {
        let pages = if limit == 0 { 0 } else { count.div_ceil(limit as u64) };
        reply.insert("hitsPerPage".to_owned(), json!(federation.hits_per_page.unwrap_or(20)));
        reply.insert("page".to_owned(), json!(federation.page.unwrap_or(1)));
        reply.insert("totalPages".to_owned(), json!(pages));
        reply.insert("totalHits".to_owned(), json!(count));
    } else {
        reply.insert("limit".to_owned(), json!(federation.limit));
        reply.insert("offset".to_owned(), json!(federation.offset));
        reply.insert("estimatedTotalHits".to_owned(), json!(count));
    }
    add_facets(core, access, federation, &snapshots, &candidates, &mut reply)?;
    if federation.show_performance {
        reply
            .insert("performanceDetails".to_owned(), json!({"search": format!("{:.2?}", started.elapsed())}));
    }
    reply.insert("requestUid".to_owned(), json!(Uuid::now_v7().to_string()));
    Ok(Value::Object(reply))
}

/// Merges lists by their heads: the best of them is next, the first where none is better.
fn merge(lists: Vec<Vec<Candidate>>) -> Vec<Candidate> {
    let mut merged = Vec::with_capacity(lists.iter().map(Vec::len).sum());
    let mut lists: Vec<_> = lists.into_iter().map(|list| list.into_iter().peekable()).collect();
    loop {
        let mut best: Option<(usize, &Candidate)> = None;
        for (place, list) in lists.iter_mut().enumerate() {
            let Some(head) = list.peek() else { continue };
            let better = best.is_none_or(|(_, best)| {
                compare((&head.values, head.score), (&best.values, best.score)).is_gt()
            });
            if better {
                best = Some((place, head));
            }
        }
        let Some((place, _)) = best else { return merged };
        merged.extend(lists[place].next());
    }
}

/// Drops hits that share a value of `field` with a better one.
fn keep_distinct<'s>(
    field: &str,
    searches: &'s [OneOf],
    snapshots: &BTreeMap<&str, Arc<Snapshot>>,
    merged: &mut Vec<Candidate>,
    candidates: &mut BTreeMap<&'s str, RoaringBitmap>,
) -> Result<()> {
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(merged.len());
    for hit in merged.drain(..) {
        let uid = searches[hit.search].uid.as_str();
        let Some(snapshot) = snapshots.get(uid) else { continue };
        let values = match snapshot.fields.id(field) {
            None => Vec::new(),
            Some(id) => snapshot.values_of(id, hit.docid)?,
        };
        let values: Vec<String> = values
            .into_iter()
            .map(|value| match value {
                FacetValue::Number(number) => format!("n{number}"),
                FacetValue::String { normalized, .. } => format!("s{normalized}"),
            })
            .collect();
        if values.iter().any(|value| seen.contains(value)) {
            if let Some(candidates) = candidates.get_mut(uid) {
                candidates.remove(hit.docid);
            }
            continue;
        }
        seen.extend(values);
        kept.push(hit);
    }
    *merged = kept;
    Ok(())
}

/// What a search's hits are compared by, in turn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Relevancy,
    Sort { ascending: bool },
    Distance { ascending: bool },
}

fn shape(snapshot: &Snapshot, query: &SearchQuery) -> Vec<Kind> {
    let has_text = query.q.as_deref().is_some_and(|q| !q.trim().is_empty());
    let mut shape = Vec::new();
    for rule in snapshot.settings.rules() {
        match rule {
            Rule::Sort => {
                let criteria = query.sort.as_deref().unwrap_or_default();
                let criteria = parse_sort(criteria, Code::InvalidSearchSort).unwrap_or_default();
                shape.extend(criteria.iter().map(|by| match by {
                    SortBy::Field(by) => Kind::Sort { ascending: by.ascending },
                    SortBy::Distance { ascending, .. } => Kind::Distance { ascending: *ascending },
                }));
            }
            Rule::Custom(by) => shape.push(Kind::Sort { ascending: by.ascending }),
            _ if has_text && shape.last() != Some(&Kind::Relevancy) => shape.push(Kind::Relevancy),
            _ => {}
        }
    }
    shape
}

/// Refuses searches whose hits cannot be put in one order.
fn comparable((i, left): (usize, &[Kind]), (j, right): (usize, &[Kind])) -> Result<()> {
    let Some((left, right)) = left.iter().zip(right).find(|(left, right)| left != right) else {
        return Ok(());
    };
    let way = |ascending: bool| if ascending { "ascending" } else { "descending" };
    let name = |kind: &Kind| match kind {
        Kind::Relevancy => "relevancy rule(s)".to_owned(),
        Kind::Sort { ascending } => format!("{} sort rule(s)", way(*ascending)),
        Kind::Distance { ascending } => format!("{} geo sort rule(s)", way(*ascending)),
    };
    let why = match (left, right) {
        (Kind::Sort { .. }, Kind::Sort { .. }) => "cannot compare two sort rules in opposite directions",
        (Kind::Distance { .. }, Kind::Distance { .. }) => {
            "cannot compare two geosort rules in opposite directions"
        }
        (Kind::Relevancy, Kind::Sort { .. }) | (Kind::Sort { .. }, Kind::Relevancy) => {
            "cannot compare a relevancy rule with a sort rule"
        }
        (Kind::Relevancy, _) | (_, Kind::Relevancy) => "cannot compare a relevancy rule with a geosort rule",
        _ => "cannot compare a sort rule with a geosort rule",
    };
    Err(ApiError::new(
        Code::InvalidMultiSearchQueryRankingRules,
        format!(
            "The results of queries #{i} and #{j} are incompatible: \n  1. `queries[{i}]`: {}\n  2. `queries[{j}]`: {}\n  - {why}",
            name(left),
            name(right)
        ),
    ))
}

/// What a query may not ask for here, since the merged list decides it.
fn refuse(one: &OneOf, federation: &Federation) -> Result<()> {
    if one.query.show_performance {
        return Err(ApiError::new(
            Code::InvalidMultiSearchQueryPerformance,
            "Using `.showPerformanceDetails` is not allowed in federated queries.\n - Hint: remove `showPerformanceDetails` from \
             the query or remove `federation` from the request",
        ));
    }
    if one.query.distinct.is_some() && federation.distinct.is_some() {
        return Err(ApiError::new(
            Code::InvalidMultiSearchDistinct,
            "Using `distinct` options is not allowed in federated queries when it also appears in `.federation.distinct`.\n - \
             Hint: remove `distinct` from the query or remove `federation` from the request\n  - Note: `distinct` at the query \
             level is discouraged in federated search.",
        ));
    }
    if let Some(name) = one.query.paging {
        return Err(ApiError::new(
            Code::InvalidMultiSearchQueryPagination,
            format!(
                "Using pagination options is not allowed in federated queries.\n - Hint: remove `{name}` from the query or \
                 remove `federation` from the request\n - Hint: pass `federation.limit` and `federation.offset` for \
                 pagination in federated search"
            ),
        ));
    }
    if let Some(facets) = &one.query.facets {
        return Err(ApiError::new(
            Code::InvalidMultiSearchQueryFacets,
            format!(
                "Using facet options is not allowed in federated queries.\n - Hint: remove `facets` from the query or remove \
                 `federation` from the request\n - Hint: pass `federation.facetsByIndex.{}: {facets:?}` for facets in \
                 federated search",
                one.uid
            ),
        ));
    }
    Ok(())
}

fn add_facets(
    core: &Core,
    access: &Access,
    federation: &Federation,
    snapshots: &BTreeMap<&str, Arc<Snapshot>>,
    candidates: &BTreeMap<&str, RoaringBitmap>,
    reply: &mut Map<String, Value>,
) -> Result<()> {
    let none = RoaringBitmap::new();
    let mut by_index: BTreeMap<&str, (Arc<Snapshot>, Facets)> = BTreeMap::new();
    for (uid, names) in &federation.facets_by_index {
        let Some(names) = names else { continue };
        access.require(uid)?;
        let inside = |error: ApiError| error.prefixed(&format!("Inside `.federation.facetsByIndex.{uid}`: "));
        let snapshot = match snapshots.get(uid.as_str()) {
            Some(snapshot) => snapshot.clone(),
            None => core.index(uid).and_then(|index| index.snapshot()).map_err(|mut error| {
                error.message.push_str(&format!("\n - Note: index `{uid}` is not used in queries"));
                inside(error)
            })?,
        };
        let facets =
            distribution(&snapshot, names, candidates.get(uid.as_str()).unwrap_or(&none)).map_err(inside)?;
        by_index.insert(uid, (snapshot, facets));
    }
    let Some(max) = federation.merge else {
        if !by_index.is_empty() {
            let views = by_index.iter().map(|(uid, (_, facets))| {
                (
                    (*uid).to_owned(),
                    json!({"distribution": facets.distribution_json(), "stats": facets.stats_json()}),
                )
            });
            reply.insert("facetsByIndex".to_owned(), Value::Object(views.collect()));
        }
        return Ok(());
    };
    if by_index.is_empty() {
        return Ok(());
    }
    let mut merged = Facets::default();
    let mut counts: BTreeMap<String, (bool, BTreeMap<String, u64>)> = BTreeMap::new();
    for (uid, (snapshot, facets)) in &by_index {
        for (name, values) in &facets.counts {
            let by_count = snapshot.settings.facet_by_count(name);
            let entry = counts.entry(name.clone()).or_insert_with(|| (by_count, BTreeMap::new()));
            if entry.0 != by_count {
                let order = |by_count: bool| if by_count { "count" } else { "alpha" };
                return Err(ApiError::new(
                    Code::InvalidMultiSearchFacetOrder,
                    format!(
                        "Inconsistent order for values in facet `{name}`: an index orders {}, but index `{uid}` orders {}.\n \
                         - Hint: Remove `federation.mergeFacets` or change `faceting.sortFacetValuesBy` to be consistent \
                         in settings.",
                        order(entry.0),
                        order(by_count)
                    ),
                ));
            }
            for (value, count) in values {
                *entry.1.entry(value.clone()).or_default() += count;
            }
        }
        for (name, (min, max)) in &facets.ranges {
            let range = merged.ranges.entry(name.clone()).or_insert((*min, *max));
            *range = (range.0.min(*min), range.1.max(*max));
        }
    }
    for (name, (by_count, values)) in counts {
        merged.counts.insert(name, order_and_cut(values, by_count, max.unwrap_or(100)));
    }
    reply.insert("facetDistribution".to_owned(), merged.distribution_json());
    reply.insert("facetStats".to_owned(), merged.stats_json());
    Ok(())
}
