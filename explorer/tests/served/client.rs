//! A client that reads HTTP/1.1 byte by byte, so that what the server sends is seen as it is.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Debug, Default)]
pub struct Response {
    /// 0 where the server closed without a word.
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    /// Whether the answer came to its end: all that was announced, or the last chunk.
    pub is_whole: bool,
    /// Whether it came in chunks.
    pub is_chunked: bool,
}

/// A connection that fails the test rather than to wait for ever.
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    stream.set_write_timeout(Some(Duration::from_secs(60))).expect("a limit");
    stream
}

/// Sends bytes and reads until the server closes.
pub fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(address);
    // A server that has read enough may close before it has all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let _ = stream.shutdown(Shutdown::Both);
    answer
}

impl Response {
    pub fn of(bytes: &[u8], is_head: bool) -> Self {
        let Some(end) = find(bytes, b"\r\n\r\n") else { return Self::default() };
        let head = String::from_utf8(bytes[..end].to_vec()).expect("a head in UTF-8");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let mut response = Self { status: status.expect("a status"), headers: pairs(lines), ..Self::default() };
        let rest = &bytes[end + 4..];
        let length: Option<usize> = response.header("content-length").and_then(|length| length.parse().ok());
        response.is_chunked = response.header("transfer-encoding") == Some("chunked");
        if is_head || response.status == 304 {
            response.body = rest.to_vec();
            response.is_whole = true;
        } else if response.is_chunked {
            response.chunks(rest);
        } else {
            response.body = rest.to_vec();
            response.is_whole = length == Some(rest.len());
        }
        response
    }

    fn chunks(&mut self, mut rest: &[u8]) {
        while let Some(end) = find(rest, b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
            let (size, after) = (size.expect("a size of a chunk"), &rest[end + 2..]);
            if size == 0 {
                let text = String::from_utf8(after.to_vec()).expect("trailers in UTF-8");
                self.is_whole = text.ends_with("\r\n");
                self.trailers = pairs(text.split("\r\n").filter(|line| !line.is_empty()));
                return;
            }
            if after.len() < size + 2 {
                self.body.extend_from_slice(&after[..after.len().min(size)]);
                return;
            }
            self.body.extend_from_slice(&after[..size]);
            rest = &after[size + 2..];
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a text")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn pairs<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<(String, String)> {
    lines
        .map(|line| {
            let (name, value) = line.split_once(':').expect("a name and a value");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
