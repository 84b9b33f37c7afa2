//! The JSON form of a declaration, its fingerprint, and what reflection shows.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::declare::{Reflected, declare};
use super::{Declaration, Schema, Settings};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// The version of the JSON form that this build writes and reads.
const FORM: i64 = 1;

impl Schema {
    /// The JSON form: what another language needs to declare the same schema. Host wiring (backend,
    /// fan-outs, hooks) is not part of it.
    pub(super) fn to_json(&self) -> Result<String> {
        let mut form = Map::new();
        form.insert("scrypath".into(), json!(FORM));
        for (key, value) in self.contract()? {
            form.insert(key, value);
        }
        Ok(Value::Object(form).to_string())
    }

    /// SHA-256, in hex, over the JSON form with its keys sorted: equal wherever the declaration is.
    pub(super) fn fingerprint(&self) -> Result<String> {
        let text = sorted(Value::Object(self.contract()?)).to_string();
        let digest = Sha256::digest(text.as_bytes());
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn contract(&self) -> Result<Map<String, Value>> {
        let faceting = match &self.faceting {
            None => Value::Null,
            Some(faceting) => json!({
                "attributes": faceting.attributes,
                "max_values_per_facet": faceting.max_values_per_facet,
                "sort_facet_values_by": faceting.sort_facet_values_by.iter()
                    .map(|(name, by)| (name.clone(), json!(by.name()))).collect::<Map<_, _>>(),
                "nested_facet_paths": faceting.nested_facet_paths,
            }),
        };
        let form = json!({
            "name": self.name,
            "fields": self.fields,
            "filterable": self.filterable,
            "sortable": self.sortable,
            "faceting": faceting,
            "settings": self.settings.json_form()?,
            "document_id": self.document_id,
            "index_prefix": self.index_prefix,
            "tenant_field": self.tenant_field,
        });
        match form {
            Value::Object(form) => Ok(form),
            _ => Err(Error::internal("a schema's form is an object")),
        }
    }

    pub(super) fn reflect(&self) -> Reflected {
        let names = |list: &[String]| list.iter().map(|name| symbol(name)).collect::<Vec<_>>();
        Reflected {
            fields: names(&self.fields),
            filterable: names(&self.filterable),
            faceting: self.reflect_faceting(),
            sortable: names(&self.sortable),
            settings: self.settings.reflect(),
            document_id: symbol(&self.document_id),
            index_prefix: self.index_prefix.clone(),
            fan_outs: Term::List(
                self.fan_outs
                    .iter()
                    .map(|fan_out| {
                        let inner = [("target", &fan_out.target), ("resolver", &fan_out.resolver)];
                        let inner = inner.map(|(key, value)| Term::Tuple(vec![symbol(key), value.clone()]));
                        Term::Tuple(vec![symbol(&fan_out.name), Term::List(inner.to_vec())])
                    })
                    .collect(),
            ),
            backend: self.backend.clone(),
            tenant_field: self.tenant_field.as_deref().map_or(Term::Null, symbol),
            document_source: symbol("fields"),
        }
    }

    fn reflect_faceting(&self) -> Term {
        let Some(faceting) = &self.faceting else { return Term::List(Vec::new()) };
        let order = faceting.sort_facet_values_by.iter();
        let order = order.map(|(name, by)| (symbol(name), symbol(by.name()))).collect();
        let members = [
            ("attributes", Term::List(faceting.attributes.iter().map(|name| symbol(name)).collect())),
            ("max_values_per_facet", Term::Int(faceting.max_values_per_facet)),
            ("sort_facet_values_by", Term::Map(order)),
            ("nested_facet_paths", Term::Bool(faceting.nested_facet_paths)),
        ];
        Term::List(members.map(|(key, value)| Term::Tuple(vec![symbol(key), value])).to_vec())
    }
}

impl Settings {
    fn reflect(&self) -> Term {
        let known = self.known.iter().map(|(name, value)| (symbol(name), value.clone()));
        let rest = (symbol("__unrecognized__"), Term::Map(self.unrecognized.clone()));
        Term::Map(known.chain([rest]).collect())
    }
}

fn symbol(name: &str) -> Term {
    Term::Symbol(name.to_owned())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Reads the JSON form that any of the three languages wrote.
pub fn load(json: &str) -> Result<Declaration> {
    let refuse =
        |what: &str| Error::new(Kind::InvalidSchema, format!("the declaration cannot be read: {what}"));
    let mut form = Term::from_json(json).map_err(|error| refuse(&error.to_string()))?;
    let Term::Map(_) = form else { return Err(refuse("it must be a JSON object")) };
    match form.take("scrypath") {
        Term::Int(FORM) => {}
        Term::Int(other) => {
            return Err(refuse(&format!("it has form {other}, this build reads form {FORM}")));
        }
        _ => return Err(refuse(&format!("it needs \"scrypath\": {FORM}, the version of its form"))),
    }
    let Term::Text(name) = form.take("name") else {
        return Err(refuse("it needs a \"name\", in snake_case"));
    };
    if let Term::Map(entries) = &mut form {
        entries.retain(|(key, value)| !(value.is_null() && key.as_str() == Some("faceting")));
    }
    declare(&name, &form, Idiom::Node)
}
