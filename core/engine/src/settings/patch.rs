//! A patch of settings: each checked as it comes in, and put in the one form that is stored.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::patterns::{Features, FilterRule};
use super::rules::Rule;
use crate::error::{ApiError, Code, Result};
use crate::http::{Fields, invalid_type, strings};
use crate::index::{language, unknown_locale};

/// Every setting: its name, the last part of its route, whether it is patched (else put), its error.
pub(crate) const NAMES: &[(&str, &str, bool, Code)] = &[
    ("displayedAttributes", "displayed-attributes", false, Code::InvalidSettingsDisplayedAttributes),
    ("searchableAttributes", "searchable-attributes", false, Code::InvalidSettingsSearchableAttributes),
    ("filterableAttributes", "filterable-attributes", false, Code::InvalidSettingsFilterableAttributes),
    ("sortableAttributes", "sortable-attributes", false, Code::InvalidSettingsSortableAttributes),
    ("foreignKeys", "foreign-keys", false, Code::InvalidSettingsForeignKeys),
    ("rankingRules", "ranking-rules", false, Code::InvalidSettingsRankingRules),
    ("stopWords", "stop-words", false, Code::InvalidSettingsStopWords),
    ("nonSeparatorTokens", "non-separator-tokens", false, Code::InvalidSettingsNonSeparatorTokens),
    ("separatorTokens", "separator-tokens", false, Code::InvalidSettingsSeparatorTokens),
    ("dictionary", "dictionary", false, Code::InvalidSettingsDictionary),
    ("synonyms", "synonyms", false, Code::InvalidSettingsSynonyms),
    ("distinctAttribute", "distinct-attribute", false, Code::InvalidSettingsDistinctAttribute),
    ("proximityPrecision", "proximity-precision", false, Code::InvalidSettingsProximityPrecision),
    ("typoTolerance", "typo-tolerance", true, Code::InvalidSettingsTypoTolerance),
    ("faceting", "faceting", true, Code::InvalidSettingsFaceting),
    ("pagination", "pagination", true, Code::InvalidSettingsPagination),
    ("embedders", "embedders", true, Code::InvalidSettingsEmbedders),
    ("searchCutoffMs", "search-cutoff-ms", false, Code::InvalidSettingsSearchCutoffMs),
    ("localizedAttributes", "localized-attributes", false, Code::InvalidSettingsLocalizedAttributes),
    ("facetSearch", "facet-search", false, Code::InvalidSettingsFacetSearch),
    ("prefixSearch", "prefix-search", false, Code::InvalidSettingsPrefixSearch),
    ("chat", "chat", true, Code::InvalidSettingsIndexChat),
];

/// The patch that resets everything, as its task shows it.
pub(crate) fn reset_all() -> Map<String, Value> {
    NAMES.iter().map(|(name, ..)| ((*name).to_owned(), reset(name))).collect()
}

fn reset(name: &str) -> Value {
    match name {
        "displayedAttributes" | "searchableAttributes" => json!(["*"]),
        _ => Value::Null,
    }
}

/// Checks the body of `PATCH …/settings`.
pub(crate) fn normalize_all(body: Value) -> Result<Map<String, Value>> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    let names: Vec<&str> = NAMES.iter().map(|(name, ..)| *name).collect();
    fields.only(&names, Code::BadRequest)?;
    let mut patch = Map::new();
    for name in names {
        if let Some(value) = fields.raw(name) {
            patch.insert(name.to_owned(), normalize(name, value, &format!(".{name}"))?);
        }
    }
    Ok(patch)
}

/// Checks one setting; `at` is where it stands in the body.
pub(crate) fn normalize(name: &str, value: Value, at: &str) -> Result<Value> {
    if value.is_null() {
        return Ok(reset(name));
    }
    let code = NAMES.iter().find(|(n, ..)| *n == name).map_or(Code::BadRequest, |(.., code)| *code);
    let set = |value: Value| -> Result<Value> {
        Ok(json!(strings(value, at, code)?.into_iter().collect::<BTreeSet<_>>()))
    };
    match name {
        "displayedAttributes" | "searchableAttributes" => {
            let names = strings(value, at, code)?;
            Ok(json!(names))
        }
        "filterableAttributes" => filterable(value, at, code),
        "sortableAttributes" | "stopWords" | "nonSeparatorTokens" | "separatorTokens" | "dictionary" => {
            set(value)
        }
        "rankingRules" => ranking_rules(value, at),
        "synonyms" => {
            let Value::Object(map) = value else { return Err(invalid_type(at, "an object", &value, code)) };
            let map: Result<Map<String, Value>> = map
                .into_iter()
                .map(|(word, others)| {
                    let others = strings(others, &format!("{at}.{word}"), code)?;
                    Ok((word, json!(others)))
                })
                .collect();
            map.map(Value::Object)
        }
        "distinctAttribute" => match value {
            Value::String(_) => Ok(value),
            other => Err(invalid_type(at, "a string", &other, code)),
        },
        "proximityPrecision" => one_of(value, at, &["byWord", "byAttribute"], code),
        "prefixSearch" => one_of(value, at, &["indexingTime", "disabled"], code),
        "typoTolerance" => typo_tolerance(value, at),
        "faceting" => faceting(value, at),
        "pagination" => {
            let mut fields = Fields::within(value, at.to_owned(), code)?;
            fields.only(&["maxTotalHits"], code)?;
            let mut out = Map::new();
            if fields.has("maxTotalHits") {
                out.insert("maxTotalHits".to_owned(), json!(fields.number("maxTotalHits", code)?));
            }
            Ok(Value::Object(out))
        }
        "searchCutoffMs" => match value.as_u64() {
            Some(_) => Ok(value),
            None => Err(invalid_type(at, "a positive integer", &value, code)),
        },
        "facetSearch" => match value {
            Value::Bool(_) => Ok(value),
            other => Err(invalid_type(at, "a boolean", &other, code)),
        },
        "localizedAttributes" => localized(value, at, code),
        "embedders" | "chat" | "foreignKeys" => {
            if value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty) {
                return Ok(value);
            }
            Err(ApiError::new(
                code,
                format!("`{name}` is not part of the embedded index: use a Meilisearch server for it."),
            ))
        }
        _ => Err(ApiError::new(Code::BadRequest, format!("Unknown setting `{name}`"))),
    }
}

