//! Related sync: one record changed, and documents of others with it.
//!
//! Which others is the application's to say: a resolver in the host turns ids of source documents into records of
//! the target. In mode `oban` a job holds the ids; whoever runs it resolves them and enqueues the target's documents
//! in one transaction, so that they keep the order of all writes of the target. Jobs of one fan-out are run one
//! after the other: else one that read early and wrote late would bring an older state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::args::{Invalid, read_id};
use super::perform::{JobOutcome, JobVerdict, OwnJob};
use super::statement::{Dialect, Draft, Statement, Target};
use crate::config::{Config, Layers, SyncMode};
use crate::document::DocumentId;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::naming;
use crate::schema::Schema;
use crate::sync;
use crate::telemetry::{Metadata, RESOLVE, Span, Trace, monotonic};

pub const RELATED_WORKER: &str = "Scrypath.Sync.RelatedWorker";

/// What a call of related sync is to do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedPlan {
    pub fan_out: String,
    pub sync_mode: SyncMode,
    /// Where the resolver is called now: to be handed back once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
}

/// How a resolver that was called now ended.
#[derive(Debug)]
pub struct ResolverEnd {
    /// What [`plan_related`] gave.
    pub pending: String,
    /// How many ids it got.
    pub document_count: i64,
    /// How many records it found. It raised where there is no number.
    pub found: Option<i64>,
}

/// Checks a call against the fan-outs that its schema declares.
pub(crate) fn plan_related(
    schema: &Schema,
    declared: &[String],
    layers: Layers,
    idiom: Idiom,
) -> Result<RelatedPlan> {
    let config = Config::of(layers, idiom)?;
    let option = idiom.option("fan_out");
    let known = match declared {
        [] => format!("{} declares no fan-outs", schema.name),
        names => format!("{} declares {}", schema.name, names.join(", ")),
    };
    let Some(fan_out) = config.fan_out.clone() else {
        let message = format!("{option} is required: which related records are meant; {known}");
        return Err(Error::new(Kind::MissingOption, message).named("fan_out"));
    };
    if !declared.contains(&fan_out) {
        let message = format!("invalid value for {option} option: {fan_out} is no fan-out; {known}");
        return Err(Error::new(Kind::InvalidOption, message).named("fan_out"));
    }
    let sync_mode = config.sync_mode;
    let pending = (sync_mode != SyncMode::Oban).then(|| {
        let index = naming::index_name(schema, &config);
        let metadata = sync::span_metadata(schema, &config, Some(&index), sync_mode, 0)
            .with("fan_out", Term::Symbol(fan_out.clone()));
        json!([monotonic(), metadata.to_json()]).to_string()
    });
    Ok(RelatedPlan { fan_out, sync_mode, pending })
}

/// Tells the span of a resolver that was called now.
pub(crate) fn resolved(end: &ResolverEnd, trace: &mut Trace) -> Result<()> {
    let lost = || crate::api::mismatch("\"pending\" is not what the plan gave");
    let (started, metadata): (i64, Value) = serde_json::from_str(&end.pending).map_err(|_| lost())?;
    let metadata = Metadata::from_json(&metadata).ok_or_else(lost)?;
    let span = Span::resume(RESOLVE, started, metadata.with("document_count", end.document_count));
    trace.reopen(&span);
    match end.found {
        Some(found) => trace.stop(span, |metadata| metadata.set("document_count", found)),
        None => trace.exception(span, |metadata| {
            metadata.set("error_kind", Term::Symbol("resolver".to_owned()));
        }),
    }
    Ok(())
}

/// The args of a job that holds these source ids.
pub(super) fn args(schema: &Schema, config: &Config, ids: &[DocumentId]) -> String {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let ids: Value = serde_json::from_slice(&DocumentId::json_list(ids)).unwrap_or_default();
    let args = json!({
        "version": 1,
        "schema": schema.name,
        "document_ids": ids,
        "fan_out": config.fan_out,
        "opts": {
            "backend": "Scrypath.Meilisearch",
            "index_prefix": given(&config.index_prefix),
            "meilisearch_url": given(&config.url),
            "otp_app": null,
            "repo": config.repo.as_ref().and_then(|repo| repo.as_str()),
        },
    });
    args.to_string()
}

