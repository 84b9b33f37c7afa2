//! `/indexes/{uid}/settings` and its sub-routes.

use serde_json::{Map, Value};

use super::patch::{NAMES, normalize, normalize_all, reset_all};
use crate::auth::Access;
use crate::core::Core;
use crate::engine::{Request, Response};
use crate::error::Result;
use crate::http;
use crate::indexes::check_uid;
use crate::tasks::{Work, accepted, enqueue};

/// What a request does to settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Read,
    Write,
    Reset,
}

/// All settings at once.
pub(crate) fn all(
    core: &Core,
    access: &Access,
    uid: &str,
    verb: Verb,
    request: &Request<'_>,
    metadata: Option<String>,
) -> Result<Response> {
    match verb {
        Verb::Read => {
            check_uid(uid)?;
            let index = core.index(uid)?;
            Ok(Response::json(200, &index.snapshot()?.settings.to_json()))
        }
        Verb::Write => {
            let patch = normalize_all(http::json(request)?)?;
            change(core, access, uid, patch, false, metadata)
        }
        Verb::Reset => change(core, access, uid, reset_all(), true, metadata),
    }
}

/// One setting; `route` is the last part of the path.
pub(crate) fn one(
    core: &Core,
    access: &Access,
    (uid, route): (&str, &str),
    verb: Verb,
    request: &Request<'_>,
    metadata: Option<String>,
) -> Result<Response> {
    let Some((name, ..)) = NAMES.iter().find(|(_, r, ..)| *r == route) else {
        return Ok(Response::empty(404));
    };
    let patch = |value: Value| Map::from_iter([((*name).to_owned(), value)]);
    match verb {
        Verb::Read => {
            check_uid(uid)?;
            let mut settings = core.index(uid)?.snapshot()?.settings.to_json();
            Ok(Response::json(200, &settings[*name].take()))
        }
        Verb::Write => {
            let value = normalize(name, http::json(request)?, "")?;
            change(core, access, uid, patch(value), false, metadata)
        }
        Verb::Reset => change(core, access, uid, patch(normalize(name, Value::Null, "")?), true, metadata),
    }
}

fn change(
    core: &Core,
    access: &Access,
    uid: &str,
    patch: Map<String, Value>,
    is_reset: bool,
    metadata: Option<String>,
) -> Result<Response> {
    check_uid(uid)?;
    let creates = access.creates_indexes() && !is_reset;
    let work = Work::UpdateSettings { patch: Value::Object(patch), is_reset, creates };
    Ok(accepted(&enqueue(core, Some(uid), work, None, metadata)?))
}

/// The methods that write the setting of this route; none where there is no such route.
pub(crate) fn writes(route: &str) -> &'static [&'static str] {
    match NAMES.iter().find(|(_, r, ..)| *r == route) {
        Some((_, _, true, _)) => &["PATCH"],
        Some(_) => &["PUT"],
        None => &[],
    }
}
