//! The way back: from criteria to what a URL or a form holds.

use serde::Serialize;

use super::decode::{Owned, decode};
use super::query_string as urlencoded;
use crate::config::options::invalid_option;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// What a form shows: its values, and what was wrong with them.
#[derive(Debug, Serialize)]
pub(crate) struct FormData {
    values: Term,
    params: Term,
    form_errors: Vec<Term>,
    field_errors: Term,
    errors: Vec<Term>,
}

/// The namespaces that a URL or a form can hold, in their order there.
const HELD: [&str; 6] = ["q", "page", "facets", "filter", "facet_filter", "sort"];

type Members = Vec<(Term, Term)>;

/// Normalized params as a map of texts. Only what is not empty is there.
pub(crate) fn query_params(params: &Term, idiom: Idiom) -> Result<Term> {
    members(params, idiom).map(Term::Map)
}

/// The same as a query string.
pub(crate) fn query_string(params: &Term, idiom: Idiom) -> Result<String> {
    fn write(out: &mut String, name: &str, value: &Term) {
        match value {
            Term::Map(members) => {
                for (key, value) in members {
                    write(out, &format!("{name}[{}]", key.as_str().unwrap_or_default()), value);
                }
            }
            Term::List(items) => items.iter().for_each(|item| write(out, &format!("{name}[]"), item)),
            value => urlencoded::push(out, name, value.as_str().unwrap_or_default()),
        }
    }
    let mut out = String::new();
    for (name, value) in members(params, idiom)? {
        write(&mut out, name.as_str().unwrap_or_default(), &value);
    }
    Ok(out)
}

/// A form that shows normalized params.
pub(crate) fn form_data(params: &Term, idiom: Idiom) -> Result<FormData> {
    let mut values = members(params, idiom)?;
    if !values.iter().any(|(name, _)| name.as_str() == Some("q")) {
        values.insert(0, (text("q"), text("")));
    }
    let values = Term::Map(values);
    let (form_errors, errors) = (Vec::new(), Vec::new());
    let field_errors = Term::Map(Vec::new());
    Ok(FormData { params: values.clone(), values, form_errors, field_errors, errors })
}

/// A form that shows what was attempted, and the issues with it.
pub(crate) fn refused_form_data(params: Term, issues: Term, idiom: Idiom) -> Result<FormData> {
    let Term::List(issues) = issues else {
        return Err(invalid_option("errors", "a list of issues", &issues, idiom));
    };
    let mut owned = decode(params, idiom).unwrap_or_default();
    let mut values: Members = vec![(text("q"), attempted_text(&mut owned))];
    for name in &HELD[1..] {
        if let Some(value) = owned.take(name) {
            values.push((text(name), attempted(&value)));
        }
    }
    let values = Term::Map(values);
    let errors: Vec<Term> = issues.into_iter().map(plain).collect();
    let field = |issue: &Term| match issue {
        Term::Map(members) => {
            members.iter().find(|(key, _)| key.as_str() == Some("field")).map(|(_, f)| f.clone())
        }
        _ => None,
    };
    let (mut form_errors, mut by_field) = (Vec::new(), Vec::<(Term, Vec<Term>)>::new());
    for issue in &errors {
        match field(issue) {
            None => form_errors.push(issue.clone()),
            Some(name) => match by_field.iter_mut().find(|(other, _)| *other == name) {
                Some((_, issues)) => issues.push(issue.clone()),
                None => by_field.push((name, vec![issue.clone()])),
            },
        }
    }
    let field_errors =
        Term::Map(by_field.into_iter().map(|(name, issues)| (name, Term::List(issues))).collect());
    Ok(FormData { params: values.clone(), values, form_errors, field_errors, errors })
}

fn text(text: &str) -> Term {
    Term::Text(text.to_owned())
}

fn attempted_text(owned: &mut Owned) -> Term {
    let given = [owned.take("q"), owned.take("text")].into_iter().flatten();
    given.map(|term| attempted(&term)).find(|term| matches!(term, Term::Text(_))).unwrap_or_else(|| text(""))
}

/// A value of any depth as text.
fn attempted(value: &Term) -> Term {
    let map = |pairs: Vec<(&str, &Term)>| {
        Term::Map(pairs.into_iter().map(|(name, value)| (text(name), attempted(value))).collect())
    };
    match value {
        Term::Null => text(""),
        Term::Map(_) => map(value.entries().unwrap_or_default()),
        Term::List(items) if items.is_empty() => value.clone(),
        Term::List(items) => match value.pairs(Idiom::Elixir) {
            Some(pairs) => map(pairs),
            None => Term::List(items.iter().map(attempted).collect()),
        },
        Term::Tuple(items) => Term::List(items.iter().map(attempted).collect()),
        value => Term::Text(scalar(value).unwrap_or_default()),
    }
}

