//! The index as one commit left it; every search reads from one of these and nothing moves under it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata};
use roaring::RoaringBitmap;

use super::codec::{decode_bitmap, take_varint, unordered};
use super::docs;
use super::fields::Fields;
use super::postings::{Postings, split_key};
use super::tables::{
    DOCIDS, DOCS, FACETS, IDS, META, NEW_WORDS, NUMBER, SETS, STATE, STRING, Set, VALUES, WORDS, WORDS_FST,
    facet_prefix, number_key, string_key, value_key,
};
use super::tokenize::Tokenizing;
use super::write::State;
use crate::error::{ApiError, Result};
use crate::geo::{self, Point};
use crate::settings::Settings;

pub(crate) struct Snapshot {
    docs: ReadOnlyTable<u32, &'static [u8]>,
    ids: ReadOnlyTable<&'static str, u32>,
    words: ReadOnlyTable<&'static [u8], &'static [u8]>,
    facets: ReadOnlyTable<&'static [u8], &'static [u8]>,
    values: ReadOnlyTable<u64, &'static [u8]>,
    sets: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) state: Arc<State>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) fields: Fields,
    pub(crate) tokenizing: Tokenizing,
    pub(crate) docids: RoaringBitmap,
    pub(crate) words_fst: fst::Set<Arc<[u8]>>,
    /// Words that are not in the fst yet.
    pub(crate) new_words: Arc<BTreeSet<String>>,
    /// Searchable fields with their weights, in order of the fields' numbers.
    pub(crate) searchable: Vec<(u16, u16)>,
    /// Fields in which no typo is forgiven.
    pub(crate) exact_fields: BTreeSet<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FacetKind {
    Number,
    String,
}

/// A facet value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FacetValue {
    Number(f64),
    String { normalized: String, original: String },
}

impl Snapshot {
    pub(super) fn load(db: &Database) -> Result<Snapshot> {
        let txn = db.begin_read()?;
        let meta = txn.open_table(META)?;
        let get = |key: &str| -> Result<Vec<u8>> {
            Ok(meta.get(key)?.map(|v| v.value().to_vec()).unwrap_or_default())
        };
        let state: State = serde_json::from_slice(&get(STATE)?).map_err(|error| {
            ApiError::new(
                crate::error::Code::InvalidStoreFile,
                format!("The index holds what cannot be read: {error}"),
            )
        })?;
        let fst_bytes = get(WORDS_FST)?;
        let words_fst = if fst_bytes.is_empty() {
            empty_fst()
        } else {
            fst::Set::new(Arc::from(fst_bytes)).map_err(ApiError::internal)?
        };
        let new_words: BTreeSet<String> = serde_json::from_slice(&get(NEW_WORDS)?).unwrap_or_default();
        let settings = Arc::new(state.settings.clone());
        let fields = Fields::of(state.fields.clone());
        let numbered = || fields.names().iter().enumerate().map(|(id, name)| (id as u16, name));
        let searchable = numbered().filter_map(|(id, name)| Some((id, settings.weight(name)?))).collect();
        let exact =
            |name: &str| settings.typo.off_on_attributes.iter().any(|a| crate::settings::is_within(name, a));
        let exact_fields = numbered().filter(|(_, name)| exact(name)).map(|(id, _)| id).collect();
        Ok(Snapshot {
            docs: txn.open_table(DOCS)?,
            ids: txn.open_table(IDS)?,
            words: txn.open_table(WORDS)?,
            facets: txn.open_table(FACETS)?,
            values: txn.open_table(VALUES)?,
            sets: txn.open_table(SETS)?,
            tokenizing: Tokenizing::of(&settings),
            docids: decode_bitmap(&get(DOCIDS)?),
            state: Arc::new(state),
            settings,
            fields,
            words_fst,
            new_words: Arc::new(new_words),
            searchable,
            exact_fields,
        })
    }

    pub(crate) fn primary_key(&self) -> Option<&str> {
        self.state.primary_key.as_deref()
    }

    pub(crate) fn field_distribution(&self) -> &BTreeMap<String, u64> {
        &self.state.distribution
    }

    /// The bytes that the documents take.
    pub(crate) fn documents_size(&self) -> u64 {
        self.docs.stats().map(|stats| stats.stored_bytes()).unwrap_or(0)
    }

    /// The bytes that each table takes.
    pub(crate) fn table_sizes(&self) -> Vec<(&'static str, u64)> {
        let size =
            |stats: Result<redb::TableStats, redb::StorageError>| stats.map_or(0, |s| s.stored_bytes());
        vec![
            ("documents", size(self.docs.stats())),
            ("documentIds", size(self.ids.stats())),
            ("words", size(self.words.stats())),
            ("facets", size(self.facets.stats())),
            ("facetValues", size(self.values.stats())),
            ("sets", size(self.sets.stats())),
        ]
    }

    pub(crate) fn docid(&self, id: &str) -> Result<Option<u32>> {
        Ok(self.ids.get(id)?.map(|docid| docid.value()))
    }

