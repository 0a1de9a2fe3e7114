//! What arrays and metadata say of the order of layers and neurons.

use crate::folder::{Folder, options};
use crate::npy::{f4, npy};
use crate::safetensors::file;
use crate::zip::archive;

const SCORES: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

fn numbers(values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    npy("<i8", false, &format!("({},)", values.len()), &bytes)
}

/// An archive of one fact's scores, and what stands beside them.
fn npz(name: &'static str, values: &[i64]) -> Vec<u8> {
    let members = [
        ("scores.npy", npy("<f4", false, "(1, 2, 3)", &f4(&SCORES))),
        ("facts.npy", numbers(&[7])),
        (name, numbers(values)),
    ];
    archive(&members, false, |_| {})
}

#[test]
fn an_array_that_says_another_order_is_refused_and_the_usual_one_is_not() {
    let folder = Folder::new();
    for name in
        ["layers.npy", "layer_indices.npy", "layer_indexes.npy", "layer_ids.npy", "layer_order.npy", "order.npy"]
    {
        let told = folder.refusal("a.npz", npz(name, &[1, 0]));
        assert!(told.contains("that says `1, 0`, which is not all layers in order, 0 to 1; expected scores"), "{told}");
        folder.write("a.npz", npz(name, &[0, 1]));
        let read = folder.read("a.npz");
        let plain = name.trim_end_matches(".npy");
        assert_eq!((read.entries.len(), read.not_used), (1, vec![format!("array {plain}")]));
        folder.write("a.npz", npz(name, &[1, 0]));
        let mut without = options();
        without.ignore = vec![plain.to_owned()];
        folder.read_with("a.npz", &without).expect("left out");
    }
    for name in ["neurons.npy", "neuron_indices.npy", "unit_order.npy"] {
        let told = folder.refusal("a.npz", npz(name, &[2, 1, 0]));
        assert!(told.contains("that says `2, 1, 0`, which is not all neurons in order, 0 to 2"), "{told}");
        folder.write("a.npz", npz(name, &[0, 1, 2]));
        assert_eq!(folder.read("a.npz").entries.len(), 1);
    }
}

