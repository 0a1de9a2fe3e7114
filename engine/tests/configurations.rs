//! What a configuration says besides sizes is computed, or refused by its name.
//!
//! The logits of `fixtures/variants.json` are made by `fixtures/variants.py`, which shares no code with the engine and is checked
//! against `transformers`.

#[expect(dead_code, reason = "shared with the tests of loading, which use all of it")]
#[path = "loading/folder.rs"]
mod folder;

#[path = "configurations/published.rs"]
mod published;

use folder::Folder;
use kndb_engine::Model;
use serde_json::{Value, json};

/// A fixture of each family.
const EVERY: [&str; 13] = [
    "bert",
    "roberta",
    "distilbert",
    "gpt2",
    "gpt-neox",
    "phi",
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "gemma3",
];

fn variants() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/variants.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).expect("in the repository")).expect("JSON");
    all["variants"].as_array().expect("a list").clone()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// The fixture of a variant, with its configuration and without the tensors it lacks.
fn changed(variant: &Value) -> Folder {
    let folder = Folder::of(variant["model"].as_str().expect("a fixture"));
    folder.config(|config| {
        let config = config.as_object_mut().expect("an object");
        for field in texts(&variant["removed"]) {
            config.remove(&field);
        }
        config.extend(variant["set"].as_object().expect("an object").clone());
    });
    let dropped = texts(&variant["dropped"]);
    folder.tensors(|tensors| tensors.retain(|name, _| !dropped.iter().any(|part| name.contains(part))));
    folder
}

#[test]
fn what_a_configuration_says_is_computed() {
    let all = variants();
    assert!(all.len() > 40, "{} variants", all.len());
    for variant in &all {
        let numbers = |field: &str| variant[field].as_array().expect("a list").clone();
        let ids: Vec<u32> = numbers("ids").iter().map(|id| id.as_u64().expect("an id") as u32).collect();
        let position = variant["position"].as_u64().expect("a position") as usize;
        let found = changed(variant).load().network.logits(&ids, position);
        let expected: Vec<f64> = numbers("logits").iter().map(|logit| logit.as_f64().expect("a number")).collect();
        let largest = expected.iter().fold(0.0f64, |largest, logit| largest.max(logit.abs()));
        for (found, expected) in found.iter().zip(&expected) {
            let apart = (f64::from(*found) - expected).abs() / largest;
            assert!(apart < 2e-5, "{}: a logit is {found}, not {expected}", variant["name"]);
        }
    }
}

#[track_caller]
fn refused(model: &str, fields: &Value, parts: &[&str]) {
    let folder = Folder::of(model);
    folder.config(|config| {
        let config = config.as_object_mut().expect("an object");
        config.extend(fields.as_object().expect("an object").clone());
    });
    let error = folder.error();
    for part in parts.iter().chain(&["config.json", "expected"]) {
        assert!(error.contains(part), "{model} with {fields}: expected {part:?} in: {error}");
    }
}

#[test]
fn rotary_scaling_without_a_kind_is_refused_and_says_what_to_add() {
    let kinds = "also a `rope_type`: one of \"default\", \"linear\", \"dynamic\", \"llama3\", \"yarn\"";
    refused(
        "llama",
        &json!({"rope_scaling": {"factor": 4.0}, "rope_parameters": null}),
        &["rope_scaling", "4.0", kinds],
    );
    refused("llama", &json!({"rope_parameters": {"factor": 4.0, "rope_theta": 1e4}}), &["rope_parameters", kinds]);
    refused("gemma3", &json!({"rope_parameters": {"full_attention": {"factor": 8.0}}}), &["rope_parameters", kinds]);
}

#[test]
fn rotary_scaling_of_another_kind_is_refused_by_name() {
    for kind in ["longrope", "su", "mrope", "proportional", "ntk", "LLAMA3", ""] {
        let said = json!({"rope_scaling": {"rope_type": kind, "factor": 4.0}, "rope_parameters": null});
        refused("llama", &said, &["rope_scaling", &format!("\"{kind}\""), "a `rope_type` that is computed"]);
    }
    for value in [json!(false), json!(4.0), json!("linear"), json!([])] {
        let said = json!({"rope_scaling": value, "rope_parameters": null});
        refused("llama", &said, &["rope_scaling", "an object with a `rope_type`"]);
    }
}

