//! An index written anew, in order, so that every page is full. Pages that were split as rows came in between
//! others are half empty for good otherwise, and what a large batch took of the file is never given back.

use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{Database, Key, ReadOnlyTable, ReadableTable, TableDefinition, Value, WriteTransaction};

use super::snapshot::Snapshot;
use super::tables::{DOCS, FACETS, IDS, SETS, VALUES, WORDS};
use crate::error::{ApiError, Result};
use crate::payloads::sync_folder;

/// Where the new file is until it takes the place of the old one.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("packing")
}

/// Puts everything of `from` into an empty database; `false` where it was told to stop.
pub(super) fn copy(from: &Snapshot, to: &mut Database, stop: &dyn Fn() -> bool) -> Result<bool> {
    let txn = to.begin_write()?;
    let whole = rows(&from.docs, &txn, DOCS, stop)?
        && rows(&from.ids, &txn, IDS, stop)?
        && rows(&from.words, &txn, WORDS, stop)?
        && rows(&from.facets, &txn, FACETS, stop)?
        && rows(&from.values, &txn, VALUES, stop)?
        && rows(&from.sets, &txn, SETS, stop)?;
    if !whole {
        return Ok(false);
    }
    from.copy_meta(&txn)?;
    txn.commit()?;
    // The file grows by leaps; this cuts it to what is in use.
    to.compact().map_err(ApiError::internal)?;
    Ok(true)
}

fn rows<K: Key, V: Value>(
    from: &ReadOnlyTable<K, V>,
    txn: &WriteTransaction,
    definition: TableDefinition<'_, K, V>,
    stop: &dyn Fn() -> bool,
) -> Result<bool> {
    let mut table = txn.open_table(definition)?;
    let mut end = table.upper_bound_mut(Bound::<K::SelfType<'_>>::Unbounded)?;
    for (at, row) in from.iter()?.enumerate() {
        if at % 1024 == 0 && stop() {
            return Ok(false);
        }
        let (key, value) = row?;
        end.insert_before(key.value(), value.value()).map_err(ApiError::internal)?;
    }
    end.close().map_err(ApiError::internal)?;
    Ok(true)
}

/// Makes a file beside the one at `path` and puts it in its place, all at once; where it is not made, or on an
/// error, all is as before.
pub(super) fn replace(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<Option<Database>>,
) -> Result<Option<Database>> {
    let beside = beside(path);
    let made = make(&beside).and_then(|made| {
        if made.is_some() {
            std::fs::rename(&beside, path)?;
        }
        Ok(made)
    });
    match &made {
        Ok(Some(_)) => path.parent().map_or(Ok(()), sync_folder)?,
        _ => drop(std::fs::remove_file(&beside)),
    }
    made
}
