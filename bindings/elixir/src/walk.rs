//! The one walk over a term, into whatever the core wants to make of it.

use std::cell::Cell;

use rustler::types::map::MapIterator;
use rustler::types::tuple::get_tuple;
use rustler::{Binary, Term, TermType};
use scrypath_core::{Sink, ValueError};

use crate::{atoms, structs};

type Written = Result<(), ValueError>;

/// How much a walk may still visit: a normal scheduler gets a little, a dirty one as much as there is.
pub(crate) struct Allowance(Cell<usize>);

impl Allowance {
    /// Some tens of microseconds of walking; a search with dozens of filters needs a tenth of it.
    pub(crate) fn normal_scheduler() -> Self {
        Self(Cell::new(1_000))
    }

    pub(crate) fn unlimited() -> Self {
        Self(Cell::new(usize::MAX))
    }

    pub(crate) fn spent(&self) -> bool {
        self.0.get() == 0
    }

    pub(crate) fn take(&self, bytes: usize) -> Written {
        let left = self.0.get().saturating_sub(1 + bytes / 64);
        self.0.set(left);
        if left == 0 { Err(ValueError::Host("too much for a normal scheduler".to_owned())) } else { Ok(()) }
    }
}

pub(crate) fn walk<S: Sink>(term: Term, sink: &mut S, allowance: &Allowance) -> Written {
    allowance.take(0)?;
    match term.get_type() {
        TermType::Atom => atom(term, sink),
        TermType::Binary => text(term, sink, allowance),
        TermType::Integer => integer(term, sink),
        TermType::Float => sink.float(term.decode().unwrap_or(f64::NAN)),
        TermType::List => list(term, sink, allowance),
        TermType::Tuple => {
            sink.begin_tuple()?;
            for item in get_tuple(term).unwrap_or_default() {
                walk(item, sink, allowance)?;
            }
            sink.end_tuple()
        }
        TermType::Map => match structs::module(term) {
            Some(module) => structs::walk(term, module, sink, allowance),
            None => map(term, sink, allowance),
        },
        TermType::Fun => sink.unencodable("function"),
        TermType::Pid => sink.unencodable("pid"),
        TermType::Port => sink.unencodable("port"),
        TermType::Ref => sink.unencodable("reference"),
        TermType::Unknown => sink.unencodable("unknown"),
    }
}

fn atom<S: Sink>(term: Term, sink: &mut S) -> Written {
    match &*atoms::name(term) {
        "nil" => sink.null(),
        "true" => sink.bool(true),
        "false" => sink.bool(false),
        name => sink.symbol(name),
    }
}

fn text<S: Sink>(term: Term, sink: &mut S, allowance: &Allowance) -> Written {
    match Binary::from_term(term) {
        Ok(binary) => {
            allowance.take(binary.len())?;
            sink.text(utf8(&binary)?)
        }
        Err(_) => sink.unencodable("bitstring"),
    }
}

fn utf8<'a>(binary: &Binary<'a>) -> Result<&'a str, ValueError> {
    std::str::from_utf8(binary.as_slice()).map_err(|_| ValueError::InvalidUtf8)
}

fn integer<S: Sink>(term: Term, sink: &mut S) -> Written {
    match term.decode::<i64>() {
        Ok(value) => sink.int(value),
        Err(_) => sink.big_int(&digits(term)?),
    }
}

/// The digits of an integer of any size. Writing out an enormous one would take quadratic time, and
/// nothing accepts it.
pub(crate) fn digits(term: Term) -> Result<String, ValueError> {
    const LONGEST_IN_BYTES: usize = 512;
    match term.decode::<i64>() {
        Ok(value) => Ok(value.to_string()),
        Err(_) if term.to_binary().len() > LONGEST_IN_BYTES => Err(ValueError::IntegerOutOfRange),
        Err(_) => Ok(format!("{term:?}")),
    }
}

fn list<S: Sink>(term: Term, sink: &mut S, allowance: &Allowance) -> Written {
    if term.list_length().is_err() {
        return sink.unencodable("improper list");
    }
    sink.begin_list()?;
    for item in term.into_list_iterator().into_iter().flatten() {
        walk(item, sink, allowance)?;
    }
    sink.end_list()
}

fn map<S: Sink>(term: Term, sink: &mut S, allowance: &Allowance) -> Written {
    sink.begin_map()?;
    for (name, value) in MapIterator::new(term).into_iter().flatten() {
        key(name, sink, allowance)?;
        walk(value, sink, allowance)?;
    }
    sink.end_map()
}

pub(crate) fn key<S: Sink>(name: Term, sink: &mut S, allowance: &Allowance) -> Written {
    let kind = match name.get_type() {
        TermType::Atom => return sink.key(&atoms::name(name), true),
        TermType::Integer => return sink.key(&digits(name)?, false),
        TermType::Binary => match Binary::from_term(name) {
            Ok(binary) => {
                allowance.take(binary.len())?;
                return sink.key(utf8(&binary)?, false);
            }
            Err(_) => "bitstring",
        },
        TermType::Float => "float",
        TermType::List => "list",
        TermType::Tuple => "tuple",
        TermType::Map => "map",
        _ => "a process-bound term",
    };
    Err(ValueError::InvalidKey(kind.to_owned()))
}
