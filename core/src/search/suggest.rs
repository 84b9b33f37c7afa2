//! Suggestions while somebody types: which texts of the index begin like this?
//!
//! One search over one field, all words required. What comes back are the field's texts, each once, with the
//! parts that matched told apart, so that nobody has to put markup into a page to highlight them.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::options::{self, Checked, Own};
use super::presentation::Presentation;
use super::reply::Seen;
use super::run::common_metadata;
use crate::config::options::invalid_option;
use crate::config::{Config, Layers};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::{Body, Client, Exchange, naming};
use crate::process::Core;
use crate::schema::Schema;
use crate::telemetry::{Trace, error_kind};

/// The options of a suggestion beside those that restrict a search.
pub const OPTIONS: &[&str] = &["field", "limit"];

/// The search options that suggestions take.
const RESTRICTING: &[&str] = &["tenant_scope", "facet_filter", "filter", "sort", "matching_strategy"];

const DEFAULT_LIMIT: i64 = 5;
const MOST: i64 = 100;

/// Marks around what matched: characters that no text has.
const BEGIN: &str = "\u{2}";
const END: &str = "\u{3}";

/// Documents often share a text: so many are asked for each suggestion that is wanted.
const SPARE: i64 = 4;

/// A text of the index that begins like what was typed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Suggestion {
    pub text: String,
    /// The text in pieces, in order.
    pub parts: Vec<SuggestionPart>,
}

/// A piece of a suggestion, and whether it is what was typed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SuggestionPart {
    pub text: String,
    pub matched: bool,
}

struct Planned {
    config: Config,
    index: String,
    field: String,
    limit: usize,
    body: String,
    is_blank: bool,
}

fn plan(schema: &Schema, text: &Term, layers: Layers, idiom: Idiom) -> Result<Planned> {
    let Own { own, rest } = options::own(layers, OPTIONS, RESTRICTING, idiom)?;
    let Checked { mut query, runtime } = options::check_merged(schema, text, rest, None, idiom)?;
    let config = Config::read(&runtime, idiom)?;
    let get = |name: &str| own.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let field = field(schema, get("field"), idiom)?;
    let limit = match get("limit") {
        None => DEFAULT_LIMIT,
        Some(Term::Int(limit @ 1..=MOST)) => *limit,
        Some(other) => {
            return Err(invalid_option("limit", &format!("an integer from 1 to {MOST}"), other, idiom));
        }
    };
    let Presentation { matching_strategy, .. } = query.presentation;
    query.presentation = Presentation {
        matching_strategy: matching_strategy.or_else(|| Some("all".to_owned())),
        attributes_to_retrieve: Some(vec![field.clone()]),
        attributes_to_highlight: Some(vec![field.clone()]),
        highlight_pre_tag: Some(BEGIN.to_owned()),
        highlight_post_tag: Some(END.to_owned()),
        ..Presentation::default()
    };
    let index = naming::index_name(schema, &config);
    let body = query.suggestions(&field, limit * SPARE);
    let is_blank = query.text.trim().is_empty();
    Ok(Planned { config, index, field, limit: limit as usize, body, is_blank })
}

/// The field that is looked at: the one given, else the first that is not the document id.
fn field(schema: &Schema, given: Option<&Term>, idiom: Idiom) -> Result<String> {
    let declared = |name: &str| schema.fields.iter().any(|field| field == name);
    match given {
        Some(term) => match idiom.as_name(term).filter(|name| declared(name)) {
            Some(name) => Ok(name.to_owned()),
            None => {
                let message = format!(
                    "invalid value for {} option: expected a field of {}: {}",
                    idiom.option("field"),
                    schema.name,
                    idiom.names(schema.fields.iter().map(String::as_str))
                );
                Err(Error::new(Kind::InvalidOption, message).named("field"))
            }
        },
        None => {
            let first = schema.fields.iter().find(|field| **field != schema.document_id);
            Ok(first.unwrap_or(&schema.document_id).clone())
        }
    }
}

