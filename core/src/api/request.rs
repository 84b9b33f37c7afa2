use std::sync::Arc;

use serde::Serialize;

use super::edge::{Edge, EdgeReply};
use crate::config::Layers;
use crate::document::{Document, DocumentId};
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};
use crate::process::Core;
use crate::schema::{Declaration, Schema};
use crate::search::{Explanation, Hydrated, Pending, SearchReply};
use crate::sync::{Bulk, WriteResult};

/// One operation, read out of a host term.
#[derive(Debug)]
pub enum Request {
    /// Checks a declaration given as host options.
    Declare {
        name: String,
        options: Term,
    },
    /// Checks a declaration given in the JSON form.
    Load {
        json: String,
    },
    /// Resolves configuration, to check options without using them.
    ResolveConfig {
        layers: Layers,
    },
    /// The live index of a schema.
    IndexName {
        schema: Arc<Schema>,
        layers: Layers,
    },
    /// The settings a schema's index needs, as they are sent.
    WireSettings {
        schema: Arc<Schema>,
    },
    /// Projects records into documents, for looking at.
    Documents {
        schema: Arc<Schema>,
    },
    /// Reads the ids under which records would be deleted.
    DocumentIds {
        schema: Arc<Schema>,
    },
    /// A search's normalized query and exact request, without sending it.
    ExplainSearch {
        schema: Arc<Schema>,
        text: Term,
        layers: Layers,
    },
    Search {
        schema: Arc<Schema>,
        text: Term,
        layers: Layers,
        primary_key: Option<String>,
    },
    /// Puts fetched rows in hit order: `found` are their keys, in the order the rows came.
    Hydrate {
        pending: Box<Pending>,
        found: Term,
    },
    /// Closes the search span after hydration failed in the host.
    HydrationFailed {
        pending: Box<Pending>,
    },
    /// Prepares a search: composition, the parameters of a request, what a schema supports.
    Edge(Box<Edge>),
    /// Upserts the pushed records.
    SyncRecords {
        schema: Arc<Schema>,
        layers: Layers,
    },
    /// Deletes the documents of the pushed records.
    DeleteRecords {
        schema: Arc<Schema>,
        layers: Layers,
    },
    DeleteDocuments {
        schema: Arc<Schema>,
        layers: Layers,
        ids: Term,
    },
    /// Sends the pushed records as one batch of a bulk stream.
    Push {
        stream: Arc<Bulk>,
    },
    /// Waits for every batch of a bulk stream.
    Finish {
        stream: Arc<Bulk>,
    },
}

/// What an operation gives. Hosts see the inner value; which one follows from the operation.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Response {
    Declaration(Box<Declaration>),
    Documents(Vec<Document>),
    Ids(Vec<DocumentId>),
    Text(String),
    Json(RawJson),
    Explanation(Box<Explanation>),
    Search(Box<SearchReply>),
    Hydrated(Box<Hydrated>),
    Write(Box<WriteResult>),
    Resolved(Box<crate::config::Summary>),
    Edge(Box<EdgeReply>),
    Done {},
}

impl Response {
    /// What the backend sent, where the response holds it.
    pub(super) fn raw(&self) -> Option<&RawJson> {
        match self {
            Self::Search(found) => Some(&found.raw),
            _ => None,
        }
    }

    pub(super) fn raw_mut(&mut self) -> Option<&mut RawJson> {
        match self {
            Self::Search(found) => Some(&mut found.raw),
            _ => None,
        }
    }
}

impl Request {
    /// Reads `{op, host, …}`. What is missing or malformed here is a mismatch of versions, not of users.
    pub(super) fn read(core: &Core, operation: &str, term: &mut Term) -> Result<Self> {
        let mut args = Args { core, term };
        Ok(match operation {
            "declare" => Self::Declare { name: args.text("name")?, options: args.term("options") },
            "load" => Self::Load { json: args.text("json")? },
            "resolve_config" => Self::ResolveConfig { layers: args.layers() },
            "index_name" => Self::IndexName { schema: args.schema()?, layers: args.layers() },
            "wire_settings" => Self::WireSettings { schema: args.schema()? },
            "documents" => Self::Documents { schema: args.schema()? },
            "document_ids" => Self::DocumentIds { schema: args.schema()? },
            "explain_search" => {
                Self::ExplainSearch { schema: args.schema()?, text: args.term("text"), layers: args.layers() }
            }
            "search" => Self::Search {
                schema: args.schema()?,
                text: args.term("text"),
                primary_key: args.optional_text("primary_key"),
                layers: args.layers(),
            },
            "hydrate" => Self::Hydrate { pending: args.pending()?, found: args.term("found") },
            "hydration_failed" => Self::HydrationFailed { pending: args.pending()? },
            "sync_records" => Self::SyncRecords { schema: args.schema()?, layers: args.layers() },
            "delete_records" => Self::DeleteRecords { schema: args.schema()?, layers: args.layers() },
            "delete_documents" => {
                Self::DeleteDocuments { schema: args.schema()?, ids: args.term("ids"), layers: args.layers() }
            }
            other => Self::Edge(Box::new(Edge::read(core, other, args.term)?)),
        })
    }

    /// Whether this needs no waiting: the caller's thread can do it at once.
    pub fn is_pure(&self) -> bool {
        !matches!(
            self,
            Self::Search { .. }
                | Self::SyncRecords { .. }
                | Self::DeleteRecords { .. }
                | Self::DeleteDocuments { .. }
                | Self::Push { .. }
                | Self::Finish { .. }
        )
    }
}

struct Args<'a> {
    core: &'a Core,
    term: &'a mut Term,
}

impl Args<'_> {
    fn term(&mut self, name: &str) -> Term {
        self.term.take(name)
    }

    fn text(&mut self, name: &str) -> Result<String> {
        take_text(self.term, name)
    }

    fn optional_text(&mut self, name: &str) -> Option<String> {
        self.term.take(name).as_str().map(str::to_owned)
    }

    fn schema(&mut self) -> Result<Arc<Schema>> {
        let json = self.text("schema")?;
        self.core.schema(&json)
    }

    fn layers(&mut self) -> Layers {
        Layers::take(self.term)
    }

    fn pending(&mut self) -> Result<Box<Pending>> {
        Pending::read(&self.term("pending")).map(Box::new)
    }
}

/// Refuses arguments that could not be read, but for the parameters of a request: what is wrong with those
/// is for the browser to hear.
pub(super) fn readable(term: &Term) -> Result<()> {
    let Term::Map(arguments) = term else { return Ok(()) };
    for (name, value) in arguments {
        if let (Some(name), Term::Invalid(error)) = (name.as_str(), value)
            && name != "params"
        {
            return Err(Box::<Error>::from(error.clone()).named(name));
        }
    }
    Ok(())
}

pub(super) fn take_text(term: &mut Term, name: &str) -> Result<String> {
    match term.take(name) {
        Term::Text(text) | Term::Symbol(text) => Ok(text),
        _ => Err(mismatch(&format!("{name:?} must be text"))),
    }
}

pub(crate) fn mismatch(what: &str) -> Box<Error> {
    let message = format!(
        "the call cannot be read: {what}; the package and its native library are of different versions"
    );
    Error::new(Kind::InvalidRequest, message)
}
