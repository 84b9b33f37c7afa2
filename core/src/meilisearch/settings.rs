use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::host::camel;
use crate::schema::{FacetOrder, Schema};

/// The settings a schema's index needs, as they are sent: what it declares, and what follows from it.
///
/// `filterable` and facet attributes become `filterableAttributes`, `sortable` becomes
/// `sortableAttributes`, facet limits and order become `faceting`. Declared settings come first.
pub fn resolve(schema: &Schema) -> Result<Map<String, Value>> {
    let mut wire = schema.settings.to_wire()?;
    let filterable = filterable_attributes(schema, wire.remove("filterableAttributes"));
    if !filterable.is_empty() {
        wire.insert("filterableAttributes".to_owned(), Value::Array(filterable));
    }
    if !schema.sortable.is_empty() {
        let mut sortable = match wire.remove("sortableAttributes") {
            Some(Value::Array(declared)) => declared,
            _ => Vec::new(),
        };
        for name in &schema.sortable {
            if !sortable.iter().any(|declared| declared == name) {
                sortable.push(json!(name));
            }
        }
        wire.insert("sortableAttributes".to_owned(), Value::Array(sortable));
    }
    if let Some(faceting) = &schema.faceting {
        let mut value = json!({"maxValuesPerFacet": faceting.max_values_per_facet});
        if !faceting.sort_facet_values_by.is_empty() {
            let order = faceting.sort_facet_values_by.iter().map(|(name, by)| {
                let by = match by {
                    FacetOrder::Alpha => "alpha",
                    FacetOrder::Count => "count",
                };
                (name.clone(), json!(by))
            });
            value[camel("sort_facet_values_by")] = Value::Object(order.collect());
        }
        wire.entry("faceting").or_insert(value);
    }
    Ok(wire)
}

fn filterable_attributes(schema: &Schema, declared: Option<Value>) -> Vec<Value> {
    let mut attributes = match declared {
        Some(Value::Array(declared)) => declared,
        _ => Vec::new(),
    };
    for name in &schema.filterable {
        if !attributes.iter().any(|entry| covers(entry, name)) {
            attributes.push(json!(name));
        }
    }
    for facet in schema.facet_attributes() {
        let as_facet = json!({
            "attributePatterns": [facet],
            "features": {"facetSearch": true, "filter": {"equality": true, "comparison": true}},
        });
        match attributes.iter_mut().find(|entry| covers(entry, facet)) {
            Some(entry @ Value::String(_)) => *entry = as_facet,
            Some(_) => {}
            None => attributes.push(as_facet),
        }
    }
    attributes
}

/// Whether an entry of `filterableAttributes`, plain or granular, speaks of `name`.
fn covers(entry: &Value, name: &str) -> bool {
    match entry {
        Value::String(text) => text == name,
        Value::Object(object) => match object.get("attributePatterns") {
            Some(Value::Array(patterns)) => patterns.iter().any(|pattern| pattern == name),
            _ => object.get("attribute").is_some_and(|attribute| attribute == name),
        },
        _ => false,
    }
}
