//! One search, from request to ranked documents.

use std::rc::Rc;
use std::time::{Duration, Instant};

use charabia::Language;
use roaring::RoaringBitmap;
use serde_json::Value;

use super::bucket::{Sorted, Wanted, sort};
use super::context::Context;
use super::graph::Graph;
use super::matches::MatchingWords;
use super::params::{SearchQuery, Strategy};
use super::parse::parse;
use super::rules::{
    Attribute, Distance, ExactAttribute, Exactness, PathRule, Position, Proximity, RankingRule, Sort, Typo,
    Words,
};
use super::terms::Word;
use super::{distinct, score};
use crate::error::{ApiError, Code, Result};
use crate::filter;
use crate::geo;
use crate::index::{Snapshot, language};
use crate::settings::{
    Features, Match, Rule, Settings, SortBy, is_within, match_pattern, names_where, not_among, parse_sort,
};

/// What a search found.
pub(super) struct Found {
    pub(super) docids: Vec<u32>,
    pub(super) scores: Vec<Vec<score::Detail>>,
    pub(super) candidates: RoaringBitmap,
    pub(super) matching: MatchingWords,
}

/// How much of what is found is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: usize,
    pub(super) scored: bool,
}

impl Page {
    pub(super) fn of(query: &SearchQuery, max: usize) -> Page {
        let (offset, limit) = if query.is_paged() {
            let limit = query.hits_per_page.unwrap_or(20);
            match query.page.unwrap_or(1).checked_sub(1) {
                Some(before) => (limit.saturating_mul(before), limit),
                None => (0, 0),
            }
        } else {
            (query.offset, query.limit)
        };
        let offset = offset.min(max);
        let limit = limit.min(max - offset);
        let scored = query.show_score || query.show_details || query.threshold.is_some();
        Page { offset, limit, scored }
    }
}

/// A tenant's filter and the request's own, both of which must hold.
pub(super) fn fuse(left: Option<&Value>, right: Option<&Value>) -> Option<Value> {
    let as_list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        other => vec![other.clone()],
    };
    match (left, right) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(left), Some(right)) => {
            Some(Value::Array(as_list(left).into_iter().chain(as_list(right)).collect()))
        }
    }
}

pub(super) fn run(
    uid: &str,
    snapshot: &Snapshot,
    query: &SearchQuery,
    tenant: Option<&Value>,
    page: Page,
) -> Result<Found> {
    let settings = &snapshot.settings;
    let of_index = |error: ApiError| error.prefixed(&format!("Index `{uid}`: "));
    let only = query.search_on.as_deref().map(|names| search_on(snapshot, names)).transpose()?.flatten();
    if let Some(name) = &query.distinct {
        check_distinct(snapshot, name).map_err(of_index)?;
    }
    let criteria = match &query.sort {
        None => Vec::new(),
        Some(texts) => {
            let criteria = parse_sort(texts, Code::InvalidSearchSort)?;
            check_sort(snapshot, &criteria).map_err(of_index)?;
            criteria
        }
    };
    let mut universe = match fuse(query.filter.as_ref(), tenant) {
        None => snapshot.docids.clone(),
        Some(filter) => match filter::parse(&filter, Code::InvalidSearchFilter)? {
            None => snapshot.docids.clone(),
            Some(filter) => {
                filter::documents(snapshot, &filter, Code::InvalidSearchFilter).map_err(of_index)?
            }
        },
    };
    let distinct_field =
        query.distinct.as_ref().or(settings.distinct.as_ref()).and_then(|n| snapshot.fields.id(n));
    let mut ctx = Context::new(snapshot, only);
    let text = query.q.as_deref().filter(|q| !q.trim().is_empty());
    let languages: Vec<Language> = match &query.locales {
        Some(codes) => codes.iter().filter_map(|code| language(code)).collect(),
        None => snapshot.tokenizing.all_languages(),
    };
    let mut asked = None;
    if let Some(text) = text {
        asked = snapshot.tokenizing.with(Some(&languages), |tokenizer| {
            let parsed = parse(&mut ctx, tokenizer, text)?;
            for word in &parsed.negative_words {
                universe -= &*ctx.docids(Word { derived: false, ..*word })?;
            }
            for phrase in &parsed.negative_phrases {
                universe -= &*ctx.phrase_docids(*phrase)?;
            }
            if parsed.terms.is_empty() {
                return Ok(None);
            }
            Graph::of(&mut ctx, tokenizer, parsed.terms).map(Some)
        })?;
    }
    let (graph, terms) = match asked {
        None => (Rc::new(Graph::default()), None),
        Some((graph, terms)) => {
            universe = graph.widest(&mut ctx, query.strategy, &universe)?;
            (Rc::new(graph), Some(terms))
        }
    };
    let rules = rules(snapshot, &criteria, terms.is_some().then_some(query.strategy));
    let cutoff = Duration::from_millis(settings.cutoff_ms.unwrap_or(1500));
    // What is dropped on the way to a page is dropped from the count of hits too, so that the way is gone
    // from its beginning.
    let whole_way = query.threshold.is_some() || distinct_field.is_some();
    let (offset, skipped) = if whole_way { (0, page.offset) } else { (page.offset, 0) };
    let wanted = Wanted {
        universe: &universe,
        distinct: distinct_field,
        offset,
        limit: page.limit.saturating_add(skipped),
        scored: page.scored,
        threshold: query.threshold,
        look_at: query.is_paged().then_some(settings.max_total_hits),
        deadline: Instant::now().checked_add(cutoff),
    };
    let Sorted { mut docids, mut scores, mut candidates, .. } = sort(&mut ctx, rules, &graph, &wanted)?;
    docids.drain(..skipped.min(docids.len()));
    scores.drain(..skipped.min(scores.len()));
    if query.is_paged()
        && let Some(field) = distinct_field
    {
        candidates = distinct::apply(snapshot, field, &candidates)?.0;
    }
    let matching = terms.map(|terms| MatchingWords::of(&ctx, &terms)).unwrap_or_default();
    Ok(Found { docids, scores, candidates, matching })
}

