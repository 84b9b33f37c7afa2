use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::composed::Composed;
use super::fragment::{self, Fragment, Members, fields};
use super::{merge, reason};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::search::criteria::{Criteria, Field, Value};

/// One search of several, composed. `schema` is what stands for the schema in the host, or `all`.
#[derive(Debug)]
pub(crate) struct Entry {
    pub schema: Term,
    pub composed: Composed,
}

#[derive(Debug, serde::Serialize)]
pub(crate) struct ComposedMany {
    pub shared: Composed,
    pub entries: Vec<Entry>,
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Entry", 13)?;
        out.serialize_field("schema", &self.schema)?;
        self.composed.write(&mut out)?;
        out.end()
    }
}

/// Composes each entry with the shared fragments in front of its own.
pub(crate) fn compose_many(entries: Term, shared: Term, idiom: Idiom) -> Result<ComposedMany> {
    let shared = read_shared(shared, idiom)?;
    let Term::List(entries) = entries else { return Err(no_entry()) };
    let entries = entries.into_iter().map(|entry| {
        let spec = read_entry(entry, idiom)?;
        compose_entry(spec, &shared, idiom)
    });
    let entries = entries.collect::<Result<_>>()?;
    Ok(ComposedMany { shared: merge::merge(&shared, Criteria::default(), idiom)?, entries })
}

/// What an entry says: whose search, the fragments of its own, and its caller's criteria.
pub(crate) struct Spec {
    schema: Term,
    fragments: Vec<Fragment>,
    criteria: Criteria,
}

/// Composes one entry over fragments that others share.
fn compose_entry(spec: Spec, shared: &[Fragment], idiom: Idiom) -> Result<Entry> {
    let fragments = [shared, &spec.fragments].concat();
    Ok(Entry { schema: spec.schema, composed: merge::merge(&fragments, spec.criteria, idiom)? })
}

/// Composes a `search_many` entry with the options it shares with the others as its defaults.
pub(crate) fn compose_tuple(entry: Term, shared: &Criteria, idiom: Idiom) -> Result<Entry> {
    let spec = match entry {
        Term::Tuple(parts) => read_tuple(parts, idiom)?,
        Term::List(parts) if idiom != Idiom::Elixir => read_tuple(parts, idiom)?,
        _ => return Err(no_entry()),
    };
    let shared = Fragment { defaults: shared.clone(), ..Fragment::default() };
    compose_entry(spec, &[shared], idiom)
}

fn read_entry(entry: Term, idiom: Idiom) -> Result<Spec> {
    let mut members = match entry {
        Term::Tuple(parts) => return read_tuple(parts, idiom),
        Term::List(parts) if idiom != Idiom::Elixir => return read_tuple(parts, idiom),
        entry => Members::of(entry).ok_or_else(no_entry)?,
    };
    let mut take = |name| members.take(name, idiom);
    let (schema, text) = (take("schema"), take("text"));
    let (fragments, criteria) = (take("fragments"), take("criteria"));
    let (Some(schema), Some(Term::Text(text))) = (schema.filter(is_schema), text) else {
        return Err(no_entry());
    };
    // A condition under a name that nobody reads would be lost in silence.
    if !members.is_empty() {
        return Err(no_entry());
    }
    let fragments = fragments.map_or_else(|| Ok(Vec::new()), |given| fragment::read_all(given, idiom))?;
    let mut criteria = fragment::criteria(criteria.unwrap_or_default(), idiom)?;
    criteria.set(Field::Text, Value::Text(text));
    Ok(Spec { schema, fragments, criteria })
}

/// `{schema, text}` or `{schema, text, options}`. An option that is no criterion is refused: dropped, a
/// `tenant_scope` would be lost.
fn read_tuple(parts: Vec<Term>, idiom: Idiom) -> Result<Spec> {
    let mut parts = parts.into_iter();
    let (schema, text, options) = (parts.next(), parts.next(), parts.next());
    let (Some(schema), Some(Term::Text(text)), None) = (schema.filter(is_schema), text, parts.next()) else {
        return Err(no_entry());
    };
    let options = match options {
        None => Vec::new(),
        Some(options) => options.into_pairs(idiom).map_err(|_| no_entry())?,
    };
    let options = options.into_iter().map(|(name, value)| (Term::Symbol(name), value)).collect();
    let mut criteria = fields(options, Field::OPTIONS, Kind::InvalidCriteriaField, idiom)?;
    criteria.set(Field::Text, Value::Text(text));
    Ok(Spec { schema, fragments: Vec::new(), criteria })
}

/// A module or `:all`; elsewhere the number that stands for a schema, or `"all"`.
fn is_schema(term: &Term) -> bool {
    match term {
        Term::Symbol(_) | Term::Int(_) => true,
        term => is_all(term),
    }
}

/// Whether an entry speaks of every schema there is.
pub(crate) fn is_all(schema: &Term) -> bool {
    schema.as_str() == Some("all")
}

/// Shared fragments hold defaults alone, and no text.
fn read_shared(shared: Term, idiom: Idiom) -> Result<Vec<Fragment>> {
    let refuse = || reason::shape(Kind::InvalidSharedFragment, "a shared fragment", "expected_map");
    let fragments = match shared {
        Term::Null => Vec::new(),
        Term::Map(_) => vec![shared],
        Term::List(items) => items,
        Term::Tuple(items) if idiom != Idiom::Elixir => items,
        _ => return Err(refuse()),
    };
    for fragment in &fragments {
        let Term::Map(members) = fragment else { return Err(refuse()) };
        let member = |name: &str| {
            let found = members.iter().find(|(key, _)| idiom.as_name(key) == Some(name));
            found.map(|(_, value)| value)
        };
        match member("fixed") {
            None | Some(Term::Null) => {}
            Some(Term::Map(entries)) if entries.is_empty() => {}
            Some(_) => return Err(reason::shared(Kind::InvalidSharedFixed, "fixed_not_supported")),
        }
        if let Some(Term::Map(defaults)) = member("defaults") {
            let text = defaults.iter().find(|(key, _)| idiom.as_name(key) == Some("text"));
            match text.map(|(_, text)| text) {
                None | Some(Term::Null) => {}
                Some(Term::Text(text)) if text.trim().is_empty() => {}
                Some(_) => return Err(reason::shared(Kind::InvalidSharedField, "text")),
            }
        }
    }
    let fixed_is_no_member = |fragment: Term| match fragment {
        Term::Map(members) => {
            Term::Map(members.into_iter().filter(|(key, _)| idiom.as_name(key) != Some("fixed")).collect())
        }
        other => other,
    };
    fragment::read_all(Term::List(fragments.into_iter().map(fixed_is_no_member).collect()), idiom)
}

fn no_entry() -> Box<Error> {
    reason::shape(Kind::InvalidManyEntry, "an entry", "expected_entry_spec")
}