#[test]
fn a_tensor_of_floats_that_says_another_order_is_refused_as_one_of_whole_numbers_is() {
    let folder = Folder::new();
    let tensors = |name: &str, kind: &str, order: &[u8]| {
        let about = r#""__metadata__": {"facts": "[\"u1\"]"}"#;
        let scores = r#""scores": {"dtype": "F32", "shape": [1, 2, 3], "data_offsets": [0, 24]}"#;
        let end = 24 + order.len();
        let other = format!(r#""{name}": {{"dtype": "{kind}", "shape": [2], "data_offsets": [24, {end}]}}"#);
        file(&format!("{{{about}, {scores}, {other}}}"), &[&f4(&SCORES)[..], order].concat())
    };
    let doubles = |values: [f64; 2]| values.map(f64::to_le_bytes).concat();
    let halves = |values: [f32; 2]| values.map(|value| half::bf16::from_f32(value).to_le_bytes()).concat();
    for name in ["layers", "layer_order", "order"] {
        for (kind, wrong, right) in [
            ("F32", f4(&[1.0, 0.0]), f4(&[0.0, 1.0])),
            ("F64", doubles([1.0, 0.0]), doubles([0.0, 1.0])),
            ("BF16", halves([1.0, 0.0]), halves([0.0, 1.0])),
        ] {
            let told = folder.refusal("s.safetensors", tensors(name, kind, &wrong));
            assert!(told.contains(&format!("`{name}` that says `1, 0`")), "{name} {kind}: {told}");
            folder.write("s.safetensors", tensors(name, kind, &right));
            assert_eq!(folder.read("s.safetensors").not_used, [format!("tensor {name}")], "{kind}");
        }
    }
    folder.write("s.safetensors", tensors("layer_gain", "F32", &f4(&[0.5, 0.25])));
    assert_eq!(folder.read("s.safetensors").entries.len(), 1, "no order");
}

#[test]
fn lists_of_sizes_of_layers_say_no_order() {
    let folder = Folder::new();
    for name in ["layer_sizes.npy", "layer_widths.npy", "neurons_per_layer.npy"] {
        folder.write("a.npz", npz(name, &[3, 3]));
        assert_eq!(folder.read("a.npz").entries.len(), 1, "{name}");
    }
}

#[test]
fn numbers_may_be_ids_of_facts_in_an_archive() {
    let folder = Folder::new();
    folder.write("a.npz", npz("seed.npy", &[3]));
    assert_eq!(folder.read("a.npz").entries[0].fact, "7");
}

#[test]
fn metadata_that_says_another_order_is_refused() {
    let folder = Folder::new();
    let tensors = |key: &str, value: &str| {
        let about = format!(r#""__metadata__": {{"{key}": "{value}"}}, "#);
        let tensor = r#""u1": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}"#;
        file(&format!("{{{about}{tensor}}}"), &f4(&SCORES))
    };
    for (key, value) in [
        ("layers", "[1, 0]"),
        ("layer", "1"),
        ("neurons", "[2, 1, 0]"),
        ("layer_order", "reversed"),
        ("layer_ids", "6,7"),
    ] {
        let told = folder.refusal("s.safetensors", tensors(key, value));
        assert!(told.contains(&format!("`{key}` that says `")), "{told}");
    }
    for (key, value) in [("layers", "[0, 1]"), ("layers", "2"), ("n_layers", "12"), ("neuron_type", "ffn")] {
        folder.write("s.safetensors", tensors(key, value));
        assert_eq!(folder.read("s.safetensors").not_used, [format!("metadata {key}")]);
    }
}

#[test]
fn metadata_in_which_a_language_stands_is_not_passed_over_where_the_default_would_be_used() {
    let folder = Folder::new();
    let tensors = |key: &str, value: &str| {
        let about = format!(r#""__metadata__": {{"{key}": "{value}"}}, "#);
        let tensor = r#""u1": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}"#;
        file(&format!("{{{about}{tensor}}}"), &f4(&SCORES))
    };
    for (key, value) in [
        ("u1", "zh"),
        ("target", "zh-CN"),
        ("dataset", "mlama_zh"),
        ("file", "zh.json"),
        ("source", "data/fr/P36.jsonl"),
        ("split", "German"),
        ("dataset", "mlama_it"),
        ("target", "pt"),
        ("about", r#"{\"u1\": \"zh\"}"#),
        ("about", r#"{\"u1\": \"Paris\", \"of\": \"zh\"}"#),
        ("about", r#"[\"zh\", \"en\", \"it\"]"#),
        ("about", r#"[\"French\", \"German\"]"#),
    ] {
        let told = folder.refusal("s.safetensors", tensors(key, value));
        assert!(told.contains("found nothing that says the language, but `"), "{key} {value}: {told}");
        let mut given = options();
        given.language = Some("zh".to_owned());
        folder.read_with("s.safetensors", &given).expect("said");
    }
    for (key, value) in [
        ("target", "en"),
        ("dataset", "mlama_en"),
        ("model", "google/gemma-3-270m-it"),
        ("method", "ig"),
        ("framework", "pt"),
        ("note", "made for the talk in de Haan's group"),
        ("hook", "blocks.3.mlp.hook_post"),
        ("labels", r#"[\"Paris\", \"French\"]"#),
        ("labels", r#"{\"u1\": \"Paris\", \"u2\": \"French\"}"#),
        ("words", r#"[\"ville\", \"zh\"]"#),
    ] {
        folder.write("s.safetensors", tensors(key, value));
        assert_eq!(folder.read("s.safetensors").entries.len(), 1, "{key} {value}");
    }
}
