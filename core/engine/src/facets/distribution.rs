//! Counts of values.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use roaring::RoaringBitmap;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, Code, Result};
use crate::index::{FacetKey, FacetKind, FacetValue, Snapshot};
use crate::settings::{Features, Match, is_within, match_pattern, names_where};

/// Up to this many documents, it is faster to look at each than to walk all values.
const FEW: u64 = 3000;

/// Counts by field and value, in the order in which they are shown, and the least and greatest numbers.
#[derive(Default)]
pub(crate) struct Facets {
    pub(crate) counts: BTreeMap<String, IndexMap<String, u64>>,
    pub(crate) ranges: BTreeMap<String, (f64, f64)>,
}

impl Facets {
    pub(crate) fn distribution_json(&self) -> Value {
        json!(self.counts)
    }

    pub(crate) fn stats_json(&self) -> Value {
        let ranges =
            self.ranges.iter().map(|(name, (min, max))| (name.clone(), json!({"min": min, "max": max})));
        Value::Object(ranges.collect::<Map<_, _>>())
    }
}

/// The facets that `wanted` names (or matches) among `candidates`.
pub(crate) fn distribution(
    snapshot: &Snapshot,
    wanted: &[String],
    candidates: &RoaringBitmap,
) -> Result<Facets> {
    let settings = &snapshot.settings;
    for name in wanted {
        let known = settings.filterable.iter().any(|rule| {
            rule.features().is_filterable()
                && rule.names().iter().any(|pattern| {
                    is_within(name, pattern)
                        || is_within(pattern, name)
                        || match_pattern(name, pattern) != Match::No
                        || match_pattern(pattern, name) == Match::Yes
                })
        });
        if !known {
            return Err(not_filterable(snapshot, name));
        }
    }
    let mut facets = Facets::default();
    for (id, field) in snapshot.fields.names().iter().enumerate() {
        let id = id as u16;
        let filterable = settings.filter_rule(field).is_some_and(|(_, rule)| rule.features().is_filterable());
        let asked =
            wanted.iter().any(|name| match_pattern(name, field) == Match::Yes || is_within(field, name));
        if filterable && asked {
            let counts = if candidates.len() <= FEW && !settings.facet_by_count(field) {
                few(snapshot, id, candidates)?
            } else {
                many(snapshot, id, candidates, settings.facet_by_count(field))?
            };
            facets.counts.insert(field.clone(), counts);
            if let Some(range) = range(snapshot, id, candidates)? {
                facets.ranges.insert(field.clone(), range);
            }
        }
    }
    Ok(facets)
}

fn not_filterable(snapshot: &Snapshot, name: &str) -> ApiError {
    let settings = &snapshot.settings;
    let (names, _) = settings.without_hidden(names_where(&settings.filterable, Features::is_filterable));
    let why = match settings.filter_rule(name) {
        Some((place, _)) => format!(
            "Attribute `{name}` matched rule #{place} in filterableAttributes, but this rule does not enable filtering.\n\
             Hint: enable filtering in rule #{place} by modifying the features.filter object\nHint: prepend another rule \
             matching `{name}` with appropriate filter features before rule #{place}"
        ),
        None if names.is_empty() => {
            format!(
                "Pattern `{name}` is not filterable. This index does not have configured filterable attributes."
            )
        }
        None => format!(
            "Pattern `{name}` is not filterable. Available filterable attributes patterns are: `{}`.",
            names.join(", ")
        ),
    };
    ApiError::new(Code::InvalidSearchFacets, format!("Invalid facet distribution: {why}"))
}

/// By looking at each document. Numbers come first, in the order of their digits.
fn few(snapshot: &Snapshot, field: u16, candidates: &RoaringBitmap) -> Result<IndexMap<String, u64>> {
    let mut numbers = BTreeMap::<String, u64>::new();
    let mut strings = BTreeMap::<String, (String, u64)>::new();
    for docid in candidates {
        for value in snapshot.values_of(field, docid)? {
            match value {
                FacetValue::Number(number) => *numbers.entry(number.to_string()).or_default() += 1,
                FacetValue::String { normalized, original } => {
                    strings.entry(normalized).or_insert((original, 0)).1 += 1;
                }
            }
        }
    }
    Ok(numbers
        .into_iter()
        .chain(strings.into_values())
        .take(snapshot.settings.max_values_per_facet)
        .collect())
}

/// By walking the values.
fn many(
    snapshot: &Snapshot,
    field: u16,
    candidates: &RoaringBitmap,
    by_count: bool,
) -> Result<IndexMap<String, u64>> {
    let max = snapshot.settings.max_values_per_facet;
    let mut counts = IndexMap::new();
    for kind in [FacetKind::Number, FacetKind::String] {
        let mut found: Vec<(String, u64)> = Vec::new();
        snapshot.each_value(field, kind, true, None, |key, docids| {
            let among = docids.intersection_len(candidates);
            if among > 0 {
                found.push((shown(snapshot, field, key, &docids)?, among));
            }
            Ok(by_count || counts.len() + found.len() < max)
        })?;
        if by_count {
            // Of values that occur as often, the last come first, as in Meilisearch.
            found.reverse();
            found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        }
        for (value, count) in found {
            if counts.len() < max {
                counts.insert(value, count);
            }
        }
    }
    Ok(counts)
}

/// A value as some document has it.
pub(super) fn shown(
    snapshot: &Snapshot,
    field: u16,
    key: FacetKey<'_>,
    docids: &RoaringBitmap,
) -> Result<String> {
    match key {
        FacetKey::Number(number) => Ok(number.to_string()),
        FacetKey::String(normalized) => {
            let first = docids.min().unwrap_or_default();
            let original = snapshot.values_of(field, first)?.into_iter().find_map(|value| match value {
                FacetValue::String { normalized: n, original } if n == normalized => Some(original),
                _ => None,
            });
            Ok(original.unwrap_or_else(|| normalized.to_owned()))
        }
    }
}

fn range(snapshot: &Snapshot, field: u16, candidates: &RoaringBitmap) -> Result<Option<(f64, f64)>> {
    if candidates.is_empty() {
        return Ok(None);
    }
    let end = |ascending: bool| -> Result<Option<f64>> {
        let mut found = None;
        snapshot.each_value(field, FacetKind::Number, ascending, None, |key, docids| {
            if docids.is_disjoint(candidates) {
                return Ok(true);
            }
            if let FacetKey::Number(number) = key {
                found = Some(number);
            }
            Ok(false)
        })?;
        Ok(found)
    };
    Ok(end(true)?.zip(end(false)?))
}

/// Puts merged counts in order and keeps the first of them.
pub(crate) fn order_and_cut(
    counts: BTreeMap<String, u64>,
    by_count: bool,
    max: usize,
) -> IndexMap<String, u64> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    if by_count {
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    }
    counts.into_iter().take(max).collect()
}
