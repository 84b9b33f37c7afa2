use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::search::criteria::{Criteria, Field, Value};

/// Criteria from values that are of the host's own making: their shape is checked, and nothing else.
pub(crate) fn cast(params: &Term, idiom: Idiom) -> Result<Criteria> {
    let Some(entries) = params.entries() else {
        let message = format!("params must be a map, got: {}", shown(params, idiom));
        return Err(Error::new(Kind::InvalidOption, message).named("params"));
    };
    let symbolic = |key: &str| match params {
        Term::Map(entries) => entries.iter().find(|(name, _)| *name == Term::Symbol(key.to_owned())),
        _ => None,
    };
    let get = |name: &str| match symbolic(name) {
        Some((_, value)) => Some(value),
        None => entries.iter().find(|(key, _)| idiom.read_option(key) == name).map(|(_, value)| *value),
    };
    let text = ["q", "text"].iter().find_map(|name| match get(name) {
        Some(Term::Text(text)) => Some(text.clone()),
        _ => None,
    });
    let mut criteria = Criteria::default();
    criteria.set(Field::Text, Value::Text(text.unwrap_or_default()));
    for field in Field::OPTIONS {
        if let Some(term) = get(field.name()) {
            let value = field.as_it_is(term, idiom).ok_or_else(|| refuse(*field, term, idiom))?;
            criteria.set(*field, value);
        }
    }
    Ok(criteria.filled())
}

fn refuse(field: Field, term: &Term, idiom: Idiom) -> Box<Error> {
    let accepted = match field {
        Field::Facets => format!("a list of {}s", idiom.symbol_type()),
        Field::PerQuery => format!("a map with {} keys", idiom.symbol_type()),
        _ => idiom.keyword_type().to_owned(),
    };
    let message = format!(
        "expected runtime-compatible nested values for {}: {accepted}, got: {}",
        idiom.option(field.name()),
        shown(term, idiom)
    );
    Error::new(Kind::InvalidOption, message).named(field.name())
}