#[test]
fn rotary_scaling_must_be_whole_and_say_nothing_else() {
    let scaling = |map: Value| json!({"rope_scaling": map, "rope_parameters": null});
    let llama3 = |low: f64, high: f64| json!({"type": "llama3", "factor": 8.0, "low_freq_factor": low, "high_freq_factor": high});
    for (map, expected) in [
        (json!({"type": "linear"}), "also a `factor`"),
        (json!({"type": "dynamic"}), "also a `factor`"),
        (json!({"type": "linear", "factor": 0}), "a number above 0 as `factor`"),
        (json!({"type": "linear", "factor": "4"}), "a number above 0 as `factor`"),
        (json!({"type": "linear", "factor": 2.0, "beta_fast": 3}), "no `beta_fast`"),
        (json!({"type": "default", "factor": 2.0}), "no `factor`"),
        (json!({"type": "llama3", "factor": 8.0}), "also a `low_freq_factor`"),
        (llama3(4.0, 1.0), "a `low_freq_factor` below `high_freq_factor`"),
        (json!({"type": "yarn", "factor": 4.0, "truncate": 1}), "true or false as `truncate`"),
        (json!({"type": "linear", "rope_type": "yarn", "factor": 4.0}), "`rope_type` and `type` differ"),
        (json!({"type": "default", "partial_rotary_factor": 0.5}), "no `partial_rotary_factor` but 1"),
    ] {
        refused("llama", &scaling(map), &["rope_scaling", expected]);
    }
}

#[test]
fn what_stands_in_two_places_must_agree() {
    let theta = |theta: f64| json!({"rope_type": "default", "rope_theta": theta});
    refused("llama", &json!({"rope_theta": 5e5, "rope_parameters": theta(1e4)}), &["rope_theta", "500000", "10000"]);
    refused("llama", &json!({"rotary_emb_base": 500.0}), &["rotary_emb_base", "500"]);
    refused("llama", &json!({"rope_scaling": theta(1e3)}), &["rope_scaling", "rope_parameters"]);
    refused("gpt-neox", &json!({"rope_theta": 500.0}), &["rope_theta", "500", "rotary_emb_base"]);
    refused("gpt-neox", &json!({"partial_rotary_factor": 0.25}), &["partial_rotary_factor", "rotary_pct"]);
    refused("phi", &json!({"rotary_pct": 0.25}), &["rotary_pct", "partial_rotary_factor"]);
    let local = json!({"sliding_attention": theta(1e4), "full_attention": theta(1e6)});
    refused(
        "gemma3",
        &json!({"rope_parameters": local, "rope_local_base_freq": 5e3}),
        &["rope_local_base_freq", "5000"],
    );
    refused("gemma3", &json!({"sliding_window_pattern": 2}), &["sliding_window_pattern", "layer_types"]);
    refused("gpt2", &json!({"num_attention_heads": 2}), &["num_attention_heads", "n_head"]);
    refused("distilbert", &json!({"num_attention_heads": 2}), &["num_attention_heads", "n_heads"]);
    refused("llama", &json!({"hidden_activation": "relu"}), &["hidden_activation", "hidden_act"]);
    refused("bert", &json!({"rms_norm_eps": 1e-5}), &["rms_norm_eps", "layer_norm_eps"]);
    refused("distilbert", &json!({"layer_norm_eps": 1e-5}), &["layer_norm_eps", "1e-12"]);
    let said = json!({"rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
        "rope_parameters": null, "original_max_position_embeddings": 64});
    refused("llama", &said, &["original_max_position_embeddings", "32"]);
}

#[test]
fn the_same_in_two_places_is_no_error() {
    let theta = json!({"rope_type": "default", "rope_theta": 1e4});
    for (model, fields) in [
        ("llama", json!({"rope_theta": 10_000, "rope_parameters": theta})),
        ("llama", json!({"rope_scaling": theta, "rope_parameters": theta})),
        ("llama", json!({"rope_scaling": {}, "attention_bias": false, "hidden_activation": "swish"})),
        ("llama", json!({"logit_scale": 1.0, "partial_rotary_factor": 1, "is_causal": true, "pruned_heads": {}})),
        ("gpt-neox", json!({"rope_theta": 1e4, "partial_rotary_factor": 0.5, "is_decoder": true})),
        (
            "gpt2",
            json!({"num_attention_heads": 4, "reorder_and_upcast_attn": true, "position_embedding_type": "absolute"}),
        ),
    ] {
        let folder = Folder::of(model);
        let before: Vec<f32> = folder.load().network.logits(&[1, 2, 3, 4], 3);
        folder.config(|config| {
            config.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone())
        });
        assert_eq!(folder.load().network.logits(&[1, 2, 3, 4], 3), before, "{model} with {fields}");
    }
}

