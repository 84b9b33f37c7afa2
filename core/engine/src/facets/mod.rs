//! Facets: how often each value of a field occurs among hits, the range of its numbers, and a search
//! among the values themselves.

mod distribution;
mod search;

pub(crate) use distribution::{Facets, distribution, order_and_cut};
pub(crate) use search::search;
