use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::Schema;
use super::faceting;
use super::fan_outs;
use super::settings::Settings;
use crate::config::options::{self as runtime, invalid_option};
use crate::document::Source;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term, snake};

/// The declaration options in the order they are checked.
pub const OPTIONS: &[&str] = &[
    "fields",
    "filterable",
    "faceting",
    "sortable",
    "settings",
    "document_id",
    "index_prefix",
    "fan_outs",
    "backend",
    "tenant_field",
];

/// A declaration that holds, with what its author should hear.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Declaration {
    /// The JSON form, which every later call passes.
    pub json: String,
    pub fingerprint: String,
    /// The reflected configuration, `schema_config` of the specification.
    pub config: Reflected,
    /// Notices for standard error. They never change the result.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub schema: Arc<Schema>,
}

/// What `schema_config` shows, in the specification's shape.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reflected {
    #[schemars(with = "Vec<String>")]
    pub fields: Vec<Term>,
    #[schemars(with = "Vec<String>")]
    pub filterable: Vec<Term>,
    #[schemars(with = "Vec<(String, Term)>")]
    pub faceting: Term,
    #[schemars(with = "Vec<String>")]
    pub sortable: Vec<Term>,
    #[schemars(with = "BTreeMap<String, Term>")]
    pub settings: Term,
    #[schemars(with = "String")]
    pub document_id: Term,
    pub index_prefix: Option<String>,
    #[schemars(with = "Vec<(String, Vec<(String, Term)>)>")]
    pub fan_outs: Term,
    #[schemars(with = "Option<String>")]
    pub backend: Term,
    #[schemars(with = "Option<String>")]
    pub tenant_field: Term,
    #[schemars(with = "Source")]
    pub document_source: Term,
}

/// Checks the options of a declaration named `name` (a module, a class, or a collection).
pub fn declare(name: &str, options: &Term, idiom: Idiom) -> Result<Declaration> {
    let mut warnings = Vec::new();
    let schema = check(name, options, idiom, &mut warnings)?;
    let json = schema.to_json()?;
    Ok(Declaration {
        fingerprint: schema.fingerprint()?,
        config: schema.reflect(),
        json,
        warnings,
        schema: Arc::new(schema),
    })
}

fn check(name: &str, options: &Term, idiom: Idiom, warnings: &mut Vec<String>) -> Result<Schema> {
    let name = collection_name(name)?;
    let Some(pairs) = options.pairs(idiom) else {
        let message = format!("a declaration must be {}", idiom.keyword_type());
        return Err(Error::new(Kind::InvalidSchema, message).of_schema(&name));
    };
    let given: Vec<(String, &Term)> =
        pairs.into_iter().map(|(key, value)| (idiom.read_option(key).into_owned(), value)).collect();
    known_options(&given, idiom)?;
    let get = |option: &str| given.iter().find(|(key, _)| key == option).map(|(_, value)| *value);

    let Some(fields) = get("fields") else {
        let received = idiom.options(given.iter().map(|(key, _)| key.as_str()));
        let option = idiom.option("fields");
        let message = format!("required {option} option not found, received options: {received}");
        return Err(Error::new(Kind::MissingOption, message).named("fields").of_schema(&name));
    };
    let mut schema = Schema {
        fields: names("fields", fields, idiom)?,
        filterable: optional(get("filterable"), |term| names("filterable", term, idiom))?,
        faceting: optional(get("faceting"), |term| faceting::read(term, idiom))?,
        sortable: optional(get("sortable"), |term| names("sortable", term, idiom))?,
        settings: optional(get("settings"), |term| Settings::read(term, idiom, warnings))?,
        document_id: match get("document_id") {
            Some(term) => one_name("document_id", term, idiom)?,
            None => "id".to_owned(),
        },
        index_prefix: optional(get("index_prefix"), |term| prefix(term, idiom))?,
        fan_outs: optional(get("fan_outs"), |term| fan_outs::read(term, idiom))?,
        backend: optional(get("backend"), |term| backend(term, idiom))?,
        tenant_field: optional(get("tenant_field"), |term| tenant_field(term, idiom))?,
        name,
    };
    if schema.fields.is_empty() {
        let message = "fields must contain at least one field";
        return Err(Error::new(Kind::InvalidSchema, message).named("fields").of_schema(&schema.name));
    }
    faceting::check_against(&schema, idiom)?;
    inject_tenant(&mut schema, idiom, warnings);
    Ok(schema)
}

