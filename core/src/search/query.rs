use schemars::JsonSchema;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::filter::Clause;
use super::page::Page;
use super::per_query::PerQuery;
use super::presentation::Presentation;
use super::sort::Direction;
use crate::host::Term;

/// One normalized query: all that the backend sees of a call.
#[derive(Debug, Clone, JsonSchema)]
pub struct Query {
    pub text: String,
    /// As given, a tenant scope in front.
    pub filter: Vec<(String, Term)>,
    pub sort: Vec<(Direction, String)>,
    pub page: Page,
    pub facets: Vec<String>,
    pub facet_filter: Vec<(String, Term)>,
    pub per_query: PerQuery,
    #[schemars(skip)]
    pub(super) presentation: Presentation,
    /// `filter`, compiled. All must hold.
    #[schemars(skip)]
    pub(super) clauses: Vec<Clause>,
    /// `facet_filter`, compiled, each with its facet. All must hold too.
    #[schemars(skip)]
    pub(super) facet_clauses: Vec<(String, Clause)>,
}

impl Query {
    /// Everything that must hold; without what `facet` was filtered by, if one is named.
    pub(super) fn all_clauses(&self, without: Option<&str>) -> Vec<&Clause> {
        let facets = self.facet_clauses.iter().filter(|(facet, _)| Some(facet.as_str()) != without);
        self.clauses.iter().chain(facets.map(|(_, clause)| clause)).collect()
    }
}

fn symbol(name: &str) -> Term {
    Term::Symbol(name.to_owned())
}

fn keyword(pairs: &[(String, Term)]) -> Term {
    Term::List(pairs.iter().map(|(name, value)| Term::Tuple(vec![symbol(name), value.clone()])).collect())
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sort = self.sort.iter().map(|(by, name)| Term::Tuple(vec![symbol(by.name()), symbol(name)]));
        let mut out = serializer.serialize_struct("Query", 7)?;
        out.serialize_field("text", &self.text)?;
        out.serialize_field("filter", &keyword(&self.filter))?;
        out.serialize_field("sort", &Term::List(sort.collect()))?;
        out.serialize_field("page", &self.page)?;
        out.serialize_field("facets", &Term::List(self.facets.iter().map(|name| symbol(name)).collect()))?;
        out.serialize_field("facet_filter", &keyword(&self.facet_filter))?;
        out.serialize_field("per_query", &self.per_query)?;
        out.end()
    }
}
