//! What each kind of task does.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::model::{Method, Outcome, Sizes, Status, Task, Work};
use crate::clock::Instant;
use crate::core::Core;
use crate::documents::{documents, first_candidates};
use crate::error::{ApiError, Code, Result};
use crate::filter;
use crate::geo::Point;
use crate::index::{DocChange, Index, Writer, external_id, parse_document};
use crate::store::{Change, IndexEntry};

/// Runs a batch and makes its end durable. An error here fails all of its tasks.
pub(super) fn apply(core: &Core, batch: u32, uids: &[u32]) -> Result<()> {
    let tasks: Vec<Arc<Task>> = {
        let state = core.store.state();
        uids.iter().filter_map(|uid| state.tasks.get(uid).cloned()).collect()
    };
    let Some(first) = tasks.first() else { return Ok(()) };
    let index = first.index.clone().unwrap_or_default();
    match &first.work {
        Work::CancelTasks { uids, .. } => cancel(core, batch, first.uid, uids),
        Work::DeleteTasks { uids, .. } => forget(core, batch, first.uid, uids),
        Work::SwapIndexes { .. } => swap(core, batch, first),
        Work::CreateIndex { primary_key } => create(core, batch, first.uid, &index, primary_key.clone()),
        Work::DeleteIndex => drop_index(core, batch, first.uid, &index),
        Work::UpdateIndex { primary_key, new_uid, .. } => {
            update(core, batch, first.uid, &index, primary_key.clone(), new_uid.clone())
        }
        Work::AddDocuments { .. } | Work::DeleteDocuments { .. } => {
            let creates =
                tasks.iter().any(|task| matches!(task.work, Work::AddDocuments { creates: true, .. }));
            write(core, batch, &index, creates, uids, |writer| write_documents(core, writer, &tasks))
        }
        Work::CompactIndex => compact(core, batch, first.uid, &index),
        Work::ClearDocuments => write(core, batch, &index, false, uids, |writer| {
            let count = writer.document_count();
            writer.clear()?;
            Ok(vec![(first.uid, Outcome::done(count))])
        }),
        Work::DeleteByFilter { filter } => write(core, batch, &index, false, uids, |writer| {
            let docids = filter::evaluate(writer.snapshot(), filter, Code::InvalidDocumentFilter)
                .map_err(|error| error.prefixed(&format!("Index `{index}`: ")))?;
            let primary_key = writer.primary_key().unwrap_or_default().to_owned();
            let mut changes = Vec::new();
            for docid in &docids {
                let before = writer.document(docid)?.unwrap_or_default();
                let id = external_id(&before, &primary_key)?;
                changes.push(DocChange { id, docid: Some(docid), before: Some(before), after: None });
            }
            writer.apply(changes)?;
            Ok(vec![(first.uid, Outcome::done(docids.len()))])
        }),
        Work::UpdateSettings { patch, creates, .. } => {
            let patch = patch.as_object().cloned().unwrap_or_default();
            write(core, batch, &index, *creates, uids, |writer| {
                let mut settings = writer.settings().clone();
                settings.apply(&patch).map_err(|error| error.prefixed(&format!("Index `{index}`: ")))?;
                writer
                    .set_settings(settings)
                    .map_err(|error| error.prefixed(&format!("Index `{index}`: ")))?;
                Ok(vec![(first.uid, Outcome::done(0))])
            })
        }
    }
}

fn new_entry() -> IndexEntry {
    let now = Instant::now();
    IndexEntry { folder: Uuid::new_v4().simple().to_string(), created_at: now, updated_at: now }
}