fn optional<T: Default>(term: Option<&Term>, read: impl FnOnce(&Term) -> Result<T>) -> Result<T> {
    term.map_or_else(|| Ok(T::default()), read)
}

/// `Harbor.TugBoat`, `TugBoat` and `tug_boat` all name the collection `tug_boat`.
fn collection_name(name: &str) -> Result<String> {
    let last = name.rsplit(['.', ':']).next().unwrap_or_default();
    let name = snake(last);
    let valid = !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if valid {
        return Ok(name);
    }
    let message = "a schema's name must be made of letters, digits, - and _ (200 at most), since its index is named after it";
    Err(Error::new(Kind::InvalidSchema, message).named("name"))
}

fn known_options(given: &[(String, &Term)], idiom: Idiom) -> Result<()> {
    let mut unknown: Vec<&str> = Vec::new();
    for (at, (key, _)) in given.iter().enumerate() {
        let twice = given[..at].iter().any(|(earlier, _)| earlier == key);
        if !OPTIONS.contains(&key.as_str()) || twice {
            unknown.push(key);
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(crate::config::unknown_options(&unknown, OPTIONS.iter().copied(), idiom))
}

/// A list of names, or the error that says which element is not one.
pub(super) fn names(option: &str, term: &Term, idiom: Idiom) -> Result<Vec<String>> {
    let (Term::List(items) | Term::Tuple(items)) = term else {
        return Err(invalid_option(option, "list", term, idiom));
    };
    let read = |(position, item): (usize, &Term)| match idiom.as_name(item) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => {
            let message = format!(
                "invalid list in {} option: invalid value for list element at position {position}: expected {}, got: {}",
                idiom.option(option),
                idiom.symbol_type(),
                crate::config::options::shown(item, idiom),
            );
            Err(Error::new(Kind::InvalidOption, message).named(option).at(position))
        }
    };
    items.iter().enumerate().map(read).collect()
}

fn one_name(option: &str, term: &Term, idiom: Idiom) -> Result<String> {
    match idiom.as_name(term) {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(invalid_option(option, idiom.symbol_type(), term, idiom)),
    }
}

fn prefix(term: &Term, idiom: Idiom) -> Result<Option<String>> {
    if let Some(option) = runtime::find("index_prefix") {
        option.check(term, idiom)?;
    }
    Ok(term.as_str().map(str::to_owned))
}

fn backend(term: &Term, idiom: Idiom) -> Result<Term> {
    match term {
        Term::Null | Term::Symbol(_) | Term::Text(_) | Term::Opaque(_) => Ok(term.clone()),
        other => {
            let expected = format!("a module, {} or {}", idiom.symbol_type(), idiom.null());
            Err(invalid_option("backend", &expected, other, idiom))
        }
    }
}

fn tenant_field(term: &Term, idiom: Idiom) -> Result<Option<String>> {
    match term {
        Term::Null => Ok(None),
        term => match idiom.as_name(term) {
            Some(name) if !name.is_empty() => Ok(Some(name.to_owned())),
            _ => {
                let expected = format!("an {} or {}", idiom.symbol_type(), idiom.null());
                Err(invalid_option("tenant_field", &expected, term, idiom))
            }
        },
    }
}

fn inject_tenant(schema: &mut Schema, idiom: Idiom, warnings: &mut Vec<String>) {
    let Some(tenant) = schema.tenant_field.clone() else { return };
    if !schema.fields.contains(&tenant) {
        let (option, shown) = (idiom.option("tenant_field"), idiom.name(&tenant));
        let option = option.trim_start_matches(':');
        warnings.push(format!("{option} {shown} is not listed in fields: auto-added"));
        schema.fields.push(tenant.clone());
    }
    if !schema.filterable.contains(&tenant) {
        schema.filterable.push(tenant);
    }
    for list in [&mut schema.fields, &mut schema.filterable] {
        let mut seen = std::collections::HashSet::new();
        list.retain(|name| seen.insert(name.clone()));
    }
}
