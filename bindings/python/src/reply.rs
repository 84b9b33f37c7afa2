//! A core reply as Python values: the one serializer of this binding.

use std::fmt;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use scrypath_core::Reply;
use serde::Serialize;
use serde::ser::{self, Impossible};

use crate::transcode::transcode;

/// `{"ok": …}` or `{"error": {…}}`; `"events"` too, when somebody listens to them.
pub(crate) fn to_python<'py>(py: Python<'py>, reply: &Reply, events: bool) -> PyResult<Bound<'py, PyAny>> {
    reply.serialize(ToPython { py, events, is_json: false }).map_err(|failed| failed.0)
}

#[derive(Clone, Copy)]
struct ToPython<'py> {
    py: Python<'py>,
    events: bool,
    /// The next string is JSON text, to be read rather than shown.
    is_json: bool,
}

type Made<'py> = Result<Bound<'py, PyAny>, Failed>;

/// Making a Python value failed, which happens when memory runs out.
#[derive(Debug)]
struct Failed(PyErr);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(pyo3::exceptions::PyValueError::new_err(message.to_string()))
    }
}

impl From<PyErr> for Failed {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty);)*) => {
        $(fn $method(self, value: $type) -> Made<'py> {
            Ok(value.into_bound_py_any(self.py)?)
        })*
    };
}

impl<'py> ser::Serializer for ToPython<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    type SerializeSeq = Items<'py>;
    type SerializeTuple = Items<'py>;
    type SerializeTupleStruct = Items<'py>;
    type SerializeTupleVariant = Impossible<Self::Ok, Failed>;
    type SerializeMap = Entries<'py>;
    type SerializeStruct = Entries<'py>;
    type SerializeStructVariant = Impossible<Self::Ok, Failed>;

    scalars! {
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64);
        serialize_f32(f32); serialize_f64(f64); serialize_char(char);
    }
    fn serialize_str(self, text: &str) -> Made<'py> {
        match self.is_json {
            true => Ok(transcode(self.py, text)?),
            false => Ok(PyString::new(self.py, text).into_any()),
        }
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Made<'py> {
        Ok(PyBytes::new(self.py, bytes).into_any())
    }
    fn serialize_none(self) -> Made<'py> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<'py> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Made<'py> {
        Ok(self.py.None().into_bound(self.py))
    }
    fn serialize_unit_struct(self, _: &'static str) -> Made<'py> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'py> {
        Ok(PyString::intern(self.py, variant).into_any())
    }
    /// Also symbols: names are strings here.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made<'py> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made<'py> {
        let dict = PyDict::new(self.py);
        dict.set_item(variant, value.serialize(self)?)?;
        Ok(dict.into_any())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'py>, Failed> {
        Ok(Items { to: self, items: Vec::new(), tuple: false })
    }
    fn serialize_tuple(self, len: usize) -> Result<Items<'py>, Failed> {
        Ok(Items { to: self, items: Vec::with_capacity(len), tuple: true })
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items<'py>, Failed> {
        self.serialize_tuple(len)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Failed> {
        Err(ser::Error::custom("a tuple variant has no form in a reply"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'py>, Failed> {
        Ok(Entries { to: self, dict: PyDict::new(self.py), key: None, reply: false, raw: None })
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Entries<'py>, Failed> {
        let raw = (name == RAW).then(|| self.py.None().into_bound(self.py));
        Ok(Entries { to: self, dict: PyDict::new(self.py), key: None, reply: name == "Reply", raw })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Failed> {
        Err(ser::Error::custom("a struct variant has no form in a reply"))
    }
}

/// The name under which serde_json hands over JSON text as it is.
const RAW: &str = "$serde_json::private::RawValue";

struct Items<'py> {
    to: ToPython<'py>,
    items: Vec<Bound<'py, PyAny>>,
    tuple: bool,
}

macro_rules! items {
    ($($trait:ident::$method:ident),*) => {
        $(impl<'py> ser::$trait for Items<'py> {
            type Ok = Bound<'py, PyAny>;
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
                self.items.push(value.serialize(self.to)?);
                Ok(())
            }
            fn end(self) -> Made<'py> {
                Ok(match self.tuple {
                    true => PyTuple::new(self.to.py, self.items)?.into_any(),
                    false => PyList::new(self.to.py, self.items)?.into_any(),
                })
            }
        })*
    };
}

items!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field
);

struct Entries<'py> {
    to: ToPython<'py>,
    dict: Bound<'py, PyDict>,
    key: Option<Bound<'py, PyAny>>,
    reply: bool,
    raw: Option<Bound<'py, PyAny>>,
}

impl<'py> ser::SerializeMap for Entries<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = Some(key.serialize(self.to)?);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let value = value.serialize(self.to)?;
        Ok(self.dict.set_item(self.key.take(), value)?)
    }
    fn end(self) -> Made<'py> {
        Ok(self.dict.into_any())
    }
}

impl<'py> ser::SerializeStruct for Entries<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Failed> {
        if self.reply && key == "events" && !self.to.events {
            return Ok(());
        }
        match &mut self.raw {
            Some(raw) => *raw = value.serialize(ToPython { is_json: true, ..self.to })?,
            None => self.dict.set_item(PyString::intern(self.to.py, key), value.serialize(self.to)?)?,
        }
        Ok(())
    }
    fn end(self) -> Made<'py> {
        Ok(self.raw.unwrap_or_else(|| self.dict.into_any()))
    }
}
