use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;

use super::encode::push_json_string;
use super::{DocumentId, IdSink, JsonSink};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, MAX_DEPTH, Moment, Presence, Record, Sink, Term, TermSink, ValueError, Written};
use crate::schema::Schema;

/// Documents ready to be sent: one JSON object a line, and their ids in the same order.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub ndjson: Vec<u8>,
    pub ids: Vec<DocumentId>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// Turns records into documents by the schema's rule: the hook's map, else exactly the declared fields.
pub struct Projector {
    schema: Arc<Schema>,
    idiom: Idiom,
    batch: Batch,
}

/// Where a document's data came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Fields,
    Custom,
}

/// A projected document as data, for looking at.
#[derive(Debug, Clone, serde::Serialize, JsonSchema)]
pub struct Document {
    pub id: DocumentId,
    #[schemars(with = "BTreeMap<String, Term>")]
    pub data: Term,
    pub source: Source,
}

impl Projector {
    pub fn new(schema: Arc<Schema>, idiom: Idiom) -> Self {
        Self { schema, idiom, batch: Batch::default() }
    }

    /// Adds one record; `hook` is what its `search_document` returned, where the schema has one.
    pub fn push<R: Record, H: Record>(&mut self, record: &R, hook: Option<&H>) -> Result<()> {
        let start = self.batch.ndjson.len();
        let mut sink = JsonSink::new(&mut self.batch.ndjson);
        let projected = project(&self.schema, self.idiom, record, hook, &mut sink, IdKey::Sent);
        match projected {
            Ok(id) => {
                self.batch.ndjson.push(b'\n');
                self.batch.ids.push(id);
                Ok(())
            }
            Err(error) => {
                self.batch.ndjson.truncate(start);
                Err(located(error, &self.schema, self.batch.ids.len()))
            }
        }
    }

    pub fn finish(self) -> Batch {
        self.batch
    }
}

/// Documents as a job holds them: `{"id", "data", "source"}`, comma after comma, and their ids.
#[derive(Debug, Default)]
pub struct JobDocuments {
    pub json: Vec<u8>,
    pub ids: Vec<DocumentId>,
}

impl JobDocuments {
    /// Adds one record, by the same rule as [`Projector::push`].
    pub(crate) fn push<R: Record, H: Record>(
        &mut self,
        schema: &Schema,
        idiom: Idiom,
        record: &R,
        hook: Option<&H>,
    ) -> Result<()> {
        let mut data = Vec::with_capacity(256);
        let mut sink = JsonSink::new(&mut data);
        let id = project(schema, idiom, record, hook, &mut sink, IdKey::Removed)
            .map_err(|error| located(error, schema, self.ids.len()))?;
        if !self.ids.is_empty() {
            self.json.push(b',');
        }
        self.json.extend_from_slice(b"{\"id\":");
        id.write_json(&mut self.json);
        self.json.extend_from_slice(b",\"data\":");
        self.json.extend_from_slice(&data);
        let source = if hook.is_some() { "custom" } else { "fields" };
        self.json.extend_from_slice(format!(",\"source\":\"{source}\"}}").as_bytes());
        self.ids.push(id);
        Ok(())
    }
}

/// Projects one record into data, as `Projection.document` shows it.
pub(crate) fn document<R: Record, H: Record>(
    schema: &Schema,
    idiom: Idiom,
    record: &R,
    hook: Option<&H>,
) -> Result<Document> {
    // Written as JSON too, so that what cannot be sent is refused here as well.
    let mut scratch = Vec::new();
    let mut json = JsonSink::new(&mut scratch);
    let mut sink = IdSink::new(&mut json);
    let id = project(schema, idiom, record, hook, &mut sink, IdKey::Removed)
        .map_err(|error| located(error, schema, 0))?;
    let source = if hook.is_some() { Source::Custom } else { Source::Fields };
    Ok(Document { id, data: sink.id(), source })
}

/// Reads the document id of a record that is to be deleted. Never runs the projection.
pub(crate) fn document_id<R: Record>(schema: &Schema, idiom: Idiom, record: &R) -> Result<DocumentId> {
    check_record(record)?;
    let field = &schema.document_id;
    let mut sink = TermSink::new();
    match fetch(idiom, record, field, &mut sink)? {
        true => DocumentId::from_term(&sink.finish(), field, idiom),
        false => Err(Error::new(
            Kind::DocumentIdMissing,
            format!("missing document id {}: the record has no such field", idiom.name(field)),
        )
        .named(field.as_str())),
    }
}

fn check_record<R: Record>(record: &R) -> Result<()> {
    match record.is_record() {
        true => Ok(()),
        false => Err(Error::new(
            Kind::RecordInvalid,
            "a record must be a struct, an object or a map with named fields",
        )),
    }
}

fn located(error: Box<Error>, schema: &Schema, position: usize) -> Box<Error> {
    let mut error = error.of_schema(&schema.name).at(position);
    error.message = format!("{}, record {position}: {}", schema.name, error.message);
    error
}

