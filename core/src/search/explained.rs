//! Why hits are in their order: the ranking details of a reply, in words.
//!
//! A server ranks by one rule after the other: a later rule decides only between hits that the earlier ones
//! found equal. So each hit's rules are told in that order, each with what it saw.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::run::ExplainedRequest;

/// What was sent, and what decided the order of what came back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explained {
    pub request: ExplainedRequest,
    /// Of each hit, in hit order.
    pub ranking: Vec<Ranking>,
}

/// Why one hit is where it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Ranking {
    /// From 0 to 1; `None` where the server did not say.
    pub score: Option<f64>,
    /// In the order they were applied.
    pub rules: Vec<RankedBy>,
}

/// What one ranking rule saw in a hit.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RankedBy {
    /// The rule, as settings name it: `words`, `typo`, …, `year:desc`.
    pub rule: String,
    /// From 0 to 1; sorts have none.
    pub score: Option<f64>,
    /// The same as a sentence.
    pub words: String,
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_rankingScore")]
    score: Option<f64>,
    #[serde(rename = "_rankingScoreDetails")]
    details: Option<BTreeMap<String, Detail>>,
}

/// One entry of `_rankingScoreDetails`. Which members it has depends on the rule.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Detail {
    order: u32,
    score: Option<f64>,
    matching_words: Option<u64>,
    max_matching_words: Option<u64>,
    typo_count: Option<u64>,
    max_typo_count: Option<u64>,
    attribute_ranking_order_score: Option<f64>,
    query_word_distance_score: Option<f64>,
    match_type: Option<String>,
    value: Value,
    distance: Option<f64>,
}

impl Ranking {
    /// Reads a hit. One whose details have another form is told without them.
    pub(super) fn of(hit: &RawValue) -> Self {
        let Ok(Hit { score, details }) = serde_json::from_str(hit.get()) else { return Self::default() };
        let mut details: Vec<_> = details.into_iter().flatten().collect();
        details.sort_by_key(|(_, detail)| detail.order);
        let rules = details.into_iter().map(|(rule, detail)| {
            let words = detail.words(&rule);
            RankedBy { rule, score: detail.score, words }
        });
        Self { score, rules: rules.collect() }
    }
}

impl Detail {
    fn words(&self, rule: &str) -> String {
        match rule {
            "words" => match (self.matching_words, self.max_matching_words) {
                (Some(found), Some(all)) if found == all => match all {
                    1 => "it has the query's only word".to_owned(),
                    _ => format!("it has all {all} words of the query"),
                },
                (Some(found), Some(all)) => format!("it has {found} of the query's {all} words"),
                _ => self.bare(rule),
            },
            "typo" => match (self.typo_count, self.max_typo_count) {
                (Some(0), _) => "found without a typo".to_owned(),
                (Some(typos), Some(most)) => {
                    format!("found with {} of at most {most} that are forgiven", counted(typos, "typo"))
                }
                _ => self.bare(rule),
            },
            "proximity" if self.is_best() => "the words are as near to each other as in the query".to_owned(),
            "proximity" => self.graded("the words are further apart than in the query"),
            "attribute" => self.attribute(),
            "attributeRank" if self.is_best() => "found in the most important field".to_owned(),
            "attributeRank" => self.graded("found in a less important field"),
            "wordPosition" if self.is_best() => "found where the field begins".to_owned(),
            "wordPosition" => self.graded("found further on in the field"),
            "exactness" => self.exactness(),
            "vectorSort" | "semantic" => self.graded("its meaning is near to the query's"),
            "skipped" => "the server ran out of time before it could apply this rule".to_owned(),
            rule if rule.starts_with("<hidden") => "by a rule that this key may not see".to_owned(),
            rule if rule.starts_with("_geoPoint") => match self.distance {
                Some(meters) => format!("{meters:.0} m away"),
                None => "it has no place".to_owned(),
            },
            rule => match rule.rsplit_once(':') {
                Some((field, "asc")) => self.sorted(field, "ascending"),
                Some((field, "desc")) => self.sorted(field, "descending"),
                _ => self.bare(rule),
            },
        }
    }

    fn is_best(&self) -> bool {
        self.score.is_some_and(|score| score >= 1.0)
    }

    fn attribute(&self) -> String {
        let (Some(field), Some(place)) = (self.attribute_ranking_order_score, self.query_word_distance_score)
        else {
            return self.bare("attribute");
        };
        let field = match field {
            1.0.. => "found in the most important field".to_owned(),
            rank => format!("found in a less important field ({rank:.3} of 1)"),
        };
        let place = match place {
            1.0.. => "where it begins".to_owned(),
            rank => format!("further on in it ({rank:.3} of 1)"),
        };
        format!("{field}, {place}")
    }

    fn exactness(&self) -> String {
        match (self.match_type.as_deref(), self.matching_words, self.max_matching_words) {
            (Some("exactMatch"), ..) => "a field is exactly the query".to_owned(),
            (Some("matchesStart"), ..) => "a field begins with exactly the query".to_owned(),
            (_, Some(exact), Some(all)) => format!("{exact} of {} exactly so", counted_are(all)),
            _ => self.bare("exactness"),
        }
    }

    fn sorted(&self, field: &str, direction: &str) -> String {
        match &self.value {
            Value::Null => format!("sorted by {field}, {direction}: it has none"),
            value => format!("sorted by {field}, {direction}: {}", as_indexed(value)),
        }
    }

    fn graded(&self, what: &str) -> String {
        match self.score {
            Some(score) => format!("{what} ({score:.3} of 1)"),
            None => what.to_owned(),
        }
    }

    /// For what a server may add one day.
    fn bare(&self, rule: &str) -> String {
        self.graded(&format!("by the rule {rule}"))
    }
}

/// The server tells every number as a fraction.
fn as_indexed(value: &Value) -> String {
    match value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15) {
        Some(whole) => format!("{whole:.0}"),
        None => value.to_string(),
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn counted_are(words: u64) -> String {
    match words {
        1 => "1 word is written".to_owned(),
        words => format!("{words} words are written"),
    }
}
