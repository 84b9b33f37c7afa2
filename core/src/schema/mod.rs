//! schema: what of a record type is searchable?
//!
//! A declaration (options of the host, or the JSON form) is checked once and becomes a [`Schema`].
//! [`declare`] takes it through: option names, then each option, then the rules between options, then
//! the tenant field. The JSON form is the same in every language, and so is the fingerprint over it.

mod declare;
mod export;
mod faceting;
mod fan_outs;
mod names;
mod settings;

pub use declare::{Declaration, OPTIONS, declare};
pub use export::load;
pub use faceting::{FacetOrder, Faceting};
pub use fan_outs::FanOut;
pub(crate) use names::DeclaredNames;
pub use settings::Settings;

use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};

use crate::host::Term;

/// A checked declaration.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The collection's name in snake_case: the last segment of an index name.
    pub name: String,
    pub fields: Vec<String>,
    pub filterable: Vec<String>,
    pub sortable: Vec<String>,
    pub faceting: Option<Faceting>,
    pub settings: Settings,
    pub document_id: String,
    pub index_prefix: Option<String>,
    pub fan_outs: Vec<FanOut>,
    pub backend: Term,
    pub tenant_field: Option<String>,
}

impl Schema {
    pub fn is_filterable(&self, field: &str) -> bool {
        self.filterable.iter().any(|name| name == field)
    }

    pub fn is_sortable(&self, field: &str) -> bool {
        self.sortable.iter().any(|name| name == field)
    }

    /// Every name that a search of this schema may speak of.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.fields, &self.filterable, &self.sortable];
        let names = lists.into_iter().flatten().chain(self.facet_attributes()).chain(&self.tenant_field);
        names.chain([&self.document_id]).map(String::as_str)
    }

    pub fn facet_attributes(&self) -> &[String] {
        self.faceting.as_ref().map_or(&[], |faceting| &faceting.attributes)
    }
}

/// In a request, a schema is its JSON form.
impl JsonSchema for Schema {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}
