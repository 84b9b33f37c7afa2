//! Looking tasks up by what the query string says of them.

use super::model::{Kind, Status, Task};
use crate::auth::Access;
use crate::clock::Instant;
use crate::error::{ApiError, Code, Result};
use crate::http::Query;
use crate::indexes::check_uid;

/// The parameters that choose tasks; cancelation and deletion take these, lists take paging too.
pub(super) const FILTERS: &[&str] = &[
    "batchUids",
    "uids",
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
    fn read(query: &Query, after: (&str, Code), before: (&str, Code)) -> Result<Range> {
        let read = |(key, code): (&str, Code), is_after: bool| {
            match query.get(key) {
            None | Some("*") => Ok(None),
            Some(text) => Instant::parse(text, is_after).map(Some).ok_or_else(|| {
                ApiError::new(
                    code,
                    format!(
                        "Invalid value in parameter `{key}`: `{text}` is an invalid date-time. It should follow the \
                         YYYY-MM-DD or RFC 3339 date-time format."
                    ),
                )
            }),
        }
        };
        Ok(Range { after: read(after, true)?, before: read(before, false)? })
    }

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
        Ok(Filter {
            uids: uids(query, "uids", Code::InvalidTaskUids)?,
            batches: uids(query, "batchUids", Code::InvalidBatchUids)?,
            canceled_by: uids(query, "canceledBy", Code::InvalidTaskCanceledBy)?,
            kinds: each(query, "types", |text| {
                Kind::of(text).ok_or_else(|| {
                    unknown("type", text, Kind::ALL.iter().map(|k| k.name()), Code::InvalidTaskTypes)
                })
            })?,
            statuses: each(query, "statuses", |text| {
                Status::of(text).ok_or_else(|| {
                    unknown("status", text, Status::ALL.iter().map(|s| s.name()), Code::InvalidTaskStatuses)
                })
            })?,
            indexes: each(query, "indexUids", |text| {
                check_uid(text).map_err(|e| e.prefixed("Invalid value in parameter `indexUids[0]`: "))?;
                Ok(text.to_owned())
            })?,
            enqueued: Range::read(
                query,
                ("afterEnqueuedAt", Code::InvalidTaskAfterEnqueuedAt),
                ("beforeEnqueuedAt", Code::InvalidTaskBeforeEnqueuedAt),
            )?,
            started: Range::read(
                query,
                ("afterStartedAt", Code::InvalidTaskAfterStartedAt),
                ("beforeStartedAt", Code::InvalidTaskBeforeStartedAt),
            )?,
            finished: Range::read(
                query,
                ("afterFinishedAt", Code::InvalidTaskAfterFinishedAt),
                ("beforeFinishedAt", Code::InvalidTaskBeforeFinishedAt),
            )?,
        })
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
            && self.indexes.as_ref().is_none_or(|indexes| indexes.iter().any(|index| task.concerns(index)))
            && self.enqueued.holds(Some(task.enqueued_at))
            && self.started.holds(task.started_at)
            && self.finished.holds(task.finished_at)
            && visible(task, access)
    }
}

/// A key limited to some indexes sees the tasks of those and no others.
pub(super) fn visible(task: &Task, access: &Access) -> bool {
    !access.is_limited() || task.index.as_ref().is_some_and(|index| access.allows(index))
}

fn unknown<'a>(what: &str, text: &str, all: impl Iterator<Item = &'a str>, code: Code) -> ApiError {
    let (parameter, plural) =
        if what == "type" { ("types[0]", "types") } else { ("statuses[0]", "statuses") };
    let all = all.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    ApiError::new(
        code,
        format!(
            "Invalid value in parameter `{parameter}`: `{text}` is not a valid task {what}. Available {plural} are {all}."
        ),
    )
}

fn uids(query: &Query, key: &str, code: Code) -> Result<Option<Vec<u32>>> {
    each(query, key, |text| {
        text.parse().map_err(|_| {
            ApiError::new(
                code,
                format!("Invalid value in parameter `{key}`: could not parse `{text}` as a positive integer"),
            )
        })
    })
}

/// A comma-separated list; `*` asks for nothing.
fn each<T>(query: &Query, key: &str, read: impl Fn(&str) -> Result<T>) -> Result<Option<Vec<T>>> {
    match query.list(key) {
        None => Ok(None),
        Some(list) if list.iter().any(|item| item == "*") => Ok(None),
        Some(list) => list.iter().map(|item| read(item)).collect::<Result<Vec<T>>>().map(Some),
    }
}
