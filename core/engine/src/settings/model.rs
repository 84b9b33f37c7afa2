//! The settings in force, with defaults filled in where they are asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::patterns::{FilterRule, Match, match_name, match_pattern, rule_for};
use super::rules::{DEFAULT_RULES, Rule};
use crate::error::{ApiError, Code, Result};
use crate::geo;

/// How near words are, as finely as it is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proximity {
    ByWord,
    ByAttribute,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypoTolerance {
    pub(crate) enabled: bool,
    pub(crate) one_typo: u8,
    pub(crate) two_typos: u8,
    pub(crate) off_on_words: BTreeSet<String>,
    pub(crate) off_on_attributes: BTreeSet<String>,
    pub(crate) off_on_numbers: bool,
}

impl Default for TypoTolerance {
    fn default() -> Self {
        TypoTolerance {
            enabled: true,
            one_typo: 5,
            two_typos: 9,
            off_on_words: BTreeSet::new(),
            off_on_attributes: BTreeSet::new(),
            off_on_numbers: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// `None` is `["*"]`, here and below.
    pub(crate) displayed: Option<Vec<String>>,
    pub(crate) searchable: Option<Vec<String>>,
    pub(crate) filterable: Vec<FilterRule>,
    pub(crate) sortable: BTreeSet<String>,
    pub(crate) ranking_rules: Vec<String>,
    pub(crate) stop_words: BTreeSet<String>,
    pub(crate) separators: BTreeSet<String>,
    pub(crate) non_separators: BTreeSet<String>,
    pub(crate) dictionary: BTreeSet<String>,
    pub(crate) synonyms: BTreeMap<String, Vec<String>>,
    pub(crate) distinct: Option<String>,
    pub(crate) proximity: Proximity,
    pub(crate) typo: TypoTolerance,
    pub(crate) max_values_per_facet: usize,
    /// By facet: whether its values come by count, else by name. `*` is for all others.
    pub(crate) facets_by_count: BTreeMap<String, bool>,
    pub(crate) max_total_hits: usize,
    pub(crate) cutoff_ms: Option<u64>,
    pub(crate) localized: Option<Value>,
    pub(crate) facet_search: bool,
    pub(crate) prefix_search: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            displayed: None,
            searchable: None,
            filterable: Vec::new(),
            sortable: BTreeSet::new(),
            ranking_rules: DEFAULT_RULES.iter().map(|rule| (*rule).to_owned()).collect(),
            stop_words: BTreeSet::new(),
            separators: BTreeSet::new(),
            non_separators: BTreeSet::new(),
            dictionary: BTreeSet::new(),
            synonyms: BTreeMap::new(),
            distinct: None,
            proximity: Proximity::ByWord,
            typo: TypoTolerance::default(),
            max_values_per_facet: 100,
            facets_by_count: BTreeMap::from([("*".to_owned(), false)]),
            max_total_hits: 1000,
            cutoff_ms: None,
            localized: None,
            facet_search: true,
            prefix_search: true,
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

impl Settings {
    /// Lays a patch that `normalize` accepted over these settings; `null` resets.
    pub(crate) fn apply(&mut self, patch: &Map<String, Value>) -> Result<()> {
        let default = Settings::default();
        for (name, value) in patch {
            let reset = value.is_null();
            let set = || texts(value).into_iter().collect::<BTreeSet<_>>();
            match name.as_str() {
                "displayedAttributes" => self.displayed = starred(value),
                "searchableAttributes" => self.searchable = starred(value),
                "filterableAttributes" => {
                    self.filterable = value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(super::patch::filter_rule)
                        .collect();
                }
                "sortableAttributes" => self.sortable = set(),
                "rankingRules" => {
                    self.ranking_rules = if reset { default.ranking_rules.clone() } else { texts(value) };
                }
                "stopWords" => self.stop_words = set(),
                "separatorTokens" => self.separators = set(),
                "nonSeparatorTokens" => self.non_separators = set(),
                "dictionary" => self.dictionary = set(),
                "synonyms" => {
                    self.synonyms =
                        value.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), texts(v))).collect();
                }
                "distinctAttribute" => self.distinct = value.as_str().map(str::to_owned),
                "proximityPrecision" => {
                    self.proximity =
                        if value == "byAttribute" { Proximity::ByAttribute } else { Proximity::ByWord };
                }
                "typoTolerance" if reset => self.typo = TypoTolerance::default(),
                "typoTolerance" => self.apply_typo(value)?,
                "faceting" if reset => {
                    self.max_values_per_facet = default.max_values_per_facet;
                    self.facets_by_count.clone_from(&default.facets_by_count);
                }
                "faceting" => self.apply_faceting(value, &default),
                "pagination" => {
                    let max = value.get("maxTotalHits");
                    if reset || max.is_some() {
                        self.max_total_hits = max.and_then(Value::as_u64).map_or(1000, |n| n as usize);
                    }
                }
                "searchCutoffMs" => self.cutoff_ms = value.as_u64(),
                "localizedAttributes" => self.localized = Some(value.clone()).filter(|v| !v.is_null()),
                "facetSearch" => self.facet_search = value.as_bool().unwrap_or(true),
                "prefixSearch" => self.prefix_search = value != "disabled",
                _ => {}
            }
        }
        Ok(())
    }

