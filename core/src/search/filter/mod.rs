//! filter: from declared fields and values to the filter that is sent.
//!
//! A filter is ordered `(field, value)` pairs, all of which must hold. [`compile`] turns each into
//! clauses; [`operators`] knows what a field can be asked, [`literal`] how a value is written.

mod literal;
mod operators;

use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::schema::Schema;

/// One element of the request's `filter` array.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Clause {
    One(String),
    /// A nested array: one of these must hold.
    Any(Vec<String>),
}

/// How deep `or` and `not` groups may nest.
const DEEPEST: usize = 16;

/// Reads the option's pairs, unchecked.
pub(super) fn pairs(option: &str, term: Term, idiom: Idiom) -> Result<Vec<(String, Term)>> {
    match term.into_pairs(idiom) {
        Ok(pairs) => Ok(pairs),
        Err(term) => {
            let message = format!(
                "invalid value for {} option: expected filter to be a keyword list{}, got: {}",
                idiom.option(option),
                idiom.keyword_type().strip_prefix("a keyword list").unwrap_or_default(),
                shown(&term, idiom)
            );
            Err(Error::new(Kind::InvalidOption, message).named(option))
        }
    }
}

/// Compiles `filter`: every pair against the declaration, in order.
pub(super) fn compile(schema: &Schema, pairs: &[(String, Term)], idiom: Idiom) -> Result<Vec<Clause>> {
    let mut clauses = Vec::new();
    for (name, value) in pairs {
        compile_pair(schema, name, value, idiom, 0, &mut clauses)?;
    }
    Ok(clauses.into_iter().map(Clause::One).collect())
}

fn compile_pair(
    schema: &Schema,
    name: &str,
    value: &Term,
    idiom: Idiom,
    depth: usize,
    out: &mut Vec<String>,
) -> Result<()> {
    match name {
        "or" | "not" if !schema.is_filterable(name) => out.push(group(schema, name, value, idiom, depth)?),
        "and" if !schema.is_filterable(name) => {
            return Err(composition("and", "the entries of a filter are already combined with AND", idiom));
        }
        _ if !schema.is_filterable(name) => {
            let message = format!(
                "field {} is not declared filterable on {}; filterable: {}",
                idiom.name(name),
                schema.name,
                idiom.names(schema.filterable.iter().map(String::as_str))
            );
            return Err(Error::new(Kind::FilterNotDeclared, message).named(name));
        }
        _ => operators::compile(name, value, idiom, out)?,
    }
    Ok(())
}

/// `or: [[a: 1], [b: 2, c: 3]]` and `not: [a: 1]`: explicit data, each group a filter of its own.
fn group(schema: &Schema, name: &str, value: &Term, idiom: Idiom, depth: usize) -> Result<String> {
    if depth >= DEEPEST {
        return Err(composition(name, "groups are nested too deep", idiom));
    }
    let conjunction = |group: &Term| -> Result<String> {
        let form = "each group must be a non-empty filter of its own";
        let pairs = group.pairs(idiom).ok_or_else(|| composition(name, form, idiom))?;
        let mut parts = Vec::new();
        for (field, value) in pairs {
            compile_pair(schema, field, value, idiom, depth + 1, &mut parts)?;
        }
        match parts.is_empty() {
            true => {
                Err(Error::new(Kind::FilterEmpty, format!("an empty {name} group restricts nothing"))
                    .named(name))
            }
            false => Ok(format!("({})", parts.join(" AND "))),
        }
    };
    if name == "not" {
        return Ok(format!("NOT {}", conjunction(value)?));
    }
    let Term::List(groups) = value else {
        return Err(composition(name, "or takes a list of filters", idiom));
    };
    if groups.is_empty() {
        return Err(Error::new(Kind::FilterEmpty, "an empty or matches nothing; leave it out").named("or"));
    }
    if groups.iter().any(|group| group.pairs(idiom).is_none()) {
        return Err(composition(name, "or takes a list of filters", idiom));
    }
    let groups: Vec<String> = groups.iter().map(conjunction).collect::<Result<_>>()?;
    Ok(format!("({})", groups.join(" OR ")))
}

fn composition(name: &str, why: &str, idiom: Idiom) -> Box<Error> {
    let example = match idiom {
        Idiom::Elixir => "or: [[flag: \"NO\"], [flag: \"SE\"]], not: [flag: \"NO\"]",
        _ => "or: [{flag: \"NO\"}, {flag: \"SE\"}], not: {flag: \"NO\"}",
    };
    let message = format!(
        "boolean composition {} is not of an accepted form: {why} (example: {example})",
        idiom.name(name)
    );
    Error::new(Kind::FilterInvalid, message).named(name)
}

/// Compiles `facet_filter`, whose fields were checked: a list of values means any of them. Each clause
/// comes with its facet.
pub(super) fn compile_facets(pairs: &[(String, Term)], idiom: Idiom) -> Result<Vec<(String, Clause)>> {
    let mut clauses = Vec::new();
    for (name, value) in pairs {
        let any = match value {
            Term::List(values) if !values.is_empty() && value.pairs(idiom).is_none() => {
                let equal = values.iter().map(|value| {
                    let mut one = Vec::new();
                    operators::compile(name, value, idiom, &mut one)?;
                    Ok(one)
                });
                Some(equal.collect::<Result<Vec<_>>>()?.concat())
            }
            _ => None,
        };
        match any {
            Some(any) => clauses.push((name.clone(), Clause::Any(any))),
            None => {
                let mut all = Vec::new();
                operators::compile(name, value, idiom, &mut all)?;
                clauses.extend(all.into_iter().map(|one| (name.clone(), Clause::One(one))));
            }
        }
    }
    Ok(clauses)
}
