//! A word of the query and all that may stand for it: itself, words it begins, words a typo or two
//! away, two words it may be split into, synonyms.

use std::collections::BTreeSet;

use super::context::Context;
use crate::error::Result;

pub(super) type WordId = u32;
pub(super) type PhraseId = u32;
pub(super) type TermId = u32;

/// A word that occurs; `derived` ones do not count in fields where no typo is forgiven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Word {
    pub(super) derived: bool,
    pub(super) id: WordId,
}

/// A term of the query, with what stands for it at no, one and two typos; the latter when first needed.
#[derive(Debug, Clone)]
pub(super) struct Term {
    pub(super) original: WordId,
    /// The words that were joined, where this is several of the query's words in one.
    pub(super) ngram: Option<Vec<WordId>>,
    pub(super) max_typos: u8,
    pub(super) is_prefix: bool,
    pub(super) zero: ZeroTypo,
    pub(super) one: Option<OneTypo>,
    pub(super) two: Option<BTreeSet<WordId>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ZeroTypo {
    pub(super) phrase: Option<PhraseId>,
    pub(super) exact: Option<WordId>,
    pub(super) prefix_of: BTreeSet<WordId>,
    pub(super) synonyms: BTreeSet<PhraseId>,
    /// A prefix of so many words that they are looked up as one.
    pub(super) wide_prefix: Option<WordId>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct OneTypo {
    pub(super) split: Option<PhraseId>,
    pub(super) words: BTreeSet<WordId>,
}

/// A term at its place in the query.
#[derive(Debug, Clone)]
pub(super) struct LocatedTerm {
    pub(super) term: TermId,
    pub(super) positions: (u16, u16),
}

/// Some of what stands for a term at a number of typos.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    All,
    Some { words: BTreeSet<WordId>, phrases: BTreeSet<PhraseId> },
    Nothing,
}

impl Part {
    fn has_word(&self, word: WordId) -> bool {
        match self {
            Part::All => true,
            Part::Some { words, .. } => words.contains(&word),
            Part::Nothing => false,
        }
    }

    fn has_phrase(&self, phrase: PhraseId) -> bool {
        match self {
            Part::All => true,
            Part::Some { phrases, .. } => phrases.contains(&phrase),
            Part::Nothing => false,
        }
    }

    fn is_nothing(&self) -> bool {
        match self {
            Part::All => false,
            Part::Some { words, phrases } => words.is_empty() && phrases.is_empty(),
            Part::Nothing => true,
        }
    }

    fn intersect(&mut self, other: &Part) {
        match (&mut *self, other) {
            (Part::All, _) => *self = other.clone(),
            (_, Part::All) | (Part::Nothing, _) => {}
            (_, Part::Nothing) => *self = Part::Nothing,
            (Part::Some { words, phrases }, Part::Some { words: w, phrases: p }) => {
                words.retain(|word| w.contains(word));
                phrases.retain(|phrase| p.contains(phrase));
            }
        }
    }
}

/// Some of what stands for a term, as the rules narrow it down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subset {
    pub(super) term: TermId,
    zero: Part,
    one: Part,
    two: Part,
    /// The term must not be dropped to find more documents.
    pub(super) mandatory: bool,
}

/// What a term is when nothing but itself will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exact {
    Phrase(PhraseId),
    Word(WordId),
}

impl Subset {
    pub(super) fn full(term: TermId) -> Subset {
        Subset { term, zero: Part::All, one: Part::All, two: Part::All, mandatory: false }
    }

    pub(super) fn intersect(&mut self, other: &Subset) {
        self.zero.intersect(&other.zero);
        self.one.intersect(&other.one);
        self.two.intersect(&other.two);
    }

    /// Keeps only what stands for the term at this number of typos.
    pub(super) fn keep_typos(&mut self, typos: u8) {
        for (at, part) in [&mut self.zero, &mut self.one, &mut self.two].into_iter().enumerate() {
            if at != usize::from(typos) {
                *part = Part::Nothing;
            }
        }
    }

