//! Where the words of a query are in a text: marked, cropped to, or told by position.

use std::cmp::Reverse;

use charabia::{Language, SeparatorKind, Token, TokenKind, Tokenizer};
use serde_json::{Value, json};

use super::context::Context;
use super::terms::LocatedTerm;

/// The words and phrases that count as matches.
#[derive(Default)]
pub(super) struct MatchingWords {
    phrases: Vec<MatchingPhrase>,
    words: Vec<MatchingTerm>,
}

struct MatchingPhrase {
    words: Vec<String>,
    positions: (u16, u16),
}

struct MatchingTerm {
    words: Vec<String>,
    positions: (u16, u16),
    is_prefix: bool,
    /// How many characters of a longer word the query had.
    chars: usize,
}

impl MatchingWords {
    /// What the search looked up; what it did not need to derive does not match.
    pub(super) fn of(ctx: &Context<'_>, terms: &[LocatedTerm]) -> MatchingWords {
        let mut matching = MatchingWords::default();
        for located in terms {
            let term = ctx.term(located.term);
            let one = term.one.iter();
            let phrases = term
                .zero
                .phrase
                .iter()
                .chain(&term.zero.synonyms)
                .chain(one.clone().filter_map(|o| o.split.as_ref()));
            for phrase in phrases {
                // One with a stop word in it is found, but not marked, as in Meilisearch.
                let words: Option<Vec<String>> =
                    ctx.phrase(*phrase).iter().map(|word| word.map(|w| ctx.word(w).to_owned())).collect();
                let positions = located.positions;
                matching.phrases.extend(words.map(|words| MatchingPhrase { words, positions }));
            }
            let words = term.zero.exact.iter().chain(&term.zero.prefix_of);
            let words = words.chain(one.flat_map(|o| &o.words)).chain(term.two.iter().flatten());
            let mut words: Vec<String> = words.map(|word| ctx.word(*word).to_owned()).collect();
            // Words with the prefix were looked up together; they match by the prefix alone.
            words.extend(term.zero.wide_prefix.map(|word| ctx.word(word).to_owned()));
            matching.words.push(MatchingTerm {
                words,
                positions: located.positions,
                is_prefix: term.is_prefix,
                chars: ctx.word(term.original).chars().count(),
            });
        }
        matching.words.sort_by_key(|term| (term.is_prefix, Reverse(term.positions.1 - term.positions.0)));
        matching
    }

    fn word(&self, token: &Token<'_>) -> Option<(usize, (u16, u16))> {
        for term in &self.words {
            for word in &term.words {
                if term.is_prefix && token.lemma().starts_with(word.as_str()) {
                    let prefix: usize = word.chars().take(term.chars).map(char::len_utf8).sum();
                    if prefix == 0 {
                        continue;
                    }
                    return Some((token.original_lengths(prefix).0, term.positions));
                } else if token.lemma() == word {
                    return Some((token.char_end - token.char_start, term.positions));
                }
            }
        }
        None
    }
}

/// A match: tokens and words it spans, how many characters of the text it is, and what of the query it matches.
#[derive(Debug, Clone)]
struct Match {
    tokens: (usize, usize),
    words: (usize, usize),
    chars: usize,
    ids: (u16, u16),
    is_phrase: bool,
}

/// How a text is to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) highlight: bool,
    pub(super) crop: Option<usize>,
}

pub(super) struct Marks<'m> {
    pub(super) pre_tag: &'m str,
    pub(super) post_tag: &'m str,
    pub(super) crop_marker: &'m str,
}

/// A text and its matches.
pub(super) struct Matcher<'t> {
    text: &'t str,
    tokens: Vec<Token<'t>>,
    matches: Vec<Match>,
}

