//! Stores of the tests, and a real server on loopback that shows them.
#![allow(dead_code, reason = "every test file uses some of it")]

pub mod client;
pub mod stores;

use client::{Response, exchange};
use kndb_explorer::{Explorer, Limits, Options, Stop, serve};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;

/// A server that ends when this is dropped.
pub struct Served {
    pub address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Served {
    pub fn of(paths: &[&Path]) -> Self {
        Self::with(paths, Limits::default())
    }

    pub fn with(paths: &[&Path], limits: Limits) -> Self {
        Self::of_options(paths, Options { limits, ..Options::default() })
    }

    pub fn of_options(paths: &[&Path], options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let explorer = Explorer::open(paths, options).expect("stores");
        let stop = Stop::default();
        let thread = std::thread::spawn({
            let stop = stop.clone();
            move || serve(explorer, listener, &stop)
        });
        Self { address, stop, thread: Some(thread) }
    }

    /// Gets what is at an address.
    pub fn get(&self, path: &str) -> Response {
        self.with_headers("GET", path, &[])
    }

    /// The same, of which a page is expected: its text.
    pub fn page(&self, path: &str) -> String {
        let response = self.get(path);
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.text()
    }

    /// A request with more headers.
    pub fn with_headers(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let host = self.address.to_string();
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        let has_host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let own = [("Host", host.as_str()), ("Connection", "close")];
        for (name, value) in own.iter().skip(usize::from(has_host)).chain(headers) {
            head += &format!("{name}: {value}\r\n");
        }
        self.raw(format!("{head}\r\n").as_bytes(), method == "HEAD")
    }

    /// Sends bytes as they are, and reads what comes until the server closes.
    pub fn raw(&self, bytes: &[u8], is_head: bool) -> Response {
        Response::of(&exchange(self.address, bytes), is_head)
    }

    /// Asks the server to end, and waits for it.
    pub fn end(&mut self) -> std::io::Result<()> {
        self.stop.ask();
        self.thread.take().map_or(Ok(()), |thread| thread.join().expect("the server ends without a panic"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Percent-encoded, for a parameter.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
