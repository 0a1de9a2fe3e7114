//! Long answers: sent while they are found, whole or not at all, and ended when nobody wants them.

use crate::queries::of_arrow;
use crate::served::client::{Response, connect};
use crate::served::{Served, encoded, stores};
use arrow_array::RecordBatch;
use kndb_explorer::Limits;
use std::io::{Read, Write};
use std::time::Duration;

/// All pairs of a store of [`stores::wide`].
fn all(format: &str) -> String {
    format!("/api/query?q={}&format={format}", encoded("kn[lang=en]"))
}

#[test]
fn a_long_answer_comes_in_chunks_and_is_the_same_in_every_format() {
    let made = stores::wide(1_000);
    let served = Served::of(&[&made.path]);
    let csv = served.get(&all("csv"));
    assert!(csv.is_chunked && csv.is_whole && csv.body.len() > 1 << 20, "{} bytes", csv.body.len());
    assert_eq!(csv.text().lines().count(), 100_001);
    let json = served.get(&all("json"));
    assert!(json.is_whole);
    assert_eq!(json.json().as_array().expect("rows").len(), 100_000);
    let arrow = served.get(&all("arrow"));
    assert!(arrow.is_chunked && arrow.is_whole);
    let batches = of_arrow(&arrow.body);
    assert!(batches.len() > 10, "{} batches", batches.len());
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 100_000);
}

#[test]
fn notes_of_a_long_answer_come_behind_it_to_whoever_takes_trailers() {
    let made = stores::wide(1_000);
    let run = made.store.open_run(kndb_storage::RunSpec::new(
        "open",
        "toy",
        kndb_storage::Shape::new(2, 100).expect("a shape"),
    ));
    let run = run.expect("a run");
    for fact in 0..200 {
        let scores = (0..200).map(|at| 1.0 - at as f32 / 1_000.0).collect();
        run.append(stores::scored(&format!("fact-{fact:06}"), "en", scores)).expect("an entry");
    }
    let served = Served::of(&[&made.path]);
    let address = all("csv") + "&run=open";
    let response = served.with_headers("GET", &address, &[("TE", "trailers")]);
    assert!(response.is_whole && response.header("kndb-notes").is_none());
    assert_eq!(response.header("trailer"), Some("kndb-notes"));
    let notes = response.trailers.iter().find(|(name, _)| name == "kndb-notes").expect("a trailer");
    assert!(notes.1.contains("open"), "{notes:?}");
}

#[test]
fn an_answer_of_more_rows_than_may_be_sent_is_refused_or_broken_off_and_never_whole() {
    let made = stores::wide(1_000);
    let limits = |streamed_rows| Limits { streamed_rows, ..Limits::default() };
    let served = Served::with(&[&made.path], limits(50_000));
    for format in ["csv", "json", "arrow"] {
        let broken = served.get(&all(format));
        assert_eq!(broken.status, 200, "{format}: it had begun");
        assert!(broken.is_chunked && !broken.is_whole, "{format}");
        assert!(broken.body.len() > 100_000, "{format}: {} bytes", broken.body.len());
    }
    let served = Served::with(&[&made.path], limits(500));
    let refused = served.get(&all("csv"));
    assert_eq!(refused.status, 422);
    assert!(refused.json()["error"]["reason"].as_str().is_some_and(|reason| reason.contains("more than 500 rows")));
    let enough = served.get(&format!("/api/query?q={}&format=csv", encoded("kn[lang=en] top 500")));
    assert!(enough.status == 200 && enough.is_whole);
}

/// Asks for everything, reads the begin of the answer, and keeps the connection.
fn begun(served: &Served) -> std::net::TcpStream {
    let mut stream = connect(served.address);
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", all("json")).expect("sent");
    let mut begin = [0; 4_096];
    stream.read_exact(&mut begin).expect("an answer begins");
    assert!(begin.starts_with(b"HTTP/1.1 200 OK"));
    stream
}

