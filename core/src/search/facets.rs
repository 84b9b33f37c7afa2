use crate::config::options::invalid_option;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::schema::Schema;

/// The requested facets, as names.
pub(super) fn names(term: &Term, idiom: Idiom) -> Result<Vec<String>> {
    let (Term::List(items) | Term::Tuple(items)) = term else {
        return Err(invalid_option("facets", "list", term, idiom));
    };
    let read = |(position, item): (usize, &Term)| match idiom.as_name(item) {
        Some(name) => Ok(name.to_owned()),
        None => {
            let message = format!(
                "invalid list in {} option: invalid value for list element at position {position}: expected {}",
                idiom.option("facets"),
                idiom.symbol_type()
            );
            Err(Error::new(Kind::InvalidOption, message).named("facets").at(position))
        }
    };
    items.iter().enumerate().map(read).collect()
}

/// Every requested facet must be a declared one.
pub(super) fn check_declared(schema: &Schema, facets: &[String], idiom: Idiom) -> Result<()> {
    let declared = schema.facet_attributes();
    match facets.iter().find(|name| !declared.contains(name)) {
        None => Ok(()),
        Some(unknown) => {
            let message = format!(
                "unknown facet {} on {}; declared: {}",
                idiom.name(unknown),
                schema.name,
                idiom.names(declared.iter().map(String::as_str))
            );
            Err(Error::new(Kind::UnknownFacet, message)
                .named(unknown.as_str())
                .given(&Term::Symbol(unknown.clone())))
        }
    }
}

/// Every facet filter must name a declared facet.
pub(super) fn check_filter_fields(schema: &Schema, pairs: &[(String, Term)], idiom: Idiom) -> Result<()> {
    let Some((first, _)) = pairs.first() else { return Ok(()) };
    let declared = schema.facet_attributes();
    if declared.is_empty() {
        let message = format!("facet_filter on {}, which declares no faceting", schema.name);
        return Err(Error::new(Kind::InvalidFacetFilter, message).named(first.as_str()));
    }
    match pairs.iter().find(|(name, _)| !declared.contains(name)) {
        None => Ok(()),
        Some((unknown, _)) => {
            let message = format!(
                "facet_filter names {}, which is not a facet of {}; declared: {}",
                idiom.name(unknown),
                schema.name,
                idiom.names(declared.iter().map(String::as_str))
            );
            Err(Error::new(Kind::InvalidFacetFilter, message)
                .named(unknown.as_str())
                .given(&Term::Symbol(unknown.clone())))
        }
    }
}
