//! search: what did the caller ask, what is sent, and what came back?
//!
//! Options become one normalized [`Query`] ([`options`]) before anything else happens; the query becomes
//! a request body ([`wire`]); the reply becomes a [`SearchReply`] ([`reply`]); fetched rows are put in hit
//! order ([`hydrate`]). A value can never change the structure of a filter: every literal is quoted.

pub(crate) mod capabilities;
pub(crate) mod composition;
pub(crate) mod criteria;
mod disjunctive;
mod facet_values;
mod facets;
mod filter;
mod hydrate;
mod many;
mod options;
mod page;
pub(crate) mod params;
mod per_query;
mod presentation;
mod query;
pub(crate) mod reflection;
mod reply;
mod run;
mod sort;
mod tenant;
mod wire;
mod within;

pub use disjunctive::{Distributions, merge_distributions};
pub use facet_values::{FacetValues, search_facet_values};
pub use hydrate::{Hydrated, Pending, hydrate, hydration_failed};
pub use many::{AskedMany, Failure, Finished, Given, ManyReply, Outcome, Target, finish, search_many};
pub use options::SEARCH as OPTIONS;
pub use query::Query;
pub use reply::{Facets, PageInfo, SearchReply};
pub use run::{Asked, Explanation, explain, search};