#[test]
fn a_client_that_goes_ends_its_statement() {
    // 40 MB, which no buffer on the way takes: a statement that is not ended keeps the one place.
    let made = stores::wide(4_000);
    let served = Served::with(&[&made.path], Limits { streams: 1, ..Limits::default() });
    for _ in 0..3 {
        drop(begun(&served));
        let next = served.get(&format!("/api/query?q={}", encoded("kn by layer")));
        assert_eq!((next.status, next.is_whole), (200, true), "{}", next.text());
    }
}

#[test]
fn a_client_that_takes_nothing_is_left() {
    let made = stores::wide(4_000);
    let idle = Duration::from_millis(400);
    let served = Served::with(&[&made.path], Limits { streams: 1, idle, ..Limits::default() });
    let mut asleep = begun(&served);
    let next = served.get(&format!("/api/query?q={}", encoded("kn by layer")));
    assert_eq!((next.status, next.is_whole), (200, true), "{}", next.text());
    let mut rest = Vec::new();
    let _ = asleep.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it was not told that this was all");
}

#[test]
fn an_answer_that_takes_longer_than_it_may_is_broken_off() {
    let made = stores::wide(4_000);
    let stream = Duration::from_millis(400);
    let served = Served::with(&[&made.path], Limits { streams: 1, stream, ..Limits::default() });
    // It reads on, but began too late.
    let mut slow = begun(&served);
    let next = served.get(&format!("/api/query?q={}", encoded("kn by layer")));
    assert_eq!((next.status, next.is_whole), (200, true), "the place is free again: {}", next.text());
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it was not told that this was all");
}

#[test]
fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
    let made = stores::capitals();
    let served = Served::with(&[&made.path], Limits { idle: Duration::from_millis(300), ..Limits::default() });
    let mut slow = connect(served.address);
    slow.write_all(b"GET / HTTP/1.1\r\nHost: local").expect("sent");
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    let status = Response::of(&answer, false).status;
    assert!(status == 0 || status == 408, "{status}");
}

#[test]
fn clients_that_send_a_byte_at_a_time_and_clients_that_vanish_keep_nobody_from_an_answer() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let ask = format!("GET /fact/f-france HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.address);
    let address = served.address;
    std::thread::scope(|scope| {
        let slow: Vec<_> = (0..16)
            .map(|_| {
                let ask = &ask;
                scope.spawn(move || {
                    let mut stream = connect(address);
                    stream.set_nodelay(true).expect("at once");
                    for byte in ask.as_bytes() {
                        stream.write_all(&[*byte]).expect("the server waits");
                        std::thread::sleep(Duration::from_millis(3));
                    }
                    let mut answer = Vec::new();
                    stream.read_to_end(&mut answer).expect("an answer");
                    Response::of(&answer, false)
                })
            })
            .collect();
        // Meanwhile others go: before they have asked, in the middle of it, and before they are answered.
        for round in 0..200 {
            let mut stream = connect(address);
            let _ = stream.write_all(&ask.as_bytes()[..[0, 9, ask.len() - 1, ask.len()][round % 4]]);
            drop(stream);
            if round % 20 == 0 {
                assert!(served.page("/").contains("toy-model"), "round {round}");
            }
        }
        for slow in slow {
            let answer = slow.join().expect("no panic");
            assert!(answer.status == 200 && answer.is_whole && answer.text().contains("France"), "{}", answer.status);
        }
    });
    assert!(served.page("/runs").contains("toy-model"));
}

#[test]
fn the_server_ends_in_order_while_an_answer_is_being_sent() {
    let made = stores::wide(4_000);
    let mut served = Served::of(&[&made.path]);
    let mut open = begun(&served);
    served.end().expect("it ends");
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it was not told that this was all");
    assert!(std::net::TcpStream::connect(served.address).is_err(), "nobody listens any more");
}
