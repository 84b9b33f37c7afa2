//! A batch of changes, gathered in memory and merged into the tables word by word, value by value.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use redb::{ReadableTable, Table, WriteTransaction};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::codec::{decode_bitmap, encode_bitmap};
use super::docs;
use super::extract::{Extracted, Extractor, FieldBook, Values, external_id, parse_document};
use super::fields::Fields;
use super::postings::{self, encode_positions};
use super::snapshot::Snapshot;
use super::tables::{
    DOCIDS, DOCS, FACETS, IDS, META, NEW_WORDS, SETS, STATE, VALUES, WORDS, WORDS_FST, number_key, string_key,
};
use super::tokenize::Tokenizing;
use super::values;
use crate::error::{ApiError, Result};
use crate::geo::Point;
use crate::settings::Settings;
use crate::tasks::Outcome;

/// What is gathered before it is merged, in bytes.
const GATHERED: usize = 32 << 20;

/// What an index knows of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) fields: Vec<String>,
    pub(super) primary_key: Option<String>,
    /// How many documents have a field, for each field at the top of a document.
    pub(super) distribution: BTreeMap<String, u64>,
    /// The tasks that the last commit applied, and how they ended: what makes a task count once.
    pub(super) applied: Vec<(u32, Outcome)>,
    /// The bytes of documents written since the index was last written anew.
    pub(super) written: u64,
    /// The bytes that it was then.
    pub(super) packed: u64,
}

/// One document before and after; JSON as it is stored.
pub(crate) struct DocChange {
    pub(crate) id: String,
    pub(crate) docid: Option<u32>,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Bytes>,
}

