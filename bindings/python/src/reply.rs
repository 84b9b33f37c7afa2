//! A core reply as Python values: its JSON text, read in one pass without a tree in between.

use std::fmt;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use scrypath_core::Reply;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Hits repeat their keys, so each distinct key becomes one Python string. Direct-mapped and small.
struct Keys<'py>([Option<(String, Bound<'py, PyString>)>; Keys::SLOTS]);

impl<'py> Keys<'py> {
    const SLOTS: usize = 64;

    fn get(&mut self, py: Python<'py>, key: &str) -> Bound<'py, PyString> {
        let hash = key.bytes().fold(key.len(), |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte));
        let slot = &mut self.0[hash % Self::SLOTS];
        match slot {
            Some((known, string)) if known == key => string.clone(),
            _ => {
                let string = PyString::new(py, key);
                *slot = Some((key.to_owned(), string.clone()));
                string
            }
        }
    }
}

/// `{"ok": …}` or `{"error": {…}}`; `"events"` too, when somebody listens to them.
pub(crate) fn to_python<'py>(py: Python<'py>, reply: &Reply, events: bool) -> PyResult<Bound<'py, PyAny>> {
    // What the backend sent is in there as it came, so this is a copy of bytes and little more.
    let json = serde_json::to_string(reply).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let mut keys = Keys([const { None }; Keys::SLOTS]);
    let left_out = if events { None } else { Some("events") };
    match (Value { py, keys: &mut keys, left_out })
        .deserialize(&mut serde_json::Deserializer::from_str(&json))
    {
        Ok(value) => Ok(value),
        // Escaped lone surrogates and very deep nesting are JSON all the same, and Python reads both.
        Err(_) => py.import("json")?.getattr("loads")?.call1((json,)),
    }
}

struct Value<'a, 'py> {
    py: Python<'py>,
    keys: &'a mut Keys<'py>,
    /// A member of this map, not of those within it, that nobody wants.
    left_out: Option<&'static str>,
}

impl<'de, 'py> DeserializeSeed<'de> for Value<'_, 'py> {
    type Value = Bound<'py, PyAny>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty);)*) => {
        $(fn $method<E: serde::de::Error>(self, value: $type) -> Result<Self::Value, E> {
            value.into_bound_py_any(self.py).map_err(E::custom)
        })*
    };
}

impl<'de, 'py> Visitor<'de> for Value<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }
    scalars! { visit_bool(bool); visit_i64(i64); visit_u64(u64); visit_f64(f64); }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) =
            items.next_element_seed(Value { py: self.py, keys: self.keys, left_out: None })?
        {
            list.push(item);
        }
        Ok(PyList::new(self.py, list).map_err(A::Error::custom)?.into_any())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = entries.next_key_seed(Key { py: self.py, keys: self.keys })? {
            if self.left_out.is_some_and(|name| key == name) {
                entries.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = entries.next_value_seed(Value { py: self.py, keys: self.keys, left_out: None })?;
            dict.set_item(key, value).map_err(A::Error::custom)?;
        }
        Ok(dict.into_any())
    }
}

struct Key<'a, 'py> {
    py: Python<'py>,
    keys: &'a mut Keys<'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Key<'_, 'py> {
    type Value = Bound<'py, PyString>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'py> Visitor<'_> for Key<'_, 'py> {
    type Value = Bound<'py, PyString>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.keys.get(self.py, key))
    }
}