#[test]
fn fields_of_other_families_that_change_the_computation_are_refused_by_name() {
    for (field, value) in [
        ("attention_multiplier", json!(0.1)),
        ("residual_multiplier", json!(0.5)),
        ("embedding_multiplier", json!(12.0)),
        ("logits_scaling", json!(8.0)),
        ("logit_scale", json!(0.0625)),
        ("scale_emb", json!(12)),
        ("clip_qkv", json!(8.0)),
        ("scale_attn_weights", json!(false)),
        ("scale_attn_by_inverse_layer_idx", json!(true)),
        ("use_qk_norm", json!(true)),
        ("num_local_experts", json!(8)),
        ("alibi", json!(true)),
        ("rotary_dim", json!(4)),
        ("position_embedding_type", json!("relative_key")),
        ("use_bidirectional_attention", json!(true)),
        ("add_cross_attention", json!(true)),
        ("is_encoder_decoder", json!(true)),
        ("pruned_heads", json!({"0": [1]})),
    ] {
        for model in EVERY {
            refused(
                model,
                &json!({field: value}),
                &[field, &value.as_str().map_or_else(|| value.to_string(), str::to_owned)],
            );
        }
    }
}

#[test]
fn a_field_that_one_family_computes_is_refused_in_another() {
    for (model, fields) in [
        ("mistral", json!({"attention_bias": true})),
        ("mistral", json!({"mlp_bias": true})),
        ("qwen2", json!({"attention_bias": false})),
        ("qwen3", json!({"mlp_bias": true})),
        ("gemma", json!({"query_pre_attn_scalar": 64})),
        ("gemma", json!({"final_logit_softcapping": 30.0})),
        ("gemma3", json!({"attn_logit_softcapping": 50.0})),
        ("llama", json!({"attn_logit_softcapping": 50.0})),
        ("llama", json!({"partial_rotary_factor": 0.5})),
        ("llama", json!({"use_parallel_residual": true})),
        ("gpt2", json!({"rope_scaling": {"type": "linear", "factor": 2.0}})),
        ("gpt2", json!({"num_key_value_heads": 1})),
        ("bert", json!({"layer_types": ["full_attention"]})),
        ("roberta", json!({"is_decoder": true})),
        ("distilbert", json!({"is_causal": true})),
        ("qwen2", json!({"is_causal": false})),
        ("gpt-neox", json!({"head_dim": 4})),
        ("phi", json!({"head_dim": 4})),
        ("llama", json!({"hidden_act": 3})),
        ("gemma2", json!({"final_logit_softcapping": 0})),
        ("gemma2", json!({"query_pre_attn_scalar": -1})),
        ("mistral", json!({"layer_types": ["chunked_attention", "full_attention", "full_attention"]})),
        ("qwen3", json!({"layer_types": ["full_attention", "sliding_attention", "full_attention"]})),
        ("roberta", json!({"pad_token_id": 65})),
    ] {
        let field = fields.as_object().and_then(|map| map.keys().next()).expect("a field").clone();
        let named = if model == "qwen3" && field == "layer_types" { "use_sliding_window".into() } else { field };
        refused(model, &fields, &[&named]);
    }
}

#[test]
fn numbers_that_would_make_outputs_not_numbers_are_refused() {
    let range = "within the range of f32";
    for (model, field, value) in [
        ("gemma2", "attn_logit_softcapping", 1e300),
        ("gemma2", "final_logit_softcapping", 1e-300),
        ("gemma3", "query_pre_attn_scalar", 1e-300),
        ("llama", "rms_norm_eps", 1e300),
        ("gpt2", "layer_norm_epsilon", 1e39),
    ] {
        refused(model, &json!({field: value}), &[field, range]);
    }
    for map in [
        json!({"rope_type": "linear", "factor": 5e-324}),
        json!({"rope_type": "yarn", "factor": 2.0, "attention_factor": 1e39}),
    ] {
        let fields = json!({"rope_scaling": map, "rope_parameters": null, "rope_theta": null});
        refused("llama", &fields, &["rope_scaling", "finite angles"]);
    }
}

