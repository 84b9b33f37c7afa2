use schemars::JsonSchema;
use serde::Serialize;

use super::wire::member;
use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// Tuning of one query. Absent members are not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct PerQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking_score_threshold: Option<Threshold>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_ranking_score: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_ranking_score_details: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Threshold {
    Int(i64),
    Float(f64),
}

const KEYS: &[&str] = &["ranking_score_threshold", "show_ranking_score", "show_ranking_score_details"];

pub(super) fn read(term: &Term, idiom: Idiom) -> Result<PerQuery> {
    let refuse = |what: &str| {
        let option = idiom.option("per_query");
        let message = format!("invalid value for {option} option: {what}");
        Err(Error::new(Kind::InvalidOption, message).named("per_query"))
    };
    if term.is_null() {
        return Ok(PerQuery::default());
    }
    let entries: Vec<(&Term, &Term)> = match term {
        Term::Map(entries) => entries.iter().map(|(key, value)| (key, value)).collect(),
        Term::List(items) => {
            let pairs = items.iter().map(|item| match item {
                Term::Tuple(pair) | Term::List(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
                _ => None,
            });
            match pairs.collect() {
                Some(pairs) => pairs,
                None => return refuse("expected per_query to be a keyword list or a map"),
            }
        }
        other => {
            return refuse(&format!(
                "expected per_query to be a keyword list or a map, got: {}",
                shown(other, idiom)
            ));
        }
    };
    let mut tuning = PerQuery::default();
    for (key, value) in entries {
        let Some(key) = idiom.as_name(key) else {
            return refuse(&format!("per_query keys must be {}s", idiom.symbol_type()));
        };
        let key = idiom.read_option(key);
        let wrong = |expected: &str| {
            let got = shown(value, idiom);
            refuse(&format!("{} must be {expected}, got: {got}", idiom.option(&key)))
        };
        match (key.as_ref(), value) {
            ("ranking_score_threshold", Term::Int(value @ 0..)) => {
                tuning.ranking_score_threshold = Some(Threshold::Int(*value));
            }
            ("ranking_score_threshold", Term::Float(value)) if *value >= 0.0 && value.is_finite() => {
                tuning.ranking_score_threshold = Some(Threshold::Float(*value));
            }
            ("ranking_score_threshold", _) => return wrong("a number of at least 0"),
            ("show_ranking_score", Term::Bool(on)) => tuning.show_ranking_score = Some(*on),
            ("show_ranking_score_details", Term::Bool(on)) => tuning.show_ranking_score_details = Some(*on),
            ("show_ranking_score" | "show_ranking_score_details", _) => return wrong("a boolean"),
            (other, _) => {
                let known = idiom.options(KEYS.iter().copied());
                return refuse(&format!("unknown per_query key {}; accepted: {known}", idiom.option(other)));
            }
        }
    }
    Ok(tuning)
}

impl PerQuery {
    /// The members that were given.
    pub(super) fn pairs(&self) -> Vec<(String, Term)> {
        let threshold = self.ranking_score_threshold.map(|threshold| match threshold {
            Threshold::Int(value) => Term::Int(value),
            Threshold::Float(value) => Term::Float(value),
        });
        let values = [
            threshold,
            self.show_ranking_score.map(Term::Bool),
            self.show_ranking_score_details.map(Term::Bool),
        ];
        let members = KEYS.iter().zip(values);
        members.filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (name, on) in [
            ("showRankingScore", self.show_ranking_score),
            ("showRankingScoreDetails", self.show_ranking_score_details),
        ] {
            if on == Some(true) {
                member(out, name);
                out.extend_from_slice(b"true");
            }
        }
    }

    /// The one member that decides what is a hit.
    pub(super) fn write_threshold(&self, out: &mut Vec<u8>) {
        if let Some(threshold) = self.ranking_score_threshold {
            member(out, "rankingScoreThreshold");
            let digits = match threshold {
                Threshold::Int(value) => value.to_string(),
                Threshold::Float(value) => format!("{value:?}"),
            };
            out.extend_from_slice(digits.as_bytes());
        }
    }
}
