//! Lists of documents: which, in what order, and which of their fields.

use roaring::RoaringBitmap;
use serde_json::{Value, json};

use super::select::select;
use crate::error::{ApiError, Code, Result};
use crate::filter;
use crate::index::{Snapshot, parse_document};
use crate::search::{order_by, unsortable};
use crate::settings::parse_sort;

/// What a request asks to see of the documents.
pub(super) struct Browse {
    pub(super) offset: usize,
    pub(super) limit: usize,
    pub(super) fields: Option<Vec<String>>,
    /// Whether `_vectors` is shown.
    pub(super) vectors: bool,
    pub(super) ids: Option<Vec<String>>,
    pub(super) filter: Option<Value>,
    pub(super) sort: Option<Vec<String>>,
}

impl Browse {
    pub(super) fn run(self, snapshot: &Snapshot) -> Result<Value> {
        let mut docids = match &self.filter {
            None => snapshot.docids.clone(),
            Some(filter) => filter::evaluate(snapshot, filter, Code::InvalidDocumentFilter)?,
        };
        if let Some(ids) = &self.ids {
            let mut wanted = RoaringBitmap::new();
            for id in ids {
                wanted.extend(snapshot.docid(id)?);
            }
            docids &= wanted;
        }
        let total = docids.len();
        let page: Vec<u32> = match &self.sort {
            Some(criteria) if !criteria.is_empty() => {
                let sort = parse_sort(criteria, Code::InvalidDocumentSort)?;
                for criterion in &sort {
                    if let Some(field) = unsortable(&snapshot.settings, criterion) {
                        let names: Vec<&str> =
                            snapshot.settings.sortable.iter().map(String::as_str).collect();
                        return Err(crate::settings::not_among(
                            field,
                            &names,
                            false,
                            "sortable",
                            Code::InvalidDocumentSort,
                        ));
                    }
                }
                order_by(snapshot, docids, &sort, self.offset, self.limit)?
            }
            _ => docids.iter().skip(self.offset).take(self.limit).collect(),
        };
        let mut results = Vec::with_capacity(page.len());
        for docid in page {
            results.push(show(snapshot, docid, self.fields.as_deref(), self.vectors)?);
        }
        Ok(json!({"results": results, "offset": self.offset, "limit": self.limit, "total": total}))
    }
}

/// One document, whole or in part.
pub(super) fn show(
    snapshot: &Snapshot,
    docid: u32,
    fields: Option<&[String]>,
    vectors: bool,
) -> Result<Value> {
    let json = snapshot
        .document(docid)?
        .ok_or_else(|| ApiError::internal(format!("document {docid} is listed but not stored")))?;
    let mut document = parse_document(&json)?;
    let own = document.shift_remove("_vectors");
    let mut shown = match fields {
        None => document,
        Some(fields) => select(&document, fields),
    };
    if vectors {
        shown.insert("_vectors".to_owned(), own.unwrap_or_else(|| json!({})));
    }
    Ok(Value::Object(shown))
}
