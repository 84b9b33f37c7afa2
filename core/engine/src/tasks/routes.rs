//! `/tasks` and `/batches`.

use serde_json::{Value, json};

use super::find::{FILTERS, Filter, visible};
use super::model::{Task, Work};
use crate::auth::Access;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::Query;

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
    fn read(query: &Query) -> Result<Page> {
        let accepted: Vec<&str> = ["limit", "from", "reverse"].iter().chain(FILTERS).copied().collect();
        query.only(&accepted)?;
        Ok(Page {
            limit: query.number("limit", Code::InvalidTaskLimit)?.unwrap_or(20),
            from: query.number("from", Code::InvalidTaskFrom)?,
            reverse: query.flag("reverse", Code::InvalidTaskReverse)?.unwrap_or(false),
        })
    }

    /// Cuts the page out of `uids`, which come in ascending order, and frames what `show` makes of it.
    fn frame(&self, mut uids: Vec<u32>, show: impl Fn(u32) -> Option<Value>) -> Value {
        let total = uids.len();
        if !self.reverse {
            uids.reverse();
        }
        if let Some(from) = self.from {
            uids.retain(|uid| if self.reverse { *uid >= from } else { *uid <= from });
        }
        let next = uids.get(self.limit).copied();
        uids.truncate(self.limit);
        let from = uids.first().copied();
        let results: Vec<Value> = uids.into_iter().filter_map(show).collect();
        json!({"results": results, "total": total, "limit": self.limit, "from": from, "next": next})
    }
}

pub(crate) fn list(core: &Core, access: &Access, query: &Query) -> Result<Response> {
    let page = Page::read(query)?;
    let filter = Filter::read(query)?;
    let state = core.store.state();
    let uids = state.tasks.values().filter(|t| filter.matches(t, access)).map(|t| t.uid).collect();
    Ok(Response::json(200, &page.frame(uids, |uid| state.tasks.get(&uid).map(|t| t.to_json()))))
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
    let page = Page::read(query)?;
    // In this list `uids` asks for tasks, as in Meilisearch; a batch matches where one of its tasks does.
    let filter = Filter::read(query)?;
    let state = core.store.state();
    let uids = state
        .batches
        .values()
        .filter(|batch| {
            batch.tasks.iter().filter_map(|uid| state.tasks.get(uid)).any(|task| filter.matches(task, access))
        })
        .map(|batch| batch.uid)
        .collect();
    Ok(Response::json(200, &page.frame(uids, |uid| state.batch_json(uid))))
}

pub(crate) fn get_batch(core: &Core, access: &Access, uid: &str) -> Result<Response> {
    let uid: u32 = uid.parse().map_err(|_| {
        ApiError::new(
            Code::InvalidBatchUids,
            format!("Batch uid `{uid}` is invalid. It should only contain numeric characters."),
        )
    })?;
    let state = core.store.state();
    let seen = state.batches.get(&uid).is_some_and(|batch| {
        !access.is_limited()
            || batch.tasks.iter().filter_map(|t| state.tasks.get(t)).any(|t| visible(t, access))
    });
    match state.batch_json(uid).filter(|_| seen) {
        Some(view) => Ok(Response::json(200, &view)),
        None => Err(ApiError::new(Code::BatchNotFound, format!("Batch `{uid}` not found."))),
    }
}

pub(crate) fn cancel(core: &Core, access: &Access, query: &Query, text: &str) -> Result<Response> {
    let uids = chosen(core, access, query)?;
    let work = Work::CancelTasks { filter: format!("?{text}"), uids };
    Ok(Response::json(200, &enqueue(core, None, work, None, None)?.to_summary()))
}

pub(crate) fn delete(core: &Core, access: &Access, query: &Query, text: &str) -> Result<Response> {
    let uids = chosen(core, access, query)?;
    let work = Work::DeleteTasks { filter: format!("?{text}"), uids };
    Ok(Response::json(200, &enqueue(core, None, work, None, None)?.to_summary()))
}

fn chosen(core: &Core, access: &Access, query: &Query) -> Result<Vec<u32>> {
    query.only(FILTERS)?;
    if query.is_empty() {
        return Err(ApiError::new(
            Code::MissingTaskFilters,
            "Query parameters to filter the tasks to cancel or delete are missing. Available query parameters are: \
             `uids`, `indexUids`, `statuses`, `types`, `canceledBy`, `beforeEnqueuedAt`, `afterEnqueuedAt`, \
             `beforeStartedAt`, `afterStartedAt`, `beforeFinishedAt`, `afterFinishedAt`.",
        ));
    }
    let filter = Filter::read(query)?;
    let state = core.store.state();
    Ok(state.tasks.values().filter(|t| filter.matches(t, access)).map(|t| t.uid).collect())
}
