//! Model folders that are not what they should be: each error says what was found and what was expected.

#[path = "loading/checkpoint.rs"]
mod checkpoint;
#[path = "loading/folder.rs"]
mod folder;
#[path = "loading/heads.rs"]
mod heads;
#[path = "loading/kinds.rs"]
mod kinds;
#[path = "loading/names.rs"]
mod names;
#[path = "loading/pickles.rs"]
mod pickles;
#[path = "loading/sixteen_bits.rs"]
mod sixteen_bits;

use folder::{Folder, load};
use kndb_engine::Model;
use kndb_engine::nn::Activation;
use safetensors::Dtype;

/// Logits of a short prompt at its last token.
fn logits(model: &Model) -> Vec<f32> {
    model.network.logits(&[1, 2, 3, 4], 3)
}

#[track_caller]
fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "expected {part:?} in: {error}");
    }
}

#[test]
fn architectures_are_named() {
    let folder = Folder::of("bert");
    folder.config(|config| config["model_type"] = "t5".into());
    says(
        &folder.error(),
        &["config.json", "unknown architecture `t5`", "expected one of bert, roberta, xlm-roberta, distilbert, gpt2"],
    );
    folder.config(|config| {
        config.as_object_mut().expect("an object").remove("model_type");
    });
    says(
        &folder.error(),
        &["config.json: no `model_type`", "`architectures` says BertForMaskedLM: add \"model_type\": \"bert\""],
    );
    folder.config(|config| config["architectures"] = serde_json::json!(["T5ForConditionalGeneration"]));
    says(&folder.error(), &["T5ForConditionalGeneration, which is not one of bert, roberta"]);
    folder.config(|config| config["architectures"] = serde_json::json!(["Gemma3ForCausalLM"]));
    says(&folder.error(), &["add \"model_type\": \"gemma3_text\""]);
    folder.config(|config| {
        config.as_object_mut().expect("an object").remove("architectures");
    });
    says(&folder.error(), &["no `model_type`; add the one of these weights: bert, roberta"]);
}

#[test]
fn activations_have_the_names_of_hugging_face() {
    for name in Activation::NAMES.split(", ") {
        assert!(Activation::named(name).is_some(), "{name}");
    }
    assert_eq!(Activation::named("gelu_new"), Some(Activation::GeluTanh));
    assert_eq!(Activation::named("GELU"), None);
}

#[test]
fn missing_tensors_are_listed_with_what_is_there() {
    let folder = Folder::of("bert");
    let (one, other) = ("bert.encoder.layer.1.output.dense.bias", "cls.predictions.bias");
    folder.tensors(|tensors| {
        tensors.remove(one);
        tensors.remove(other);
    });
    says(
        &folder.error(),
        &["model.safetensors: 2 of the model's tensors missing", one, other, "the file has no other"],
    );

    let folder = Folder::of("gpt2");
    folder.tensors(|tensors| {
        let moved = tensors.remove("transformer.ln_f.weight").expect("the last norm");
        tensors.insert("transformer.final.weight".into(), moved);
    });
    says(
        &folder.error(),
        &["1 of the model's tensors missing: `transformer.ln_f.weight`", "the file has `transformer.final.weight`"],
    );
}

#[test]
fn layers_that_are_missing_are_told_in_numbers() {
    let folder = Folder::of("gpt2");
    folder.config(|config| config["n_layer"] = 4.into());
    says(
        &folder.error(),
        &[
            "12 of the model's tensors missing: 12 tensors of `transformer.h.3`, such as `transformer.h.3.attn.c_attn.weight`",
            "config.json speaks of 4 layers, the weights hold 3 (`transformer.h.0` to `transformer.h.2`)",
        ],
    );
    folder.config(|config| config["n_layer"] = 9.into());
    says(
        &folder.error(),
        &[
            "72 of the model's tensors missing: 12 tensors of each of `transformer.h.3` to `transformer.h.8`",
            "of 9 layers",
        ],
    );
}

