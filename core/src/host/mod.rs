//! host: what does a value of the host language look like to the core?
//!
//! A binding owns one walker that visits a host value and calls a [`Sink`]. The same walk fills a
//! [`Term`] (options, filters, ids) or writes a document's JSON directly, so a date or a decimal has
//! one encoding wherever it appears. A binding implements [`Record`] for its objects and nothing else.
//! Start with [`Sink`]. The rule that must not break: no document ever becomes a tree.

mod idiom;
mod json;
mod moment;
mod raw;
mod sink;
mod term;
mod word;

pub use idiom::Idiom;
pub(crate) use idiom::{camel, snake};
pub use json::{JsonRecord, walk_json};
pub use moment::Moment;
pub use raw::{RAW_JSON, RawJson};
pub(crate) use sink::MAX_EXACT_INTEGER;
pub use sink::{MAX_DEPTH, Presence, Record, Sink, ValueError, Written};
pub use term::{SYMBOL, Term, TermSink};
pub(crate) use word::Word;
