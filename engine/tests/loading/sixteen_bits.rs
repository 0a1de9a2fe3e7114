//! Weights of 16 bits, which stay in their file.

use crate::folder::{Folder, load};
use crate::says;
use kndb_engine::{Attribution, Model, Options};
use safetensors::Dtype;
use std::io::Write;

/// Every way that architectures take their maps out of files: rows of `nn.Linear`, joined and picked ones, columns of `Conv1D`.
const MODELS: [&str; 11] =
    ["bert", "roberta", "distilbert", "gpt2", "gpt-neox", "phi", "llama", "qwen2", "qwen3", "gemma2", "gemma3"];

fn scores(model: &Model) -> kndb_engine::Result<Vec<f32>> {
    let options = Options::preset("amig", model).expect("a preset");
    let attribution = Attribution::new(model, &options).expect("the options fit");
    let question = attribution.question("The capital of [X] is [Y] .", "France", "Paris").expect("this can be asked");
    Ok(attribution.scores(&question)?.expect("this can be scored").scores)
}

#[test]
fn they_give_the_scores_of_the_same_values_in_f32() {
    for name in MODELS {
        for dtype in [Dtype::BF16, Dtype::F16] {
            let bytes = |value: f32| match dtype {
                Dtype::BF16 => value.to_le_bytes()[2..].to_vec(),
                _ => half::f16::from_f32(value).to_le_bytes().to_vec(),
            };
            let rounded = |value: f32| match dtype {
                Dtype::BF16 => f32::from_bits(value.to_bits() & 0xffff_0000),
                _ => half::f16::from_f32(value).to_f32(),
            };
            let (wide, narrow) = (Folder::of(name), Folder::of(name));
            wide.convert(Dtype::F32, |value| rounded(value).to_le_bytes().to_vec());
            narrow.convert(dtype, bytes);
            let expected = scores(&wide.load()).expect("finite scores");
            let found = scores(&narrow.load()).expect("finite scores");
            let largest = expected.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
            let apart = found.iter().zip(&expected).fold(0.0f32, |worst, (f, e)| worst.max((f - e).abs()));
            assert!(apart <= 1e-6 * largest, "{name}, {dtype:?}: off by {apart:e} of {largest:e}");
        }
    }
}

#[test]
fn a_file_that_is_written_to_while_its_model_is_in_use_gives_no_scores() {
    let folder = Folder::of("llama");
    folder.convert(Dtype::BF16, |value| value.to_le_bytes()[2..].to_vec());
    let model = folder.load();
    let whole = scores(&model).expect("the file is as it was");
    // Another file in its place is not seen: what was opened stays what it is.
    let other = folder.path("other");
    std::fs::write(&other, folder.read("model.safetensors")).expect("a writable folder");
    std::fs::rename(&other, folder.path("model.safetensors")).expect("a writable folder");
    assert_eq!(scores(&model).expect("the file that was opened is as it was"), whole);

    let model = folder.load();
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.path("model.safetensors")).expect("the file");
    file.write_all(&[0; 8]).expect("room for it");
    let error = scores(&model).expect_err("it is another file now").to_string();
    says(&error, &["model.safetensors", "was written to while the model was in use", "start again"]);
}

#[test]
fn what_is_not_finite_is_refused_as_in_f32() {
    let folder = Folder::of("llama");
    let values = std::cell::Cell::new(0);
    folder.convert(Dtype::BF16, |value| {
        values.set(values.get() + 1);
        if values.get() == 5_000 { vec![0x80, 0x7f] } else { value.to_le_bytes()[2..].to_vec() }
    });
    says(&folder.error(), &["model.safetensors", "holds inf, which is not a finite number"]);
    assert!(scores(&load("llama")).is_ok());
}
