use std::sync::Arc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};

use super::edge::{Edge, EdgeReply};
use crate::config::{Layers, Summary};
use crate::document::{Document, DocumentId};
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};
use crate::process::Core;
use crate::queue::{
    self, Enqueue, JobOutcome, PerformedJob, PreparedJob, QueueTables, RelatedEnd, RelatedJob, RelatedPlan,
    ResolverEnd, Statements,
};
use crate::schema::{Declaration, Schema};
use crate::search::{
    Asked, AskedMany, Distributions, Explanation, FacetValues, Finished, Given, Hydrated, ManyReply, Outcome,
    Pending, SearchReply, Suggestion, Target,
};
use crate::sync::{Bulk, WriteResult};

/// One operation, read out of a host term.
#[derive(Debug, JsonSchema)]
#[schemars(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Checks a declaration given as host options.
    #[schemars(extend("gives" = gives::<Declaration>()))]
    Declare { name: String, options: Term },
    /// Checks a declaration given in the JSON form.
    #[schemars(extend("gives" = gives::<Declaration>()))]
    Load { json: String },
    /// Resolves configuration, to check options without using them.
    #[schemars(extend("gives" = gives::<Summary>()))]
    ResolveConfig {
        #[schemars(flatten)]
        layers: Layers,
    },
    /// The live index of a schema.
    #[schemars(extend("gives" = gives::<String>()))]
    IndexName {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// The settings a schema's index needs, as they are sent.
    #[schemars(extend("gives" = gives::<RawJson>()))]
    WireSettings { schema: Arc<Schema> },
    /// Projects records into documents, for looking at.
    #[schemars(extend("gives" = gives::<Vec<Document>>()))]
    Documents { schema: Arc<Schema> },
    /// Reads the ids under which records would be deleted.
    #[schemars(extend("gives" = gives::<Vec<DocumentId>>()))]
    DocumentIds { schema: Arc<Schema> },
    /// A search's normalized query and exact request, without sending it.
    #[schemars(extend("gives" = gives::<Explanation>()))]
    ExplainSearch {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        asked: Box<Asked>,
    },
    /// Searches; with a `primary_key`, the reply says which rows to fetch.
    #[schemars(extend("gives" = gives::<SearchReply>()))]
    Search {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        asked: Box<Asked>,
    },
    /// Searches the values of a facet.
    #[schemars(extend("gives" = gives::<FacetValues>()))]
    SearchFacetValues {
        schema: Arc<Schema>,
        facet: String,
        text: Term,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Texts of a field that begin like what was typed.
    #[schemars(extend("gives" = gives::<Vec<Suggestion>>()))]
    Suggest {
        schema: Arc<Schema>,
        text: Term,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// A key that finds one tenant's documents, for a browser. Nothing is sent.
    #[schemars(extend("gives" = gives::<String>()))]
    TenantToken {
        schemas: Vec<Arc<Schema>>,
        tenant: Term,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Merges facet distributions, as they are on the wire.
    #[schemars(extend("gives" = gives::<Distributions>()))]
    MergeDistributions { main: Term, overrides: Term },
    /// Searches many schemas in one request; the reply says which rows to fetch.
    #[schemars(extend("gives" = gives::<ManyReply>()))]
    SearchMany {
        #[schemars(flatten)]
        asked: Box<AskedMany>,
    },
    /// Puts the rows of many searches in hit order.
    #[schemars(extend("gives" = gives::<Finished>()))]
    FinishSearchMany {
        #[schemars(with = "String")]
        pending: Term,
        outcomes: Vec<Outcome>,
    },
    /// Puts fetched rows in hit order: `found` are their keys, in the order the rows came.
    #[schemars(extend("gives" = gives::<Hydrated>()))]
    Hydrate { pending: Box<Pending>, found: Term },
    /// Closes the search span after hydration failed in the host.
    #[schemars(extend("gives" = nothing()))]
    HydrationFailed { pending: Box<Pending> },
    /// Prepares a search: composition, the parameters of a request, what a schema supports.
    #[schemars(skip)]
    Edge(Box<Edge>),
    /// The job that upserts the pushed records, and the statement that inserts it.
    #[schemars(extend("gives" = gives::<Enqueue>()))]
    EnqueueRecords {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        enqueuing: Enqueuing,
    },
    /// The job that deletes the documents of the pushed records.
    #[schemars(extend("gives" = gives::<Enqueue>()))]
    EnqueueDeletes {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        enqueuing: Enqueuing,
    },
    /// The job that deletes documents by their ids.
    #[schemars(extend("gives" = gives::<Enqueue>()))]
    EnqueueDeleteDocuments {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        enqueuing: Enqueuing,
        ids: Term,
    },
    /// The statements that make the tables of the queue, and drop those that are ours.
    #[schemars(extend("gives" = gives::<QueueTables>()))]
    QueueTables { dialect: queue::Dialect },
    /// Checks a job that an Oban runs, and says how the fences of its documents are taken.
    #[schemars(extend("gives" = gives::<PreparedJob>()))]
    PrepareJob {
        job: queue::OwnJob,
        #[schemars(flatten, with = "TargetNames")]
        target: queue::Target,
    },
    /// Sends what a prepared job is to send; `rows` are those of its statements.
    #[schemars(extend("gives" = gives::<PerformedJob>()))]
    PerformJob {
        #[schemars(flatten, with = "AskedNames")]
        asked: Box<queue::AskedJob>,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Checks a call of related sync against the fan-outs that its schema declares.
    #[schemars(extend("gives" = gives::<RelatedPlan>()))]
    PlanRelated {
        schema: Arc<Schema>,
        declared: Vec<String>,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Tells the span of a resolver that was called now.
    #[schemars(extend("gives" = nothing()))]
    Resolved {
        #[schemars(flatten, with = "ResolverEndNames")]
        end: ResolverEnd,
    },
    /// The job that syncs what is related to the pushed records.
    #[schemars(extend("gives" = gives::<Enqueue>()))]
    EnqueueRelated {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        enqueuing: Enqueuing,
    },
    /// Reads a related job.
    #[schemars(extend("gives" = gives::<RelatedJob>()))]
    ReadRelated {
        job: queue::OwnJob,
        #[schemars(flatten, with = "TargetNames")]
        target: queue::Target,
    },
    /// The statement that gives and locks the related jobs that are due.
    #[schemars(extend("gives" = gives::<Statements>()))]
    ClaimRelated {
        queue: String,
        limit: i64,
        #[schemars(flatten, with = "TargetNames")]
        target: queue::Target,
    },
    /// The statement that writes down how a related job ended.
    #[schemars(extend("gives" = gives::<Statements>()))]
    SettleRelated {
        #[schemars(flatten, with = "EndNames")]
        end: RelatedEnd,
        #[schemars(flatten, with = "TargetNames")]
        target: queue::Target,
    },
    /// Upserts the pushed records.
    #[schemars(extend("gives" = gives::<WriteResult>()))]
    SyncRecords {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Deletes the documents of the pushed records.
    #[schemars(extend("gives" = gives::<WriteResult>()))]
    DeleteRecords {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        layers: Layers,
    },
    /// Deletes documents by their ids.
    #[schemars(extend("gives" = gives::<WriteResult>()))]
    DeleteDocuments {
        schema: Arc<Schema>,
        #[schemars(flatten)]
        layers: Layers,
        ids: Term,
    },
    /// Sends the pushed records as one batch of a bulk stream.
    #[schemars(skip)]
    Push { stream: Arc<Bulk> },
    /// Waits for every batch of a bulk stream.
    #[schemars(skip)]
    Finish { stream: Arc<Bulk> },
}

/// How a job is enqueued.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
pub struct Enqueuing {
    #[schemars(flatten)]
    pub(super) layers: Layers,
    #[schemars(skip)]
    pub(super) declaration: String,
    #[schemars(flatten, with = "TargetNames")]
    pub(super) target: queue::Target,
}

/// The database, and how its driver writes the places of values.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct TargetNames {
    dialect: queue::Dialect,
    placeholders: queue::Placeholders,
}

/// A job whose fences were asked for.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct AskedNames {
    job: queue::OwnJob,
    dialect: queue::Dialect,
    placeholders: queue::Placeholders,
    ticket: String,
    rows: Vec<Vec<Vec<String>>>,
}

/// How a resolver ended.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct ResolverEndNames {
    pending: String,
    document_count: i64,
    found: Option<i64>,
}

/// How a related job ended.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct EndNames {
    id: i64,
    outcome: queue::JobOutcome,
    reason: Option<String>,
    attempt: i64,
    max_attempts: i64,
}

/// What an operation gives. Hosts see the inner value; which one follows from the operation.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Response {
    Declaration(Box<Declaration>),
    Documents(Vec<Document>),
    Ids(Vec<DocumentId>),
    Text(String),
    Json(RawJson),
    Explanation(Box<Explanation>),
    Search(Box<SearchReply>),
    FacetValues(Box<FacetValues>),
    Suggestions(Vec<Suggestion>),
    Many(Box<ManyReply>),
    Finished(Box<Finished>),
    Term(Term),
    Hydrated(Box<Hydrated>),
    Write(Box<WriteResult>),
    Enqueue(Box<Enqueue>),
    QueueTables(QueueTables),
    Prepared(PreparedJob),
    Performed(PerformedJob),
    RelatedPlan(RelatedPlan),
    RelatedJob(Box<RelatedJob>),
    Statements(Statements),
    Resolved(Box<Summary>),
    Edge(Box<EdgeReply>),
    Done {},
}

/// The description of what an operation gives, for the description of the operation.
pub(super) fn gives<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().subschema_for::<T>().to_value()
}

