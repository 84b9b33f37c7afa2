//! The types that Node and Python have of what crosses the door are printed from the Rust ones.
//! `SCRYPATH_GENERATE=1` writes them.

mod description;
mod manifest;
mod python;
mod replies;
mod shape;
mod typescript;

#[path = "../door/mod.rs"]
mod door;

use std::path::Path;

use description::description;

fn check(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    if std::env::var_os("SCRYPATH_GENERATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, wanted, "{file} is not what the core writes: run `make generate`");
}

#[test]
fn the_types_of_node_are_the_cores() {
    check("node/src/wire.ts", &typescript::typescript(description()));
}

#[test]
fn the_manifest_is_the_cores() {
    check("tests/parity/manifest.json", &manifest::manifest(description()));
}

#[test]
fn the_types_of_python_are_the_cores() {
    check("python/src/scrypath/_wire.py", &python::python(description()));
}