/// A related job, read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedJob {
    /// It cannot be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<JobVerdict>,
    pub schema: String,
    pub fan_out: String,
    pub document_ids: Vec<DocumentId>,
    pub options: RelatedOptions,
    /// First in the transaction in which the job is run.
    pub statements: Vec<Statement>,
}

/// With what the target's jobs are enqueued.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct RelatedOptions {
    pub oban_queue: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meilisearch_url: Option<String>,
}

#[derive(Deserialize)]
struct Args {
    version: Option<i64>,
    schema: Option<Value>,
    fan_out: Option<Value>,
    document_ids: Option<Value>,
    #[serde(default)]
    opts: Value,
}

pub fn read_related(job: &OwnJob, target: Target) -> RelatedJob {
    match read(job, target) {
        Ok(related) => related,
        Err(reason) => RelatedJob {
            verdict: Some(JobVerdict::cancelled(reason)),
            schema: String::new(),
            fan_out: String::new(),
            document_ids: Vec::new(),
            options: RelatedOptions::default(),
            statements: Vec::new(),
        },
    }
}

fn read(job: &OwnJob, target: Target) -> std::result::Result<RelatedJob, &'static str> {
    if job.worker != RELATED_WORKER {
        return Err("unknown_worker");
    }
    let args: Args = serde_json::from_str(&job.args).map_err(|_| Invalid::Unreadable.reason())?;
    if args.version.is_some_and(|version| version != 1) {
        return Err(Invalid::Version.reason());
    }
    let text = |value: Option<Value>| {
        value.and_then(|value| value.as_str().map(str::to_owned)).filter(|text| !text.is_empty())
    };
    let schema = text(args.schema).ok_or(Invalid::Schema.reason())?;
    let fan_out = text(args.fan_out).ok_or("invalid_fan_out")?;
    let Some(Value::Array(ids)) = args.document_ids else { return Err(Invalid::DocumentIds.reason()) };
    let document_ids: Option<Vec<DocumentId>> = ids.iter().map(read_id).collect();
    let option = |name: &str| args.opts[name].as_str().map(str::to_owned);
    let statements = match target.dialect {
        Dialect::Postgres => vec![
            Draft::new(target)
                .sql("SELECT pg_advisory_xact_lock(hashtextextended(")
                .value(format!("scrypath:related:{schema}:{fan_out}"))
                .sql(", 0))::text")
                .end(),
        ],
        // It has one writer at a time.
        Dialect::Sqlite => Vec::new(),
    };
    Ok(RelatedJob {
        verdict: None,
        document_ids: document_ids.ok_or(Invalid::DocumentIds.reason())?,
        options: RelatedOptions {
            oban_queue: job.queue.clone(),
            index_prefix: option("index_prefix"),
            meilisearch_url: option("meilisearch_url"),
        },
        schema,
        fan_out,
        statements,
    })
}

/// Statements to carry out, and nothing else.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Statements {
    pub statements: Vec<Statement>,
}

