use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// The bytes of one search, sent and answered over one socket, round after round.
pub(crate) fn rounds(url: &str, rounds: usize) -> Vec<f64> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server");
    stream.set_nodelay(true).expect("nodelay");
    let body = r#"{"q":"film","filter":["genre = \"Drama\""]}"#;
    let request = format!(
        "POST /indexes/scrypath_movie/search HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut buffer = vec![0; 65536];
    let mut round = || {
        let started = Instant::now();
        stream.write_all(request.as_bytes()).expect("sent");
        let mut read = 0;
        let mut wanted = usize::MAX;
        while read < wanted {
            read += stream.read(&mut buffer[read..]).expect("answered");
            if wanted == usize::MAX {
                wanted = length(&buffer[..read]).unwrap_or(usize::MAX);
            }
        }
        started.elapsed().as_secs_f64() * 1e6
    };
    for _ in 0..rounds.min(200) {
        round();
    }
    (0..rounds).map(|_| round()).collect()
}

fn length(head: &[u8]) -> Option<usize> {
    let end = head.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&head[..end]).ok()?;
    let body: usize = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    Some(end + body)
}
