//! scrypath-core: all behaviour of Scrypath, behind one typed door.
//!
//! A record type is declared ([`schema`]), its records become documents ([`document`]), documents are
//! written under a promise ([`sync`]) through one client ([`meilisearch`]), and found ([`search`]).
//! Hosts come in through [`api`]: read a [`Call`], run it on the [`process`], hand back the [`Reply`].

pub mod api;
pub mod config;
pub mod document;
pub mod error;
pub mod host;
pub mod meilisearch;
pub mod process;
pub mod queue;
pub mod schema;
pub mod search;
pub mod sync;
pub mod telemetry;

pub use api::{Call, Reply, Stream, invoke, report_panics_by_place};
pub use error::{Class, Error, Kind};
pub use host::{
    Idiom, JsonRecord, Moment, Presence, RAW_JSON, RawJson, Record, SYMBOL, Sink, Term, TermSink, ValueError,
    Written, walk_json,
};
pub use process::{Cancel, Core, Process, process};

/// The version every package compares its own with.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
