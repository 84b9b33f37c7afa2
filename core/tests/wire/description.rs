//! What crosses the door, as one JSON Schema: derived from the types that serde writes.

use std::sync::LazyLock;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use scrypath_core::Reply;
use scrypath_core::api::{Edge, Request};
use scrypath_core::config::options::{Accepts, RUNTIME};
use scrypath_core::{schema, search};
use serde_json::{Map, Value, json};

use crate::shape::meaning;

/// One operation of the door.
pub(crate) struct Operation {
    pub name: String,
    pub meaning: String,
    /// A schema of its arguments.
    pub takes: Value,
    /// A schema of what is under `ok` in its reply.
    pub gives: Value,
}

pub(crate) struct Description {
    /// Every named schema.
    pub types: Map<String, Value>,
    pub operations: Vec<Operation>,
}

pub(crate) fn description() -> &'static Description {
    static DESCRIPTION: LazyLock<Description> = LazyLock::new(describe);
    &DESCRIPTION
}

fn describe() -> Description {
    let mut replies = SchemaSettings::draft2020_12().for_serialize().into_generator();
    replies.subschema_for::<Reply>();
    let mut types = replies.take_definitions(true);
    types.values_mut().for_each(left_out_is_never_null);
    types.insert("RuntimeOptions".into(), runtime_options());
    types.insert("SearchOption".into(), json!({"enum": search::OPTIONS}));
    types.insert("SchemaOption".into(), json!({"enum": schema::OPTIONS}));
    let mut requests = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let request = Request::json_schema(&mut requests).to_value();
    let edge = Edge::json_schema(&mut requests).to_value();
    for (name, described) in requests.take_definitions(true) {
        types.entry(name).or_insert(described);
    }
    let operations = [request, edge]
        .into_iter()
        .flat_map(|one| one["oneOf"].as_array().expect("a request is one of its operations").clone());
    Description { types, operations: operations.map(|one| operation(&one)).collect() }
}

/// A member that is left out when there is none is never null; schemars says it may be either.
fn left_out_is_never_null(schema: &mut Value) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let members = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, member) in members.into_iter().flatten() {
        if required.iter().any(|wanted| wanted == name) {
            continue;
        }
        if let Some(only) = beside_null(member, "type") {
            member["type"] = only;
        } else if let Some(only) = beside_null(member, "anyOf") {
            *member = only;
        }
    }
}

/// The one choice that there is beside null.
fn beside_null(member: &Value, keyword: &str) -> Option<Value> {
    match member.get(keyword)?.as_array()?.as_slice() {
        [only, null] if *null == "null" || null["type"] == "null" => Some(only.clone()),
        _ => None,
    }
}

fn operation(variant: &Value) -> Operation {
    let mut takes = variant.clone();
    let gives = takes["gives"].take();
    let name = takes["properties"]["op"]["const"].take();
    takes["properties"].as_object_mut().expect("arguments").shift_remove("op");
    takes["required"].as_array_mut().expect("names").retain(|name| name != "op");
    let name = name.as_str().unwrap_or_default().to_owned();
    Operation { name, meaning: meaning(variant), takes, gives }
}

fn runtime_options() -> Value {
    let member = |accepts: Accepts| match accepts {
        Accepts::Module | Accepts::Preload | Accepts::Keyword => json!({}),
        Accepts::OptionalString | Accepts::IndexPrefix | Accepts::OptionalName => {
            json!({"type": ["string", "null"]})
        }
        Accepts::PositiveInteger => json!({"type": "integer", "minimum": 1}),
        Accepts::OptionalPositiveInteger => json!({"type": ["integer", "null"], "minimum": 1}),
        Accepts::NonNegativeInteger => json!({"type": "integer", "minimum": 0}),
        Accepts::OneOf(names) => json!({"enum": names}),
        Accepts::List => json!({"type": "array", "items": {}}),
    };
    let members: Map<String, Value> = RUNTIME
        .iter()
        .map(|option| {
            let mut described = member(option.accepts);
            described["description"] = json!(option.meaning);
            (option.name.to_owned(), described)
        })
        .collect();
    json!({"description": "The options that every verb accepts.", "type": "object", "properties": members})
}
