//! Files that are whole and not read: each is told by what it says, with the way out.

use crate::damaged::told;
use crate::writing::Parts;

#[track_caller]
fn refused(name: &str, edit: impl FnOnce(&mut Parts), expected: &[&str]) {
    let mut parts = Parts::of(name);
    edit(&mut parts);
    let error = told(&parts.bytes()).expect("is refused");
    for part in expected {
        assert!(error.contains(part), "expected {part:?} in: {error}");
    }
}

#[test]
fn types_that_are_not_read_are_named() {
    for (number, name) in [(10, "Q2_K"), (11, "Q3_K"), (20, "IQ4_NL"), (28, "F64"), (39, "MXFP4"), (77, "number 77")] {
        refused(
            "qwen2-mixed",
            |parts| parts.tensor("blk.1.ffn_up.weight").kind = number,
            &[
                &format!("tensor `blk.1.ffn_up.weight` is of type {name}"),
                "kndb reads F32, F16, BF16, Q8_0",
                "llama-quantize",
            ],
        );
    }
}

#[test]
fn rows_are_whole_blocks() {
    refused(
        "llama-F32",
        |parts| parts.tensor("blk.0.attn_q.weight").kind = 8,
        &["`blk.0.attn_q.weight` has rows of 24 values, which are no blocks of 32"],
    );
}

#[test]
fn other_architectures_and_kinds_of_files_are_named() {
    let set = |key: &'static str, text: &'static str| move |parts: &mut Parts| parts.text(key, text);
    refused(
        "llama-F32",
        set("general.architecture", "phi3"),
        &["of architecture `phi3`", "llama, qwen2 and gemma3", "Hugging Face folder"],
    );
    refused("llama-F32", set("general.type", "adapter"), &["of an adapter", "merge_and_unload()"]);
    refused("llama-F32", set("general.type", "mmproj"), &["of type `mmproj`", "the model itself"]);
    refused("llama-F32", |parts| parts.number("split.count", 3), &["one of the 3 parts", "llama-gguf-split --merge"]);
    refused("llama-F32", |parts| parts.remove("general.architecture"), &["of architecture `(none)`"]);
}

#[test]
fn versions_and_byte_orders_are_told() {
    let bytes = Parts::of("llama-F32").bytes();
    for (version, expected) in
        [(1_u32, "version 1, expected 2 or 3"), (4, "version 4"), (3 << 24, "highest byte first")]
    {
        let mut bytes = bytes.clone();
        bytes[4..8].copy_from_slice(&version.to_le_bytes());
        let error = told(&bytes).expect("is refused");
        assert!(error.contains(expected), "{error}");
    }
    let mut second = bytes;
    second[4] = 2;
    assert_eq!(told(&second), None, "version 2 has the same layout");
}

#[test]
fn keys_that_are_needed_are_named() {
    for key in ["block_count", "embedding_length", "feed_forward_length", "context_length", "attention.head_count"] {
        let key = format!("llama.{key}");
        refused(
            "llama-F32",
            |parts| parts.remove(&key),
            &[&format!("`{key}` is missing; expected a whole number above 0")],
        );
        refused("llama-F32", |parts| parts.number(&key, 0), &[&format!("`{key}` is 0")]);
        refused("llama-F32", |parts| parts.text(&key, "24"), &[&format!("`{key}` is `24`")]);
    }
    refused("llama-F32", |parts| parts.remove("llama.attention.layer_norm_rms_epsilon"), &["rms_epsilon` is missing"]);
    refused("gemma3-F32", |parts| parts.remove("gemma3.rope.freq_base"), &["`gemma3.rope.freq_base` is missing"]);
    refused("gemma3-F32", |parts| parts.remove("gemma3.attention.sliding_window"), &["sliding_window` is missing"]);
}

#[test]
fn sizes_must_fit_the_tensors() {
    refused("llama-F32", |parts| parts.number("llama.vocab_size", 300), &["`llama.vocab_size` is 300; expected 298"]);
    refused(
        "llama-F32",
        |parts| parts.number("llama.feed_forward_length", 40),
        &["has shape [48, 24]", "says [40, 24]"],
    );
    refused(
        "llama-F32",
        |parts| parts.number("llama.block_count", 4),
        &["9 of the model's tensors missing", "speaks of 4 layers, the weights hold 3"],
    );
    refused(
        "llama-F32",
        |parts| parts.number("llama.attention.head_count", 5),
        &["`blk.0.attn_q.weight` has 24 rows", "5 heads"],
    );
    refused("llama-F32", |parts| parts.number("llama.rope.dimension_count", 4), &["dimension_count` is 4; expected 6"]);
    refused(
        "llama3-F32",
        |parts| parts.tensor("rope_freqs.weight").dimensions = vec![3],
        &["`rope_freqs.weight` has 3 values; expected 4"],
    );
}

#[test]
fn what_would_change_the_network_is_not_left_out() {
    refused("llama-F32", |parts| parts.number("llama.expert_count", 8), &["num_experts is 8"]);
    refused("llama-F32", |parts| parts.real("llama.logit_scale", 0.5), &["logit_scale is 0.5"]);
    refused("llama-F32", |parts| parts.real("llama.logit_scale", f32::NAN), &["logit_scale is \"NaN\""]);
    refused("qwen2-F32", |parts| parts.real("qwen2.attention.scale", 0.5), &["attention_multiplier is 0.5"]);
    refused(
        "llama-F32",
        |parts| parts.text("llama.rope.scaling.type", "longrope"),
        &["rope_scaling", "longrope", "that is computed"],
    );
    refused(
        "llama-F32",
        |parts| parts.real("llama.rope.scaling.attn_factor", 1.5),
        &["attn_factor` is 1.5", "not computed"],
    );
    refused(
        "llama3-F32",
        |parts| {
            parts.text("llama.rope.scaling.type", "linear");
            parts.real("llama.rope.scaling.factor", 2.0);
        },
        &["`llama.rope.scaling.type` is `linear`", "rope_freqs.weight"],
    );
    refused(
        "llama-F32",
        |parts| parts.tensor("blk.2.ffn_norm.weight").name = "blk.2.attn_sinks.weight".into(),
        &["`model.layers.2.post_attention_layernorm.weight`", "the file has `blk.2.attn_sinks.weight`"],
    );
}

#[test]
fn tokenizers_that_are_not_known_are_asked_for() {
    let beside = "put the tokenizer.json of the same model beside the file";
    refused(
        "llama-F32",
        |parts| parts.text("tokenizer.ggml.pre", "dbrx"),
        &["splits texts as `dbrx`", "gpt-2, smollm", beside],
    );
    refused("llama-F32", |parts| parts.remove("tokenizer.ggml.pre"), &["splits texts as `default`", beside]);
    refused("llama-F32", |parts| parts.text("tokenizer.ggml.model", "rwkv"), &["of kind `rwkv`", beside]);
    refused("llama-F32", |parts| parts.remove("tokenizer.ggml.model"), &["no tokenizer of its own", beside]);
    refused("llama-F32", |parts| parts.remove("tokenizer.ggml.tokens"), &["has no tokens", beside]);
    refused(
        "llama-F32",
        |parts| parts.number("tokenizer.ggml.bos_token_id", 298),
        &["bos_token_id` is 298", "below 298"],
    );
    refused(
        "llama-F32",
        |parts| parts.remove("tokenizer.ggml.bos_token_id"),
        &["has no `tokenizer.ggml.bos_token_id`"],
    );
}
