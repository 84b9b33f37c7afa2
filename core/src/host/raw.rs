use std::borrow::Cow;

use bytes::Bytes;
use schemars::{JsonSchema, SchemaGenerator};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// JSON text that crosses to the host as it came. It was read once already, by whoever made this.
///
/// Serialized the way serde_json's own `RawValue` is, so that serde_json embeds it and other serializers
/// know it by [`RAW_JSON`]. Not `RawValue` itself, since making one reads the whole text again.
#[derive(Debug, Clone)]
pub struct RawJson(Bytes);

/// The name of the one-field struct under which raw JSON is serialized.
pub const RAW_JSON: &str = "$serde_json::private::RawValue";

impl RawJson {
    /// `None` unless the text is UTF-8.
    pub(crate) fn new(text: Bytes) -> Option<Self> {
        std::str::from_utf8(&text).ok()?;
        Some(Self(text))
    }

    /// Takes the text and leaves `null`.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self(Bytes::from_static(b"null")))
    }

    pub fn get(&self) -> &str {
        // SAFETY: `new` checked it, `From<String>` needs no check, and it is immutable since.
        unsafe { std::str::from_utf8_unchecked(&self.0) }
    }
}

impl From<String> for RawJson {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut raw = serializer.serialize_struct(RAW_JSON, 1)?;
        raw.serialize_field(RAW_JSON, self.get())?;
        raw.end()
    }
}

/// Whatever a backend sends, what is handed on of it is an object.
impl JsonSchema for RawJson {
    fn schema_name() -> Cow<'static, str> {
        "RawJson".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        serde_json::Map::<String, serde_json::Value>::json_schema(generator)
    }
}
