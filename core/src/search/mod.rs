//! search: what did the caller ask, what is sent, and what came back?
//!
//! Options become one normalized [`Query`] ([`options`]) before anything else happens; the query becomes
//! a request body ([`wire`]); the reply becomes a [`SearchReply`] ([`reply`]); fetched rows are put in hit
//! order ([`hydrate`]). A value can never change the structure of a filter: every literal is quoted.

pub(crate) mod capabilities;
pub(crate) mod composition;
pub(crate) mod criteria;
mod disjunctive;
mod explained;
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
mod suggest;
mod tenant;
mod tenant_token;
mod wire;
mod within;

pub use disjunctive::{Distributions, merge_distributions};
pub use explained::{Explained, RankedBy, Ranking};
pub use facet_values::{FacetValues, search_facet_values};
pub use hydrate::{Hydrated, Pending, hydrate, hydration_failed};
pub use many::{
    AskedMany, ENTRY_OPTIONS, Failure, Finished, Given, ManyReply, Outcome, Target, finish, search_many,
};
pub use options::SEARCH as OPTIONS;
pub use page::Page;
pub use per_query::PerQuery;
pub use query::Query;
pub use reply::{Facets, Neighbours, PageInfo, SearchReply};
pub use run::{Asked, Explanation, explain, search};
pub use sort::Direction;
pub use suggest::{OPTIONS as SUGGEST_OPTIONS, Suggestion, SuggestionPart, suggest};
pub use tenant_token::{OPTIONS as TENANT_TOKEN_OPTIONS, tenant_token};
