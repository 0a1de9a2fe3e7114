//! ROME, MEMIT and the training of one matrix against PyTorch in float64, on a tiny model of every architecture: what is asked, C, k*, v*, losses, and
//! the updated weights.
//!
//! The golden values are made by `fixtures/edits.py`, which shares no code with the engine.

#[macro_use]
#[path = "goldens/architectures.rs"]
mod architectures;
#[expect(dead_code, reason = "other tests use the rest of it")]
#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::Model;
use kndb_engine::edit::{
    Divisor, EditMethod, EditRequest, EssenceText, FactText, FineTune, KeyStatistics, Memit, Rome, TextOptions,
    ValueVectors, VectorOptions,
};
use reading::{difference, golden, load, numbers};
use serde_json::Value;
use std::sync::Arc;

/// Largest difference of keys, C and losses, which are sums of float32 products, relative to the largest value.
const SUMS: f64 = 2e-5;
/// The same of what is optimised, and of updates made of it: Adam divides a gradient by its own size, so that float32's error of a small
/// entry is carried on as a share of a whole step.
const OPTIMISED: f64 = 2e-3;

fn never() -> bool {
    false
}

fn whole(value: &Value) -> usize {
    value.as_u64().expect("a whole number") as usize
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// The requests as the engine makes them, compared with those of the golden values.
fn requests(name: &str, model: &Model, golden: &Value) -> Vec<EditRequest> {
    let contexts: Vec<String> =
        list(&golden["contexts"]).iter().map(|text| text.as_str().expect("a text").to_owned()).collect();
    let one = |asked: &Value| {
        let text = |field: &str| asked[field].as_str().expect("a text");
        let fact = FactText {
            name: "a fact",
            template: text("template"),
            subject: text("subject"),
            object: text("object"),
            to: text("to"),
        };
        let asking = model.asking();
        let request = EditRequest::of(&asking, fact, &contexts, Some(&EssenceText::default()), Vec::new());
        let request = request.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = list(&asked["prompts"]);
        assert_eq!(request.prompts.len(), expected.len(), "{name}");
        for (prompt, expected) in request.prompts.iter().zip(expected) {
            assert_eq!(prompt.sentences.len(), list(expected).len(), "{name}");
            for (sentence, expected) in prompt.sentences.iter().zip(list(expected)) {
                let ids: Vec<usize> = list(&expected["ids"]).iter().map(whole).collect();
                assert_eq!(sentence.ids.iter().map(|&id| id as usize).collect::<Vec<_>>(), ids, "{name}");
                assert_eq!(sentence.subject, whole(&expected["subject"]), "{name}: the subject in {ids:?}");
                let reads: Vec<(usize, usize)> =
                    list(&expected["reads"]).iter().map(|read| (whole(&read[0]), whole(&read[1]))).collect();
                let found: Vec<(usize, usize)> =
                    sentence.reads.iter().map(|read| (read.position, read.target as usize)).collect();
                assert_eq!(found, reads, "{name}");
            }
        }
        let essence = request.essence.as_ref().expect("a text whose continuation stays");
        let ids: Vec<usize> = list(&asked["essence"]["ids"]).iter().map(whole).collect();
        assert_eq!(essence.ids.iter().map(|&id| id as usize).collect::<Vec<_>>(), ids, "{name}");
        assert_eq!(
            (essence.subject, essence.position),
            (whole(&asked["essence"]["subject"]), essence.subject),
            "{name}"
        );
        request
    };
    list(&golden["requests"]).iter().map(one).collect()
}

fn vector_options(options: &Value) -> VectorOptions {
    VectorOptions {
        steps: whole(&options["steps"]),
        rate: number(&options["rate"]),
        decay: number(&options["decay"]),
        clamp: number(&options["clamp"]),
        essence: number(&options["kl"]),
        enough: number(&options["enough"]),
    }
}

/// C over the English text of the corpora's golden values.
fn statistics(name: &str, model: &Model, golden: &Value, layers: &[usize]) -> KeyStatistics {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text.txt");
    let text = reading::golden(name, "corpora.json")["texts"]["en"]["text"].as_str().expect("a text").to_owned();
    std::fs::write(&path, text).expect("a file");
    let options = TextOptions { window: whole(&golden["rome"]["window"]), tokens: None };
    let found = KeyStatistics::of_text(model, &path, layers, options, &never, &mut |_, _| {}).expect("a text");
    let kept = folder.path().join("statistics.safetensors");
    found.write(&kept).expect("a file");
    assert_eq!(KeyStatistics::read(&kept, model).expect("what was written"), found, "{name}: through a file");
    // One bit of a number on the diagonal, and so one that C's form does not give away.
    let mut bytes = std::fs::read(&kept).expect("a file");
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    let damaged = folder.path().join("damaged.safetensors");
    std::fs::write(&damaged, bytes).expect("a file");
    let told = KeyStatistics::read(&damaged, model).expect_err("another number").to_string();
    assert!(told.contains("is damaged"), "{name}: {told}");
    found
}

/// What new value vectors are more than the old ones, `[width × hidden]`.
fn change(model: &Model, vectors: &ValueVectors, layer: usize) -> Vec<f64> {
    let width = model.network.width();
    let old = kndb_engine::transformer::to_host(model.network.blocks[layer].feed_forward.output.rows());
    let new = (0..width).flat_map(|unit| vectors.vector(layer, unit).expect("all have one").iter());
    new.zip(old).map(|(new, old)| f64::from(*new) - f64::from(old)).collect()
}

#[track_caller]
fn near(what: &str, found: &[f64], expected: &Value, allowed: f64) {
    let apart = difference(found.iter().copied(), &numbers(expected));
    assert!(apart <= allowed, "{what}: off by {apart:.1e}, allowed {allowed:.0e}");
}

fn losses(all: &[kndb_engine::edit::Loss]) -> Vec<f64> {
    all.iter().flat_map(|loss| [loss.new_object, loss.essence, loss.decay]).collect()
}

/// Sums and some rows of an update. Where a gradient is nearly 0, Adam's step goes either way in float32: entries are compared by their mean
/// difference, relative to their mean size.
#[track_caller]
fn near_sums(what: &str, change: &[f64], hidden: usize, expected: &Value, allowed: f64) {
    let rows: Vec<f64> = change.chunks(hidden).map(|row| row.iter().sum()).collect();
    let columns: Vec<f64> = (0..hidden).map(|at| change.iter().skip(at).step_by(hidden).sum()).collect();
    near(&format!("{what}, rows"), &rows, &expected["rows"], allowed);
    near(&format!("{what}, columns"), &columns, &expected["columns"], allowed);
    let some: Vec<f64> = change.chunks(hidden).step_by(12).flatten().copied().collect();
    let expected = numbers(&expected["some"]);
    let (mut apart, mut size) = (0.0, 0.0);
    for (found, expected) in some.iter().zip(&expected) {
        apart += (found - expected).abs();
        size += expected.abs();
    }
    assert_eq!(some.len(), expected.len(), "{what}");
    assert!(apart <= allowed * size, "{what}, some rows: off by {:.1e}", apart / size);
}

fn rome(name: &str, model: &Model, golden: &Value, requests: &[EditRequest]) {
    let golden = &golden["rome"];
    let layer = whole(&golden["options"]["layer"]);
    let c = statistics(name, model, &serde_json::json!({ "rome": golden }), &[layer]);
    assert_eq!(c.tokens(), golden["tokens"].as_u64().expect("a number"), "{name}");
    let width = model.network.width();
    let of_layer = c.of_layer(layer).expect("was asked for");
    let diagonal: Vec<f64> = (0..width).map(|at| of_layer[at * width + at]).collect();
    near(&format!("{name}: C's diagonal"), &diagonal, &golden["diagonal"], SUMS);
    let sums: Vec<f64> = of_layer.chunks(width).map(|row| row.iter().sum()).collect();
    near(&format!("{name}: C's rows"), &sums, &golden["row_sums"], SUMS);
    let method = Rome {
        layer: Some(layer),
        vector: vector_options(&golden["options"]),
        statistics: Some(Arc::new(c)),
        ridge: number(&golden["ridge"]),
        ..Rome::default()
    };
    for (kind, method, right) in [
        ("with_c", method.clone(), "right"),
        ("with_c", Rome { divisor: Divisor::Prompt, ..method.clone() }, "right_released"),
        ("identity", Rome { statistics: None, ..method }, "right"),
    ] {
        let what = format!("{name}, {kind}, {right}");
        let edited = method.edit(&model.network, &requests[..1], &never).expect("an edit");
        let evidence = &edited.evidence[0];
        near(&format!("{what}: k*"), &evidence.key, &golden["key"], SUMS);
        near(&format!("{what}: v*"), &evidence.value, &golden["value"], OPTIMISED);
        near(&format!("{what}: losses"), &losses(&evidence.losses), &golden["losses"], OPTIMISED);
        let (left, right) = (numbers(&golden[kind]["left"]), numbers(&golden[kind][right]));
        let expected: Vec<f64> = left.iter().flat_map(|l| right.iter().map(move |r| l * r)).collect();
        let found = change(model, &edited.vectors, layer);
        let apart = difference(found, &expected);
        assert!(apart <= OPTIMISED, "{what}: the update is off by {apart:.1e}");
        if method.divisor == Divisor::Mean {
            let network = edited.vectors.apply(&model.network);
            let p = probability(&network, &requests[0]);
            let after = number(&golden[kind]["after"]);
            assert!((p - after).abs() <= 2e-3 * after, "{what}: p is {p}, not {after}");
        }
    }
}

/// The geometric mean of the probabilities of the new object's tokens.
fn probability(network: &kndb_engine::transformer::Transformer, request: &EditRequest) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for sentence in &request.prompts[0].sentences {
        for read in &sentence.reads {
            let ids = if network.causal { &sentence.ids[..=read.position] } else { &sentence.ids[..] };
            let logits = network.logits(ids, read.position);
            sum += kndb_engine::nn::Distribution::of(&logits).log_probability(logits[read.target as usize]);
            count += 1.0;
        }
    }
    (sum / count).exp()
}

