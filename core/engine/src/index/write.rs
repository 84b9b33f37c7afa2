//! A batch of changes, gathered in memory and merged into the tables word by word, value by value.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use redb::{ReadableTable, WriteTransaction};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use super::codec::{decode_bitmap, encode_bitmap};
use super::docs;
use super::extract::{Extracted, Extractor, FieldBook, Values, external_id, parse_document};
use super::fields::Fields;
use super::postings::{block_key, block_of, decode_block, encode_block, encode_positions};
use super::snapshot::{Snapshot, encode_values};
use super::tables::{
    DOCIDS, DOCS, FACETS, IDS, META, NEW_WORDS, SETS, STATE, VALUES, WORDS, WORDS_FST, number_key,
    string_key, value_key,
};
use super::tokenize::Tokenizing;
use crate::error::{ApiError, Result};
use crate::geo::Point;
use crate::settings::Settings;
use crate::tasks::Outcome;

/// What is gathered before it is merged, in bytes.
const GATHERED: usize = 48 << 20;

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
}

/// One document before and after; JSON as it is stored.
pub(crate) struct DocChange {
    pub(crate) id: String,
    pub(crate) docid: Option<u32>,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
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
        let tokenizing = Tokenizing::of(&settings);
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
                let (block, bytes) = row?;
                for (docid, json) in docs::decode(block.value(), bytes.value())? {
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
        self.merge_docs(gathered.docs)?;
        let mut facets = self.txn.open_table(FACETS)?;
        for (key, (added, removed)) in gathered.facets {
            let mut bitmap =
                facets.get(key.as_slice())?.map(|b| decode_bitmap(b.value())).unwrap_or_default();
            bitmap -= removed;
            bitmap |= added;
            if bitmap.is_empty() {
                facets.remove(key.as_slice())?;
            } else {
                facets.insert(key.as_slice(), encode_bitmap(&bitmap).as_slice())?;
            }
        }
        let mut sets = self.txn.open_table(SETS)?;
        for (key, (added, removed)) in gathered.sets {
            let mut bitmap = sets.get(key)?.map(|b| decode_bitmap(b.value())).unwrap_or_default();
            bitmap -= removed;
            bitmap |= added;
            if bitmap.is_empty() {
                sets.remove(key)?;
            } else {
                sets.insert(key, encode_bitmap(&bitmap).as_slice())?;
            }
        }
        let mut values = self.txn.open_table(VALUES)?;
        for (key, row) in gathered.values {
            match row {
                Some(row) => values.insert(key, row.as_slice())?,
                None => values.remove(key)?,
            };
        }
        Ok(())
    }

