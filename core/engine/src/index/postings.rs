//! Where a word occurs. A word's documents come in rows of about a kilobyte, so that a small write rewrites
//! little and a rare word is one row.
//!
//! A row is found by the word and the least document that may be in it. It is: how many documents, their
//! numbers as gaps, then for each document its positions. A position is `field << 16 | place in the field`.

use redb::{ReadableTable, Table};
use roaring::RoaringBitmap;

use super::codec::{put_varint, take_varint};
use crate::error::Result;

/// A row is divided when it gets longer; several of them fill a page of the database well.
const ROW: usize = 900;

/// Where a row of a word is stored: the word, NUL, and the least document, led by its number of bytes.
fn row_key(word: &str, least: u32) -> Vec<u8> {
    let bytes = least.to_be_bytes();
    let skipped = least.leading_zeros() as usize / 8;
    let mut key = Vec::with_capacity(word.len() + 6);
    key.extend_from_slice(word.as_bytes());
    key.push(0);
    key.push((4 - skipped) as u8);
    key.extend_from_slice(&bytes[skipped..]);
    key
}

/// The word and the least document that a key is of.
pub(super) fn split_key(key: &[u8]) -> Option<(&str, u32)> {
    let at = key.iter().position(|byte| *byte == 0)?;
    let least = key.get(at + 2..)?.iter().fold(0, |least, byte| least << 8 | u32::from(*byte));
    Some((std::str::from_utf8(&key[..at]).ok()?, least))
}

/// Keys of a word: from the first of these on, before the second.
pub(super) fn word_range(word: &str) -> (Vec<u8>, Vec<u8>) {
    let end = |last: u8| [word.as_bytes(), &[last]].concat();
    (end(0), end(1))
}

/// The positions of one document, as they lie in a row. A single one, which most are, is its field, doubled,
/// and its place. Others are their length, doubled and one more, then within a field the gap to the one
/// before, doubled; the first of a field as the number of the field, doubled and one more, then its place.
pub(super) fn encode_positions(positions: &mut [u32]) -> Vec<u8> {
    positions.sort_unstable();
    let mut out = Vec::with_capacity(positions.len() + 2);
    if let [position] = positions {
        put_varint(&mut out, (*position >> 16) << 1);
        put_varint(&mut out, *position & 0xffff);
        return out;
    }
    let mut run = Vec::with_capacity(positions.len() + 2);
    let mut last = None;
    for &position in positions.iter() {
        match last {
            Some(last) if last >> 16 == position >> 16 => put_varint(&mut run, (position - last) << 1),
            _ => {
                put_varint(&mut run, (position >> 16) << 1 | 1);
                put_varint(&mut run, position & 0xffff);
            }
        }
        last = Some(position);
    }
    put_varint(&mut out, (run.len() as u32) << 1 | 1);
    out.extend_from_slice(&run);
    out
}

/// The bytes of the next document's positions.
fn take_run<'b>(bytes: &mut &'b [u8]) -> &'b [u8] {
    let all = *bytes;
    let head = take_varint(bytes);
    if head & 1 == 0 {
        take_varint(bytes);
    } else {
        *bytes = &bytes[((head >> 1) as usize).min(bytes.len())..];
    }
    &all[..all.len() - bytes.len()]
}

fn decode_positions(mut run: &[u8], positions: &mut Vec<u32>) {
    let head = take_varint(&mut run);
    if head & 1 == 0 {
        positions.push((head >> 1) << 16 | take_varint(&mut run) & 0xffff);
        return;
    }
    let mut position = 0;
    while !run.is_empty() {
        let next = take_varint(&mut run);
        position = if next & 1 == 1 {
            (next >> 1) << 16 | take_varint(&mut run) & 0xffff
        } else {
            position + (next >> 1)
        };
        positions.push(position);
    }
}

pub(super) fn take_ids(least: u32, bytes: &mut &[u8]) -> Vec<u32> {
    let count = take_varint(bytes).min(bytes.len() as u32);
    let mut id = least;
    (0..count)
        .map(|_| {
            // A damaged row gives nonsense, not a panic.
            id = id.wrapping_add(take_varint(bytes));
            id
        })
        .collect()
}

fn decode_row(least: u32, mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let ids = take_ids(least, &mut bytes);
    ids.into_iter().map(|id| (id, take_run(&mut bytes))).collect()
}

/// Shows every document of a row with its positions, in order.
pub(super) fn each_in_row(least: u32, mut row: &[u8], mut visit: impl FnMut(u32, &[u32])) {
    let mut positions = Vec::new();
    for docid in take_ids(least, &mut row) {
        positions.clear();
        decode_positions(take_run(&mut row), &mut positions);
        visit(docid, &positions);
    }
}

fn encode_row(least: u32, docs: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(docs.iter().map(|(_, run)| run.len() + 2).sum::<usize>() + 2);
    put_varint(&mut out, docs.len() as u32);
    let mut last = least;
    for (id, _) in docs {
        put_varint(&mut out, id - last);
        last = *id;
    }
    for (_, run) in docs {
        out.extend_from_slice(run);
    }
    out
}

