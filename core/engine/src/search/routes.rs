//! `/indexes/{uid}/search`.

use std::time::Instant;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::hits::HitMaker;
use super::params::SearchQuery;
use super::run::{Page, run};
use crate::auth::Access;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{Code, Result};
use crate::facets;
use crate::filter;
use crate::http::Query;
use crate::indexes::check_uid;
use crate::service::is_on;

pub(crate) fn by_query(core: &Core, access: &Access, uid: &str, query: &Query) -> Result<Response> {
    check_uid(uid)?;
    answer(core, access, uid, &SearchQuery::of_query(query)?)
}

pub(crate) fn by_body(core: &Core, access: &Access, uid: &str, body: Value) -> Result<Response> {
    check_uid(uid)?;
    answer(core, access, uid, &SearchQuery::of_body(body)?)
}

fn answer(core: &Core, access: &Access, uid: &str, query: &SearchQuery) -> Result<Response> {
    Ok(Response::json(200, &Value::Object(search(core, access, uid, query)?)))
}

/// `CONTAINS` is there where it is switched on.
pub(crate) fn check_filter(core: &Core, filter: Option<&Value>) -> Result<()> {
    match filter {
        Some(filter) if !is_on(core, "containsFilter") => {
            filter::refuse_contains(filter, Code::InvalidSearchFilter)
        }
        _ => Ok(()),
    }
}

/// Runs a search and frames what it found.
pub(super) fn search(
    core: &Core,
    access: &Access,
    uid: &str,
    query: &SearchQuery,
) -> Result<Map<String, Value>> {
    let started = Instant::now();
    let snapshot = core.index(uid)?.snapshot()?;
    check_filter(core, query.filter.as_ref())?;
    let page = Page::of(query, snapshot.settings.max_total_hits);
    let found = run(uid, &snapshot, query, access.tenant_filter(uid), page)?;
    let searched = started.elapsed();
    let hits = HitMaker::new(&snapshot, query).all(&found)?;
    let total = found.candidates.len();
    let mut reply = Map::new();
    reply.insert("hits".to_owned(), Value::Array(hits));
    reply.insert("query".to_owned(), json!(query.q.as_deref().unwrap_or_default()));
    reply.insert("processingTimeMs".to_owned(), json!(started.elapsed().as_millis() as u64));
    if query.is_paged() {
        let per_page = query.hits_per_page.unwrap_or(20);
        let pages = if per_page == 0 { 0 } else { total.div_ceil(per_page as u64) };
        reply.insert("hitsPerPage".to_owned(), json!(per_page));
        reply.insert("page".to_owned(), json!(query.page.unwrap_or(1)));
        reply.insert("totalPages".to_owned(), json!(pages));
        reply.insert("totalHits".to_owned(), json!(total));
    } else {
        reply.insert("limit".to_owned(), json!(query.limit));
        reply.insert("offset".to_owned(), json!(query.offset));
        reply.insert("estimatedTotalHits".to_owned(), json!(total));
    }
    if let Some(names) = query.facets.as_ref().filter(|names| !names.is_empty()) {
        let facets = facets::distribution(&snapshot, names, &found.candidates)?;
        reply.insert("facetDistribution".to_owned(), facets.distribution_json());
        reply.insert("facetStats".to_owned(), facets.stats_json());
    }
    if query.show_performance {
        let formatted = started.elapsed().saturating_sub(searched);
        reply.insert(
            "performanceDetails".to_owned(),
            json!({"search": format!("{searched:.2?}"), "search > format": format!("{formatted:.2?}")}),
        );
    }
    reply.insert("requestUid".to_owned(), json!(Uuid::now_v7().to_string()));
    Ok(reply)
}
