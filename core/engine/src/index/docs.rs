//! Documents as they are stored: sixteen to a block, compressed together, since what they have most in
//! common (the names of their fields) is between them and not within them.

use std::collections::BTreeMap;

use super::codec::{put_varint, take_varint};
use crate::error::{ApiError, Code, Result};

const BLOCK_BITS: u32 = 4;

pub(super) fn block_of(docid: u32) -> u32 {
    docid >> BLOCK_BITS
}

pub(super) fn encode(docs: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    let mut plain = Vec::with_capacity(docs.values().map(|doc| doc.len() + 6).sum());
    for (docid, json) in docs {
        plain.push((docid & ((1 << BLOCK_BITS) - 1)) as u8);
        put_varint(&mut plain, json.len() as u32);
        plain.extend_from_slice(json);
    }
    lz4_flex::compress_prepend_size(&plain)
}

pub(super) fn decode(block: u32, bytes: &[u8]) -> Result<BTreeMap<u32, Vec<u8>>> {
    let damaged = |what: &dyn std::fmt::Display| {
        ApiError::new(Code::InvalidStoreFile, format!("A block of stored documents is damaged: {what}"))
    };
    let plain = lz4_flex::decompress_size_prepended(bytes).map_err(|error| damaged(&error))?;
    let mut rest = plain.as_slice();
    let mut docs = BTreeMap::new();
    while let Some((low, tail)) = rest.split_first() {
        rest = tail;
        let len = take_varint(&mut rest) as usize;
        let (json, tail) = rest.split_at_checked(len).ok_or_else(|| damaged(&"it ends early"))?;
        docs.insert(block << BLOCK_BITS | u32::from(*low), json.to_vec());
        rest = tail;
    }
    Ok(docs)
}