    fn merge_docs(&self, docs: BTreeMap<u32, Option<Vec<u8>>>) -> Result<()> {
        let mut table = self.txn.open_table(DOCS)?;
        let mut changes = docs.into_iter().peekable();
        while let Some(block) = changes.peek().map(|(docid, _)| docs::block_of(*docid)) {
            let stored = table.get(block)?.map(|bytes| docs::decode(block, bytes.value())).transpose()?;
            let mut docs = stored.unwrap_or_default();
            while let Some((docid, json)) = changes.next_if(|(docid, _)| docs::block_of(*docid) == block) {
                match json {
                    Some(json) => docs.insert(docid, json),
                    None => docs.remove(&docid),
                };
            }
            if docs.is_empty() {
                table.remove(block)?;
            } else {
                table.insert(block, docs::encode(&docs).as_slice())?;
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
            if !known.is_some_and(|fst| fst.contains(word)) && !self.new_words.contains(word) {
                met.push(word.clone());
            }
            // The last change of a document stands: what was removed may have been added again.
            let mut last: BTreeMap<u32, &WordChange> = BTreeMap::new();
            for change in changes {
                last.insert(change.docid, change);
            }
            let mut changes = last.into_values().peekable();
            while let Some(block) = changes.peek().map(|change| block_of(change.docid)) {
                let key = block_key(word, block);
                let stored =
                    table.get(key.as_slice())?.map(|b| decode_block(block, b.value())).unwrap_or_default();
                let mut docs: BTreeMap<u32, &[u8]> =
                    stored.iter().map(|(id, p)| (*id, p.as_slice())).collect();
                while let Some(change) = changes.next_if(|change| block_of(change.docid) == block) {
                    match &change.run {
                        Some((start, len)) => docs.insert(change.docid, &gathered.arena[*start..start + len]),
                        None => docs.remove(&change.docid),
                    };
                }
                if docs.is_empty() {
                    table.remove(key.as_slice())?;
                } else {
                    let row =
                        encode_block(docs.iter().map(|(id, p)| (*id, *p)).collect::<Vec<_>>().into_iter());
                    table.insert(key.as_slice(), row.as_slice())?;
                }
            }
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
        meta.insert(NEW_WORDS, serde_json::to_vec(&*self.new_words).map_err(ApiError::internal)?.as_slice())?;
        meta.insert(STATE, serde_json::to_vec(&self.state).map_err(ApiError::internal)?.as_slice())?;
        meta.insert(DOCIDS, encode_bitmap(&self.docids).as_slice())?;
        Ok(())
    }
}

/// A document's place in a word's postings: a run of the arena, or gone.
struct WordChange {
    docid: u32,
    run: Option<(usize, usize)>,
}

type AddedRemoved = (RoaringBitmap, RoaringBitmap);

#[derive(Default)]
struct Gathered {
    words: HashMap<String, Vec<WordChange>>,
    arena: Vec<u8>,
    docs: BTreeMap<u32, Option<Vec<u8>>>,
    /// Roughly what all of it takes.
    size: usize,
    facets: BTreeMap<Vec<u8>, AddedRemoved>,
    sets: BTreeMap<u64, AddedRemoved>,
    values: BTreeMap<u64, Option<Vec<u8>>>,
}

impl Gathered {
    fn keep(&mut self, docid: u32, json: Option<Vec<u8>>) {
        self.size += json.as_ref().map_or(0, Vec::len);
        self.docs.insert(docid, json);
    }

    fn remove(&mut self, docid: u32, old: Extracted) {
        self.size += old.words.len() * 16;
        let words: HashSet<String> = old.words.into_iter().map(|(word, _)| word).collect();
        for word in words {
            self.words.entry(word).or_default().push(WordChange { docid, run: None });
        }
        for (field, set) in old.sets {
            let (added, removed) = self.sets.entry(set.key(field)).or_default();
            added.remove(docid);
            removed.insert(docid);
        }
        for (field, values) in old.values {
            for key in facet_keys(field, &values) {
                let (added, removed) = self.facets.entry(key).or_default();
                added.remove(docid);
                removed.insert(docid);
            }
            self.values.insert(value_key(field, docid), None);
        }
    }

    fn add(&mut self, docid: u32, mut new: Extracted) {
        self.size += new.words.len() * 40;
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
            let start = self.arena.len();
            self.arena.extend_from_slice(&run);
            self.words.entry(word).or_default().push(WordChange { docid, run: Some((start, run.len())) });
        }
        for (field, set) in new.sets {
            let (added, removed) = self.sets.entry(set.key(field)).or_default();
            added.insert(docid);
            removed.remove(docid);
        }
        for (field, values) in new.values {
            for key in facet_keys(field, &values) {
                let (added, removed) = self.facets.entry(key).or_default();
                added.insert(docid);
                removed.remove(docid);
            }
            self.values.insert(value_key(field, docid), Some(encode_values(&values)));
        }
    }
}

/// The facet entries that a document's values of one field stand in.
fn facet_keys(field: u16, values: &Values) -> impl Iterator<Item = Vec<u8>> + '_ {
    let numbers = values.numbers.values().map(move |number| number_key(field, *number));
    numbers.chain(values.strings.keys().map(move |string| string_key(field, string)))
}
