//! Who is asked: an engine in this process, or a server on a port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use scrypath_engine::{Engine, Options, Request};

pub(crate) enum Peer {
    Engine(Engine),
    Port { address: String, stream: BufReader<TcpStream> },
}

impl Peer {
    pub(crate) fn in_process(folder: Option<&Path>) -> Peer {
        Peer::Engine(match folder {
            None => Engine::memory(Options::default()),
            Some(folder) => Engine::open(folder, Options::default()).expect("the folder opens"),
        })
    }

    /// Connects, waiting for a server that has just been started.
    pub(crate) fn on_port(url: &str) -> Peer {
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let deadline = Instant::now() + Duration::from_secs(30);
        let stream = loop {
            match TcpStream::connect(&address) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "nobody answers at {address}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        stream.set_nodelay(true).expect("nodelay");
        Peer::Port { address, stream: BufReader::new(stream) }
    }

    /// Sends a request and returns the body of the reply, which must be a good one.
    pub(crate) fn send(&mut self, method: &str, target: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        match self {
            Peer::Engine(engine) => {
                let reply = engine.handle(Request {
                    method,
                    target,
                    authorization: None,
                    content_type: Some(kind),
                    content_encoding: None,
                    body,
                });
                assert!(reply.status < 300, "{target}: {}", String::from_utf8_lossy(&reply.body));
                reply.body
            }
            Peer::Port { address, stream } => exchange(address, stream, method, target, kind, body),
        }
    }
}

fn exchange(
    address: &str,
    stream: &mut BufReader<TcpStream>,
    method: &str,
    target: &str,
    kind: &str,
    body: &[u8],
) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all(&[head.as_bytes(), body].concat()).expect("sent");
    let mut line = String::new();
    let mut length = None;
    let mut status = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line).expect("a head");
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if status.is_empty() {
            line.clone_into(&mut status);
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok();
        }
        // Only as much of HTTP as these servers speak.
        assert!(!lower.starts_with("transfer-encoding:"), "a reply in chunks is not read here");
    }
    let mut reply = vec![0; length.expect("a length")];
    stream.read_exact(&mut reply).expect("a body");
    assert!(status.contains(" 20"), "{target}: {status} {}", String::from_utf8_lossy(&reply));
    reply
}

/// A server of its own, ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// The binary beside this one.
    pub(crate) fn scrypath(folder: &Path) -> Option<Server> {
        let binary = std::env::current_exe().ok()?.with_file_name("scrypath");
        let mut child = Command::new(binary)
            .args(["serve", "--addr", "127.0.0.1:0", "--db"])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        let url = line.trim().strip_prefix("listening on ")?.to_owned();
        Some(Server { child, url })
    }

    /// A Meilisearch from the path, with as much memory as the engine is meant to stay below.
    pub(crate) fn meilisearch(folder: &Path) -> Option<Server> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?;
        let child = Command::new("meilisearch")
            .args(["--max-indexing-memory=200MiB", "--no-analytics"])
            .arg(format!("--http-addr={free}"))
            .arg(format!("--db-path={}", folder.join("data.ms").display()))
            .arg(format!("--dump-dir={}", folder.join("dumps").display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        Some(Server { child, url: format!("http://{free}") })
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
