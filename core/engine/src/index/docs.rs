//! Documents as they are stored: sixteen to a block, compressed together, since what they have most in
//! common (the names of their fields) is between them and not within them. A large one is a row of its own, so
//! that its neighbours are read without it.

use std::collections::BTreeMap;

use bytes::Bytes;
use redb::{ReadableTable, Table};

use super::codec::{put_varint, take_varint};
use crate::error::{ApiError, Code, Result};

const BLOCK_BITS: u32 = 4;
const LOW: u32 = (1 << BLOCK_BITS) - 1;

/// A document of more bytes than this is large.
const LARGE: usize = 16 << 10;

fn block_of(docid: u32) -> u32 {
    docid >> BLOCK_BITS
}

/// Where a block is stored; the keys after it, up to the next block, are of its large documents.
fn block_key(block: u32) -> u64 {
    u64::from(block) << 8
}

fn large_key(docid: u32) -> u64 {
    block_key(block_of(docid)) + 1 + u64::from(docid & LOW)
}

fn encode(docs: &BTreeMap<u32, Vec<u8>>) -> Vec<u8> {
    let mut plain = Vec::with_capacity(docs.values().map(|doc| doc.len() + 6).sum());
    for (docid, json) in docs {
        plain.push((docid & LOW) as u8);
        put_varint(&mut plain, json.len() as u32);
        plain.extend_from_slice(json);
    }
    lz4_flex::compress_prepend_size(&plain)
}

/// The documents of a row, of one block or one large document.
pub(super) fn decode(key: u64, bytes: &[u8]) -> Result<BTreeMap<u32, Vec<u8>>> {
    let damaged = |what: &dyn std::fmt::Display| {
        ApiError::new(Code::InvalidStoreFile, format!("A block of stored documents is damaged: {what}"))
    };
    let plain = lz4_flex::decompress_size_prepended(bytes).map_err(|error| damaged(&error))?;
    let block = (key >> 8) as u32;
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

/// One document.
pub(super) fn read(table: &impl ReadableTable<u64, &'static [u8]>, docid: u32) -> Result<Option<Vec<u8>>> {
    for key in [block_key(block_of(docid)), large_key(docid)] {
        if let Some(row) = table.get(key)?
            && let Some(json) = decode(key, row.value())?.remove(&docid)
        {
            return Ok(Some(json));
        }
    }
    Ok(None)
}

/// Puts documents in place of what is stored of them; without JSON they go.
pub(super) fn merge(
    table: &mut Table<'_, u64, &'static [u8]>,
    changes: BTreeMap<u32, Option<Bytes>>,
) -> Result<()> {
    let mut changes = changes.into_iter().peekable();
    while let Some(block) = changes.peek().map(|(docid, _)| block_of(*docid)) {
        let key = block_key(block);
        let stored = table.get(key)?.map(|row| decode(key, row.value())).transpose()?;
        let mut docs = stored.unwrap_or_default();
        while let Some((docid, json)) = changes.next_if(|(docid, _)| block_of(*docid) == block) {
            docs.remove(&docid);
            match json {
                Some(json) if json.len() > LARGE => {
                    let alone = BTreeMap::from([(docid, json.into())]);
                    table.insert(large_key(docid), encode(&alone).as_slice())?;
                    continue;
                }
                Some(json) => drop(docs.insert(docid, json.into())),
                None => {}
            }
            table.remove(large_key(docid))?;
        }
        if docs.is_empty() {
            table.remove(key)?;
        } else {
            table.insert(key, encode(&docs).as_slice())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use redb::{Database, TableDefinition};

    use super::*;

    #[test]
    fn large_documents_and_small_ones_take_each_others_place() {
        let db = Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let txn = db.begin_write().unwrap();
        let mut table = txn.open_table(TableDefinition::<u64, &[u8]>::new("docs")).unwrap();
        let (small, large) = (Bytes::from("{\"a\":1}"), Bytes::from(vec![b' '; LARGE + 1]));
        let put = |table: &mut Table<'_, u64, &'static [u8]>, docid, json: Option<&Bytes>| {
            merge(table, BTreeMap::from([(docid, json.cloned())])).unwrap();
            assert_eq!(read(table, docid).unwrap().as_deref(), json.map(|json| &json[..]));
        };
        for json in [Some(&small), Some(&large), Some(&small), Some(&large), None, Some(&small), None] {
            put(&mut table, 17, json);
        }
        put(&mut table, 16, Some(&small));
        put(&mut table, 18, Some(&large));
        assert_eq!(read(&table, 16).unwrap().as_deref(), Some(&small[..]));
        assert_eq!(read(&table, 17).unwrap(), None);
    }
}
