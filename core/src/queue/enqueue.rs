//! Enqueueing: the row that a write becomes, and the statement that inserts it. The host carries that out, on
//! the caller's own connection and so inside the caller's own transaction: both are there, or neither.

use schemars::JsonSchema;
use serde::Serialize;

use super::args::{DELETE_WORKER, UPSERT_WORKER};
use super::related::{self, RELATED_WORKER};
use super::statement::{Dialect, Target};
use crate::config::{Config, Layers, SyncMode};
use crate::document::{DocumentId, JobDocuments, push_json_string};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::naming;
use crate::schema::Schema;
use crate::sync::{self, Status};
use crate::telemetry::{Trace, error_kind};

/// What the host is to do, and what the caller is told once it has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Enqueue {
    pub mode: SyncMode,
    pub status: Status,
    pub document_ids: Vec<DocumentId>,
    pub document_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oban: Option<ObanOptions>,
    /// Without its id, which the database gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<NewJob>,
    /// To be carried out. None where there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert: Option<Insert>,
}

/// Where a job was put, and how often it may be attempted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ObanOptions {
    pub queue: String,
    pub max_attempts: i64,
}

/// A job as it is inserted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewJob {
    pub worker: &'static str,
    pub queue: String,
    pub state: &'static str,
    pub attempt: i64,
    pub max_attempts: i64,
}

/// One statement; it gives one row, whose first column is the id of the job. `args` is JSON text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Insert {
    pub sql: String,
    pub queue: String,
    pub worker: &'static str,
    pub args: String,
    pub max_attempts: i64,
}

/// What a job is to do.
#[derive(Debug)]
pub enum Job {
    Upsert(JobDocuments),
    Delete(Vec<DocumentId>),
    /// Documents that changed, and others with them.
    Related(Vec<DocumentId>),
}

impl Job {
    fn worker(&self) -> &'static str {
        match self {
            Self::Upsert(_) => UPSERT_WORKER,
            Self::Delete(_) => DELETE_WORKER,
            Self::Related(_) => RELATED_WORKER,
        }
    }

    fn span(&self) -> &'static str {
        match self {
            Self::Upsert(_) => "scrypath.sync.upsert",
            Self::Delete(_) => "scrypath.sync.delete",
            Self::Related(_) => "scrypath.sync.related",
        }
    }

    fn ids(&self) -> &[DocumentId] {
        match self {
            Self::Upsert(documents) => &documents.ids,
            Self::Delete(ids) | Self::Related(ids) => ids,
        }
    }
}

/// Makes the row and the statement of a write. A key that only this call has is refused: no worker would find it.
pub(crate) fn enqueue(
    schema: &Schema,
    declaration: &str,
    layers: Layers,
    target: &Target,
    job: Job,
    idiom: Idiom,
    trace: &mut Trace,
) -> Result<Enqueue> {
    refuse_own_key(&layers, idiom)?;
    let config = Config::of(layers, idiom)?;
    let mode = SyncMode::Oban;
    let index = naming::index_name(schema, &config);
    // A job of related documents is about no index yet.
    let about = if matches!(job, Job::Related(_)) { None } else { Some(index.as_str()) };
    let metadata = sync::span_metadata(schema, &config, about, mode, job.ids().len());
    let span = trace.start(job.span(), metadata);
    let enqueued = make(schema, declaration, &config, index, target, job, idiom);
    trace.stop(span, |metadata| match &enqueued {
        Ok(enqueued) => {
            // The row is made; whether it is there is for the host's transaction to say.
            let status = if enqueued.insert.is_some() { "requested" } else { "noop" };
            metadata.set("status", Term::Symbol(status.to_owned()));
            metadata.set("mode", Term::Symbol(mode.name().to_owned()));
        }
        Err(error) => metadata.set("error_kind", error_kind(error)),
    });
    enqueued
}