/// Defaults of transformers 5.23, as `MistralConfig().num_key_value_heads` and the like give them.
#[test]
fn key_value_heads_that_are_not_named_are_those_of_the_class() {
    let without = |model: &str, fields: Value| {
        let folder = Folder::of(model);
        folder.config(|config| {
            let config = config.as_object_mut().expect("an object");
            config.remove("num_key_value_heads");
            config.extend(fields.as_object().expect("an object").clone());
        });
        folder
    };
    // The fixtures' keys have 16 rows, queries 32: heads of another size fill them, too.
    for (model, size, expected) in [("mistral", 2, 8), ("gemma2", 4, 4)] {
        let folder = without(model, json!({"num_attention_heads": 32 / size, "head_dim": size}));
        assert_eq!(folder.load().network.blocks[0].attention.key_value_heads, expected, "{model}");
    }
    let error = without("llama", json!({})).error();
    assert!(error.contains("k_proj.weight"), "as many as heads, which the weights are not: {error}");
    for (model, missing) in [("mistral", 8), ("qwen2", 32), ("qwen3", 32), ("gemma", 16)] {
        let error = without(model, json!({})).error();
        for part in ["num_key_value_heads", &format!("missing, which stands for {missing}"), "a divisor of"] {
            assert!(error.contains(part), "{model}: expected {part:?} in: {error}");
        }
        // Null is said: as many as heads, which the weights are not.
        let error = without(model, json!({"num_key_value_heads": null})).error();
        assert!(error.contains("k_proj.weight"), "{model}: {error}");
    }
}

/// The longest prompt of a fixture with other fields.
fn longest(model: &str, fields: &Value) -> usize {
    let folder = Folder::of(model);
    folder.config(|config| {
        config.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone())
    });
    let model: Model = folder.load();
    model.network.max_tokens
}

#[test]
fn prompts_are_as_long_as_positions_and_windows_allow() {
    assert_eq!(longest("mistral", &json!({})), 48);
    assert_eq!(longest("mistral", &json!({"sliding_window": null})), 256);
    assert_eq!(longest("mistral", &json!({"sliding_window": null, "max_position_embeddings": 131_072})), 4_096);
    assert_eq!(longest("llama", &json!({"sliding_window": 16})), 16);
    assert_eq!(longest("llama", &json!({"sliding_window": 16, "use_sliding_window": false})), 64);
    assert_eq!(
        longest("qwen2", &json!({"sliding_window": 16, "use_sliding_window": false, "max_window_layers": 1})),
        64
    );
    assert_eq!(
        longest("qwen2", &json!({"sliding_window": 16, "use_sliding_window": true, "max_window_layers": 1})),
        16
    );
    assert_eq!(
        longest("qwen2", &json!({"sliding_window": 16, "use_sliding_window": true, "max_window_layers": 3})),
        64
    );
    assert_eq!(longest("gemma2", &json!({"sliding_window": 20})), 20);
    // Positions begin behind the padding token's id.
    assert_eq!(longest("roberta", &json!({})), 64);
    assert_eq!(longest("roberta", &json!({"pad_token_id": 5})), 60);
    // NTK scaling would begin behind the positions the model has.
    let dynamic = json!({"rope_scaling": {"type": "dynamic", "factor": 4.0}, "rope_parameters": null});
    assert_eq!(longest("llama", &dynamic), 64);
}

#[test]
fn published_configurations_are_computed() {
    for (name, model, config) in published::all() {
        let folder = Folder::of(model);
        folder.config(|own| *own = config);
        // The tiny weights do not fit, and that is what is said; nothing is said of the configuration.
        let error = folder.error();
        assert!(error.contains("model.safetensors"), "{name}: {error}");
    }
}

#[test]
fn fields_that_nobody_knows_are_told() {
    for model in EVERY {
        let folder = Folder::of(model);
        assert_eq!(folder.load().notes(), &[] as &[String], "{model}");
        folder.config(|config| {
            config["gate_of_tomorrow"] = 0.5.into();
            config["norm_of_tomorrow"] = true.into();
            config["nothing_of_tomorrow"] = Value::Null;
            config["hidden_dropout_of_tomorrow"] = 0.1.into();
        });
        let notes = folder.load().notes().concat();
        assert!(notes.contains("`gate_of_tomorrow`, `norm_of_tomorrow` are not known"), "{model}: {notes}");
    }
}
