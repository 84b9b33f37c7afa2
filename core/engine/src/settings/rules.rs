//! Ranking rules and sort criteria, as text.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, Code, Result};

/// A field and a direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AscDesc {
    pub(crate) field: String,
    pub(crate) ascending: bool,
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
            custom => Rule::Custom(
                parse_asc_desc(custom)
                    .ok_or_else(|| ApiError::new(Code::InvalidSettingsRankingRules, refusal(custom)))?,
            ),
        })
    }
}

fn refusal(text: &str) -> String {
    for (reserved, what) in
        [("_geoPoint", "sorting"), ("_geoRadius", "filtering"), ("_geoBoundingBox", "filtering")]
    {
        if text.starts_with(reserved) {
            return format!(
                "`{reserved}` is a reserved keyword and thus can't be used as a ranking rule. `{reserved}` can only be \
                 used for {what} at search time"
            );
        }
    }
    format!(
        "`{text}` ranking rule is invalid. Valid ranking rules are words, typo, sort, proximity, attribute, exactness \
         and custom ranking rules."
    )
}

fn parse_asc_desc(text: &str) -> Option<AscDesc> {
    if text.starts_with("_geo") {
        return None;
    }
    let (field, direction) = text.rsplit_once(':')?;
    let ascending = match direction {
        "asc" => true,
        "desc" => false,
        _ => return None,
    };
    Some(AscDesc { field: field.to_owned(), ascending })
}

/// The `sort` of a request.
pub(crate) fn parse_sort(criteria: &[String], code: Code) -> Result<Vec<AscDesc>> {
    criteria
        .iter()
        .map(|text| {
            parse_asc_desc(text).ok_or_else(|| {
                let message = if text.starts_with("_geo") {
                    format!("`{text}` cannot be sorted by: this index does not keep geographic points.")
                } else {
                    format!("Invalid syntax for the sort parameter: expected expression ending by `:asc` or `:desc`, found `{text}`.")
                };
                ApiError::new(code, message)
            })
        })
        .collect()
}
