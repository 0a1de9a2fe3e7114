//! How long pages take: `cargo run --release -p kndb-explorer --example times -- STORE PATH…` serves a store to itself and asks for each path
//! some times, and writes the least and the greatest time in milliseconds, and the kilobytes of the page. The clock runs from the request to the
//! last byte, over a connection of its own.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use kndb_explorer::{Explorer, Options, Stop, serve};

/// Times that each path is asked for.
const TIMES: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let store = arguments.next().ok_or("found no store, expected its folder, and paths of pages behind it")?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let explorer = Explorer::open(&[&store], Options::default())?;
    let stop = Stop::default();
    let server = std::thread::spawn({
        let stop = stop.clone();
        move || serve(explorer, listener, &stop)
    });
    let mut out = io::stdout();
    for path in arguments {
        let mut times = Vec::new();
        let mut answer = Vec::new();
        for _ in 0..TIMES {
            let started = Instant::now();
            answer = get(address, &path)?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let status = String::from_utf8_lossy(&answer).chars().skip(9).take(3).collect::<String>();
        let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(a, b), &time| (a.min(time), b.max(time)));
        writeln!(out, "{least:>8.1} {most:>8.1} ms {:>7.1} kB  {status}  {path}", answer.len() as f64 / 1e3)?;
    }
    stop.ask();
    match server.join() {
        Ok(served) => Ok(served?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn get(address: SocketAddr, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
