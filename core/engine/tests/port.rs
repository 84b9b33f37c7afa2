//! The engine on a port, spoken to in bytes: what clients may send and what must not hold it.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use scrypath_engine::{Engine, Options};

struct Port {
    addr: SocketAddr,
    // Dropped with the runtime that serves it.
    _runtime: tokio::runtime::Runtime,
}

fn port(master_key: Option<&str>) -> Port {
    let engine = Engine::memory(Options { master_key: master_key.map(str::to_owned) });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    runtime.spawn(scrypath_engine::server::serve(engine, listener, std::future::pending()));
    Port { addr, _runtime: runtime }
}

/// Sends all of `bytes` and reads until the server closes.
fn exchange(port: &Port, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(port.addr).unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn request(method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn requests_may_be_pipelined() {
    let port = port(None);
    let reply = exchange(
        &port,
        b"GET /health HTTP/1.1\r\nhost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nhost: a\r\n\r\nGET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    );
    let statuses: Vec<&str> = reply.matches("HTTP/1.1 ").collect();
    assert_eq!(statuses.len(), 3, "{reply}");
    assert_eq!(reply.matches("{\"status\":\"available\"}").count(), 2, "{reply}");
}

#[test]
fn a_body_may_come_in_chunks() {
    let port = port(None);
    let reply = exchange(
        &port,
        b"POST /indexes HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
          transfer-encoding: chunked\r\n\r\n5\r\n{\"uid\r\n6\r\n\":\"a\"}\r\n0\r\n\r\n",
    );
    assert!(reply.starts_with("HTTP/1.1 202"), "{reply}");
}

#[test]
fn slow_bodies_hold_nobody_else() {
    let port = port(None);
    let slow: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut stream = TcpStream::connect(port.addr).unwrap();
            stream
                .write_all(b"POST /indexes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{")
                .unwrap();
            stream
        })
        .collect();
    let reply = exchange(&port, &request("GET", "/health", "", b""));
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    drop(slow);
}

/// 101,000,000 spaces, packed by brotli.
const BROTLI_BOMB: &[u8] =
    b"\xcb\xff\xff\x3f\xf8\x25\x40\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4b\x00\xc4\x61\x11\x80\xee\
    \xfd\x1f\xff\xff\xff\xe0\x97\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1\x2f\x01\x10\x87\x05\x00\
    \xba\xf7\x7f\xfc\xff\xff\x83\x5f\x02\x20\x0e\x0b\x00\x74\xef\xff\xf8\xff\xff\x07\xbf\x04\x40\x1c\x16\
    \x00\xe8\xde\xff\xf1\xff\xff\x0f\x7e\x09\x80\x38\x2c\x00\xd0\xbd\xff\xe3\xff\xff\x1f\xfc\x12\x00\x71\
    \x58\x00\xa0\x7b\xff\xc7\xff\xff\x3f\xf8\x25\x00\xe2\xb0\x00\x40\xf7\xfe\x8f\xff\xff\x7f\xf0\x4b\x00\
    \xc4\x61\x01\x80\xee\xfd\x1f\xff\xff\xff\xe0\x97\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1\x2f\
    \x01\x10\x87\x05\x00\xba\xf7\x7f\xf5\x33\x52\xf8\x25\x00\xe2\xb0\x00\x40\x5f\xa3\x00";

#[test]
fn a_body_over_the_limit_is_refused() {
    let port = port(None);
    let kind = "content-type: application/json\r\n";
    let reply = exchange(&port, &request("POST", "/indexes/a/documents", kind, &vec![b' '; 100_000_001]));
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
    let told = "{\"message\":\"The provided payload reached the size limit. The maximum accepted payload size is 100 MB.\",\
                \"code\":\"payload_too_large\",\"type\":\"invalid_request\",\
                \"link\":\"https://docs.meilisearch.com/errors#payload_too_large\"}";
    assert!(reply.ends_with(told), "{reply}");
    let reply = exchange(&port, &request("POST", "/indexes/a/documents", kind, &vec![b' '; 100_000_000]));
    assert!(reply.starts_with("HTTP/1.1 400"), "spaces up to the limit are read, and are no JSON: {reply}");
    // Where no length is said beforehand, what comes is counted.
    let mut chunked = b"POST /indexes/a/documents HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
                        transfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..101 {
        chunked.extend_from_slice(b"f4240\r\n");
        chunked.resize(chunked.len() + 1_000_000, b' ');
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let reply = exchange(&port, &chunked);
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[test]
fn a_body_that_unpacks_past_the_limit_is_refused() {
    let port = port(None);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..101 {
        gzip.write_all(&vec![b' '; 1 << 20]).unwrap();
        zlib.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bombs =
        [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("br", BROTLI_BOMB.to_vec())];
    for (encoding, body) in bombs {
        assert!(body.len() < 1 << 20);
        let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
        let reply = exchange(&port, &request("POST", "/indexes/a/documents", &headers, &body));
        assert!(reply.starts_with("HTTP/1.1 413"), "{encoding}: {reply}");
        assert!(reply.contains("\"code\":\"payload_too_large\""), "{encoding}: {reply}");
    }
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let headers = format!("content-type: application/json\r\ncontent-encoding: {encoding}\r\n");
        let reply =
            exchange(&port, &request("POST", "/indexes/a/documents", &headers, b"\x1f\x8b\xff\x00junk"));
        assert!(reply.starts_with("HTTP/1.1 4"), "{encoding}: {reply}");
    }
}

#[test]
fn headers_that_are_no_text_are_answered() {
    let port = port(Some("master of the harbour"));
    for head in [
        &b"GET /indexes HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer \xff\xfe\r\n\r\n"[..],
        b"GET /indexes HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization:\r\n\r\n",
        b"GET /indexes HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    ] {
        let reply = exchange(&port, head);
        assert!(reply.starts_with("HTTP/1.1 401"), "{reply}");
    }
    for (token, status) in [
        ("Bearer", 403),
        ("Bearer harbour", 403),
        ("Bearer wrong", 403),
        ("Bearer a.b.c", 403),
        ("bearer x", 401),
        ("Basic x", 401),
    ] {
        let headers = format!("authorization: {token}\r\n");
        let reply = exchange(&port, &request("GET", "/indexes", &headers, b""));
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{token}: {reply}");
    }
}
