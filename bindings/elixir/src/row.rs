use rustler::Term;
use scrypath_core::{Presence, Record, Sink, ValueError};

use crate::walk::{Allowance, walk};
use crate::{atoms, structs};

/// A record of the application: a struct or a map, read by atom key, then by string key.
pub(crate) struct Row<'a, 'w> {
    term: Term<'a>,
    allowance: &'w Allowance,
}

impl<'a, 'w> Row<'a, 'w> {
    pub(crate) fn new(term: Term<'a>, allowance: &'w Allowance) -> Self {
        Self { term, allowance }
    }

    fn get(&self, name: &str) -> Option<Term<'a>> {
        let by_atom = atoms::existing(self.term.get_env(), name);
        by_atom.and_then(|atom| self.term.map_get(atom).ok()).or_else(|| self.term.map_get(name).ok())
    }
}

impl Record for Row<'_, '_> {
    fn field<S: Sink>(&self, name: &str, sink: &mut S) -> Result<Presence, ValueError> {
        let Some(value) = self.get(name) else { return Ok(Presence::Missing) };
        if structs::unloaded(value).is_some() {
            return Ok(Presence::Unloaded);
        }
        walk(value, sink, self.allowance)?;
        Ok(Presence::Written)
    }

    fn walk<S: Sink>(&self, sink: &mut S) -> Result<bool, ValueError> {
        let plain_map = self.term.is_map() && structs::module(self.term).is_none();
        if plain_map {
            walk(self.term, sink, self.allowance)?;
        }
        Ok(plain_map)
    }
}
