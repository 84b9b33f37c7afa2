//! A reply as a term. Structs of Rust have atom keys, maps of data have binary keys, and text from a
//! server never becomes an atom.

use std::fmt::{self, Display};

use rustler::types::map::map_new;
use rustler::types::tuple::make_tuple;
use rustler::{Encoder, Env, Term};
use scrypath_core::SYMBOL;
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use crate::{atoms, json};

/// The name serde_json gives to JSON text that is to be passed on as it is.
const RAW_JSON: &str = "$serde_json::private::RawValue";

pub(crate) fn term<'a>(value: &impl Serialize, env: Env<'a>) -> Result<Term<'a>, Refused> {
    value.serialize(Terms(env))
}

#[derive(Debug)]
pub(crate) struct Refused(String);

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Built<'a> = Result<Term<'a>, Refused>;

#[derive(Clone, Copy)]
struct Terms<'a>(Env<'a>);

impl<'a> Terms<'a> {
    fn atom(self, name: &'static str) -> Built<'a> {
        let atom = atoms::ours(self.0, name).ok_or_else(|| Refused::custom("not an atom's name"))?;
        Ok(atom.to_term(self.0))
    }
}

macro_rules! encoded {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Built<'a> { Ok(value.encode(self.0)) })*
    };
}

impl<'a> Serializer for Terms<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = serde::ser::Impossible<Term<'a>, Refused>;
    type SerializeTupleVariant = serde::ser::Impossible<Term<'a>, Refused>;
    type SerializeMap = Pairs<'a>;
    type SerializeStruct = Pairs<'a>;
    type SerializeStructVariant = serde::ser::Impossible<Term<'a>, Refused>;

    encoded! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_str: &str,
    }

    fn serialize_char(self, value: char) -> Built<'a> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_bytes(self, value: &[u8]) -> Built<'a> {
        Ok(rustler::NewBinary::from_slice(self.0, value).into())
    }
    fn serialize_none(self) -> Built<'a> {
        self.atom("nil")
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Built<'a> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Built<'a> {
        self.atom("nil")
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Built<'a> {
        self.atom("nil")
    }
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Built<'a> {
        self.atom(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Built<'a> {
        let term = value.serialize(self)?;
        if name != SYMBOL {
            return Ok(term);
        }
        let atom = term.decode::<&str>().ok().and_then(|name| atoms::existing(self.0, name));
        Ok(atom.map_or(term, |atom| atom.to_term(self.0)))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Built<'a> {
        Ok((self.atom(variant)?, value.serialize(self)?).encode(self.0))
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'a>, Refused> {
        Ok(Items { to: self, items: Vec::with_capacity(len.unwrap_or(0)) })
    }
    fn serialize_tuple(self, len: usize) -> Result<Items<'a>, Refused> {
        self.serialize_seq(Some(len))
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Pairs<'a>, Refused> {
        Ok(Pairs::new(self, len.unwrap_or(0), false))
    }
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Pairs<'a>, Refused> {
        Ok(Pairs::new(self, len, name == RAW_JSON))
    }
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Refused> {
        Err(Refused::custom(name))
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Refused> {
        Err(Refused::custom(name))
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Refused> {
        Err(Refused::custom(name))
    }
}

/// A list or a tuple being built.
struct Items<'a> {
    to: Terms<'a>,
    items: Vec<Term<'a>>,
}

impl<'a> SerializeSeq for Items<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.items.push(value.serialize(self.to)?);
        Ok(())
    }
    fn end(self) -> Built<'a> {
        Ok(self.items.encode(self.to.0))
    }
}

impl<'a> SerializeTuple for Items<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        SerializeSeq::serialize_element(self, value)
    }
    fn end(self) -> Built<'a> {
        Ok(make_tuple(self.to.0, &self.items))
    }
}

/// A map being built, or the one field of raw JSON.
struct Pairs<'a> {
    to: Terms<'a>,
    raw_json: bool,
    keys: Vec<Term<'a>>,
    values: Vec<Term<'a>>,
}

impl<'a> Pairs<'a> {
    fn new(to: Terms<'a>, len: usize, raw_json: bool) -> Self {
        Self { to, raw_json, keys: Vec::with_capacity(len), values: Vec::with_capacity(len) }
    }
}

impl<'a> SerializeMap for Pairs<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.keys.push(key.serialize(self.to)?);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.values.push(value.serialize(self.to)?);
        Ok(())
    }
    fn end(self) -> Built<'a> {
        Ok(map(self.to.0, &self.keys, &self.values))
    }
}

impl<'a> SerializeStruct for Pairs<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        if !self.raw_json {
            self.keys.push(self.to.atom(name)?);
        }
        self.values.push(value.serialize(self.to)?);
        Ok(())
    }
    fn end(self) -> Built<'a> {
        if !self.raw_json {
            return Ok(map(self.to.0, &self.keys, &self.values));
        }
        let text = self.values.first().and_then(|text| text.decode::<&str>().ok()).unwrap_or_default();
        json::term(text, self.to.0).map_err(Refused::custom)
    }
}

/// A map of keys and values; of a key given twice, the last value counts, as everywhere in JSON.
pub(crate) fn map<'a>(env: Env<'a>, keys: &[Term<'a>], values: &[Term<'a>]) -> Term<'a> {
    Term::map_from_term_arrays(env, keys, values).unwrap_or_else(|_| {
        let put = |map: Term<'a>, (key, value): (&Term<'a>, &Term<'a>)| map.map_put(*key, *value);
        keys.iter().zip(values).try_fold(map_new(env), put).unwrap_or_else(|_| map_new(env))
    })
}
