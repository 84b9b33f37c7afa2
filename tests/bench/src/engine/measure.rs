//! One set indexed and searched in one place.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::peer::Peer;
use super::records::{named, ranking};

#[derive(Serialize, Deserialize)]
pub(crate) struct Measured {
    /// From the first document sent to the last task finished, in seconds.
    pub(crate) index: f64,
    /// Of one search, in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) disk: u64,
    pub(crate) ndjson: u64,
    /// Resident memory afterwards and at its peak, in bytes; 0 where it cannot be told.
    pub(crate) memory: u64,
    pub(crate) peak: u64,
}

const JSON: &str = "application/json";

pub(crate) fn measure(
    peer: &mut Peer,
    set: &str,
    rounds: usize,
    folder: Option<&Path>,
    process: Option<u32>,
) -> Measured {
    let (settings, queries) = ranking();
    peer.send("PATCH", "/indexes/records/settings", JSON, settings.to_string().as_bytes());
    idle(peer);
    let records = named(set);
    let ndjson = records.bytes;
    let started = Instant::now();
    for body in records.bodies {
        peer.send("POST", "/indexes/records/documents?primaryKey=id", "application/x-ndjson", &body);
    }
    idle(peer);
    let index = started.elapsed().as_secs_f64();
    settle(folder);
    let bodies: Vec<Vec<u8>> = queries.iter().map(|q| json!({"q": q}).to_string().into_bytes()).collect();
    let mut times = Vec::with_capacity(bodies.len() * rounds);
    for round in 0..=rounds {
        for body in &bodies {
            let started = Instant::now();
            peer.send("POST", "/indexes/records/search", JSON, body);
            // The first round is to warm up.
            if round > 0 {
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let (memory, peak) = resident(process.unwrap_or_else(std::process::id));
    Measured {
        index,
        p50: times[times.len() / 2],
        p90: times[times.len() * 9 / 10],
        disk: folder.map_or(0, size_of),
        ndjson,
        memory,
        peak,
    }
}

/// Waits until no task is left.
fn idle(peer: &mut Peer) {
    loop {
        let reply = peer.send("GET", "/tasks?statuses=enqueued,processing&limit=1", JSON, b"");
        let tasks: Value = serde_json::from_slice(&reply).expect("JSON");
        if tasks["total"] == 0 {
            let failed = peer.send("GET", "/tasks?statuses=failed&limit=1", JSON, b"");
            let failed: Value = serde_json::from_slice(&failed).expect("JSON");
            assert_eq!(failed["total"], 0, "{}", failed["results"][0]["error"]);
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until files that are still being tidied after the last task are at rest.
fn settle(folder: Option<&Path>) {
    let mut before = (0, Instant::now());
    while before.1.elapsed() < Duration::from_secs(1) {
        let size = folder.map_or(0, size_of);
        if size != before.0 {
            before = (size, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the files take, as the disk has them.
fn size_of(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => allocated(&meta),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(unix)]
fn allocated(meta: &std::fs::Metadata) -> u64 {
    // A file may claim more than it takes, or the other way round.
    std::os::unix::fs::MetadataExt::blocks(meta) * 512
}

#[cfg(not(unix))]
fn allocated(meta: &std::fs::Metadata) -> u64 {
    meta.len()
}

fn resident(process: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    (value("VmRSS:").unwrap_or(0) * 1024, value("VmHWM:").unwrap_or(0) * 1024)
}
