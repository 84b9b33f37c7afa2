//! How good a hit is, rule by rule, and as one number.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use crate::geo::Point;
use crate::settings::Rule;

/// The place of a bucket among all that its rule could make; the best is `of`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rank {
    pub(super) at: u64,
    pub(super) of: u64,
}

impl Rank {
    pub(super) fn score(self) -> f64 {
        self.at as f64 / self.of as f64
    }

    /// `next` divides the bucket that `self` is the rank of.
    fn then(self, next: Rank) -> Rank {
        let at = self.at.saturating_sub(1);
        Rank { at: at.saturating_mul(next.of).saturating_add(next.at), of: self.of.saturating_mul(next.of) }
    }

    fn all(ranks: impl Iterator<Item = Rank>) -> Rank {
        ranks.fold(Rank { at: 1, of: 1 }, Rank::then)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExactMatch {
    Whole,
    Start,
    No,
}

/// What one rule says of a hit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Detail {
    Words {
        matching: u64,
        of: u64,
    },
    Typo {
        count: u64,
        max: u64,
    },
    Proximity(Rank),
    Attribute(Rank),
    Position(Rank),
    ExactAttribute(ExactMatch),
    ExactWords {
        matching: u64,
        of: u64,
    },
    Sort {
        field: String,
        ascending: bool,
        hidden: bool,
        value: Value,
    },
    Distance {
        from: Point,
        ascending: bool,
        value: Option<Point>,
    },
    /// Time ran out before this rule.
    Skipped,
}

impl Detail {
    fn rank(&self) -> Option<Rank> {
        Some(match self {
            Detail::Words { matching, of } => Rank { at: *matching, of: *of },
            Detail::Typo { count, max } => Rank { at: max.saturating_sub(*count) + 1, of: max + 1 },
            Detail::Proximity(rank) | Detail::Attribute(rank) | Detail::Position(rank) => *rank,
            Detail::ExactAttribute(exact) => Rank {
                at: match exact {
                    ExactMatch::Whole => 3,
                    ExactMatch::Start => 2,
                    ExactMatch::No => 1,
                },
                of: 3,
            },
            Detail::ExactWords { matching, of } => Rank { at: matching + 1, of: of + 1 },
            Detail::Sort { .. } | Detail::Distance { .. } => return None,
            Detail::Skipped => Rank { at: 0, of: 1 },
        })
    }
}

/// The score of a hit, from 0 to 1; sorts have no part in it.
pub(super) fn total(details: &[Detail]) -> f64 {
    Rank::all(details.iter().filter_map(Detail::rank)).score()
}

/// What hits of different searches are compared by: scores, and the sorts between them.
#[derive(Debug, Clone)]
pub(super) enum Weighted {
    Score(f64),
    Sort { ascending: bool, value: Value },
    Distance { ascending: bool, meters: Option<f64> },
}

pub(super) fn weighted(details: &[Detail], weight: f64) -> Vec<Weighted> {
    let mut values = Vec::new();
    let mut run: Option<Rank> = None;
    for detail in details {
        match (detail, detail.rank()) {
            (_, Some(rank)) => run = Some(run.map_or(rank, |run| run.then(rank))),
            (Detail::Sort { ascending, value, .. }, None) => {
                values.extend(run.take().map(|rank| Weighted::Score(rank.score() * weight)));
                values.push(Weighted::Sort { ascending: *ascending, value: value.clone() });
            }
            (Detail::Distance { from, ascending, value }, None) => {
                values.extend(run.take().map(|rank| Weighted::Score(rank.score() * weight)));
                let meters = value.map(|value| from.distance(value));
                values.push(Weighted::Distance { ascending: *ascending, meters });
            }
            _ => {}
        }
    }
    values.extend(run.map(|rank| Weighted::Score(rank.score() * weight)));
    values
}

/// Compares two hits; `Greater` is the better. Where the rules do not match, the scores decide.
pub(super) fn compare(left: (&[Weighted], f64), right: (&[Weighted], f64)) -> Ordering {
    let by_score = |a: f64, b: f64| {
        if (a - b).abs() <= f64::EPSILON { Ordering::Equal } else { a.total_cmp(&b) }
    };
    let mut lefts = left.0.iter();
    let mut rights = right.0.iter();
    loop {
        let order = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(Weighted::Score(a)), Some(Weighted::Score(b))) => by_score(*a, *b),
            (
                Some(Weighted::Sort { ascending: a, value: x }),
                Some(Weighted::Sort { ascending: b, value: y }),
            ) if a == b => compare_values(*a, x, y),
            (
                Some(Weighted::Distance { ascending: a, meters: x }),
                Some(Weighted::Distance { ascending: b, meters: y }),
            ) if a == b => match (x, y) {
                // Farther is better, whichever the direction, as in Meilisearch.
                (Some(x), Some(y)) => by_score(*x, *y),
                _ => x.is_some().cmp(&y.is_some()),
            },
            _ => return by_score(left.1, right.1),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Numbers before strings before nothing, whichever the direction.
fn compare_values(ascending: bool, left: &Value, right: &Value) -> Ordering {
    let class = |value: &Value| match value {
        Value::Number(_) => 2,
        Value::String(_) => 1,
        _ => 0,
    };
    let within = match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().unwrap_or_default().total_cmp(&b.as_f64().unwrap_or_default())
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => return class(left).cmp(&class(right)),
    };
    if ascending { within.reverse() } else { within }
}

/// `_rankingScoreDetails`.
pub(super) fn to_json(details: &[Detail], rules: &[Rule]) -> Value {
    let separate = rules.iter().any(|rule| matches!(rule, Rule::AttributeRank | Rule::WordPosition));
    let mut map = Map::new();
    let mut order = 0;
    let mut attribute = Rank { at: 1, of: 1 };
    for detail in details {
        let score = detail.rank().map(Rank::score);
        match detail {
            Detail::Words { matching, of } => {
                map.insert(
                    "words".to_owned(),
                    json!({"order": order, "matchingWords": matching, "maxMatchingWords": of, "score": score}),
                );
            }
            Detail::Typo { count, max } => {
                map.insert(
                    "typo".to_owned(),
                    json!({"order": order, "typoCount": count, "maxTypoCount": max, "score": score}),
                );
            }
            Detail::Proximity(_) => {
                map.insert("proximity".to_owned(), json!({"order": order, "score": score}));
            }
            Detail::Attribute(_) if separate => {
                map.insert("attributeRank".to_owned(), json!({"order": order, "score": score}));
            }
            Detail::Attribute(rank) => {
                attribute = *rank;
                map.insert(
                    "attribute".to_owned(),
                    json!({"order": order, "attributeRankingOrderScore": score}),
                );
            }
            Detail::Position(_) if separate => {
                map.insert("wordPosition".to_owned(), json!({"order": order, "score": score}));
            }
            Detail::Position(rank) => {
                // Half of the rule `attribute`, whose place it shares.
                if let Some(Value::Object(entry)) = map.get_mut("attribute") {
                    entry.insert("queryWordDistanceScore".to_owned(), json!(score));
                    entry
                        .insert("score".to_owned(), json!(Rank::all([attribute, *rank].into_iter()).score()));
                }
                continue;
            }
            Detail::ExactAttribute(exact) => {
                let kind = match exact {
                    ExactMatch::Whole => "exactMatch",
                    ExactMatch::Start => "matchesStart",
                    ExactMatch::No => "noExactMatch",
                };
                map.insert(
                    "exactness".to_owned(),
                    json!({"order": order, "matchType": kind, "score": score}),
                );
            }
            Detail::ExactWords { matching, of } => {
                if let (Some(Value::Object(entry)), Some(rank)) = (map.get_mut("exactness"), detail.rank())
                    && entry.get("matchType") == Some(&json!("noExactMatch"))
                {
                    entry.insert("matchingWords".to_owned(), json!(matching));
                    entry.insert("maxMatchingWords".to_owned(), json!(of));
                    let none = Rank { at: 1, of: 3 };
                    entry.insert("score".to_owned(), json!(Rank::all([none, rank].into_iter()).score()));
                }
                continue;
            }
            Detail::Sort { field, ascending, hidden, value } => {
                let (name, value) = if *hidden {
                    (format!("<hidden-rule-{order}>"), json!("<hidden>"))
                } else {
                    (format!("{field}:{}", if *ascending { "asc" } else { "desc" }), value.clone())
                };
                map.insert(name, json!({"order": order, "value": value}));
            }
            Detail::Distance { from, ascending, value } => {
                let direction = if *ascending { "asc" } else { "desc" };
                map.insert(
                    format!("_geoPoint({}, {}):{direction}", from.lat, from.lng),
                    json!({
                        "order": order,
                        "value": value.map(|point| json!({"lat": point.lat, "lng": point.lng})),
                        "distance": value.map(|point| from.distance(point)),
                    }),
                );
            }
            Detail::Skipped => {
                map.insert("skipped".to_owned(), json!({"order": order}));
            }
        }
        order += 1;
    }
    Value::Object(map)
}