    /// The document's JSON, as it was sent.
    pub(crate) fn document(&self, docid: u32) -> Result<Option<Vec<u8>>> {
        let block = docs::block_of(docid);
        let Some(bytes) = self.docs.get(block)? else { return Ok(None) };
        Ok(docs::decode(block, bytes.value())?.remove(&docid))
    }

    pub(crate) fn postings(&self, word: &str) -> Result<Postings> {
        let mut start = word.as_bytes().to_vec();
        start.push(0);
        let mut end = word.as_bytes().to_vec();
        end.push(1);
        let mut blocks = Vec::new();
        for row in self.words.range::<&[u8]>(start.as_slice()..end.as_slice())? {
            let (key, value) = row?;
            if let Some((_, block)) = split_key(key.value()) {
                blocks.push((block, value.value().to_vec()));
            }
        }
        Ok(Postings::new(blocks))
    }

    pub(crate) fn has_word(&self, word: &str) -> Result<bool> {
        let mut start = word.as_bytes().to_vec();
        start.push(0);
        let mut end = word.as_bytes().to_vec();
        end.push(1);
        Ok(self.words.range::<&[u8]>(start.as_slice()..end.as_slice())?.next().is_some())
    }

    /// Words that begin with `prefix`, in order, at most `limit` of them.
    pub(crate) fn words_with_prefix(&self, prefix: &str, limit: usize) -> Result<Vec<String>> {
        let end = after_prefix(prefix.as_bytes());
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut found: Vec<String> = Vec::new();
        for row in self.words.range::<&[u8]>((Bound::Included(prefix.as_bytes()), upper))? {
            let (key, _) = row?;
            let Some((word, _)) = split_key(key.value()) else { continue };
            if found.last().is_none_or(|last| last != word) {
                if found.len() == limit {
                    break;
                }
                found.push(word.to_owned());
            }
        }
        Ok(found)
    }

    pub(crate) fn set(&self, field: u16, set: Set) -> Result<RoaringBitmap> {
        Ok(self.sets.get(set.key(field))?.map(|bytes| decode_bitmap(bytes.value())).unwrap_or_default())
    }

    pub(crate) fn exists(&self, field: u16) -> Result<RoaringBitmap> {
        self.set(field, Set::Exists)
    }

    pub(crate) fn is_null(&self, field: u16) -> Result<RoaringBitmap> {
        self.set(field, Set::Null)
    }

    pub(crate) fn is_empty(&self, field: u16) -> Result<RoaringBitmap> {
        self.set(field, Set::Empty)
    }

    pub(crate) fn with_word_count(&self, field: u16, count: u8) -> Result<RoaringBitmap> {
        self.set(field, Set::WordCount(count))
    }

    pub(crate) fn with_number(&self, field: u16, number: f64) -> Result<RoaringBitmap> {
        self.with_key(&number_key(field, number))
    }

    pub(crate) fn with_string(&self, field: u16, normalized: &str) -> Result<RoaringBitmap> {
        self.with_key(&string_key(field, normalized))
    }

    fn with_key(&self, key: &[u8]) -> Result<RoaringBitmap> {
        Ok(self.facets.get(key)?.map(|bytes| decode_bitmap(bytes.value())).unwrap_or_default())
    }

    /// The documents whose numbers lie within the bounds.
    pub(crate) fn numbers_between(
        &self,
        field: u16,
        from: Bound<f64>,
        to: Bound<f64>,
    ) -> Result<RoaringBitmap> {
        let key = |bound: Bound<f64>| bound.map(|n| number_key(field, n));
        self.between(NUMBER, field, key(from), key(to))
    }

    pub(crate) fn strings_between(
        &self,
        field: u16,
        from: Bound<&str>,
        to: Bound<&str>,
    ) -> Result<RoaringBitmap> {
        let key = |bound: Bound<&str>| bound.map(|s| string_key(field, s));
        self.between(STRING, field, key(from), key(to))
    }

    pub(crate) fn strings_with_prefix(&self, field: u16, prefix: &str) -> Result<RoaringBitmap> {
        let start = string_key(field, prefix);
        let end = after_prefix(&start).map_or(Bound::Unbounded, Bound::Excluded);
        self.between(STRING, field, Bound::Included(start), end)
    }

    fn between(
        &self,
        kind: u8,
        field: u16,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
    ) -> Result<RoaringBitmap> {
        let prefix = facet_prefix(kind, field);
        let from = if from == Bound::Unbounded { Bound::Included(prefix.to_vec()) } else { from };
        let to = match to {
            Bound::Unbounded => after_prefix(&prefix).map_or(Bound::Unbounded, Bound::Excluded),
            bound => bound,
        };
        let mut union = RoaringBitmap::new();
        if is_inverted(&from, &to) {
            return Ok(union);
        }
        let range = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
        for row in self.facets.range::<&[u8]>(range)? {
            union |= decode_bitmap(row?.1.value());
        }
        Ok(union)
    }

