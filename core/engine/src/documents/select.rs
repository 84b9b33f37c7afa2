//! Fields of a document by path: `a.b` reaches into `a`, and through any arrays on the way.

use serde_json::{Map, Value};

use crate::settings::is_within;

/// The parts of `document` that the paths name, nested as they were.
pub(crate) fn select(document: &Map<String, Value>, paths: &[String]) -> Map<String, Value> {
    if paths.iter().any(|path| path == "*") {
        return document.clone();
    }
    pick(document, "", paths)
}

fn pick(document: &Map<String, Value>, base: &str, paths: &[String]) -> Map<String, Value> {
    let mut picked = Map::new();
    for (key, value) in document {
        let path = if base.is_empty() { key.clone() } else { format!("{base}.{key}") };
        if paths.iter().any(|wanted| is_within(&path, wanted)) {
            picked.insert(key.clone(), value.clone());
        } else if paths.iter().any(|wanted| is_within(wanted, &path)) {
            match value {
                Value::Object(map) => {
                    let inner = pick(map, &path, paths);
                    if !inner.is_empty() {
                        picked.insert(key.clone(), Value::Object(inner));
                    }
                }
                Value::Array(items) => {
                    let inner = pick_items(items, &path, paths);
                    if !inner.is_empty() {
                        picked.insert(key.clone(), Value::Array(inner));
                    }
                }
                _ => {}
            }
        }
    }
    picked
}

fn pick_items(items: &[Value], path: &str, paths: &[String]) -> Vec<Value> {
    items
        .iter()
        .filter_map(|item| match item {
            Value::Object(map) => Some(pick(map, path, paths)).filter(|m| !m.is_empty()).map(Value::Object),
            Value::Array(items) => {
                Some(pick_items(items, path, paths)).filter(|i| !i.is_empty()).map(Value::Array)
            }
            _ => None,
        })
        .collect()
}

/// Shows every leaf under the paths to `visit`, with its path and the places in arrays on the way.
pub(crate) fn map_leaves(
    document: &mut Map<String, Value>,
    paths: &[String],
    visit: &mut impl FnMut(&str, &[usize], &mut Value),
) {
    leaves_of_object(document, paths, "", &mut Vec::new(), visit);
}

fn leaves_of_object(
    map: &mut Map<String, Value>,
    paths: &[String],
    base: &str,
    places: &mut Vec<usize>,
    visit: &mut impl FnMut(&str, &[usize], &mut Value),
) {
    for (key, value) in map.iter_mut() {
        let path = if base.is_empty() { key.clone() } else { format!("{base}.{key}") };
        if paths.iter().any(|wanted| is_within(wanted, &path) || is_within(&path, wanted)) {
            leaves_of(value, paths, &path, places, visit);
        }
    }
}

fn leaves_of(
    value: &mut Value,
    paths: &[String],
    path: &str,
    places: &mut Vec<usize>,
    visit: &mut impl FnMut(&str, &[usize], &mut Value),
) {
    match value {
        Value::Object(map) => leaves_of_object(map, paths, path, places, visit),
        Value::Array(items) => {
            for (place, item) in items.iter_mut().enumerate() {
                places.push(place);
                leaves_of(item, paths, path, places, visit);
                places.pop();
            }
        }
        leaf => visit(path, places, leaf),
    }
}
