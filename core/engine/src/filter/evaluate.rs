//! A filter's set of documents.

use std::ops::Bound;

use roaring::RoaringBitmap;

use super::area;
use super::parser::{Field, Filter, Op};
use crate::error::{ApiError, Code, Result};
use crate::index::{FacetKey, FacetKind, Snapshot, normalize_facet};
use crate::settings::{Features, names_where};

/// The documents that pass; every field of the filter must be filterable, even where it decides nothing.
pub(super) fn evaluate(snapshot: &Snapshot, filter: &Filter, code: Code) -> Result<RoaringBitmap> {
    check(snapshot, filter, code)?;
    run(snapshot, filter, code)
}

fn check(snapshot: &Snapshot, filter: &Filter, code: Code) -> Result<()> {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => {
            filters.iter().try_for_each(|filter| check(snapshot, filter, code))
        }
        Filter::Not(filter) => check(snapshot, filter, code),
        Filter::Area(_) => Ok(()),
        Filter::Test { field, .. } => {
            let settings = &snapshot.settings;
            if settings.filter_rule(&field.name).is_some_and(|(_, rule)| rule.features().is_filterable()) {
                return Ok(());
            }
            Err(field.error(code, &unfilterable(snapshot, &field.name)))
        }
    }
}

/// What is said of a field that cannot be filtered by.
pub(super) fn unfilterable(snapshot: &Snapshot, name: &str) -> String {
    let names = names_where(&snapshot.settings.filterable, Features::is_filterable);
    let offer = if names.is_empty() {
        "This index does not have configured filterable attributes.".to_owned()
    } else {
        let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        format!("Available filterable attribute patterns are: {names}.")
    };
    format!("Attribute `{name}` is not filterable. {offer}")
}

fn run(snapshot: &Snapshot, filter: &Filter, code: Code) -> Result<RoaringBitmap> {
    match filter {
        Filter::All(filters) => {
            let mut found: Option<RoaringBitmap> = None;
            for filter in filters {
                let passing = run(snapshot, filter, code)?;
                let rest = match found {
                    None => passing,
                    Some(found) => found & passing,
                };
                if rest.is_empty() {
                    return Ok(rest);
                }
                found = Some(rest);
            }
            Ok(found.unwrap_or_default())
        }
        Filter::Any(filters) => {
            let mut found = RoaringBitmap::new();
            for filter in filters {
                found |= run(snapshot, filter, code)?;
            }
            Ok(found)
        }
        Filter::Not(filter) => Ok(&snapshot.docids - run(snapshot, filter, code)?),
        Filter::Test { field, op } => test(snapshot, field, op, code),
        Filter::Area(place) => area::evaluate(snapshot, place, code),
    }
}

fn test(snapshot: &Snapshot, field: &Field, op: &Op, code: Code) -> Result<RoaringBitmap> {
    let Some((place, rule)) = snapshot.settings.filter_rule(&field.name) else {
        return Ok(RoaringBitmap::new());
    };
    let features = rule.features();
    let allowed = match op {
        Op::Equal(_) | Op::NotEqual(_) | Op::In(_) => features.equality,
        Op::Greater(_) | Op::GreaterOrEqual(_) | Op::Lower(_) | Op::LowerOrEqual(_) | Op::Between(..) => {
            features.comparison
        }
        Op::Exists | Op::Null | Op::Empty | Op::StartsWith(_) | Op::Contains(..) => features.is_filterable(),
    };
    if !allowed {
        return Err(not_allowed(field, op, features, place, code));
    }
    let Some(id) = snapshot.fields.id(&field.name) else {
        // No document has the field yet.
        return Ok(match op {
            Op::NotEqual(_) => snapshot.docids.clone(),
            _ => RoaringBitmap::new(),
        });
    };
    let between = |from: Bound<&str>, to: Bound<&str>| range(snapshot, id, from, to);
    match op {
        Op::Equal(value) => equal(snapshot, id, value),
        Op::NotEqual(value) => Ok(&snapshot.docids - equal(snapshot, id, value)?),
        Op::In(values) => {
            let mut found = RoaringBitmap::new();
            for value in values {
                found |= equal(snapshot, id, value)?;
            }
            Ok(found)
        }
        Op::Greater(value) => between(Bound::Excluded(value), Bound::Unbounded),
        Op::GreaterOrEqual(value) => between(Bound::Included(value), Bound::Unbounded),
        Op::Lower(value) => between(Bound::Unbounded, Bound::Excluded(value)),
        Op::LowerOrEqual(value) => between(Bound::Unbounded, Bound::Included(value)),
        Op::Between(from, to) => between(Bound::Included(from), Bound::Included(to)),
        Op::Exists => snapshot.exists(id),
        Op::Null => snapshot.is_null(id),
        Op::Empty => snapshot.is_empty(id),
        Op::Contains(value, _) => containing(snapshot, id, &normalize_facet(value)),
        Op::StartsWith(value) => match normalize_facet(value) {
            prefix if prefix.is_empty() => snapshot.exists(id),
            prefix => snapshot.strings_with_prefix(id, &prefix),
        },
    }
}

