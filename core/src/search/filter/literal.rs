use crate::document::push_json_string;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, MAX_EXACT_INTEGER, Term};

/// A value as a filter literal. Text is always quoted, so that no value can become syntax; booleans are
/// quoted too and match booleans. Numbers are written bare.
pub(super) fn literal(value: &Term, idiom: Idiom) -> Result<String> {
    match value {
        Term::Text(text) | Term::Symbol(text) | Term::Encoded(text) => Ok(quoted(text)),
        Term::Bool(true) => Ok("\"true\"".to_owned()),
        Term::Bool(false) => Ok("\"false\"".to_owned()),
        Term::Int(value) if value.unsigned_abs() <= MAX_EXACT_INTEGER as u64 => Ok(value.to_string()),
        Term::Int(_) | Term::BigInt(_) => Err(Error::new(
            Kind::ValueIntegerOutOfRange,
            "an integer in a filter is outside ±9007199254740991, where the search engine would match its neighbours too; accepted: a string of its digits, indexed as a string",
        )),
        Term::Float(value) if value.is_finite() => Ok(float(*value)),
        Term::Float(_) => Err(Error::new(
            Kind::ValueNotFinite,
            "NaN and infinities cannot be filtered by; accepted: finite numbers",
        )),
        Term::Invalid(error) => Err(error.clone().into()),
        Term::Null | Term::List(_) | Term::Tuple(_) | Term::Map(_) | Term::Opaque(_) => {
            let got = value.type_name(idiom);
            Err(Error::new(
                Kind::ValueUnencodable,
                format!(
                    "a value of type {got} cannot be filtered by; accepted: strings, numbers, booleans, dates, decimals and uuids"
                ),
            ))
        }
    }
}

/// The shortest digits that read back as the same float, always with a point: `1.0`, `0.1`, `1.0e20`.
fn float(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// A declared field, bare where the filter language takes it bare.
pub(super) fn field(name: &str) -> String {
    const RESERVED: &[&str] =
        &["not", "and", "or", "in", "to", "exists", "is", "null", "empty", "contains", "starts", "with"];
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_json_string(&mut out, text);
    // Only whole characters and ASCII escapes were pushed.
    String::from_utf8(out).unwrap_or_default()
}
