//! A thousand requests that are none, or odd: each is answered or dropped, none is a failure of the server, and it goes on.

use crate::served::{Served, stores};

/// The same numbers on every machine: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// What is in order, or nearly.
const SEEDS: [&str; 24] = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /search?s=%E6%B3%95&page=2 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /search?s=%ff%00%zz&page=99999999999999999999 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/facts?s=a&limit=10&offset=18446744073709551615 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/query?q=kn%20by%20layer&format=arrow HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/query?q=kn%5Btau%3D1e999%5D&format=csv HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/query?q=((((((((((kn))))))))))&run=%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /fact/f-france?lang=en&lang=zh&tau=0.99999999999999999999&run=ig HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /neuron/ig/1:2?facts.page=0&facts.sort=-score&tau=nan HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /neuron/ig/4294967296:18446744073709551616 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /relation/%5B%22%5D?rows=1000000&others=yes HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /layers?kind=likn&lang=en&lang=zh&relation=P36&chance=yes HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /runs?a=ig&b=ig&with=ig&show=facts HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /languages?a=en&b=zh&show=neurons&left.page=9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/neurons?run=ig&layer=1&limit=10000&offset=18446744073709551615 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /assets/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET //evil.example/%0d%0aX:y HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST /api/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
    "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: W/\"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}",
];

/// A seed with bytes changed, taken out, repeated or put in.
fn mutated(numbers: &mut Numbers, seed: &str) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for _ in 0..numbers.below(6) {
        let at = numbers.below(bytes.len().max(1));
        match numbers.below(6) {
            0 if !bytes.is_empty() => bytes[at] = numbers.below(256) as u8,
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\0\r\n %?&=/:\"<\xff"[numbers.below(13)]),
            3 => bytes.truncate(at),
            4 => bytes.splice(at..at, std::iter::repeat_n(b'A', numbers.below(300))).for_each(drop),
            _ => {
                let copy = bytes[at..].to_vec();
                bytes.extend(copy);
            }
        }
    }
    bytes
}

/// The status lines of what came, of whatever length.
fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    text.match_indices("HTTP/1.").filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok()).collect()
}

#[test]
fn a_thousand_malformed_requests_fail_nothing() {
    use std::io::{Read, Write};
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut answered, mut dropped) = (0, 0);
    for round in 0..1_000 {
        let seed = SEEDS[round % SEEDS.len()];
        let bytes = mutated(&mut numbers, seed);
        let mut stream = crate::served::client::connect(served.address);
        let _ = stream.write_all(&bytes);
        // There is no more: what is incomplete stays so.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let statuses = statuses(&answer);
        let shown = String::from_utf8_lossy(&bytes);
        assert!(statuses.iter().all(|status| *status < 500), "round {round}: {statuses:?} for {shown:?}");
        assert!(answer.is_empty() || !statuses.is_empty(), "round {round}: {:?}", String::from_utf8_lossy(&answer));
        assert!(!String::from_utf8_lossy(&answer).contains("root:"), "round {round}");
        if statuses.is_empty() {
            dropped += 1
        } else {
            answered += 1
        }
        if round % 100 == 0 {
            assert!(served.page("/").contains("toy-model"), "round {round}");
        }
    }
    assert!(answered > 200 && dropped > 20, "{answered} answered, {dropped} dropped");
    assert!(served.page("/").contains("toy-model"));
}

#[test]
fn addresses_that_are_too_long_are_refused_and_long_ones_answered() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let long = format!("/search?s={}", "a".repeat(50_000));
    assert_eq!(served.get(&long).status, 200);
    let too_long = format!("/search?s={}", "a".repeat(1 << 20));
    let status = served.get(&too_long).status;
    assert!(matches!(status, 0 | 414 | 431), "{status}");
    assert_eq!(served.get("/").status, 200);
}
