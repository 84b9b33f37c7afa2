//! Atoms by name and names by atom.
//!
//! An atom is an immediate value that lives as long as the VM, so each thread keeps the ones it met.
//! The external term format carries atoms of any script on every OTP release; the NIF calls for names
//! know only Latin-1 before OTP 26.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rustler::{Atom, Env, Term};

/// More distinct names than schemas have; past it a thread starts over.
const KEPT: usize = 4096;

type Raw = rustler::codegen_runtime::ErlNifTerm;

thread_local! {
    static NAMES: RefCell<HashMap<Raw, Rc<str>>> = RefCell::default();
    static ATOMS: RefCell<HashMap<Box<str>, Atom>> = RefCell::default();
}

/// The text of an atom.
pub(crate) fn name(atom: Term) -> Rc<str> {
    NAMES.with_borrow_mut(|names| {
        if names.len() >= KEPT {
            names.clear();
        }
        names.entry(atom.as_c_arg()).or_insert_with(|| read_name(&atom.to_binary()).into()).clone()
    })
}

fn read_name(external: &[u8]) -> String {
    let utf8 = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let latin1 = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect();
    match external {
        [131, 119, _, text @ ..] | [131, 118, _, _, text @ ..] => utf8(text),
        [131, 115, _, text @ ..] | [131, 100, _, _, text @ ..] => latin1(text),
        _ => String::new(),
    }
}

/// The atom of that name, if there is one. Never makes one: the name may come from a server.
pub(crate) fn existing(env: Env, name: &str) -> Option<Atom> {
    kept(name, || {
        let length = u8::try_from(name.len()).ok()?;
        let external = [&[131, 119, length], name.as_bytes()].concat();
        let (term, _) = env.binary_to_term(&external)?;
        Atom::from_term(term).ok()
    })
}

/// The atom of a name written in Rust source.
pub(crate) fn ours(env: Env, name: &'static str) -> Option<Atom> {
    kept(name, || Atom::from_str(env, name).ok())
}

fn kept(name: &str, find: impl FnOnce() -> Option<Atom>) -> Option<Atom> {
    ATOMS.with_borrow_mut(|atoms| {
        if let Some(atom) = atoms.get(name) {
            return Some(*atom);
        }
        if atoms.len() >= KEPT {
            atoms.clear();
        }
        let atom = find()?;
        atoms.insert(name.into(), atom);
        Some(atom)
    })
}
