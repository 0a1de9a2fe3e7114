//! Edited models that are kept: as folders, and as differences.

#[expect(dead_code, reason = "the tests of loading use the rest of it")]
#[path = "loading/folder.rs"]
mod folder;

use folder::{Folder, load};
use kndb_engine::edit::{
    EditMethod, EditPrompt, EditRequest, EditedTensors, FineTune, Memit, Needs, Read, RewriteNeurons, Rome,
    ScaleNeurons, Sentence, ValueVectors, apply_delta, save_folder, write_delta,
};
use kndb_engine::{Model, Rewrite, device};
use kndb_storage::Neuron;
use safetensors::Dtype;
use std::path::Path;

/// Every form that the second matrix has in files: rows of outputs and of inputs, three types, shards, a pickle.
const MODELS: [&str; 11] = [
    "bert",
    "distilbert",
    "gpt2",
    "gpt2-f16",
    "gpt2-bin",
    "gpt-neox",
    "phi",
    "llama",
    "llama-sharded",
    "gemma3",
    "qwen3",
];

fn logits(model: &Model) -> Vec<f32> {
    model.network.logits(&[1, 2, 3, 4], 2)
}

fn loaded(folder: &Path) -> Model {
    Model::load(folder, &device("cpu").expect("the CPU is there")).expect("the folder loads")
}

/// Neurons of two layers, one of them named twice.
fn neurons(model: &Model) -> Vec<Neuron> {
    let width = model.shape().width;
    [3, width + 1, width + 5, 3].map(Neuron).to_vec()
}

fn edit(model: &Model) -> ValueVectors {
    let rewrite = Rewrite::new(neurons(model), vec![5], vec![7, 9]);
    rewrite.value_vectors(&model.network).expect("neurons and tokens of the model")
}

#[test]
fn a_saved_model_gives_the_bits_of_the_one_in_memory() {
    for name in MODELS {
        let source = Folder::of(name);
        let model = source.load();
        let before = logits(&model);
        let edited = EditedTensors::of(source.root(), &model, edit(&model)).expect("its tensors are there");
        assert_eq!(edited.names().count(), 2, "{name}: a tensor a layer");
        let network = edited.vectors().apply(&model.network);
        let in_memory = network.logits(&[1, 2, 3, 4], 2);
        assert_ne!(in_memory, before, "{name}: the edit does something");
        assert_eq!(logits(&model), before, "{name}: the model is as it was");

        let out = source.path("edited");
        save_folder(&edited, &out, "a card").expect("a folder that can be written");
        assert_eq!(logits(&loaded(&out)), in_memory, "{name}");
        assert_eq!(std::fs::read_to_string(out.join("README.md")).expect("the card"), "a card");
        let may = |file: &str| std::fs::metadata(out.join(file)).expect("a file").permissions();
        assert_eq!(may("model.safetensors"), may("README.md"), "{name}: whoever reads the card may read the weights");
        assert_eq!(logits(&source.load()), before, "{name}: the source is as it was");
    }
}

#[test]
fn a_difference_makes_the_same_folder() {
    for name in ["gpt2", "llama-sharded", "gpt2-f16"] {
        let source = Folder::of(name);
        let model = source.load();
        let edited = EditedTensors::of(source.root(), &model, edit(&model)).expect("its tensors are there");
        let (whole, delta, again) = (source.path("whole"), source.path("edit.safetensors"), source.path("again"));
        save_folder(&edited, &whole, "what was done").expect("a folder that can be written");
        write_delta(&edited, &delta, "what was done").expect("a file that can be written");
        let names = apply_delta(&delta, source.root(), &again).expect("it is of this model");
        assert_eq!(names, edited.names().collect::<Vec<_>>(), "{name}");
        for file in ["model.safetensors", "config.json", "README.md"] {
            let bytes = |folder: &Path| std::fs::read(folder.join(file)).expect("a file of the folder");
            assert!(bytes(&whole) == bytes(&again), "{name}, {file}");
        }
        let size = |path: &Path| std::fs::metadata(path).expect("a file").len();
        assert!(size(&delta) < size(&whole.join("model.safetensors")), "{name}: only what changed");
    }
}