/// Changes one index and then says so. Where the process ends between the two, the index knows which
/// tasks it has applied, and they are not applied again.
fn write(
    core: &Core,
    batch: u32,
    uid: &str,
    creates: bool,
    tasks: &[u32],
    change: impl FnOnce(&mut Writer<'_>) -> Result<Vec<(u32, Outcome)>>,
) -> Result<()> {
    let existing = core.store.entry(uid);
    let is_new = existing.is_none();
    if is_new && !creates {
        return Err(ApiError::index_not_found(uid));
    }
    let mut entry = existing.unwrap_or_else(new_entry);
    let index: Arc<Index> = core.folder(&entry.folder)?;
    let written = index.write(|writer| {
        let known: Option<Vec<(u32, Outcome)>> =
            tasks.iter().map(|task| writer.applied(*task).map(|outcome| (*task, outcome.clone()))).collect();
        if let Some(known) = known {
            return Ok(known);
        }
        let outcomes = change(writer)?;
        writer.set_applied(outcomes.clone());
        Ok(outcomes)
    });
    let outcomes = match written {
        Ok(outcomes) => outcomes,
        Err(error) => {
            if is_new {
                drop(index);
                core.discard(&entry.folder);
            }
            return Err(error);
        }
    };
    entry.updated_at = Instant::now();
    core.store.finish(batch, |change| {
        change.indexes.insert(uid.to_owned(), entry);
        change.end(core, outcomes);
        Ok(())
    })
}

/// A document while the tasks of a batch change it.
struct Pending {
    docid: Option<u32>,
    before: Option<Vec<u8>>,
    after: Option<Bytes>,
}

type PendingDocs = IndexMap<String, Pending>;

fn write_documents(core: &Core, writer: &mut Writer<'_>, tasks: &[Arc<Task>]) -> Result<Vec<(u32, Outcome)>> {
    let mut pending = PendingDocs::new();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        // Of a batch that a crash cut short, some tasks may be done and others not.
        if let Some(outcome) = writer.applied(task.uid) {
            outcomes.push((task.uid, outcome.clone()));
            continue;
        }
        let uid = task.index.as_deref().unwrap_or_default();
        let outcome = match &task.work {
            Work::AddDocuments { method, primary_key, skip_new, .. } => {
                let packed = Bytes::from(core.store.payload(task.uid)?);
                match add(uid, writer, &mut pending, &packed, *method, primary_key.as_deref(), *skip_new) {
                    Ok(count) => Outcome::done(count),
                    Err(error) if error.code == Code::Internal => return Err(error),
                    Err(error) => Outcome::failed(error),
                }
            }
            Work::DeleteDocuments { ids } => {
                let mut count = 0;
                for id in ids {
                    let document = look_up(writer, &mut pending, id.trim())?;
                    count += u64::from(document.after.take().is_some());
                }
                Outcome::done(count)
            }
            _ => continue,
        };
        outcomes.push((task.uid, outcome));
    }
    let changes = pending
        .into_iter()
        .filter(|(_, document)| document.before.as_deref() != document.after.as_deref())
        .map(|(id, document)| DocChange {
            id,
            docid: document.docid,
            before: document.before,
            after: document.after,
        })
        .collect();
    writer.apply(changes)?;
    Ok(outcomes)
}

fn look_up<'p>(writer: &Writer<'_>, pending: &'p mut PendingDocs, id: &str) -> Result<&'p mut Pending> {
    if !pending.contains_key(id) {
        let docid = writer.docid(id)?;
        let before = docid.map(|docid| writer.document(docid)).transpose()?.flatten();
        pending.insert(id.to_owned(), Pending { docid, after: before.clone().map(Bytes::from), before });
    }
    pending.get_mut(id).ok_or_else(|| ApiError::internal("a document that was just put in place is gone"))
}

/// Adds the documents of one task: all of them, or on an error none.
fn add(
    uid: &str,
    writer: &mut Writer<'_>,
    pending: &mut PendingDocs,
    packed: &Bytes,
    method: Method,
    asked: Option<&str>,
    skip_new: bool,
) -> Result<u64> {
    let current = writer.primary_key().map(str::to_owned);
    if let (Some(asked), Some(current)) = (asked, &current)
        && asked != current
    {
        return Err(ApiError::new(
            Code::IndexPrimaryKeyAlreadyExists,
            format!("Index already has a primary key: `{current}`."),
        ));
    }
    let primary_key = match current.clone().or_else(|| asked.map(str::to_owned)) {
        Some(name) => name,
        None if packed.is_empty() => return Ok(0),
        None => infer(packed)?,
    };
    let ids: Vec<String> =
        documents(packed).map(|json| external_id(json, &primary_key)).collect::<Result<_>>()?;
    if current.is_none() {
        writer.set_primary_key(Some(primary_key));
    }
    if writer.settings().is_geo() {
        for (id, json) in ids.iter().zip(documents(packed)) {
            Point::of_document(&parse_document(json)?, id)
                .map_err(|error| error.prefixed(&format!("Index `{uid}`: ")))?;
        }
    }
    for (id, json) in ids.iter().zip(documents(packed)) {
        let document = look_up(writer, pending, id)?;
        if skip_new && document.after.is_none() {
            continue;
        }
        document.after = Some(match (method, &document.after) {
            (Method::Update, Some(current)) => lay_over(current, json)?.into(),
            // Part of what came with the task, not a copy of it.
            _ => packed.slice_ref(json),
        });
    }
    // A document that was sent twice is indexed once.
    Ok(ids.iter().collect::<HashSet<_>>().len() as u64)
}

