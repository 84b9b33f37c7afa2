//! A JSON object read strictly: known fields of known types, and words for what is wrong.

use serde_json::{Map, Value};

use super::query::quoted_list;
use super::similar::did_you_mean;
use crate::error::{ApiError, Code, Result};

/// A JSON object whose fields are taken one by one.
pub(crate) struct Fields {
    map: Map<String, Value>,
    /// Where in the body this object sits, as `.a[0].b`; empty at the top.
    at: String,
}

impl Fields {
    /// Opens the top of a body; `code` is for anything that is not an object.
    pub(crate) fn of(value: Value, code: Code) -> Result<Fields> {
        Fields::within(value, String::new(), code)
    }

    pub(crate) fn within(value: Value, at: String, code: Code) -> Result<Fields> {
        match value {
            Value::Object(map) => Ok(Fields { map, at }),
            other => Err(invalid_type(&at, "an object", &other, code)),
        }
    }

    pub(crate) fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.at)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.map.keys().map(String::as_str)
    }

    /// Refuses fields that are not in `accepted`.
    pub(crate) fn only(&self, accepted: &[&str], code: Code) -> Result<()> {
        match self.map.keys().find(|key| !accepted.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let inside =
                    if self.at.is_empty() { String::new() } else { format!(" inside `{}`", self.at) };
                Err(ApiError::new(
                    code,
                    format!(
                        "Unknown field `{key}`{inside}: {}expected one of {}",
                        did_you_mean(key, accepted),
                        quoted_list(accepted)
                    ),
                ))
            }
        }
    }

    /// Refuses `null` where a field may be left out but not emptied.
    pub(crate) fn no_null(&self, names: &[(&str, &str, Code)]) -> Result<()> {
        match names.iter().find(|(name, ..)| self.map.get(*name).is_some_and(Value::is_null)) {
            None => Ok(()),
            Some((name, expected, code)) => {
                Err(invalid_type(&self.path(name), expected, &Value::Null, *code))
            }
        }
    }

    /// A field that must be there, and not `null`.
    pub(crate) fn required(&mut self, key: &str, missing: Code, code: Code) -> Result<String> {
        if !self.has(key) {
            return Err(self.missing(key, missing));
        }
        self.no_null(&[(key, "a string", code)])?;
        Ok(self.string(key, code)?.unwrap_or_default())
    }

    /// Keeps the fields that are named, and forgets the rest.
    pub(crate) fn keep(&mut self, names: &[&str]) {
        self.map.retain(|key, _| names.contains(&key.as_str()));
    }

    pub(crate) fn missing(&self, key: &str, code: Code) -> ApiError {
        let inside = if self.at.is_empty() { String::new() } else { format!(" inside `{}`", self.at) };
        ApiError::new(code, format!("Missing field `{key}`{inside}"))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Whether it is there and not `null`.
    pub(crate) fn is_given(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    /// The value as it stands, `null` included.
    pub(crate) fn raw(&mut self, key: &str) -> Option<Value> {
        self.map.get_mut(key).map(Value::take)
    }

    /// The value, where it is there and not `null`.
    pub(crate) fn value(&mut self, key: &str) -> Option<Value> {
        self.raw(key).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&mut self, key: &str, code: Code) -> Result<Option<String>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(invalid_type(&self.path(key), "a string", &other, code)),
        }
    }

    pub(crate) fn flag(&mut self, key: &str, code: Code) -> Result<Option<bool>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(invalid_type(&self.path(key), "a boolean", &other, code)),
        }
    }

    pub(crate) fn number(&mut self, key: &str, code: Code) -> Result<Option<usize>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number as usize)),
                None => Err(invalid_type(&self.path(key), "a positive integer", &value, code)),
            },
        }
    }

    pub(crate) fn float(&mut self, key: &str, code: Code) -> Result<Option<f64>> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(invalid_type(&self.path(key), "a number", &value, code)),
            },
        }
    }

    pub(crate) fn strings(&mut self, key: &str, code: Code) -> Result<Option<Vec<String>>> {
        let path = self.path(key);
        match self.value(key) {
            None => Ok(None),
            Some(value) => strings(value, &path, code).map(Some),
        }
    }
}

/// An array of strings and nothing else.
pub(crate) fn strings(value: Value, path: &str, code: Code) -> Result<Vec<String>> {
    let Value::Array(items) = value else { return Err(invalid_type(path, "an array", &value, code)) };
    items
        .into_iter()
        .enumerate()
        .map(|(i, item)| match item {
            Value::String(text) => Ok(text),
            other => Err(invalid_type(&format!("{path}[{i}]"), "a string", &other, code)),
        })
        .collect()
}

/// What was expected, what was found, and where.
pub(crate) fn invalid_type(at: &str, expected: &str, found: &Value, code: Code) -> ApiError {
    let kind = match found {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => format!("a boolean: `{found}`"),
        Value::Number(n) if n.is_u64() => format!("a positive integer: `{found}`"),
        Value::Number(n) if n.is_i64() => format!("a negative integer: `{found}`"),
        Value::Number(_) => format!("a number: `{found}`"),
        Value::String(_) => format!("a string: `{found}`"),
        Value::Array(_) => format!("an array: `{found}`"),
        Value::Object(_) => format!("an object: `{found}`"),
    };
    let place = if at.is_empty() { String::new() } else { format!(" at `{at}`") };
    ApiError::new(code, format!("Invalid value type{place}: expected {expected}, but found {kind}"))
}