fn one_of(value: Value, at: &str, accepted: &[&str], code: Code) -> Result<Value> {
    match &value {
        Value::String(text) if accepted.contains(&text.as_str()) => Ok(value),
        Value::String(text) => {
            let accepted = accepted.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
            let place = if at.is_empty() { String::new() } else { format!(" at `{at}`") };
            Err(ApiError::new(code, format!("Unknown value `{text}`{place}: expected one of {accepted}")))
        }
        other => Err(invalid_type(at, "a string", other, code)),
    }
}

fn ranking_rules(value: Value, at: &str) -> Result<Value> {
    let code = Code::InvalidSettingsRankingRules;
    let rules = strings(value, at, code)?;
    let (mut unified, mut separate) = (false, false);
    for (i, text) in rules.iter().enumerate() {
        match Rule::parse(text).map_err(|e| e.prefixed(&format!("Invalid value at `{at}[{i}]`: ")))? {
            Rule::Attribute => unified = true,
            Rule::AttributeRank | Rule::WordPosition => separate = true,
            _ => {}
        }
    }
    if unified && separate {
        return Err(ApiError::new(
            code,
            "Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. You must either use the attribute \
             ranking rule alone or the attributeRank and wordPosition ranking rules.",
        ));
    }
    Ok(json!(rules))
}

fn filterable(value: Value, at: &str, code: Code) -> Result<Value> {
    let Value::Array(items) = value else { return Err(invalid_type(at, "an array", &value, code)) };
    let rules: Result<Vec<Value>> = items
        .into_iter()
        .enumerate()
        .map(|(i, item)| {
            let at = format!("{at}[{i}]");
            match item {
                Value::String(_) => Ok(item),
                Value::Object(_) => {
                    let mut fields = Fields::within(item, at, code)?;
                    fields.only(&["attributePatterns", "features"], code)?;
                    let patterns = fields
                        .strings("attributePatterns", code)?
                        .ok_or_else(|| fields.missing("attributePatterns", code))?;
                    fields.no_null(&[("features", "an object", code)])?;
                    let mut features = Features { facet_search: false, equality: true, comparison: false };
                    let inner = fields.path("features");
                    if let Some(value) = fields.value("features") {
                        let mut fields = Fields::within(value, inner.clone(), code)?;
                        fields.only(&["facetSearch", "filter"], code)?;
                        fields
                            .no_null(&[("facetSearch", "a boolean", code), ("filter", "an object", code)])?;
                        features.facet_search = fields.flag("facetSearch", code)?.unwrap_or(false);
                        if let Some(value) = fields.value("filter") {
                            let mut fields = Fields::within(value, format!("{inner}.filter"), code)?;
                            fields.only(&["equality", "comparison"], code)?;
                            fields.no_null(&[
                                ("equality", "a boolean", code),
                                ("comparison", "a boolean", code),
                            ])?;
                            features.equality = fields.flag("equality", code)?.unwrap_or(true);
                            features.comparison = fields.flag("comparison", code)?.unwrap_or(false);
                        }
                    }
                    Ok(FilterRule::Patterns { patterns, features }.to_json())
                }
                other => Err(invalid_type(&at, "a string", &other, code)),
            }
        })
        .collect();
    rules.map(Value::Array)
}

/// A rule read back from the form that `filterable` stored.
pub(super) fn filter_rule(value: &Value) -> Option<FilterRule> {
    match value {
        Value::String(name) => Some(FilterRule::Name(name.clone())),
        Value::Object(rule) => {
            let patterns = rule.get("attributePatterns")?.as_array()?;
            let flag = |path: &str| value.pointer(path).and_then(Value::as_bool).unwrap_or(false);
            Some(FilterRule::Patterns {
                patterns: patterns.iter().filter_map(|p| p.as_str().map(str::to_owned)).collect(),
                features: Features {
                    facet_search: flag("/features/facetSearch"),
                    equality: flag("/features/filter/equality"),
                    comparison: flag("/features/filter/comparison"),
                },
            })
        }
        _ => None,
    }
}

