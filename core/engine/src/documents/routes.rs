//! `/indexes/{uid}/documents` and below.

use serde_json::Value;

use super::payload;
use super::view::{Browse, show};
use crate::auth::Access;
use crate::core::Core;
use crate::engine::{Request, Response};
use crate::error::{ApiError, Code, Result};
use crate::filter;
use crate::http::{self, ContentType, Fields, Query, invalid_type};
use crate::index::id_of;
use crate::indexes::check_uid;
use crate::search::{check_filter, no_network};
use crate::tasks::{Method, Work, accepted, enqueue};

pub(crate) fn list(core: &Core, uid: &str, query: &Query) -> Result<Response> {
    query.only(&["offset", "limit", "fields", "retrieveVectors", "ids", "filter", "sort", "useNetwork"])?;
    check_uid(uid)?;
    refuse_network(query)?;
    let vectors = query.flag("retrieveVectors", Code::InvalidDocumentRetrieveVectors)?.unwrap_or(false);
    let browse = Browse {
        offset: query.number("offset", Code::InvalidDocumentOffset)?.unwrap_or(0),
        limit: query.number("limit", Code::InvalidDocumentLimit)?.unwrap_or(20),
        fields: query.list("fields").filter(|fields| !fields.iter().any(|f| f == "*")),
        vectors,
        ids: query
            .list("ids")
            .map(|ids| {
                ids.into_iter()
                    .filter(|id| !id.is_empty())
                    .enumerate()
                    .map(|(i, id)| id_text(Value::from(id), i))
                    .collect()
            })
            .transpose()?,
        filter: query
            .get("filter")
            .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))),
        sort: query.sort(),
    };
    browse_index(core, uid, browse)
}

pub(crate) fn fetch(core: &Core, uid: &str, body: Value) -> Result<Response> {
    check_uid(uid)?;
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(
        &["offset", "limit", "fields", "retrieveVectors", "ids", "filter", "sort", "useNetwork"],
        Code::BadRequest,
    )?;
    fields.no_null(&[
        ("offset", "a positive integer", Code::InvalidDocumentOffset),
        ("limit", "a positive integer", Code::InvalidDocumentLimit),
        ("retrieveVectors", "a boolean", Code::InvalidDocumentRetrieveVectors),
    ])?;
    let vectors = fields.flag("retrieveVectors", Code::InvalidDocumentRetrieveVectors)?.unwrap_or(false);
    if fields.flag("useNetwork", Code::InvalidDocumentUseNetwork)?.is_some() {
        return Err(no_network());
    }
    let ids = match fields.value("ids") {
        None => None,
        Some(Value::Array(ids)) => {
            Some(ids.into_iter().enumerate().map(|(i, id)| id_text(id, i)).collect::<Result<Vec<_>>>()?)
        }
        Some(other) => return Err(invalid_type(".ids", "an array", &other, Code::InvalidDocumentIds)),
    };
    let browse = Browse {
        offset: fields.number("offset", Code::InvalidDocumentOffset)?.unwrap_or(0),
        limit: fields.number("limit", Code::InvalidDocumentLimit)?.unwrap_or(20),
        fields: fields
            .strings("fields", Code::InvalidDocumentFields)?
            .filter(|f| !f.iter().any(|f| f == "*")),
        ids,
        vectors,
        filter: fields.value("filter"),
        sort: fields.strings("sort", Code::InvalidDocumentSort)?,
    };
    browse_index(core, uid, browse)
}

fn browse_index(core: &Core, uid: &str, browse: Browse) -> Result<Response> {
    check_filter(core, browse.filter.as_ref())?;
    let snapshot = core.index(uid)?.snapshot()?;
    Ok(Response::json(200, &browse.run(&snapshot)?))
}

fn id_text(id: Value, place: usize) -> Result<String> {
    id_of(&id)
        .map_err(|error| error.with_code(Code::InvalidDocumentIds).prefixed(&format!("In `.ids[{place}]`: ")))
}

fn refuse_network(query: &Query) -> Result<()> {
    match query.get("useNetwork") {
        None => Ok(()),
        Some(text) => Err(ApiError::new(
            Code::InvalidDocumentUseNetwork,
            format!(
                "Invalid value type for parameter `useNetwork`: expected a string, but found a string: `{text}`"
            ),
        )),
    }
}

pub(crate) fn get_one(core: &Core, uid: &str, id: &str, query: &Query) -> Result<Response> {
    query.only(&["fields", "retrieveVectors", "useNetwork"])?;
    check_uid(uid)?;
    let vectors = query.flag("retrieveVectors", Code::InvalidDocumentRetrieveVectors)?.unwrap_or(false);
    let fields = query.list("fields").filter(|fields| !fields.iter().any(|f| f == "*"));
    let snapshot = core.index(uid)?.snapshot()?;
    match snapshot.docid(id)? {
        Some(docid) => Ok(Response::json(200, &show(&snapshot, docid, fields.as_deref(), vectors)?)),
        None => Err(ApiError::new(Code::DocumentNotFound, format!("Document `{id}` not found."))),
    }
}

