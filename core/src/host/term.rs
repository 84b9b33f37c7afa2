use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};

use super::sink::{MAX_DEPTH, Sink, ValueError, Written};
use super::{Idiom, Moment};

/// A small host value: an option, a filter, an id. Documents never take this form.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Term {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// An integer outside `i64`.
    BigInt(String),
    Float(f64),
    Text(String),
    /// An atom. Only Elixir has them; elsewhere names are text.
    Symbol(String),
    /// A date, time, decimal, UUID or bytes, already in its one encoding.
    Encoded(String),
    List(Vec<Term>),
    Tuple(Vec<Term>),
    Map(Vec<(Term, Term)>),
    /// Something without an encoding, by its type's name.
    Opaque(String),
    /// A value that could not be read; refused wherever it is used.
    Invalid(ValueError),
}

impl Term {
    /// The host's word for this value's type, for messages. Never the value.
    pub fn type_name(&self, idiom: Idiom) -> &str {
        use Idiom::{Elixir, Node, Python};
        match self {
            Term::Null => idiom.null(),
            Term::Bool(_) => ["boolean", "bool", "boolean"][idiom as usize],
            Term::Int(_) | Term::BigInt(_) => ["integer", "int", "integer"][idiom as usize],
            Term::Float(_) => ["float", "float", "number"][idiom as usize],
            Term::Text(_) => ["string", "str", "string"][idiom as usize],
            Term::Symbol(_) => "atom",
            Term::Encoded(_) => "date, decimal, uuid or bytes",
            Term::List(_) => match idiom {
                Node => "array",
                Elixir | Python => "list",
            },
            Term::Tuple(_) => "tuple",
            Term::Map(_) => match idiom {
                Elixir => "map",
                Python => "dict",
                Node => "object",
            },
            Term::Opaque(name) => name,
            Term::Invalid(_) => "invalid value",
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Term::Null)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Term::Text(text) | Term::Symbol(text) => Some(text),
            _ => None,
        }
    }

    /// The pairs of a keyword list, or of a map where the language uses maps for both.
    /// `None` when this is neither.
    pub fn pairs(&self, idiom: Idiom) -> Option<Vec<(&str, &Term)>> {
        match self {
            Term::Map(entries) if idiom != Idiom::Elixir => {
                entries.iter().map(|(key, value)| Some((key.as_str()?, value))).collect()
            }
            Term::List(items) => items
                .iter()
                .map(|item| match item {
                    Term::Tuple(pair) => match pair.as_slice() {
                        [key, value] => Some((idiom.as_name(key)?, value)),
                        _ => None,
                    },
                    Term::List(pair) if idiom != Idiom::Elixir => match pair.as_slice() {
                        [key, value] => Some((idiom.as_name(key)?, value)),
                        _ => None,
                    },
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    /// The same, taken apart. The term comes back when this is neither.
    pub(crate) fn into_pairs(self, idiom: Idiom) -> Result<Vec<(String, Term)>, Term> {
        if self.pairs(idiom).is_none() {
            return Err(self);
        }
        let name = |key: Term| match key {
            Term::Text(name) | Term::Symbol(name) => name,
            _ => String::new(),
        };
        let pair = |item: Term| match item {
            Term::Tuple(mut pair) | Term::List(mut pair) if pair.len() == 2 => {
                let value = pair.pop().unwrap_or_default();
                (name(pair.pop().unwrap_or_default()), value)
            }
            other => (String::new(), other),
        };
        Ok(match self {
            Term::Map(entries) => entries.into_iter().map(|(key, value)| (name(key), value)).collect(),
            Term::List(items) => items.into_iter().map(pair).collect(),
            _ => Vec::new(),
        })
    }

    /// The pairs of a map or a keyword list, in any language.
    pub fn entries(&self) -> Option<Vec<(&str, &Term)>> {
        match self {
            Term::Map(entries) => entries.iter().map(|(key, value)| Some((key.as_str()?, value))).collect(),
            list => list.pairs(Idiom::Elixir),
        }
    }

    /// Takes `name` out of a map. `Null` when absent.
    pub(crate) fn take(&mut self, name: &str) -> Term {
        let Term::Map(entries) = self else { return Term::Null };
        match entries.iter().position(|(key, _)| key.as_str() == Some(name)) {
            Some(at) => entries.swap_remove(at).1,
            None => Term::Null,
        }
    }

    /// What of a host's object may be told to telemetry: its name or its type.
    pub(crate) fn for_telemetry(&self) -> Term {
        match self {
            Term::Symbol(_) | Term::Text(_) => self.clone(),
            other => Term::Text(other.type_name(Idiom::Node).to_owned()),
        }
    }
}

/// The newtype name under which a symbol is serialized, so that the Elixir binding can make an atom.
pub const SYMBOL: &str = "$scrypath::Symbol";

impl JsonSchema for Term {
    fn schema_name() -> Cow<'static, str> {
        "Term".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        schemars::Schema::default()
    }
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Term::Null | Term::Opaque(_) | Term::Invalid(_) => serializer.serialize_unit(),
            Term::Bool(value) => serializer.serialize_bool(*value),
            Term::Int(value) => serializer.serialize_i64(*value),
            Term::Float(value) => serializer.serialize_f64(*value),
            Term::BigInt(text) | Term::Text(text) | Term::Encoded(text) => serializer.serialize_str(text),
            Term::Symbol(text) => serializer.serialize_newtype_struct(SYMBOL, text),
            Term::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Term::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                for item in items {
                    tuple.serialize_element(item)?;
                }
                tuple.end()
            }
            Term::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Builds a [`Term`]. Refuses nothing but depth: what a value may be is decided where it is used.
#[derive(Default)]
pub struct TermSink {
    open: Vec<Open>,
    done: Option<Term>,
}

enum Open {
    List(Vec<Term>),
    Tuple(Vec<Term>),
    Map(Vec<(Term, Term)>, Option<Term>),
}

impl TermSink {
    pub fn new() -> Self {
        Self::default()
    }

    /// The finished term. `Null` if nothing was walked.
    pub fn finish(self) -> Term {
        self.done.unwrap_or(Term::Null)
    }

    fn put(&mut self, term: Term) -> Written {
        match self.open.last_mut() {
            None => self.done = Some(term),
            Some(Open::List(items) | Open::Tuple(items)) => items.push(term),
            Some(Open::Map(entries, key)) => {
                let key = key.take().unwrap_or(Term::Null);
                entries.push((key, term));
            }
        }
        Ok(())
    }

    fn begin(&mut self, open: Open) -> Written {
        if self.open.len() >= MAX_DEPTH {
            return Err(ValueError::TooDeep);
        }
        self.open.push(open);
        Ok(())
    }

    fn end(&mut self) -> Written {
        match self.open.pop() {
            Some(Open::List(items)) => self.put(Term::List(items)),
            Some(Open::Tuple(items)) => self.put(Term::Tuple(items)),
            Some(Open::Map(entries, _)) => self.put(Term::Map(entries)),
            None => Ok(()),
        }
    }
}

impl Sink for TermSink {
    fn null(&mut self) -> Written {
        self.put(Term::Null)
    }
    fn bool(&mut self, value: bool) -> Written {
        self.put(Term::Bool(value))
    }
    fn int(&mut self, value: i64) -> Written {
        self.put(Term::Int(value))
    }
    fn big_int(&mut self, digits: &str) -> Written {
        self.put(Term::BigInt(digits.to_owned()))
    }
    fn float(&mut self, value: f64) -> Written {
        self.put(Term::Float(value))
    }
    fn text(&mut self, value: &str) -> Written {
        self.put(Term::Text(value.to_owned()))
    }
    fn symbol(&mut self, name: &str) -> Written {
        self.put(Term::Symbol(name.to_owned()))
    }
    fn moment(&mut self, value: Moment) -> Written {
        let term = value.to_text().map_or_else(Term::Invalid, Term::Encoded);
        self.put(term)
    }
    fn decimal(&mut self, digits: &str) -> Written {
        let term = crate::document::decimal_text(digits).map_or_else(Term::Invalid, Term::Encoded);
        self.put(term)
    }
    fn uuid(&mut self, value: &[u8; 16]) -> Written {
        self.put(Term::Encoded(crate::document::uuid_text(value)))
    }
    fn bytes(&mut self, value: &[u8]) -> Written {
        self.put(Term::Encoded(crate::document::bytes_text(value)))
    }
    fn unencodable(&mut self, type_name: &str) -> Written {
        self.put(Term::Opaque(type_name.to_owned()))
    }
    fn begin_list(&mut self) -> Written {
        self.begin(Open::List(Vec::new()))
    }
    fn end_list(&mut self) -> Written {
        self.end()
    }
    fn begin_tuple(&mut self) -> Written {
        self.begin(Open::Tuple(Vec::new()))
    }
    fn end_tuple(&mut self) -> Written {
        self.end()
    }
    fn begin_map(&mut self) -> Written {
        self.begin(Open::Map(Vec::new(), None))
    }
    fn key(&mut self, name: &str, symbolic: bool) -> Written {
        if let Some(Open::Map(_, key)) = self.open.last_mut() {
            let name = name.to_owned();
            *key = Some(if symbolic { Term::Symbol(name) } else { Term::Text(name) });
        }
        Ok(())
    }
    fn end_map(&mut self) -> Written {
        self.end()
    }
}