fn containing(snapshot: &Snapshot, field: u16, part: &str) -> Result<RoaringBitmap> {
    let mut found = RoaringBitmap::new();
    snapshot.each_value(field, FacetKind::String, true, None, |key, docids| {
        if matches!(key, FacetKey::String(value) if value.contains(part)) {
            found |= docids;
        }
        Ok(true)
    })?;
    Ok(found)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn equal(snapshot: &Snapshot, field: u16, value: &str) -> Result<RoaringBitmap> {
    let strings = snapshot.with_string(field, &normalize_facet(value))?;
    match number(value) {
        None => Ok(strings),
        Some(number) => Ok(strings | snapshot.with_number(field, number)?),
    }
}

/// Numbers compare as numbers and strings as strings; a bound that is no number finds no numbers.
fn range(snapshot: &Snapshot, field: u16, from: Bound<&str>, to: Bound<&str>) -> Result<RoaringBitmap> {
    let as_number = |bound: Bound<&str>| match bound {
        Bound::Unbounded => Some(Bound::Unbounded),
        Bound::Included(text) => number(text).map(Bound::Included),
        Bound::Excluded(text) => number(text).map(Bound::Excluded),
    };
    let (low, high) = (from.map(normalize_facet), to.map(normalize_facet));
    let mut found = snapshot.strings_between(
        field,
        low.as_ref().map(String::as_str),
        high.as_ref().map(String::as_str),
    )?;
    if let (Some(low), Some(high)) = (as_number(from), as_number(to)) {
        found |= snapshot.numbers_between(field, low, high)?;
    }
    Ok(found)
}

fn not_allowed(field: &Field, op: &Op, features: Features, rule: usize, code: Code) -> ApiError {
    let mut operators = vec!["OR", "AND", "NOT"];
    if features.equality {
        operators.extend(["=", "!=", "IN"]);
    }
    if features.comparison {
        operators.extend(["<", ">", "<=", ">=", "TO"]);
    }
    operators.extend(["IS EMPTY", "IS NULL", "EXISTS"]);
    let (operator, kind) = match op {
        Op::Equal(_) | Op::In(_) => ("=", "equality"),
        Op::NotEqual(_) => ("!=", "equality"),
        Op::Greater(_) => (">", "comparison"),
        Op::GreaterOrEqual(_) => (">=", "comparison"),
        Op::Lower(_) => ("<", "comparison"),
        Op::LowerOrEqual(_) => ("<=", "comparison"),
        Op::Between(..) => ("TO", "comparison"),
        Op::Exists => ("EXISTS", "the appropriate filter operators"),
        Op::Null => ("IS NULL", "the appropriate filter operators"),
        Op::Empty => ("IS EMPTY", "the appropriate filter operators"),
        Op::Contains(..) => ("CONTAINS", "the appropriate filter operators"),
        Op::StartsWith(_) => ("STARTS WITH", "the appropriate filter operators"),
    };
    let name = &field.name;
    ApiError::new(
        code,
        format!(
            "Filter operator `{operator}` is not allowed for the attribute `{name}`.\n  - Note: allowed operators: {}.\n  \
             - Note: field `{name}` matched rule #{rule} in `filterableAttributes`\n  - Hint: enable {kind} in rule #{rule} \
             by modifying the features.filter object\n  - Hint: prepend another rule matching `{name}` with appropriate \
             filter features before rule #{rule}",
            operators.join(", ")
        ),
    )
}
