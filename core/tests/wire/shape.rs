//! A JSON Schema, read into what a type of a host language can say.

use serde_json::Value;

pub(crate) enum Shape {
    Any,
    Null,
    Bool,
    Integer,
    Number,
    Text,
    /// One of these words.
    Words(Vec<String>),
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    /// Any names, all with values of one shape.
    Map(Box<Shape>),
    Named(String),
    Either(Vec<Shape>),
    Record(Vec<Member>),
}

pub(crate) struct Member {
    pub name: String,
    pub shape: Shape,
    pub required: bool,
    pub meaning: String,
}

/// What narrows a value without a host type being able to say so, or is not about values.
const PASSED_OVER: &[&str] =
    &["description", "format", "minimum", "maximum", "minItems", "maxItems", "gives"];

impl Shape {
    /// Panics where a keyword is met that is not known: a type must not say less in silence.
    pub(crate) fn read(schema: &Value) -> Self {
        let Some(keywords) = schema.as_object() else {
            assert_eq!(schema, &Value::Bool(true), "no value has this schema");
            return Self::Any;
        };
        let known: Vec<&str> =
            keywords.keys().map(String::as_str).filter(|word| !PASSED_OVER.contains(word)).collect();
        match known.as_slice() {
            [] => Self::Any,
            ["$ref"] => Self::Named(text(&schema["$ref"]).replace("#/$defs/", "")),
            ["enum"] | ["type", "enum"] => Self::Words(words(&schema["enum"])),
            ["type", "const"] => Self::Words(vec![text(&schema["const"])]),
            ["anyOf"] => Self::either(list(&schema["anyOf"]).iter().map(Self::read)),
            ["oneOf"] => Self::either(list(&schema["oneOf"]).iter().map(Self::read)),
            ["type"] if schema["type"].is_array() => {
                Self::either(words(&schema["type"]).iter().map(|name| Self::scalar(name)))
            }
            ["type"] => Self::scalar(&text(&schema["type"])),
            ["type", ..] if schema["type"].is_array() => {
                // A list, tuple or map that may be null: what it is, beside that.
                let mut only = schema.clone();
                let kinds = words(&schema["type"]);
                let other = kinds.iter().find(|kind| *kind != "null").expect("a type beside null");
                assert_eq!(kinds.len(), 2, "types of {schema}");
                only["type"] = other.as_str().into();
                Self::Either(vec![Self::read(&only), Self::Null])
            }
            ["type", "items"] => Self::List(Box::new(Self::read(&schema["items"]))),
            ["type", "prefixItems"] => {
                Self::Tuple(list(&schema["prefixItems"]).iter().map(Self::read).collect())
            }
            ["type", "additionalProperties"] => {
                Self::Map(Box::new(Self::read(&schema["additionalProperties"])))
            }
            ["type", "properties", ..] => Self::Record(members(schema)),
            other => panic!("the keywords {other:?} have no shape: {schema}"),
        }
    }

    fn scalar(name: &str) -> Self {
        match name {
            "null" => Self::Null,
            "boolean" => Self::Bool,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::Text,
            "object" => Self::Record(Vec::new()),
            other => panic!("the type {other:?} has no shape"),
        }
    }

    /// Words beside words are one choice of words.
    fn either(shapes: impl Iterator<Item = Self>) -> Self {
        let (mut words, mut others) = (Vec::new(), Vec::new());
        for shape in shapes {
            match shape {
                Self::Words(more) => words.extend(more),
                other => others.push(other),
            }
        }
        match (words.is_empty(), others.is_empty()) {
            (false, true) => Self::Words(words),
            (true, _) => Self::Either(others),
            (false, false) => panic!("words beside {} other shapes", others.len()),
        }
    }

    /// The names of the types this one is made of.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) => vec![name],
            Self::List(inner) | Self::Map(inner) => inner.names(),
            Self::Tuple(inner) | Self::Either(inner) => inner.iter().flat_map(Self::names).collect(),
            Self::Record(members) => members.iter().flat_map(|member| member.shape.names()).collect(),
            _ => Vec::new(),
        }
    }
}

pub(crate) fn members(schema: &Value) -> Vec<Member> {
    let required = words(&schema["required"]);
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, value)| Member {
            name: name.clone(),
            shape: Shape::read(value),
            required: required.contains(name),
            meaning: meaning(value),
        })
        .collect()
}

/// The doc comment of what a schema was derived from, on one line.
pub(crate) fn meaning(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> Vec<String> {
    list(value).iter().map(text).collect()
}
