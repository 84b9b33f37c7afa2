//! Memory as a database's storage: only what was written takes room, however long the file claims to be.

use std::collections::HashMap;
use std::io;
use std::sync::{PoisonError, RwLock};

use redb::StorageBackend;

const PAGE: u64 = 4096;

/// Pages by number; those that were never written are zeros.
#[derive(Debug, Default)]
pub(crate) struct SparseMemory {
    state: RwLock<State>,
}

#[derive(Debug, Default)]
struct State {
    len: u64,
    pages: HashMap<u64, Box<[u8; PAGE as usize]>>,
}

/// The pieces that a range of bytes is in: page, start within it, and length.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut at = offset;
    let end = offset + len as u64;
    std::iter::from_fn(move || {
        (at < end).then(|| {
            let start = at % PAGE;
            let length = (PAGE - start).min(end - at);
            let page = at / PAGE;
            at += length;
            (page, start as usize, length as usize)
        })
    })
}

fn past_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "past the end of the storage")
}

impl StorageBackend for SparseMemory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state.read().unwrap_or_else(PoisonError::into_inner).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if offset + out.len() as u64 > state.len {
            return Err(past_the_end());
        }
        let mut rest = out;
        for (page, start, length) in pieces(offset, rest.len()) {
            let (piece, tail) = std::mem::take(&mut rest).split_at_mut(length);
            match state.pages.get(&page) {
                Some(bytes) => piece.copy_from_slice(&bytes[start..start + length]),
                None => piece.fill(0),
            }
            rest = tail;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if len < state.len {
            let kept = len.div_ceil(PAGE);
            state.pages.retain(|page, _| *page < kept);
            let cut = (len % PAGE) as usize;
            if cut > 0
                && let Some(last) = state.pages.get_mut(&(len / PAGE))
            {
                last[cut..].fill(0);
            }
        }
        state.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if offset + data.len() as u64 > state.len {
            return Err(past_the_end());
        }
        let mut rest = data;
        for (page, start, length) in pieces(offset, data.len()) {
            let (piece, tail) = rest.split_at(length);
            rest = tail;
            let bytes = state.pages.entry(page).or_insert_with(|| Box::new([0; PAGE as usize]));
            bytes[start..start + length].copy_from_slice(piece);
        }
        Ok(())
    }
}
