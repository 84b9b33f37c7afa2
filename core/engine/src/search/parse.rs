//! The text of a query, read: terms, phrases in quotes, and what must not occur.

use charabia::{SeparatorKind, Token, TokenKind, Tokenizer};

use super::context::Context;
use super::terms::{LocatedTerm, PhraseId, Term, Word, WordId, ZeroTypo};
use crate::error::Result;
use crate::index::MAX_WORD;

const MAX_TOKENS: usize = 1000;
/// Terms after these are not looked at.
const MAX_TERMS: usize = 10;

#[derive(Default)]
pub(super) struct Parsed {
    pub(super) terms: Vec<LocatedTerm>,
    pub(super) negative_words: Vec<Word>,
    pub(super) negative_phrases: Vec<PhraseId>,
}

/// A phrase while its words come in; `None` stands for a stop word.
#[derive(Default)]
struct Quoted {
    words: Vec<Option<WordId>>,
    start: u16,
    end: u16,
}

impl Quoted {
    fn push(&mut self, ctx: &mut Context<'_>, token: &Token<'_>, position: u16) {
        if self.words.iter().all(Option::is_none) {
            self.start = position;
        }
        self.end = position;
        let word = if token.kind == TokenKind::StopWord { None } else { Some(ctx.word_id(token.lemma())) };
        self.words.push(word);
    }

    fn close(self, ctx: &mut Context<'_>, negative: bool, parsed: &mut Parsed) {
        if self.words.iter().all(Option::is_none) {
            return;
        }
        let text = self.words.iter().flatten().map(|w| ctx.word(*w)).collect::<Vec<_>>().join(" ");
        let phrase = ctx.phrase_id(self.words);
        if negative {
            parsed.negative_phrases.push(phrase);
            return;
        }
        let original = ctx.word_id(&text);
        let term = ctx.add_term(Term {
            original,
            ngram: None,
            max_typos: 0,
            is_prefix: false,
            zero: ZeroTypo { phrase: Some(phrase), ..ZeroTypo::default() },
            one: None,
            two: None,
        });
        parsed.terms.push(LocatedTerm { term, positions: (self.start, self.end) });
    }
}

pub(super) fn parse(ctx: &mut Context<'_>, tokenizer: &Tokenizer<'_>, text: &str) -> Result<Parsed> {
    let settings = ctx.snapshot.settings.clone();
    let mut parsed = Parsed::default();
    let mut quoted: Option<Quoted> = None;
    let mut negative_phrase = false;
    let mut negative_next = false;
    let mut after_space = true;
    // The first word wraps around to place 0.
    let mut position = u16::MAX;
    let mut tokens = tokenizer.tokenize(text).take(MAX_TOKENS).peekable();
    while let Some(token) = tokens.next() {
        if token.lemma().is_empty() {
            continue;
        }
        if parsed.terms.len() >= MAX_TERMS {
            return Ok(parsed);
        }
        match token.kind {
            TokenKind::Word | TokenKind::StopWord => {
                position = position.wrapping_add(1);
                let is_last = tokens.peek().is_none();
                let word = token.lemma();
                if let Some(quoted) = &mut quoted {
                    quoted.push(ctx, &token, position);
                } else if negative_next {
                    let id = ctx.word_id(word);
                    parsed.negative_words.push(Word { id, derived: false });
                    negative_next = false;
                } else if is_last || token.kind == TokenKind::Word {
                    // Only the last word may be unfinished.
                    let is_prefix = is_last && settings.prefix_search;
                    let term = ctx.new_term(tokenizer, word, settings.typos_allowed(word), is_prefix)?;
                    let term = ctx.add_term(term);
                    parsed.terms.push(LocatedTerm { term, positions: (position, position) });
                }
            }
            TokenKind::Separator(kind) => {
                let hard = kind == SeparatorKind::Hard;
                if hard {
                    position = position.wrapping_add(7);
                }
                let mut open = quoted.take();
                // A hard separator ends a phrase and begins the next.
                if hard && let Some(phrase) = open.take() {
                    phrase.close(ctx, negative_phrase, &mut parsed);
                    open = Some(Quoted::default());
                }
                let mut quotes = token.lemma().chars().filter(|c| *c == '"').count();
                if quotes > 0 {
                    if let Some(phrase) = open.take() {
                        quotes -= 1;
                        phrase.close(ctx, negative_phrase, &mut parsed);
                        negative_phrase = false;
                    }
                    if quotes % 2 == 1 {
                        negative_phrase = negative_next;
                        open = Some(Quoted::default());
                    }
                }
                quoted = open;
                negative_next = quoted.is_none() && token.lemma() == "-" && after_space;
            }
            TokenKind::Unknown => {}
        }
        after_space = token.lemma().chars().last().is_some_and(char::is_whitespace);
    }
    // A quote that is never closed reaches to the end.
    if let Some(phrase) = quoted {
        phrase.close(ctx, negative_phrase, &mut parsed);
    }
    Ok(parsed)
}

/// Several of the query's terms, joined into one word.
pub(super) fn join(
    ctx: &mut Context<'_>,
    tokenizer: &Tokenizer<'_>,
    terms: &[LocatedTerm],
) -> Result<Option<LocatedTerm>> {
    let adjacent = terms.windows(2).all(|pair| pair[0].positions.1.wrapping_add(1) == pair[1].positions.0);
    let plain =
        terms.iter().all(|t| ctx.term(t.term).zero.phrase.is_none() && ctx.term(t.term).ngram.is_none());
    let (Some(first), Some(last)) = (terms.first(), terms.last()) else { return Ok(None) };
    if !adjacent || !plain {
        return Ok(None);
    }
    let ids: Vec<WordId> = terms.iter().map(|t| ctx.term(t.term).original).collect();
    let words: Vec<String> = ids.iter().map(|id| ctx.word(*id).to_owned()).collect();
    let joined = words.concat();
    if joined.len() > MAX_WORD {
        return Ok(None);
    }
    let is_prefix = ctx.term(last.term).is_prefix;
    let max_typos = ctx.snapshot.settings.typos_allowed(&joined).saturating_sub(terms.len() as u8 - 1);
    let mut term = ctx.new_term(tokenizer, &joined, max_typos, is_prefix)?;
    let run: Vec<&str> = words.iter().map(String::as_str).collect();
    for synonym in ctx.synonyms(tokenizer, &run) {
        term.zero.synonyms.insert(ctx.synonym_phrase(&synonym));
    }
    term.ngram = Some(ids);
    let term = ctx.add_term(term);
    Ok(Some(LocatedTerm { term, positions: (first.positions.0, last.positions.1) }))
}
