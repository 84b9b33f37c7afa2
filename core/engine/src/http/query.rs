//! The query string: percent-decoding, and parameters that know what they may be.

use super::similar::did_you_mean;
use crate::error::{ApiError, Code, Result};

/// `%41+b` → `A b` where `plus` is a space, as it is in a query but not in a path.
pub(crate) fn percent_decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| (*b as char).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
                continue;
            }
            (b'+', _, _) if plus => decoded.push(b' '),
            (byte, _, _) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The parameters of a request, taken one by one; what is left over is an error.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key, true), percent_decode(value, true))
        });
        Query { pairs: pairs.collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Refuses parameters that the route does not have.
    pub(crate) fn only(&self, accepted: &[&str]) -> Result<()> {
        match self.pairs.iter().find(|(key, _)| !accepted.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => Err(Query::unknown(key, accepted)),
        }
    }

    pub(crate) fn unknown(key: &str, accepted: &[&str]) -> ApiError {
        let meant = did_you_mean(key, accepted);
        ApiError::new(
            Code::BadRequest,
            format!("Unknown parameter `{key}`: {meant}expected one of {}", quoted_list(accepted)),
        )
    }

    /// All parameters, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    pub(crate) fn list(&self, key: &str) -> Option<Vec<String>> {
        self.get(key).map(|v| v.split(',').map(|s| s.trim().to_owned()).collect())
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, key: &str, code: Code) -> Result<Option<T>> {
        self.get(key).map(|text| number(key, text, code)).transpose()
    }

    /// `sort`, whose criteria have commas between them, and within `_geoPoint(…)`.
    pub(crate) fn sort(&self) -> Option<Vec<String>> {
        let mut criteria: Vec<String> = Vec::new();
        for part in self.list("sort")? {
            match criteria.last_mut() {
                Some(last) if last.contains('(') && !last.contains(')') => {
                    last.push(',');
                    last.push_str(&part);
                }
                _ => criteria.push(part),
            }
        }
        Some(criteria)
    }

    pub(crate) fn flag(&self, key: &str, code: Code) -> Result<Option<bool>> {
        self.get(key).map(|text| flag(key, text, code)).transpose()
    }
}

pub(crate) fn number<T: std::str::FromStr>(key: &str, text: &str, code: Code) -> Result<T> {
    text.parse().map_err(|_| {
        ApiError::new(
            code,
            format!("Invalid value in parameter `{key}`: could not parse `{text}` as a positive integer"),
        )
    })
}

pub(crate) fn flag(key: &str, text: &str, code: Code) -> Result<bool> {
    text.parse().map_err(|_| {
        ApiError::new(
            code,
            format!(
                "Invalid value in parameter `{key}`: could not parse `{text}` as a boolean, expected either `true` or `false`"
            ),
        )
    })
}

pub(super) fn quoted_list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
