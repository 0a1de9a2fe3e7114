//! Names of tensors after wrappers, base classes and other tools.

use crate::folder::{Folder, Stored};
use crate::{logits, says};
use std::collections::BTreeMap;

const MODELS: [(&str, &str); 7] = [
    ("bert", "bert."),
    ("roberta", "roberta."),
    ("distilbert", "distilbert."),
    ("gpt2", "transformer."),
    ("gpt-neox", "gpt_neox."),
    ("llama", "model."),
    ("gemma3", "model."),
];

fn renamed(tensors: &mut BTreeMap<String, Stored>, new: impl Fn(&str) -> String) {
    *tensors = std::mem::take(tensors).into_iter().map(|(name, tensor)| (new(&name), tensor)).collect();
}

#[test]
fn prefixes_that_all_tensors_have_are_those_of_a_wrapper() {
    let wrappers =
        ["module.", "_orig_mod.", "base_model.model.", "model.", "module._orig_mod.", "_orig_mod.module.model."];
    for (model, _) in MODELS {
        let expected = logits(&Folder::of(model).load());
        for wrapper in wrappers {
            let folder = Folder::of(model);
            folder.tensors(|tensors| renamed(tensors, |name| format!("{wrapper}{name}")));
            assert_eq!(logits(&folder.load()), expected, "{model}, {wrapper}");
        }
    }
}

#[test]
fn a_prefix_that_one_tensor_lacks_is_none_of_a_wrapper() {
    let folder = Folder::of("gpt2");
    let last = "transformer.ln_f.bias";
    folder.tensors(|tensors| {
        renamed(tensors, |name| if name == last { name.to_owned() } else { format!("module.{name}") });
    });
    says(&folder.error(), &["missing", "the file has", "module.transformer."]);
}

#[test]
fn base_models_may_leave_their_prefix_out() {
    for (model, base) in MODELS {
        let expected = logits(&Folder::of(model).load());
        let folder = Folder::of(model);
        folder.tensors(|tensors| renamed(tensors, |name| name.strip_prefix(base).unwrap_or(name).to_owned()));
        assert_eq!(logits(&folder.load()), expected, "{model}");
    }
}

#[test]
fn an_encoder_without_a_head_is_told_as_one() {
    let bare = |name: &str| name.strip_prefix("bert.").map(str::to_owned);
    for keep_prefix in [true, false] {
        let folder = Folder::of("bert");
        folder.tensors(|tensors| {
            tensors.retain(|name, _| !name.starts_with("cls."));
            if !keep_prefix {
                renamed(tensors, |name| bare(name).unwrap_or_else(|| name.to_owned()));
            }
        });
        says(
            &folder.error(),
            &["a model without its language-modelling head", "cls.predictions", "AutoModelForMaskedLM"],
        );
    }
    // One tensor of a head is not a model without a head.
    let folder = Folder::of("bert");
    folder.tensors(|tensors| {
        tensors.remove("cls.predictions.transform.dense.bias");
    });
    says(&folder.error(), &["1 of the model's tensors missing: `cls.predictions.transform.dense.bias`"]);
}

#[test]
fn names_of_another_kind_are_told_as_such() {
    let folder = Folder::of("llama");
    folder.tensors(|tensors| {
        renamed(tensors, |name| match name.strip_prefix("model.layers.") {
            Some(rest) => format!("layers.{}", rest.replace("self_attn.q_proj", "attention.wq")),
            None => name.replace("model.", "tok_"),
        });
        tensors.retain(|name, _| name.contains("attention.wq") || name.starts_with("tok_"));
    });
    says(&folder.error(), &["missing", "the names of Meta's own files"]);

    let folder = Folder::of("gpt2");
    folder.write("config.json", &Folder::of("llama").read("config.json"));
    says(&folder.error(), &["missing", "is `model_type` in config.json that of these weights?"]);
}

#[test]
fn equal_layers_are_told_together() {
    let folder = Folder::of("gpt2");
    folder.tensors(|tensors| tensors.retain(|name, _| !name.contains(".mlp.c_fc.")));
    says(
        &folder.error(),
        &["6 of the model's tensors missing: 2 tensors of each of `transformer.h.0` to `transformer.h.2`, such as"],
    );
    let folder = Folder::of("gpt2");
    folder.tensors(|tensors| {
        tensors.remove("transformer.h.1.ln_1.bias");
        tensors.remove("transformer.h.2.ln_1.bias");
    });
    says(
        &folder.error(),
        &["2 of the model's tensors missing: `transformer.h.1.ln_1.bias` to `transformer.h.2.ln_1.bias`"],
    );
}

/// Of a checkpoint that was converted and trained on, one of the two is stale, and nothing tells which.
#[test]
fn a_norm_by_both_its_names_must_be_one_norm() {
    let expected = logits(&Folder::of("bert").load());
    for (old, new) in [("gamma", "weight"), ("beta", "bias")] {
        let (old, new) = (format!("bert.embeddings.LayerNorm.{old}"), format!("bert.embeddings.LayerNorm.{new}"));
        for wrapper in ["", "module."] {
            let folder = Folder::of("bert");
            folder.tensors(|tensors| {
                tensors.insert(old.clone(), tensors[&new].clone());
                renamed(tensors, |name| format!("{wrapper}{name}"));
            });
            assert_eq!(logits(&folder.load()), expected, "{old}, the same");
            folder.tensors(|tensors| {
                let old = tensors.get_mut(&format!("{wrapper}{old}")).expect("the older name");
                old.bytes[..4].copy_from_slice(&7_f32.to_le_bytes());
            });
            let (one, two) = (format!("`{wrapper}{old}`"), format!("`{wrapper}{new}`"));
            says(&folder.error(), &[&one, &two, "names of one tensor, but their values differ; leave out the one"]);
        }
    }
}
