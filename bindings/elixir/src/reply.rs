//! A reply as a term. Structs of Rust have atom keys, maps of data have binary keys, and text from a
//! server never becomes an atom.

use std::fmt::{self, Display};

use rustler::types::{map::map_new, tuple::make_tuple};
use rustler::{Encoder, Env, NewBinary, Term};
use scrypath_core::SYMBOL;
use serde::ser::{
    Error, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};

use crate::{atoms, json};

/// The name serde_json gives to JSON text that is to be passed on as it is.
const RAW_JSON: &str = "$serde_json::private::RawValue";

pub(crate) fn term<'a>(value: &impl Serialize, env: Env<'a>) -> Built<'a> {
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

impl Error for Refused {
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

    fn parts(self, len: usize) -> Parts<'a> {
        Parts { to: self, raw_json: false, keys: Vec::new(), values: Vec::with_capacity(len) }
    }
}

macro_rules! encoded {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Built<'a> { Ok(value.encode(self.0)) })*
    };
}

/// Forms that no reply of the core has.
macro_rules! unused {
    ($($method:ident($($type:ty),*) -> $given:ty;)*) => {
        $(fn $method(self, name: &'static str $(, _: $type)*) -> Result<$given, Refused> {
            Err(Refused::custom(name))
        })*
    };
}

impl<'a> Serializer for Terms<'a> {
    type Ok = Term<'a>;
    type Error = Refused;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeTupleStruct = Impossible<Term<'a>, Refused>;
    type SerializeTupleVariant = Impossible<Term<'a>, Refused>;
    type SerializeStructVariant = Impossible<Term<'a>, Refused>;

    encoded! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64, serialize_str: &str
    }
    unused! {
        serialize_unit_struct() -> Term<'a>;
        serialize_tuple_struct(usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_char(self, value: char) -> Built<'a> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_bytes(self, value: &[u8]) -> Built<'a> {
        Ok(NewBinary::from_slice(self.0, value).into())
    }
    fn serialize_none(self) -> Built<'a> {
        self.atom("nil")
    }
    fn serialize_unit(self) -> Built<'a> {
        self.atom("nil")
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Built<'a> {
        value.serialize(self)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Built<'a> {
        self.atom(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Built<'a> {
        let term = value.serialize(self)?;
        let symbol = term.decode::<&str>().ok().filter(|_| name == SYMBOL);
        let atom = symbol.and_then(|name| atoms::existing(self.0, name));
        Ok(atom.map_or(term, |atom| atom.to_term(self.0)))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Built<'a> {
        Ok((self.atom(variant)?, value.serialize(self)?).encode(self.0))
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        Ok(self.parts(len.unwrap_or(0)))
    }
    fn serialize_tuple(self, len: usize) -> Result<Parts<'a>, Refused> {
        Ok(self.parts(len))
    }
    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'a>, Refused> {
        Ok(self.parts(len.unwrap_or(0)))
    }
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Parts<'a>, Refused> {
        Ok(Parts { raw_json: name == RAW_JSON, ..self.parts(len) })
    }
}

/// A list, tuple or map being built, or the one field of raw JSON.
struct Parts<'a> {
    to: Terms<'a>,
    raw_json: bool,
    keys: Vec<Term<'a>>,
    values: Vec<Term<'a>>,
}

impl<'a> Parts<'a> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.values.push(value.serialize(self.to)?);
        Ok(())
    }
}

macro_rules! built {
    ($($trait:ident $add:ident => |$parts:ident| $built:expr;)*) => {
        $(impl<'a> $trait for Parts<'a> {
            type Ok = Term<'a>;
            type Error = Refused;
            built!(@ $add);
            fn end(self) -> Built<'a> { let $parts = self; $built }
        })*
    };
    (@ field) => {
        fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
            self.keys.push(self.to.atom(name)?);
            self.push(value)
        }
    };
    (@ entry) => {
        fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
            self.keys.push(key.serialize(self.to)?);
            Ok(())
        }
        fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
            self.push(value)
        }
    };
    (@ element) => {
        fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
            self.push(value)
        }
    };
}

built! {
    SerializeSeq element => |list| Ok(list.values.encode(list.to.0));
    SerializeTuple element => |tuple| Ok(make_tuple(tuple.to.0, &tuple.values));
    SerializeMap entry => |all| Ok(map(all.to.0, &all.keys, &all.values));
    SerializeStruct field => |all| match all.values.first() {
        Some(text) if all.raw_json => {
            json::term(text.decode().unwrap_or_default(), all.to.0).map_err(Refused::custom)
        }
        _ => Ok(map(all.to.0, &all.keys, &all.values)),
    };
}

/// A map of keys and values; of a key given twice, the last value counts, as everywhere in JSON.
pub(crate) fn map<'a>(env: Env<'a>, keys: &[Term<'a>], values: &[Term<'a>]) -> Term<'a> {
    Term::map_from_term_arrays(env, keys, values).unwrap_or_else(|_| {
        let put = |map: Term<'a>, (key, value): (&Term<'a>, &Term<'a>)| map.map_put(*key, *value);
        keys.iter().zip(values).try_fold(map_new(env), put).unwrap_or_else(|_| map_new(env))
    })
}
