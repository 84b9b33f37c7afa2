//! The two ways to the backend.
//!
//! Both send one [`Exchange`] and give whatever answered: a refusal is an [`Answer`], not an error.
//! Errors are `transport_error` (not reached, or broken off), `request_timeout` (no answer within the
//! deadline) and, for the engine, `embedded_open`. Nothing is retried here.

use std::time::Duration;

use super::exchange::{Answer, Exchange};
use crate::config::{BackendUrl, Config};
use crate::error::{Error, Kind, Result};
use crate::process::Core;

pub(super) enum Transport<'a> {
    Http {
        client: &'a reqwest::Client,
        base: reqwest::Url,
    },
    #[cfg(feature = "embedded")]
    Embedded {
        engine: scrypath_engine::Engine,
        owns_thread: bool,
    },
    Link(&'a dyn super::Link),
}

impl<'a> Transport<'a> {
    pub(super) fn open(core: &'a Core, url: &BackendUrl) -> Result<Self> {
        if let Some(link) = core.link() {
            return Ok(Self::Link(link));
        }
        match url {
            BackendUrl::Http(base) => Ok(Self::Http { client: core.http()?, base: base.clone() }),
            #[cfg(feature = "embedded")]
            BackendUrl::Embedded(_) | BackendUrl::Memory(_) => {
                Ok(Self::Embedded { engine: core.engine(url)?, owns_thread: core.owns_thread() })
            }
            #[cfg(not(feature = "embedded"))]
            _ => Err(Error::new(
                Kind::EmbeddedUnavailable,
                "this build leaves the embedded index out; use http(s)://, or a build with the `embedded` feature",
            )),
        }
    }

    pub(super) async fn send(&self, exchange: &Exchange, config: &Config) -> Result<Answer> {
        match self {
            Self::Http { client, base } => send_http(client, base, exchange, config).await,
            Self::Link(link) => link.send(exchange, config.request.receive_timeout).await,
            #[cfg(feature = "embedded")]
            Self::Embedded { engine, owns_thread } => {
                send_embedded(engine, *owns_thread, exchange, config).await
            }
        }
    }

    /// The shortest sensible pause before looking at a task.
    pub(super) fn first_pause(&self) -> Duration {
        match self {
            Self::Http { .. } | Self::Link(_) => Duration::from_millis(5),
            #[cfg(feature = "embedded")]
            Self::Embedded { .. } => Duration::from_millis(1),
        }
    }
}

async fn send_http(
    client: &reqwest::Client,
    base: &reqwest::Url,
    exchange: &Exchange,
    config: &Config,
) -> Result<Answer> {
    let method = reqwest::Method::from_bytes(exchange.method.as_bytes())
        .map_err(|_| Error::internal("an unknown HTTP method"))?;
    let mut request =
        client.request(method, endpoint(base, &exchange.path)).timeout(config.request.receive_timeout);
    if let Some(content_type) = exchange.body.content_type() {
        request = request.header("content-type", content_type);
    }
    for (name, value) in &config.request.headers {
        request = request.header(name, value.expose());
    }
    if let Some(key) = &config.api_key {
        request = request.bearer_auth(key.expose());
    }
    request = match &exchange.body {
        super::Body::None => request,
        super::Body::Json(bytes) | super::Body::Ndjson(bytes) => request.body(bytes.clone()),
    };
    let response = request.send().await.map_err(|error| unreachable(&error, base, config))?;
    let status = response.status().as_u16();
    let retry_after =
        response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.bytes().await.map_err(|error| unreachable(&error, base, config))?;
    Ok(Answer { status, body, retry_after })
}

/// A path of the API, under whatever path the server is mounted at.
fn endpoint(base: &reqwest::Url, path: &str) -> reqwest::Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    match base.path().trim_end_matches('/') {
        "" => url.set_path(path),
        mount => url.set_path(&format!("{mount}{path}")),
    }
    url.set_query(query);
    url
}

fn unreachable(error: &reqwest::Error, base: &reqwest::Url, config: &Config) -> Box<Error> {
    let host = host_of(base);
    if error.is_timeout() {
        let ms = config.request.receive_timeout.as_millis();
        return Error::new(Kind::RequestTimeout, format!("{host} did not answer within {ms} ms"));
    }
    // The innermost cause is the operating system's or TLS's own words; the URL is left out, since it
    // may hold a password.
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let stage = if error.is_connect() { "could not be reached" } else { "broke the connection off" };
    let failed = Error::new(Kind::TransportError, format!("{host} {stage}: {cause}"));
    if error.is_connect() { failed.unsent() } else { failed }
}

fn host_of(base: &reqwest::Url) -> String {
    match (base.host_str(), base.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{}://{host}:{port}", base.scheme()),
        _ => "the backend".to_owned(),
    }
}

#[cfg(feature = "embedded")]
async fn send_embedded(
    engine: &scrypath_engine::Engine,
    owns_thread: bool,
    exchange: &Exchange,
    config: &Config,
) -> Result<Answer> {
    let (engine, exchange) = (engine.clone(), exchange.clone());
    let work = move || {
        let response = engine.handle(scrypath_engine::Request {
            method: exchange.method,
            target: &exchange.path,
            authorization: None,
            content_type: exchange.body.content_type(),
            content_encoding: None,
            body: exchange.body.bytes(),
        });
        Answer { status: response.status, body: response.body.into(), retry_after: None }
    };
    if owns_thread {
        return Ok(work());
    }
    let ms = config.request.receive_timeout.as_millis();
    match tokio::time::timeout(config.request.receive_timeout, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Error::internal("the embedded index stopped on a defect of its own")),
        Err(_) => {
            Err(Error::new(Kind::RequestTimeout, format!("the embedded index did not answer within {ms} ms")))
        }
    }
}
