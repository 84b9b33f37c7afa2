//! `/tasks` and `/batches`.

use serde_json::{Value, json};

use super::find::{FILTERS, Filter, visible, visible_batch};
use super::model::{Task, Work};
use crate::auth::Access;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::{self, Query};

/// Makes the task durable, then answers with its summary.
pub(crate) fn enqueue(
    core: &Core,
    index: Option<&str>,
    work: Work,
    payload: Option<Vec<u8>>,
    metadata: Option<String>,
) -> Result<Task> {
    let task = core.store.enqueue(index, work, payload, metadata)?;
    core.signal.wake();
    Ok(task)
}

pub(crate) fn accepted(task: &Task) -> Response {
    Response::json(202, &task.to_summary())
}

struct Page {
    limit: usize,
    from: Option<u32>,
    reverse: bool,
}

impl Page {
    /// Reads what a list is asked for: which part of it, and of which tasks.
    fn read(query: &Query) -> Result<(Page, Filter)> {
        let mut page = Page { limit: 20, from: None, reverse: false };
        let mut filter = Filter::default();
        for (key, text) in query.pairs() {
            match key {
                "limit" => page.limit = http::number::<u32>(key, text, Code::InvalidTaskLimit)? as usize,
                "from" => page.from = Some(http::number(key, text, Code::InvalidTaskFrom)?),
                "reverse" => page.reverse = http::flag(key, text, Code::InvalidTaskReverse)?,
                _ if filter.take(key, text)? => {}
                _ => {
                    // The lists name batches before tasks.
                    let (tasks, batches, others) = (FILTERS[0], FILTERS[1], &FILTERS[2..]);
                    let accepted = [&["limit", "from", "reverse", batches, tasks], others].concat();
                    return Err(Query::unknown(key, &accepted));
                }
            }
        }
        Ok((page, filter))
    }

    /// Cuts the page out of `uids`, which come in ascending order, and frames what `show` makes of it.
    fn frame(
        &self,
        mut uids: Vec<u32>,
        is_shown: impl Fn(u32) -> bool,
        show: impl Fn(u32) -> Option<Value>,
    ) -> Value {
        let total = uids.len();
        if !self.reverse {
            uids.reverse();
        }
        if let Some(from) = self.from {
            uids.retain(|uid| if self.reverse { *uid >= from } else { *uid <= from });
        }
        // What is not shown is counted all the same, and makes a page shorter, as in Meilisearch.
        uids.truncate(self.limit.saturating_add(1));
        uids.retain(|uid| is_shown(*uid));
        let next = uids.get(self.limit).copied();
        uids.truncate(self.limit);
        let from = uids.first().copied();
        let results: Vec<Value> = uids.into_iter().filter_map(show).collect();
        json!({"results": results, "total": total, "limit": self.limit, "from": from, "next": next})
    }
}

pub(crate) fn list(core: &Core, access: &Access, query: &Query) -> Result<Response> {
    let (page, filter) = Page::read(query)?;
    let state = core.store.state();
    let found = state.tasks.values().filter(|task| filter.matches(task, access)).map(|task| task.uid);
    let is_shown = |uid| state.tasks.get(&uid).is_some_and(|task| filter.shows(task.work.kind()));
    let show = |uid| state.tasks.get(&uid).map(|task| task.to_json());
    Ok(Response::json(200, &page.frame(found.collect(), is_shown, show)))
}

pub(crate) fn get(core: &Core, access: &Access, uid: &str) -> Result<Response> {
    let uid: u32 = uid.parse().map_err(|_| {
        ApiError::new(
            Code::InvalidTaskUids,
            format!("Task uid `{uid}` is invalid. It should only contain numeric characters."),
        )
    })?;
    let state = core.store.state();
    match state.tasks.get(&uid).filter(|task| visible(task, access)) {
        Some(task) => Ok(Response::json(200, &task.to_json())),
        None => Err(ApiError::new(Code::TaskNotFound, format!("Task `{uid}` not found."))),
    }
}

pub(crate) fn list_batches(core: &Core, access: &Access, query: &Query) -> Result<Response> {
    // In this list `uids` asks for tasks, as in Meilisearch.
    let (page, filter) = Page::read(query)?;
    let state = core.store.state();
    let found = state.batches.values().filter(|batch| filter.matches_batch(&state, batch, access));
    let is_shown = |uid| {
        let batch = state.batches.get(&uid);
        batch.is_some_and(|batch| state.told(batch).kinds.keys().all(|kind| filter.shows(*kind)))
    };
    let show = |uid| state.batch_json(uid);
    Ok(Response::json(200, &page.frame(found.map(|batch| batch.uid).collect(), is_shown, show)))
}

pub(crate) fn get_batch(core: &Core, access: &Access, uid: &str) -> Result<Response> {
    let uid: u32 = uid.parse().map_err(|_| {
        ApiError::new(
            Code::InvalidBatchUids,
            format!("Batch uid `{uid}` is invalid. It should only contain numeric characters."),
        )
    })?;
    let state = core.store.state();
    let seen = state.batches.get(&uid).is_some_and(|batch| visible_batch(&state.told(batch), access));
    match state.batch_json(uid).filter(|_| seen) {
        Some(view) => Ok(Response::json(200, &view)),
        None => Err(ApiError::new(Code::BatchNotFound, format!("Batch `{uid}` not found."))),
    }
}

pub(crate) fn cancel(core: &Core, access: &Access, query: &Query, text: &str) -> Result<Response> {
    let uids = chosen(core, access, query, "cancel")?;
    let work = Work::CancelTasks { filter: format!("?{text}"), uids };
    Ok(Response::json(200, &enqueue(core, None, work, None, None)?.to_summary()))
}

pub(crate) fn delete(core: &Core, access: &Access, query: &Query, text: &str) -> Result<Response> {
    let uids = chosen(core, access, query, "delete")?;
    let work = Work::DeleteTasks { filter: format!("?{text}"), uids };
    Ok(Response::json(200, &enqueue(core, None, work, None, None)?.to_summary()))
}

fn chosen(core: &Core, access: &Access, query: &Query, aim: &str) -> Result<Vec<u32>> {
    if query.is_empty() {
        return Err(ApiError::new(
            Code::MissingTaskFilters,
            format!(
                "Query parameters to filter the tasks to {aim} are missing. Available query parameters are: `uids`, \
                 `indexUids`, `statuses`, `types`, `canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, \
                 `beforeStartedAt`, `afterStartedAt`, `beforeFinishedAt`, `afterFinishedAt`."
            ),
        ));
    }
    let filter = Filter::read(query)?;
    let state = core.store.state();
    let chosen = state.tasks.values().filter(|t| filter.matches(t, access) && filter.shows(t.work.kind()));
    Ok(chosen.map(|task| task.uid).collect())
}
