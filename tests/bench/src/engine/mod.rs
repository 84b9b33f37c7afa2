//! The embedded engine measured: in process, in memory and on disk, over the port, and beside a
//! Meilisearch where there is one on the path or at `MEILISEARCH_URL`.

mod measure;
mod peer;
mod records;

use std::process::{Command, Stdio};

use measure::{Measured, measure};
use peer::{Peer, Server};

/// One set in one place, in this process, which does nothing else: its memory is what is measured.
pub(crate) fn alone(place: &str, set: &str, rounds: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = (place == "disk").then(|| folder.path());
    let measured = measure(&mut Peer::in_process(path), set, rounds, path, None);
    println!("{}", serde_json::to_string(&measured).expect("JSON"));
}

pub(crate) fn compare(rounds: usize, sets: &[&str]) {
    println!(
        "{:<10} {:<24} {:>9} {:>10} {:>10} {:>10} {:>6} {:>8} {:>8}",
        "set", "where", "index", "p50", "p90", "disk", "×", "memory", "peak"
    );
    for set in sets {
        row(set, "in process, memory", &own_process("memory", set, rounds));
        row(set, "in process, disk", &own_process("disk", set, rounds));
        let folder = tempfile::tempdir().expect("a folder");
        let ours = Server::scrypath(folder.path()).map(|server| {
            let mut peer = Peer::on_port(&server.url);
            measure(&mut peer, set, rounds, Some(folder.path()), Some(server.process()))
        });
        if let Some(ours) = &ours {
            row(set, "scrypath serve", ours);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let theirs = match std::env::var("MEILISEARCH_URL") {
            Ok(url) => Some(measure(&mut Peer::on_port(&url), set, rounds, None, None)),
            Err(_) => Server::meilisearch(folder.path()).map(|server| {
                let mut peer = Peer::on_port(&server.url);
                measure(&mut peer, set, rounds, Some(folder.path()), Some(server.process()))
            }),
        };
        if let Some(theirs) = &theirs {
            row(set, "meilisearch", theirs);
        }
        if let (Some(ours), Some(theirs)) = (&ours, &theirs) {
            println!(
                "{set:<10} {:<24} {:>8.2}× {:>9.2}× {:>9.2}× {:>9.2}×",
                "scrypath / meilisearch",
                ours.index / theirs.index,
                ours.p50 / theirs.p50,
                ours.p90 / theirs.p90,
                ours.disk as f64 / theirs.disk.max(1) as f64,
            );
        }
    }
}

fn own_process(place: &str, set: &str, rounds: usize) -> Measured {
    let out = Command::new(std::env::current_exe().expect("a path"))
        .args(["engine-in", place, set, &rounds.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .expect("a process");
    assert!(out.status.success(), "{place} {set} did not end well");
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn row(set: &str, place: &str, measured: &Measured) {
    let mib = |bytes: u64| format!("{:.1} M", bytes as f64 / (1 << 20) as f64);
    println!(
        "{set:<10} {place:<24} {:>7.2} s {:>7.3} ms {:>7.3} ms {:>10} {:>6.2} {:>8} {:>8}",
        measured.index,
        measured.p50,
        measured.p90,
        mib(measured.disk),
        measured.disk as f64 / measured.ndjson as f64,
        mib(measured.memory),
        mib(measured.peak),
    );
}