impl<'t> Matcher<'t> {
    pub(super) fn new(
        text: &'t str,
        matching: &MatchingWords,
        tokenizer: &Tokenizer<'_>,
        languages: Option<&[Language]>,
    ) -> Matcher<'t> {
        let tokens: Vec<Token<'t>> = tokenizer.tokenize_with_allow_list(text, languages).collect();
        let words: Vec<usize> = (0..tokens.len()).filter(|i| !tokens[*i].is_separator()).collect();
        let mut matches = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let token = &tokens[words[at]];
            let phrase =
                matching.phrases.iter().find_map(|MatchingPhrase { words: phrase, positions: ids }| {
                    let end = at + phrase.len();
                    let fits = |(word, i): (&String, &usize)| tokens[*i].lemma() == word;
                    let run = words.get(at..end)?;
                    (!phrase.is_empty() && phrase.iter().zip(run).all(fits)).then_some((end - 1, *ids))
                });
            if let Some((last, ids)) = phrase {
                let end = &tokens[words[last]];
                matches.push(Match {
                    tokens: (words[at], words[last]),
                    words: (at, last),
                    chars: end.char_end - token.char_start,
                    ids,
                    is_phrase: last > at,
                });
                at = last + 1;
                continue;
            }
            if let Some((chars, ids)) = matching.word(token) {
                matches.push(Match {
                    tokens: (words[at], words[at]),
                    words: (at, at),
                    chars,
                    ids,
                    is_phrase: false,
                });
            }
            at += 1;
        }
        Matcher { text, tokens, matches }
    }

    /// `_matchesPosition` of this text, in bytes; `places` are those in arrays on the way to it.
    pub(super) fn positions(&self, places: &[usize]) -> Vec<Value> {
        self.matches
            .iter()
            .map(|found| {
                let mut position = json!({
                    "start": self.tokens[found.tokens.0].byte_start,
                    "length": self.bytes_of(found),
                });
                if !places.is_empty() {
                    position["indices"] = json!(places);
                }
                position
            })
            .collect()
    }

    fn bytes_of(&self, found: &Match) -> usize {
        let start = self.tokens[found.tokens.0].byte_start;
        self.text.get(start..).unwrap_or_default().chars().take(found.chars).map(char::len_utf8).sum()
    }

    pub(super) fn format(&self, format: Format, marks: &Marks<'_>) -> String {
        let (start, end) = match format.crop {
            Some(size) if size > 0 => self.window(size),
            _ => (0, self.text.len()),
        };
        let mut out = String::new();
        if start > 0 {
            out.push_str(marks.crop_marker);
        }
        let mut at = start;
        if format.highlight {
            for found in &self.matches {
                let (from, to) =
                    (self.tokens[found.tokens.0].byte_start, self.tokens[found.tokens.1].byte_end);
                if to < start || from > end {
                    continue;
                }
                let (from, to) = (from.max(start), to.min(end));
                if at < from {
                    out.push_str(&self.text[at..from]);
                }
                // Of a word that the query only begins, only that much is marked.
                let marked =
                    self.text[from..].char_indices().nth(found.chars).map_or(to, |(i, _)| (from + i).min(to));
                out.push_str(marks.pre_tag);
                out.push_str(&self.text[from..marked]);
                out.push_str(marks.post_tag);
                out.push_str(&self.text[marked..to]);
                at = to;
            }
        }
        if at < end {
            out.push_str(&self.text[at..end]);
        }
        if end < self.text.len() {
            out.push_str(marks.crop_marker);
        }
        out
    }

    /// The bytes of the text to keep: `size` words around the best matches.
    fn window(&self, size: usize) -> (usize, usize) {
        let mut remaining = size;
        let (mut before, mut after) = (0, 0);
        let mut forward = true;
        if let Some((first, last)) = best_interval(&self.matches, size) {
            let span = last.words.1 - first.words.0 + 1;
            forward = size >= span;
            remaining = size.abs_diff(span);
            before = if forward { first.tokens.0 } else { 0 };
            after = (last.tokens.1 + 1).min(self.tokens.len());
        }
        // `before` and `after` bound the window: tokens[before..after]. A match longer than the window is cut
        // from its end instead.
        if !forward {
            let mut end = after.min(self.tokens.len().saturating_sub(1)) + 1;
            while remaining > 0 && end > 0 {
                end -= 1;
                if kind(&self.tokens[end]).is_none() {
                    remaining -= 1;
                }
            }
            let start = 0;
            return (start, end.checked_sub(1).map_or(0, |i| self.tokens[i].byte_end));
        }
        while remaining > 0 {
            let left = before.checked_sub(1).map(|i| kind(&self.tokens[i]));
            let right = self.tokens.get(after).map(kind);
            match (left, right) {
                (Some(Some(a)), Some(Some(b))) => {
                    if a == b {
                        before -= 1;
                        // No separator right before the crop marker.
                        if remaining > 1 {
                            after += 1;
                        }
                    } else if a == SeparatorKind::Hard {
                        after += 1;
                    } else {
                        before -= 1;
                    }
                }
                (Some(None), Some(Some(_))) => {
                    before -= 1;
                    remaining -= 1;
                }
                (Some(Some(_)), Some(None)) => {
                    after += 1;
                    remaining -= 1;
                }
                (Some(None), Some(None)) => {
                    before -= 1;
                    remaining -= 1;
                    if remaining > 0 {
                        after += 1;
                        remaining -= 1;
                    }
                }
                (Some(left), None) => {
                    before -= 1;
                    remaining -= usize::from(left.is_none());
                }
                (None, Some(right)) => {
                    after += 1;
                    remaining -= usize::from(right.is_none());
                }
                (None, None) => break,
            }
        }
        let start = before.checked_sub(1).map_or(0, |i| self.tokens[i].byte_end);
        let end = self.tokens.get(after).map_or(self.text.len(), |token| token.byte_start);
        (start, end)
    }
}

