use bytes::Bytes;

use crate::document::{Batch, DocumentId};
use crate::error::Result;
use crate::host::{Idiom, Term};
use crate::meilisearch::{Body, Exchange};
use crate::schema::Schema;

/// Documents to be replaced, or ids to be removed.
#[derive(Debug)]
pub enum Write {
    Upsert(Batch),
    Delete(Vec<DocumentId>),
}

impl Write {
    /// Ids as a caller listed them.
    pub fn delete(ids: &Term, schema: &Schema, idiom: Idiom) -> Result<Self> {
        let items = match ids {
            Term::List(items) | Term::Tuple(items) => items.as_slice(),
            other => {
                return Err(crate::config::options::invalid_option(
                    "document_ids",
                    "a list of ids",
                    other,
                    idiom,
                ));
            }
        };
        let read = |(at, id): (usize, &Term)| {
            DocumentId::from_term(id, &schema.document_id, idiom)
                .map_err(|error| error.of_schema(&schema.name).at(at))
        };
        Ok(Self::Delete(items.iter().enumerate().map(read).collect::<Result<_>>()?))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Upsert(batch) => batch.len(),
            Self::Delete(ids) => ids.len(),
        }
    }

    pub(super) fn span(&self) -> &'static str {
        match self {
            Self::Upsert(_) => "scrypath.sync.upsert",
            Self::Delete(_) => "scrypath.sync.delete",
        }
    }

    /// The request, and the ids it speaks of. The primary key goes with every upsert, so that the server
    /// never has to guess it.
    pub(super) fn into_exchange(self, schema: &Schema, index: &str) -> (Exchange, Vec<DocumentId>) {
        let (exchange, ids) = match self {
            Self::Upsert(batch) => {
                let key = encode(&schema.document_id);
                let path = format!("/indexes/{index}/documents?primaryKey={key}");
                (Exchange::post(path, Body::Ndjson(Bytes::from(batch.ndjson))), batch.ids)
            }
            Self::Delete(ids) => {
                let body = Body::Json(Bytes::from(DocumentId::json_list(&ids)));
                (Exchange::post(format!("/indexes/{index}/documents/delete-batch"), body), ids)
            }
        };
        (exchange.about("index", index), ids)
    }
}

/// A query parameter's value.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