fn typo_tolerance(value: Value, at: &str) -> Result<Value> {
    let code = Code::InvalidSettingsTypoTolerance;
    let mut fields = Fields::within(value, at.to_owned(), code)?;
    fields.only(
        &["enabled", "minWordSizeForTypos", "disableOnWords", "disableOnAttributes", "disableOnNumbers"],
        code,
    )?;
    let mut out = Map::new();
    for name in ["enabled", "disableOnNumbers"] {
        if fields.has(name) {
            out.insert(name.to_owned(), json!(fields.flag(name, code)?));
        }
    }
    for name in ["disableOnWords", "disableOnAttributes"] {
        if fields.has(name) {
            let words = fields.strings(name, code)?.map(|w| w.into_iter().collect::<BTreeSet<_>>());
            out.insert(name.to_owned(), json!(words));
        }
    }
    if let Some(sizes) = fields.raw("minWordSizeForTypos") {
        let inner = fields.path("minWordSizeForTypos");
        let sizes = if sizes.is_null() {
            Value::Null
        } else {
            let mut fields = Fields::within(sizes, inner.clone(), code)?;
            fields.only(&["oneTypo", "twoTypos"], code)?;
            let mut sizes = Map::new();
            for name in ["oneTypo", "twoTypos"] {
                if let Some(value) = fields.raw(name) {
                    let at = format!("{inner}.{name}");
                    match value.as_u64() {
                        Some(0..=255) => {}
                        Some(large) => {
                            return Err(ApiError::new(
                                code,
                                format!(
                                    "Invalid value at `{at}`: value: `{large}` is too large to be deserialized, maximum value \
                                     authorized is `255`"
                                ),
                            ));
                        }
                        None if value.is_null() => {}
                        None => return Err(invalid_type(&at, "a positive integer", &value, code)),
                    }
                    sizes.insert(name.to_owned(), value);
                }
            }
            let size = |name: &str| sizes.get(name).and_then(Value::as_u64);
            if let (Some(one), Some(two)) = (size("oneTypo"), size("twoTypos"))
                && one > two
            {
                return Err(
                    bad_typo_sizes(one as u8, two as u8).prefixed(&format!("Invalid value at `{inner}`: "))
                );
            }
            Value::Object(sizes)
        };
        out.insert("minWordSizeForTypos".to_owned(), sizes);
    }
    Ok(Value::Object(out))
}

pub(super) fn bad_typo_sizes(one: u8, two: u8) -> ApiError {
    ApiError::new(
        Code::InvalidSettingsTypoTolerance,
        format!(
            "`minWordSizeForTypos` setting is invalid. `oneTypo` and `twoTypos` fields should be between `0` and `255`, \
             and `twoTypos` should be greater or equals to `oneTypo` but found `oneTypo: {one}` and twoTypos: {two}`."
        ),
    )
}

fn faceting(value: Value, at: &str) -> Result<Value> {
    let code = Code::InvalidSettingsFaceting;
    let mut fields = Fields::within(value, at.to_owned(), code)?;
    fields.only(&["maxValuesPerFacet", "sortFacetValuesBy"], code)?;
    let mut out = Map::new();
    if fields.has("maxValuesPerFacet") {
        out.insert("maxValuesPerFacet".to_owned(), json!(fields.number("maxValuesPerFacet", code)?));
    }
    if let Some(orders) = fields.raw("sortFacetValuesBy") {
        let path = fields.path("sortFacetValuesBy");
        let orders = match orders {
            Value::Null => Value::Null,
            Value::Object(map) => {
                let map: Result<Map<String, Value>> = map
                    .into_iter()
                    .map(|(facet, order)| {
                        let order = one_of(order, &format!("{path}.{facet}"), &["alpha", "count"], code)?;
                        Ok((facet, order))
                    })
                    .collect();
                Value::Object(map?)
            }
            other => return Err(invalid_type(&path, "an object", &other, code)),
        };
        out.insert("sortFacetValuesBy".to_owned(), orders);
    }
    Ok(Value::Object(out))
}

fn localized(value: Value, at: &str, code: Code) -> Result<Value> {
    let Value::Array(items) = value else { return Err(invalid_type(at, "an array", &value, code)) };
    let rules: Result<Vec<Value>> = items
        .into_iter()
        .enumerate()
        .map(|(i, item)| {
            let mut fields = Fields::within(item, format!("{at}[{i}]"), code)?;
            fields.only(&["attributePatterns", "locales"], code)?;
            let patterns = fields
                .strings("attributePatterns", code)?
                .ok_or_else(|| fields.missing("attributePatterns", code))?;
            let locales = fields.strings("locales", code)?.ok_or_else(|| fields.missing("locales", code))?;
            for (j, locale) in locales.iter().enumerate() {
                if language(locale).is_none() {
                    return Err(unknown_locale(locale, &format!("{at}[{i}].locales[{j}]"), code));
                }
            }
            Ok(json!({"attributePatterns": patterns, "locales": locales}))
        })
        .collect();
    rules.map(Value::Array)
}