/// Gives the oldest related jobs that are due, those of one fan-out together, so that two transactions take the locks of
/// fan-outs in one order; and locks them for the caller's transaction. Columns, all of
/// them text: id, worker, args, attempt, max_attempts. One that somebody else has is left out, since what jobs of one
/// fan-out read is ordered by the lock that they take before they read.
pub fn claim_related(queue: &str, limit: i64, target: Target) -> Statements {
    let draft = Draft::new(target);
    let (text, now, lock) = match target.dialect {
        Dialect::Postgres => ("::text", "timezone('UTC', now())", " FOR UPDATE SKIP LOCKED"),
        Dialect::Sqlite => ("", "strftime('%Y-%m-%dT%H:%M:%f', 'now')", ""),
    };
    let due = match target.dialect {
        Dialect::Postgres => format!("scheduled_at <= {now}"),
        Dialect::Sqlite => "julianday(scheduled_at) <= julianday('now')".to_owned(),
    };
    let [schema, fan_out] = ["schema", "fan_out"].map(|member| match target.dialect {
        Dialect::Postgres => format!("due.args::json->>'{member}'"),
        Dialect::Sqlite => {
            format!("CASE WHEN json_valid(due.args) THEN json_extract(due.args, '$.{member}') END")
        }
    });
    let statement = draft
        .sql(&format!(
            "SELECT due.* FROM (SELECT CAST(id AS text) AS id, worker, args{text} AS args, \
             CAST(attempt AS text) AS attempt, CAST(max_attempts AS text) AS max_attempts FROM oban_jobs WHERE queue = "
        ))
        .value(queue)
        .sql(" AND worker = ")
        .value(RELATED_WORKER)
        .sql(&format!(
            " AND (state = 'available' OR (state IN ('scheduled', 'retryable') AND {due})) ORDER BY oban_jobs.id LIMIT "
        ))
        .value(limit)
        .sql(lock)
        .sql(&format!(") AS due ORDER BY {schema}, {fan_out}, CAST(due.id AS bigint)"))
        .end();
    Statements { statements: vec![statement] }
}

/// How a related job ended.
#[derive(Debug)]
pub struct RelatedEnd {
    pub id: i64,
    pub outcome: JobOutcome,
    pub reason: Option<String>,
    /// Without this one.
    pub attempt: i64,
    pub max_attempts: i64,
}

/// Writes down how a related job ended, in the transaction that claimed it.
pub fn settle_related(end: &RelatedEnd, target: Target) -> Statements {
    let attempt = (end.attempt + 1).min(end.max_attempts.max(1));
    let (state, stamp) = match end.outcome {
        JobOutcome::Completed => ("completed", "completed_at"),
        JobOutcome::Cancelled => ("cancelled", "cancelled_at"),
        JobOutcome::Retry if attempt >= end.max_attempts => ("discarded", "discarded_at"),
        JobOutcome::Retry | JobOutcome::Snooze => ("retryable", "scheduled_at"),
    };
    let wait = match state {
        "retryable" => 15 + 2_i64.pow(attempt.clamp(0, 12) as u32),
        _ => 0,
    };
    let mut draft =
        Draft::new(target).sql(&format!("UPDATE oban_jobs SET state = '{state}', attempt = ")).value(attempt);
    draft = match target.dialect {
        Dialect::Postgres => draft
            .sql(&format!(", attempted_at = timezone('UTC', now()), {stamp} = timezone('UTC', now()) + "))
            .value(wait)
            .sql(" * interval '1 second'"),
        Dialect::Sqlite => draft
            .sql(&format!(
                ", attempted_at = strftime('%Y-%m-%dT%H:%M:%f', 'now'), \
                 {stamp} = strftime('%Y-%m-%dT%H:%M:%f', julianday('now') + "
            ))
            .value(wait)
            .sql(" / 86400.0)"),
    };
    if let Some(reason) = end.reason.as_ref().filter(|_| end.outcome != JobOutcome::Completed) {
        let entry = super::store::entry(reason, attempt).to_string();
        draft = match target.dialect {
            // Appends to an array of JSON and to a JSON array alike.
            Dialect::Postgres => draft.sql(", errors = errors || ").value(entry).sql("::jsonb"),
            Dialect::Sqlite => {
                draft.sql(", errors = json_insert(errors, '$[#]', json(").value(entry).sql("))")
            }
        };
    }
    let statement = draft.sql(" WHERE id = ").value(end.id).end();
    Statements { statements: vec![statement] }
}
