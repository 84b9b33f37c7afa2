//! What a schema lets a search do, as plain data.

use serde::Serialize;

use crate::host::{Term, Word};
use crate::schema::Schema;

#[derive(Debug, Serialize)]
pub(crate) struct Capabilities {
    tenant: Term,
    filters: Fields<Term>,
    sorts: Fields<Term>,
    facets: Facets,
    paging: Fields<Word>,
    limits: Limits,
}

#[derive(Debug, Serialize)]
struct Fields<Name> {
    supported: bool,
    fields: Vec<Name>,
}

#[derive(Debug, Serialize)]
struct Facets {
    supported: bool,
    fields: Vec<Term>,
    max_values_per_facet: Option<i64>,
    sort_facet_values_by: Term,
}

#[derive(Debug, Serialize)]
struct Limits {
    per_query_keys: Vec<Word>,
    max_values_per_facet: Option<i64>,
}

pub(crate) fn capabilities(schema: &Schema) -> Capabilities {
    let faceting = schema.faceting.as_ref();
    let max_values_per_facet = faceting.map(|faceting| faceting.max_values_per_facet);
    let facets = symbols(schema.facet_attributes());
    let order = faceting.map_or(&[][..], |faceting| &faceting.sort_facet_values_by);
    Capabilities {
        tenant: schema.tenant_field.as_deref().map_or(Term::Null, symbol),
        filters: fields(symbols(&schema.filterable)),
        sorts: fields(symbols(&schema.sortable)),
        facets: Facets {
            supported: !facets.is_empty(),
            fields: facets,
            max_values_per_facet,
            sort_facet_values_by: match order {
                [] => Term::List(Vec::new()),
                order => {
                    Term::Map(order.iter().map(|(name, by)| (symbol(name), symbol(by.name()))).collect())
                }
            },
        },
        paging: fields(vec![Word("number"), Word("size")]),
        limits: Limits {
            per_query_keys: ["ranking_score_threshold", "show_ranking_score", "show_ranking_score_details"]
                .map(Word)
                .to_vec(),
            max_values_per_facet,
        },
    }
}

fn fields<Name>(fields: Vec<Name>) -> Fields<Name> {
    Fields { supported: !fields.is_empty(), fields }
}

fn symbol(name: &str) -> Term {
    Term::Symbol(name.to_owned())
}

fn symbols(names: &[String]) -> Vec<Term> {
    names.iter().map(|name| symbol(name)).collect()
}
