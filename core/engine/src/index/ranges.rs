//! Ranges of many facet values, without looking at each: runs of values with all their documents, made when a
//! field is first asked for a wide range.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use redb::ReadOnlyTable;
use roaring::RoaringBitmap;

use super::codec::decode_bitmap;
use super::snapshot::after_prefix;
use crate::error::Result;

/// Up to this many values are looked at one by one.
pub(super) const FEW: usize = 512;
/// How many values a run holds.
const RUN: usize = 128;

type Facets = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The runs of the fields that were asked for, by kind and field.
#[derive(Default)]
pub(super) struct Ranges {
    fields: Mutex<HashMap<[u8; 3], Arc<Runs>>>,
}

impl Ranges {
    pub(super) fn of(&self, facets: &Facets, prefix: &[u8; 3]) -> Result<Arc<Runs>> {
        if let Some(runs) = self.fields.lock().unwrap_or_else(PoisonError::into_inner).get(prefix) {
            return Ok(runs.clone());
        }
        // Two that make the same at once do no harm.
        let runs = Arc::new(Runs::of(facets, prefix)?);
        self.fields.lock().unwrap_or_else(PoisonError::into_inner).insert(*prefix, runs.clone());
        Ok(runs)
    }
}

/// Runs of values in order, each by its first and last.
pub(super) struct Runs(Vec<Run>);

struct Run {
    first: Vec<u8>,
    last: Vec<u8>,
    docids: RoaringBitmap,
}

impl Runs {
    fn of(facets: &Facets, prefix: &[u8; 3]) -> Result<Runs> {
        let end = after_prefix(prefix);
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut runs: Vec<Run> = Vec::new();
        let values = facets.range::<&[u8]>((Bound::Included(prefix.as_slice()), upper))?;
        for (at, row) in values.enumerate() {
            let (key, docids) = row?;
            let docids = decode_bitmap(docids.value());
            match runs.last_mut().filter(|_| at % RUN > 0) {
                Some(run) => {
                    run.docids |= docids;
                    run.last = key.value().to_vec();
                }
                None => {
                    let first = key.value().to_vec();
                    runs.push(Run { last: first.clone(), first, docids });
                }
            }
        }
        Ok(Runs(runs))
    }

    /// The documents of all values in a range: whole runs within it, and the values before and after those.
    pub(super) fn between(
        &self,
        facets: &Facets,
        (from, to): (Bound<&[u8]>, Bound<&[u8]>),
    ) -> Result<RoaringBitmap> {
        let is_before = |key: &[u8]| match from {
            Bound::Included(from) => key < from,
            Bound::Excluded(from) => key <= from,
            Bound::Unbounded => false,
        };
        let is_past = |key: &[u8]| match to {
            Bound::Included(to) => key > to,
            Bound::Excluded(to) => key >= to,
            Bound::Unbounded => false,
        };
        let start = self.0.partition_point(|run| is_before(&run.first));
        let end = self.0.partition_point(|run| !is_past(&run.last));
        let mut union = RoaringBitmap::new();
        let whole = self.0.get(start..end).unwrap_or_default();
        let (Some(first), Some(last)) = (whole.first(), whole.last()) else {
            return one_by_one(facets, (from, to), union);
        };
        for run in whole {
            union |= &run.docids;
        }
        union = one_by_one(facets, (from, Bound::Excluded(&first.first)), union)?;
        one_by_one(facets, (Bound::Excluded(&last.last), to), union)
    }
}

fn one_by_one(
    facets: &Facets,
    range: (Bound<&[u8]>, Bound<&[u8]>),
    mut union: RoaringBitmap,
) -> Result<RoaringBitmap> {
    // A range that ends where it begins holds nothing, and is no range to the table.
    if let (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) = range
        && (from > to || (from == to && range != (Bound::Included(from), Bound::Included(to))))
    {
        return Ok(union);
    }
    for row in facets.range::<&[u8]>(range)? {
        union |= decode_bitmap(row?.1.value());
    }
    Ok(union)
}
