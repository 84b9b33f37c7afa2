//! Ranking rules and sort criteria, as text.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code, Result};
use crate::geo::{self, Point};

/// A field and a direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AscDesc {
    pub(crate) field: String,
    pub(crate) ascending: bool,
}

/// What a request sorts by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SortBy {
    Field(AscDesc),
    Distance { from: Point, ascending: bool },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Rule {
    Words,
    Typo,
    Proximity,
    Attribute,
    AttributeRank,
    WordPosition,
    Sort,
    Exactness,
    Custom(AscDesc),
}

pub(crate) const DEFAULT_RULES: &[&str] =
    &["words", "typo", "proximity", "attributeRank", "sort", "wordPosition", "exactness"];

impl Rule {
    pub(crate) fn parse(text: &str) -> Result<Rule> {
        Ok(match text {
            "words" => Rule::Words,
            "typo" => Rule::Typo,
            "proximity" => Rule::Proximity,
            "attribute" => Rule::Attribute,
            "attributeRank" => Rule::AttributeRank,
            "wordPosition" => Rule::WordPosition,
            "sort" => Rule::Sort,
            "exactness" => Rule::Exactness,
            custom => match parse_criterion(custom) {
                Ok(SortBy::Field(by)) => Rule::Custom(by),
                other => {
                    return Err(ApiError::new(Code::InvalidSettingsRankingRules, refusal(custom, other)));
                }
            },
        })
    }
}

fn refusal(text: &str, parsed: Result<SortBy, BadSort>) -> String {
    let reserved = |name: &str, use_: &str| {
        format!("`{name}` is a reserved keyword and thus can't be used as a ranking rule.{use_}")
    };
    match parsed {
        Ok(_) | Err(BadSort::Degrees(_)) => {
            reserved("_geoPoint", " `_geoPoint` can only be used for sorting at search time")
        }
        Err(BadSort::Reserved(name)) if name.starts_with("_geoPoint") => {
            reserved("_geoPoint", " `_geoPoint` can only be used for sorting at search time")
        }
        Err(BadSort::Reserved(name)) if name.starts_with("_geoRadius") => {
            reserved("_geoRadius", " `_geoRadius` can only be used for filtering at search time")
        }
        Err(BadSort::Reserved(name)) if name.starts_with("_geoBoundingBox") => {
            reserved("_geoBoundingBox", " `_geoBoundingBox` can only be used for filtering at search time")
        }
        Err(BadSort::Reserved(name)) => {
            format!("`{name}` is a reserved keyword and thus can't be used as a ranking rule")
        }
        Err(BadSort::Syntax) => format!(
            "`{text}` ranking rule is invalid. Valid ranking rules are words, typo, sort, proximity, attribute, exactness \
             and custom ranking rules."
        ),
    }
}

/// Why a criterion is none.
enum BadSort {
    Syntax,
    Reserved(String),
    Degrees(String),
}

fn parse_criterion(text: &str) -> Result<SortBy, BadSort> {
    let (left, ascending) = match text.rsplit_once(':') {
        Some((left, "asc")) => (left, true),
        Some((left, "desc")) => (left, false),
        _ => return Err(BadSort::Syntax),
    };
    let point = left.strip_prefix("_geoPoint(").and_then(|rest| rest.strip_suffix(')'));
    let Some(point) = point else {
        let is_call = ["_geoRadius(", "_geoBoundingBox(", "_geo(", "_geoDistance("];
        if geo::is_reserved(left) || is_call.iter().any(|call| left.starts_with(call)) {
            return Err(BadSort::Reserved(left.to_owned()));
        }
        return Ok(SortBy::Field(AscDesc { field: left.to_owned(), ascending }));
    };
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let pair = point.split_once(',').and_then(|(lat, lng)| Some((number(lat)?, number(lng)?)));
    let Some((lat, lng)) = pair else { return Err(BadSort::Reserved(left.to_owned())) };
    geo::check_lat(lat).and_then(|()| geo::check_lng(lng)).map_err(BadSort::Degrees)?;
    Ok(SortBy::Distance { from: Point { lat, lng }, ascending })
}

/// The `sort` of a request.
pub(crate) fn parse_sort(criteria: &[String], code: Code) -> Result<Vec<SortBy>> {
    criteria
        .iter()
        .map(|text| {
            parse_criterion(text).map_err(|bad| {
                let reserved = |name: &str| {
                    format!("`{name}` is a reserved keyword and thus can't be used as a sort expression.")
                };
                const INSTEAD: &str =
                    " Use the _geoPoint(latitude, longitude) built-in rule to sort on _geo field coordinates.";
                let message = match bad {
                    BadSort::Syntax => format!(
                        "Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `{text}`."
                    ),
                    BadSort::Degrees(why) => why,
                    BadSort::Reserved(name) if name.starts_with("_geoPoint") => format!(
                        "Invalid syntax for the geo parameter: expected expression formated like \
                         `_geoPoint(latitude, longitude)` and ending by `:asc` or `:desc`, found `{name}`."
                    ),
                    BadSort::Reserved(name) if name == geo::FIELD => reserved(&name) + INSTEAD,
                    BadSort::Reserved(name) if name.starts_with("_geoRadius") => {
                        reserved("_geoRadius") + INSTEAD
                    }
                    BadSort::Reserved(name) if name.starts_with("_geoBoundingBox") => {
                        reserved("_geoBoundingBox") + INSTEAD
                    }
                    BadSort::Reserved(name) => reserved(&name),
                };
                ApiError::new(code, message)
            })
        })
        .collect()
}