    pub(super) fn exact(&self, ctx: &Context<'_>) -> Option<Exact> {
        let term = ctx.term(self.term);
        if term.ngram.is_some() {
            return None;
        }
        if let Some(phrase) = term.zero.phrase {
            return self.zero.has_phrase(phrase).then_some(Exact::Phrase(phrase));
        }
        term.zero.exact.filter(|word| self.zero.has_word(*word)).map(Exact::Word)
    }

    pub(super) fn keep_exact(&mut self, ctx: &Context<'_>) {
        let Some(exact) = self.exact(ctx) else { return };
        self.zero = match exact {
            Exact::Phrase(phrase) => Part::Some { words: BTreeSet::new(), phrases: BTreeSet::from([phrase]) },
            Exact::Word(word) => Part::Some { words: BTreeSet::from([word]), phrases: BTreeSet::new() },
        };
        self.one = Part::Nothing;
        self.two = Part::Nothing;
    }

    pub(super) fn phrase(&self, ctx: &Context<'_>) -> Option<PhraseId> {
        ctx.term(self.term).zero.phrase.filter(|phrase| self.zero.has_phrase(*phrase))
    }

    /// The prefix to look up as one, where it has not been ruled out.
    pub(super) fn wide_prefix(&self, ctx: &Context<'_>) -> Option<Word> {
        let term = ctx.term(self.term);
        let id = term.zero.wide_prefix.filter(|word| self.zero.has_word(*word))?;
        Some(Word { id, derived: term.ngram.is_some() })
    }

    /// The words, one by one, but for those of a wide prefix.
    pub(super) fn words(&self, ctx: &mut Context<'_>) -> Result<BTreeSet<Word>> {
        if !self.one.is_nothing() || !self.two.is_nothing() {
            ctx.derive(self.term)?;
        }
        let term = ctx.term(self.term);
        let mut words = BTreeSet::new();
        let derived = term.ngram.is_some();
        let zero = term.zero.exact.iter().chain(&term.zero.prefix_of);
        words.extend(zero.filter(|w| self.zero.has_word(**w)).map(|id| Word { id: *id, derived }));
        let one = term.one.iter().flat_map(|one| &one.words);
        words.extend(one.filter(|w| self.one.has_word(**w)).map(|id| Word { id: *id, derived: true }));
        let two = term.two.iter().flatten();
        words.extend(two.filter(|w| self.two.has_word(**w)).map(|id| Word { id: *id, derived: true }));
        Ok(words)
    }

    pub(super) fn phrases(&self, ctx: &mut Context<'_>) -> Result<BTreeSet<PhraseId>> {
        if !self.one.is_nothing() {
            ctx.derive(self.term)?;
        }
        let term = ctx.term(self.term);
        // As in Meilisearch, a phrase and synonyms stand whatever was narrowed down.
        let mut phrases: BTreeSet<PhraseId> =
            term.zero.phrase.iter().chain(&term.zero.synonyms).copied().collect();
        let split = term.one.as_ref().and_then(|one| one.split);
        phrases.extend(split.filter(|phrase| self.one.has_phrase(*phrase)));
        Ok(phrases)
    }

    /// The most typos that still stand for the term; splitting it counts as one.
    pub(super) fn max_typos(&self, ctx: &Context<'_>) -> u8 {
        let term = ctx.term(self.term);
        match term.max_typos {
            0 => u8::from(term.zero.phrase.is_none()),
            1 => u8::from(!self.one.is_nothing()),
            _ if !self.two.is_nothing() => 2,
            _ => u8::from(!self.one.is_nothing()),
        }
    }
}

/// Part of a term at its place: what a node of the query graph holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Located {
    pub(super) subset: Subset,
    /// First and last position in the query.
    pub(super) positions: (u16, u16),
    /// First and last of the query's terms that it covers.
    pub(super) terms: (u8, u8),
}

impl Located {
    pub(super) fn term_count(&self) -> u32 {
        u32::from(self.terms.1 - self.terms.0) + 1
    }
}