/// The documents that a search would count as hits, unranked: what a facet search looks at.
pub(crate) fn candidates(
    uid: &str,
    snapshot: &Snapshot,
    query: &SearchQuery,
    tenant: Option<&Value>,
) -> Result<RoaringBitmap> {
    let page = Page {
        offset: 0,
        limit: if query.threshold.is_some() { usize::MAX } else { 0 },
        scored: query.threshold.is_some(),
    };
    Ok(run(uid, snapshot, query, tenant, page)?.candidates)
}

/// Documents in the order of some fields.
pub(crate) fn order_by(
    snapshot: &Snapshot,
    docids: RoaringBitmap,
    criteria: &[SortBy],
    offset: usize,
    limit: usize,
) -> Result<Vec<u32>> {
    let mut ctx = Context::new(snapshot, None);
    let rules = criteria.iter().map(sort_rule).collect();
    let wanted = Wanted {
        universe: &docids,
        distinct: None,
        offset,
        limit,
        scored: false,
        threshold: None,
        look_at: None,
        deadline: None,
    };
    Ok(sort(&mut ctx, rules, &Rc::default(), &wanted)?.docids)
}

/// The rules in force; without a query, only those that sort by fields.
fn rules(snapshot: &Snapshot, criteria: &[SortBy], strategy: Option<Strategy>) -> Vec<Box<dyn RankingRule>> {
    let mut rules: Vec<Box<dyn RankingRule>> = Vec::new();
    let mut used: Vec<Rule> = Vec::new();
    let mut sorted: Vec<String> = Vec::new();
    let mut by_distance = false;
    let mut words = strategy.is_none_or(|strategy| strategy == Strategy::All);
    for rule in snapshot.settings.rules() {
        let by_text = !matches!(rule, Rule::Sort | Rule::Custom(_));
        if by_text && strategy.is_none() {
            continue;
        }
        // Words come before any rule that looks at them, wherever they are listed.
        if by_text && !words {
            rules.push(Box::new(PathRule::<Words>::new(strategy)));
            words = true;
        }
        let again = used.contains(&rule)
            || match rule {
                Rule::Attribute => used.iter().any(|r| matches!(r, Rule::AttributeRank | Rule::WordPosition)),
                Rule::AttributeRank | Rule::WordPosition => used.contains(&Rule::Attribute),
                _ => false,
            };
        if again {
            continue;
        }
        used.push(rule.clone());
        let mut by = |by: SortBy, rules: &mut Vec<Box<dyn RankingRule>>| {
            let again = match &by {
                SortBy::Field(by) => sorted.contains(&by.field),
                SortBy::Distance { .. } => std::mem::replace(&mut by_distance, true),
            };
            if !again {
                if let SortBy::Field(by) = &by {
                    sorted.push(by.field.clone());
                }
                rules.push(sort_rule(&by));
            }
        };
        match rule {
            Rule::Words => {}
            Rule::Typo => rules.push(Box::new(PathRule::<Typo>::new(None))),
            Rule::Proximity => rules.push(Box::new(PathRule::<Proximity>::new(None))),
            Rule::Attribute => {
                rules.push(Box::new(PathRule::<Attribute>::new(None)));
                rules.push(Box::new(PathRule::<Position>::new(None)));
            }
            Rule::AttributeRank => rules.push(Box::new(PathRule::<Attribute>::new(None))),
            Rule::WordPosition => rules.push(Box::new(PathRule::<Position>::new(None))),
            Rule::Exactness => {
                rules.push(Box::new(ExactAttribute::default()));
                rules.push(Box::new(PathRule::<Exactness>::new(None)));
            }
            Rule::Sort => criteria.iter().for_each(|criterion| by(criterion.clone(), &mut rules)),
            Rule::Custom(criterion) => by(SortBy::Field(criterion), &mut rules),
        }
    }
    rules
}