    fn apply_typo(&mut self, value: &Value) -> Result<()> {
        let default = TypoTolerance::default();
        if let Some(enabled) = value.get("enabled") {
            self.typo.enabled = enabled.as_bool().unwrap_or(default.enabled);
        }
        match value.get("minWordSizeForTypos") {
            Some(Value::Null) => {
                (self.typo.one_typo, self.typo.two_typos) = (default.one_typo, default.two_typos);
            }
            Some(sizes) => {
                let size = |name: &str, current: u8, default: u8| match sizes.get(name) {
                    None => current,
                    Some(n) => n.as_u64().map_or(default, |n| n as u8),
                };
                self.typo.one_typo = size("oneTypo", self.typo.one_typo, default.one_typo);
                self.typo.two_typos = size("twoTypos", self.typo.two_typos, default.two_typos);
            }
            None => {}
        }
        if self.typo.one_typo > self.typo.two_typos {
            return Err(super::patch::bad_typo_sizes(self.typo.one_typo, self.typo.two_typos));
        }
        if let Some(words) = value.get("disableOnWords") {
            // Compared with words as they are indexed.
            self.typo.off_on_words = texts(words).into_iter().map(|w| w.to_lowercase()).collect();
        }
        if let Some(attributes) = value.get("disableOnAttributes") {
            self.typo.off_on_attributes = texts(attributes).into_iter().collect();
        }
        if let Some(numbers) = value.get("disableOnNumbers") {
            self.typo.off_on_numbers = numbers.as_bool().unwrap_or(default.off_on_numbers);
        }
        Ok(())
    }

    fn apply_faceting(&mut self, value: &Value, default: &Settings) {
        if let Some(max) = value.get("maxValuesPerFacet") {
            self.max_values_per_facet = max.as_u64().map_or(default.max_values_per_facet, |n| n as usize);
        }
        match value.get("sortFacetValuesBy") {
            Some(Value::Object(orders)) => {
                for (facet, order) in orders {
                    self.facets_by_count.insert(facet.clone(), order == "count");
                }
            }
            Some(_) => self.facets_by_count.clone_from(&default.facets_by_count),
            None => {}
        }
    }

    /// Every setting by its name, as `GET …/settings` shows them.
    pub(crate) fn to_json(&self) -> Value {
        let orders: Map<String, Value> = self
            .facets_by_count
            .iter()
            .map(|(facet, by_count)| (facet.clone(), json!(if *by_count { "count" } else { "alpha" })))
            .collect();
        json!({
            "displayedAttributes": self.displayed.clone().unwrap_or_else(|| vec!["*".to_owned()]),
            "searchableAttributes": self.searchable.clone().unwrap_or_else(|| vec!["*".to_owned()]),
            "filterableAttributes": self.filterable.iter().map(FilterRule::to_json).collect::<Vec<_>>(),
            "sortableAttributes": self.sortable,
            "rankingRules": self.ranking_rules,
            "stopWords": self.stop_words,
            "nonSeparatorTokens": self.non_separators,
            "separatorTokens": self.separators,
            "dictionary": self.dictionary,
            "synonyms": self.synonyms,
            "distinctAttribute": self.distinct,
            "proximityPrecision": match self.proximity {
                Proximity::ByWord => "byWord",
                Proximity::ByAttribute => "byAttribute",
            },
            "typoTolerance": {
                "enabled": self.typo.enabled,
                "minWordSizeForTypos": {"oneTypo": self.typo.one_typo, "twoTypos": self.typo.two_typos},
                "disableOnWords": self.typo.off_on_words,
                "disableOnAttributes": self.typo.off_on_attributes,
                "disableOnNumbers": self.typo.off_on_numbers,
            },
            "faceting": {"maxValuesPerFacet": self.max_values_per_facet, "sortFacetValuesBy": orders},
            "pagination": {"maxTotalHits": self.max_total_hits},
            "embedders": {},
            "searchCutoffMs": self.cutoff_ms,
            "localizedAttributes": self.localized,
            "facetSearch": self.facet_search,
            "prefixSearch": if self.prefix_search { "indexingTime" } else { "disabled" },
        })
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.ranking_rules.iter().filter_map(|text| Rule::parse(text).ok()).collect()
    }

    /// Whether the two differ in what the index holds, not only in how it is read.
    pub(crate) fn needs_reindex(&self, other: &Settings) -> bool {
        self.searchable != other.searchable
            || self.filterable != other.filterable
            || self.sortable != other.sortable
            || self.stop_words != other.stop_words
            || self.separators != other.separators
            || self.non_separators != other.non_separators
            || self.dictionary != other.dictionary
            || self.distinct != other.distinct
            || self.localized != other.localized
            || self.typo.off_on_numbers != other.typo.off_on_numbers
            || self.custom_fields().ne(other.custom_fields())
    }

