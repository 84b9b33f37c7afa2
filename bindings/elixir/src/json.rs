//! JSON text as terms, in one pass. Keys are binaries; one that repeats, as in every hit of a search
//! reply, is one term.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use rustler::{Encoder, Env, NewBinary, Term};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{atoms, reply};

pub(crate) fn term<'a>(text: &str, env: Env<'a>) -> Result<Term<'a>, serde_json::Error> {
    let keys = RefCell::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let term = Value { env, keys: &keys }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(term)
}

type Keys<'a> = RefCell<HashMap<Box<str>, Term<'a>>>;

#[derive(Clone, Copy)]
struct Value<'a, 'k> {
    env: Env<'a>,
    keys: &'k Keys<'a>,
}

struct Key<'a, 'k>(Value<'a, 'k>);

fn binary<'a>(env: Env<'a>, text: &str) -> Term<'a> {
    NewBinary::from_slice(env, text.as_bytes()).into()
}

impl<'de, 'a> DeserializeSeed<'de> for Value<'a, '_> {
    type Value = Term<'a>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Term<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! encoded {
    ($($method:ident: $type:ty),*) => {
        $(fn $method<E>(self, value: $type) -> Result<Term<'a>, E> { Ok(value.encode(self.env)) })*
    };
}

impl<'de, 'a> Visitor<'de> for Value<'a, '_> {
    type Value = Term<'a>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }
    encoded! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64 }

    fn visit_unit<E: Error>(self) -> Result<Term<'a>, E> {
        let nil = atoms::ours(self.env, "nil").ok_or_else(|| E::custom("no nil"))?;
        Ok(nil.to_term(self.env))
    }
    fn visit_str<E>(self, value: &str) -> Result<Term<'a>, E> {
        Ok(binary(self.env, value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Term<'a>, A::Error> {
        let mut terms = Vec::new();
        while let Some(term) = items.next_element_seed(self)? {
            terms.push(term);
        }
        Ok(terms.encode(self.env))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Term<'a>, A::Error> {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        while let Some(key) = entries.next_key_seed(Key(self))? {
            keys.push(key);
            values.push(entries.next_value_seed(self)?);
        }
        Ok(reply::map(self.env, &keys, &values))
    }
}

impl<'de, 'a> DeserializeSeed<'de> for Key<'a, '_> {
    type Value = Term<'a>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Term<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, 'a> Visitor<'de> for Key<'a, '_> {
    type Value = Term<'a>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Term<'a>, E> {
        let Value { env, keys } = self.0;
        let mut keys = keys.borrow_mut();
        if let Some(term) = keys.get(key) {
            return Ok(*term);
        }
        let term = binary(env, key);
        keys.insert(key.into(), term);
        Ok(term)
    }
}
