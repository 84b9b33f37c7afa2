//! `/multi-search`: several searches in one request, side by side or merged.

use serde_json::{Value, json};

use super::federate::{Federation, Options, federate};
use super::params::SearchQuery;
use super::routes::search;
use crate::auth::Access;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::{Fields, invalid_type};

/// One of several searches.
pub(super) struct OneOf {
    pub(super) uid: String,
    pub(super) query: SearchQuery,
    pub(super) options: Option<Options>,
}

pub(crate) fn many(core: &Core, access: &Access, body: Value) -> Result<Response> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(&["queries", "federation"], Code::BadRequest)?;
    fields.no_null(&[("queries", "an array", Code::BadRequest)])?;
    let queries = match fields.value("queries") {
        None => return Err(fields.missing("queries", Code::BadRequest)),
        Some(Value::Array(queries)) => queries,
        Some(other) => return Err(invalid_type(".queries", "an array", &other, Code::BadRequest)),
    };
    let federation = fields.value("federation").map(Federation::read).transpose()?;
    let mut searches = Vec::with_capacity(queries.len());
    for (i, query) in queries.into_iter().enumerate() {
        let mut fields = Fields::within(query, format!(".queries[{i}]"), Code::BadRequest)?;
        let path = fields.path("federationOptions");
        let options =
            fields.value("federationOptions").map(|options| Options::read(options, path)).transpose()?;
        let (uid, query) = SearchQuery::of_many(&mut fields)?;
        searches.push(OneOf { uid, query, options });
    }
    if let Some(federation) = federation {
        return Ok(match federate(core, access, &federation, &searches) {
            Ok(reply) => Response::json(200, &reply),
            Err(error) => bad_request(&error),
        });
    }
    let mut results = Vec::with_capacity(searches.len());
    for (i, one) in searches.iter().enumerate() {
        let inside = |error: ApiError| error.prefixed(&format!("Inside `.queries[{i}]`: "));
        if one.options.is_some() {
            return Err(inside(ApiError::new(
                Code::InvalidMultiSearchFederationOptions,
                "Using `federationOptions` is not allowed in a non-federated search.\n - Hint: remove `federationOptions` \
                 from the query or add `federation` to the request.",
            )));
        }
        access.require(&one.uid)?;
        match search(core, access, &one.uid, &one.query) {
            Ok(mut reply) => {
                reply.insert("indexUid".to_owned(), json!(one.uid));
                results.push(Value::Object(reply));
            }
            Err(error) => return Ok(bad_request(&inside(error))),
        }
    }
    Ok(Response::json(200, &json!({"results": results})))
}

/// Which index a query names is a matter of the body here, so an index that is not there answers 400.
fn bad_request(error: &ApiError) -> Response {
    let status = if error.code.status() == 404 { 400 } else { error.code.status() };
    Response::json(status, &error.to_json())
}
