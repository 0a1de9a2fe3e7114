//! Value vectors in the space of the vocabulary, against float64 of `transformers` (`fixtures/promoted.py`).

#[path = "goldens/reading.rs"]
mod reading;

use kndb_engine::{Error, TokenWeight};
use reading::{PROMISED, difference, golden, load, numbers};

#[test]
fn the_tokens_and_their_weights_are_those_of_transformers() {
    // Of all architectures in one file, beside their folders.
    let goldens = golden("", "promoted.json");
    for (name, rows) in goldens.as_object().expect("by architecture") {
        let model = load(name);
        for row in rows.as_array().expect("neurons") {
            let number = |field: &str| row[field].as_u64().expect("a number") as u32;
            let found = model.promoted(number("layer"), number("neuron"), 5).expect("value vectors are added");
            for (end, found) in [("raised", &found.raised), ("lowered", &found.lowered)] {
                let expected: Vec<Vec<f64>> = row[end].as_array().expect("tokens").iter().map(numbers).collect();
                let what = format!("{name}, {}:{}, {end}", row["layer"], row["neuron"]);
                let ids: Vec<u32> = expected.iter().map(|pair| pair[0] as u32).collect();
                assert_eq!(found.iter().map(|token| token.id).collect::<Vec<_>>(), ids, "{what}");
                let weights: Vec<f64> = expected.iter().map(|pair| pair[1]).collect();
                let apart = difference(found.iter().map(|token| f64::from(token.weight)), &weights);
                assert!(apart < PROMISED, "{what}: weights differ by {apart:e}");
                assert!(found.iter().any(|token: &TokenWeight| !token.text.is_empty()), "{what}: no text");
            }
        }
    }
}

#[test]
fn what_a_model_cannot_say_is_refused() {
    let refused = |name: &str, layer, neuron| match load(name).promoted(layer, neuron, 5) {
        Err(Error::Option { given, expected, .. }) => format!("{given}; {expected}"),
        other => panic!("{other:?}"),
    };
    let model = load("gpt2");
    let shape = model.shape();
    assert!(refused("gpt2", shape.layers, 0).contains("a neuron of"), "a layer that is not there");
    assert!(refused("gpt2", 0, shape.width).contains(&shape.to_string()), "a unit that is not there");
    // Gemma 2 and 3 normalise the sum before it is added.
    assert!(refused("gemma3", 0, 0).contains("normalises"), "no sum of value vectors");
}