/// Whether the document carries its id under the document-id field, as it is sent, or is without it,
/// as the hook or the fields gave it.
#[derive(Clone, Copy, PartialEq)]
enum IdKey {
    Sent,
    Removed,
}

fn project<R: Record, H: Record, S: Sink>(
    schema: &Schema,
    idiom: Idiom,
    record: &R,
    hook: Option<&H>,
    sink: &mut S,
    id_key: IdKey,
) -> Result<DocumentId> {
    check_record(record)?;
    match hook {
        Some(hook) => project_custom(schema, idiom, record, hook, sink, id_key),
        None => project_fields(schema, idiom, record, sink, id_key),
    }
}

fn project_fields<R: Record, S: Sink>(
    schema: &Schema,
    idiom: Idiom,
    record: &R,
    sink: &mut S,
    id_key: IdKey,
) -> Result<DocumentId> {
    let id_field = &schema.document_id;
    let mut id = None;
    sink.begin_map()?;
    for name in &schema.fields {
        sink.key(name, true)?;
        if name == id_field {
            let mut both = IdSink::new(sink);
            require(idiom, record, name, &mut both)?;
            id = Some(DocumentId::from_term(&both.id(), name, idiom)?);
        } else {
            require(idiom, record, name, sink)?;
        }
    }
    let id = match id {
        Some(id) => id,
        None => {
            let id = required_id(schema, idiom, record)?;
            if id_key == IdKey::Sent {
                write_id(id_field, &id, sink)?;
            }
            id
        }
    };
    sink.end_map()?;
    Ok(id)
}

fn project_custom<R: Record, H: Record, S: Sink>(
    schema: &Schema,
    idiom: Idiom,
    record: &R,
    hook: &H,
    sink: &mut S,
    id_key: IdKey,
) -> Result<DocumentId> {
    let mut custom = CustomSink::new(schema, sink, id_key);
    if !hook.walk(&mut custom)? {
        return Err(Error::new(
            Kind::ProjectionHookInvalid,
            "search_document must return a map of field names to values",
        ));
    }
    let CustomSink { symbol_id, text_id, tenant_seen, .. } = custom;
    let id = match (symbol_id, text_id) {
        (Some(id), kept) if !id.is_null() => {
            // On the wire the resolved id stands under that key, once.
            let taken = id_key == IdKey::Sent && schema.document_id == "id";
            let kept = kept.filter(|term| !term.is_null() && !taken);
            if let Some(term) = kept {
                sink.key("id", false)?;
                write_term(&term, sink)?;
            }
            DocumentId::from_term(&id, "id", idiom)?
        }
        (_, Some(id)) if !id.is_null() => DocumentId::from_term(&id, "id", idiom)?,
        _ => required_id(schema, idiom, record)?,
    };
    if id_key == IdKey::Sent {
        write_id(&schema.document_id, &id, sink)?;
    }
    if let (Some(tenant), false) = (&schema.tenant_field, tenant_seen) {
        sink.key(tenant, true)?;
        require(idiom, record, tenant, sink)?;
    }
    sink.end_map()?;
    Ok(id)
}

fn required_id<R: Record>(schema: &Schema, idiom: Idiom, record: &R) -> Result<DocumentId> {
    let mut sink = TermSink::new();
    require(idiom, record, &schema.document_id, &mut sink)?;
    DocumentId::from_term(&sink.finish(), &schema.document_id, idiom)
}

fn write_id<S: Sink>(field: &str, id: &DocumentId, sink: &mut S) -> Written {
    sink.key(field, true)?;
    match id {
        DocumentId::Int(value) => sink.int(*value),
        DocumentId::Text(text) => sink.text(text),
    }
}

/// The fetch rule with a field that must be there.
fn require<R: Record, S: Sink>(idiom: Idiom, record: &R, name: &str, sink: &mut S) -> Result<()> {
    if fetch(idiom, record, name, sink)? {
        return Ok(());
    }
    let missing = format!("missing projected field {}", idiom.name(name));
    Err(Error::new(Kind::ProjectionFieldMissing, missing).named(name))
}

fn fetch<R: Record, S: Sink>(idiom: Idiom, record: &R, name: &str, sink: &mut S) -> Result<bool> {
    let said = record.field(name, sink).map_err(|error| {
        let shown = idiom.name(name);
        Error::new(error.kind(), format!("field {shown}: {error}")).named(name)
    })?;
    match said {
        Presence::Written => Ok(true),
        Presence::Missing => Ok(false),
        Presence::Unloaded => Err(Error::new(
            Kind::FieldNotLoaded,
            format!(
                "field {} was not loaded from the database, and projection never loads it; \
                 load it before syncing (preload, select or refresh)",
                idiom.name(name)
            ),
        )
        .named(name)),
    }
}

/// Passes a hook's map on to the document, but keeps the `id` keys back and notes the tenant field.
struct CustomSink<'a, S> {
    schema: &'a Schema,
    document: &'a mut S,
    id_key: IdKey,
    depth: usize,
    capture: Option<(Captured, TermSink)>,
    symbol_id: Option<Term>,
    text_id: Option<Term>,
    tenant_seen: bool,
}