/// The kind of a separator; `None` is a word.
fn kind(token: &Token<'_>) -> Option<SeparatorKind> {
    match token.kind {
        TokenKind::Separator(kind) => Some(kind),
        _ => None,
    }
}

/// The first and last match of the run within `size` words that has the most different words of the
/// query, nearest together, best in order.
fn best_interval(matches: &[Match], size: usize) -> Option<(&Match, &Match)> {
    let mut best: Option<((usize, usize), Score)> = None;
    let mut consider = |from: usize, to: usize| {
        let score = score(&matches[from..=to]);
        if best.is_none_or(|(_, top)| score > top) {
            best = Some(((from, to), score));
        }
    };
    let mut from = 0;
    for (at, next) in matches.iter().enumerate() {
        if next.words.1 - matches[from].words.0 >= size {
            if at != 0 {
                consider(from, at - 1);
            }
            loop {
                from += 1;
                if from == matches.len() {
                    from -= 1;
                    break;
                }
                let start = matches[from].words.0;
                if start > next.words.1 || next.words.1 - start < size {
                    break;
                }
            }
        }
    }
    let last = matches.len().checked_sub(1)?;
    if from != last || matches[from].words.1 - matches[from].words.0 + 1 < size {
        consider(from, last);
    }
    let (from, to) = best.map_or((0, 0), |(interval, _)| interval);
    Some((&matches[from], &matches[to]))
}

/// Different words of the query, nearness, order: the greater, the better.
type Score = (usize, i64, i64);

fn score(matches: &[Match]) -> Score {
    let (mut order, mut distance) = (0, 0);
    let mut ids = Vec::new();
    for (i, found) in matches.iter().enumerate() {
        if found.is_phrase {
            let inner = (found.words.1 - found.words.0) as i64;
            order += inner;
            distance -= inner;
        }
        if let Some(next) = matches.get(i + 1) {
            order += i64::from(next.ids.0 > found.ids.0);
            distance -= ((next.words.0 - found.words.1) as i64).min(7);
        }
        ids.extend(found.ids.0..=found.ids.1);
    }
    ids.sort_unstable();
    ids.dedup();
    (ids.len(), distance, order)
}
