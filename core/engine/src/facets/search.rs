//! `/indexes/{uid}/facet-search`: values of a facet by how they begin, typos forgiven.

use std::time::Instant;

use charabia::normalizer::NormalizerOption;
use charabia::{Normalize, StrDetection, Token};
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};
use serde_json::{Value, json};

use super::distribution::shown;
use crate::auth::Access;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::Fields;
use crate::index::{FacetKey, FacetKind, Snapshot};
use crate::indexes::check_uid;
use crate::search::{FACET_SEARCH_FIELDS, SearchQuery, candidates, check_filter};
use crate::settings::names_where;

pub(crate) fn search(core: &Core, access: &Access, uid: &str, body: Value) -> Result<Response> {
    let started = Instant::now();
    check_uid(uid)?;
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.keep(FACET_SEARCH_FIELDS);
    let wanted = fields.string("facetQuery", Code::InvalidFacetSearchQuery)?;
    let name =
        fields.required("facetName", Code::MissingFacetSearchFacetName, Code::InvalidFacetSearchFacetName)?;
    fields.flag("exhaustiveFacetCount", Code::InvalidFacetSearchExhaustiveCount)?;
    let query = SearchQuery::take(&mut fields)?;
    let snapshot = core.index(uid)?.snapshot()?;
    if !snapshot.settings.facet_search {
        return Err(ApiError::new(Code::FacetSearchDisabled, "The facet search is disabled for this index"));
    }
    check(&snapshot, &name)?;
    check_filter(core, query.filter.as_ref())?;
    let candidates = candidates(uid, &snapshot, &query, access.tenant_filter(uid))?;
    let accepts = matcher(&snapshot, &name, wanted.as_deref());
    let by_count = snapshot.settings.facet_by_count(&name);
    let max = snapshot.settings.max_values_per_facet;
    let mut hits: Vec<(String, u64)> = Vec::new();
    if let Some(field) = snapshot.fields.id(&name) {
        snapshot.each_value(field, FacetKind::String, true, None, |key, docids| {
            if let FacetKey::String(value) = key
                && accepts(value)
            {
                let count = docids.intersection_len(&candidates);
                if count > 0 {
                    hits.push((shown(&snapshot, field, key, &docids)?, count));
                }
            }
            Ok(by_count || hits.len() < max)
        })?;
    }
    if by_count {
        hits.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        hits.truncate(max);
    }
    let hits: Vec<Value> =
        hits.into_iter().map(|(value, count)| json!({"value": value, "count": count})).collect();
    let body = json!({
        "facetHits": hits,
        "facetQuery": wanted,
        "processingTimeMs": started.elapsed().as_millis() as u64,
    });
    Ok(Response::json(200, &body))
}

fn check(snapshot: &Snapshot, name: &str) -> Result<()> {
    let settings = &snapshot.settings;
    let rule = settings.filter_rule(name);
    if rule.is_some_and(|(_, rule)| rule.features().facet_search) {
        return Ok(());
    }
    let (names, hidden) =
        settings.without_hidden(names_where(&settings.filterable, |features| features.facet_search));
    let hint = "To make it facet-searchable add it to the `filterableAttributes` index settings.";
    let why = match rule {
        Some((place, _)) => format!(
            "Note: this attribute matches rule #{place} in filterableAttributes, but this rule does not enable \
             facetSearch.\nHint: enable facetSearch in rule #{place} by adding `\"facetSearch\": true` to the rule.\n\
             Hint: prepend another rule matching {name} with facetSearch: true before rule #{place}"
        ),
        None if names.is_empty() => {
            format!("This index does not have configured facet-searchable attributes. {hint}")
        }
        None => {
            let rest = if hidden { ", <..hidden-attributes>" } else { "" };
            format!(
                "Available facet-searchable attributes patterns are: `{}{rest}`. {hint}",
                names.join(", ")
            )
        }
    };
    Err(ApiError::new(
        Code::InvalidFacetSearchFacetName,
        format!("Attribute `{name}` is not facet-searchable. {why}"),
    ))
}

/// Whether a (normalized) value is what was asked for.
fn matcher(snapshot: &Snapshot, name: &str, wanted: Option<&str>) -> Box<dyn Fn(&str) -> bool> {
    let Some(wanted) = wanted else { return Box::new(|_| true) };
    let wanted = lossy(wanted);
    let typo = &snapshot.settings.typo;
    let forgiving = typo.enabled
        && !typo.off_on_attributes.iter().any(|attribute| crate::settings::is_within(name, attribute));
    if !forgiving {
        return Box::new(move |value| lossy(value).starts_with(&wanted));
    }
    if typo.off_on_words.contains(&wanted) {
        return Box::new(move |value| lossy(value) == wanted);
    }
    let typos = match wanted.len() {
        len if len < usize::from(typo.one_typo) => 0,
        len if len < usize::from(typo.two_typos) => 1,
        _ => 2,
    };
    let automaton = LevenshteinAutomatonBuilder::new(typos, true).build_prefix_dfa(&wanted);
    Box::new(move |value| matches!(automaton.eval(lossy(value)), Distance::Exact(_)))
}

/// Text as it is compared here: without case or accents.
fn lossy(text: &str) -> String {
    let script = StrDetection::new(text, None).script();
    let token = Token { lemma: text.into(), script, ..Token::default() };
    let options = NormalizerOption { lossy: true, ..NormalizerOption::default() };
    token.normalize(&options).lemma.into_owned()
}
