//! search: what did the caller ask, what is sent, and what came back?
//!
//! Options become one normalized [`Query`] ([`options`]) before anything else happens; the query becomes
//! a request body ([`wire`]); the reply becomes a [`SearchReply`] ([`reply`]); fetched rows are put in hit
//! order ([`hydrate`]). A value can never change the structure of a filter: every literal is quoted.

mod facets;
mod filter;
mod hydrate;
mod options;
mod page;
mod per_query;
mod query;
mod reply;
mod run;
mod sort;
mod tenant;
mod wire;

pub use hydrate::{Hydrated, Pending, hydrate, hydration_failed};
pub use options::SEARCH as OPTIONS;
pub use query::Query;
pub use reply::{Facets, PageInfo, SearchReply};
pub use run::{Explanation, explain, search};
