//! Which request goes where, and which action it needs.

use crate::auth::{self, Access, Action};
use crate::core::Core;
use crate::engine::{Request, Response};
use crate::error::Result;
use crate::http::{self, Query, percent_decode};
use crate::settings::Verb;
use crate::tasks::Method;
use crate::{documents, facets, fields, indexes, search, service, settings, tasks};

pub(crate) fn answer(core: &Core, request: &Request<'_>) -> Result<Response> {
    let target = request.target.split('#').next().unwrap_or_default();
    let (path, text) = target.split_once('?').unwrap_or((target, ""));
    let parts: Vec<String> =
        path.split('/').filter(|part| !part.is_empty()).map(|part| percent_decode(part, false)).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let query = Query::parse(text);
    let metadata = || query.get("customMetadata").map(str::to_owned);
    let body = || http::json(request);
    let can = |action: Action| -> Result<Access> {
        // The keys are copied only where they matter.
        let keys = if core.master_key.is_some() { core.store.keys() } else { Vec::new() };
        Access::check(request.authorization, action, core.master_key.as_deref(), &keys)
    };
    let on = |action: Action, index: &str| -> Result<Access> {
        let access = can(action)?;
        access.require(index)?;
        Ok(access)
    };
    let master = core.master_key.as_deref().unwrap_or_default();
    match (request.method, parts.as_slice()) {
        ("GET" | "HEAD", ["health"]) => Ok(service::health()),
        ("GET", ["version"]) => can(Action::Version).map(|_| service::version()),
        ("GET", ["stats"]) => indexes::all_stats(core, &can(Action::StatsGet)?, &query),
        ("GET", ["experimental-features"]) => can(Action::ExperimentalGet).map(|_| service::features(core)),
        ("GET", ["webhooks"]) => can(Action::WebhooksGet).map(|_| service::webhooks()),
        ("PATCH", ["experimental-features"]) => {
            can(Action::ExperimentalUpdate)?;
            service::set_features(core, body()?)
        }

        ("GET", ["keys"]) => can(Action::KeysGet).and_then(|_| auth::list(&core.store, master, &query)),
        ("POST", ["keys"]) => {
            can(Action::KeysCreate).and_then(|_| auth::create(&core.store, master, body()?))
        }
        ("GET", ["keys", key]) => can(Action::KeysGet).and_then(|_| auth::get(&core.store, master, key)),
        ("PATCH", ["keys", key]) => {
            can(Action::KeysUpdate).and_then(|_| auth::update(&core.store, master, key, body()?))
        }
        ("DELETE", ["keys", key]) => {
            can(Action::KeysDelete).and_then(|_| auth::delete(&core.store, master, key))
        }

        ("GET", ["tasks"]) => tasks::list(core, &can(Action::TasksGet)?, &query),
        ("DELETE", ["tasks"]) => tasks::delete(core, &can(Action::TasksDelete)?, &query, text),
        ("POST", ["tasks", "cancel"]) => tasks::cancel(core, &can(Action::TasksCancel)?, &query, text),
        ("GET", ["tasks", uid]) if *uid != "cancel" => tasks::get(core, &can(Action::TasksGet)?, uid),
        ("GET", ["batches"]) => tasks::list_batches(core, &can(Action::TasksGet)?, &query),
        ("GET", ["batches", uid]) => tasks::get_batch(core, &can(Action::TasksGet)?, uid),

        ("GET", ["indexes"]) => indexes::list(core, &can(Action::IndexesGet)?, &query),
        ("POST", ["indexes"]) => indexes::create(core, &can(Action::IndexesCreate)?, body()?, metadata()),
        ("POST", ["swap-indexes"]) => indexes::swap(core, &can(Action::IndexesSwap)?, body()?, metadata()),
        ("GET", ["indexes", uid]) => on(Action::IndexesGet, uid).and_then(|_| indexes::get(core, uid)),
        ("PATCH" | "PUT", ["indexes", uid]) => {
            on(Action::IndexesUpdate, uid).and_then(|_| indexes::update(core, uid, body()?, metadata()))
        }
        ("DELETE", ["indexes", uid]) => {
            on(Action::IndexesDelete, uid).and_then(|_| indexes::delete(core, uid, metadata()))
        }
        ("GET", ["indexes", uid, "stats"]) => {
            on(Action::StatsGet, uid).and_then(|_| indexes::stats(core, uid, &query))
        }

        ("POST", ["indexes", uid, "compact"]) => {
            on(Action::IndexesCompact, uid).and_then(|_| indexes::compact(core, uid, metadata()))
        }
        ("POST", ["indexes", uid, "fields"]) => {
            on(Action::FieldsPost, uid).and_then(|_| fields::list(core, uid, body()?))
        }

        ("GET", ["indexes", uid, "documents"]) => {
            on(Action::DocumentsGet, uid).and_then(|_| documents::list(core, uid, &query))
        }
        (method @ ("POST" | "PUT"), ["indexes", uid, "documents"]) => {
            let access = on(Action::DocumentsAdd, uid)?;
            let method = if method == "POST" { Method::Replace } else { Method::Update };
            documents::add(core, &access, uid, method, &query, request)
        }
        ("DELETE", ["indexes", uid, "documents"]) => {
            on(Action::DocumentsDelete, uid).and_then(|_| documents::clear(core, uid, metadata()))
        }
        ("POST", ["indexes", uid, "documents", "fetch"]) => {
            on(Action::DocumentsGet, uid).and_then(|_| documents::fetch(core, uid, body()?))
        }
        ("POST", ["indexes", uid, "documents", "delete-batch"]) => on(Action::DocumentsDelete, uid)
            .and_then(|_| documents::delete_batch(core, uid, body()?, metadata())),
        ("POST", ["indexes", uid, "documents", "delete"]) => on(Action::DocumentsDelete, uid)
            .and_then(|_| documents::delete_by_filter(core, uid, body()?, metadata())),
        ("GET", ["indexes", uid, "documents", id]) => {
            on(Action::DocumentsGet, uid).and_then(|_| documents::get_one(core, uid, id, &query))
        }
        ("DELETE", ["indexes", uid, "documents", id]) => {
            on(Action::DocumentsDelete, uid).and_then(|_| documents::delete_one(core, uid, id, metadata()))
        }

        (method, ["indexes", uid, "settings"]) if let Some(verb) = verb(method, &["PATCH"]) => {
            let access = on(settings_action(verb), uid)?;
            settings::all(core, &access, uid, verb, request, metadata())
        }
        (method, ["indexes", uid, "settings", name])
            if let Some(verb) = verb(method, settings::writes(name)) =>
        {
            let access = on(settings_action(verb), uid)?;
            settings::one(core, &access, (uid, name), verb, request, metadata())
        }

        ("GET", ["indexes", uid, "search"]) => {
            let access = on(Action::Search, uid)?;
            search::by_query(core, &access, uid, &query)
        }
        ("POST", ["indexes", uid, "search"]) => {
            let access = on(Action::Search, uid)?;
            search::by_body(core, &access, uid, body()?)
        }
        ("POST", ["indexes", uid, "facet-search"]) => {
            let access = on(Action::Search, uid)?;
            facets::search(core, &access, uid, body()?)
        }
        ("POST", ["multi-search"]) => search::many(core, &can(Action::Search)?, body()?),

        ("GET", []) => Ok(service::root()),
        (_, path) if let Some(feature) = service::missing(path) => {
            can(Action::ExperimentalGet)?;
            Err(feature)
        }
        (_, known) if is_route(known) => Ok(Response::empty(405)),
        _ => Ok(Response::empty(404)),
    }
}

fn verb(method: &str, writes: &[&str]) -> Option<Verb> {
    match method {
        "GET" => Some(Verb::Read),
        "DELETE" => Some(Verb::Reset),
        _ if writes.contains(&method) => Some(Verb::Write),
        _ => None,
    }
}

fn settings_action(verb: Verb) -> Action {
    if verb == Verb::Read { Action::SettingsGet } else { Action::SettingsUpdate }
}

/// Whether the path is one we answer, with another method than the one asked for.
fn is_route(parts: &[&str]) -> bool {
    match parts {
        [
            "health"
            | "version"
            | "stats"
            | "experimental-features"
            | "keys"
            | "tasks"
            | "batches"
            | "indexes",
        ]
        | ["swap-indexes" | "multi-search" | "webhooks"]
        | ["keys" | "tasks" | "batches" | "indexes", _] => true,
        ["indexes", _, "stats" | "fields" | "documents" | "settings" | "search" | "facet-search"] => true,
        ["indexes", _, "documents", _] => true,
        ["indexes", _, "settings", name] => !settings::writes(name).is_empty(),
        _ => false,
    }
}