/// An issue as plain data: names are texts, and a field that is not there is left out.
fn plain(issue: Term) -> Term {
    let Term::Map(members) = issue else { return issue };
    let plain = |(key, value): (Term, Term)| {
        let value = match (key.as_str(), value) {
            (Some("field"), Term::Null) => return None,
            (Some("field"), value) => name(value),
            (Some("path"), Term::List(path) | Term::Tuple(path)) => {
                Term::List(path.into_iter().map(name).collect())
            }
            (_, value) => value,
        };
        Some((key, value))
    };
    Term::Map(members.into_iter().filter_map(plain).collect())
}

fn name(term: Term) -> Term {
    match term {
        Term::Symbol(name) => Term::Text(name),
        other => other,
    }
}

/// A value as the text that stands for it. `None` for what is no scalar.
fn scalar(value: &Term) -> Option<String> {
    match value {
        Term::Null => Some("nil".to_owned()),
        Term::Bool(value) => Some(value.to_string()),
        Term::Int(value) => Some(value.to_string()),
        Term::Float(value) if value.is_finite() => Some(format!("{value:?}")),
        Term::BigInt(text) | Term::Text(text) | Term::Symbol(text) | Term::Encoded(text) => {
            Some(text.clone())
        }
        _ => None,
    }
}

fn members(params: &Term, idiom: Idiom) -> Result<Members> {
    let Some(entries) = params.entries() else {
        return Err(invalid_option("params", "normalized params", params, idiom));
    };
    let get = |name: &str| {
        entries
            .iter()
            .find(|(key, _)| idiom.read_option(key) == name)
            .map_or(&Term::Null, |(_, value)| *value)
    };
    let mut members = Members::new();
    if !is_nothing(get("per_query")) {
        let message = format!("{} is not part of a URL or a form", idiom.option("per_query"));
        return Err(Error::new(Kind::InvalidOption, message).named("per_query"));
    }
    if let Some(query) = get("text").as_str().filter(|text| !text.is_empty()) {
        members.push((text("q"), text(query)));
    }
    for name in &HELD[1..] {
        let value = get(name);
        if is_nothing(value) {
            continue;
        }
        let value = match *name {
            "facets" => values(name, value, idiom)?,
            "sort" => sort(value, idiom)?,
            _ => {
                let pairs = value.pairs(idiom).ok_or_else(|| not_representable(name, value, idiom))?;
                let pair = |(key, value): (&str, &Term)| Ok((text(key), values(name, value, idiom)?));
                Term::Map(pairs.into_iter().map(pair).collect::<Result<_>>()?)
            }
        };
        members.push((text(name), value));
    }
    Ok(members)
}

fn is_nothing(value: &Term) -> bool {
    match value {
        Term::Null => true,
        Term::List(items) => items.is_empty(),
        Term::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

/// A text, or a list of texts.
fn values(name: &str, value: &Term, idiom: Idiom) -> Result<Term> {
    let one =
        |value: &Term| scalar(value).map(Term::Text).ok_or_else(|| not_representable(name, value, idiom));
    match value {
        Term::List(items) => items.iter().map(one).collect::<Result<_>>().map(Term::List),
        value => one(value),
    }
}

fn sort(value: &Term, idiom: Idiom) -> Result<Term> {
    let pairs = crate::search::sort::pairs(value, idiom)?;
    match pairs.as_slice() {
        [(dir, field)] => Ok(Term::Map(vec![(text("field"), text(field)), (text("dir"), text(dir))])),
        more => {
            let option = idiom.option("sort");
            let message =
                format!("{option} of a URL or a form holds at most one entry, got: {} entries", more.len());
            Err(Error::new(Kind::InvalidOption, message).named("sort"))
        }
    }
}

fn not_representable(name: &str, value: &Term, idiom: Idiom) -> Box<Error> {
    let message = format!(
        "{} holds a value of type {}, which a URL or a form cannot; accepted: scalars and lists of scalars",
        idiom.option(name),
        value.type_name(idiom)
    );
    Error::new(Kind::InvalidOption, message).named(name)
}
