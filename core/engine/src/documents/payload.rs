//! A body of documents, as JSON, NDJSON or CSV, turned into the form that waits with its task: each
//! document's JSON as it came, led by its length.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{ApiError, Code, Result};
use crate::http::ContentType;

/// Deeper documents could not be read back.
const MAX_DEPTH: usize = 100;

/// The JSON of one document.
pub(crate) type Document<'a> = &'a [u8];

/// Packs a body; returns it with the number of documents in it.
pub(super) fn pack(body: &[u8], format: ContentType, delimiter: u8) -> Result<(Vec<u8>, u64)> {
    let mut packed = Packed { bytes: Vec::with_capacity(body.len() + 64), count: 0, format };
    match format {
        ContentType::Json => {
            let raw: &RawValue = serde_json::from_slice(body).map_err(|e| malformed(format, &e))?;
            if raw.get().starts_with('[') {
                let documents: Vec<&RawValue> =
                    serde_json::from_str(raw.get()).map_err(|e| malformed(format, &e))?;
                for document in documents {
                    packed.push(document.get())?;
                }
            } else {
                packed.push(raw.get())?;
            }
        }
        ContentType::NdJson => {
            for document in serde_json::Deserializer::from_slice(body).into_iter::<&RawValue>() {
                packed.push(document.map_err(|e| malformed(format, &e))?.get())?;
            }
        }
        ContentType::Csv => packed.push_csv(body, delimiter)?,
    }
    Ok((packed.bytes, packed.count))
}

struct Packed {
    bytes: Vec<u8>,
    count: u64,
    format: ContentType,
}

impl Packed {
    fn push(&mut self, json: &str) -> Result<()> {
        if !json.starts_with('{') {
            return Err(refusal(self.format, "data are neither an object nor a list of objects"));
        }
        if depth(json) > MAX_DEPTH {
            return Err(refusal(self.format, "recursion limit exceeded"));
        }
        // At most 100 MB, which fits.
        self.bytes.extend_from_slice(&(json.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(json.as_bytes());
        self.count += 1;
        Ok(())
    }

    fn push_csv(&mut self, body: &[u8], delimiter: u8) -> Result<()> {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(body);
        let bad = |what: String| {
            ApiError::new(
                Code::MalformedPayload,
                format!("The `csv` payload provided is malformed: `{what}`."),
            )
        };
        let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
        let columns: Vec<(&str, &str)> = header
            .iter()
            .map(|title| match title.rsplit_once(':') {
                Some((name, kind @ ("string" | "number" | "boolean"))) => (name, kind),
                _ => (title, "string"),
            })
            .collect();
        for (line, record) in reader.records().enumerate() {
            let record = record.map_err(|e| bad(e.to_string()))?;
            let mut document = Map::new();
            for ((name, kind), text) in columns.iter().zip(record.iter()) {
                let trimmed = text.trim();
                let value = match *kind {
                    "string" if text.is_empty() => Value::Null,
                    "string" => Value::from(text),
                    _ if trimmed.is_empty() => Value::Null,
                    "number" => match (trimmed.parse::<i64>(), trimmed.parse::<f64>()) {
                        (Ok(integer), _) => Value::from(integer),
                        (_, Ok(float)) => Value::from(float),
                        _ => {
                            return Err(bad(format!(
                                "Error parsing number {text:?} at line {}: invalid float literal",
                                line + 1
                            )));
                        }
                    },
                    _ => match trimmed.parse::<bool>() {
                        Ok(flag) => Value::from(flag),
                        Err(error) => {
                            return Err(bad(format!(
                                "Error parsing boolean {text:?} at line {}: {error}",
                                line + 1
                            )));
                        }
                    },
                };
                document.insert((*name).to_owned(), value);
            }
            self.push(&Value::Object(document).to_string())?;
        }
        Ok(())
    }
}

fn format_name(format: ContentType) -> &'static str {
    match format {
        ContentType::Json => "json",
        ContentType::NdJson => "ndjson",
        ContentType::Csv => "csv",
    }
}

pub(super) fn missing(format: ContentType) -> ApiError {
    ApiError::new(Code::MissingPayload, format!("A {} payload is missing.", format_name(format)))
}

fn malformed(format: ContentType, error: &serde_json::Error) -> ApiError {
    let mut text = error.to_string();
    // Such an error may quote what was sent; only its two ends are of use.
    if text.len() > 138 {
        let start = (0..=50).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let end = (text.len() - 85..text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
        text = format!("{}...{}", &text[..start], &text[end..]);
    }
    refusal(format, &text)
}

fn refusal(format: ContentType, why: &str) -> ApiError {
    ApiError::new(
        Code::MalformedPayload,
        format!(
            "The `{}` payload provided is malformed. `Couldn't serialize document value: {why}`.",
            format_name(format)
        ),
    )
}

/// How deep valid JSON is nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for byte in json.bytes() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else {
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    deepest
}

/// The documents of a packed body.
pub(crate) fn documents(mut packed: &[u8]) -> impl Iterator<Item = Document<'_>> {
    std::iter::from_fn(move || {
        let (len, rest) = packed.split_first_chunk::<4>()?;
        let (document, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        packed = rest;
        Some(document)
    })
}

/// The fields of the first document whose names end in `id`: candidates for a primary key nobody named.
pub(crate) fn first_candidates(packed: &[u8]) -> Result<Vec<String>> {
    let Some(first) = documents(packed).next() else { return Ok(Vec::new()) };
    let document = crate::index::parse_document(first)?;
    let mut names: Vec<String> =
        document.keys().filter(|k| k.to_lowercase().ends_with("id")).cloned().collect();
    names.sort();
    Ok(names)
}
