//! What a search asks for, before a schema is asked about it: seven fields, each present or not.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::{facets, page, per_query, sort};
use crate::host::{Idiom, MAX_EXACT_INTEGER, Term, Word};

/// Names with values, in order.
pub(crate) type Pairs = Vec<(String, Term)>;

/// The fields of criteria, in canonical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Text,
    Filter,
    Sort,
    Page,
    Facets,
    FacetFilter,
    PerQuery,
}

impl Field {
    pub(crate) const ALL: [Field; 7] = [
        Field::Text,
        Field::Filter,
        Field::Sort,
        Field::Page,
        Field::Facets,
        Field::FacetFilter,
        Field::PerQuery,
    ];

    /// Those that are options of a search.
    pub(crate) const OPTIONS: &'static [Field] =
        &[Field::Filter, Field::Sort, Field::Page, Field::Facets, Field::FacetFilter, Field::PerQuery];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::Page => "page",
            Self::Facets => "facets",
            Self::FacetFilter => "facet_filter",
            Self::PerQuery => "per_query",
        }
    }

    /// The field that a key names.
    pub(crate) fn read(key: &Term, idiom: Idiom) -> Option<Self> {
        let key = idiom.read_option(idiom.as_name(key)?);
        Self::ALL.into_iter().find(|field| field.name() == key)
    }

    /// Whether values are merged key by key instead of replaced as a whole.
    pub(crate) fn is_keyed(self) -> bool {
        matches!(self, Self::Filter | Self::FacetFilter | Self::PerQuery)
    }

    pub(crate) fn empty(self) -> Value {
        match self {
            Self::Text => Value::Text(String::new()),
            Self::Facets => Value::Names(Vec::new()),
            _ => Value::Pairs(Vec::new()),
        }
    }

    /// Reads the field's value. It comes back when it is not one.
    pub(crate) fn value(self, term: Term, idiom: Idiom) -> Result<Value, Term> {
        if term.is_null() {
            return Ok(self.empty());
        }
        let read = match self {
            Self::Text => match &term {
                Term::Text(text) => Some(Value::Text(text.clone())),
                _ => None,
            },
            Self::Filter | Self::FacetFilter => match term.pairs(idiom) {
                Some(pairs) if pairs.iter().all(|(_, value)| is_carried(value)) => {
                    Some(Value::Pairs(by_key(pairs.into_iter().map(owned).collect())))
                }
                _ => None,
            },
            Self::Sort => sort::pairs(&term, idiom).ok().map(|pairs| {
                Value::Pairs(pairs.into_iter().map(|(by, field)| (by, Term::Symbol(field))).collect())
            }),
            Self::Page => page::read(&term, idiom).ok().map(|page| Value::Pairs(page.pairs())),
            Self::Facets => facets::names(&term, idiom).ok().map(Value::Names),
            Self::PerQuery => per_query::read(&term, idiom).ok().map(|tuning| Value::Pairs(tuning.pairs())),
        };
        read.ok_or(term)
    }

    /// Reads a value that was composed, normalized or cast before: its shape is looked at, and nothing is
    /// merged or sorted, so that two conditions on one field stay two.
    pub(crate) fn as_it_is(self, term: &Term, idiom: Idiom) -> Option<Value> {
        if !is_carried(term) {
            return None;
        }
        match self {
            Self::Text => match term {
                Term::Text(text) => Some(Value::Text(text.clone())),
                _ => None,
            },
            Self::Facets => facets::names(term, idiom).ok().map(Value::Names),
            Self::Sort => {
                let pairs = sort::pairs(term, idiom).ok()?;
                Some(Value::Pairs(pairs.into_iter().map(|(by, name)| (by, Term::Symbol(name))).collect()))
            }
            Self::PerQuery => {
                let Term::Map(entries) = term else { return None };
                let pair = |(key, value): &(Term, Term)| {
                    Some((idiom.read_option(idiom.as_name(key)?).into_owned(), value.clone()))
                };
                entries.iter().map(pair).collect::<Option<_>>().map(Value::Pairs)
            }
            _ => term.pairs(idiom).map(|pairs| Value::Pairs(pairs.into_iter().map(owned).collect())),
        }
    }
}

fn owned((name, value): (&str, &Term)) -> (String, Term) {
    (name.to_owned(), value.clone())
}

/// The pairs sorted by key; of a key given twice, the last.
pub(crate) fn by_key(pairs: Pairs) -> Pairs {
    pairs.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect()
}

/// Whether a value comes back to the host as what it is. A number that would be rounded or become text
/// does not, and nor does what has no encoding: passed on, it could turn into another condition.
pub(crate) fn is_carried(term: &Term) -> bool {
    match term {
        Term::Opaque(_) | Term::Invalid(_) | Term::BigInt(_) => false,
        Term::Int(value) => value.unsigned_abs() <= MAX_EXACT_INTEGER.unsigned_abs(),
        Term::Float(value) => value.is_finite(),
        Term::List(items) | Term::Tuple(items) => items.iter().all(is_carried),
        Term::Map(entries) => entries.iter().all(|(key, value)| is_carried(key) && is_carried(value)),
        _ => true,
    }
}