#[test]
fn scaled_value_vectors_are_scaled_activations() {
    // Of a network that computes in float32 from its own weights, twice the vector is twice the activation to the last bit.
    let model = load("llama");
    let doubled = ValueVectors::scaled(&model.network, &neurons(&model), 2.0).expect("neurons of the model");
    assert_eq!(doubled.len(), 3);
    let width = model.shape().width as usize;
    let ids: [&[u32]; 1] = [&[1, 2, 3, 4]];
    let network = doubled.apply(&model.network);
    let same = model.network.variants(ids[0], 3, 1, 0, |layer, activations| {
        let [rows, _] = activations.dims();
        let mut values = kndb_engine::transformer::to_host(activations);
        for neuron in [3, width + 1, width + 5] {
            if neuron / width == layer {
                (0..rows).for_each(|row| values[row * width + neuron % width] *= 2.0);
            }
        }
        burn::tensor::Tensor::from_data(burn::tensor::TensorData::new(values, [rows, width]), &folder::device())
    });
    let expected = kndb_engine::transformer::to_host(model.network.head.logits(same));
    let found = network.logits(ids[0], 3);
    let worst = found.iter().zip(&expected).fold(0.0f32, |worst, (f, e)| worst.max((f - e).abs()));
    assert!(worst <= 1e-5, "off by {worst:e}");
}

#[test]
fn an_edit_is_rounded_to_the_file_s_type() {
    let source = Folder::of("llama");
    source.convert(Dtype::BF16, |value| value.to_le_bytes()[2..].to_vec());
    let model = source.load();
    let edited = EditedTensors::of(source.root(), &model, edit(&model)).expect("its tensors are there");
    assert_ne!(*edited.vectors(), edit(&model), "float32 values are between those of bfloat16");
    let out = source.path("edited");
    save_folder(&edited, &out, "").expect("a folder that can be written");
    assert_eq!(logits(&loaded(&out)), edited.vectors().apply(&model.network).logits(&[1, 2, 3, 4], 2));
}

#[test]
fn a_difference_that_is_not_as_it_was_written_is_refused() {
    let source = Folder::of("gpt2");
    let model = source.load();
    let edited = EditedTensors::of(source.root(), &model, edit(&model)).expect("its tensors are there");
    let (delta, out) = (source.path("edit.safetensors"), source.path("out"));
    write_delta(&edited, &delta, "a card that says what was done").expect("a file that can be written");
    let whole = std::fs::read(&delta).expect("the file");
    let tensors = whole.len() - 3;
    let card = whole.windows(4).position(|at| at == b"done").expect("the card is in the header");
    for (at, what) in [(tensors, "a weight"), (card, "the card")] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&delta, damaged).expect("a writable file");
        let error = apply_delta(&delta, source.root(), &out).expect_err(what).to_string();
        assert!(error.contains("is damaged: its content has the hash xxh3-"), "{what}: {error}");
        assert!(!out.exists());
    }
    std::fs::write(&delta, whole).expect("a writable file");
    apply_delta(&delta, source.root(), &out).expect("it is whole again");
}

#[test]
fn vectors_that_are_the_old_ones_are_no_edit() {
    let source = Folder::of("gpt2-f16");
    let model = source.load();
    // The second factor is lost where 16 bits are rounded.
    for factor in [1.0, 1.000_01] {
        let same = ValueVectors::scaled(&model.network, &neurons(&model), factor).expect("neurons of the model");
        let error = EditedTensors::of(source.root(), &model, same).err().expect("nothing changes").to_string();
        assert!(error.contains("nothing would change"), "{factor}: {error}");
    }
}

#[test]
fn nothing_is_written_over_and_no_other_model_is_edited() {
    let source = Folder::of("gpt2");
    let model = source.load();
    let edited = EditedTensors::of(source.root(), &model, edit(&model)).expect("its tensors are there");
    let says = |error: kndb_engine::Error, parts: &[&str]| {
        let error = error.to_string();
        parts.iter().for_each(|part| assert!(error.contains(part), "expected {part:?} in: {error}"));
    };
    let taken = source.path("taken");
    std::fs::create_dir(&taken).expect("a folder");
    says(save_folder(&edited, &taken, "").expect_err("it is there"), &["taken", "is there already"]);
    let delta = source.path("edit.safetensors");
    write_delta(&edited, &delta, "").expect("a file that can be written");
    says(write_delta(&edited, &delta, "").expect_err("it is there"), &["edit.safetensors", "is there already"]);

    let out = source.path("out");
    let other = Folder::of("llama");
    says(
        apply_delta(&delta, other.root(), &out).expect_err("another model"),
        &["is an edit of weights xxh3-", "give the folder of the model that was edited"],
    );
    let plain = source.path("model.safetensors");
    says(apply_delta(&plain, source.root(), &out).expect_err("weights"), &["has no `kndb_base`", "kndb edit --delta"]);
    std::fs::write(&delta, b"{}").expect("a writable folder");
    says(apply_delta(&delta, source.root(), &out).expect_err("no file of tensors"), &["not a safetensors file"]);
    assert!(!out.exists() && !source.path("out.part").exists(), "nothing is left");

    let all = ValueVectors::scaled(&model.network, &[Neuron(1_000_000)], 0.0);
    says(all.expect_err("no such neuron"), &["neuron is", "expected one of the model's"]);
    let huge = ValueVectors::scaled(&model.network, &neurons(&model), f32::MAX).expect("neurons of the model");
    says(EditedTensors::of(source.root(), &model, huge).err().expect("no weights"), &["a weight would be -inf"]);
}

