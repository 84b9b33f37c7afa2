//! What came with tasks, until they have run. A large payload is a file of its own, so that the task database
//! never grows by it and its space is free the moment the task is done.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::error::{ApiError, Code, Result};

/// Up to this many bytes are kept in the task's own transaction: one sync instead of three.
const SMALL: usize = 32 << 10;

/// Where large payloads are kept: a folder, or memory.
pub(crate) enum Payloads {
    Folder(PathBuf),
    Memory(Mutex<HashMap<Uuid, Vec<u8>>>),
}

/// A payload as the task database has it.
pub(crate) enum Kept {
    Inline(Vec<u8>),
    Apart { name: Uuid, len: u32, checksum: u32 },
}

impl Kept {
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Kept::Inline(bytes) => [&[0], bytes.as_slice()].concat(),
            Kept::Apart { name, len, checksum } => {
                [&[1][..], name.as_bytes(), &len.to_le_bytes(), &checksum.to_le_bytes()].concat()
            }
        }
    }

    pub(crate) fn decode(row: &[u8]) -> Result<Kept> {
        let damaged = || ApiError::new(Code::InvalidStoreFile, "The note of a task's payload is damaged.");
        let (tag, rest) = row.split_first().ok_or_else(damaged)?;
        if *tag == 0 {
            return Ok(Kept::Inline(rest.to_vec()));
        }
        let (name, rest) = rest.split_first_chunk::<16>().ok_or_else(damaged)?;
        let (len, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let checksum = rest.first_chunk::<4>().ok_or_else(damaged)?;
        Ok(Kept::Apart {
            name: Uuid::from_bytes(*name),
            len: u32::from_le_bytes(*len),
            checksum: u32::from_le_bytes(*checksum),
        })
    }

    /// How many bytes it is when read.
    pub(crate) fn len(&self) -> usize {
        match self {
            Kept::Inline(bytes) => bytes.len(),
            Kept::Apart { len, .. } => *len as usize,
        }
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

impl Payloads {
    pub(crate) fn memory() -> Payloads {
        Payloads::Memory(Mutex::default())
    }

    /// Makes a payload durable; it counts only once the task database names it.
    pub(crate) fn keep(&self, payload: Vec<u8>) -> Result<Kept> {
        if payload.len() <= SMALL {
            return Ok(Kept::Inline(payload));
        }
        let name = Uuid::new_v4();
        let packed = lz4_flex::compress_prepend_size(&payload);
        let kept = Kept::Apart { name, len: payload.len() as u32, checksum: checksum(&packed) };
        drop(payload);
        match self {
            Payloads::Memory(all) => {
                all.lock().unwrap_or_else(PoisonError::into_inner).insert(name, packed);
            }
            Payloads::Folder(folder) => {
                let path = file(folder, name);
                if let Err(error) = write_durably(folder, &path, &packed) {
                    let _ = std::fs::remove_file(path);
                    return Err(error.into());
                }
            }
        }
        Ok(kept)
    }

    pub(crate) fn read(&self, kept: Kept) -> Result<Vec<u8>> {
        let (name, expected) = match kept {
            Kept::Inline(bytes) => return Ok(bytes),
            Kept::Apart { name, checksum, .. } => (name, checksum),
        };
        let damaged = |what: &dyn std::fmt::Display| {
            ApiError::new(
                Code::InvalidStoreFile,
                format!("The documents that came with a task are damaged: {what}"),
            )
        };
        let packed = match self {
            Payloads::Memory(all) => {
                let all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.get(&name).cloned().ok_or_else(|| damaged(&"they are gone"))?
            }
            Payloads::Folder(folder) => {
                std::fs::read(file(folder, name)).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => damaged(&"their file is gone"),
                    _ => error.into(),
                })?
            }
        };
        if checksum(&packed) != expected {
            return Err(damaged(&"they do not match their checksum"));
        }
        lz4_flex::decompress_size_prepended(&packed).map_err(|error| damaged(&error))
    }

    /// Lets go of a payload that the task database names no more.
    pub(crate) fn forget(&self, kept: &Kept) {
        let Kept::Apart { name, .. } = kept else { return };
        match self {
            Payloads::Memory(all) => {
                all.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
            }
            // What cannot be removed now is swept when the engine is next opened.
            Payloads::Folder(folder) => drop(std::fs::remove_file(file(folder, *name))),
        }
    }

    /// Removes what no task names: what a crash left of payloads that were never acknowledged, or are done.
    pub(crate) fn sweep(&self, named: &HashSet<Uuid>) -> Result<()> {
        let Payloads::Folder(folder) = self else { return Ok(()) };
        let Ok(files) = std::fs::read_dir(folder) else { return Ok(()) };
        for found in files.flatten() {
            let name = found.file_name();
            let name = name.to_str().and_then(|name| Uuid::parse_str(name).ok());
            if name.is_none_or(|name| !named.contains(&name)) {
                std::fs::remove_file(found.path())?;
            }
        }
        Ok(())
    }
}

fn file(folder: &Path, name: Uuid) -> PathBuf {
    folder.join(name.simple().to_string())
}

fn write_durably(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder(folder)
}

/// Makes the names in a folder durable, where folders can be synced.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
