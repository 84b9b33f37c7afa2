//! Filters: read with Meilisearch's grammar and its words for what is wrong, evaluated to a set of documents.

mod area;
mod evaluate;
mod outline;
mod parser;

use serde_json::Value;

use parser::Filter;

use crate::error::{ApiError, Code, Result};
use crate::index::Snapshot;

/// Reads a filter as a request has it: text, or a list (all of) of texts and lists (any of) of texts.
/// `None` asks for nothing.
pub(crate) fn parse(filter: &Value, code: Code) -> Result<Option<Filter>> {
    let refuse = |accepted: &str, found: &Value| {
        ApiError::new(
            code,
            format!("Invalid syntax for the filter parameter: `expected {accepted}, found: {found}`."),
        )
    };
    match filter {
        Value::String(text) => parser::parse(text, code),
        Value::Array(items) => {
            let mut all = Vec::new();
            for item in items {
                match item {
                    Value::String(text) => all.extend(parser::parse(text, code)?),
                    Value::Array(alternatives) => {
                        let mut any = Vec::new();
                        for item in alternatives {
                            let Value::String(text) = item else { return Err(refuse("String", item)) };
                            any.extend(parser::parse(text, code)?);
                        }
                        all.extend(Filter::any(any));
                    }
                    other => return Err(refuse("String, [String]", other)),
                }
            }
            Ok(Filter::all(all))
        }
        other => Err(refuse("String, Array", other)),
    }
}

/// How a filter of a request is read, as plain data: `{"all" | "any": [...]}`, `{"not": …}` or
/// `{"field", "op", "values"}`; null where it asks for nothing. Fails with the words a request would.
///
/// ```
/// let read = scrypath_engine::outline_filter(&serde_json::json!("year >= 1990 AND NOT kind = tug"));
/// let (year, kind) = (r#"{"field":"year","op":">=","values":["1990"]}"#, r#"{"field":"kind","op":"=","values":["tug"]}"#);
/// assert_eq!(read.unwrap().to_string(), format!(r#"{{"all":[{year},{{"not":{kind}}}]}}"#));
/// ```
pub fn outline_filter(filter: &Value) -> std::result::Result<Value, String> {
    match parse(filter, Code::InvalidSearchFilter) {
        Ok(filter) => Ok(filter.as_ref().map_or(Value::Null, outline::outline)),
        Err(error) => Err(error.message),
    }
}

/// Refuses `CONTAINS`, which Meilisearch allows only where an experimental feature is on. A filter that is
/// not well formed is told so where it is evaluated.
pub(crate) fn refuse_contains(filter: &Value, code: Code) -> Result<()> {
    match parse(filter, code).ok().flatten().as_ref().and_then(Filter::contains_operator) {
        None => Ok(()),
        Some(keyword) => Err(keyword.error(
            Code::FeatureNotEnabled,
            "Using `CONTAINS` in a filter requires enabling the `contains filter` experimental feature. See \
             https://github.com/orgs/meilisearch/discussions/763",
        )),
    }
}

/// The documents that pass.
pub(crate) fn evaluate(snapshot: &Snapshot, filter: &Value, code: Code) -> Result<roaring::RoaringBitmap> {
    match parse(filter, code)? {
        None => Ok(snapshot.docids.clone()),
        Some(filter) => documents(snapshot, &filter, code),
    }
}

/// The documents that pass a filter that was read before.
pub(crate) fn documents(snapshot: &Snapshot, filter: &Filter, code: Code) -> Result<roaring::RoaringBitmap> {
    evaluate::evaluate(snapshot, filter, code)
}
