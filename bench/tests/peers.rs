//! kndb's side of the comparison with its peers, against the generated scores read naively.

use kndb_bench::questions::Subject;
use kndb_bench::{Plan, table};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FACTS: u32 = 48;
const WIDTH: u32 = 3_072;

/// Pairs of a fact and layer · width + unit.
type Pairs = BTreeSet<(u32, u32)>;

/// Everything that scores more than a share of its fact's maximum.
fn pairs(language: usize, tau: f64) -> Pairs {
    let (plan, table) = (Plan::default(), table());
    let of = |fact: u32| {
        let scores = plan.scores(&table, fact, language);
        let max = f64::from(scores.iter().copied().fold(0.0, f32::max));
        let high = (0..).zip(scores).filter(move |&(_, score)| f64::from(score) > tau * max);
        high.map(move |(neuron, _)| (fact, neuron)).collect::<Vec<_>>()
    };
    (0..FACTS).flat_map(of).collect()
}

/// Layer, pairs, distinct facts, distinct neurons.
fn by_layer<'a>(pairs: impl IntoIterator<Item = &'a (u32, u32)>) -> Value {
    let mut layers = BTreeMap::<u32, (u64, BTreeSet<u32>, BTreeSet<u32>)>::new();
    for &(fact, neuron) in pairs {
        let (count, facts, neurons) = layers.entry(neuron / WIDTH).or_default();
        *count += 1;
        facts.insert(fact);
        neurons.insert(neuron);
    }
    json!(
        layers
            .into_iter()
            .map(|(layer, (n, facts, neurons))| json!([layer, n, facts.len(), neurons.len()]))
            .collect::<Vec<_>>()
    )
}

fn expected(question: &str, en: &Pairs, zh: &Pairs, higher: &Pairs) -> Value {
    let Subject { fact, neuron, relation } = Subject::of(FACTS);
    match question {
        "q1" => json!(en.intersection(zh).filter(|pair| pair.0 == fact).map(|pair| pair.1).collect::<Vec<_>>()),
        "q2" => by_layer(en.intersection(zh)),
        "q3" => {
            json!(en.iter().filter(|pair| pair.1 == neuron.0 * WIDTH + neuron.1).map(|pair| pair.0).collect::<Vec<_>>())
        }
        "q4" => {
            let mut counts = BTreeMap::<u32, i64>::new();
            let of_relation = en.iter().filter(|pair| pair.0 % Plan::default().relations == relation);
            of_relation.for_each(|pair| *counts.entry(pair.1).or_default() += 1);
            let mut best: Vec<_> = counts.into_iter().map(|(neuron, count)| (-count, neuron)).collect();
            best.sort_unstable();
            json!(best.into_iter().take(20).map(|(count, neuron)| (neuron, -count)).collect::<Vec<_>>())
        }
        "q5" => by_layer(higher),
        _ => by_layer(en.difference(zh)),
    }
}

fn peers(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peers"));
    command.arg(arguments[0]).arg(folder).args(&arguments[1..]);
    command
}

#[test]
fn each_way_to_ask_gives_what_the_generated_scores_give() {
    let folder = tempfile::tempdir().expect("a folder");
    let facts = FACTS.to_string();
    assert!(peers(folder.path(), &["data", "--facts", &facts]).status().expect("it starts").success());
    let (en, zh, higher) = (pairs(0, 0.2), pairs(1, 0.2), pairs(0, 0.37));
    for way in ["text", "columns", "held"] {
        let mut serving = peers(folder.path(), &["serve", "--way", way]);
        let mut serving = serving.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut input = serving.stdin.take().expect("its input");
        let mut replies = BufReader::new(serving.stdout.take().expect("its output")).lines();
        for question in ["q1", "q2", "q3", "q4", "q5", "q6"] {
            writeln!(input, "ask {question} 0").expect("it listens");
            let reply: Value = serde_json::from_str(&replies.next().expect("a line").expect("text")).expect("JSON");
            assert_eq!(reply["ns"].as_array().map(Vec::len), Some(2), "asked twice");
            let expected = expected(question, &en, &zh, &higher);
            assert!(expected.as_array().is_some_and(|rows| question == "q3" || !rows.is_empty()));
            assert_eq!(reply["answer"], expected, "{question}, {way}");
        }
        drop(input);
        assert!(serving.wait().expect("it ends").success());
    }
}

#[test]
fn the_store_and_its_files_are_written_anew_each_time() {
    let folder = tempfile::tempdir().expect("a folder");
    for facts in ["8", "12"] {
        std::fs::create_dir_all(folder.path().join("store/of another layout")).expect("a folder");
        assert!(peers(folder.path(), &["data", "--facts", facts]).status().expect("it starts").success());
        assert!(!folder.path().join("store/of another layout").exists());
    }
    let meta = std::fs::read(folder.path().join("meta.json")).expect("a file");
    assert_eq!(serde_json::from_slice::<Value>(&meta).expect("JSON")["facts"], 12);
}

#[test]
fn the_peers_get_every_score_that_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(peers(folder.path(), &["data", "--facts", "8"]).status().expect("it starts").success());
    let (plan, table) = (Plan::default(), table());
    let kept = |fact: u32| {
        let scores = plan.scores(&table, fact, 1);
        let max = f64::from(scores.iter().copied().fold(0.0, f32::max));
        scores.into_iter().filter(|&score| f64::from(score) >= 0.01 * max).count() as u64
    };
    let offsets = std::fs::read(folder.path().join("zh.offsets.npy")).expect("a file");
    let header = "{'descr': '<u8', 'fortran_order': False, 'shape': (9,), }";
    assert_eq!(offsets[..8], *b"\x93NUMPY\x01\x00");
    assert_eq!(offsets.len() % 64, 9 * 8 % 64, "NEP 1: numbers begin at a multiple of 64");
    assert!(offsets[10..].starts_with(header.as_bytes()));
    let last = u64::from_le_bytes(offsets[offsets.len() - 8..].try_into().expect("eight bytes"));
    assert_eq!(last, (0..8).map(kept).sum::<u64>());
}
