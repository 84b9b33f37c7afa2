//! The runtime options: name, type, default and meaning, said once.

use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// What a value may be. The text is what messages say is accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Accepts {
    Module,
    OptionalString,
    IndexPrefix,
    OptionalName,
    PositiveInteger,
    OptionalPositiveInteger,
    NonNegativeInteger,
    OneOf(&'static [&'static str]),
    Keyword,
    Preload,
    List,
}

pub struct RuntimeOption {
    pub name: &'static str,
    pub accepts: Accepts,
    /// Shown in generated option tables; the value itself is filled in by [`super::Config`].
    pub default: &'static str,
    pub meaning: &'static str,
}

macro_rules! options {
    ($($name:literal, $accepts:expr, $default:literal, $meaning:literal;)*) => {
        pub const RUNTIME: &[RuntimeOption] = &[
            $(RuntimeOption { name: $name, accepts: $accepts, default: $default, meaning: $meaning }),*
        ];
    };
}

use Accepts::*;

options! {
    "backend", Module, "required in Elixir", "the backend module";
    "repo", Module, "none", "where hits are hydrated from";
    "otp_app", OptionalName, "none", "the application that holds per-repo defaults";
    "index_prefix", IndexPrefix, "the schema's, else \"scrypath\"", "the prefix of index names";
    "sync_mode", OneOf(&["inline", "manual", "oban"]), "inline", "the promise a write returns under";
    "oban", Module, "Oban", "the Oban instance";
    "oban_queue", OptionalName, "none; required in oban mode", "the queue jobs are inserted into";
    "oban_max_attempts", OptionalPositiveInteger, "8", "attempts of a queued job";
    "meilisearch_url", OptionalString, "none", "http(s)://…, embedded:PATH, memory: or memory:NAME";
    "meilisearch_api_key", OptionalString, "none", "sent as Authorization: Bearer";
    "meilisearch_client", Module, "none", "replaces the HTTP client (test seam)";
    "req_options", Keyword, "[]", "headers, receive_timeout (the deadline of one request, ms, 15000), retry (of GETs, true)";
    "inline_poll_interval", PositiveInteger, "100", "the longest pause between two looks at a task, in ms";
    "inline_timeout", PositiveInteger, "5000", "how long an inline write waits for its task, in ms";
    "preload", Preload, "[]", "what hydration preloads";
    "settings_merge", OneOf(&["replace", "deep"]), "replace", "how override settings combine with declared ones";
    "federation_limit", PositiveInteger, "200", "hits of one search_many";
    "federation_offset", NonNegativeInteger, "0", "hits of one search_many that are skipped";
    "federation_timeout", PositiveInteger, "7500", "reserved";
    "hydration_timeout", PositiveInteger, "5000", "time for one entry's hydration in search_many, in ms";
    "max_schemas", PositiveInteger, "10", "entries of one search_many";
    "global_schemas", List, "absent", "what :all stands for in search_many";
    "fan_out", OptionalName, "none", "the fan-out sync_related resolves";
}

pub fn find(name: &str) -> Option<&'static RuntimeOption> {
    RUNTIME.iter().find(|option| option.name == name)
}

impl RuntimeOption {
    pub fn check(&self, value: &Term, idiom: Idiom) -> Result<()> {
        if self.accepts.admits(value, idiom) {
            return Ok(());
        }
        Err(invalid_option(self.name, &self.accepts.expected(idiom), value, idiom))
    }
}

/// Options whose values are never shown, of whatever type they are.
const SECRET: &[&str] = &["meilisearch_api_key", "api_key", "headers"];

/// The one form of a type error: `invalid value for :size option: expected positive integer, got: a string`.
pub(crate) fn invalid_option(name: &str, expected: &str, got: &Term, idiom: Idiom) -> Box<Error> {
    let got = match SECRET.contains(&name) {
        true => format!("a value of type {}", got.type_name(idiom)),
        false => shown(got, idiom),
    };
    let shown = idiom.option(name);
    Error::new(
        Kind::InvalidOption,
        format!("invalid value for {shown} option: expected {expected}, got: {got}"),
    )
    .named(name)
}

/// A value in a message: numbers, booleans and names as they are, anything else by its type only,
/// since it may be a key, a password or part of a document.
pub(crate) fn shown(term: &Term, idiom: Idiom) -> String {
    match term {
        Term::Int(value) => value.to_string(),
        Term::Float(value) => value.to_string(),
        Term::Bool(value) => value.to_string(),
        Term::Null => idiom.null().to_owned(),
        Term::Symbol(name) => idiom.name(name),
        other => format!("a value of type {}", other.type_name(idiom)),
    }
}

/// An index's name is part of the paths of requests, and the server takes no other characters either.
fn is_index_name_part(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

impl Accepts {
    fn admits(self, value: &Term, idiom: Idiom) -> bool {
        match self {
            Module => matches!(value, Term::Null | Term::Symbol(_) | Term::Text(_) | Term::Opaque(_)),
            OptionalString => matches!(value, Term::Null | Term::Text(_)),
            IndexPrefix => match value {
                Term::Null => true,
                Term::Text(text) => is_index_name_part(text),
                _ => false,
            },
            OptionalName => value.is_null() || idiom.as_name(value).is_some(),
            PositiveInteger => matches!(value, Term::Int(1..)),
            OptionalPositiveInteger => matches!(value, Term::Null | Term::Int(1..)),
            NonNegativeInteger => matches!(value, Term::Int(0..)),
            OneOf(names) => idiom.as_name(value).is_some_and(|name| names.contains(&name)),
            Keyword => value.pairs(idiom).is_some(),
            Preload => {
                matches!(value, Term::Null | Term::List(_) | Term::Opaque(_))
                    || idiom.as_name(value).is_some()
            }
            List => matches!(value, Term::List(_) | Term::Tuple(_)),
        }
    }

    fn expected(self, idiom: Idiom) -> String {
        let null = idiom.null();
        match self {
            Module => format!("a module or {null}"),
            OptionalString => format!("a string or {null}"),
            IndexPrefix => format!("a string or {null}, made of letters, digits, - and _"),
            OptionalName => format!("{} or {null}", idiom.symbol_type()),
            PositiveInteger => "positive integer".to_owned(),
            OptionalPositiveInteger => format!("positive integer or {null}"),
            NonNegativeInteger => "non-negative integer".to_owned(),
            OneOf(names) => format!("one of {}", idiom.names(names.iter().copied())),
            Keyword => idiom.keyword_type().to_owned(),
            Preload => format!("{null}, a name or a list"),
            List => "a list".to_owned(),
        }
    }
}
