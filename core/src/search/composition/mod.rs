//! composition: which criteria does a search start with, when several hands wrote them?
//!
//! Fragments carry defaults, which a caller may override, and fixed constraints, which nobody may.
//! [`compose`] reads them ([`fragment`]), merges them left to right and then with the caller's criteria
//! ([`merge`]); [`many`] does so for the entries of a `search_many`, and [`arguments`] lowers either to
//! the arguments of a search. Pure data: nothing is searched, and no schema is asked.

mod arguments;
mod composed;
mod fragment;
mod many;
mod merge;
mod reason;

pub(crate) use arguments::{ManyArguments, SearchArguments, many_arguments, search_arguments, top_level};
pub(crate) use composed::Composed;
pub(crate) use fragment::criteria;
pub(crate) use many::{ComposedMany, compose_many, compose_tuple, is_all};
pub(crate) use reason::Reason;

use crate::error::Result;
use crate::host::{Idiom, Term};

/// Composes fragments with the caller's criteria.
pub(crate) fn compose(fragments: Term, caller: Term, idiom: Idiom) -> Result<Composed> {
    let fragments = fragment::read_all(fragments, idiom)?;
    let caller = criteria(caller, idiom)?;
    merge::merge(&fragments, caller, idiom)
}
