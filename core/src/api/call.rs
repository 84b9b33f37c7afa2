use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::guard;
use super::reply::Reply;
use super::request::{Enqueuing, Request, Response, mismatch, readable, take_text};
use crate::config::{Config, Layers};
use crate::document::{self, DocumentId, JobDocuments, Projector};
use crate::error::Result;
use crate::host::{Idiom, JsonRecord, RawJson, Record, Term};
use crate::meilisearch::{naming, settings};
use crate::process::Core;
use crate::queue;
use crate::schema::{Declaration, Schema, declare, load};
use crate::search;
use crate::sync::{self, Write};
use crate::telemetry::Trace;

/// A request and the records that came with it.
pub struct Call {
    idiom: Idiom,
    /// The operation's name, for tracing.
    operation: Cow<'static, str>,
    /// Nobody listens: no events are made.
    silent: bool,
    request: Request,
    intake: Intake,
}

/// What becomes of pushed records.
enum Intake {
    /// The operation takes none.
    Closed,
    /// They become NDJSON.
    Project(Projector),
    /// They become documents to look at.
    Show(Arc<Schema>, Vec<document::Document>),
    /// They become the documents of a job.
    Enqueue(Arc<Schema>, JobDocuments),
    /// Only their ids are read.
    Ids(Arc<Schema>, Vec<DocumentId>),
}

impl Call {
    /// Reads a call out of a term: a map with `op`, `host` and the operation's arguments; `events: false`
    /// when nobody listens to telemetry.
    pub fn read(core: &Core, mut term: Term) -> Result<Self> {
        readable(&term)?;
        let host = take_text(&mut term, "host")?;
        let silent = term.take("events") == Term::Bool(false);
        let idiom = Idiom::parse(&host).ok_or_else(|| mismatch(&format!("the host {host:?} is unknown")))?;
        let operation = take_text(&mut term, "op")?;
        let request = Request::read(core, &operation, &mut term)?;
        let intake = match &request {
            Request::SyncRecords { schema, .. } => Intake::Project(Projector::new(schema.clone(), idiom)),
            Request::Documents { schema } => Intake::Show(schema.clone(), Vec::new()),
            Request::EnqueueRecords { schema, .. } => {
                Intake::Enqueue(schema.clone(), JobDocuments::default())
            }
            Request::DocumentIds { schema }
            | Request::EnqueueDeletes { schema, .. }
            | Request::EnqueueRelated { schema, .. }
            | Request::DeleteRecords { schema, .. } => Intake::Ids(schema.clone(), Vec::new()),
            _ => Intake::Closed,
        };
        Ok(Self { idiom, operation: operation.into(), silent, request, intake })
    }

    pub(super) fn of_stream(idiom: Idiom, request: Request) -> Self {
        let intake = match &request {
            Request::Push { stream } => Intake::Project(Projector::new(stream.schema(), idiom)),
            _ => Intake::Closed,
        };
        Self { idiom, operation: "stream".into(), silent: false, request, intake }
    }

    /// The `tracing` span that this call runs in. No argument is part of it.
    pub(super) fn span(&self) -> tracing::Span {
        tracing::debug_span!("scrypath", operation = %self.operation, host = ?self.idiom)
    }

    /// Whether [`Call::run_now`] can carry this out.
    pub fn is_pure(&self) -> bool {
        self.request.is_pure()
    }

    /// Adds one record; `hook` is what its `search_document` returned, where the schema has one.
    pub fn push<R: Record, H: Record>(&mut self, record: &R, hook: Option<&H>) -> Result<()> {
        let idiom = self.idiom;
        match &mut self.intake {
            Intake::Project(projector) => projector.push(record, hook),
            Intake::Show(schema, shown) => {
                shown.push(document::document(schema, idiom, record, hook)?);
                Ok(())
            }
            Intake::Enqueue(schema, documents) => documents.push(schema, idiom, record, hook),
            Intake::Ids(schema, ids) => {
                let id = document::document_id(schema, idiom, record)
                    .map_err(|error| error.of_schema(&schema.name).at(ids.len()))?;
                ids.push(id);
                Ok(())
            }
            Intake::Closed => Err(mismatch("this operation takes no records")),
        }
    }

