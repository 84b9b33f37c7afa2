//! How an attribute pattern names fields: `a` covers `a.b`, `*` stands for anything at either end.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How a field stands to a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    No,
    /// A field below this one matches.
    Parent,
    Yes,
}

/// Whether `field` is `parent` or lies below it.
pub(crate) fn is_within(field: &str, parent: &str) -> bool {
    field.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Patterns with stars, where a plain name means that field alone.
pub(crate) fn match_pattern(pattern: &str, field: &str) -> Match {
    let matched = if pattern == "*" {
        true
    } else {
        match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(rest), Some(_)) => field.contains(&rest[..rest.len().saturating_sub(1)]),
            (Some(end), None) => field.ends_with(end),
            (None, Some(start)) => field.starts_with(start),
            (None, None) => pattern == field,
        }
    };
    if matched {
        Match::Yes
    } else if is_within(pattern, field) {
        Match::Parent
    } else {
        Match::No
    }
}

/// Plain names, which cover the fields below them too.
pub(crate) fn match_name(name: &str, field: &str) -> Match {
    if is_within(field, name) {
        Match::Yes
    } else if is_within(name, field) {
        Match::Parent
    } else {
        Match::No
    }
}

/// One entry of `filterableAttributes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FilterRule {
    Name(String),
    Patterns { patterns: Vec<String>, features: Features },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Features {
    pub(crate) facet_search: bool,
    pub(crate) equality: bool,
    pub(crate) comparison: bool,
}

impl Features {
    pub(crate) fn is_filterable(self) -> bool {
        self.equality || self.comparison
    }
}

impl FilterRule {
    pub(crate) fn matches(&self, field: &str) -> Match {
        match self {
            FilterRule::Name(name) => match_name(name, field),
            FilterRule::Patterns { patterns, .. } => {
                patterns.iter().map(|p| match_pattern(p, field)).max().unwrap_or(Match::No)
            }
        }
    }

    pub(crate) fn features(&self) -> Features {
        match self {
            FilterRule::Name(_) => Features { facet_search: true, equality: true, comparison: true },
            FilterRule::Patterns { features, .. } => *features,
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            FilterRule::Name(name) => vec![name],
            FilterRule::Patterns { patterns, .. } => patterns.iter().map(String::as_str).collect(),
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        match self {
            FilterRule::Name(name) => json!(name),
            FilterRule::Patterns { patterns, features } => json!({
                "attributePatterns": patterns,
                "features": {
                    "facetSearch": features.facet_search,
                    "filter": {"equality": features.equality, "comparison": features.comparison},
                },
            }),
        }
    }
}

/// The first rule that covers `field`, with its place in the list.
pub(crate) fn rule_for<'a>(rules: &'a [FilterRule], field: &str) -> Option<(usize, &'a FilterRule)> {
    rules.iter().enumerate().find(|(_, rule)| rule.matches(field) == Match::Yes)
}

/// What a message may offer instead of a field that is not what was asked.
pub(crate) fn names_where(rules: &[FilterRule], wanted: impl Fn(Features) -> bool) -> BTreeSet<&str> {
    rules.iter().filter(|rule| wanted(rule.features())).flat_map(FilterRule::names).collect()
}
