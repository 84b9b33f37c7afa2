use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use serde_json::Value;

use super::exchange::{Answer, Exchange};
use super::transport::Transport;
use crate::config::{BackendUrl, Config};
use crate::error::{Error, Kind, Result};
use crate::host::{RawJson, Term};
use crate::process::Core;
use crate::telemetry::Trace;

/// The backend of one call: its transport, its configuration, and the call's trace.
pub struct Client<'a> {
    pub(super) core: &'a Core,
    pub(super) url: BackendUrl,
    transport: Transport<'a>,
    pub(super) config: &'a Config,
}

/// Statuses that say "later", not "no".
const TRANSIENT: &[u16] = &[408, 429, 500, 502, 503, 504];

impl<'a> Client<'a> {
    pub fn open(core: &'a Core, config: &'a Config) -> Result<Self> {
        let url = config.backend()?;
        let transport = Transport::open(core, &url)?;
        Ok(Self { core, url, transport, config })
    }

    /// The index turned out not to exist: look again before the next write.
    pub(crate) fn forget(&self, index: &str) {
        self.core.forget(&self.url, index);
    }

    /// The checked schema of a declaration's JSON form.
    pub(crate) fn schema(&self, json: &str) -> Result<std::sync::Arc<crate::schema::Schema>> {
        self.core.schema(json)
    }

    pub(crate) fn first_pause(&self) -> Duration {
        self.transport.first_pause()
    }

    /// Sends a request and gives the object that came back. Anything else is an `http_error`.
    pub async fn object(&self, exchange: Exchange, trace: &mut Trace) -> Result<RawJson> {
        let answer = self.send(&exchange, trace).await?;
        if !(200..300).contains(&answer.status) {
            return Err(refused(&answer));
        }
        as_object(&answer).ok_or_else(|| not_meilisearch(&answer))
    }

    /// Sends a request under its telemetry span. GETs are repeated as configured, three times at most.
    pub async fn send(&self, exchange: &Exchange, trace: &mut Trace) -> Result<Answer> {
        let span = trace.start("scrypath.meilisearch.request", exchange.metadata());
        let sent = if exchange.repeatable && self.config.request.retry {
            self.send_repeatedly(exchange).await
        } else {
            self.transport.send(exchange, self.config).await
        };
        trace.stop(span, |metadata| match &sent {
            Ok(answer) => metadata.set("status_code", i64::from(answer.status)),
            Err(_) => metadata.set("error_kind", Term::Symbol("transport".to_owned())),
        });
        tracing::debug!(method = exchange.method, path = exchange.path, ok = sent.is_ok(), "request");
        sent
    }

    async fn send_repeatedly(&self, exchange: &Exchange) -> Result<Answer> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_secs(1))
            .with_factor(2.0)
            .with_max_times(3);
        let attempt = || async {
            match self.transport.send(exchange, self.config).await {
                Ok(answer) if TRANSIENT.contains(&answer.status) => Err(Ok(answer)),
                Ok(answer) => Ok(answer),
                Err(error) => Err(Err(error)),
            }
        };
        let worth_it = |failed: &Result<Answer>| match failed {
            Ok(_) => true,
            Err(error) => error.kind == Kind::TransportError,
        };
        let waited = |failed: &Result<Answer>, pause: Option<Duration>| match failed {
            // The server's own word on when to come back, within reason.
            Ok(Answer { retry_after: Some(seconds), .. }) => {
                pause.map(|_| Duration::from_secs((*seconds).min(10)))
            }
            _ => pause,
        };
        match attempt.retry(pauses).sleep(tokio::time::sleep).when(worth_it).adjust(waited).await {
            Ok(answer) | Err(Ok(answer)) => Ok(answer),
            Err(Err(error)) => Err(error),
        }
    }
}

/// What claims to be an object. Whoever asked reads it, and finds out whether it is one.
fn as_object(answer: &Answer) -> Option<RawJson> {
    let raw = RawJson::new(answer.body.clone())?;
    raw.get().trim_start().starts_with('{').then_some(raw)
}

/// A refusal, with the server's own code and body. The body stays out of the message: it may quote a
/// document.
pub(super) fn refused(answer: &Answer) -> Box<Error> {
    let body = body_of(answer);
    let code = body.get("code").and_then(Value::as_str).map(str::to_owned);
    let hint = match (answer.status, code.as_deref()) {
        (401, _) => " (no API key was sent: set meilisearch_api_key)",
        (403, _) => " (the API key is not valid for this)",
        (404, Some("index_not_found")) => " (the index does not exist yet: sync a record, or backfill)",
        _ => "",
    };
    let message = match &code {
        Some(code) => format!("the backend refused the request: {} {code}{hint}", answer.status),
        None => format!("the backend refused the request: {}{hint}", answer.status),
    };
    let mut error = Error::new(Kind::HttpError, message);
    error.details.status = Some(answer.status);
    error.details.body = Some(body);
    error.details.code = code;
    error.details.retry_after = answer.retry_after;
    error.retryable = TRANSIENT.contains(&answer.status);
    error
}

fn not_meilisearch(answer: &Answer) -> Box<Error> {
    let message = format!(
        "the backend answered {} with something that is not a JSON object: is it a Meilisearch?",
        answer.status
    );
    let mut error = Error::new(Kind::HttpError, message);
    error.details.status = Some(answer.status);
    error.details.body = Some(body_of(answer));
    error
}

/// The body as JSON, or its first kilobyte as text.
fn body_of(answer: &Answer) -> Value {
    const SHOWN: usize = 1024;
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| {
        let start = &answer.body[..answer.body.len().min(SHOWN)];
        Value::String(String::from_utf8_lossy(start).into_owned())
    })
}