fn make(
    schema: &Schema,
    declaration: &str,
    config: &Config,
    index: String,
    target: &Target,
    job: Job,
    idiom: Idiom,
) -> Result<Enqueue> {
    let mode = SyncMode::Oban;
    let document_ids = job.ids().to_vec();
    let document_count = document_ids.len();
    if document_count == 0 {
        let (status, index) = (Status::Noop, None);
        return Ok(Enqueue {
            mode,
            status,
            document_ids,
            document_count,
            index,
            oban: None,
            job: None,
            insert: None,
        });
    }
    let queue = config.oban_queue.clone().ok_or_else(|| {
        let message =
            format!("{} is required: the queue that the job is put into", idiom.option("oban_queue"));
        Error::new(Kind::MissingOption, message).named("oban_queue")
    })?;
    let max_attempts = config.oban_max_attempts.unwrap_or(8);
    let worker = job.worker();
    let (args, index) = match &job {
        Job::Related(ids) => (related::args(schema, config, ids), None),
        _ => (args(schema, declaration, config, &index, &job), Some(index)),
    };
    if target.dialect == Dialect::Postgres && holds_nul(&args) {
        let message = "a document holds text with a NUL, which PostgreSQL cannot keep in a job";
        return Err(Error::new(Kind::ValueUnencodable, message));
    }
    let insert = Insert { sql: sql(target), queue: queue.clone(), worker, args, max_attempts };
    Ok(Enqueue {
        mode,
        status: Status::Accepted,
        document_ids,
        document_count,
        index,
        oban: Some(ObanOptions { queue: queue.clone(), max_attempts }),
        job: Some(NewJob { worker, queue, state: "available", attempt: 0, max_attempts }),
        insert: Some(insert),
    })
}

fn refuse_own_key(layers: &Layers, idiom: Idiom) -> Result<()> {
    let key_of = |layer: &crate::host::Term| {
        let pairs = layer.pairs(idiom).unwrap_or_default();
        let found = pairs.iter().find(|(name, _)| idiom.read_option(name) == "meilisearch_api_key");
        found.and_then(|(_, key)| key.as_str().map(str::to_owned)).filter(|key| !key.is_empty())
    };
    let Some(own) = key_of(&layers.call) else { return Ok(()) };
    if [&layers.defaults, &layers.repo_defaults].into_iter().any(|layer| key_of(layer).as_ref() == Some(&own))
    {
        return Ok(());
    }
    let message = format!(
        "{} is this call's alone, and jobs never hold a key: configure it durably, where workers find it too",
        idiom.option("meilisearch_api_key")
    );
    Err(Error::new(Kind::KeyNotDurable, message).named("meilisearch_api_key"))
}

fn args(schema: &Schema, declaration: &str, config: &Config, index: &str, job: &Job) -> String {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"version\":1");
    let mut text = |name: &str, value: &str| {
        out.push(b',');
        push_json_string(&mut out, name);
        out.push(b':');
        push_json_string(&mut out, value);
    };
    text("operation", if matches!(job, Job::Upsert(_)) { "upsert" } else { "delete" });
    text("schema", &schema.name);
    text("backend", "Scrypath.Meilisearch");
    text("index", index);
    text("sync_mode", "oban");
    if let Some(prefix) = config.index_prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        text("index_prefix", prefix);
    }
    if let Some(url) = config.url.as_deref().filter(|url| !url.is_empty()) {
        text("meilisearch_url", url);
    }
    let ids = job.ids();
    out.extend_from_slice(format!(",\"document_count\":{},\"document_ids\":", ids.len()).as_bytes());
    out.extend_from_slice(&DocumentId::json_list(ids));
    if let Job::Upsert(documents) = job {
        out.extend_from_slice(b",\"documents\":[");
        out.extend_from_slice(&documents.json);
        out.push(b']');
    }
    out.extend_from_slice(b",\"declaration\":");
    out.extend_from_slice(declaration.as_bytes());
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

/// Whether JSON text holds an escaped NUL. An escaped backslash before `u0000` is no escape.
fn holds_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.as_bytes()[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before % 2 == 0
    })
}

fn sql(target: &Target) -> String {
    let place = |number| target.placeholders.write(number);
    match target.dialect {
        // Told at commit, and only then: workers need not wait for their next look.
        Dialect::Postgres => format!(
            "INSERT INTO oban_jobs (queue, worker, args, max_attempts) VALUES ({}, {}, {}::text::jsonb, {}) \
             RETURNING id, pg_notify('public.oban_insert', json_build_object('queue', queue)::text)::text",
            place(1),
            place(2),
            place(3),
            place(4)
        ),
        Dialect::Sqlite => format!(
            "INSERT INTO oban_jobs (queue, worker, args, max_attempts) VALUES ({}, {}, {}, {}) RETURNING id",
            place(1),
            place(2),
            place(3),
            place(4)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::holds_nul;

    #[test]
    fn a_nul_is_told_from_a_backslash_and_letters() {
        assert!(holds_nul(r#"{"a":"x\u0000"}"#));
        assert!(holds_nul(r#"{"a":"\\\u0000"}"#));
        assert!(!holds_nul(r#"{"a":"\\u0000"}"#));
        assert!(!holds_nul(r#"{"a":"u0000"}"#));
    }
}
