//! Heads: tied, of their own, under either name; biases that no configuration speaks of.

use crate::folder::{Folder, Stored, load};
use crate::{logits, says};
use std::collections::BTreeMap;

/// Fixture, name of the embedding, name of the head.
const PAIRS: [(&str, &str, &str); 10] = [
    ("gpt2", "transformer.wte.weight", "lm_head.weight"),
    ("llama", "model.embed_tokens.weight", "lm_head.weight"),
    ("qwen2", "model.embed_tokens.weight", "lm_head.weight"),
    ("gemma3", "model.embed_tokens.weight", "lm_head.weight"),
    ("mistral", "model.embed_tokens.weight", "lm_head.weight"),
    ("gemma2", "model.embed_tokens.weight", "lm_head.weight"),
    ("phi", "model.embed_tokens.weight", "lm_head.weight"),
    ("roberta", "roberta.embeddings.word_embeddings.weight", "lm_head.decoder.weight"),
    ("distilbert", "distilbert.embeddings.word_embeddings.weight", "vocab_projector.weight"),
    ("bert", "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"),
];

/// A folder whose head is the embedding, and nothing else.
fn tied(model: &str, head: &str) -> Folder {
    let folder = Folder::of(model);
    folder.config(|config| config["tie_word_embeddings"] = true.into());
    folder.tensors(|tensors| {
        tensors.remove(head);
    });
    folder
}

/// The rows of a matrix, each in the place of the one before.
fn rolled(matrix: &Stored) -> Stored {
    let mut rolled = matrix.clone();
    let row = matrix.bytes.len() / matrix.shape[0];
    rolled.bytes.rotate_left(row);
    rolled
}

#[test]
fn either_name_of_a_tied_pair_stands_for_both() {
    for (model, embedding, head) in PAIRS {
        let folder = tied(model, head);
        let expected = logits(&folder.load());
        folder.tensors(|tensors| {
            let only = tensors.remove(embedding).expect("the embedding");
            tensors.insert(head.into(), only);
        });
        let other = folder.load();
        assert_eq!(logits(&other), expected, "{model}");
        assert!(other.notes().is_empty(), "{model}");
    }
}

#[test]
fn a_head_that_equals_the_embedding_is_tied() {
    for (model, embedding, head) in PAIRS {
        let folder = tied(model, head);
        let expected = logits(&folder.load());
        folder.tensors(|tensors| {
            tensors.insert(head.into(), tensors[embedding].clone());
        });
        let both = folder.load();
        assert_eq!(logits(&both), expected, "{model}");
        assert!(both.notes().is_empty(), "{model}");
    }
}

/// Row i of the new head is row i + 1 of the embedding, so that token i has the logit that token i + 1 had.
#[test]
fn a_head_of_its_own_is_used_and_told_whatever_the_configuration_says() {
    for (model, embedding, head) in PAIRS {
        let folder = tied(model, head);
        let biases = ["cls.predictions.bias", "lm_head.bias", "vocab_projector.bias"];
        let biases = biases.iter().find(|name| folder.all().contains_key(**name)).map(|name| folder.floats(name));
        let bias = |token: usize| biases.as_ref().map_or(0.0, |biases| biases[token]);
        let before = logits(&folder.load());
        let tokens = before.len();
        let next = |i: usize| (i + 1) % tokens;
        let expected: Vec<f32> = (0..tokens).map(|i| before[next(i)] - bias(next(i)) + bias(i)).collect();
        folder.tensors(|tensors| {
            tensors.insert(head.into(), rolled(&tensors[embedding]));
        });
        let own = folder.load();
        for (token, (found, expected)) in logits(&own).iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 1e-5, "{model}, token {token}: {found}, expected {expected}");
        }
        let [note] = own.notes() else { panic!("{model}: one note expected, not {:?}", own.notes()) };
        says(note, &["tie_word_embeddings", head, "is used"]);
        // Where the configuration says so, it is nothing to speak of.
        folder.config(|config| config["tie_word_embeddings"] = false.into());
        let untied = folder.load();
        assert_eq!(logits(&untied), logits(&own), "{model}");
        assert!(untied.notes().is_empty(), "{model}");
    }
}

