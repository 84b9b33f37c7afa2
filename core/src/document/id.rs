use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::encode::MAX_EXACT_INTEGER;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Moment, Sink, Term, TermSink, ValueError, Written};

/// A document id Meilisearch accepts: an integer, or 1 to 511 bytes of `a-z A-Z 0-9 - _`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(untagged)]
pub enum DocumentId {
    Int(i64),
    Text(String),
}

const LONGEST: usize = 511;

impl std::fmt::Display for DocumentId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl DocumentId {
    pub fn from_term(term: &Term, field: &str, idiom: Idiom) -> Result<Self> {
        match term {
            Term::Int(value) if value.unsigned_abs() <= MAX_EXACT_INTEGER as u64 => Ok(Self::Int(*value)),
            Term::Int(_) | Term::BigInt(_) => {
                Err(refuse(field, "an integer outside ±9007199254740991; accepted: a string of its digits"))
            }
            Term::Text(text) | Term::Symbol(text) | Term::Encoded(text) => Self::from_text(text, field),
            Term::Null => Err(Error::new(
                Kind::DocumentIdMissing,
                format!(
                    "missing document id {}: the value is {}; accepted: an integer or a string",
                    idiom.name(field),
                    idiom.null()
                ),
            )
            .named(field)),
            Term::Invalid(error) => Err(refuse(field, &error.to_string())),
            other => Err(refuse(
                field,
                &format!("a value of type {}; accepted: an integer or a string", other.type_name(idiom)),
            )),
        }
    }

    /// Whether Meilisearch takes a text as an id.
    pub(crate) fn is_accepted(text: &str) -> bool {
        Self::from_text(text, "").is_ok()
    }

    fn from_text(text: &str, field: &str) -> Result<Self> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(refuse(
                field,
                &format!("a string of {} bytes; accepted: 1 to {LONGEST} bytes", text.len()),
            ));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return Err(refuse(
                field,
                "a string with other characters; accepted: letters a-z and A-Z, digits, - and _",
            ));
        }
        Ok(Self::Text(text.to_owned()))
    }
}

fn refuse(field: &str, what: &str) -> Box<Error> {
    Error::new(Kind::DocumentIdInvalid, format!("document id {field:?} is {what}")).named(field)
}

impl Serialize for DocumentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Sends one walk to two sinks: the document being written, and the term its id is read from.
pub struct IdSink<'a, S> {
    document: &'a mut S,
    id: TermSink,
}

impl<'a, S: Sink> IdSink<'a, S> {
    pub fn new(document: &'a mut S) -> Self {
        Self { document, id: TermSink::new() }
    }

    pub fn id(self) -> Term {
        self.id.finish()
    }
}

macro_rules! both {
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {
        $(fn $method(&mut self, $($arg: $type),*) -> Written {
            self.document.$method($($arg),*)?;
            self.id.$method($($arg),*)
        })*
    };
}

impl<S: Sink> Sink for IdSink<'_, S> {
    both! {
        null(); bool(value: bool); int(value: i64); big_int(digits: &str); float(value: f64);
        text(value: &str); symbol(name: &str); moment(value: Moment); decimal(digits: &str);
        uuid(value: &[u8; 16]); bytes(value: &[u8]); unencodable(type_name: &str);
        begin_list(); end_list(); begin_tuple(); end_tuple(); begin_map(); end_map();
        key(name: &str, symbolic: bool);
    }
}

impl From<ValueError> for Box<Error> {
    fn from(error: ValueError) -> Self {
        Error::new(error.kind(), error.to_string())
    }
}