/// Puts changes of one word, in order of documents, into its rows; without positions a document goes.
pub(super) fn merge(
    table: &mut Table<'_, &[u8], &[u8]>,
    word: &str,
    is_new: bool,
    changes: &[(u32, Option<&[u8]>)],
) -> Result<()> {
    let (start, end) = word_range(word);
    let mut rest = changes;
    while let Some(((first, _), _)) = rest.split_first() {
        // The row that the first change belongs to, and where the row after it begins.
        let (mut old, mut next) = (None, None);
        if !is_new {
            let key = row_key(word, *first);
            if let Some(row) = table.range::<&[u8]>(start.as_slice()..=key.as_slice())?.next_back() {
                let (key, row) = row?;
                old = split_key(key.value()).map(|(_, least)| (least, row.value().to_vec()));
            }
            let after =
                (std::ops::Bound::Excluded(key.as_slice()), std::ops::Bound::Excluded(end.as_slice()));
            if let Some(row) = table.range::<&[u8]>(after)?.next() {
                next = split_key(row?.0.value()).map(|(_, least)| least);
            }
        }
        let here = next.map_or(rest.len(), |next| rest.partition_point(|(docid, _)| *docid < next));
        let (now, later) = rest.split_at(here);
        rest = later;
        let (least, row) = old.as_ref().map_or((0, None), |(least, row)| (*least, Some(row.as_slice())));
        let stored = row.map(|row| decode_row(least, row)).unwrap_or_default();
        let merged = lay_over(&stored, now);
        if merged.is_empty() {
            if row.is_some() {
                table.remove(row_key(word, least).as_slice())?;
            }
            continue;
        }
        for (at, part) in divide(&merged).into_iter().enumerate() {
            let least = if at == 0 { least } else { part[0].0 };
            table.insert(row_key(word, least).as_slice(), encode_row(least, part).as_slice())?;
        }
    }
    Ok(())
}

fn lay_over<'d>(stored: &[(u32, &'d [u8])], changes: &[(u32, Option<&'d [u8]>)]) -> Vec<(u32, &'d [u8])> {
    let mut merged = Vec::with_capacity(stored.len() + changes.len());
    let mut stored = stored.iter().peekable();
    for (docid, run) in changes {
        while let Some(before) = stored.next_if(|(id, _)| id < docid) {
            merged.push(*before);
        }
        stored.next_if(|(id, _)| id == docid);
        merged.extend(run.map(|run| (*docid, run)));
    }
    merged.extend(stored);
    merged
}

/// What goes into one row each: as few as may be, about as long as each other.
fn divide<'m, 'd>(docs: &'m [(u32, &'d [u8])]) -> Vec<&'m [(u32, &'d [u8])]> {
    let len = |docs: &[(u32, &[u8])]| docs.iter().map(|(_, run)| run.len() + 1).sum::<usize>();
    let total = len(docs);
    let wanted = total / total.div_ceil(ROW) + 1;
    let mut parts = Vec::new();
    let (mut from, mut size) = (0, 0);
    for (at, (_, run)) in docs.iter().enumerate() {
        if size >= wanted {
            parts.push(&docs[from..at]);
            (from, size) = (at, 0);
        }
        size += run.len() + 1;
    }
    parts.push(&docs[from..]);
    parts
}

/// All occurrences of a word; positions are read only when asked for.
pub(crate) struct Postings {
    docids: RoaringBitmap,
    rows: Vec<(u32, Vec<u8>)>,
}

impl Postings {
    pub(super) fn new(rows: Vec<(u32, Vec<u8>)>) -> Postings {
        let mut docids = RoaringBitmap::new();
        for (least, bytes) in &rows {
            // Rows and the documents in them come in order.
            let _ = docids.append(take_ids(*least, &mut bytes.as_slice()));
        }
        Postings { docids, rows }
    }

    /// Roughly the bytes that they take.
    pub(super) fn size(&self) -> usize {
        self.rows.iter().map(|(_, row)| row.len() + 40).sum()
    }

    pub(crate) fn docids(&self) -> &RoaringBitmap {
        &self.docids
    }

    /// Shows every document with its positions, in order.
    pub(crate) fn each(&self, mut visit: impl FnMut(u32, &[u32])) {
        for (least, row) in &self.rows {
            each_in_row(*least, row, &mut visit);
        }
    }

    /// The positions in some documents, all of which have the word.
    pub(crate) fn among(&self, docids: &RoaringBitmap) -> Places {
        let mut places = Places::default();
        let mut wanted = docids.iter().peekable();
        for (at, (least, row)) in self.rows.iter().enumerate() {
            let Some(first) = wanted.peek() else { break };
            // Rows without any of them are not even looked at.
            if self.rows.get(at + 1).is_some_and(|(next, _)| next <= first) {
                continue;
            }
            for (docid, run) in decode_row(*least, row) {
                while wanted.next_if(|wanted| *wanted < docid).is_some() {}
                if wanted.next_if_eq(&docid).is_some() {
                    places.docs.push((docid, places.positions.len() as u32));
                    decode_positions(run, &mut places.positions);
                }
            }
        }
        places
    }
}

/// Documents in order, and for each a run of `positions`.
#[derive(Default)]
pub(crate) struct Places {
    docs: Vec<(u32, u32)>,
    positions: Vec<u32>,
}

impl Places {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        self.docs.iter().enumerate().map(|(i, (id, start))| {
            let end = self.docs.get(i + 1).map_or(self.positions.len(), |(_, next)| *next as usize);
            (*id, &self.positions[*start as usize..end])
        })
    }
}

/// Places far into a field are told apart less and less finely.
pub(crate) fn bucketed(place: u16) -> u16 {
    match place {
        0..16 => place,
        16..24 => 24,
        _ => f64::from(place).log2().ceil().exp2() as u16,
    }
}