pub(crate) struct Writer<'a> {
    txn: &'a WriteTransaction,
    before: &'a Snapshot,
    state: State,
    docids: RoaringBitmap,
    new_words: Arc<BTreeSet<String>>,
    words_fst: Option<Vec<u8>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(txn: &'a WriteTransaction, before: &'a Snapshot) -> Writer<'a> {
        Writer {
            txn,
            before,
            state: (*before.state).clone(),
            docids: before.docids.clone(),
            new_words: before.new_words.clone(),
            words_fst: None,
        }
    }

    /// How a task ended that an earlier run already applied.
    pub(crate) fn applied(&self, task: u32) -> Option<&Outcome> {
        self.state.applied.iter().find(|(uid, _)| *uid == task).map(|(_, outcome)| outcome)
    }

    pub(crate) fn set_applied(&mut self, applied: Vec<(u32, Outcome)>) {
        self.state.applied = applied;
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.state.settings
    }

    pub(crate) fn primary_key(&self) -> Option<&str> {
        self.state.primary_key.as_deref()
    }

    pub(crate) fn set_primary_key(&mut self, name: Option<String>) {
        self.state.primary_key = name;
    }

    pub(crate) fn document_count(&self) -> u64 {
        self.docids.len()
    }

    /// Looks an id up in what is stored, not in what this batch has changed.
    pub(crate) fn docid(&self, id: &str) -> Result<Option<u32>> {
        self.before.docid(id)
    }

    pub(crate) fn document(&self, docid: u32) -> Result<Option<Vec<u8>>> {
        self.before.document(docid)
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        self.before
    }

    /// Changes documents. Each id occurs once in `changes`.
    pub(crate) fn apply(&mut self, changes: Vec<DocChange>) -> Result<()> {
        let settings = self.state.settings.clone();
        let tokenizing = if settings == *self.before.settings {
            self.before.tokenizing.clone()
        } else {
            Arc::new(Tokenizing::of(&settings))
        };
        let fields = Fields::of(std::mem::take(&mut self.state.fields));
        let fields = tokenizing.with(None, |tokenizer| {
            let mut extractor = Extractor::new(FieldBook::new(fields, &settings), &tokenizing, tokenizer);
            let mut gathered = Gathered::default();
            let mut free = 0;
            let mut ids = self.txn.open_table(IDS)?;
            for change in changes {
                let docid = match change.docid {
                    Some(docid) => docid,
                    None if change.after.is_none() => continue,
                    None => {
                        // The smallest number that is free, as Meilisearch gives them: it decides ties.
                        while self.docids.contains(free) {
                            free += 1;
                        }
                        free
                    }
                };
                let len = |json: Option<&[u8]>| json.map_or(0, <[u8]>::len) as u64;
                self.state.written += len(change.before.as_deref()) + len(change.after.as_deref());
                if let Some(before) = &change.before {
                    let document = parse_document(before)?;
                    for name in document.keys() {
                        if let Some(count) = self.state.distribution.get_mut(name) {
                            *count = count.saturating_sub(1);
                        }
                    }
                    gathered.remove(docid, extractor.extract(&document)?);
                }
                match change.after {
                    Some(after) => {
                        let document = parse_document(&after)?;
                        for name in document.keys() {
                            *self.state.distribution.entry(name.clone()).or_default() += 1;
                        }
                        gathered.add(docid, extractor.extract(&document)?);
                        gathered.keep(docid, Some(after));
                        ids.insert(change.id.as_str(), docid)?;
                        self.docids.insert(docid);
                    }
                    None => {
                        gathered.keep(docid, None);
                        ids.remove(change.id.as_str())?;
                        self.docids.remove(docid);
                    }
                }
                if gathered.size > GATHERED {
                    self.merge(std::mem::take(&mut gathered))?;
                }
            }
            self.merge(gathered)?;
            Ok::<_, ApiError>(extractor.book.fields)
        })?;
        self.state.fields = fields.names().to_vec();
        self.state.distribution.retain(|_, count| *count > 0);
        Ok(())
    }

    /// Takes all documents out.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.drop_lookups()?;
        self.txn.delete_table(DOCS)?;
        self.txn.delete_table(IDS)?;
        self.txn.open_table(DOCS)?;
        self.txn.open_table(IDS)?;
        self.docids.clear();
        self.state.distribution.clear();
        Ok(())
    }

    fn drop_lookups(&mut self) -> Result<()> {
        // All of it is written again, or left unused.
        self.state.written += self.state.packed;
        self.txn.delete_table(WORDS)?;
        self.txn.delete_table(FACETS)?;
        self.txn.delete_table(VALUES)?;
        self.txn.delete_table(SETS)?;
        self.txn.open_table(WORDS)?;
        self.txn.open_table(FACETS)?;
        self.txn.open_table(VALUES)?;
        self.txn.open_table(SETS)?;
        self.new_words = Arc::default();
        self.words_fst = Some(Vec::new());
        Ok(())
    }

    /// Puts settings in force; where they change what is looked up, everything is indexed anew.
    pub(crate) fn set_settings(&mut self, settings: Settings) -> Result<()> {
        let reindex = settings.needs_reindex(&self.state.settings) && !self.docids.is_empty();
        self.state.settings = settings;
        if !reindex {
            return Ok(());
        }
        self.drop_lookups()?;
        let settings = self.state.settings.clone();
        let tokenizing = Tokenizing::of(&settings);
        let fields = Fields::of(std::mem::take(&mut self.state.fields));
        let fields = tokenizing.with(None, |tokenizer| {
            let mut extractor = Extractor::new(FieldBook::new(fields, &settings), &tokenizing, tokenizer);
            let mut gathered = Gathered::default();
            let table = self.txn.open_table(DOCS)?;
            for row in table.iter()? {
                let (key, bytes) = row?;
                for (docid, json) in docs::decode(key.value(), bytes.value())? {
                    let document = parse_document(&json)?;
                    if settings.is_geo() {
                        let id = external_id(&json, self.state.primary_key.as_deref().unwrap_or_default())?;
                        Point::of_document(&document, &id)?;
                    }
                    gathered.add(docid, extractor.extract(&document)?);
                }
                if gathered.size > GATHERED {
                    self.merge(std::mem::take(&mut gathered))?;
                }
            }
            drop(table);
            self.merge(gathered)?;
            Ok::<_, ApiError>(extractor.book.fields)
        })?;
        self.state.fields = fields.names().to_vec();
        Ok(())
    }

    fn merge(&mut self, gathered: Gathered) -> Result<()> {
        self.merge_words(&gathered)?;
        docs::merge(&mut self.txn.open_table(DOCS)?, gathered.docs)?;
        let mut facets = self.txn.open_table(FACETS)?;
        let mut changed: Vec<_> = gathered.facets.into_iter().collect();
        changed.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (key, members) in changed {
            let mut bitmap =
                facets.get(key.as_slice())?.map(|b| decode_bitmap(b.value())).unwrap_or_default();
            change_set(&mut bitmap, &members);
            if bitmap.is_empty() {
                facets.remove(key.as_slice())?;
            } else {
                facets.insert(key.as_slice(), encode_bitmap(&bitmap).as_slice())?;
            }
        }
        let mut sets = self.txn.open_table(SETS)?;
        for (key, members) in gathered.sets {
            let mut bitmap = sets.get(key)?.map(|b| decode_bitmap(b.value())).unwrap_or_default();
            change_set(&mut bitmap, &members);
            if bitmap.is_empty() {
                sets.remove(key)?;
            } else {
                sets.insert(key, encode_bitmap(&bitmap).as_slice())?;
            }
        }
        let mut table = self.txn.open_table(VALUES)?;
        for (key, changes) in gathered.values {
            let stored = table.get(key)?.map(|row| row.value().to_vec()).unwrap_or_default();
            let row = values::merge(&stored, &changes);
            if row.is_empty() {
                table.remove(key)?;
            } else {
                table.insert(key, row.as_slice())?;
            }
        }
        Ok(())
    }

    fn merge_words(&mut self, gathered: &Gathered) -> Result<()> {
        let mut table = self.txn.open_table(WORDS)?;
        let mut words: Vec<(&String, &Vec<WordChange>)> = gathered.words.iter().collect();
        words.sort_unstable_by_key(|(word, _)| *word);
        let known = self.words_fst.is_none().then_some(&self.before.words_fst);
        let mut met: Vec<String> = Vec::new();
        for (word, changes) in words {
            let is_new = !known.is_some_and(|fst| fst.contains(word)) && !self.new_words.contains(word);
            if is_new {
                met.push(word.clone());
            }
            // The last change of a document stands: what was removed may have been added again.
            let mut last: Vec<&WordChange> = Vec::with_capacity(changes.len());
            last.extend(changes);
            last.sort_by_key(|change| change.docid);
            let mut runs: Vec<(u32, Option<&[u8]>)> = Vec::with_capacity(last.len());
            for change in last {
                let run =
                    (change.len > 0).then(|| &gathered.arena[change.start as usize..][..change.len as usize]);
                match runs.last_mut() {
                    Some(before) if before.0 == change.docid => before.1 = run,
                    _ => runs.push((change.docid, run)),
                }
            }
            postings::merge(&mut table, word, is_new, &runs)?;
        }
        if !met.is_empty() {
            Arc::make_mut(&mut self.new_words).extend(met);
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<()> {
        let old = self.words_fst.take();
        let old_len = if old.is_some() { 0 } else { self.before.words_fst.len() };
        let mut meta = self.txn.open_table(META)?;
        // A few new words are kept aside: the fst is only ever built as a whole.
        if self.new_words.len() > 256.max(old_len / 16) {
            let mut builder = fst::SetBuilder::memory();
            let fresh = fst::Set::from_iter(self.new_words.iter()).map_err(ApiError::internal)?;
            if old.is_some() {
                builder.extend_stream(&fresh).map_err(ApiError::internal)?;
            } else {
                let both = self.before.words_fst.op().add(&fresh).union();
                builder.extend_stream(both).map_err(ApiError::internal)?;
            }
            let bytes = builder.into_inner().map_err(ApiError::internal)?;
            meta.insert(WORDS_FST, bytes.as_slice())?;
            self.new_words = Arc::default();
        } else if old.is_some() {
            meta.remove(WORDS_FST)?;
        }
        put_meta(&mut meta, &self.state, &self.new_words, &self.docids)
    }
}

pub(super) fn put_meta(
    meta: &mut Table<'_, &str, &[u8]>,
    state: &State,
    new_words: &BTreeSet<String>,
    docids: &RoaringBitmap,
) -> Result<()> {
    meta.insert(NEW_WORDS, serde_json::to_vec(new_words).map_err(ApiError::internal)?.as_slice())?;
    meta.insert(STATE, serde_json::to_vec(state).map_err(ApiError::internal)?.as_slice())?;
    meta.insert(DOCIDS, encode_bitmap(docids).as_slice())?;
    Ok(())
}

/// A document's place in a word's postings: a run of the arena, or, without a length, gone.
struct WordChange {
    docid: u32,
    start: u32,
    len: u32,
}

#[derive(Default)]
struct Gathered {
    words: HashMap<String, Vec<WordChange>>,
    arena: Vec<u8>,
    docs: BTreeMap<u32, Option<Bytes>>,
    /// Roughly what all of it takes.
    size: usize,
    facets: HashMap<Vec<u8>, Vec<Member>>,
    sets: BTreeMap<u64, Vec<Member>>,
    values: BTreeMap<u64, BTreeMap<u8, Vec<u8>>>,
}

/// A document that comes into a set, or leaves it; the last word on a document counts.
struct Member {
    docid: u32,
    stays: bool,
}

fn change_set(bitmap: &mut RoaringBitmap, members: &[Member]) {
    for member in members {
        if member.stays {
            bitmap.insert(member.docid);
        } else {
            bitmap.remove(member.docid);
        }
    }
}

impl Gathered {
    fn keep(&mut self, docid: u32, json: Option<Bytes>) {
        self.size += json.as_ref().map_or(0, Bytes::len);
        self.docs.insert(docid, json);
    }

    fn change_word(&mut self, word: String, change: WordChange) {
        let changes = self.words.entry(word).or_default();
        // A word of its own takes an entry of the map and the word.
        self.size += if changes.is_empty() { 120 } else { 18 };
        changes.push(change);
    }

    fn change_facet(&mut self, key: Vec<u8>, member: Member) {
        let members = self.facets.entry(key).or_default();
        self.size += if members.is_empty() { 140 } else { 12 };
        members.push(member);
    }

    fn change_values(&mut self, field: u16, docid: u32, row: Vec<u8>) {
        self.size += 60 + row.len();
        self.values.entry(values::row_key(field, docid)).or_default().insert(values::low(docid), row);
    }

    fn remove(&mut self, docid: u32, old: Extracted) {
        let words: HashSet<String> = old.words.into_iter().map(|(word, _)| word).collect();
        for word in words {
            self.change_word(word, WordChange { docid, start: 0, len: 0 });
        }
        for (field, set) in old.sets {
            self.sets.entry(set.key(field)).or_default().push(Member { docid, stays: false });
        }
        for (field, values) in old.values {
            for key in facet_keys(field, &values) {
                self.change_facet(key, Member { docid, stays: false });
            }
            self.change_values(field, docid, Vec::new());
        }
    }

    fn add(&mut self, docid: u32, mut new: Extracted) {
        new.words.sort_unstable();
        let mut words = new.words.into_iter().peekable();
        let mut positions = Vec::new();
        while let Some((word, position)) = words.next() {
            positions.clear();
            positions.push(position);
            while let Some((_, position)) = words.next_if(|(next, _)| *next == word) {
                positions.push(position);
            }
            let run = encode_positions(&mut positions);
            // Gathered is merged long before there are four gigabytes of it.
            let (start, len) = (self.arena.len() as u32, run.len() as u32);
            self.arena.extend_from_slice(&run);
            self.change_word(word, WordChange { docid, start, len });
        }
        for (field, set) in new.sets {
            self.size += 8;
            self.sets.entry(set.key(field)).or_default().push(Member { docid, stays: true });
        }
        for (field, values) in new.values {
            for key in facet_keys(field, &values) {
                self.change_facet(key, Member { docid, stays: true });
            }
            self.change_values(field, docid, values::encode(docid, &values));
        }
    }
}

/// The facet entries that a document's values of one field stand in.
fn facet_keys(field: u16, values: &Values) -> impl Iterator<Item = Vec<u8>> + '_ {
    let numbers = values.numbers.values().map(move |number| number_key(field, *number));
    numbers.chain(values.strings.keys().map(move |string| string_key(field, string)))
}