    /// Walks the values of a field in order, from past `last` on, each with its documents, until `visit`
    /// says stop.
    pub(crate) fn each_value(
        &self,
        field: u16,
        kind: FacetKind,
        ascending: bool,
        last: Option<&serde_json::Value>,
        mut visit: impl FnMut(FacetKey<'_>, RoaringBitmap) -> Result<bool>,
    ) -> Result<()> {
        let tag = if kind == FacetKind::Number { NUMBER } else { STRING };
        let prefix = facet_prefix(tag, field);
        let end = after_prefix(&prefix);
        let last = last.and_then(|last| match last {
            serde_json::Value::Number(number) => Some(number_key(field, number.as_f64()?)),
            other => Some(string_key(field, other.as_str()?)),
        });
        let mut lower = Bound::Included(prefix.as_slice());
        let mut upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if let Some(last) = &last {
            *(if ascending { &mut lower } else { &mut upper }) = Bound::Excluded(last.as_slice());
        }
        let mut range = self.facets.range::<&[u8]>((lower, upper))?;
        while let Some(row) = if ascending { range.next() } else { range.next_back() } {
            let (key, bytes) = row?;
            let key = &key.value()[prefix.len()..];
            let key = match kind {
                FacetKind::Number => match key.try_into() {
                    Ok(bytes) => FacetKey::Number(unordered(bytes)),
                    Err(_) => continue,
                },
                FacetKind::String => FacetKey::String(std::str::from_utf8(key).unwrap_or_default()),
            };
            if !visit(key, decode_bitmap(bytes.value()))? {
                break;
            }
        }
        Ok(())
    }

    /// Those of `docids` that have a point, with it.
    pub(crate) fn points(&self, docids: &RoaringBitmap) -> Result<Vec<(u32, Point)>> {
        let (Some(lat), Some(lng)) = (self.fields.id(geo::LAT), self.fields.id(geo::LNG)) else {
            return Ok(Vec::new());
        };
        let number = |field: u16, docid: u32| -> Result<Option<f64>> {
            Ok(self.values_of(field, docid)?.into_iter().find_map(|value| match value {
                FacetValue::Number(number) => Some(number),
                FacetValue::String { .. } => None,
            }))
        };
        let mut points = Vec::new();
        for docid in docids & self.exists(lat)? {
            if let Some((lat, lng)) = number(lat, docid)?.zip(number(lng, docid)?) {
                points.push((docid, Point { lat, lng }));
            }
        }
        Ok(points)
    }

    /// The values that a document has in a field.
    pub(crate) fn values_of(&self, field: u16, docid: u32) -> Result<Vec<FacetValue>> {
        let Some(row) = self.values.get(value_key(field, docid))? else { return Ok(Vec::new()) };
        Ok(decode_values(row.value()))
    }
}

/// A facet value as it is looked up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FacetKey<'a> {
    Number(f64),
    String(&'a str),
}

fn is_inverted(from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>) -> bool {
    match (from, to) {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => {
            from >= to
        }
        _ => false,
    }
}

/// The least key that is past all keys with this prefix.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

fn empty_fst() -> fst::Set<Arc<[u8]>> {
    let bytes = fst::Set::<Vec<u8>>::default().into_fst().into_inner();
    fst::Set::new(Arc::from(bytes)).expect("an empty set is a set")
}

/// Values as they are stored: numbers as eight bytes, strings with a length, and normalized only where
/// that differs.
pub(super) fn encode_values(values: &super::extract::Values) -> Vec<u8> {
    let mut out = Vec::new();
    let put = |out: &mut Vec<u8>, text: &str| {
        super::codec::put_varint(out, text.len() as u32);
        out.extend_from_slice(text.as_bytes());
    };
    for number in values.numbers.values() {
        out.push(1);
        out.extend_from_slice(&number.to_le_bytes());
    }
    for (normalized, original) in &values.strings {
        out.push(if normalized == original { 2 } else { 3 });
        put(&mut out, original);
        if normalized != original {
            put(&mut out, normalized);
        }
    }
    out
}

pub(super) fn decode_values(mut bytes: &[u8]) -> Vec<FacetValue> {
    fn text(bytes: &mut &[u8]) -> String {
        let len = (take_varint(bytes) as usize).min(bytes.len());
        let (text, rest) = bytes.split_at(len);
        *bytes = rest;
        String::from_utf8_lossy(text).into_owned()
    }
    let mut values = Vec::new();
    while let Some((&tag, rest)) = bytes.split_first() {
        bytes = rest;
        match tag {
            1 => {
                let Some((number, rest)) = bytes.split_first_chunk::<8>() else { break };
                values.push(FacetValue::Number(f64::from_le_bytes(*number)));
                bytes = rest;
            }
            2 => {
                let original = text(&mut bytes);
                values.push(FacetValue::String { normalized: original.clone(), original });
            }
            _ => {
                let original = text(&mut bytes);
                let normalized = text(&mut bytes);
                values.push(FacetValue::String { normalized, original });
            }
        }
    }
    values
}