/// Whether two values say the same: the order of a map's keys does not count, nor how a number is spelled.
pub(crate) fn is_same(a: &Term, b: &Term) -> bool {
    let all = |a: &[Term], b: &[Term]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b));
    match (a, b) {
        (Term::Int(int), Term::Float(float)) | (Term::Float(float), Term::Int(int)) => *int as f64 == *float,
        (Term::List(a), Term::List(b)) | (Term::Tuple(a), Term::Tuple(b)) => all(a, b),
        (Term::Map(a), Term::Map(b)) => {
            let other = |key: &Term| b.iter().find(|(name, _)| name == key).map(|(_, value)| value);
            a.len() == b.len()
                && a.iter().all(|(key, value)| other(key).is_some_and(|other| is_same(value, other)))
        }
        _ => a == b,
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Pairs(Pairs),
    Names(Vec<String>),
}

impl Value {
    /// Text that is blank counts as none.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Pairs(pairs) => pairs.is_empty(),
            Self::Names(names) => names.is_empty(),
        }
    }

    pub(crate) fn pairs(&self) -> &[(String, Term)] {
        match self {
            Self::Pairs(pairs) => pairs,
            _ => &[],
        }
    }

    pub(crate) fn says_the_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Names(a), Self::Names(b)) => a == b,
            (Self::Pairs(a), Self::Pairs(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && is_same(&a.1, &b.1))
            }
            _ => false,
        }
    }
}

/// Some of the fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Criteria(pub BTreeMap<Field, Value>);

impl Criteria {
    pub(crate) fn get(&self, field: Field) -> Option<&Value> {
        self.0.get(&field)
    }

    /// The field's value where it says something.
    pub(crate) fn given(&self, field: Field) -> Option<&Value> {
        self.get(field).filter(|value| !value.is_empty())
    }

    pub(crate) fn pairs(&self, field: Field) -> &[(String, Term)] {
        self.get(field).map_or(&[], Value::pairs)
    }

    pub(crate) fn text(&self) -> &str {
        match self.get(Field::Text) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub(crate) fn set(&mut self, field: Field, value: Value) {
        self.0.insert(field, value);
    }

    /// Without what says nothing.
    pub(crate) fn without_empties(&self) -> Self {
        Self(self.0.iter().filter(|(_, value)| !value.is_empty()).map(|(f, v)| (*f, v.clone())).collect())
    }

    /// With every field, absent ones empty.
    pub(crate) fn filled(mut self) -> Self {
        for field in Field::ALL {
            self.0.entry(field).or_insert_with(|| field.empty());
        }
        self
    }

    pub(crate) fn form(&self, idiom: Idiom) -> Form<'_> {
        Form { criteria: self, fields: &Field::ALL, idiom }
    }
}

/// Criteria in the host's own form: `filter`, `facet_filter` and `sort` as a keyword list, `per_query` as
/// a map, `page` as either, whichever the host writes.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub criteria: &'a Criteria,
    pub fields: &'a [Field],
    pub idiom: Idiom,
}

impl<'a> Form<'a> {
    pub(crate) fn of(self, fields: &'a [Field]) -> Self {
        Self { fields, ..self }
    }

    /// Writes the fields as members of a struct that holds more.
    pub(crate) fn write<S: SerializeStruct>(self, out: &mut S) -> Result<(), S::Error> {
        for &field in self.fields {
            if let Some(value) = self.criteria.get(field) {
                out.serialize_field(field.name(), &FieldForm { field, value, idiom: self.idiom })?;
            }
        }
        Ok(())
    }

    pub(crate) fn len(self) -> usize {
        self.fields.iter().filter(|field| self.criteria.get(**field).is_some()).count()
    }
}

impl Serialize for Form<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Criteria", self.len())?;
        self.write(&mut out)?;
        out.end()
    }
}

/// Some fields as a keyword list in Elixir and as an object elsewhere: what a search call takes.
pub(crate) struct Options<'a>(pub Form<'a>);

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = self.0;
        if form.idiom != Idiom::Elixir {
            return form.serialize(serializer);
        }
        let mut out = serializer.serialize_seq(Some(form.len()))?;
        for &field in form.fields {
            if let Some(value) = form.criteria.get(field) {
                let value = FieldForm { field, value, idiom: form.idiom };
                out.serialize_element(&(Word(field.name()), value))?;
            }
        }
        out.end()
    }
}

pub(crate) struct FieldForm<'a> {
    pub field: Field,
    pub value: &'a Value,
    pub idiom: Idiom,
}

impl Serialize for FieldForm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = match self.value {
            Value::Text(text) => return serializer.serialize_str(text),
            Value::Names(names) => return serializer.collect_seq(names.iter().cloned().map(Term::Symbol)),
            Value::Pairs(pairs) => pairs,
        };
        let is_map = match self.field {
            Field::PerQuery => true,
            Field::Page => self.idiom != Idiom::Elixir,
            _ => false,
        };
        if is_map {
            let mut out = serializer.serialize_map(Some(pairs.len()))?;
            for (name, value) in pairs {
                out.serialize_entry(&Key::of(name), value)?;
            }
            return out.end();
        }
        serializer.collect_seq(pairs.iter().map(|(name, value)| (Key::of(name), value)))
    }
}

/// A name: one of the core's own words, or a symbol of the caller's.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Key {
    Word(Word),
    Name(Term),
}

impl Key {
    fn of(name: &str) -> Self {
        const WORDS: &[&str] = &[
            "asc",
            "desc",
            "number",
            "size",
            "ranking_score_threshold",
            "show_ranking_score",
            "show_ranking_score_details",
        ];
        match WORDS.iter().find(|word| **word == name) {
            Some(word) => Self::Word(Word(word)),
            None => Self::Name(Term::Symbol(name.to_owned())),
        }
    }
}