    /// Adds records given as NDJSON: a line is a record, or `[record, hook]` when `hooked`.
    pub fn push_ndjson(&mut self, lines: &str, hooked: bool) -> Result<()> {
        for line in lines.lines().filter(|line| !line.is_empty()) {
            if hooked {
                let (record, hook): (&RawValue, &RawValue) =
                    serde_json::from_str(line).map_err(|_| mismatch("a hooked record must be a pair"))?;
                self.push(&JsonRecord::parse(record.get())?, Some(&JsonRecord::parse(hook.get())?))?;
            } else {
                self.push(&JsonRecord::parse(line)?, None::<&JsonRecord>)?;
            }
        }
        Ok(())
    }

    /// Carries out a pure operation on the caller's thread.
    pub fn run_now(self, core: &Core) -> Reply {
        guard::caught_now(|| {
            let mut trace = Trace::new(self.silent);
            let result = self.decide(core, &mut trace);
            Reply::new(result, trace)
        })
    }

    fn decide(self, core: &Core, trace: &mut Trace) -> Result<Response> {
        let Self { idiom, request, intake, .. } = self;
        match request {
            Request::Declare { name, options } => Ok(declared(core, declare(&name, &options, idiom)?)),
            Request::Load { json } => Ok(declared(core, load(&json)?)),
            Request::ResolveConfig { layers } => {
                Ok(Response::Resolved(Box::new(resolve(layers, idiom)?.summary())))
            }
            Request::IndexName { schema, layers } => {
                Ok(Response::Text(naming::index_name(&schema, &resolve(layers, idiom)?)))
            }
            Request::WireSettings { schema } => {
                let wire = serde_json::Value::Object(settings::resolve(&schema)?);
                Ok(Response::Json(RawJson::from(wire.to_string())))
            }
            Request::Documents { .. } => match intake {
                Intake::Show(_, documents) => Ok(Response::Documents(documents)),
                _ => Err(mismatch("no records came with the call")),
            },
            Request::DocumentIds { .. } => match intake {
                Intake::Ids(_, ids) => Ok(Response::Ids(ids)),
                _ => Err(mismatch("no records came with the call")),
            },
            Request::EnqueueRecords { schema, enqueuing } => match intake {
                Intake::Enqueue(_, documents) => {
                    enqueue(&schema, enqueuing, queue::Job::Upsert(documents), idiom, trace)
                }
                _ => Err(mismatch("no records came with the call")),
            },
            Request::EnqueueDeletes { schema, enqueuing } => match intake {
                Intake::Ids(_, ids) => enqueue(&schema, enqueuing, queue::Job::Delete(ids), idiom, trace),
                _ => Err(mismatch("no records came with the call")),
            },
            Request::EnqueueRelated { schema, enqueuing } => match intake {
                Intake::Ids(_, ids) => enqueue(&schema, enqueuing, queue::Job::Related(ids), idiom, trace),
                _ => Err(mismatch("no records came with the call")),
            },
            Request::QueueTables { dialect } => Ok(Response::QueueTables(queue::queue_tables(dialect))),
            Request::PrepareJob { job, target } => {
                Ok(Response::Prepared(queue::prepare_job(&job, target, queue::token())))
            }
            Request::PlanRelated { schema, declared, layers } => {
                let plan = queue::plan_related(&schema, &declared, layers, idiom);
                Ok(Response::RelatedPlan(plan.map_err(|error| error.of_schema(&schema.name))?))
            }
            Request::Resolved { end } => {
                queue::resolved(&end, trace)?;
                Ok(Response::Done {})
            }
            Request::ReadRelated { job, target } => {
                Ok(Response::RelatedJob(Box::new(queue::read_related(&job, target))))
            }
            Request::ClaimRelated { queue, limit, target } => {
                Ok(Response::Statements(queue::claim_related(&queue, limit, target)))
            }
            Request::SettleRelated { end, target } => {
                Ok(Response::Statements(queue::settle_related(&end, target)))
            }
            Request::EnqueueDeleteDocuments { schema, enqueuing, ids } => {
                match Write::delete(&ids, &schema, idiom)? {
                    Write::Delete(ids) => enqueue(&schema, enqueuing, queue::Job::Delete(ids), idiom, trace),
                    Write::Upsert(_) => Err(mismatch("ids are no records")),
                }
            }
            Request::ExplainSearch { schema, asked } => {
                Ok(Response::Explanation(Box::new(search::explain(&schema, *asked, idiom)?)))
            }
            Request::TenantToken { schemas, tenant, layers } => {
                Ok(Response::Text(search::tenant_token(&schemas, &tenant, layers, idiom)?))
            }
            Request::FinishSearchMany { pending, outcomes } => {
                Ok(Response::Finished(Box::new(search::finish(&pending, outcomes, trace)?)))
            }
            Request::MergeDistributions { main, overrides } => {
                Ok(Response::Term(search::merge_distributions(&main, &overrides)?))
            }
            Request::Hydrate { pending, found } => {
                Ok(Response::Hydrated(Box::new(search::hydrate(*pending, &found, trace)?)))
            }
            Request::Edge(edge) => Ok(Response::Edge(Box::new(edge.decide(idiom)?))),
            Request::HydrationFailed { pending } => {
                search::hydration_failed(*pending, trace);
                Ok(Response::Done {})
            }
            _ => Err(mismatch("this operation waits; run it, do not decide it")),
        }
    }

