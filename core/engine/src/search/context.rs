//! What one search looks up, each thing once.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;
use roaring::RoaringBitmap;

use super::terms::{PhraseId, Term, TermId, Word, WordId};
use crate::error::Result;
use crate::index::{ByPlace, Postings, Snapshot};
use crate::settings::Proximity;

/// Words further apart than this are not near each other.
pub(super) const MAX_DISTANCE: u32 = 4;

pub(super) struct Context<'s> {
    pub(super) snapshot: &'s Snapshot,
    words: IndexSet<String>,
    phrases: IndexSet<Vec<Option<WordId>>>,
    terms: Vec<Term>,
    postings: HashMap<WordId, Arc<Postings>>,
    docids: HashMap<Word, Rc<RoaringBitmap>>,
    by_place: HashMap<WordId, Arc<ByPlace>>,
    prefix_words: HashMap<WordId, Rc<Vec<WordId>>>,
    prefix_docids: HashMap<Word, Arc<RoaringBitmap>>,
    prefix_by_place: HashMap<WordId, Arc<ByPlace>>,
    pairs: HashMap<(WordId, WordId), Rc<[RoaringBitmap; 3]>>,
    prefix_pairs: HashMap<(WordId, WordId), Rc<[RoaringBitmap; 3]>>,
    phrase_docids: HashMap<PhraseId, Rc<RoaringBitmap>>,
    /// The only fields to search, where the request named some.
    only: Option<Vec<u16>>,
}

