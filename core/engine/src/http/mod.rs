//! How a request is read: where it goes, what its query and body say, and how an answer is made.
//!
//! Nothing here knows what an index is; `route` turns a request into a call.

mod body;
mod fields;
mod query;
mod similar;

#[cfg(feature = "server")]
pub(crate) use body::too_large;
pub(crate) use body::{ContentType, decode, json};
pub(crate) use fields::{Fields, invalid_type, strings};
pub(crate) use query::{Query, flag, number, percent_decode};

use crate::engine::Response;
use crate::error::ApiError;

/// Meilisearch's limit on a request body, after decompression: 100 MB.
pub(crate) const MAX_BODY: usize = 100_000_000;

impl Response {
    pub(crate) fn json(status: u16, value: &serde_json::Value) -> Response {
        Response { status, body: serde_json::to_vec(value).unwrap_or_default() }
    }

    pub(crate) fn empty(status: u16) -> Response {
        Response { status, body: Vec::new() }
    }
}

impl From<ApiError> for Response {
    fn from(error: ApiError) -> Response {
        Response::json(error.code.status(), &error.to_json())
    }
}
