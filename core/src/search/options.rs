use super::presentation::Presentation;
use super::{facets, filter, page, per_query, query::Query, sort, tenant, within};
use crate::config::{Layers, Merged, options as runtime, unknown_options};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::schema::Schema;

/// The search options, in the order they are checked.
pub const SEARCH: &[&str] = &[
    "tenant_scope",
    "facets",
    "facet_filter",
    "filter",
    "sort",
    "page",
    "per_query",
    "attributes_to_retrieve",
    "attributes_to_highlight",
    "highlight_pre_tag",
    "highlight_post_tag",
    "attributes_to_crop",
    "crop_length",
    "crop_marker",
    "show_matches_position",
    "matching_strategy",
];

/// Those that say how hits are shown.
const PRESENTATION: &[&str] = SEARCH.split_at(7).1;

/// What a search call's options say: its query, and the runtime options that remain.
pub(super) struct Checked {
    pub query: Query,
    pub runtime: Merged,
}

/// Checks search options before runtime options, and everything before anything is sent. `bucket` is that
/// of a search within a facet.
pub(super) fn check(
    schema: &Schema,
    text: &Term,
    layers: Layers,
    bucket: Option<&Term>,
    idiom: Idiom,
) -> Result<Checked> {
    let checked = layers.merge(idiom).and_then(|merged| check_merged(schema, text, merged, bucket, idiom));
    checked.map_err(|error| error.of_schema(&schema.name))
}

/// The same for options that were merged.
pub(super) fn check_merged(
    schema: &Schema,
    text: &Term,
    Merged { options, twice }: Merged,
    bucket: Option<&Term>,
    idiom: Idiom,
) -> Result<Checked> {
    let (search, runtime): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|(name, _)| runtime::find(name).is_none());
    let query = check_search(schema, text, Merged { options: search, twice: twice.clone() }, bucket, idiom)?;
    Ok(Checked { query, runtime: Merged { options: runtime, twice } })
}

/// The options of a verb that takes some of its own, and not every search option.
pub(super) struct Own {
    pub own: Vec<(String, Term)>,
    /// Runtime options, and the search options that the verb takes.
    pub rest: Merged,
}

/// Parts a verb's own options from the others, and refuses search options that it does not take.
pub(super) fn own(layers: Layers, own: &[&str], search: &[&str], idiom: Idiom) -> Result<Own> {
    let Merged { options, twice } = layers.merge(idiom)?;
    let is_known =
        |name: &str| own.contains(&name) || search.contains(&name) || runtime::find(name).is_some();
    let unknown: Vec<&str> = options
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !is_known(name) || own.contains(name) && twice.iter().any(|key| key == name))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown_options(&unknown, own.iter().chain(search).copied(), idiom));
    }
    let (own, rest) = options.into_iter().partition(|(name, _)| own.contains(&name.as_str()));
    Ok(Own { own, rest: Merged { options: rest, twice } })
}

/// Checks the options of one search, from which runtime options were taken out.
pub(super) fn check_search(
    schema: &Schema,
    text: &Term,
    options: Merged,
    bucket: Option<&Term>,
    idiom: Idiom,
) -> Result<Query> {
    let Term::Text(text) = text else {
        let message =
            format!("the search text must be a string, got: a value of type {}", text.type_name(idiom));
        return Err(Error::new(Kind::InvalidOption, message).named("text"));
    };
    let Merged { options: mut search, twice } = options;
    let unknown: Vec<&str> = search
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !SEARCH.contains(name) || twice.iter().any(|key| key == name))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown_options(&unknown, SEARCH.iter().copied(), idiom));
    }
    let mut take = |name: &str| {
        let at = search.iter().position(|(key, _)| key == name)?;
        Some(search.swap_remove(at).1)
    };

    // Types first, in table order; then what the schema allows.
    let facets = given(take("facets"), |term| facets::names(&term, idiom))?;
    let mut facet_filter = given(take("facet_filter"), |term| filter::pairs("facet_filter", term, idiom))?;
    let mut filter_pairs = given(take("filter"), |term| filter::pairs("filter", term, idiom))?;
    let sort_pairs = given(take("sort"), |term| sort::pairs(&term, idiom))?;
    let page = given(take("page"), |term| page::read(&term, idiom))?;
    let per_query = given(take("per_query"), |term| per_query::read(&term, idiom))?;
    let mut presentation = Presentation::default();
    for name in PRESENTATION {
        if let Some(value) = take(name) {
            presentation.set(name, &value, idiom)?;
        }
    }
    if let Some(bucket) = bucket {
        within::scope(bucket, &mut facet_filter, idiom)?;
    }

    facets::check_declared(schema, &facets, idiom)?;
    facets::check_filter_fields(schema, &facet_filter, idiom)?;
    if let Some(scope) = &take("tenant_scope") {
        tenant::scope(schema, scope, &mut filter_pairs, idiom)?;
    }
    let filter = filter::compile(schema, &filter_pairs, idiom)?;
    let sort = sort::check(schema, sort_pairs, idiom)?;
    let facet_clauses = filter::compile_facets(&facet_filter, idiom)?;

    Ok(Query {
        text: text.clone(),
        filter: filter_pairs,
        sort,
        page,
        facets,
        facet_filter,
        per_query,
        presentation,
        clauses: filter,
        facet_clauses,
    })
}

fn given<T: Default>(term: Option<Term>, read: impl FnOnce(Term) -> Result<T>) -> Result<T> {
    term.map_or_else(|| Ok(T::default()), read)
}