/// Finds texts that begin like `text`. Nothing typed, nothing sent.
pub async fn suggest(
    core: &Core,
    schema: &Schema,
    text: &Term,
    layers: Layers,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<Vec<Suggestion>> {
    let planned = plan(schema, text, layers, idiom).map_err(|error| error.of_schema(&schema.name))?;
    let Planned { config, index, field, limit, body, is_blank } = planned;
    let client = Client::open(core, &config)?;
    if is_blank {
        return Ok(Vec::new());
    }
    let metadata =
        common_metadata(schema, &config, &index).with("search_scope", Term::Symbol("suggest".to_owned()));
    let span = trace.start("scrypath.search", metadata);
    let exchange = Exchange::post(format!("/indexes/{index}/search"), Body::Json(Bytes::from(body)))
        .about("index", index.as_str());
    let answered = client.object(exchange, trace).await.and_then(|raw| {
        let seen = Seen::read(&raw)?;
        Ok((seen.hits.len(), distinct(&seen.hits, &field, limit)))
    });
    trace.stop(span, |metadata| match &answered {
        Ok((hits, _)) => {
            metadata.set("hit_count", *hits);
            metadata.set("record_count", 0_i64);
            metadata.set("missing_count", 0_i64);
        }
        Err(error) => metadata.set("error_kind", error_kind(error)),
    });
    answered.map(|(_, suggestions)| suggestions).map_err(|error| error.of_schema(&schema.name))
}

#[derive(Deserialize)]
struct Hit {
    #[serde(rename = "_formatted", default)]
    formatted: Map<String, Value>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// The texts that matched, best first, each once whatever its case.
fn distinct(hits: &[&RawValue], field: &str, limit: usize) -> Vec<Suggestion> {
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::new();
    for hit in hits {
        let Ok(Hit { formatted, members }) = serde_json::from_str(hit.get()) else { continue };
        for (text, marked) in texts(members.get(field), formatted.get(field)) {
            if seen.insert(text.to_lowercase()) {
                found.push(Suggestion { text: text.to_owned(), parts: parts(text, marked) });
            }
            if found.len() == limit {
                return found;
            }
        }
    }
    found
}

/// A field's text, and the same as the server marked it; of a list, the texts that it marked.
fn texts<'a>(value: Option<&'a Value>, formatted: Option<&'a Value>) -> Vec<(&'a str, &'a str)> {
    match (value, formatted) {
        (Some(Value::String(text)), formatted) => {
            vec![(text, formatted.and_then(Value::as_str).unwrap_or(text))]
        }
        (Some(Value::Array(items)), Some(Value::Array(formatted))) => {
            let both = items.iter().zip(formatted);
            let texts = both.filter_map(|(item, marked)| Some((item.as_str()?, marked.as_str()?)));
            texts.filter(|(_, marked)| marked.contains(BEGIN)).collect()
        }
        _ => Vec::new(),
    }
}

/// Takes a marked text apart. One that is not the text with marks in it is left whole.
fn parts(text: &str, marked: &str) -> Vec<SuggestionPart> {
    let mut parts: Vec<SuggestionPart> = Vec::new();
    let mut push = |text: &str, matched: bool| {
        if !text.is_empty() {
            parts.push(SuggestionPart { text: text.to_owned(), matched });
        }
    };
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some((matched, after)) = after.split_once(END) else { break };
        push(before, false);
        push(matched, true);
        rest = after;
    }
    push(rest, false);
    let is_whole = parts.iter().map(|part| part.text.len()).sum::<usize>() == text.len()
        && parts.iter().try_fold(text, |rest, part| rest.strip_prefix(part.text.as_str())).is_some();
    match is_whole {
        true => parts,
        false => vec![SuggestionPart { text: text.to_owned(), matched: false }],
    }
}