    fn custom_fields(&self) -> impl Iterator<Item = String> {
        self.rules().into_iter().filter_map(|rule| match rule {
            Rule::Custom(custom) => Some(custom.field),
            _ => None,
        })
    }

    /// The place of the first searchable attribute that covers `field`; the lower, the better.
    pub(crate) fn weight(&self, field: &str) -> Option<u16> {
        match &self.searchable {
            None => Some(0),
            Some(names) => {
                names.iter().position(|name| match_name(name, field) == Match::Yes).map(|place| place as u16)
            }
        }
    }

    /// Where `field` stands to the searchable attributes.
    pub(crate) fn searchable(&self, field: &str) -> Match {
        match &self.searchable {
            None => Match::Yes,
            Some(names) => names.iter().map(|name| match_name(name, field)).max().unwrap_or(Match::No),
        }
    }

    /// Where `field` stands to everything whose values are looked up: filters, facets, sorts, distinct.
    pub(crate) fn faceted(&self, field: &str) -> Match {
        let mut best = Match::No;
        // A rule that covers the field but grants nothing hides the rules after it.
        for rule in &self.filterable {
            match rule.matches(field) {
                Match::Yes => {
                    let features = rule.features();
                    if features.is_filterable() || features.facet_search {
                        return Match::Yes;
                    }
                    break;
                }
                other => best = best.max(other),
            }
        }
        if let Some(distinct) = &self.distinct {
            if field == distinct {
                return Match::Yes;
            }
            best = best.max(match match_name(distinct, field) {
                Match::Parent => Match::Parent,
                _ => Match::No,
            });
        }
        let sorts = self.sortable.iter().map(|name| match_name(name, field)).max().unwrap_or(Match::No);
        let custom = self.custom_fields().map(|name| match_name(&name, field)).max().unwrap_or(Match::No);
        best.max(sorts).max(custom)
    }

    pub(crate) fn filter_rule(&self, field: &str) -> Option<(usize, &FilterRule)> {
        rule_for(&self.filterable, field)
    }

    pub(crate) fn is_displayed(&self, field: &str) -> bool {
        self.displayed
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| match_name(name, field) == Match::Yes))
    }

    /// The languages that the settings give a field, as they were written.
    pub(crate) fn locales(&self, field: &str) -> Vec<String> {
        let rules = self.localized.as_ref().and_then(Value::as_array).into_iter().flatten();
        let matches = |rule: &&Value| {
            texts(&rule["attributePatterns"]).iter().any(|p| match_pattern(p, field) == Match::Yes)
        };
        rules.into_iter().find(matches).map(|rule| texts(&rule["locales"])).unwrap_or_default()
    }

    pub(crate) fn is_geo_filtered(&self) -> bool {
        self.filterable.iter().any(|rule| matches!(rule, FilterRule::Name(name) if name == geo::FIELD))
    }

    pub(crate) fn is_geo_sorted(&self) -> bool {
        self.sortable.iter().any(|name| name == geo::FIELD)
    }

    /// Whether the points of documents are looked at.
    pub(crate) fn is_geo(&self) -> bool {
        self.is_geo_filtered() || self.is_geo_sorted()
    }

    pub(crate) fn facet_by_count(&self, facet: &str) -> bool {
        let order = |name: &str| self.facets_by_count.get(name).copied();
        order(facet).or_else(|| order("*")).unwrap_or(false)
    }

    pub(crate) fn typos_allowed(&self, word: &str) -> u8 {
        let length = word.chars().count();
        if !self.typo.enabled
            || length < usize::from(self.typo.one_typo)
            || self.typo.off_on_words.contains(word)
            || self.typo.off_on_numbers && word.parse::<f64>().is_ok()
        {
            0
        } else if length < usize::from(self.typo.two_typos) {
            1
        } else {
            2
        }
    }

    /// Names that a message may show, and whether there are others it may not.
    pub(crate) fn without_hidden<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> (Vec<&'a str>, bool) {
        let all: BTreeSet<&str> = names.into_iter().collect();
        let count = all.len();
        let shown: Vec<&str> = all.into_iter().filter(|name| self.is_displayed(name)).collect();
        let hidden = shown.len() < count;
        (shown, hidden)
    }
}

/// `null` and anything with a star stand for all attributes.
fn starred(value: &Value) -> Option<Vec<String>> {
    if value.is_null() {
        return None;
    }
    let mut names = texts(value);
    if names.iter().any(|name| name == "*") {
        return None;
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Some(names)
}

/// What an attribute that is not `kind` is told.
pub(crate) fn not_among(field: &str, names: &[&str], hidden: bool, kind: &str, code: Code) -> ApiError {
    let offer = if names.is_empty() && !hidden {
        format!("This index does not have configured {kind} attributes.")
    } else {
        let rest = if hidden { ", <..hidden-attributes>" } else { "" };
        format!("Available {kind} attributes are: `{}{rest}`.", names.join(", "))
    };
    ApiError::new(code, format!("Attribute `{field}` is not {kind}. {offer}"))
}
