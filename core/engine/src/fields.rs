//! `/indexes/{uid}/fields`: what the settings make of each field.

use serde_json::{Value, json};

use crate::core::Core;
use crate::engine::Response;
use crate::error::{Code, Result};
use crate::http::Fields;
use crate::indexes::check_uid;
use crate::settings::{Match, Rule, Settings, is_within, match_pattern};

/// The parts of a field's description that a filter may ask for.
const PARTS: &[(&str, &str)] = &[
    ("displayed", "/displayed/enabled"),
    ("searchable", "/searchable/enabled"),
    ("sortable", "/sortable/enabled"),
    ("distinct", "/distinct/enabled"),
    ("rankingRule", "/rankingRule/enabled"),
    ("filterable", "/filterable/enabled"),
];

pub(crate) fn list(core: &Core, uid: &str, body: Value) -> Result<Response> {
    check_uid(uid)?;
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(&["offset", "limit", "filter"], Code::BadRequest)?;
    let offset = fields.number("offset", Code::InvalidIndexOffset)?.unwrap_or(0);
    let limit = fields.number("limit", Code::InvalidIndexLimit)?.unwrap_or(20);
    let code = Code::InvalidIndexFieldsFilter;
    let mut patterns = None;
    let mut wanted = Vec::new();
    if let Some(filter) = fields.value("filter") {
        let mut filter = Fields::within(filter, fields.path("filter"), code)?;
        let names: Vec<&str> =
            ["attributePatterns"].into_iter().chain(PARTS.iter().map(|(name, _)| *name)).collect();
        filter.only(&names, code)?;
        patterns = filter.strings("attributePatterns", Code::InvalidIndexFieldsFilterPatterns)?;
        for (name, pointer) in PARTS {
            wanted.extend(filter.flag(name, code)?.map(|flag| (*pointer, Value::Bool(flag))));
        }
    }
    let snapshot = core.index(uid)?.snapshot()?;
    let named = |name: &str| {
        patterns.as_ref().is_none_or(|patterns| patterns.iter().any(|p| match_pattern(p, name) == Match::Yes))
    };
    let all: Vec<Value> = snapshot
        .fields
        .names()
        .iter()
        .filter(|name| named(name))
        .map(|name| describe(&snapshot.settings, name))
        .filter(|field| wanted.iter().all(|(pointer, value)| field.pointer(pointer) == Some(value)))
        .collect();
    let page: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    Ok(Response::json(200, &json!({"results": page, "offset": offset, "limit": limit, "total": all.len()})))
}

fn describe(settings: &Settings, name: &str) -> Value {
    let features = settings.filter_rule(name).map(|(_, rule)| rule.features());
    let order = settings.rules().into_iter().find_map(|rule| match rule {
        Rule::Custom(by) if is_within(name, &by.field) => Some(if by.ascending { "asc" } else { "desc" }),
        _ => None,
    });
    let mut ranking_rule = json!({"enabled": order.is_some()});
    if let Some(order) = order {
        ranking_rule["order"] = json!(order);
    }
    json!({
        "name": name,
        "displayed": {"enabled": settings.is_displayed(name)},
        "searchable": {"enabled": settings.searchable(name) == Match::Yes},
        "sortable": {"enabled": settings.sortable.iter().any(|sortable| is_within(name, sortable))},
        "distinct": {"enabled": settings.distinct.as_deref() == Some(name)},
        "rankingRule": ranking_rule,
        "filterable": {
            "enabled": features.is_some_and(|f| f.is_filterable() || f.facet_search),
            "sortBy": if settings.facet_by_count(name) { "count" } else { "alpha" },
            "facetSearch": features.is_some_and(|f| f.facet_search),
            "equality": features.is_some_and(|f| f.equality),
            "comparison": features.is_some_and(|f| f.comparison),
        },
        "localized": {"locales": settings.locales(name)},
    })
}
