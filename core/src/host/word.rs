use serde::ser::{Serialize, Serializer};

/// A word of the core's own vocabulary. Elixir gets an atom of it, whether or not there is one already:
/// unlike a symbol, it never comes from a caller or a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word(pub &'static str);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Word", 0, self.0)
    }
}