fn infer(packed: &[u8]) -> Result<String> {
    let mut candidates = first_candidates(packed)?;
    match candidates.len() {
        1 => Ok(candidates.remove(0)),
        0 => Err(ApiError::new(
            Code::IndexPrimaryKeyNoCandidate,
            "The primary key inference failed as the engine did not find any field ending with `id` in its name. Please \
             specify the primary key manually using the `primaryKey` query parameter.",
        )),
        count => Err(ApiError::new(
            Code::IndexPrimaryKeyMultipleCandidates,
            format!(
                "The primary key inference failed as the engine found {count} fields ending with `id` in their names: \
                 '{}' and '{}'. Please specify the primary key manually using the `primaryKey` query parameter.",
                candidates[0], candidates[1]
            ),
        )),
    }
}

/// The fields of `json` over those of `current`; those it does not have stay.
fn lay_over(current: &[u8], json: &[u8]) -> Result<Vec<u8>> {
    let mut document: Map<String, Value> = parse_document(current)?;
    document.extend(parse_document(json)?);
    serde_json::to_vec(&document).map_err(ApiError::internal)
}

fn create(core: &Core, batch: u32, task: u32, uid: &str, primary_key: Option<String>) -> Result<()> {
    if core.store.entry(uid).is_some() {
        return Err(ApiError::new(Code::IndexAlreadyExists, format!("Index `{uid}` already exists.")));
    }
    write(core, batch, uid, true, &[task], |writer| {
        writer.set_primary_key(primary_key);
        Ok(vec![(task, Outcome::done(0))])
    })
}

