use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::host::{Idiom, Term};
use crate::search::criteria::Criteria;

/// Composed criteria, and where they came from.
#[derive(Debug)]
pub(crate) struct Composed {
    /// All seven fields.
    pub criteria: Criteria,
    /// What of them came from defaults.
    pub defaulted: Criteria,
    pub fixed: Criteria,
    pub sources: Vec<(Term, Term)>,
    pub warnings: Vec<(Term, Term)>,
    pub idiom: Idiom,
}

impl Composed {
    /// The members, for a struct that holds more.
    pub(super) fn write<S: SerializeStruct>(&self, out: &mut S) -> Result<(), S::Error> {
        self.criteria.form(self.idiom).write(out)?;
        out.serialize_field("applied", &self.criteria.without_empties().form(self.idiom))?;
        out.serialize_field("defaulted", &self.defaulted.form(self.idiom))?;
        out.serialize_field("fixed", &self.fixed.form(self.idiom))?;
        for (name, notes) in [("sources", &self.sources), ("warnings", &self.warnings)] {
            if !notes.is_empty() {
                out.serialize_field(name, &Term::Map(notes.clone()))?;
            }
        }
        Ok(())
    }
}

impl Serialize for Composed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Composed", 12)?;
        self.write(&mut out)?;
        out.end()
    }
}
