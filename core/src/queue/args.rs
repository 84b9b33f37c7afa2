//! What a job says: the `args` of a row, written once here and read by workers in three languages.
//!
//! They hold the documents as they are sent, and the declaration, so that a worker needs no code of the
//! application. They never hold a key or a password. Unknown members are passed over: a later version adds
//! members, and only a change of meaning raises `version`.

use std::borrow::Cow;
use std::fmt::Formatter;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::document::{DocumentId, push_json_string};

pub const UPSERT_WORKER: &str = "Scrypath.Oban.UpsertWorker";
pub const DELETE_WORKER: &str = "Scrypath.Oban.DeleteWorker";

/// The one version of args there is.
const VERSION: i64 = 1;

/// Why a job never can be run: the word that its error holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    Unreadable,
    Version,
    Operation,
    Schema,
    Index,
    DocumentIds,
    Documents,
    Document,
    DocumentData,
    DocumentSource,
    DocumentCount,
    DocumentIdsMismatch,
}

impl Invalid {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => "invalid_args",
            Self::Version => "unknown_version",
            Self::Operation => "unknown_operation",
            Self::Schema => "invalid_schema",
            Self::Index => "invalid_index",
            Self::DocumentIds => "invalid_document_ids",
            Self::Documents => "invalid_documents",
            Self::Document => "invalid_document",
            Self::DocumentData => "invalid_document_data",
            Self::DocumentSource => "invalid_document_source",
            Self::DocumentCount => "invalid_document_count",
            Self::DocumentIdsMismatch => "document_ids_mismatch",
        }
    }
}

/// What a job wants of one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// The document as it is sent: one JSON object.
    Document(Vec<u8>),
    Gone,
}

/// A job that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub index: String,
    /// The declaration in its JSON form, where the job has one.
    pub declaration: Option<String>,
    /// The field that the document id stands under.
    pub primary_key: String,
    /// The backend that the caller had; an Oban's jobs go there.
    pub backend_url: Option<String>,
    pub writes: Vec<(DocumentId, Wanted)>,
}

#[derive(Deserialize)]
struct Args<'a> {
    version: Option<i64>,
    #[serde(borrow)]
    operation: Option<Cow<'a, str>>,
    #[serde(borrow)]
    schema: Option<Cow<'a, str>>,
    #[serde(borrow)]
    index: Option<Cow<'a, str>>,
    #[serde(borrow)]
    meilisearch_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    declaration: Option<&'a RawValue>,
    document_count: Option<usize>,
    document_ids: Option<Value>,
    #[serde(borrow)]
    documents: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Document<'a> {
    id: Value,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    source: Cow<'a, str>,
}

/// The members of an object, in order, each value as it is written: no digit of a number is lost.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut Formatter) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = entries.next_key()? {
                    members.push((name, entries.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// Borrowed wherever it holds no escape.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Declared<'a> {
    #[serde(borrow)]
    document_id: Option<Cow<'a, str>>,
}

impl Work {
    /// Reads the args of a job. Order of checks is the order of the reasons.
    pub fn read(args: &str) -> Result<Self, Invalid> {
        let args: Args = serde_json::from_str(args).map_err(|_| Invalid::Unreadable)?;
        if args.version.is_some_and(|version| version != VERSION) {
            return Err(Invalid::Version);
        }
        args.schema.filter(|name| !name.is_empty()).ok_or(Invalid::Schema)?;
        let index = args.index.filter(|name| is_index(name)).ok_or(Invalid::Index)?.into_owned();
        let declaration = args.declaration.map(|raw| raw.get().to_owned());
        let primary_key = match &declaration {
            Some(json) => serde_json::from_str::<Declared>(json).map_err(|_| Invalid::Schema)?.document_id,
            None => None,
        };
        let primary_key = primary_key.map_or_else(|| "id".to_owned(), Cow::into_owned);
        let Some(Value::Array(ids)) = args.document_ids else { return Err(Invalid::DocumentIds) };
        let ids: Vec<DocumentId> =
            ids.iter().map(read_id).collect::<Option<_>>().ok_or(Invalid::DocumentIds)?;
        let writes: Vec<(DocumentId, Wanted)> = match args.operation.as_deref() {
            Some("upsert") => documents(args.documents, &primary_key)?,
            Some("delete") => ids.iter().map(|id| (id.clone(), Wanted::Gone)).collect(),
            _ => return Err(Invalid::Operation),
        };
        if args.document_count != Some(writes.len()) {
            return Err(Invalid::DocumentCount);
        }
        if !writes.iter().map(|(id, _)| id).eq(&ids) {
            return Err(Invalid::DocumentIdsMismatch);
        }
        let backend_url = args.meilisearch_url.map(Cow::into_owned).filter(|url| !url.is_empty());
        Ok(Self { index, declaration, primary_key, backend_url, writes })
    }
}

fn is_index(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= 400 && name.bytes().all(plain)
}

pub(super) fn read_id(id: &Value) -> Option<DocumentId> {
    match id {
        Value::Number(number) => number.as_i64().map(DocumentId::Int),
        Value::String(text) if DocumentId::is_accepted(text) => Some(DocumentId::Text(text.clone())),
        _ => None,
    }
}

fn documents(raw: Option<&RawValue>, primary_key: &str) -> Result<Vec<(DocumentId, Wanted)>, Invalid> {
    let raw = raw.ok_or(Invalid::Documents)?;
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| Invalid::Documents)?;
    items.into_iter().map(|item| document(item, primary_key)).collect()
}

fn document(item: &RawValue, primary_key: &str) -> Result<(DocumentId, Wanted), Invalid> {
    let document: Document = serde_json::from_str(item.get()).map_err(|_| Invalid::Document)?;
    let id = read_id(&document.id).ok_or(Invalid::Document)?;
    if !matches!(document.source.as_ref(), "fields" | "custom") {
        return Err(Invalid::DocumentSource);
    }
    let data = document.data.get();
    // Only where the data has the key itself is it taken apart: the id stands once, and it is the job's.
    let quoted = quoted(primary_key);
    let mut line = Vec::with_capacity(data.len() + quoted.len() + 24);
    line.push(b'{');
    line.extend_from_slice(quoted.as_bytes());
    line.push(b':');
    id.write_json(&mut line);
    let inner = data.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.ok_or(Invalid::DocumentData)?;
    if !inner.contains(&quoted) {
        if !inner.trim().is_empty() {
            line.push(b',');
            line.extend_from_slice(inner.as_bytes());
        }
    } else {
        let Members(members) = serde_json::from_str(data).map_err(|_| Invalid::DocumentData)?;
        for (name, value) in members.iter().filter(|(name, _)| *name != primary_key) {
            line.push(b',');
            push_json_string(&mut line, name);
            line.push(b':');
            line.extend_from_slice(value.get().as_bytes());
        }
    }
    line.push(b'}');
    Ok((id, Wanted::Document(line)))
}

fn quoted(name: &str) -> String {
    let mut out = Vec::with_capacity(name.len() + 2);
    push_json_string(&mut out, name);
    String::from_utf8(out).unwrap_or_default()
}
