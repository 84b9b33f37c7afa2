//! The index as one commit left it; every search reads from one of these and nothing moves under it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata, WriteTransaction};
use roaring::RoaringBitmap;

use super::codec::{decode_bitmap, unordered};
use super::docs;
use super::fields::Fields;
use super::places::{ByPlace, Gathering};
use super::postings::{self, Postings, split_key, word_range};
use super::ranges::{self, Ranges};
use super::remembered::{Remembered, What};
use super::tables::{
    DOCIDS, DOCS, FACETS, IDS, META, NEW_WORDS, NUMBER, SETS, STATE, STRING, Set, VALUES, WORDS, WORDS_FST,
    facet_prefix, number_key, string_key,
};
use super::tokenize::Tokenizing;
use super::values::{self, FacetValue};
use super::write::{self, State};
use crate::error::{ApiError, Result};
use crate::format;
use crate::geo::{self, Point};
use crate::settings::Settings;

pub(crate) struct Snapshot {
    pub(super) docs: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) ids: ReadOnlyTable<&'static str, u32>,
    pub(super) words: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) facets: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) values: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) sets: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) state: Arc<State>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) fields: Fields,
    pub(crate) tokenizing: Arc<Tokenizing>,
    pub(crate) docids: RoaringBitmap,
    pub(crate) words_fst: fst::Set<Arc<[u8]>>,
    /// Words that are not in the fst yet.
    pub(crate) new_words: Arc<BTreeSet<String>>,
    /// Searchable fields with their weights, in order of the fields' numbers.
    pub(crate) searchable: Vec<(u16, u16)>,
    /// Fields in which no typo is forgiven.
    pub(crate) exact_fields: BTreeSet<u16>,
    ranges: Ranges,
    remembered: Remembered,
    /// Keeps the database open; dropped after all tables.
    _db: Arc<Database>,
}

/// Writing an index anew pays once this many bytes were written since, or half of what it is.
const WORTH_PACKING: u64 = 256 << 10;
/// Small writes may leave much of a file unused too, where their words are all over it.
const LARGE_FILE: u64 = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FacetKind {
    Number,
    String,
}

impl Snapshot {
    /// Loads what the last commit left; what `before` has made of the same settings serves again.
    pub(super) fn load(db: &Arc<Database>, before: Option<&Snapshot>) -> Result<Snapshot> {
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
        let same = before.filter(|before| *before.settings == state.settings);
        let (settings, tokenizing) = match same {
            Some(before) => (before.settings.clone(), before.tokenizing.clone()),
            None => (Arc::new(state.settings.clone()), Arc::new(Tokenizing::of(&state.settings))),
        };
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
            tokenizing,
            docids: decode_bitmap(&get(DOCIDS)?),
            state: Arc::new(state),
            settings,
            fields,
            words_fst,
            new_words: Arc::new(new_words),
            searchable,
            exact_fields,
            ranges: Ranges::default(),
            remembered: Remembered::default(),
            _db: db.clone(),
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

    /// Whether so much was written since the index was last written anew, or its file has grown so much, that this
    /// pays again.
    pub(super) fn is_worth_packing(&self, file: u64) -> bool {
        let State { written, packed, .. } = &*self.state;
        *written >= WORTH_PACKING.max(packed / 2) || *written > 0 && file >= LARGE_FILE.max(packed * 3)
    }

    /// Puts what is not in one of the tables into a new database.
    pub(super) fn copy_meta(&self, txn: &WriteTransaction) -> Result<()> {
        let packed = self.table_sizes().iter().map(|(_, size)| size).sum();
        let state = State { written: 0, packed, ..(*self.state).clone() };
        format::mark(txn)?;
        let mut meta = txn.open_table(META)?;
        meta.insert(WORDS_FST, self.words_fst.as_fst().as_bytes())?;
        write::put_meta(&mut meta, &state, &self.new_words, &self.docids)
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
        docs::read(&self.docs, docid)
    }

    pub(crate) fn postings(&self, word: &str) -> Result<Arc<Postings>> {
        self.remembered.get(What::Postings, word, Postings::size, || self.read_postings(word))
    }

    /// Where a word is.
    pub(crate) fn by_place(&self, word: &str) -> Result<Arc<ByPlace>> {
        self.remembered.get(What::ByPlace, word, ByPlace::size, || {
            let mut gathering = Gathering::default();
            gathering.add(&*self.postings(word)?);
            Ok(gathering.finish())
        })
    }

    /// The documents that have a word with this prefix.
    pub(crate) fn prefix_docids(&self, prefix: &str) -> Result<Arc<RoaringBitmap>> {
        self.remembered.get(What::PrefixDocids, prefix, RoaringBitmap::serialized_size, || {
            let mut docids: Vec<u32> = Vec::new();
            self.each_with_prefix(prefix, |least, row| docids.extend(postings::take_ids(least, &mut &*row)))?;
            docids.sort_unstable();
            docids.dedup();
            Ok(RoaringBitmap::from_sorted_iter(docids).unwrap_or_default())
        })
    }

    /// Where the words with this prefix are.
    pub(crate) fn prefix_by_place(&self, prefix: &str) -> Result<Arc<ByPlace>> {
        self.remembered.get(What::PrefixByPlace, prefix, ByPlace::size, || {
            let mut gathering = Gathering::default();
            self.each_with_prefix(prefix, |least, row| gathering.add_row(least, row))?;
            Ok(gathering.finish())
        })
    }

    /// Shows every row of the words that begin with `prefix`.
    fn each_with_prefix(&self, prefix: &str, mut visit: impl FnMut(u32, &[u8])) -> Result<()> {
        let end = after_prefix(prefix.as_bytes());
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        for row in self.words.range::<&[u8]>((Bound::Included(prefix.as_bytes()), upper))? {
            let (key, row) = row?;
            if let Some((_, least)) = split_key(key.value()) {
                visit(least, row.value());
            }
        }
        Ok(())
    }

    fn read_postings(&self, word: &str) -> Result<Postings> {
        let (start, end) = word_range(word);
        let mut rows = Vec::new();
        for row in self.words.range::<&[u8]>(start.as_slice()..end.as_slice())? {
            let (key, value) = row?;
            if let Some((_, least)) = split_key(key.value()) {
                rows.push((least, value.value().to_vec()));
            }
        }
        Ok(Postings::new(rows))
    }

    pub(crate) fn has_word(&self, word: &str) -> Result<bool> {
        let (start, end) = word_range(word);
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
        let mut rows = self.facets.range::<&[u8]>(range)?;
        for row in rows.by_ref().take(ranges::FEW) {
            union |= decode_bitmap(row?.1.value());
        }
        if rows.next().is_none() {
            return Ok(union);
        }
        self.ranges.of(&self.facets, &prefix)?.between(&self.facets, range)
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
        let Some(row) = self.values.get(values::row_key(field, docid))? else { return Ok(Vec::new()) };
        Ok(values::of_document(row.value(), docid))
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
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
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
