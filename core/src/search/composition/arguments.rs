//! Lowering: from composed criteria to the arguments of a search.

use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::fragment::Members;
use crate::config::options::invalid_option;
use crate::error::Result;
use crate::host::{Idiom, Term};
use crate::search::criteria::{Criteria, Field, Options, Value, is_same};

/// The text and the options of one search, as a pair.
#[derive(Debug)]
pub(crate) struct SearchArguments {
    criteria: Criteria,
    idiom: Idiom,
}

impl Serialize for SearchArguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let options = Options(self.criteria.form(self.idiom).of(Field::OPTIONS));
        (self.criteria.text(), options).serialize(serializer)
    }
}

/// Reads the fields of a composition, or of normalized params, and fills in those that are missing.
pub(crate) fn search_arguments(composed: Term, idiom: Idiom) -> Result<SearchArguments> {
    Ok(SearchArguments { criteria: top_level(composed, "params", idiom)?.filled(), idiom })
}

/// The fields of a map that may hold more.
pub(crate) fn top_level(term: Term, what: &str, idiom: Idiom) -> Result<Criteria> {
    let Some(mut members) = Members::of(term.clone()) else {
        return Err(invalid_option(what, "a map", &term, idiom));
    };
    let mut criteria = Criteria::default();
    for field in Field::ALL {
        if let Some(value) = members.take(field.name(), idiom) {
            let refuse = || invalid_option(field.name(), "what was composed or normalized", &value, idiom);
            let read = if value.is_null() { Some(field.empty()) } else { field.as_it_is(&value, idiom) };
            criteria.set(field, read.ok_or_else(refuse)?);
        }
    }
    Ok(criteria)
}

/// The entries and the shared options of a `search_many`, as a pair.
#[derive(Debug)]
pub(crate) struct ManyArguments {
    entries: Vec<EntryArguments>,
    shared: Criteria,
    idiom: Idiom,
}

#[derive(Debug)]
struct EntryArguments {
    schema: Term,
    text: String,
    options: Criteria,
    idiom: Idiom,
}

impl Serialize for ManyArguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let shared = Options(self.shared.form(self.idiom).of(Field::OPTIONS));
        (&self.entries, shared).serialize(serializer)
    }
}

impl Serialize for EntryArguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let has_options = !self.options.0.is_empty();
        let mut entry = serializer.serialize_tuple(if has_options { 3 } else { 2 })?;
        entry.serialize_element(&self.schema)?;
        entry.serialize_element(&self.text)?;
        if has_options {
            entry.serialize_element(&Options(self.options.form(self.idiom).of(Field::OPTIONS)))?;
        }
        entry.end()
    }
}

/// What is the same in the shared options is left out of an entry. An entry's option replaces the shared
/// one when the search runs, so the comparison is with the shared value, wherever the entry's came from.
pub(crate) fn many_arguments(composed: Term, idiom: Idiom) -> Result<ManyArguments> {
    let refuse = |term: &Term| invalid_option("composition", "what compose_many gave", term, idiom);
    let Some(mut members) = Members::of(composed.clone()) else { return Err(refuse(&composed)) };
    let shared = match members.take("shared", idiom) {
        None | Some(Term::Null) => Criteria::default(),
        Some(shared) => top_level(shared, "shared", idiom)?.without_empties(),
    };
    let Some(Term::List(entries)) = members.take("entries", idiom) else { return Err(refuse(&composed)) };
    let entries = entries.into_iter().map(|entry| {
        let criteria = top_level(entry.clone(), "entries", idiom)?;
        let schema = Members::of(entry).and_then(|mut entry| entry.take("schema", idiom));
        let text = criteria.text().to_owned();
        let options = different(&criteria, &shared);
        Ok(EntryArguments { schema: schema.unwrap_or_default(), text, options, idiom })
    });
    Ok(ManyArguments { entries: entries.collect::<Result<_>>()?, shared, idiom })
}

/// The options of an entry that are not already the shared ones. An empty one counts where it replaces
/// something.
fn different(criteria: &Criteria, shared: &Criteria) -> Criteria {
    let mut options = Criteria::default();
    for &field in Field::OPTIONS {
        let Some(value) = criteria.get(field) else { continue };
        match shared.get(field) {
            None if value.is_empty() => {}
            None => options.set(field, value.clone()),
            Some(shared) if field == Field::PerQuery => {
                let is_shared = |(name, value): &(String, Term)| {
                    shared.pairs().iter().any(|(other, given)| other == name && is_same(given, value))
                };
                let own: Vec<_> = value.pairs().iter().filter(|pair| !is_shared(pair)).cloned().collect();
                if !own.is_empty() {
                    options.set(field, Value::Pairs(own));
                }
            }
            Some(shared) if value.says_the_same(shared) => {}
            Some(_) => options.set(field, value.clone()),
        }
    }
    options
}
