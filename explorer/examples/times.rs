//! How long pages take: `cargo run --release -p kndb-explorer --example times -- STORE PATH…` serves a store to itself and asks for each path
//! some times, and writes the least and the greatest time in milliseconds, the processor's time of one answer, and the kilobytes of the page. The
//! clock runs from the request to the last byte, over a connection of its own; the search has read its labels before. On a machine that has other
//! work, too, the processor's time is the better measure: what one thread would take.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use kndb_explorer::{Explorer, Options, Stop, serve};

/// Times that each path is asked for.
const TIMES: usize = 7;
/// Milliseconds of a tick of Linux, in which it counts the processor's time of a process.
const TICK: f64 = 10.0;

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
    get(address, "/search?s=a")?;
    for path in arguments {
        let mut times = Vec::new();
        let (mut answer, begun) = (Vec::new(), ticks());
        for _ in 0..TIMES {
            let started = Instant::now();
            answer = get(address, &path)?;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let status = String::from_utf8_lossy(&answer).chars().skip(9).take(3).collect::<String>();
        let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(a, b), &time| (a.min(time), b.max(time)));
        let processor = ticks().zip(begun).map(|(now, begun)| (now - begun) as f64 * TICK / TIMES as f64);
        let processor = processor.map_or("–".into(), |time| format!("{time:.0}"));
        writeln!(
            out,
            "{least:>8.1} {most:>8.1} ms {processor:>6} ms {:>7.1} kB  {status}  {path}",
            answer.len() as f64 / 1e3
        )?;
    }
    stop.ask();
    match server.join() {
        Ok(served) => Ok(served?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// The processor's time of this process, where Linux tells it.
fn ticks() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name in brackets come the state and ten more numbers, then the times of the program and of the system for it.
    let (_, numbers) = told.rsplit_once(") ")?;
    let mut numbers = numbers.split(' ').skip(11).take(2).map(str::parse::<u64>);
    Some(numbers.next()?.ok()? + numbers.next()?.ok()?)
}

fn get(address: SocketAddr, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
