//! Counts for facets whose values are alternatives: how many hits would each value have, were its facet not
//! filtered by? The main query answers for the hits; each filtered facet that is counted gets a query of its
//! own, and all of them are one multi-search.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::query::Query;
use super::reply::{MANY_REPLY, Seen, not_as_promised, unreadable};
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};

/// Facets, their values, and how many documents have each.
pub type Distributions = BTreeMap<String, BTreeMap<String, i64>>;

/// The facets that need a query of their own.
pub(super) fn facets(query: &Query) -> Vec<&str> {
    let mut facets: Vec<&str> = Vec::new();
    for name in &query.facets {
        let filtered = query.facet_clauses.iter().any(|(facet, _)| facet == name);
        if filtered && !facets.contains(&name.as_str()) {
            facets.push(name);
        }
    }
    facets
}

pub(super) fn body(query: &Query, index: &str) -> String {
    let mut queries = vec![query.body_for(index)];
    queries.extend(facets(query).into_iter().map(|facet| query.counts_for(index, facet)));
    format!("{{\"queries\":[{}]}}", queries.join(","))
}

/// The main reply, and the replies that count the facets of [`facets`], in its order.
pub(super) fn split(raw: &RawJson, counted: usize) -> Result<(RawJson, Vec<RawJson>)> {
    #[derive(Deserialize)]
    struct Results<'a> {
        #[serde(borrow)]
        results: Vec<&'a RawValue>,
    }
    let Results { results } =
        serde_json::from_str(raw.get()).map_err(|_| unreadable(raw.get(), MANY_REPLY))?;
    let wrong = || {
        let (sent, came) = (counted + 1, results.len());
        not_as_promised(&format!("{sent} searches have {came} results"))
    };
    if results.len() != counted + 1 {
        return Err(wrong());
    }
    let mut replies = results.iter().map(|reply| RawJson::from(reply.get().to_owned()));
    let main = replies.next().ok_or_else(wrong)?;
    Ok((main, replies.collect()))
}

/// Puts each facet's own counts in the place of those of the main query.
pub(super) fn merge(main: &mut Seen, facets: &[&str], counts: &[RawJson]) -> Result<()> {
    for (facet, raw) in facets.iter().zip(counts) {
        main.take_facet(facet, Seen::read(raw)?);
    }
    Ok(())
}

/// Merges facet distributions as they are on the wire: each override replaces the counts of its facet.
/// Counts become whole numbers, negative ones and what is none become 0.
pub fn merge_distributions(main: &Term, overrides: &Term) -> Result<Term> {
    let mut merged = distribution(main, "the main distribution")?;
    for (facet, counts) in distribution(overrides, "the overrides")? {
        match merged.iter_mut().find(|(name, _)| *name == facet) {
            Some((_, slot)) => *slot = counts,
            None => merged.push((facet, counts)),
        }
    }
    let text = |(name, counts)| (Term::Text(name), Term::Map(counts));
    Ok(Term::Map(merged.into_iter().map(text).collect()))
}

type Counts = Vec<(Term, Term)>;

fn distribution(term: &Term, what: &str) -> Result<Vec<(String, Counts)>> {
    let entries = term.entries().or_else(|| term.is_null().then(Vec::new)).ok_or_else(|| {
        let message = format!("{what} must map facets to counts of their values");
        Error::new(Kind::InvalidOption, message).named("distribution")
    })?;
    let read = |(facet, counts): (&str, &Term)| {
        let Term::Map(values) = counts else { return (facet.to_owned(), Vec::new()) };
        let counted = values.iter().filter_map(|(value, count)| {
            Some((Term::Text(value_text(value)?.into_owned()), Term::Int(whole(count))))
        });
        (facet.to_owned(), counted.collect())
    };
    Ok(entries.into_iter().map(read).collect())
}

fn value_text(value: &Term) -> Option<Cow<'_, str>> {
    match value {
        Term::Int(number) => Some(Cow::Owned(number.to_string())),
        Term::Bool(on) => Some(Cow::Owned(on.to_string())),
        other => other.as_str().map(Cow::Borrowed),
    }
}

fn whole(count: &Term) -> i64 {
    match count {
        Term::Int(count) => (*count).max(0),
        Term::Float(count) if count.is_finite() => (count.trunc() as i64).max(0),
        _ => 0,
    }
}
