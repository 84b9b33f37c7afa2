//! Looking tasks up by what the query string says of them.

use super::model::{Batch, Kind, Status, Task, Told};
use crate::auth::Access;
use crate::clock::Instant;
use crate::error::{ApiError, Code, Result};
use crate::http::Query;
use crate::indexes::check_uid;
use crate::store::State;

/// The parameters that choose tasks; cancelation and deletion take these, lists take paging too.
pub(super) const FILTERS: &[&str] = &[
    "uids",
    "batchUids",
    "canceledBy",
    "types",
    "statuses",
    "indexUids",
    "afterEnqueuedAt",
    "beforeEnqueuedAt",
    "afterStartedAt",
    "beforeStartedAt",
    "afterFinishedAt",
    "beforeFinishedAt",
];

/// What a task must be to be chosen; `None` asks for nothing.
#[derive(Default)]
pub(super) struct Filter {
    uids: Option<Vec<u32>>,
    batches: Option<Vec<u32>>,
    canceled_by: Option<Vec<u32>>,
    kinds: Option<Vec<Kind>>,
    statuses: Option<Vec<Status>>,
    indexes: Option<Vec<String>>,
    enqueued: Range,
    started: Range,
    finished: Range,
}

#[derive(Default, Clone, Copy)]
struct Range {
    after: Option<Instant>,
    before: Option<Instant>,
}

impl Range {
    fn holds(self, at: Option<Instant>) -> bool {
        match at {
            None => self.after.is_none() && self.before.is_none(),
            Some(at) => {
                self.after.is_none_or(|after| at > after) && self.before.is_none_or(|before| at < before)
            }
        }
    }
}

impl Filter {
    pub(super) fn read(query: &Query) -> Result<Filter> {
        let mut filter = Filter::default();
        for (key, text) in query.pairs() {
            if !filter.take(key, text)? {
                return Err(Query::unknown(key, FILTERS));
            }
        }
        Ok(filter)
    }

    /// Reads one parameter; `false` where there is none of that name. What is wrong is told in the order of the query.
    pub(super) fn take(&mut self, key: &str, text: &str) -> Result<bool> {
        match key {
            "uids" => self.uids = each(key, text, Code::InvalidTaskUids, uid)?,
            "batchUids" => self.batches = each(key, text, Code::InvalidBatchUids, uid)?,
            "canceledBy" => self.canceled_by = each(key, text, Code::InvalidTaskCanceledBy, uid)?,
            "types" => self.kinds = each(key, text, Code::InvalidTaskTypes, kind)?,
            "statuses" => self.statuses = each(key, text, Code::InvalidTaskStatuses, status)?,
            "indexUids" => self.indexes = each(key, text, Code::InvalidIndexUid, index_uid)?,
            "afterEnqueuedAt" => {
                self.enqueued.after = date(key, text, true, Code::InvalidTaskAfterEnqueuedAt)?
            }
            "beforeEnqueuedAt" => {
                self.enqueued.before = date(key, text, false, Code::InvalidTaskBeforeEnqueuedAt)?
            }
            "afterStartedAt" => self.started.after = date(key, text, true, Code::InvalidTaskAfterStartedAt)?,
            "beforeStartedAt" => {
                self.started.before = date(key, text, false, Code::InvalidTaskBeforeStartedAt)?
            }
            "afterFinishedAt" => {
                self.finished.after = date(key, text, true, Code::InvalidTaskAfterFinishedAt)?
            }
            "beforeFinishedAt" => {
                self.finished.before = date(key, text, false, Code::InvalidTaskBeforeFinishedAt)?
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn matches(&self, task: &Task, access: &Access) -> bool {
        let among = |list: &Option<Vec<u32>>, value: Option<u32>| {
            list.as_ref().is_none_or(|list| value.is_some_and(|v| list.contains(&v)))
        };
        among(&self.uids, Some(task.uid))
            && among(&self.batches, task.batch)
            && among(&self.canceled_by, task.canceled_by)
            && self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&task.work.kind()))
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&task.status))
            && self.indexes.as_ref().is_none_or(|indexes| task.concerned().any(|uid| is_among(indexes, uid)))
            && self.enqueued.holds(Some(task.enqueued_at))
            && self.started.holds(task.started_at)
            && self.finished.holds(task.finished_at)
            && visible(task, access)
    }

    /// The same of a batch, by what is told of it; its tasks by uid, and who canceled, are looked up.
    pub(super) fn matches_batch(&self, state: &State, batch: &Batch, access: &Access) -> bool {
        let told = state.told(batch);
        let holds = |uid: &u32| state.tasks.get(uid).is_some_and(|task| task.batch == Some(batch.uid));
        let cancels = |uid: &u32| {
            let task = state.tasks.get(uid);
            task.is_some_and(|t| t.work.kind() == Kind::TaskCancelation && t.status == Status::Succeeded)
        };
        let (first, last) = told.enqueued.unzip();
        self.batches.as_ref().is_none_or(|list| list.contains(&batch.uid))
            && self.uids.as_ref().is_none_or(|list| list.iter().any(holds))
            && self.canceled_by.as_ref().is_none_or(|list| list.iter().any(|uid| holds(uid) && cancels(uid)))
            && self.kinds.as_ref().is_none_or(|list| list.iter().any(|kind| told.kinds.contains_key(kind)))
            && self
                .statuses
                .as_ref()
                .is_none_or(|list| list.iter().any(|status| told.statuses.contains_key(status)))
            && self.indexes.as_ref().is_none_or(|list| list.iter().any(|uid| told.concerned.contains(uid)))
            && (self.enqueued.holds(first) || self.enqueued.holds(last))
            && self.started.holds(Some(batch.started_at))
            && self.finished.holds(batch.finished_at)
            && visible_batch(&told, access)
    }

    /// Who asks for indexes is not shown what is about several or none, though it is counted.
    pub(super) fn shows(&self, kind: Kind) -> bool {
        self.indexes.is_none() || kind.is_of_one_index()
    }
}

