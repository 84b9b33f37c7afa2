//! Tenant tokens: a key that finds one tenant's documents and no others, for a browser to search with.
//!
//! A token is a JSON Web Token (HS256) that the server checks by itself: nothing is sent to make one. It holds
//! the tenant's filter, written by the same rules as `tenant_scope`, so what a browser may add can only narrow
//! it. It always expires: there is no way to take one back but to delete the key it was made from.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::options::{self, Checked, Own};
use crate::config::options::{invalid_option, shown};
use crate::config::{Config, Layers, Merged, Secret};
use crate::document::push_json_string;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::naming;
use crate::schema::Schema;

/// The options of a token beside the runtime options.
pub const OPTIONS: &[&str] = &["api_key", "api_key_uid", "expires_in", "expires_at", "filter"];

const DEFAULT_LIFE: i64 = 3600;

struct Asked {
    key: Secret,
    key_uid: String,
    expires: i64,
    filter: Option<Term>,
    config: Config,
}

/// Makes a token that finds the documents of `tenant` in the indexes of `schemas`, and nothing else.
pub fn tenant_token(schemas: &[Arc<Schema>], tenant: &Term, layers: Layers, idiom: Idiom) -> Result<String> {
    let asked = read(layers, idiom)?;
    if schemas.is_empty() {
        return Err(Error::new(Kind::EmptySchemaList, "a tenant token was asked for without a schema"));
    }
    let mut rules = Vec::from(*b"{");
    for schema in schemas {
        if rules.len() > 1 {
            rules.push(b',');
        }
        push_json_string(&mut rules, &naming::index_name(schema, &asked.config));
        rules.extend_from_slice(b":{\"filter\":");
        rules.extend_from_slice(filter(schema, tenant, asked.filter.clone(), idiom)?.as_bytes());
        rules.push(b'}');
    }
    rules.push(b'}');
    let rules = String::from_utf8(rules).unwrap_or_default();
    Ok(signed(&asked, &rules))
}

/// The tenant's filter and the caller's, as the token holds it.
fn filter(schema: &Schema, tenant: &Term, filter: Option<Term>, idiom: Idiom) -> Result<String> {
    let mut options = vec![("tenant_scope".to_owned(), tenant.clone())];
    options.extend(filter.map(|filter| ("filter".to_owned(), filter)));
    let merged = Merged { options, twice: Vec::new() };
    let checked = options::check_merged(schema, &Term::Text(String::new()), merged, None, idiom);
    let Checked { query, .. } = checked.map_err(|error| error.of_schema(&schema.name))?;
    Ok(query.filter_json())
}

fn read(layers: Layers, idiom: Idiom) -> Result<Asked> {
    let Own { own, rest } = options::own(layers, OPTIONS, &[], idiom)?;
    let config = Config::read(&rest, idiom)?;
    let get = |name: &str| own.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let key = match get("api_key") {
        Some(Term::Text(key)) if !key.is_empty() => Secret::new(key.clone()),
        Some(other) => return Err(invalid_option("api_key", "a key: a string", other, idiom)),
        None => config.api_key.clone().ok_or_else(|| {
            let message = format!(
                "{} is required: the key that the token is made from (or {})",
                idiom.option("api_key"),
                idiom.option("meilisearch_api_key")
            );
            Error::new(Kind::MissingOption, message).named("api_key")
        })?,
    };
    let key_uid = match get("api_key_uid") {
        Some(term) => match term_text(term).filter(|text| is_uuid(text)) {
            Some(uid) => uid.to_owned(),
            None => {
                return Err(invalid_option("api_key_uid", "the uid of the key: a UUID", term, idiom));
            }
        },
        None => {
            let message = format!(
                "{} is required: the uid of the key, as GET /keys shows it (not the key itself)",
                idiom.option("api_key_uid")
            );
            return Err(Error::new(Kind::MissingOption, message).named("api_key_uid"));
        }
    };
    let expires = expiry(get("expires_in"), get("expires_at"), idiom)?;
    Ok(Asked { key, key_uid, expires, filter: get("filter").cloned(), config })
}

/// When the token expires, in seconds since 1970.
fn expiry(after: Option<&Term>, at: Option<&Term>, idiom: Idiom) -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let expires = match (after, at) {
        (Some(_), Some(_)) => {
            let message = format!(
                "{} and {} say when a token expires in two ways: give one of them",
                idiom.option("expires_in"),
                idiom.option("expires_at")
            );
            return Err(Error::new(Kind::InvalidOption, message).named("expires_at"));
        }
        (None, None) => now + DEFAULT_LIFE,
        (Some(Term::Int(seconds @ 1..)), None) => now.saturating_add(*seconds),
        (Some(other), None) => {
            return Err(invalid_option("expires_in", "a number of seconds, 1 or more", other, idiom));
        }
        (None, Some(Term::Int(seconds))) => *seconds,
        (None, Some(term)) => term_text(term)
            .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok())
            .map(OffsetDateTime::unix_timestamp)
            .ok_or_else(|| {
                invalid_option("expires_at", "a time with a zone, or seconds since 1970", term, idiom)
            })?,
    };
    if expires <= now {
        let given = at.map_or_else(String::new, |term| format!(", got: {}", shown(term, idiom)));
        let message = format!("{} must be in the future{given}", idiom.option("expires_at"));
        return Err(Error::new(Kind::InvalidOption, message).named("expires_at"));
    }
    Ok(expires)
}

fn term_text(term: &Term) -> Option<&str> {
    match term {
        Term::Encoded(text) | Term::Text(text) => Some(text),
        _ => None,
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn signed(asked: &Asked, rules: &str) -> String {
    let encode = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
    let head = encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let claims =
        format!(r#"{{"apiKeyUid":"{}","exp":{},"searchRules":{rules}}}"#, asked.key_uid, asked.expires);
    let signed = format!("{head}.{}", encode(&claims));
    let mut mac =
        Hmac::<Sha256>::new_from_slice(asked.key.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{signed}.{signature}")
}
