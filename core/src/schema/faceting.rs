use super::Schema;
use super::declare::names;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// The order facet values come back in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FacetOrder {
    Alpha,
    Count,
}

impl FacetOrder {
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Count => "count",
        }
    }
}

/// A checked `faceting` option.
#[derive(Debug, Clone, PartialEq)]
pub struct Faceting {
    pub attributes: Vec<String>,
    pub max_values_per_facet: i64,
    pub sort_facet_values_by: Vec<(String, FacetOrder)>,
    pub nested_facet_paths: bool,
}

const KEYS: &[&str] =
    &["attributes", "max_values_per_facet", "sort_facet_values_by", "nested_facet_paths", "hierarchy"];

/// Reads the option's shape. An empty keyword list means that faceting is off.
pub(super) fn read(term: &Term, idiom: Idiom) -> Result<Option<Faceting>> {
    let Some(pairs) = term.pairs(idiom) else {
        return Err(refuse(&format!("must be {} or []", idiom.keyword_type()), idiom));
    };
    if pairs.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<(String, &Term)> =
        pairs.into_iter().map(|(key, value)| (idiom.read_option(key).into_owned(), value)).collect();
    let unknown: Vec<&str> =
        pairs.iter().map(|(key, _)| key.as_str()).filter(|key| !KEYS.contains(key)).collect();
    if !unknown.is_empty() {
        let unknown = idiom.options(unknown);
        let accepted = idiom.options(KEYS.iter().copied());
        return Err(refuse(&format!("unknown faceting options: {unknown}; accepted: {accepted}"), idiom));
    }
    let get = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| *value);
    let mut nested = match get("nested_facet_paths") {
        None => false,
        Some(Term::Bool(value)) => *value,
        Some(_) => return Err(refuse("nested_facet_paths must be a boolean", idiom)),
    };
    let levels = match get("hierarchy") {
        Some(term) => {
            nested = true;
            hierarchy(term, idiom)?
        }
        None => Vec::new(),
    };
    let declared = match get("attributes") {
        Some(term) => attributes(term, idiom)?,
        None if levels.is_empty() => {
            let message =
                format!("requires {} when any faceting option is given", idiom.option("attributes"));
            return Err(refuse(&message, idiom));
        }
        None => Vec::new(),
    };
    let mut all = levels;
    for name in declared {
        if nested && all.contains(&name) && get("hierarchy").is_some() {
            continue;
        }
        all.push(name);
    }
    let max_values_per_facet = match get("max_values_per_facet") {
        None => 100,
        Some(Term::Int(value @ 1..)) => *value,
        Some(_) => return Err(refuse("max_values_per_facet must be a positive integer", idiom)),
    };
    let sort_facet_values_by = match get("sort_facet_values_by") {
        None => Vec::new(),
        Some(term) => value_order(term, idiom)?,
    };
    Ok(Some(Faceting {
        attributes: all,
        max_values_per_facet,
        sort_facet_values_by,
        nested_facet_paths: nested,
    }))
}

fn attributes(term: &Term, idiom: Idiom) -> Result<Vec<String>> {
    match names("faceting", term, idiom) {
        Ok(list) if !list.is_empty() => Ok(list),
        _ => Err(refuse(&format!("attributes must be a non-empty list of {}s", idiom.symbol_type()), idiom)),
    }
}

fn hierarchy(term: &Term, idiom: Idiom) -> Result<Vec<String>> {
    let pairs = match term.pairs(idiom) {
        Some(pairs) if !pairs.is_empty() => pairs,
        _ => return Err(refuse(&format!("hierarchy must be {}", idiom.keyword_type()), idiom)),
    };
    let get = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let base = match get("base") {
        None => return Err(refuse(&format!("hierarchy requires {}", idiom.option("base")), idiom)),
        Some(term) => idiom
            .as_name(term)
            .ok_or_else(|| refuse(&format!("hierarchy base must be an {}", idiom.symbol_type()), idiom))?,
    };
    match get("depth") {
        None => Err(refuse(&format!("hierarchy requires {}", idiom.option("depth")), idiom)),
        Some(Term::Int(depth @ 1..=64)) => {
            Ok((0..*depth).map(|level| format!("{base}.lvl{level}")).collect())
        }
        Some(_) => Err(refuse("hierarchy depth must be a positive integer (64 at most)", idiom)),
    }
}

fn value_order(term: &Term, idiom: Idiom) -> Result<Vec<(String, FacetOrder)>> {
    let entries = match term {
        Term::Map(entries) => entries.iter().map(|(key, value)| (key, value)).collect::<Vec<_>>(),
        Term::List(items) => items
            .iter()
            .map(|item| match item {
                Term::Tuple(pair) | Term::List(pair) if pair.len() == 2 => Ok((&pair[0], &pair[1])),
                _ => Err(refuse("sort_facet_values_by must be a map or keyword list", idiom)),
            })
            .collect::<Result<_>>()?,
        _ => return Err(refuse("sort_facet_values_by must be a map or keyword list", idiom)),
    };
    let mut order = Vec::new();
    for (key, value) in entries {
        let key = idiom.as_name(key).ok_or_else(|| {
            refuse(&format!("sort_facet_values_by keys must be {}s", idiom.symbol_type()), idiom)
        })?;
        let by = match idiom.as_name(value) {
            Some("alpha") => FacetOrder::Alpha,
            Some("count") => FacetOrder::Count,
            _ => {
                let accepted = format!("{} or {}", idiom.name("alpha"), idiom.name("count"));
                return Err(refuse(&format!("sort_facet_values_by values must be {accepted}"), idiom));
            }
        };
        order.push((key.to_owned(), by));
    }
    Ok(order)
}

fn refuse(what: &str, idiom: Idiom) -> Box<Error> {
    let option = idiom.option("faceting");
    Error::new(Kind::InvalidOption, format!("invalid value for {option} option: {what}")).named("faceting")
}

/// The rules between `faceting` and the rest; the first failing attribute decides.
pub(super) fn check_against(schema: &Schema, idiom: Idiom) -> Result<()> {
    let Some(faceting) = &schema.faceting else { return Ok(()) };
    let refuse = |message: String| {
        Err(Error::new(Kind::InvalidSchema, message).named("faceting").of_schema(&schema.name))
    };
    if faceting.attributes.iter().any(|name| name == "*") {
        return refuse("faceting attributes cannot hold the wildcard *; list each attribute".to_owned());
    }
    for name in &faceting.attributes {
        if name.contains('.') {
            if !faceting.nested_facet_paths {
                let flag = idiom.option("nested_facet_paths");
                return refuse(format!(
                    "facet attribute {name} is hierarchical; set {flag} to true to allow it"
                ));
            }
            if !is_level(name) {
                return refuse(format!("facet attribute {name} must have the form base.lvlN"));
            }
        }
        // A tenant field becomes filterable by declaration, so it counts here too.
        if !schema.is_filterable(name) && schema.tenant_field.as_ref() != Some(name) {
            return refuse(format!("facet attribute {name} is not in filterable"));
        }
    }
    Ok(())
}

fn is_level(name: &str) -> bool {
    let mut parts = name.split('.');
    let (base, level, rest) = (parts.next(), parts.next(), parts.next());
    let digits = level.and_then(|level| level.strip_prefix("lvl"));
    base.is_some_and(|base| !base.is_empty())
        && digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        && rest.is_none()
}