pub(crate) fn add(
    core: &Core,
    access: &Access,
    uid: &str,
    method: Method,
    query: &Query,
    request: &Request<'_>,
) -> Result<Response> {
    query.only(&["primaryKey", "csvDelimiter", "customMetadata", "skipCreation"])?;
    check_uid(uid)?;
    let format = ContentType::of(request)?;
    let skip_new = match query.get("skipCreation") {
        None | Some("false") => false,
        Some("true") => true,
        Some(text) => {
            return Err(ApiError::new(
                Code::InvalidSkipCreation,
                format!("skipCreation must be either `true` or `false`. Found: `{text}`"),
            ));
        }
    };
    let delimiter = match query.get("csvDelimiter") {
        None => b',',
        Some(text) => {
            let [byte] = text.as_bytes() else {
                let message = match text.chars().count() {
                    0 => "Invalid value in parameter `csvDelimiter`: expected a string of one character, but found an empty string"
                        .to_owned(),
                    1 => format!("csv delimiter must be an ascii character. Found: `{text}`"),
                    count => format!(
                        "Invalid value in parameter `csvDelimiter`: expected a string of one character, but found the following \
                         string of {count} characters: `{text}`"
                    ),
                };
                return Err(ApiError::new(Code::InvalidDocumentCsvDelimiter, message));
            };
            if format != ContentType::Csv {
                let kind = request.content_type.unwrap_or_default();
                return Err(ApiError::new(
                    Code::InvalidContentType,
                    format!(
                        "The Content-Type `{kind}` does not support the use of a csv delimiter. The csv delimiter can only be used with the Content-Type `text/csv`."
                    ),
                ));
            }
            *byte
        }
    };
    let body = http::decode(request)?;
    if body.is_empty() {
        return Err(payload::missing(format));
    }
    let (packed, received) = payload::pack(&body, format, delimiter)?;
    let work = Work::AddDocuments {
        method,
        primary_key: query.get("primaryKey").map(str::to_owned),
        received,
        creates: access.creates_indexes(),
        skip_new,
    };
    let metadata = query.get("customMetadata").map(str::to_owned);
    Ok(accepted(&enqueue(core, Some(uid), work, Some(packed), metadata)?))
}

pub(crate) fn clear(core: &Core, uid: &str, metadata: Option<String>) -> Result<Response> {
    check_uid(uid)?;
    Ok(accepted(&enqueue(core, Some(uid), Work::ClearDocuments, None, metadata)?))
}

pub(crate) fn delete_one(core: &Core, uid: &str, id: &str, metadata: Option<String>) -> Result<Response> {
    check_uid(uid)?;
    let work = Work::DeleteDocuments { ids: vec![id.to_owned()] };
    Ok(accepted(&enqueue(core, Some(uid), work, None, metadata)?))
}

pub(crate) fn delete_batch(
    core: &Core,
    uid: &str,
    body: Value,
    metadata: Option<String>,
) -> Result<Response> {
    check_uid(uid)?;
    let Value::Array(ids) = body else {
        let found = match &body {
            Value::Object(_) => "map".to_owned(),
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => format!("boolean `{flag}`"),
            Value::Number(number) if number.is_f64() => format!("floating point `{number}`"),
            Value::Number(number) => format!("integer `{number}`"),
            other => format!("string {other}"),
        };
        return Err(ApiError::new(
            Code::BadRequest,
            format!("Json deserialize error: invalid type: {found}, expected a sequence"),
        ));
    };
    let ids = ids
        .into_iter()
        .map(|id| match id {
            Value::String(text) => text,
            other => other.to_string(),
        })
        .collect();
    Ok(accepted(&enqueue(core, Some(uid), Work::DeleteDocuments { ids }, None, metadata)?))
}

pub(crate) fn delete_by_filter(
    core: &Core,
    uid: &str,
    body: Value,
    metadata: Option<String>,
) -> Result<Response> {
    check_uid(uid)?;
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(&["filter"], Code::BadRequest)?;
    if !fields.has("filter") {
        return Err(fields.missing("filter", Code::MissingDocumentFilter));
    }
    let wanted = fields.value("filter").unwrap_or_default();
    // Syntax is checked now; whether its attributes are filterable, when the task runs.
    if filter::parse(&wanted, Code::InvalidDocumentFilter)?.is_none() {
        return Err(ApiError::new(Code::InvalidDocumentFilter, "Sending an empty filter is forbidden."));
    }
    check_filter(core, Some(&wanted))?;
    let work = Work::DeleteByFilter { filter: wanted };
    Ok(accepted(&enqueue(core, Some(uid), work, None, metadata)?))
}
