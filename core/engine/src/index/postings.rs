//! Where a word occurs. A word's documents come in blocks of 4,096, so that a small write rewrites little.
//!
//! A block is: how many documents, their numbers as gaps, then for each document the bytes of its
//! positions, led by their length. A position is `field << 16 | place of the word in the field`.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::codec::{put_varint, take_varint};

const BLOCK_BITS: u32 = 12;

pub(super) fn block_of(docid: u32) -> u32 {
    docid >> BLOCK_BITS
}

/// Where a block of a word is stored.
pub(super) fn block_key(word: &str, block: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(word.len() + 4);
    key.extend_from_slice(word.as_bytes());
    key.push(0);
    key.extend_from_slice(&block.to_be_bytes()[1..]);
    key
}

/// The word and the block that a key is of.
pub(super) fn split_key(key: &[u8]) -> Option<(&str, u32)> {
    let at = key.len().checked_sub(4)?;
    let block = u32::from_be_bytes([0, key[at + 1], key[at + 2], key[at + 3]]);
    Some((std::str::from_utf8(&key[..at]).ok()?, block))
}

/// The positions of one document, as they lie in a block: within a field the gap to the one before,
/// doubled; the first of a field as the number of the field, doubled and one more, then its place.
pub(super) fn encode_positions(positions: &mut [u32]) -> Vec<u8> {
    positions.sort_unstable();
    let mut out = Vec::with_capacity(positions.len() + 2);
    let mut last = None;
    for &position in positions.iter() {
        match last {
            Some(last) if last >> 16 == position >> 16 => put_varint(&mut out, (position - last) << 1),
            _ => {
                put_varint(&mut out, (position >> 16) << 1 | 1);
                put_varint(&mut out, position & 0xffff);
            }
        }
        last = Some(position);
    }
    out
}

fn decode_positions(mut run: &[u8], positions: &mut Vec<u32>) {
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

/// A block as a map, for a change.
pub(super) fn decode_block(block: u32, mut bytes: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let ids = take_ids(block, &mut bytes);
    let mut map = BTreeMap::new();
    for id in ids {
        let len = (take_varint(&mut bytes) as usize).min(bytes.len());
        let (positions, rest) = bytes.split_at(len);
        map.insert(id, positions.to_vec());
        bytes = rest;
    }
    map
}

pub(super) fn encode_block<'a>(docs: impl ExactSizeIterator<Item = (u32, &'a [u8])> + Clone) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, docs.len() as u32);
    let mut last = 0;
    for (id, _) in docs.clone() {
        let low = id & ((1 << BLOCK_BITS) - 1);
        put_varint(&mut out, low - last);
        last = low;
    }
    for (_, positions) in docs {
        put_varint(&mut out, positions.len() as u32);
        out.extend_from_slice(positions);
    }
    out
}

fn take_ids(block: u32, bytes: &mut &[u8]) -> Vec<u32> {
    let count = take_varint(bytes).min(1 << BLOCK_BITS);
    let mut low = 0;
    (0..count)
        .map(|_| {
            low += take_varint(bytes);
            block << BLOCK_BITS | low
        })
        .collect()
}

/// All occurrences of a word; positions are read only when asked for.
pub(crate) struct Postings {
    docids: RoaringBitmap,
    blocks: Vec<(u32, Vec<u8>)>,
    places: OnceCell<Places>,
}

/// Every occurrence: documents in order, and for each a run of `positions`.
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

impl Postings {
    pub(super) fn new(blocks: Vec<(u32, Vec<u8>)>) -> Postings {
        let mut docids = RoaringBitmap::new();
        for (block, bytes) in &blocks {
            let ids = take_ids(*block, &mut bytes.as_slice());
            // Blocks and the documents in them come in order.
            let _ = docids.append(ids);
        }
        Postings { docids, blocks, places: OnceCell::new() }
    }

    pub(crate) fn docids(&self) -> &RoaringBitmap {
        &self.docids
    }

    pub(crate) fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places =
                Places { docs: Vec::with_capacity(self.docids.len() as usize), positions: Vec::new() };
            for (block, bytes) in &self.blocks {
                let mut bytes = bytes.as_slice();
                for id in take_ids(*block, &mut bytes) {
                    let len = (take_varint(&mut bytes) as usize).min(bytes.len());
                    let (run, rest) = bytes.split_at(len);
                    bytes = rest;
                    places.docs.push((id, places.positions.len() as u32));
                    decode_positions(run, &mut places.positions);
                }
            }
            places
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