    pub(super) async fn run(self, core: &Core) -> Reply {
        if self.is_pure() {
            return self.run_now(core);
        }
        let mut trace = Trace::new(self.silent);
        let result = self.carry_out(core, &mut trace).await;
        Reply::new(result, trace)
    }

    async fn carry_out(self, core: &Core, trace: &mut Trace) -> Result<Response> {
        let Self { idiom, request, intake, .. } = self;
        let write = match (&request, intake) {
            (_, Intake::Project(projector)) => Some(Write::Upsert(projector.finish())),
            (_, Intake::Ids(_, ids)) => Some(Write::Delete(ids)),
            (Request::DeleteDocuments { schema, ids, .. }, _) => Some(Write::delete(ids, schema, idiom)?),
            _ => None,
        };
        match (request, write) {
            (Request::Search { schema, asked }, _) => {
                let found = search::search(core, &schema, *asked, idiom, trace).await?;
                Ok(Response::Search(Box::new(found)))
            }
            (Request::SearchMany { asked }, _) => {
                let found = search::search_many(core, *asked, idiom, trace).await?;
                Ok(Response::Many(Box::new(found)))
            }
            (Request::SearchFacetValues { schema, facet, text, layers }, _) => {
                let values =
                    search::search_facet_values(core, &schema, &facet, &text, layers, idiom, trace).await?;
                Ok(Response::FacetValues(Box::new(values)))
            }
            (Request::Suggest { schema, text, layers }, _) => {
                let found = search::suggest(core, &schema, &text, layers, idiom, trace).await?;
                Ok(Response::Suggestions(found))
            }
            (
                Request::SyncRecords { schema, layers }
                | Request::DeleteRecords { schema, layers }
                | Request::DeleteDocuments { schema, layers, .. },
                Some(write),
            ) => {
                let config = resolve(layers, idiom)?;
                Ok(Response::Write(Box::new(sync::run(core, &schema, &config, write, trace).await?)))
            }
            (Request::PerformJob { asked, layers }, _) => {
                let performed = queue::perform_job(core, &asked, layers, idiom, trace).await?;
                Ok(Response::Performed(performed))
            }
            (Request::Push { stream }, Some(Write::Upsert(batch))) => {
                stream.send(core, batch, trace).await.map(|()| Response::Done {})
            }
            (Request::Finish { stream }, _) => Ok(Response::Write(Box::new(stream.end(core, trace).await?))),
            _ => Err(mismatch("this operation is decided at once")),
        }
    }
}

fn declared(core: &Core, declaration: Declaration) -> Response {
    core.remember_names(&declaration.schema);
    Response::Declaration(Box::new(declaration))
}

fn enqueue(
    schema: &Schema,
    enqueuing: Enqueuing,
    job: queue::Job,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<Response> {
    let Enqueuing { layers, declaration, target } = enqueuing;
    let enqueued = queue::enqueue(schema, &declaration, layers, &target, job, idiom, trace);
    Ok(Response::Enqueue(Box::new(enqueued.map_err(|error| error.of_schema(&schema.name))?)))
}

fn resolve(layers: Layers, idiom: Idiom) -> Result<Config> {
    Config::read(&layers.merge(idiom)?, idiom)
}