fn sort_rule(by: &SortBy) -> Box<dyn RankingRule> {
    match by {
        SortBy::Field(by) => Box::new(Sort::new(by.clone())),
        SortBy::Distance { from, ascending } => Box::new(Distance::new(*from, *ascending)),
    }
}

/// The fields that `attributesToSearchOn` names; `None` is all of them.
fn search_on(snapshot: &Snapshot, names: &[String]) -> Result<Option<Vec<u16>>> {
    let settings = &snapshot.settings;
    let name_of = |field: &u16| snapshot.fields.name(*field);
    let searchable: Vec<u16> = snapshot.searchable.iter().map(|(field, _)| *field).collect();
    let mut fields = Vec::new();
    let mut all = false;
    for name in names {
        if name == "*" {
            all = true;
            continue;
        }
        let before = fields.len();
        fields.extend(searchable.iter().copied().filter(|field| {
            name_of(field) == name || name.contains('*') && match_pattern(name, name_of(field)) == Match::Yes
        }));
        let Some(defined) = &settings.searchable else { continue };
        if fields.len() == before && !defined.contains(name) {
            let (shown, hidden) = settings.without_hidden(searchable.iter().map(name_of));
            let rest = if hidden { ", <..hidden-attributes>" } else { "" };
            return Err(ApiError::new(
                Code::InvalidSearchAttributesToSearchOn,
                format!(
                    "Attribute `{name}` is not searchable. Available searchable attributes are: `{}{rest}`.",
                    shown.join(", ")
                ),
            ));
        }
    }
    Ok(if all { None } else { Some(fields) })
}

fn check_distinct(snapshot: &Snapshot, name: &str) -> Result<()> {
    let settings = &snapshot.settings;
    let rule = settings.filter_rule(name);
    if rule.is_some_and(|(_, rule)| rule.features().is_filterable()) {
        return Ok(());
    }
    let (names, hidden) = settings.without_hidden(names_where(&settings.filterable, Features::is_filterable));
    let why = match rule {
        Some((place, _)) => format!(
            "Note: this attribute matches rule #{place} in filterableAttributes, but this rule does not enable filtering.\n\
             Hint: enable filtering in rule #{place} by adding appropriate filter features.\nHint: prepend another rule \
             matching {name} with filter features before rule #{place}"
        ),
        None if names.is_empty() => "This index does not have configured filterable attributes.".to_owned(),
        None => {
            let rest = if hidden { ", <..hidden-attributes>" } else { "" };
            format!("Available filterable attributes patterns are: `{}{rest}`.", names.join(", "))
        }
    };
    Err(ApiError::new(
        Code::InvalidSearchDistinct,
        format!("Attribute `{name}` is not filterable and thus, cannot be used as distinct attribute. {why}"),
    ))
}

fn check_sort(snapshot: &Snapshot, criteria: &[SortBy]) -> Result<()> {
    let settings = &snapshot.settings;
    if !criteria.is_empty() && !settings.rules().contains(&Rule::Sort) {
        return Err(ApiError::new(
            Code::InvalidSearchSort,
            "You must specify where `sort` is listed in the rankingRules setting to use the sort parameter at search time.",
        ));
    }
    for criterion in criteria {
        if let Some(field) = unsortable(settings, criterion) {
            let (names, hidden) = settings.without_hidden(settings.sortable.iter().map(String::as_str));
            return Err(not_among(field, &names, hidden, "sortable", Code::InvalidSearchSort));
        }
    }
    Ok(())
}

/// The field that keeps `criterion` from being sorted by.
pub(crate) fn unsortable<'c>(settings: &Settings, criterion: &'c SortBy) -> Option<&'c str> {
    match criterion {
        SortBy::Field(by) if settings.sortable.iter().any(|name| is_within(&by.field, name)) => None,
        SortBy::Field(by) => Some(&by.field),
        SortBy::Distance { .. } if settings.is_geo_sorted() => None,
        SortBy::Distance { .. } => Some(geo::FIELD),
    }
}
