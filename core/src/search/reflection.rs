//! What of criteria a schema supports, told before anything is searched.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::capabilities::{Capabilities, capabilities};
use super::composition::{self, compose_tuple, is_all, top_level};
use super::criteria::{Criteria, Field, Form, Value};
use crate::config::options::invalid_option;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term, Word};
use crate::schema::Schema;

/// The schemas that entries speak of, each with what stands for it in the host.
pub(crate) type Schemas = Vec<(Term, Arc<Schema>)>;

#[derive(Debug)]
pub(crate) struct Reflection {
    capabilities: Known,
    applied: Criteria,
    unsupported: Criteria,
    /// Copied from a composition, as they are.
    defaulted: Copied,
    fixed: Copied,
    /// For an entry of several: which one it is.
    entry: Option<(Term, String)>,
    idiom: Idiom,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Known {
    Schema(Box<Capabilities>),
    /// Which schemas `:all` stands for is known only when the search runs.
    Deferred {
        status: Word,
        reason: Word,
    },
}

#[derive(Debug)]
enum Copied {
    Term(Term),
    Criteria(Criteria),
}

impl Copied {
    fn nothing() -> Self {
        Self::Criteria(Criteria::default())
    }
}

#[derive(Serialize)]
struct HostOwned {
    tenant_policy: Word,
    authorization: Word,
    related_data: Word,
}

const HOST_OWNED: HostOwned = HostOwned {
    tenant_policy: Word("host_owned"),
    authorization: Word("host_owned"),
    related_data: Word("host_owned"),
};

#[derive(Serialize)]
struct EntryForm<'a> {
    schema: &'a Term,
    text: &'a str,
}

struct Resolved<'a>(&'a Reflection);

impl Serialize for Resolved<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Resolved", 4)?;
        out.serialize_field("applied", &self.0.applied.form(self.0.idiom))?;
        for (name, copied) in [("defaulted", &self.0.defaulted), ("fixed", &self.0.fixed)] {
            match copied {
                Copied::Term(term) => out.serialize_field(name, term)?,
                Copied::Criteria(criteria) => out.serialize_field(name, &criteria.form(self.0.idiom))?,
            }
        }
        out.serialize_field("unsupported", &self.0.unsupported.form(self.0.idiom))?;
        out.end()
    }
}

impl Serialize for Reflection {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Reflection", 4)?;
        out.serialize_field("capabilities", &self.capabilities)?;
        out.serialize_field("resolved", &Resolved(self))?;
        if matches!(self.capabilities, Known::Schema(_)) {
            out.serialize_field("host_owned", &HOST_OWNED)?;
        }
        if let Some((schema, text)) = &self.entry {
            out.serialize_field("entry", &EntryForm { schema, text })?;
        }
        out.end()
    }
}

#[derive(Debug)]
pub(crate) struct ReflectionMany {
    entries: Vec<Reflection>,
    shared: Shared,
    idiom: Idiom,
}

#[derive(Debug)]
enum Shared {
    /// That of a composition.
    Copied(Term),
    /// Options, with every field of criteria but the text.
    Applied(Criteria),
}

struct Applied<'a>(Form<'a>);

impl Serialize for Applied<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Shared", 1)?;
        out.serialize_field("applied", &self.0)?;
        out.end()
    }
}

impl Serialize for ReflectionMany {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("ReflectionMany", 3)?;
        out.serialize_field("entries", &self.entries)?;
        match &self.shared {
            Shared::Copied(term) => out.serialize_field("shared", term)?,
            Shared::Applied(criteria) => {
                out.serialize_field("shared", &Applied(criteria.form(self.idiom).of(Field::OPTIONS)))?;
            }
        }
        out.serialize_field("host_owned", &HOST_OWNED)?;
        out.end()
    }
}

/// Reflects on plain criteria, or on a composition, which is known by its `applied`.
pub(crate) fn reflect(schema: &Schema, given: Term, idiom: Idiom) -> Result<Reflection> {
    if member(&given, "applied").is_some() {
        return reflect_composed(Some(schema), given, idiom);
    }
    let criteria = composition::criteria(given, idiom)?;
    Ok(resolve(Some(schema), &criteria, Copied::nothing(), Copied::nothing(), idiom))
}

fn reflect_composed(schema: Option<&Schema>, composed: Term, idiom: Idiom) -> Result<Reflection> {
    let copied = |name: &str| match member(&composed, name) {
        Some(Term::Map(entries)) => Copied::Term(Term::Map(entries.clone())),
        _ => Copied::nothing(),
    };
    let (defaulted, fixed) = (copied("defaulted"), copied("fixed"));
    let criteria = top_level(composed, "criteria", idiom)?;
    Ok(resolve(schema, &criteria, defaulted, fixed, idiom))
}

