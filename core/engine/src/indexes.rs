//! `/indexes`, `/swap-indexes` and the statistics: indexes as things with a name.

use serde_json::{Map, Value, json};

use crate::auth::Access;
use crate::clock::Instant;
use crate::core::Core;
use crate::engine::Response;
use crate::error::{ApiError, Code, Result};
use crate::http::{Fields, Query, invalid_type, strings};
use crate::store::IndexEntry;
use crate::tasks::{Status, Swap, Work, accepted, enqueue};

pub(crate) fn valid_uid(uid: &str) -> bool {
    (1..=512).contains(&uid.len()) && uid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

pub(crate) fn check_uid(uid: &str) -> Result<()> {
    if valid_uid(uid) {
        return Ok(());
    }
    Err(ApiError::new(
        Code::InvalidIndexUid,
        format!(
            "`{uid}` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric \
             characters, hyphens (-) and underscores (_), and can not be more than 512 bytes."
        ),
    ))
}

fn view(core: &Core, uid: &str, entry: &IndexEntry) -> Result<Value> {
    let snapshot = core.index(uid)?.snapshot()?;
    Ok(json!({
        "uid": uid,
        "createdAt": entry.created_at.to_rfc3339(),
        "updatedAt": entry.updated_at.to_rfc3339(),
        "primaryKey": snapshot.primary_key(),
    }))
}

pub(crate) fn list(core: &Core, access: &Access, query: &Query) -> Result<Response> {
    query.only(&["offset", "limit"])?;
    let offset: usize = query.number("offset", Code::InvalidIndexOffset)?.unwrap_or(0);
    let limit: usize = query.number("limit", Code::InvalidIndexLimit)?.unwrap_or(20);
    let indexes: Vec<(String, IndexEntry)> = {
        let state = core.store.state();
        state
            .indexes
            .iter()
            .filter(|(uid, _)| access.allows(uid))
            .map(|(u, e)| (u.clone(), e.clone()))
            .collect()
    };
    let page: Result<Vec<Value>> =
        indexes.iter().skip(offset).take(limit).map(|(uid, entry)| view(core, uid, entry)).collect();
    let body = json!({"results": page?, "offset": offset, "limit": limit, "total": indexes.len()});
    Ok(Response::json(200, &body))
}

pub(crate) fn get(core: &Core, uid: &str) -> Result<Response> {
    check_uid(uid)?;
    let entry = core.store.entry(uid).ok_or_else(|| ApiError::index_not_found(uid))?;
    Ok(Response::json(200, &view(core, uid, &entry)?))
}

pub(crate) fn create(
    core: &Core,
    access: &Access,
    body: Value,
    metadata: Option<String>,
) -> Result<Response> {
    let mut fields = Fields::of(body, Code::BadRequest)?;
    fields.only(&["uid", "primaryKey"], Code::BadRequest)?;
    let uid = fields.required("uid", Code::MissingIndexUid, Code::InvalidIndexUid)?;
    check_uid(&uid).map_err(|error| error.prefixed("Invalid value at `.uid`: "))?;
    let primary_key = fields.string("primaryKey", Code::InvalidIndexPrimaryKey)?;
    access.require(&uid)?;
    Ok(accepted(&enqueue(core, Some(&uid), Work::CreateIndex { primary_key }, None, metadata)?))
}

pub(crate) fn update(core: &Core, uid: &str, body: Value, metadata: Option<String>) -> Result<Response> {
    check_uid(uid)?;
    let mut fields = Fields::of(body, Code::BadRequest)?;
    for (name, code) in
        [("createdAt", Code::ImmutableIndexCreatedAt), ("updatedAt", Code::ImmutableIndexUpdatedAt)]
    {
        if fields.has(name) {
            return Err(ApiError::new(
                code,
                format!("Immutable field `{name}`: expected one of `primaryKey`, `uid`"),
            ));
        }
    }
    fields.only(&["primaryKey", "uid"], Code::BadRequest)?;
    let primary_key = fields.string("primaryKey", Code::InvalidIndexPrimaryKey)?;
    let new_uid = fields.string("uid", Code::InvalidIndexUid)?;
    if let Some(new_uid) = &new_uid {
        check_uid(new_uid)?;
    }
    let work = Work::UpdateIndex { primary_key, new_uid, asked: None };
    Ok(accepted(&enqueue(core, Some(uid), work, None, metadata)?))
}

pub(crate) fn delete(core: &Core, uid: &str, metadata: Option<String>) -> Result<Response> {
    check_uid(uid)?;
    Ok(accepted(&enqueue(core, Some(uid), Work::DeleteIndex, None, metadata)?))
}

pub(crate) fn swap(core: &Core, access: &Access, body: Value, metadata: Option<String>) -> Result<Response> {
    let Value::Array(items) = body else {
        return Err(invalid_type("", "an array", &body, Code::BadRequest));
    };
    let mut swaps = Vec::with_capacity(items.len());
    for (i, item) in items.into_iter().enumerate() {
        let mut fields = Fields::within(item, format!("[{i}]"), Code::BadRequest)?;
        fields.only(&["indexes", "rename"], Code::BadRequest)?;
        let path = fields.path("indexes");
        fields.no_null(&[("rename", "a boolean", Code::InvalidSwapRename)])?;
        let indexes =
            fields.raw("indexes").ok_or_else(|| fields.missing("indexes", Code::MissingSwapIndexes))?;
        let indexes = strings(indexes, &path, Code::InvalidSwapIndexes)?;
        for (j, uid) in indexes.iter().enumerate() {
            check_uid(uid).map_err(|e| {
                e.with_code(Code::InvalidSwapIndexes).prefixed(&format!("Invalid value at `{path}[{j}]`: "))
            })?;
        }
        let rename = fields.flag("rename", Code::InvalidSwapRename)?.unwrap_or(false);
        let [left, right] = indexes.as_slice() else {
            let list = indexes.iter().map(|uid| format!("\"{uid}\"")).collect::<Vec<_>>().join(", ");
            return Err(ApiError::new(
                Code::InvalidSwapIndexes,
                format!(
                    "Two indexes must be given for each swap. The list `[{list}]` contains {} indexes.",
                    indexes.len()
                ),
            ));
        };
        access.require(left)?;
        access.require(right)?;
        swaps.push(Swap { left: left.clone(), right: right.clone(), rename });
    }
    check_once(&swaps)?;
    let task = enqueue(core, None, Work::SwapIndexes { swaps }, None, metadata)?;
    Ok(accepted(&task))
}

fn check_once(swaps: &[Swap]) -> Result<()> {
    let all: Vec<&String> = swaps.iter().flat_map(|swap| [&swap.left, &swap.right]).collect();
    let mut twice: Vec<&String> =
        all.iter().copied().filter(|uid| all.iter().filter(|u| *u == uid).count() > 1).collect();
    twice.sort();
    twice.dedup();
    let message = match twice.as_slice() {
        [] => return Ok(()),
        [uid] => {
            format!("Indexes must be declared only once during a swap. `{uid}` was specified several times.")
        }
        many => format!(
            "Indexes must be declared only once during a swap. {} were specified several times.",
            many.iter().map(|uid| format!("`{uid}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    Err(ApiError::new(Code::DuplicateSwap, message))
}

/// A number of bytes in the largest unit that it fills, with so many places, but not where they are zero.
pub(crate) fn human_size(bytes: u64, places: usize) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 1024.0
        && let Some(larger) = units.next()
    {
        size /= 1024.0;
        unit = larger;
    }
    let text = format!("{size:.places$}");
    let text = if places > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

pub(crate) fn compact(core: &Core, uid: &str, metadata: Option<String>) -> Result<Response> {
    check_uid(uid)?;
    Ok(accepted(&enqueue(core, Some(uid), Work::CompactIndex, None, metadata)?))
}

/// How sizes are told, and of what.
struct Sizes {
    human: bool,
    tables: bool,
}

impl Sizes {
    fn read(query: &Query) -> Result<Sizes> {
        query.only(&["showInternalDatabaseSizes", "sizeFormat"])?;
        let human = match query.get("sizeFormat") {
            None | Some("raw") => false,
            Some("human") => true,
            Some(other) => {
                return Err(ApiError::new(
                    Code::InvalidStatsSizeFormat,
                    format!(
                        "Unknown value `{other}` for parameter `sizeFormat`: expected one of `human`, `raw`"
                    ),
                ));
            }
        };
        let tables = query.flag("showInternalDatabaseSizes", Code::InvalidStatsShowSizes)?.unwrap_or(false);
        Ok(Sizes { human, tables })
    }

    fn show(&self, bytes: u64) -> Value {
        if !self.human {
            return json!(bytes);
        }
        json!(human_size(bytes, 2))
    }
}

fn stats_of(core: &Core, uid: &str, sizes: &Sizes) -> Result<Value> {
    let snapshot = core.index(uid)?.snapshot()?;
    let documents = snapshot.docids.len();
    let size = snapshot.documents_size();
    let indexing = core
        .store
        .state()
        .tasks
        .values()
        .rev()
        .take(1000)
        .any(|task| task.status == Status::Processing && task.index.as_deref() == Some(uid));
    let mut stats = json!({
        "numberOfDocuments": documents,
        "rawDocumentDbSize": sizes.show(size),
        "avgDocumentSize": sizes.show(size.checked_div(documents).unwrap_or(0)),
        "isIndexing": indexing,
        "numberOfEmbeddings": 0,
        "numberOfEmbeddedDocuments": 0,
        "fieldDistribution": snapshot.field_distribution(),
    });
    if sizes.tables {
        let tables =
            snapshot.table_sizes().into_iter().map(|(name, bytes)| (name.to_owned(), sizes.show(bytes)));
        stats["internalDatabaseSizes"] = Value::Object(tables.collect());
    }
    Ok(stats)
}

pub(crate) fn stats(core: &Core, uid: &str, query: &Query) -> Result<Response> {
    let sizes = Sizes::read(query)?;
    check_uid(uid)?;
    Ok(Response::json(200, &stats_of(core, uid, &sizes)?))
}

pub(crate) fn all_stats(core: &Core, access: &Access, query: &Query) -> Result<Response> {
    let sizes = Sizes::read(query)?;
    let indexes: Vec<(String, Instant)> = {
        let state = core.store.state();
        state
            .indexes
            .iter()
            .filter(|(uid, _)| access.allows(uid))
            .map(|(u, e)| (u.clone(), e.updated_at))
            .collect()
    };
    let last_update = indexes.iter().map(|(_, at)| *at).max().map(Instant::to_rfc3339);
    let mut by_uid = Map::new();
    for (uid, _) in &indexes {
        by_uid.insert(uid.clone(), stats_of(core, uid, &sizes)?);
    }
    let size = sizes.show(core.size_on_disk());
    let body =
        json!({"databaseSize": size, "usedDatabaseSize": size, "lastUpdate": last_update, "indexes": by_uid});
    Ok(Response::json(200, &body))
}