fn update(
    core: &Core,
    batch: u32,
    task: u32,
    uid: &str,
    primary_key: Option<String>,
    new_uid: Option<String>,
) -> Result<()> {
    if let Some(new_uid) = &new_uid {
        if core.store.entry(uid).is_none() {
            return Err(ApiError::index_not_found(uid));
        }
        if core.store.entry(new_uid).is_some() {
            return Err(ApiError::new(
                Code::IndexAlreadyExists,
                format!("Index `{new_uid}` already exists."),
            ));
        }
    }
    let entry = core.store.entry(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
    if let Some(primary_key) = primary_key {
        core.folder(&entry.folder)?.write(|writer| {
            if let Some(current) = writer.primary_key()
                && writer.document_count() > 0
                && current != primary_key
            {
                return Err(ApiError::new(
                    Code::IndexPrimaryKeyAlreadyExists,
                    format!("Index `{uid}`: Index already has a primary key: `{current}`."),
                ));
            }
            writer.set_primary_key(Some(primary_key));
            Ok(())
        })?;
    }
    core.store.finish(batch, |change| {
        let mut entry = change.indexes.remove(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
        entry.updated_at = Instant::now();
        if let Some(new_uid) = &new_uid {
            change.tell_of_past(core, task, &[(uid, new_uid)]);
        }
        change.indexes.insert(new_uid.unwrap_or_else(|| uid.to_owned()), entry);
        change.end(core, [(task, Outcome::done(0))]);
        Ok(())
    })
}

fn drop_index(core: &Core, batch: u32, task: u32, uid: &str) -> Result<()> {
    let entry = core.store.entry(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
    let count = core.folder(&entry.folder)?.snapshot()?.docids.len();
    core.store.finish(batch, |change| {
        change.indexes.remove(uid);
        change.end(core, [(task, Outcome::done(count))]);
        Ok(())
    })?;
    core.discard(&entry.folder);
    Ok(())
}

/// Gives back what the index's file does not use.
fn compact(core: &Core, batch: u32, task: u32, uid: &str) -> Result<()> {
    let entry = core.store.entry(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
    let index = core.folder(&entry.folder)?;
    let before = index.bytes()?;
    index.pack_now(&|| false)?;
    let sizes = Sizes { before, after: index.bytes()? };
    core.store.finish(batch, |change| {
        change.end(core, [(task, Outcome::done(sizes.pack()))]);
        Ok(())
    })
}

fn swap(core: &Core, batch: u32, task: &Task) -> Result<()> {
    let Work::SwapIndexes { swaps } = &task.work else { return Ok(()) };
    core.store.finish(batch, |change| {
        // In order of their names, each once.
        let listed = |uids: &[&String]| uids.iter().map(|uid| format!("`{uid}`")).collect::<Vec<_>>().join(", ");
        let mut absent: Vec<&String> = Vec::new();
        let mut taken: Vec<&String> = Vec::new();
        for swap in swaps {
            let there = |uid: &String| change.indexes.contains_key(uid);
            if !there(&swap.left) {
                absent.push(&swap.left);
            }
            if swap.rename && there(&swap.right) {
                taken.push(&swap.right);
            } else if !swap.rename && !there(&swap.right) {
                absent.push(&swap.right);
            }
        }
        for uids in [&mut absent, &mut taken] {
            uids.sort_unstable();
            uids.dedup();
        }
        match (absent.as_slice(), taken.as_slice()) {
            ([], []) => {}
            ([uid], _) => return Err(ApiError::index_not_found(uid)),
            ([], [uid]) => {
                let from = swaps.iter().find(|swap| &swap.right == *uid).map_or("", |swap| swap.left.as_str());
                return Err(ApiError::new(
                    Code::IndexAlreadyExists,
                    format!(
                        "Cannot rename `{from}` to `{uid}` as the index already exists. Hint: You can remove `{uid}` first \
                         and then do your remove."
                    ),
                ));
            }
            ([], many) => {
                return Err(ApiError::new(
                    Code::IndexAlreadyExists,
                    format!(
                        "The following indexes are being renamed but cannot because their new name conflicts with an \
                         already existing index: {}. Renaming doesn't overwrite the other index name.",
                        listed(many)
                    ),
                ));
            }
            (many, _) => {
                return Err(ApiError::new(Code::IndexNotFound, format!("Indexes {} not found.", listed(many))));
            }
        }
        for swap in swaps {
            let left = change.indexes.remove(&swap.left);
            let right = change.indexes.remove(&swap.right);
            change.indexes.extend(left.map(|entry| (swap.right.clone(), entry)));
            change.indexes.extend(right.map(|entry| (swap.left.clone(), entry)));
        }
        let exchanged: Vec<_> = swaps.iter().map(|swap| (swap.left.as_str(), swap.right.as_str())).collect();
        change.tell_of_past(core, task.uid, &exchanged);
        change.end(core, [(task.uid, Outcome::done(0))]);
        Ok(())
    })
}

fn cancel(core: &Core, batch: u32, task: u32, uids: &[u32]) -> Result<()> {
    core.store.finish(batch, |change| {
        let waiting: Vec<Arc<Task>> = {
            let state = core.store.state();
            let tasks = uids.iter().filter_map(|uid| state.tasks.get(uid));
            tasks.filter(|t| t.status == Status::Enqueued).cloned().collect()
        };
        let started_at = change.with_tasks(waiting.iter().map(|task| task.uid));
        for waiting in &waiting {
            change.tasks.push(Task {
                status: Status::Canceled,
                canceled_by: Some(task),
                batch: Some(batch),
                count: Some(0),
                started_at,
                finished_at: Some(Instant::now()),
                ..(**waiting).clone()
            });
        }
        change.end(core, [(task, Outcome::done(waiting.len() as u64))]);
        Ok(())
    })
}

fn forget(core: &Core, batch: u32, task: u32, uids: &[u32]) -> Result<()> {
    core.store.finish(batch, |change| {
        let finished: Vec<u32> = {
            let state = core.store.state();
            let done = |uid: &&u32| state.tasks.get(uid).is_some_and(|t| t.status.is_finished());
            uids.iter().filter(done).copied().collect()
        };
        let count = finished.len() as u64;
        change.forgotten.extend(finished);
        change.end(core, [(task, Outcome::done(count))]);
        Ok(())
    })
}

impl Change {
    /// The past goes with the index: what was done to the one before `task` is now told of the other.
    fn tell_of_past(&mut self, core: &Core, task: u32, exchanged: &[(&str, &str)]) {
        let state = core.store.state();
        for past in state.tasks.range(..task).map(|(_, past)| past).filter(|past| past.status.is_finished()) {
            let concerns = |uid: &str| exchanged.iter().any(|(left, right)| uid == *left || uid == *right);
            if past.concerned().any(concerns) {
                let mut past = (**past).clone();
                exchanged.iter().for_each(|(left, right)| past.exchange(left, right));
                self.tasks.push(past);
            }
        }
    }

    /// Notes how tasks ended.
    pub(super) fn end(&mut self, core: &Core, outcomes: impl IntoIterator<Item = (u32, Outcome)>) {
        let now = Instant::now();
        let state = core.store.state();
        for (uid, outcome) in outcomes {
            let Some(task) = state.tasks.get(&uid) else { continue };
            let status = if outcome.error.is_some() { Status::Failed } else { Status::Succeeded };
            self.tasks.push(Task {
                status,
                count: Some(outcome.count),
                error: outcome.error,
                finished_at: Some(now),
                ..(**task).clone()
            });
        }
    }
}
