//! What is stored where in the database of an index.

use redb::TableDefinition;

/// `state`: settings, fields and counters as JSON; `docids`: the set of documents; `words`: an fst of all
/// words; `new-words`: those since it was built.
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
pub(super) const STATE: &str = "state";
pub(super) const DOCIDS: &str = "docids";
pub(super) const WORDS_FST: &str = "words";
pub(super) const NEW_WORDS: &str = "new-words";

/// Block of internal ids, or one of a large document → the documents' JSON as it came; see `docs`.
pub(super) const DOCS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("docs");
/// The document's own id → internal id.
pub(super) const IDS: TableDefinition<'_, &str, u32> = TableDefinition::new("ids");
/// Word, NUL, least document → who holds the word, and at which positions; see `postings`.
pub(super) const WORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("words");
/// Kind, field, value → the documents that have it.
pub(super) const FACETS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("facets");
/// Field and block of documents → their values; see `values`.
pub(super) const VALUES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("values");
/// Kind, field, number → a set of documents; see `Set`.
pub(super) const SETS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("sets");

/// The sets of documents that are not of a facet value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    Exists,
    Null,
    Empty,
    /// Documents whose field has just this many words.
    WordCount(u8),
}

impl Set {
    pub(super) fn key(self, field: u16) -> u64 {
        let (kind, number) = match self {
            Set::Exists => (1u64, 0),
            Set::Null => (2, 0),
            Set::Empty => (3, 0),
            Set::WordCount(count) => (4, u64::from(count)),
        };
        kind << 32 | u64::from(field) << 8 | number
    }
}

pub(super) const NUMBER: u8 = 1;
pub(super) const STRING: u8 = 2;

/// Longer values are told apart by their first bytes only, as in Meilisearch.
pub(super) const MAX_FACET: usize = 468;

pub(super) fn facet_prefix(kind: u8, field: u16) -> [u8; 3] {
    let [high, low] = field.to_be_bytes();
    [kind, high, low]
}

pub(super) fn number_key(field: u16, number: f64) -> Vec<u8> {
    let mut key = facet_prefix(NUMBER, field).to_vec();
    key.extend_from_slice(&super::codec::ordered(number));
    key
}

pub(super) fn string_key(field: u16, normalized: &str) -> Vec<u8> {
    let mut key = facet_prefix(STRING, field).to_vec();
    key.extend_from_slice(truncated(normalized).as_bytes());
    key
}

pub(super) fn truncated(text: &str) -> &str {
    let mut end = text.len().min(MAX_FACET);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
