//! One index: how documents lie in its database and how what is looked up is found.
//!
//! `tables` says what is stored where; `extract` turns a document into words and facet values;
//! `write` applies a batch in one transaction; `snapshot` is what a search reads from, unchanging.

mod codec;
mod docs;
mod extract;
mod fields;
mod memory;
mod pack;
mod places;
mod postings;
mod ranges;
mod remembered;
mod snapshot;
mod store;
mod tables;
mod tokenize;
mod values;
mod write;

pub(crate) use codec::ordered;
pub(crate) use extract::{external_id, id_of, parse_document};
pub(crate) use memory::SparseMemory;
pub(crate) use places::ByPlace;
pub(crate) use postings::{Postings, bucketed};
pub(crate) use snapshot::{FacetKey, FacetKind, Snapshot};
pub(crate) use store::Index;
pub(crate) use tokenize::{all_locales, language, normalize_facet, unknown_locale};
pub(crate) use values::FacetValue;
pub(crate) use write::{DocChange, Writer};

/// A word longer than this is not indexed, as in Meilisearch (half of its longest key).
pub(crate) const MAX_WORD: usize = 255;
