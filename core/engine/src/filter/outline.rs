//! A filter as it was read, as plain data: for whoever writes filters and wants to know what they say.

use serde_json::{Value, json};

use super::parser::{Filter, Op};

pub(super) fn outline(filter: &Filter) -> Value {
    match filter {
        Filter::All(filters) => json!({"all": filters.iter().map(outline).collect::<Vec<_>>()}),
        Filter::Any(filters) => json!({"any": filters.iter().map(outline).collect::<Vec<_>>()}),
        Filter::Not(filter) => json!({"not": outline(filter)}),
        Filter::Area(_) => json!({"area": true}),
        Filter::Test { field, op } => {
            let (op, values) = test(op);
            json!({"field": field.name, "op": op, "values": values})
        }
    }
}

fn test(op: &Op) -> (&'static str, Vec<&str>) {
    match op {
        Op::Equal(value) => ("=", vec![value]),
        Op::NotEqual(value) => ("!=", vec![value]),
        Op::Greater(value) => (">", vec![value]),
        Op::GreaterOrEqual(value) => (">=", vec![value]),
        Op::Lower(value) => ("<", vec![value]),
        Op::LowerOrEqual(value) => ("<=", vec![value]),
        Op::Between(from, to) => ("TO", vec![from, to]),
        Op::In(values) => ("IN", values.iter().map(String::as_str).collect()),
        Op::Exists => ("EXISTS", Vec::new()),
        Op::Null => ("IS NULL", Vec::new()),
        Op::Empty => ("IS EMPTY", Vec::new()),
        Op::StartsWith(value) => ("STARTS WITH", vec![value]),
        Op::Contains(value, _) => ("CONTAINS", vec![value]),
    }
}