#[test]
fn shapes_must_be_those_of_the_configuration() {
    let folder = Folder::of("bert");
    folder.config(|config| config["intermediate_size"] = 40.into());
    says(&folder.error(), &["`bert.encoder.layer.0.intermediate.dense.weight` has shape [48, 24]", "says [40, 24]"]);

    // GPT-2 keeps its matrices the other way round; one like `nn.Linear` keeps them is not taken.
    let folder = Folder::of("gpt2");
    folder.tensors(|tensors| tensors.get_mut("transformer.h.1.mlp.c_fc.weight").expect("a matrix").shape.reverse());
    says(&folder.error(), &["`transformer.h.1.mlp.c_fc.weight` has shape [48, 24]", "says [24, 48]"]);

    let folder = Folder::of("llama");
    folder.config(|config| config["num_key_value_heads"] = 1.into());
    says(&folder.error(), &["`model.layers.0.self_attn.k_proj.weight` has shape [12, 24]", "says [6, 24]"]);
}

#[test]
fn no_tensor_is_left_out_in_silence() {
    let folder = Folder::of("llama");
    folder.tensors(|tensors| {
        let bias = tensors["model.norm.weight"].clone();
        tensors.insert("model.layers.0.mlp.down_proj.bias".into(), bias);
    });
    says(&folder.error(), &["(1 in all)", "does not use", "`model.layers.0.mlp.down_proj.bias`"]);

    let folder = Folder::of("gpt2");
    folder.config(|config| config["n_layer"] = 2.into());
    says(
        &folder.error(),
        &["(12 in all)", "does not use", "`transformer.h.2", "speaks of 2 layers, the weights hold 3"],
    );
}

#[test]
fn broken_weights_are_refused() {
    let folder = Folder::of("bert");
    let whole = folder.read("model.safetensors");
    for cut in [whole.len() - 1, whole.len() / 2, 100, 0] {
        folder.write("model.safetensors", &whole[..cut]);
        says(&folder.error(), &["model.safetensors: not a safetensors file"]);
    }
    folder.remove("model.safetensors");
    says(
        &folder.error(),
        &["no weights; expected model.safetensors or pytorch_model.bin, or the index and all files of one in shards"],
    );
}

#[test]
fn values_must_be_finite_floats() {
    for (value, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
        let folder = Folder::of("bert");
        folder.tensors(|tensors| {
            let tensor = tensors.get_mut("bert.encoder.layer.2.output.dense.weight").expect("a matrix");
            tensor.bytes[40..44].copy_from_slice(&value.to_le_bytes());
        });
        says(&folder.error(), &["`bert.encoder.layer.2.output.dense.weight`", name, "not a finite number"]);
    }
    let folder = Folder::of("bert");
    folder.tensors(|tensors| tensors.get_mut("cls.predictions.bias").expect("a bias").dtype = Dtype::I32);
    says(&folder.error(), &["`cls.predictions.bias` has type I32", "expected F32, F16, BF16 or F64"]);
}

#[test]
fn float_types_are_read() {
    let folder = Folder::of("llama");
    let whole = folder.load();
    folder.convert(Dtype::F64, |value| f64::from(value).to_le_bytes().to_vec());
    let wide = folder.load();
    assert_eq!(logits(&wide), logits(&whole), "f64 holds every f32");
    assert_ne!(wide.weights_hash(), whole.weights_hash(), "another file");
    // A bfloat16 is the upper half of a float. Cut off and written as either type, the values are the same.
    let folder = Folder::of("llama");
    let upper = |value: f32| f32::from_bits(value.to_bits() & 0xffff_0000);
    folder.convert(Dtype::F32, |value| upper(value).to_le_bytes().to_vec());
    let cut = logits(&folder.load());
    folder.convert(Dtype::BF16, |value| value.to_le_bytes()[2..].to_vec());
    assert_eq!(logits(&folder.load()), cut);
}

#[test]
fn tokenizers_must_fit() {
    let folder = Folder::of("bert");
    folder.write("tokenizer.json", &Folder::of("gpt2").read("tokenizer.json"));
    says(&folder.error(), &["tokenizer.json", "ids up to 295", "106 embeddings", "another model"]);

    let folder = Folder::of("bert");
    folder.replace("tokenizer.json", "[MASK]", "[NONE]");
    says(&folder.error(), &["tokenizer.json", "no mask token", "[MASK] or <mask>"]);

    let folder = Folder::of("gpt2");
    folder.replace("tokenizer.json", "<|endoftext|>", "<|stop|>");
    folder.load();

    folder.write("tokenizer.json", b"{}");
    says(&folder.error(), &["tokenizer.json: not a tokenizer"]);
    folder.remove("tokenizer.json");
    says(&folder.error(), &["cannot read", "tokenizer.json"]);
}