/// Reflects on what `compose_many` gave, or on the entries and shared options of a `search_many`.
pub(crate) fn reflect_many(
    schemas: &Schemas,
    given: Term,
    options: Term,
    idiom: Idiom,
) -> Result<ReflectionMany> {
    if let Some(entries) = member(&given, "entries") {
        let Term::List(entries) = entries.clone() else {
            return Err(invalid_option("entries", "a list", entries, idiom));
        };
        let shared = member(&given, "shared").cloned().unwrap_or(Term::Map(Vec::new()));
        let entries = entries.into_iter().map(|entry| {
            let token = member(&entry, "schema").cloned().unwrap_or_default();
            let schema = schema_of(schemas, &token, idiom)?;
            let text = member(&entry, "text").and_then(Term::as_str).unwrap_or_default().to_owned();
            let reflection = reflect_composed(schema, entry, idiom)?;
            Ok(Reflection { entry: Some((token, text)), ..reflection })
        });
        let entries = entries.collect::<Result<_>>()?;
        return Ok(ReflectionMany { entries, shared: Shared::Copied(shared), idiom });
    }
    let Term::List(entries) = given else {
        return Err(invalid_option("entries", "a list, or what compose_many gave", &given, idiom));
    };
    let shared = shared_options(options, idiom)?;
    let entries = entries.into_iter().map(|entry| {
        let entry = compose_tuple(entry, &shared, idiom)?;
        let schema = schema_of(schemas, &entry.schema, idiom)?;
        let composed = entry.composed;
        let (defaulted, fixed) = (Copied::Criteria(composed.defaulted), Copied::Criteria(composed.fixed));
        let reflection = resolve(schema, &composed.criteria, defaulted, fixed, idiom);
        Ok(Reflection { entry: Some((entry.schema, composed.criteria.text().to_owned())), ..reflection })
    });
    let entries = entries.collect::<Result<_>>()?;
    Ok(ReflectionMany { entries, shared: Shared::Applied(shared.filled()), idiom })
}

/// The criteria among options that say much else: how the search runs is of no concern here.
fn shared_options(options: Term, idiom: Idiom) -> Result<Criteria> {
    let pairs = match options {
        Term::Null => Vec::new(),
        options => options
            .into_pairs(idiom)
            .map_err(|options| invalid_option("shared", idiom.keyword_type(), &options, idiom))?,
    };
    let mut shared = Criteria::default();
    for (name, value) in pairs {
        let field = Field::read(&Term::Symbol(name), idiom);
        if let Some(field) = field.filter(|field| Field::OPTIONS.contains(field)) {
            let refuse = |value: Term| invalid_option(field.name(), "criteria", &value, idiom);
            shared.set(field, field.value(value, idiom).map_err(refuse)?);
        }
    }
    Ok(shared)
}

fn schema_of<'a>(schemas: &'a Schemas, token: &Term, idiom: Idiom) -> Result<Option<&'a Schema>> {
    if is_all(token) {
        return Ok(None);
    }
    match schemas.iter().find(|(other, _)| other == token) {
        Some((_, schema)) => Ok(Some(schema)),
        None => {
            let what = token.type_name(idiom);
            let message = format!("an entry must name a declared schema, got: a value of type {what}");
            Err(Error::new(Kind::InvalidSchema, message).named("schema"))
        }
    }
}

fn member<'a>(term: &'a Term, name: &str) -> Option<&'a Term> {
    match term {
        Term::Map(entries) => entries.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, v)| v),
        _ => None,
    }
}

/// Parts criteria into what the schema supports and what it does not. Without a schema all is applied.
fn resolve(
    schema: Option<&Schema>,
    criteria: &Criteria,
    defaulted: Copied,
    fixed: Copied,
    idiom: Idiom,
) -> Reflection {
    let (mut applied, mut unsupported) = (Criteria::default(), Criteria::default());
    for (field, value) in &criteria.0 {
        let (yes, no) = match schema {
            Some(schema) => part(schema, *field, value, idiom),
            None => (value.clone(), field.empty()),
        };
        for (side, value) in [(&mut applied, yes), (&mut unsupported, no)] {
            if !value.is_empty() {
                side.set(*field, value);
            }
        }
    }
    let capabilities = match schema {
        Some(schema) => Known::Schema(Box::new(capabilities(schema))),
        None => Known::Deferred { status: Word("deferred"), reason: Word("all_expands_at_runtime") },
    };
    Reflection { capabilities, applied, unsupported, defaulted, fixed, entry: None, idiom }
}

fn part(schema: &Schema, field: Field, value: &Value, idiom: Idiom) -> (Value, Value) {
    let is_facet = |name: &str| schema.facet_attributes().iter().any(|facet| facet == name);
    match (field, value) {
        (Field::Facets, Value::Names(names)) => {
            let (yes, no) = names.iter().cloned().partition(|name| is_facet(name));
            (Value::Names(yes), Value::Names(no))
        }
        (Field::Filter | Field::FacetFilter | Field::Sort, Value::Pairs(pairs)) => {
            let (yes, no) = pairs.iter().cloned().partition(|(name, value)| match field {
                Field::Sort => value.as_str().is_some_and(|name| schema.is_sortable(name)),
                Field::FacetFilter => is_facet(name),
                _ => is_supported(schema, name, value, idiom),
            });
            (Value::Pairs(yes), Value::Pairs(no))
        }
        _ => (value.clone(), field.empty()),
    }
}

/// A filterable field, or an `or` or `not` group that speaks of nothing else.
fn is_supported(schema: &Schema, name: &str, value: &Term, idiom: Idiom) -> bool {
    if schema.is_filterable(name) {
        return true;
    }
    let is_filter = |group: &Term| {
        let pairs = group.pairs(idiom).filter(|pairs| !pairs.is_empty());
        pairs.is_some_and(|pairs| pairs.iter().all(|(name, value)| is_supported(schema, name, value, idiom)))
    };
    match (name, value) {
        ("not", group) => is_filter(group),
        ("or", Term::List(groups)) => !groups.is_empty() && groups.iter().all(is_filter),
        _ => false,
    }
}
