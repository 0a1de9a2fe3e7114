//! Files that were cut off, or in which bytes were changed: an error that says so, or a model, never a panic.

use crate::folder::device;
use crate::writing::Parts;
use crate::{file, reading};
use kndb_engine::Model;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What loading these bytes says; nothing where they load.
pub fn told(bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.gguf");
    std::fs::write(&path, bytes).expect("a file");
    Model::load(&path, &device()).err().map(|error| error.to_string())
}

#[test]
fn the_writer_of_these_tests_writes_what_it_read() {
    assert_eq!(Parts::of("llama-F32").bytes(), std::fs::read(file("llama-F32")).expect("a fixture"));
}

#[test]
fn a_file_that_was_cut_off_is_told() {
    let whole = std::fs::read(file("qwen2-mixed")).expect("a fixture");
    let cuts = (0..64).chain((64..whole.len()).step_by(997)).chain([whole.len() - 1]);
    for cut in cuts {
        let error = told(&whole[..cut]).unwrap_or_else(|| panic!("{cut} bytes of {} load", whole.len()));
        assert!(error.contains("broken.gguf"), "{cut}: {error}");
        if cut > 4 {
            assert!(error.contains("was it cut off while copied?"), "{cut}: {error}");
        }
    }
}

/// A header of any bytes gives an error with the file's name, or a model.
#[test]
fn changed_bytes_are_refused_or_read_and_never_a_panic() {
    let whole = std::fs::read(file("qwen2-mixed")).expect("a fixture");
    let header = whole.len() - 30_000;
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut refused = 0;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..=random.next_u32() % 3 {
            // Half of them where the counts and the first keys are.
            let within = if random.next_u32().is_multiple_of(2) { 600 } else { header };
            let at = random.next_u32() as usize % within;
            let change = [random.next_u32() as u8, 0, 0xff, bytes[at] ^ 1 << (random.next_u32() % 8)];
            bytes[at] = change[random.next_u32() as usize % 4];
        }
        if let Some(error) = told(&bytes) {
            assert!(error.contains("broken.gguf"), "{error}");
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused} of 400 were refused");
}

#[test]
fn counts_and_lengths_that_the_file_does_not_have_take_no_memory() {
    let whole = std::fs::read(file("llama-F32")).expect("a fixture");
    for (at, what) in [(8, "tensors in the list"), (16, "keys with their values"), (24, "bytes")] {
        for number in [u64::MAX, 1 << 62, 1 << 40, whole.len() as u64] {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
            let error = told(&bytes).expect("is refused");
            assert!(error.contains(what), "{what}, {number}: {error}");
        }
    }
}

#[test]
fn tensors_lie_in_the_file_each_by_itself() {
    let parts = Parts::of("llama-F32");
    let broken = |edit: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        edit(&mut parts);
        told(&parts.bytes()).expect("is refused")
    };
    let (one, other) = ("blk.0.attn_q.weight", "blk.0.attn_k.weight");
    let place = parts.clone().tensor(other).offset;
    let error = broken(&|parts| parts.tensor(one).offset = place);
    assert!(error.contains("overlap") && error.contains(other), "{error}");
    let error = broken(&|parts| parts.tensor(one).offset += 4);
    assert!(error.contains("no multiple of 32"), "{error}");
    for offset in [1 << 20, 1 << 63, u64::MAX - 31] {
        let error = broken(&|parts| parts.tensor(one).offset = offset);
        assert!(error.contains(one) && error.contains("cut off"), "{error}");
    }
    let error = broken(&|parts| parts.tensor(one).dimensions = vec![u64::MAX, 24]);
    assert!(error.contains("which no tensor of a model has"), "{error}");
    let error = broken(&|parts| parts.tensor(one).dimensions = vec![24, 0]);
    assert!(error.contains("which no tensor of a model has"), "{error}");
    let error = broken(&|parts| parts.tensor(one).dimensions = vec![]);
    assert!(error.contains("0 dimensions"), "{error}");
    let error = broken(&|parts| parts.tensor(one).name = other.into());
    assert!(error.contains("is there twice"), "{error}");
    let error = broken(&|parts| parts.number("general.alignment", 24));
    assert!(error.contains("`general.alignment` is 24; expected a power of two"), "{error}");
    let error = broken(&|parts| {
        let again = parts.values[0].clone();
        parts.values.push(again);
    });
    assert!(error.contains("`general.architecture` is there twice"), "{error}");
}

#[test]
fn values_that_are_not_finite_are_refused() {
    let mut bytes = std::fs::read(file("llama-F32")).expect("a fixture");
    let last = bytes.len() - 4;
    let end = (0..last).rev().step_by(4).find(|&at| bytes[at..at + 4] != [0; 4]).expect("a value");
    let at = end / 4 * 4;
    bytes[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = told(&bytes).expect("is refused");
    assert!(error.contains("NaN, which is not a finite number"), "{error}");
    assert!(Model::load(reading::fixture("gguf").join("llama-F32.gguf"), &device()).is_ok());
}
