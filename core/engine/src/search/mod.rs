//! Searching: a request read, a query understood, documents ranked, hits shown.
//!
//! `params` reads a request; `terms` and `graph` turn its text into a graph of words with all that may
//! stand for them; `rules` sort documents into buckets, each rule within the buckets of the one before;
//! `bucket` drives them; `hits` and `matches` make what is sent back; `federate` merges several searches.

mod bucket;
mod context;
mod derive;
mod distinct;
mod federate;
mod graph;
mod hits;
mod many;
mod matches;
mod params;
mod parse;
mod routes;
mod rules;
mod run;
mod score;
mod terms;

pub(crate) use many::many;
pub(crate) use params::{FACET_SEARCH_FIELDS, SearchQuery, no_network};
pub(crate) use routes::{by_body, by_query, check_filter};
pub(crate) use run::{candidates, order_by, unsortable};