#[test]
fn sizes_must_fit_each_other() {
    for (model, field, value, expected) in [
        ("gpt2", "activation_function", serde_json::json!("mish"), "gelu, gelu_python, gelu_new"),
        ("bert", "hidden_act", "swiglu".into(), "silu"),
        ("bert", "num_attention_heads", 5.into(), "a multiple of the number of attention heads, 5"),
        ("llama", "num_key_value_heads", 3.into(), "a divisor of num_attention_heads 4"),
    ] {
        let folder = Folder::of(model);
        folder.config(|config| config[field] = value.clone());
        let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let error = folder.error();
        says(&error, &["config.json", "expected", expected]);
        // A wrong number of heads is told by the field that it does not divide.
        if field != "num_attention_heads" {
            says(&error, &[field, &found]);
        }
    }
}

/// The first position is behind the padding token's id, so the largest number has none behind it.
#[test]
fn padding_must_leave_a_position() {
    for padding in [u64::MAX, u64::from(u32::MAX), 66, 65] {
        let folder = Folder::of("roberta");
        folder.config(|config| config["pad_token_id"] = padding.into());
        let found = padding.to_string();
        says(&folder.error(), &["pad_token_id", &found, "expected below max_position_embeddings 66 less one"]);
    }
}

#[test]
fn configurations_must_be_whole() {
    for (model, field) in
        [("bert", "hidden_size"), ("gpt2", "n_layer"), ("llama", "vocab_size"), ("gemma3", "head_dim")]
    {
        let folder = Folder::of(model);
        folder.config(|config| {
            config.as_object_mut().expect("an object").remove(field);
        });
        says(&folder.error(), &["config.json", field, "missing", "expected a positive number"]);
        folder.config(|config| config[field] = (1_u64 << 31).into());
        says(&folder.error(), &[field, "expected a number below 2147483648"]);
        for value in [serde_json::json!("24"), 0.into(), (-1).into(), serde_json::json!(2.5)] {
            folder.config(|config| config[field] = value.clone());
            says(&folder.error(), &[field, &value.to_string(), "expected a positive number"]);
        }
    }
    let folder = Folder::of("bert");
    folder.write("config.json", b"[]");
    says(&folder.error(), &["config.json: not a JSON object"]);
    folder.write("config.json", b"{");
    says(&folder.error(), &["config.json: not JSON"]);
    folder.remove("config.json");
    says(&folder.error(), &["weights, but no config.json", "bring the config.json"]);
}

#[test]
fn shards_are_files_of_the_same_folder() {
    let index = "model.safetensors.index.json";
    for name in ["../model.safetensors", "/etc/passwd", "sub/model.safetensors", "..", ""] {
        let folder = Folder::of("llama-sharded");
        folder.replace(index, "model-00002-of-00003.safetensors", name);
        says(&folder.error(), &[index, &format!("`weight_map` names \"{name}\""), "a file of the same folder"]);
    }
    let folder = Folder::of("llama-sharded");
    folder.remove("model-00002-of-00003.safetensors");
    says(
        &folder.error(),
        &[index, "1 of the 3 files that it names are missing, such as `model-00002-of-00003.safetensors`"],
    );
    folder.write(index, br#"{"weight_map": {"model.norm.weight": 3}}"#);
    says(&folder.error(), &["names 3; expected a file"]);
    folder.write(index, b"{}");
    says(&folder.error(), &[index, "no object `weight_map`"]);
}

#[test]
fn pytorch_files_are_read() {
    let folder = Folder::of("gpt2-bin");
    let (pytorch, safe) = (folder.load(), load("gpt2"));
    assert_eq!(logits(&pytorch), logits(&safe));
    assert_eq!(pytorch.shape(), safe.shape());
    let whole = folder.read("pytorch_model.bin");
    for broken in [&whole[..whole.len() / 2], b"no pickle", b""] {
        folder.write("pytorch_model.bin", broken);
        says(&folder.error(), &["pytorch_model.bin: not a PyTorch checkpoint"]);
    }
    // Where there are both, safetensors are read.
    folder.write("model.safetensors", &Folder::of("gpt2").read("model.safetensors"));
    assert_eq!(folder.load().weights_hash(), safe.weights_hash());
}

#[test]
fn a_tokenizer_that_knows_far_fewer_tokens_is_another_models() {
    let folder = Folder::of("gpt2");
    folder.write("tokenizer.json", &Folder::of("bert").read("tokenizer.json"));
    says(&folder.error(), &["tokenizer.json", "knows 106 tokens", "embeddings", "another model"]);
}
