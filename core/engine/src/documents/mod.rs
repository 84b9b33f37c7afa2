//! Documents on the wire: read from three formats, picked apart by field, listed and fetched.

mod payload;
mod routes;
mod select;
mod view;

pub(crate) use payload::{documents, first_candidates};
pub(crate) use routes::{add, clear, delete_batch, delete_by_filter, delete_one, fetch, get_one, list};
pub(crate) use select::{map_leaves, select};
