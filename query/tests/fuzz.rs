//! Sentences that were changed at random: the front end answers with a statement or with an error that points into the text.
//!
//! `KNDB_FUZZ_SECONDS` sets for how long: `cargo xtask fuzz`. What it finds becomes a case of `bad_queries.rs`.

#[path = "fuzz/check.rs"]
mod check;
#[path = "../../fuzz/kept.rs"]
#[expect(dead_code, reason = "seeds are the sentences of other tests")]
mod kept;

use check::check;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Made-up numbers (SplitMix64), the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % limit.max(1) as u64) as usize
    }
}

const ODD: [&str; 26] = [
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "--",
    ";",
    "|",
    "&",
    "-",
    "^",
    "@",
    "..",
    "%",
    "10%",
    "$x",
    ":",
    "1e999",
    "-0",
    "18446744073709551616",
    "\u{0}",
    "\u{202e}",
    "é",
    "北京",
    "\r\n",
];

fn corpus() -> Vec<Vec<char>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("lists").map(|entry| entry.expect("lists").path()).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).expect("reads"));
    texts.map(|text| text.chars().collect()).collect()
}

fn mutated(corpus: &[Vec<char>], random: &mut Random) -> String {
    let mut text = corpus[random.below(corpus.len())].clone();
    for _ in 0..1 + random.below(5) {
        let at = random.below(text.len());
        let end = text.len().min(at + random.below(12));
        match random.below(7) {
            0 => drop(text.drain(at..end)),
            1 => text.truncate(at),
            2 => {
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            3 | 4 => {
                let odd = ODD[random.below(ODD.len())];
                text.splice(at..at, odd.chars());
            }
            5 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                text.splice(at..end, other[from..].iter().copied());
            }
            _ => {
                // One piece many times over: depth, and lists that do not end.
                let piece = text[at..end].repeat(1 + random.below(300));
                text.splice(at..at, piece);
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn sentences_that_were_found_are_parsed_or_refused() {
    for (_, bytes) in kept::kept("regressions", "query") {
        check(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn changed_sentences_are_parsed_or_refused() {
    let asked = |variable: &str| std::env::var(variable).ok().and_then(|number| number.parse::<u64>().ok());
    let seconds = asked("KNDB_FUZZ_SECONDS").map(Duration::from_secs);
    let (corpus, begun) = (corpus(), Instant::now());
    for number in asked("KNDB_FUZZ_FROM").unwrap_or(0).. {
        if seconds.map_or(number == 4_000, |seconds| begun.elapsed() >= seconds) {
            break;
        }
        let text = mutated(&corpus, &mut Random(number));
        let checked = catch_unwind(AssertUnwindSafe(|| check(&text)));
        assert!(checked.is_ok(), "try {number}: {text:?}");
    }
}