/// A request of token ids: the sentence 1 2 3 4 shall go on with 7, its subject ending at its second token.
fn request(model: &Model) -> EditRequest {
    let sentence = Sentence { ids: vec![1, 2, 3, 4], subject: 1, reads: vec![Read { position: 3, target: 7 }] };
    EditRequest {
        name: "a fact".into(),
        prompts: vec![EditPrompt { sentences: vec![sentence] }],
        essence: None,
        old: vec![5],
        new: vec![7],
        neurons: neurons(model),
    }
}

/// One of every kind, with names and needs.
fn methods() -> Vec<Box<dyn EditMethod>> {
    let few = 3;
    vec![
        Box::new(ScaleNeurons { factor: 0.0 }),
        Box::new(RewriteNeurons::default()),
        Box::new(Rome { layer: Some(1), ..Rome::default() }),
        Box::new(Memit { layers: Some((0, 1)), weight: 1.0, ..Memit::default() }),
        Box::new(FineTune { steps: few, ..FineTune::default() }),
        Box::new(FineTune { steps: few, ..FineTune::bounded() }),
    ]
}

#[test]
fn every_method_saves_what_it_made_in_memory_and_several_edits_join() {
    for name in ["gpt2", "gpt2-f16", "llama", "gpt-neox"] {
        let source = Folder::of(name);
        let model = source.load();
        let before = logits(&model);
        let mut joined = ValueVectors::default();
        let mut network = model.network.clone();
        for (number, method) in methods().into_iter().enumerate() {
            let requests = [request(&model)];
            let edited = method.edit(&network, &requests, &|| false).expect("an edit");
            network = edited.vectors.apply(&network);
            joined = joined.then(edited.vectors);
            assert_eq!(logits(&model), before, "{name}, {}: the model is as it was", method.name());
            let together = joined.apply(&model.network);
            let one_by_one = network.logits(&[1, 2, 3, 4], 2);
            assert_eq!(together.logits(&[1, 2, 3, 4], 2), one_by_one, "{name}, {}: joined", method.name());
            let tensors = EditedTensors::of(source.root(), &model, joined.clone()).expect("its tensors are there");
            let out = source.path(&format!("edited-{number}"));
            save_folder(&tensors, &out, "what was done").expect("a folder that can be written");
            let in_memory = tensors.vectors().apply(&model.network).logits(&[1, 2, 3, 4], 2);
            assert_ne!(in_memory, before, "{name}, {}: the edit does something", method.name());
            assert_eq!(logits(&loaded(&out)), in_memory, "{name}, {}: from the folder", method.name());
        }
    }
}

#[test]
fn an_edit_ends_when_it_is_told_to_and_says_what_a_request_lacks() {
    let model = load("gpt2");
    for method in methods() {
        let requests = [request(&model)];
        let stopped = method.edit(&model.network, &requests, &|| true).expect_err("it was told to end");
        assert!(matches!(stopped, kndb_engine::Error::Stopped), "{}: {stopped}", method.name());
        let Needs { neurons, object, .. } = method.needs();
        let lacking = EditRequest { neurons: Vec::new(), new: Vec::new(), ..request(&model) };
        let refused = method.edit(&model.network, &[lacking], &|| false).expect_err("it lacks all").to_string();
        assert!(neurons || object, "{}", method.name());
        let word = if neurons { "needs neurons" } else { "needs another object" };
        assert!(refused.contains(word) && refused.contains("a fact"), "{refused}");
        let mut wrong = request(&model);
        wrong.prompts[0].sentences[0].reads[0].target = 1_000_000;
        assert!(method.edit(&model.network, &[wrong], &|| false).is_err(), "{}: no such token", method.name());
    }
}