fn nothing() -> Value {
    json!({"type": "object", "properties": {}})
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
            "explain_search" => Self::ExplainSearch { schema: args.schema()?, asked: args.asked() },
            "search" => Self::Search { schema: args.schema()?, asked: args.asked() },
            "search_facet_values" => Self::SearchFacetValues {
                schema: args.schema()?,
                facet: args.text("facet")?,
                text: args.term("text"),
                layers: args.layers(),
            },
            "suggest" => {
                Self::Suggest { schema: args.schema()?, text: args.term("text"), layers: args.layers() }
            }
            "tenant_token" => Self::TenantToken {
                schemas: args.schemas()?,
                tenant: args.term("tenant"),
                layers: args.layers(),
            },
            "search_many" => Self::SearchMany { asked: Box::new(args.asked_many()?) },
            "finish_search_many" => {
                Self::FinishSearchMany { pending: args.term("pending"), outcomes: args.outcomes() }
            }
            "merge_distributions" => {
                Self::MergeDistributions { main: args.term("main"), overrides: args.term("overrides") }
            }
            "hydrate" => Self::Hydrate { pending: args.pending()?, found: args.term("found") },
            "hydration_failed" => Self::HydrationFailed { pending: args.pending()? },
            "enqueue_records" => {
                Self::EnqueueRecords { enqueuing: args.enqueuing()?, schema: args.schema()? }
            }
            "enqueue_deletes" => {
                Self::EnqueueDeletes { enqueuing: args.enqueuing()?, schema: args.schema()? }
            }
            "enqueue_delete_documents" => Self::EnqueueDeleteDocuments {
                enqueuing: args.enqueuing()?,
                ids: args.term("ids"),
                schema: args.schema()?,
            },
            "queue_tables" => Self::QueueTables { dialect: args.dialect()? },
            "prepare_job" => Self::PrepareJob { job: args.job()?, target: args.target()? },
            "perform_job" => Self::PerformJob {
                asked: Box::new(queue::AskedJob {
                    job: args.job()?,
                    target: args.target()?,
                    ticket: args.text("ticket")?,
                    rows: queue::rows(&args.term("rows")).ok_or_else(|| mismatch("\"rows\" must be rows"))?,
                }),
                layers: args.layers(),
            },
            "plan_related" => Self::PlanRelated {
                schema: args.schema()?,
                declared: args.list("declared").iter().filter_map(Term::as_str).map(str::to_owned).collect(),
                layers: args.layers(),
            },
            "resolved" => Self::Resolved {
                end: ResolverEnd {
                    pending: args.text("pending")?,
                    document_count: args.number("document_count")?,
                    found: match args.term("found") {
                        Term::Int(found) => Some(found),
                        _ => None,
                    },
                },
            },
            "enqueue_related" => {
                Self::EnqueueRelated { enqueuing: args.enqueuing()?, schema: args.schema()? }
            }
            "read_related" => Self::ReadRelated { job: args.job()?, target: args.target()? },
            "claim_related" => Self::ClaimRelated {
                queue: args.text("queue")?,
                limit: args.number("limit")?,
                target: args.target()?,
            },
            "settle_related" => Self::SettleRelated { end: args.end()?, target: args.target()? },
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
                | Self::SearchFacetValues { .. }
                | Self::SearchMany { .. }
                | Self::Suggest { .. }
                | Self::SyncRecords { .. }
                | Self::DeleteRecords { .. }
                | Self::DeleteDocuments { .. }
                | Self::PerformJob { .. }
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

    /// Before `schema`, whose text it copies.
    fn enqueuing(&mut self) -> Result<Enqueuing> {
        let declaration = match &*self.term {
            Term::Map(entries) => entries.iter().find(|(key, _)| key.as_str() == Some("schema")),
            _ => None,
        };
        let declaration = declaration.and_then(|(_, json)| json.as_str()).unwrap_or_default().to_owned();
        Ok(Enqueuing { target: self.target()?, layers: self.layers(), declaration })
    }

    fn dialect(&mut self) -> Result<queue::Dialect> {
        queue::Dialect::parse(&self.text("dialect")?).ok_or_else(|| mismatch("the dialect is unknown"))
    }

    fn target(&mut self) -> Result<queue::Target> {
        let placeholders = queue::Placeholders::parse(&self.text("placeholders")?);
        let placeholders = placeholders.ok_or_else(|| mismatch("the placeholders are unknown"))?;
        Ok(queue::Target { dialect: self.dialect()?, placeholders })
    }

    fn job(&mut self) -> Result<queue::OwnJob> {
        let mut job = self.term("job");
        let id = take_number(&mut job, "id")?;
        let mut text = |name: &str| take_text(&mut job, name);
        Ok(queue::OwnJob { id, worker: text("worker")?, queue: text("queue")?, args: text("args")? })
    }

    fn end(&mut self) -> Result<RelatedEnd> {
        let outcome = match self.text("outcome")?.as_str() {
            "completed" => JobOutcome::Completed,
            "cancelled" => JobOutcome::Cancelled,
            "retry" => JobOutcome::Retry,
            _ => return Err(mismatch("the outcome is unknown")),
        };
        Ok(RelatedEnd {
            id: self.number("id")?,
            outcome,
            reason: self.optional_text("reason"),
            attempt: self.number("attempt")?,
            max_attempts: self.number("max_attempts")?,
        })
    }

    fn number(&mut self, name: &str) -> Result<i64> {
        take_number(self.term, name)
    }

    fn schemas(&mut self) -> Result<Vec<Arc<Schema>>> {
        let core = self.core;
        let read = |json: Term| match json {
            Term::Text(json) => core.schema(&json),
            _ => Err(mismatch("\"schemas\" must be texts")),
        };
        self.list("schemas").into_iter().map(read).collect()
    }

    fn layers(&mut self) -> Layers {
        Layers::take(self.term)
    }

    fn asked(&mut self) -> Box<Asked> {
        // In a list of its own, so that a bucket of nothing is not the same as none.
        let bucket = match self.term("bucket") {
            Term::List(mut given) if given.len() == 1 => given.pop(),
            _ => None,
        };
        Box::new(Asked {
            text: self.term("text"),
            layers: self.layers(),
            primary_key: self.optional_text("primary_key"),
            bucket,
            disjunctive: self.term("disjunctive") == Term::Bool(true),
        })
    }

    fn list(&mut self, name: &str) -> Vec<Term> {
        match self.term(name) {
            Term::List(items) | Term::Tuple(items) => items,
            _ => Vec::new(),
        }
    }

    /// `schemas` are `{schema, primary_key}`; entries and `global_schemas` name them by number. An entry without a
    /// number is of all; one that is no map is of no known shape.
    fn asked_many(&mut self) -> Result<AskedMany> {
        let mut targets = Vec::new();
        for (number, mut term) in self.list("schemas").into_iter().enumerate() {
            let schema = self.core.schema(&take_text(&mut term, "schema")?)?;
            let mut text = |name: &str| term.take(name).as_str().map(str::to_owned);
            let (primary_key, label) = (text("primary_key"), text("label"));
            targets.push(Target { number, schema, primary_key, label });
        }
        let target = |number: &Term| match number {
            Term::Int(number) => usize::try_from(*number).ok().and_then(|at| targets.get(at).cloned()),
            _ => None,
        };
        let unknown = || mismatch("an entry names a schema that did not come with the call");
        let mut entries = Vec::new();
        for mut entry in self.list("entries") {
            entries.push(match &entry {
                Term::Map(_) => Given::Search {
                    target: match entry.take("schema") {
                        Term::Null => None,
                        number => Some(target(&number).ok_or_else(unknown)?),
                    },
                    text: entry.take("text"),
                    options: entry.take("options"),
                },
                _ => Given::Malformed,
            });
        }
        let global = match self.term("global_schemas") {
            Term::List(numbers) => {
                Some(numbers.iter().map(|number| target(number).ok_or_else(unknown)).collect::<Result<_>>()?)
            }
            _ => None,
        };
        Ok(AskedMany { entries, global, shared: self.layers() })
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let outcome = |mut term: Term| match (term.take("found"), term.take("failed")) {
            (Term::List(found) | Term::Tuple(found), _) => Outcome::Found(found),
            (_, Term::Null) => Outcome::Nothing,
            (_, failed) => Outcome::Failed(failed),
        };
        self.list("outcomes").into_iter().map(outcome).collect()
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

fn take_number(term: &mut Term, name: &str) -> Result<i64> {
    match term.take(name) {
        Term::Int(number) => Ok(number),
        _ => Err(mismatch(&format!("{name:?} must be an integer"))),
    }
}

pub(crate) fn mismatch(what: &str) -> Box<Error> {
    let message = format!(
        "the call cannot be read: {what}; the package and its native library are of different versions"
    );
    Error::new(Kind::InvalidRequest, message)
}