fn is_among(list: &[String], uid: &str) -> bool {
    list.iter().any(|each| each == uid)
}

/// A key limited to some indexes sees the tasks of those and no others.
pub(super) fn visible(task: &Task, access: &Access) -> bool {
    !access.is_limited() || task.index.as_ref().is_some_and(|index| access.allows(index))
}

/// The same for a batch, whose tasks are about one index where a limited key may see any of them.
pub(super) fn visible_batch(told: &Told, access: &Access) -> bool {
    !access.is_limited() || told.indexes.keys().any(|index| access.allows(index))
}

/// A comma-separated list. With a `*` in it, it asks for nothing, but the rest must be good all the same.
fn each<T>(
    key: &str,
    text: &str,
    code: Code,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Vec<T>>> {
    let items: Vec<&str> = text.split(',').filter(|item| !item.is_empty()).collect();
    let mut list = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate().filter(|(_, item)| **item != "*") {
        list.push(read(item).map_err(|why| {
            let place = if items.len() > 1 { format!("{key}[{at}]") } else { key.to_owned() };
            ApiError::new(code, format!("Invalid value in parameter `{place}`: {why}"))
        })?);
    }
    Ok((list.len() == items.len()).then_some(list))
}

fn uid(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("could not parse `{text}` as a positive integer"))
}

fn index_uid(text: &str) -> Result<String, String> {
    check_uid(text).map_err(|error| error.message)?;
    Ok(text.to_owned())
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::of(text).ok_or_else(|| unknown(text, "type", "types", Kind::ALL.iter().map(|kind| kind.name())))
}

fn status(text: &str) -> Result<Status, String> {
    let all = Status::ALL.iter().map(|status| status.name());
    Status::of(text).ok_or_else(|| unknown(text, "status", "statuses", all))
}

fn unknown<'a>(text: &str, what: &str, plural: &str, all: impl Iterator<Item = &'a str>) -> String {
    let all = all.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    format!("`{text}` is not a valid task {what}. Available {plural} are {all}.")
}

fn date(key: &str, text: &str, after: bool, code: Code) -> Result<Option<Instant>> {
    if text == "*" {
        return Ok(None);
    }
    Instant::parse(text, after).map(Some).ok_or_else(|| {
        let why = "is an invalid date-time. It should follow the YYYY-MM-DD or RFC 3339 date-time format.";
        ApiError::new(code, format!("Invalid value in parameter `{key}`: `{text}` {why}"))
    })
}
