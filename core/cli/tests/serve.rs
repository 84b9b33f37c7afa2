//! `scrypath serve`, run as it is: who may reach it without a key.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn scrypath() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scrypath"));
    command.env_remove("SCRYPATH_MASTER_KEY").stdin(Stdio::null());
    command
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn other_machines_need_a_master_key() {
    for addr in ["0.0.0.0:0", "[::]:0"] {
        let refused = scrypath().args(["serve", "--addr", addr]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("set SCRYPATH_MASTER_KEY"), "{said}");
        // An empty key is none.
        let refused = scrypath().args(["serve", "--addr", addr, "--master-key", ""]).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
    }
}

#[test]
fn loopback_answers_and_says_where() {
    let mut child = scrypath()
        .args(["serve", "--addr", "127.0.0.1:0", "--master-key", "key of the harbour"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _served = Served(child);
    let addr = line.trim().strip_prefix("listening on http://").unwrap();
    for (key, status) in [("", "401"), ("Bearer wrong", "403"), ("Bearer key of the harbour", "200")] {
        let mut stream = TcpStream::connect(addr).unwrap();
        let head = if key.is_empty() { String::new() } else { format!("authorization: {key}\r\n") };
        write!(stream, "GET /indexes HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{reply}");
    }
}
