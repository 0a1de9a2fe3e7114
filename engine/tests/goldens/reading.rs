//! Golden values and the fixtures they are of.

use kndb_engine::{Model, device};
use serde_json::Value;
use std::path::PathBuf;

/// Largest difference allowed, relative to the largest value: the project's promise.
pub const PROMISED: f64 = 1e-4;

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A file of golden values beside a fixture.
pub fn golden(fixture_name: &str, file: &str) -> Value {
    let text = std::fs::read(fixture(fixture_name).join(file)).expect("the golden values are in the repository");
    serde_json::from_slice(&text).expect("the golden values are JSON")
}

pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().expect("a number")],
    }
}

/// Largest absolute difference over largest absolute value.
pub fn difference(found: impl IntoIterator<Item = f64>, expected: &[f64]) -> f64 {
    let found: Vec<f64> = found.into_iter().collect();
    assert_eq!(found.len(), expected.len());
    // The larger of a number and NaN is the number: what is not finite would be near anything.
    assert!(found.iter().all(|value| value.is_finite()), "{found:?}");
    let largest = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let apart = found.iter().zip(expected).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    apart / largest
}

/// On the device of the variable KNDB_DEVICE (`cargo xtask torch`), else on the CPU.
pub fn load(name: &str) -> Model {
    let wanted = std::env::var("KNDB_DEVICE").unwrap_or_else(|_| "cpu".into());
    Model::load(fixture(name), &device(&wanted).expect("the device is there")).expect("the fixture loads")
}