#[test]
fn a_head_that_is_not_tied_and_not_there_is_named() {
    for (model, _, head) in PAIRS {
        let folder = tied(model, head);
        folder.config(|config| config["tie_word_embeddings"] = false.into());
        says(&folder.error(), &["model.safetensors", head, "missing"]);
    }
}

/// `save_model` of safetensors writes one of two shared tensors, and names the other in the metadata.
#[test]
fn names_that_the_metadata_gives_a_tensor_are_its_names() {
    for (model, embedding, head) in PAIRS {
        let folder = tied(model, head);
        let expected = logits(&folder.load());
        let metadata = [(embedding.to_owned(), head.to_owned())].into();
        folder.tensors_and(Some(metadata), |tensors| {
            let only = tensors.remove(embedding).expect("the embedding");
            tensors.insert(head.into(), only);
        });
        assert_eq!(logits(&folder.load()), expected, "{model}");
        // The file says that they are one, whatever the configuration says.
        folder.config(|config| config["tie_word_embeddings"] = false.into());
        assert_eq!(logits(&folder.load()), expected, "{model}");
    }
}

#[test]
fn either_name_of_berts_bias_is_read_and_two_that_differ_are_refused() {
    let (one, other) = ("cls.predictions.bias", "cls.predictions.decoder.bias");
    let expected = logits(&load("bert"));
    let folder = Folder::of("bert");
    folder.tensors(|tensors| {
        let bias = tensors.remove(one).expect("the bias");
        tensors.insert(other.into(), bias);
    });
    assert_eq!(logits(&folder.load()), expected);
    folder.tensors(|tensors| {
        tensors.insert(one.into(), tensors[other].clone());
    });
    assert_eq!(logits(&folder.load()), expected);
    folder.tensors(|tensors| tensors.get_mut(one).expect("a bias").bytes[3] ^= 0x80);
    says(&folder.error(), &[one, other, "names of one tensor, but their values differ"]);
}

#[test]
fn a_bias_that_the_configuration_does_not_speak_of_is_never_left_out() {
    let biases = [
        ("gpt2", "lm_head.bias"),
        ("llama", "lm_head.bias"),
        ("llama", "model.layers.1.self_attn.q_proj.bias"),
        ("llama", "model.layers.1.self_attn.o_proj.bias"),
        ("llama", "model.layers.2.mlp.up_proj.bias"),
        ("qwen2", "model.layers.1.self_attn.o_proj.bias"),
        ("qwen2", "model.layers.1.mlp.gate_proj.bias"),
        ("qwen3", "model.layers.0.self_attn.k_proj.bias"),
        ("gemma3", "model.layers.0.self_attn.v_proj.bias"),
        ("gemma2", "lm_head.bias"),
        ("mistral", "model.layers.0.self_attn.q_proj.bias"),
        ("gpt-neox", "lm_head.bias"),
        ("phi", "model.layers.0.self_attn.rotary.bias"),
        ("roberta", "lm_head.extra.bias"),
        ("distilbert", "distilbert.transformer.layer.0.ffn.lin3.bias"),
        ("gemma3", "model.norm.bias"),
        ("bert", "bert.encoder.layer.0.attention.self.query_2.bias"),
    ];
    for (model, name) in biases {
        let folder = Folder::of(model);
        folder.tensors(|tensors| add(tensors, name));
        says(&folder.error(), &["(1 in all)", "does not use", name]);
    }
}

fn add(tensors: &mut BTreeMap<String, Stored>, name: &str) {
    let any = tensors.values().find(|tensor| tensor.shape.len() == 1).expect("a vector").clone();
    tensors.insert(name.to_owned(), any);
}
