//! The same engine on a port.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;

use crate::engine::{Engine, Request, Response};

/// Who takes longer to send the head of a request is hung up on.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who takes longer to send a body gets no answer but this one: 408.
const BODY_PATIENCE: Duration = Duration::from_secs(600);

/// Serves `engine` on `listener` until `shutdown` resolves, then lets open exchanges finish.
pub async fn serve(engine: Engine, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or the peer left already: wait, the listener is still good.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        let _ = stream.set_nodelay(true);
        let engine = engine.clone();
        let service = service_fn(move |request| answer(engine.clone(), request));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(Duration::from_secs(10), graceful.shutdown()).await;
}

async fn answer(
    engine: Engine,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let header =
        |name: HeaderName| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let authorization = header(AUTHORIZATION);
    let content_type = header(CONTENT_TYPE);
    let content_encoding = header(CONTENT_ENCODING);
    // Compressed or not, nothing larger is read off the wire.
    let collected = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, crate::http::MAX_BODY).collect());
    let Ok(collected) = collected.await else {
        return Ok(reply(Response { status: 408, body: Vec::new() }));
    };
    let body = match collected {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(reply(crate::engine::too_large()));
        }
        // The peer went away in the middle; nobody reads the answer.
        Err(_) => {
            return Ok(reply(Response { status: 400, body: Vec::new() }));
        }
    };
    let target = head.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let response = tokio::task::spawn_blocking(move || {
        engine.handle(Request {
            method: head.method.as_str(),
            target: &target,
            authorization: authorization.as_deref(),
            content_type: content_type.as_deref(),
            content_encoding: content_encoding.as_deref(),
            body: &body,
        })
    })
    .await
    .unwrap_or(Response { status: 500, body: Vec::new() });
    Ok(reply(response))
}

fn reply(response: Response) -> hyper::Response<Full<Bytes>> {
    let mut reply = hyper::Response::new(Full::new(Bytes::from(response.body)));
    *reply.status_mut() =
        hyper::StatusCode::from_u16(response.status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    reply
}