#[derive(Clone, Copy)]
enum Captured {
    SymbolId,
    TextId,
    /// A copy of the document-id field: the resolved id is written in its place.
    Dropped,
}

impl<'a, S: Sink> CustomSink<'a, S> {
    fn new(schema: &'a Schema, document: &'a mut S, id_key: IdKey) -> Self {
        Self {
            schema,
            document,
            id_key,
            depth: 0,
            capture: None,
            symbol_id: None,
            text_id: None,
            tenant_seen: false,
        }
    }

    /// Runs after each value: a captured one is complete when the walk is back at the top level.
    fn settle(&mut self) -> Written {
        if self.depth == 1
            && let Some((which, sink)) = self.capture.take()
        {
            match which {
                Captured::SymbolId => self.symbol_id = Some(sink.finish()),
                Captured::TextId => self.text_id = Some(sink.finish()),
                Captured::Dropped => {}
            }
        }
        Ok(())
    }

    fn captured(&self, name: &str, symbolic: bool) -> Option<Captured> {
        if name == "id" {
            return Some(if symbolic { Captured::SymbolId } else { Captured::TextId });
        }
        (name == self.schema.document_id && self.id_key == IdKey::Sent).then_some(Captured::Dropped)
    }
}

macro_rules! forward {
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {
        $(fn $method(&mut self, $($arg: $type),*) -> Written {
            match &mut self.capture {
                Some((_, sink)) => sink.$method($($arg),*)?,
                None => self.document.$method($($arg),*)?,
            }
            self.settle()
        })*
    };
}

macro_rules! open {
    ($($method:ident)*) => {
        $(fn $method(&mut self) -> Written {
            if self.depth >= MAX_DEPTH {
                return Err(ValueError::TooDeep);
            }
            match &mut self.capture {
                Some((_, sink)) => sink.$method()?,
                None => self.document.$method()?,
            }
            self.depth += 1;
            Ok(())
        })*
    };
}

macro_rules! close {
    ($($method:ident)*) => {
        $(fn $method(&mut self) -> Written {
            self.depth -= 1;
            if self.depth == 0 {
                // The projector adds the id and closes the document itself.
                return Ok(());
            }
            match &mut self.capture {
                Some((_, sink)) => sink.$method()?,
                None => self.document.$method()?,
            }
            self.settle()
        })*
    };
}

impl<S: Sink> Sink for CustomSink<'_, S> {
    forward! {
        null(); bool(value: bool); int(value: i64); big_int(digits: &str); float(value: f64);
        text(value: &str); symbol(name: &str); moment(value: Moment); decimal(digits: &str);
        uuid(value: &[u8; 16]); bytes(value: &[u8]); unencodable(type_name: &str);
    }
    open! { begin_list begin_tuple begin_map }
    close! { end_list end_tuple end_map }

    fn key(&mut self, name: &str, symbolic: bool) -> Written {
        if self.depth == 1 {
            self.tenant_seen |= self.schema.tenant_field.as_deref() == Some(name);
            if let Some(which) = self.captured(name, symbolic) {
                self.capture = Some((which, TermSink::new()));
                return Ok(());
            }
        }
        match &mut self.capture {
            Some((_, sink)) => sink.key(name, symbolic),
            None => self.document.key(name, symbolic),
        }
    }
}

/// Replays a small term into a sink.
fn write_term<S: Sink>(term: &Term, sink: &mut S) -> Written {
    match term {
        Term::Null => sink.null(),
        Term::Bool(value) => sink.bool(*value),
        Term::Int(value) => sink.int(*value),
        Term::BigInt(digits) => sink.big_int(digits),
        Term::Float(value) => sink.float(*value),
        Term::Text(text) | Term::Encoded(text) => sink.text(text),
        Term::Symbol(name) => sink.symbol(name),
        Term::Opaque(name) => sink.unencodable(name),
        Term::Invalid(error) => Err(error.clone()),
        Term::List(items) | Term::Tuple(items) => {
            sink.begin_list()?;
            items.iter().try_for_each(|item| write_term(item, sink))?;
            sink.end_list()
        }
        Term::Map(entries) => {
            sink.begin_map()?;
            for (key, value) in entries {
                sink.key(key.as_str().unwrap_or_default(), matches!(key, Term::Symbol(_)))?;
                write_term(value, sink)?;
            }
            sink.end_map()
        }
    }
}

impl Term {
    /// This term as JSON text, by the same encoding as a document's values.
    pub(crate) fn to_json(&self) -> std::result::Result<Vec<u8>, ValueError> {
        let mut out = Vec::new();
        write_term(self, &mut JsonSink::new(&mut out))?;
        Ok(out)
    }
}

impl DocumentId {
    pub(crate) fn json_list(ids: &[DocumentId]) -> Vec<u8> {
        let mut out = vec![b'['];
        for (at, id) in ids.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            id.write_json(&mut out);
        }
        out.push(b']');
        out
    }

    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        match self {
            DocumentId::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            DocumentId::Text(text) => push_json_string(out, text),
        }
    }
}
