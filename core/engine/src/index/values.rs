//! The facet values of documents, field by field, 32 documents to a row: most are short, and a row of its own
//! for each would cost more than they do.
//!
//! A row is a list of values, each led by a byte: the place of its document in the block, and a tag. A string
//! that came before in the row is only pointed at.

use std::collections::{BTreeMap, HashMap};

use super::codec::{put_varint, take_varint};
use super::extract::Values;

const BLOCK_BITS: u32 = 5;
const LOW: u8 = (1 << BLOCK_BITS) - 1;

const FLOAT: u8 = 0;
const INTEGER: u8 = 1;
const TENTHS: u8 = 2;
const HUNDREDTHS: u8 = 3;
const PLAIN: u8 = 4;
/// Normalized, it is the text in lower case.
const LOWERED: u8 = 5;
const BOTH: u8 = 6;
const AGAIN: u8 = 7;

/// A facet value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FacetValue {
    Number(f64),
    String { normalized: String, original: String },
}

/// Where a document's values of a field are stored.
pub(super) fn row_key(field: u16, docid: u32) -> u64 {
    u64::from(field) << 32 | u64::from(docid >> BLOCK_BITS)
}

/// The place of a document in its row.
pub(super) fn low(docid: u32) -> u8 {
    docid as u8 & LOW
}

/// One document's values, as they go into a row.
pub(super) fn encode(docid: u32, values: &Values) -> Vec<u8> {
    let mut out = Vec::new();
    let low = low(docid);
    for number in values.numbers.values() {
        put_number(&mut out, low, *number);
    }
    for (normalized, original) in &values.strings {
        let tag = if normalized == original {
            PLAIN
        } else if *normalized == original.to_lowercase() {
            LOWERED
        } else {
            BOTH
        };
        out.push(tag << BLOCK_BITS | low);
        put_text(&mut out, original);
        if tag == BOTH {
            put_text(&mut out, normalized);
        }
    }
    out
}

fn put_number(out: &mut Vec<u8>, low: u8, number: f64) {
    for (tag, scale) in [(INTEGER, 1.0), (TENTHS, 10.0), (HUNDREDTHS, 100.0)] {
        let scaled = (number * scale).round();
        let fits = (0.0..=f64::from(u32::MAX)).contains(&scaled);
        if fits && (scaled / scale).to_bits() == number.to_bits() {
            out.push(tag << BLOCK_BITS | low);
            put_varint(out, scaled as u32);
            return;
        }
    }
    out.push(FLOAT << BLOCK_BITS | low);
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u32);
    out.extend_from_slice(text.as_bytes());
}

fn take_text<'b>(bytes: &mut &'b [u8]) -> &'b [u8] {
    let len = (take_varint(bytes) as usize).min(bytes.len());
    let (text, rest) = bytes.split_at(len);
    *bytes = rest;
    text
}

/// The next value of a row: its tag, its document's place, and the bytes after that.
fn take_value<'b>(bytes: &mut &'b [u8]) -> Option<(u8, u8, &'b [u8])> {
    let (&head, rest) = bytes.split_first()?;
    *bytes = rest;
    let tag = head >> BLOCK_BITS;
    match tag {
        FLOAT => *bytes = bytes.split_at_checked(8)?.1,
        PLAIN | LOWERED => drop(take_text(bytes)),
        BOTH => {
            take_text(bytes);
            take_text(bytes);
        }
        _ => drop(take_varint(bytes)),
    }
    Some((tag, head & LOW, &rest[..rest.len() - bytes.len()]))
}