fn memit(name: &str, model: &Model, golden: &Value, requests: &[EditRequest]) {
    let own = &golden["memit"];
    let mut method = Memit { ridge: number(&golden["rome"]["ridge"]), ..Memit::default() };
    if own.is_null() {
        let refused = method.edit(&model.network, requests, &never).expect_err("its layers do not add up").to_string();
        assert!(refused.contains("another method (rome)"), "{name}: {refused}");
        return;
    }
    let layers: Vec<usize> = list(&own["options"]["layers"]).iter().map(whole).collect();
    method.layers = Some((layers[0], layers[layers.len() - 1]));
    method.vector = vector_options(&own["options"]);
    method.weight = number(&own["options"]["weight"]);
    method.statistics = Some(Arc::new(statistics(name, model, golden, &layers)));
    let edited = method.edit(&model.network, requests, &never).expect("an edit");
    for (evidence, (value, golden)) in edited.evidence.iter().zip(list(&own["values"]).iter().zip(list(&own["losses"])))
    {
        near(&format!("{name}: z*"), &evidence.value, value, OPTIMISED);
        near(&format!("{name}: losses of MEMIT"), &losses(&evidence.losses), golden, OPTIMISED);
    }
    for (&layer, expected) in layers.iter().zip(list(&own["changes"])) {
        let found = change(model, &edited.vectors, layer);
        near_sums(&format!("{name}: MEMIT, layer {layer}"), &found, model.network.hidden(), expected, OPTIMISED);
    }
}

