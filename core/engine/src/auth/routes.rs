//! `/keys`.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Key;
use super::action::{KNOWN, is_global};
use crate::clock::Instant;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::{Fields, Query, strings};
use crate::indexes::valid_uid;
use crate::store::Store;

pub(crate) fn list(store: &Store, master_key: &str, query: &Query) -> Result<Response> {
    query.only(&["offset", "limit"])?;
    let offset = query.number("offset", Code::InvalidApiKeyOffset)?.unwrap_or(0);
    let limit = query.number("limit", Code::InvalidApiKeyLimit)?.unwrap_or(20);
    let mut keys = store.keys();
    keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
    let results: Vec<Value> = keys.iter().skip(offset).take(limit).map(|k| k.to_json(master_key)).collect();
    let body = json!({"results": results, "offset": offset, "limit": limit, "total": keys.len()});
    Ok(Response::json(200, &body))
}

pub(crate) fn get(store: &Store, master_key: &str, name: &str) -> Result<Response> {
    Ok(Response::json(200, &find(store, master_key, name)?.to_json(master_key)))
}

pub(crate) fn create(store: &Store, master_key: &str, body: Value) -> Result<Response> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(&["description", "name", "uid", "actions", "indexes", "expiresAt"], Code::BadRequest)?;
    fields.no_null(&[("uid", "a string", Code::InvalidApiKeyUid)])?;
    let description = fields.string("description", Code::InvalidApiKeyDescription)?;
    let name = fields.string("name", Code::InvalidApiKeyName)?;
    let uid = match fields.string("uid", Code::InvalidApiKeyUid)? {
        None => Uuid::new_v4(),
        Some(text) => Uuid::parse_str(&text).map_err(|error| {
            ApiError::new(Code::InvalidApiKeyUid, format!("Invalid value at `.uid`: {error}"))
        })?,
    };
    if !fields.has("actions") {
        return Err(fields.missing("actions", Code::MissingApiKeyActions));
    }
    let actions = strings(fields.raw("actions").unwrap_or_default(), ".actions", Code::InvalidApiKeyActions)?;
    for (i, action) in actions.iter().enumerate() {
        if !KNOWN.contains(&action.as_str()) {
            let known = KNOWN.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
            return Err(ApiError::new(
                Code::InvalidApiKeyActions,
                format!("Unknown value `{action}` at `.actions[{i}]`: expected one of {known}"),
            ));
        }
    }
    if !fields.has("indexes") {
        return Err(fields.missing("indexes", Code::MissingApiKeyIndexes));
    }
    let indexes = strings(fields.raw("indexes").unwrap_or_default(), ".indexes", Code::InvalidApiKeyIndexes)?;
    for (i, pattern) in indexes.iter().enumerate() {
        if pattern != "*" && !valid_uid(pattern.strip_suffix('*').unwrap_or(pattern)) {
            return Err(ApiError::new(
                Code::InvalidApiKeyIndexes,
                format!(
                    "Invalid value at `.indexes[{i}]`: `{pattern}` is not a valid index uid pattern. Index uid patterns \
                     can be an integer or a string containing only alphanumeric characters, hyphens (-), underscores \
                     (_), and optionally end with a star (*)."
                ),
            ));
        }
    }
    if !fields.has("expiresAt") {
        return Err(fields.missing("expiresAt", Code::MissingApiKeyExpiresAt));
    }
    let expires_at = match fields.string("expiresAt", Code::InvalidApiKeyExpiresAt)? {
        None => None,
        Some(text) => match Instant::parse_loosely(&text).filter(|at| *at > Instant::now()) {
            Some(at) => Some(at),
            None => {
                return Err(ApiError::new(
                    Code::InvalidApiKeyExpiresAt,
                    format!(
                        "Invalid value at `.expiresAt`: `{text}` is not a valid date. It should follow the RFC 3339 \
                         format to represents a date or datetime in the future or specified as a null value. e.g. \
                         'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS'.\n"
                    ),
                ));
            }
        },
    };
    let now = Instant::now();
    let key = Key {
        uid: uid.to_string(),
        name,
        description,
        actions,
        indexes,
        expires_at,
        created_at: now,
        updated_at: now,
    };
    if !key.is_everywhere()
        && let Some(action) = key.actions.iter().find(|action| is_global(action))
    {
        return Err(ApiError::new(
            Code::IndexScopedKeyWithGlobalAction,
            format!(
                "cannot create index-scoped API key with global action `\"{action}\"`\n  - Hint: remove action `\"{action}\"` from \
                 the action list, or remove `indexes` to make the key global"
            ),
        ));
    }
    if store.keys().iter().any(|other| other.uid == key.uid) {
        return Err(ApiError::new(
            Code::ApiKeyAlreadyExists,
            format!("`uid` field value `{}` is already an existing API key.", key.uid),
        ));
    }
    store.put_key(&key)?;
    Ok(Response::json(201, &key.to_json(master_key)))
}

pub(crate) fn update(store: &Store, master_key: &str, name: &str, body: Value) -> Result<Response> {
    const ACCEPTED: &[&str] = &["description", "name"];
    let mut fields = Fields::of(body, Code::BadRequest)?;
    for key in fields.keys() {
        let code = match key {
            "uid" => Code::ImmutableApiKeyUid,
            "actions" => Code::ImmutableApiKeyActions,
            "indexes" => Code::ImmutableApiKeyIndexes,
            "expiresAt" => Code::ImmutableApiKeyExpiresAt,
            "createdAt" => Code::ImmutableApiKeyCreatedAt,
            "updatedAt" => Code::ImmutableApiKeyUpdatedAt,
            _ => continue,
        };
        return Err(ApiError::new(
            code,
            format!("Immutable field `{key}`: expected one of `description`, `name`"),
        ));
    }
    fields.only(ACCEPTED, Code::BadRequest)?;
    let mut key = find(store, master_key, name)?;
    if fields.has("description") {
        key.description = fields.string("description", Code::InvalidApiKeyDescription)?;
    }
    if fields.has("name") {
        key.name = fields.string("name", Code::InvalidApiKeyName)?;
    }
    key.updated_at = Instant::now();
    store.put_key(&key)?;
    Ok(Response::json(200, &key.to_json(master_key)))
}

pub(crate) fn delete(store: &Store, master_key: &str, name: &str) -> Result<Response> {
    let key = find(store, master_key, name)?;
    store.delete_key(&key.uid)?;
    Ok(Response::empty(204))
}

/// By uid, or by the key itself.
fn find(store: &Store, master_key: &str, name: &str) -> Result<Key> {
    let wanted = Uuid::parse_str(name).map_or_else(|_| name.to_owned(), |uid| uid.to_string());
    store
        .keys()
        .into_iter()
        .find(|key| key.uid == wanted || key.secret(master_key) == name)
        .ok_or_else(|| ApiError::new(Code::ApiKeyNotFound, format!("API key `{name}` not found.")))
}
