//! JSON text into Python values in one pass, without a tree in between.

use std::fmt;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

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

pub(crate) fn transcode<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    let mut keys = Keys([const { None }; Keys::SLOTS]);
    let mut reader = serde_json::Deserializer::from_str(json);
    match (Value { py, keys: &mut keys }).deserialize(&mut reader) {
        Ok(value) => Ok(value),
        // Escaped lone surrogates and very deep nesting are JSON all the same, and Python reads both.
        Err(_) => py.import("json")?.getattr("loads")?.call1((json,)),
    }
}

struct Value<'a, 'py> {
    py: Python<'py>,
    keys: &'a mut Keys<'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Value<'_, 'py> {
    type Value = Bound<'py, PyAny>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Value<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Self::Value, E> {
        value.into_bound_py_any(self.py).map_err(E::custom)
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Self::Value, E> {
        value.into_bound_py_any(self.py).map_err(E::custom)
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Self::Value, E> {
        value.into_bound_py_any(self.py).map_err(E::custom)
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Self::Value, E> {
        value.into_bound_py_any(self.py).map_err(E::custom)
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Value { py: self.py, keys: self.keys })? {
            list.push(item);
        }
        Ok(PyList::new(self.py, list).map_err(A::Error::custom)?.into_any())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.py);
        while let Some(key) = entries.next_key_seed(Key { py: self.py, keys: self.keys })? {
            let value = entries.next_value_seed(Value { py: self.py, keys: self.keys })?;
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
