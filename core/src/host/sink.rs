use super::Moment;

/// Values nested deeper than this are refused, so a cyclic list cannot exhaust the stack.
pub const MAX_DEPTH: usize = 64;

/// The largest integer that JSON readers, JavaScript and Meilisearch's filters all keep exact.
pub(crate) const MAX_EXACT_INTEGER: i64 = (1 << 53) - 1;

pub type Written = Result<(), ValueError>;

/// Receives one host value, call by call. Every method may refuse; the walk stops at the first refusal.
pub trait Sink {
    fn null(&mut self) -> Written;
    fn bool(&mut self, value: bool) -> Written;
    fn int(&mut self, value: i64) -> Written;
    /// An integer outside `i64`, as decimal digits.
    fn big_int(&mut self, digits: &str) -> Written;
    fn float(&mut self, value: f64) -> Written;
    fn text(&mut self, value: &str) -> Written;
    /// An atom or other interned name. Written like text, remembered as a name.
    fn symbol(&mut self, name: &str) -> Written;
    fn moment(&mut self, value: Moment) -> Written;
    /// A decimal number in any spelling its library prints (`12.50`, `1E+2`).
    fn decimal(&mut self, digits: &str) -> Written;
    fn uuid(&mut self, value: &[u8; 16]) -> Written;
    fn bytes(&mut self, value: &[u8]) -> Written;
    /// Something without an encoding: a function, a process, an open file.
    fn unencodable(&mut self, type_name: &str) -> Written;
    fn begin_list(&mut self) -> Written;
    fn end_list(&mut self) -> Written;
    fn begin_tuple(&mut self) -> Written;
    fn end_tuple(&mut self) -> Written;
    fn begin_map(&mut self) -> Written;
    /// A key of the open map; its value follows.
    fn key(&mut self, name: &str, symbolic: bool) -> Written;
    fn end_map(&mut self) -> Written;
}

/// What a record says of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The value was written to the sink.
    Written,
    /// The record has no such field; nothing was written.
    Missing,
    /// The record has the field, but its value was never fetched from the database (an unloaded
    /// association, a deferred or expired column). Nothing was written and nothing was fetched.
    Unloaded,
}

/// One record of the host application.
pub trait Record {
    /// Whether fields can be read from this at all. A number or a list is no record.
    fn is_record(&self) -> bool {
        true
    }

    /// Writes the value of `name` into `sink`. Must never trigger a query.
    fn field<S: Sink>(&self, name: &str, sink: &mut S) -> Result<Presence, ValueError>;

    /// Walks the whole record as one map into `sink`: used for the result of a `search_document` hook.
    /// Returns `false`, having written nothing, when the value is not a map.
    fn walk<S: Sink>(&self, sink: &mut S) -> Result<bool, ValueError>;
}

/// Why a value cannot be sent. Never carries the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("NaN and infinities have no JSON form; accepted: finite numbers or null")]
    NotFinite,
    #[error(
        "the integer is outside ±9007199254740991, where the search engine keeps integers exact; accepted: a string of its digits"
    )]
    IntegerOutOfRange,
    #[error("the text is not valid UTF-8; accepted: UTF-8 strings, or bytes marked as such")]
    InvalidUtf8,
    #[error("the value is nested deeper than {MAX_DEPTH} levels, or contains itself")]
    TooDeep,
    #[error("a value of type {0} has no JSON form")]
    Unencodable(String),
    #[error("a decimal must be a finite number")]
    InvalidDecimal,
    #[error("a date or time is out of range")]
    InvalidMoment,
    #[error("a map key must be a string, a symbol or an integer, not {0}")]
    InvalidKey(String),
    #[error("{0:?} was not loaded from the database, and projection never loads it")]
    Unloaded(String),
    /// Reading the value ran host code that failed (a property that raised).
    #[error("reading the value failed: {0}")]
    Host(String),
}

impl ValueError {
    /// The stable kind of the usage error this becomes.
    pub fn kind(&self) -> crate::error::Kind {
        use crate::error::Kind;
        match self {
            Self::NotFinite => Kind::ValueNotFinite,
            Self::IntegerOutOfRange => Kind::ValueIntegerOutOfRange,
            Self::InvalidUtf8 => Kind::ValueInvalidUtf8,
            Self::TooDeep => Kind::ValueTooDeep,
            Self::Unloaded(_) => Kind::FieldNotLoaded,
            Self::Unencodable(_)
            | Self::InvalidDecimal
            | Self::InvalidMoment
            | Self::InvalidKey(_)
            | Self::Host(_) => Kind::ValueUnencodable,
        }
    }
}