impl<'s> Context<'s> {
    pub(super) fn new(snapshot: &'s Snapshot, only: Option<Vec<u16>>) -> Context<'s> {
        Context {
            snapshot,
            words: IndexSet::new(),
            phrases: IndexSet::new(),
            terms: Vec::new(),
            postings: HashMap::new(),
            docids: HashMap::new(),
            by_place: HashMap::new(),
            prefix_words: HashMap::new(),
            prefix_docids: HashMap::new(),
            prefix_by_place: HashMap::new(),
            pairs: HashMap::new(),
            prefix_pairs: HashMap::new(),
            phrase_docids: HashMap::new(),
            only,
        }
    }

    pub(super) fn word_id(&mut self, word: &str) -> WordId {
        match self.words.get_index_of(word) {
            Some(id) => id as WordId,
            None => self.words.insert_full(word.to_owned()).0 as WordId,
        }
    }

    pub(super) fn word(&self, id: WordId) -> &str {
        &self.words[id as usize]
    }

    pub(super) fn phrase_id(&mut self, words: Vec<Option<WordId>>) -> PhraseId {
        self.phrases.insert_full(words).0 as PhraseId
    }

    pub(super) fn phrase(&self, id: PhraseId) -> &[Option<WordId>] {
        &self.phrases[id as usize]
    }

    pub(super) fn add_term(&mut self, term: Term) -> TermId {
        self.terms.push(term);
        (self.terms.len() - 1) as TermId
    }

    pub(super) fn term(&self, id: TermId) -> &Term {
        &self.terms[id as usize]
    }

    pub(super) fn term_mut(&mut self, id: TermId) -> &mut Term {
        &mut self.terms[id as usize]
    }

    fn postings(&mut self, word: WordId) -> Result<Arc<Postings>> {
        if let Some(postings) = self.postings.get(&word) {
            return Ok(postings.clone());
        }
        let postings = self.snapshot.postings(self.word(word))?;
        self.postings.insert(word, postings.clone());
        Ok(postings)
    }

    /// The documents that have the word, in the fields that count.
    pub(super) fn docids(&mut self, word: Word) -> Result<Rc<RoaringBitmap>> {
        if let Some(docids) = self.docids.get(&word) {
            return Ok(docids.clone());
        }
        let docids = if self.counts_everywhere(word) {
            self.postings(word.id)?.docids().clone()
        } else {
            let by_place = self.by_place(word.id)?;
            let counts = |field: &u16| {
                self.only.as_ref().is_none_or(|only| only.contains(field))
                    && !(word.derived && self.snapshot.exact_fields.contains(field))
            };
            by_place
                .fields
                .iter()
                .filter(|(field, _)| counts(field))
                .fold(RoaringBitmap::new(), |all, (_, set)| all | set)
        };
        let docids = Rc::new(docids);
        self.docids.insert(word, docids.clone());
        Ok(docids)
    }

    fn by_place(&mut self, word: WordId) -> Result<Arc<ByPlace>> {
        if let Some(by_place) = self.by_place.get(&word) {
            return Ok(by_place.clone());
        }
        let by_place = self.snapshot.by_place(self.word(word))?;
        self.by_place.insert(word, by_place.clone());
        Ok(by_place)
    }

    pub(super) fn in_field(&mut self, word: WordId, field: u16) -> Result<RoaringBitmap> {
        if self.only.as_ref().is_some_and(|only| !only.contains(&field)) {
            return Ok(RoaringBitmap::new());
        }
        Ok(self.by_place(word)?.fields.get(&field).cloned().unwrap_or_default())
    }

    pub(super) fn places(&mut self, word: WordId) -> Result<Arc<ByPlace>> {
        self.by_place(word)
    }

    /// The words that begin with a wide prefix.
    fn prefix_words(&mut self, prefix: WordId) -> Result<Rc<Vec<WordId>>> {
        if let Some(words) = self.prefix_words.get(&prefix) {
            return Ok(words.clone());
        }
        let words = self.snapshot.words_with_prefix(self.word(prefix), usize::MAX)?;
        let words = Rc::new(words.iter().map(|word| self.word_id(word)).collect::<Vec<_>>());
        self.prefix_words.insert(prefix, words.clone());
        Ok(words)
    }

    pub(super) fn prefix_docids(&mut self, prefix: Word) -> Result<Arc<RoaringBitmap>> {
        if let Some(docids) = self.prefix_docids.get(&prefix) {
            return Ok(docids.clone());
        }
        let docids = if self.counts_everywhere(prefix) {
            self.snapshot.prefix_docids(self.word(prefix.id))?
        } else {
            let mut docids = RoaringBitmap::new();
            for id in self.prefix_words(prefix.id)?.iter() {
                docids |= &*self.docids(Word { id: *id, derived: prefix.derived })?;
            }
            Arc::new(docids)
        };
        self.prefix_docids.insert(prefix, docids.clone());
        Ok(docids)
    }

    /// Whether the word counts whatever field it is in.
    fn counts_everywhere(&self, word: Word) -> bool {
        self.only.is_none() && (self.snapshot.exact_fields.is_empty() || !word.derived)
    }

    pub(super) fn prefix_places(&mut self, prefix: WordId) -> Result<Arc<ByPlace>> {
        if let Some(by_place) = self.prefix_by_place.get(&prefix) {
            return Ok(by_place.clone());
        }
        let union = self.snapshot.prefix_by_place(self.word(prefix))?;
        self.prefix_by_place.insert(prefix, union.clone());
        Ok(union)
    }

    pub(super) fn prefix_in_field(&mut self, prefix: WordId, field: u16) -> Result<RoaringBitmap> {
        if self.only.as_ref().is_some_and(|only| !only.contains(&field)) {
            return Ok(RoaringBitmap::new());
        }
        Ok(self.prefix_places(prefix)?.fields.get(&field).cloned().unwrap_or_default())
    }

    /// Documents in which `right` comes `distance` words after `left` and no nearer.
    pub(super) fn pair(&mut self, left: WordId, right: WordId, distance: u32) -> Result<RoaringBitmap> {
        if self.snapshot.settings.proximity == Proximity::ByAttribute {
            let mut docids = RoaringBitmap::new();
            for (field, _) in &self.snapshot.searchable {
                docids |= self.in_field(left, *field)? & self.in_field(right, *field)?;
            }
            return Ok(docids);
        }
        if !(1..MAX_DISTANCE).contains(&distance) {
            return Ok(RoaringBitmap::new());
        }
        Ok(self.near(left, right)?[distance as usize - 1].clone())
    }

    fn near(&mut self, left: WordId, right: WordId) -> Result<Rc<[RoaringBitmap; 3]>> {
        if let Some(near) = self.pairs.get(&(left, right)) {
            return Ok(near.clone());
        }
        let mut near: [RoaringBitmap; 3] = Default::default();
        let (a, b) = (self.postings(left)?, self.postings(right)?);
        let both = a.docids() & b.docids();
        if !both.is_empty() {
            let (lefts, rights) = (a.among(&both), b.among(&both));
            let mut found: [Vec<u32>; 3] = Default::default();
            for ((docid, lefts), (_, rights)) in lefts.iter().zip(rights.iter()) {
                if let Some(distance) = nearest(lefts, rights) {
                    found[distance as usize - 1].push(docid);
                }
            }
            near = found.map(|docids| RoaringBitmap::from_sorted_iter(docids).unwrap_or_default());
        }
        let near = Rc::new(near);
        self.pairs.insert((left, right), near.clone());
        Ok(near)
    }

    /// Documents in which some word with the prefix comes just `distance` words after `left`.
    pub(super) fn prefix_pair(
        &mut self,
        left: WordId,
        prefix: WordId,
        distance: u32,
    ) -> Result<RoaringBitmap> {
        if self.snapshot.settings.proximity == Proximity::ByAttribute {
            let mut docids = RoaringBitmap::new();
            for (field, _) in &self.snapshot.searchable {
                docids |= self.in_field(left, *field)? & self.prefix_in_field(prefix, *field)?;
            }
            return Ok(docids);
        }
        if !(1..MAX_DISTANCE).contains(&distance) {
            return Ok(RoaringBitmap::new());
        }
        if !self.prefix_pairs.contains_key(&(left, prefix)) {
            let mut union: [RoaringBitmap; 3] = Default::default();
            for word in self.prefix_words(prefix)?.iter() {
                for (all, near) in union.iter_mut().zip(self.near(left, *word)?.iter()) {
                    *all |= near;
                }
            }
            self.prefix_pairs.insert((left, prefix), Rc::new(union));
        }
        Ok(self.prefix_pairs[&(left, prefix)][distance as usize - 1].clone())
    }

    /// Documents that have the words of a phrase side by side, as far as pairs of words can tell.
    pub(super) fn phrase_docids(&mut self, phrase: PhraseId) -> Result<Rc<RoaringBitmap>> {
        if let Some(docids) = self.phrase_docids.get(&phrase) {
            return Ok(docids.clone());
        }
        let docids = Rc::new(self.resolve_phrase(phrase)?);
        self.phrase_docids.insert(phrase, docids.clone());
        Ok(docids)
    }

    fn resolve_phrase(&mut self, phrase: PhraseId) -> Result<RoaringBitmap> {
        let words = self.phrase(phrase).to_vec();
        let mut candidates: Option<RoaringBitmap> = None;
        for id in words.iter().flatten() {
            let docids = self.docids(Word { id: *id, derived: false })?;
            candidates = Some(match candidates {
                None => (*docids).clone(),
                Some(candidates) => candidates & &*docids,
            });
        }
        let Some(mut candidates) = candidates else { return Ok(RoaringBitmap::new()) };
        for window in words.windows(words.len().min(3)) {
            for (at, left) in window.iter().enumerate() {
                for (gap, right) in window[at + 1..].iter().enumerate() {
                    let (Some(left), Some(right)) = (left, right) else { continue };
                    let mut near = RoaringBitmap::new();
                    for distance in 1..=gap as u32 + 1 {
                        near |= self.pair(*left, *right, distance)?;
                    }
                    candidates &= near;
                    if candidates.is_empty() {
                        return Ok(candidates);
                    }
                }
            }
        }
        Ok(candidates)
    }
}

/// The least distance, below `MAX_DISTANCE`, from one of `lefts` forward to one of `rights`. Both ascend,
/// and positions of different fields are further apart than any distance.
fn nearest(lefts: &[u32], rights: &[u32]) -> Option<u32> {
    let mut best: Option<u32> = None;
    let mut from = 0;
    for left in lefts {
        while from < rights.len() && rights[from] <= *left {
            from += 1;
        }
        let Some(right) = rights.get(from) else { break };
        let distance = right - left;
        if distance < MAX_DISTANCE && right >> 16 == left >> 16 && best.is_none_or(|best| distance < best) {
            best = Some(distance);
        }
    }
    best
}
