//! What stands for a word, found in the index.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::LazyLock;

use charabia::Tokenizer;
use fst::{IntoStreamer, Streamer};
use levenshtein_automata::{DFA, LevenshteinAutomatonBuilder};

use super::context::Context;
use super::terms::{OneTypo, PhraseId, Term, TermId, WordId, ZeroTypo};
use crate::error::Result;
use crate::index::MAX_WORD;

// Meilisearch's limits, which keep one word from standing for everything.
const MAX_PREFIX_WORDS: usize = 1000;
const MAX_ONE_TYPO: usize = 150;
const MAX_TWO_TYPOS: usize = 50;
const MAX_SYNONYMS: usize = 50;
const MAX_SYNONYM_WORDS: usize = 100;
/// A prefix this short, of this many words, is looked up as one.
const WIDE_PREFIX: (usize, usize) = (4, 100);

static ONE_TYPO: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO_TYPOS: LazyLock<LevenshteinAutomatonBuilder> =
    LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

fn automaton(word: &str, typos: u8, is_prefix: bool) -> DFA {
    let builder = if typos == 1 { &*ONE_TYPO } else { &*TWO_TYPOS };
    if is_prefix { builder.build_prefix_dfa(word) } else { builder.build_dfa(word) }
}

impl Context<'_> {
    /// A term for `word`, with what stands for it without a typo.
    pub(super) fn new_term(
        &mut self,
        tokenizer: &Tokenizer<'_>,
        word: &str,
        max_typos: u8,
        is_prefix: bool,
    ) -> Result<Term> {
        let original = self.word_id(word);
        if word.len() > MAX_WORD {
            return Ok(Term {
                original,
                ngram: None,
                max_typos: 0,
                is_prefix: false,
                zero: ZeroTypo::default(),
                one: Some(OneTypo::default()),
                two: Some(BTreeSet::new()),
            });
        }
        let mut zero = ZeroTypo::default();
        if self.snapshot.has_word(word)? {
            zero.exact = Some(original);
        }
        if is_prefix {
            let (longest, many) = WIDE_PREFIX;
            if word.len() <= longest && self.snapshot.words_with_prefix(word, many)?.len() == many {
                zero.wide_prefix = Some(original);
            } else {
                for found in self.snapshot.words_with_prefix(word, MAX_PREFIX_WORDS + 1)? {
                    let id = self.word_id(&found);
                    if id != original && zero.prefix_of.len() < MAX_PREFIX_WORDS {
                        zero.prefix_of.insert(id);
                    }
                }
            }
        }
        let mut words = 0;
        for synonym in self.synonyms(tokenizer, &[word]).into_iter().take(MAX_SYNONYMS) {
            if words + synonym.len() <= MAX_SYNONYM_WORDS {
                words += synonym.len();
                zero.synonyms.insert(self.synonym_phrase(&synonym));
            }
        }
        Ok(Term { original, ngram: None, max_typos, is_prefix, zero, one: None, two: None })
    }

    pub(super) fn synonym_phrase(&mut self, words: &[String]) -> PhraseId {
        let ids = words.iter().map(|word| Some(self.word_id(word))).collect();
        self.phrase_id(ids)
    }

    /// The synonyms of a run of words, each a run of words itself.
    pub(super) fn synonyms(&self, tokenizer: &Tokenizer<'_>, words: &[&str]) -> Vec<Vec<String>> {
        let settings = &self.snapshot.settings;
        if settings.synonyms.is_empty() {
            return Vec::new();
        }
        let normalize = |text: &str| -> Vec<String> {
            let tokens = tokenizer.tokenize(text).filter(|t| t.is_word() && !t.lemma().is_empty());
            tokens.map(|token| token.lemma().to_owned()).collect()
        };
        let mut found = BTreeSet::new();
        for (key, synonyms) in &settings.synonyms {
            if normalize(key) == words {
                found.extend(synonyms.iter().map(|s| normalize(s)).filter(|s| !s.is_empty()));
            }
        }
        found.into_iter().collect()
    }

    /// Finds what stands for the term with typos, where that has not been done.
    pub(super) fn derive(&mut self, id: TermId) -> Result<()> {
        let term = self.term(id);
        if term.one.is_some() && term.two.is_some() {
            return Ok(());
        }
        let (original, is_prefix, max_typos) = (term.original, term.is_prefix, term.max_typos);
        let ngram = term.ngram.clone();
        let is_phrase = term.zero.phrase.is_some();
        let (one, two) = match max_typos {
            0 => (BTreeSet::new(), BTreeSet::new()),
            1 => (self.one_typo(original, is_prefix)?, BTreeSet::new()),
            _ => self.two_typos(original, is_prefix)?,
        };
        let mut split = if is_phrase { None } else { self.best_split(original)? };
        // Splitting words that were just joined into the words they were says nothing new.
        if max_typos <= 1
            && let (Some(ngram), Some(phrase)) = (&ngram, split)
            && ngram.iter().eq(self.phrase(phrase).iter().flatten())
        {
            split = None;
        }
        let term = self.term_mut(id);
        term.one = Some(OneTypo { split, words: one });
        term.two = Some(two);
        Ok(())
    }

    fn one_typo(&mut self, original: WordId, is_prefix: bool) -> Result<BTreeSet<WordId>> {
        let word = self.word(original).to_owned();
        let dfa = automaton(&word, 1, is_prefix);
        let first = first_char(&word);
        let mut words = BTreeSet::new();
        for (found, distance) in self.matching(&dfa, Some(first)) {
            if words.len() == MAX_ONE_TYPO {
                break;
            }
            if distance == 1 && self.snapshot.has_word(&found)? {
                words.insert(self.word_id(&found));
            }
        }
        Ok(words)
    }

    /// A typo in the first letter counts as two.
    fn two_typos(
        &mut self,
        original: WordId,
        is_prefix: bool,
    ) -> Result<(BTreeSet<WordId>, BTreeSet<WordId>)> {
        let word = self.word(original).to_owned();
        let first = first_char(&word);
        let mut found = self.matching(&automaton(&word, 2, is_prefix), Some(first));
        let others = self.matching(&automaton(&word, 1, is_prefix), None);
        found.extend(
            others.into_iter().filter(|(other, _)| first_char(other) != first).map(|(other, _)| (other, 2)),
        );
        found.sort();
        let (mut one, mut two) = (BTreeSet::new(), BTreeSet::new());
        for (found, distance) in found {
            let (set, limit) = match distance {
                1 => (&mut one, MAX_ONE_TYPO),
                2 => (&mut two, MAX_TWO_TYPOS),
                _ => continue,
            };
            if set.len() < limit && self.snapshot.has_word(&found)? {
                set.insert(self.word_id(&found));
            }
        }
        Ok((one, two))
    }

    /// Words that the automaton accepts, in order, with their distance; only those that begin with `first`.
    fn matching(&self, dfa: &DFA, first: Option<&str>) -> Vec<(String, u8)> {
        let mut search = self.snapshot.words_fst.search_with_state(dfa);
        let mut end = None;
        if let Some(first) = first {
            let mut after = first.as_bytes().to_vec();
            if let Some(last) = after.last_mut() {
                // The last byte of a character is below 0xff.
                *last += 1;
            }
            search = search.ge(first).lt(&after);
            end = Some(after);
        }
        let mut found = Vec::new();
        let mut stream = search.into_stream();
        while let Some((word, state)) = stream.next() {
            if let Ok(word) = std::str::from_utf8(word) {
                found.push((word.to_owned(), dfa.distance(state).to_u8()));
            }
        }
        let in_order = found.len();
        let from = first.map_or(Bound::Unbounded, |first| Bound::Included(first.to_owned()));
        for word in self.snapshot.new_words.range::<String, _>((from, Bound::Unbounded)) {
            if end.as_ref().is_some_and(|end| word.as_bytes() >= end.as_slice()) {
                break;
            }
            if let levenshtein_automata::Distance::Exact(distance) = dfa.eval(word) {
                found.push((word.clone(), distance));
            }
        }
        if found.len() > in_order {
            found.sort();
        }
        found
    }

    /// The two words, side by side in most documents, that the word is when a space is put into it.
    fn best_split(&mut self, original: WordId) -> Result<Option<PhraseId>> {
        let word = self.word(original).to_owned();
        let mut best: Option<(u64, WordId, WordId)> = None;
        for (at, _) in word.char_indices().skip(1) {
            let (left, right) = word.split_at(at);
            if !self.snapshot.has_word(left)? || !self.snapshot.has_word(right)? {
                continue;
            }
            let (left, right) = (self.word_id(left), self.word_id(right));
            let count = self.pair(left, right, 1)?.len();
            if count > 0 && best.is_none_or(|(most, ..)| count > most) {
                best = Some((count, left, right));
            }
        }
        Ok(best.map(|(_, left, right)| self.phrase_id(vec![Some(left), Some(right)])))
    }
}

fn first_char(word: &str) -> &str {
    word.chars().next().map_or("", |c| &word[..c.len_utf8()])
}
