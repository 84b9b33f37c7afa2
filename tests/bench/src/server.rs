use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// A reply of 20 hits, some 5 kB, as Meilisearch words it.
fn answer() -> Vec<u8> {
    let hits: Vec<String> = (1..=20)
        .map(|id| {
            format!(
                r#"{{"id":{id},"title":"The film number {id}","director":"A Director","genre":"Drama","year":{},"mpaa_rating":"PG","imdb_rating":7.{},"worldwide_gross":{},"overview":"Two strangers meet under the lights of a small fishing harbour and do not part."}}"#,
                1980 + id,
                id % 10,
                id * 1_234_567
            )
        })
        .collect();
    let body = format!(
        r#"{{"hits":[{}],"query":"film","processingTimeMs":0,"limit":20,"offset":0,"estimatedTotalHits":20}}"#,
        hits.join(",")
    );
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Answers every request with the same, until the program is stopped.
pub(crate) fn serve() {
    let answer = answer();
    println!("{}", listen(move |_| answer.clone()));
    loop {
        std::thread::park();
    }
}

/// A request as far as its answer depends on it.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
}

/// Answers on a free port, on keep-alive connections, a thread for each; its URL.
pub(crate) fn listen(answer: impl Fn(Asked) -> Vec<u8> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || connection(stream, &answer));
        }
    });
    url
}

fn connection(mut stream: TcpStream, answer: &impl Fn(Asked) -> Vec<u8>) {
    stream.set_nodelay(true).expect("nodelay");
    let mut buffer = Vec::new();
    let mut chunk = [0; 65536];
    loop {
        match request_length(&buffer) {
            Some(length) if buffer.len() >= length => {
                let answer = answer(asked(&buffer));
                buffer.drain(..length);
                if stream.write_all(&answer).is_err() {
                    return;
                }
            }
            _ => match stream.read(&mut chunk) {
                Ok(read @ 1..) => buffer.extend_from_slice(&chunk[..read]),
                _ => return,
            },
        }
    }
}

fn asked(buffer: &[u8]) -> Asked<'_> {
    let line = buffer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = std::str::from_utf8(line).unwrap_or_default().split(' ');
    Asked { method: words.next().unwrap_or_default(), path: words.next().unwrap_or_default() }
}

/// Head and body of the first request in the buffer, once its head is complete.
fn request_length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?.to_ascii_lowercase();
    let body =
        text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    Some(head + body.unwrap_or(0))
}