/// A row with some documents' values put in place of what it had; empty values take a document out.
pub(super) fn merge(row: &[u8], changes: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let mut texts: Vec<(u8, &[u8])> = Vec::new();
    let mut by_doc: BTreeMap<u8, Vec<(u8, &[u8])>> = BTreeMap::new();
    let mut rest = row;
    while let Some((tag, low, content)) = take_value(&mut rest) {
        let mut value = (tag, content);
        match tag {
            PLAIN | LOWERED | BOTH => texts.push(value),
            AGAIN => match texts.get(take_varint(&mut { content }) as usize) {
                Some(text) => value = *text,
                None => continue,
            },
            _ => {}
        }
        if !changes.contains_key(&low) {
            by_doc.entry(low).or_default().push(value);
        }
    }
    for (low, mut values) in changes.iter().map(|(low, values)| (low, values.as_slice())) {
        while let Some((tag, _, content)) = take_value(&mut values) {
            by_doc.entry(*low).or_default().push((tag, content));
        }
    }
    let mut out = Vec::new();
    let mut known: HashMap<(u8, &[u8]), u32> = HashMap::new();
    for (low, (tag, content)) in by_doc.iter().flat_map(|(low, all)| all.iter().map(move |v| (low, *v))) {
        if matches!(tag, PLAIN | LOWERED | BOTH) {
            if let Some(place) = known.get(&(tag, content)) {
                out.push(AGAIN << BLOCK_BITS | low);
                put_varint(&mut out, *place);
                continue;
            }
            known.insert((tag, content), known.len() as u32);
        }
        out.push(tag << BLOCK_BITS | low);
        out.extend_from_slice(content);
    }
    out
}

/// What a row says of one document.
pub(super) fn of_document(row: &[u8], docid: u32) -> Vec<FacetValue> {
    let wanted = low(docid);
    let mut texts: Vec<(u8, &[u8])> = Vec::new();
    let mut found = Vec::new();
    let mut rest = row;
    while let Some((mut tag, low, mut content)) = take_value(&mut rest) {
        // Documents come in order.
        if low > wanted {
            break;
        }
        if matches!(tag, PLAIN | LOWERED | BOTH) {
            texts.push((tag, content));
        }
        if low != wanted {
            continue;
        }
        if tag == AGAIN {
            let Some(text) = texts.get(take_varint(&mut content) as usize) else { continue };
            (tag, content) = *text;
        }
        found.push(decode(tag, content));
    }
    found
}

fn decode(tag: u8, mut content: &[u8]) -> FacetValue {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let scaled =
        |content: &mut &[u8], scale: f64| FacetValue::Number(f64::from(take_varint(content)) / scale);
    match tag {
        INTEGER => scaled(&mut content, 1.0),
        TENTHS => scaled(&mut content, 10.0),
        HUNDREDTHS => scaled(&mut content, 100.0),
        FLOAT => FacetValue::Number(content.first_chunk().map_or(0.0, |bytes| f64::from_le_bytes(*bytes))),
        _ => {
            let original = text(take_text(&mut content));
            let normalized = match tag {
                PLAIN => original.clone(),
                LOWERED => original.to_lowercase(),
                _ => text(take_text(&mut content)),
            };
            FacetValue::String { normalized, original }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(numbers: &[f64], strings: &[&str]) -> Values {
        Values {
            numbers: numbers.iter().map(|n| (super::super::codec::ordered(*n), *n)).collect(),
            strings: strings.iter().map(|s| (super::super::normalize_facet(s), (*s).to_owned())).collect(),
        }
    }

    #[test]
    fn a_row_gives_back_what_was_put_in() {
        let numbers = [0.0, 7.0, 7.4, 12.34, -3.0, 1e300, 4_294_967_296.0, 0.1 + 0.2];
        let docs = [
            (64, values(&numbers, &["Drama", "drama film", "É", "Straße"])),
            (65, values(&[], &["Drama"])),
            (95, values(&[7.4], &["Drama", "É"])),
        ];
        let first = BTreeMap::from_iter(docs[..2].iter().map(|(id, v)| (low(*id), encode(*id, v))));
        let second = BTreeMap::from([(low(95), encode(95, &docs[2].1))]);
        let row = merge(&merge(&[], &first), &second);
        for (docid, put) in &docs {
            let numbers = put.numbers.values().map(|n| FacetValue::Number(*n));
            let strings = put.strings.iter().map(|(normalized, original)| FacetValue::String {
                normalized: normalized.clone(),
                original: original.clone(),
            });
            assert_eq!(of_document(&row, *docid), numbers.chain(strings).collect::<Vec<_>>());
        }
        assert_eq!(of_document(&row, 66), []);
        let without = merge(&row, &BTreeMap::from([(low(64), Vec::new())]));
        assert_eq!(of_document(&without, 64), []);
        assert_eq!(of_document(&without, 95).len(), 3);
        assert!(merge(&without, &BTreeMap::from([(low(65), Vec::new()), (low(95), Vec::new())])).is_empty());
    }
}
