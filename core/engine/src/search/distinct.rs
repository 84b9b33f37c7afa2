//! One hit for each value of a field.

use roaring::RoaringBitmap;

use crate::error::Result;
use crate::index::{FacetValue, Snapshot};

/// Adds to `excluded` every document that shares a value with this one, itself included.
pub(super) fn exclude(
    snapshot: &Snapshot,
    field: u16,
    docid: u32,
    excluded: &mut RoaringBitmap,
) -> Result<()> {
    for value in snapshot.values_of(field, docid)? {
        *excluded |= match value {
            FacetValue::Number(number) => snapshot.with_number(field, number)?,
            FacetValue::String { normalized, .. } => snapshot.with_string(field, &normalized)?,
        };
    }
    Ok(())
}

/// The first of each value among `candidates`, and all documents that share a value with one of them.
pub(super) fn apply(
    snapshot: &Snapshot,
    field: u16,
    candidates: &RoaringBitmap,
) -> Result<(RoaringBitmap, RoaringBitmap)> {
    let (mut remaining, mut excluded) = (RoaringBitmap::new(), RoaringBitmap::new());
    for docid in candidates {
        if !excluded.contains(docid) {
            exclude(snapshot, field, docid, &mut excluded)?;
            remaining.insert(docid);
        }
    }
    Ok((remaining, excluded))
}
