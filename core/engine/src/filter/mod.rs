//! Filters: read with Meilisearch's grammar and its words for what is wrong, evaluated to a set of documents.

mod evaluate;
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
            format!("Invalid type for filter subexpression: expected: {accepted}, found: {found}."),
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

/// The documents that pass.
pub(crate) fn evaluate(snapshot: &Snapshot, filter: &Value, code: Code) -> Result<roaring::RoaringBitmap> {
    match parse(filter, code)? {
        None => Ok(snapshot.docids.clone()),
        Some(filter) => evaluate::evaluate(snapshot, &filter, code),
    }
}
