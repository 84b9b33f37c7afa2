//! document: what of a record is sent, and under which id?
//!
//! A [`Projector`] takes records one by one and writes one line of NDJSON each, reading the document
//! id on the way; a [`Batch`] is what it leaves. A `search_document` hook's result wins over the
//! declared fields. No record and no document ever becomes a tree, and nothing is ever fetched.

mod encode;
mod id;
mod project;

pub use encode::JsonSink;
pub(crate) use encode::{bytes_text, decimal_text, parse_bytes, parse_uuid, push_json_string, uuid_text};
pub use id::{DocumentId, IdSink};
pub use project::{Batch, Document, JobDocuments, Projector, Source};
pub(crate) use project::{document, document_id};