fn fine_tuned(name: &str, model: &Model, golden: &Value, requests: &[EditRequest]) {
    let (golden, options) = (&golden["ft"], &golden["ft"]["options"]);
    for (kind, bound) in [("free", None), ("bounded", Some(number(&options["bound"])))] {
        let method = FineTune {
            layer: Some(whole(&options["layer"])),
            steps: whole(&options["steps"]),
            rate: number(&options["rate"]),
            enough: number(&options["enough"]),
            bound,
            ..FineTune::default()
        };
        let edited = method.edit(&model.network, requests, &never).expect("an edit");
        let what = format!("{name}, {kind}");
        let found: Vec<f64> = edited.evidence[0].losses.iter().map(|loss| loss.new_object).collect();
        near(&format!("{what}: losses"), &found, &golden[kind]["losses"], OPTIMISED);
        let found = change(model, &edited.vectors, whole(&options["layer"]));
        near_sums(&what, &found, model.network.hidden(), &golden[kind], OPTIMISED);
        let grown = found.iter().map(|value| value.abs()).sum::<f64>() / found.len() as f64;
        near(&format!("{what}: mean change"), &[grown], &golden[kind]["grown"], OPTIMISED);
        if let Some(bound) = bound {
            let most = found.iter().fold(0.0f64, |most, value| most.max(value.abs()));
            assert!(most <= bound * 1.0001, "{what}: {most}");
        }
    }
}

fn bits(model: &Model) -> Vec<u32> {
    model.network.logits(&[1, 2, 3, 4], 2).into_iter().map(f32::to_bits).collect()
}

fn check(name: &str) {
    let (model, golden) = (load(name), golden(name, "edits.json"));
    let untouched = bits(&model);
    let requests = requests(name, &model, &golden);
    rome(name, &model, &golden, &requests);
    memit(name, &model, &golden, &requests);
    fine_tuned(name, &model, &golden, &requests);
    assert_eq!(bits(&model), untouched, "{name}: something is left of an edit");
}

every_architecture!(check);
