//! What loading takes: counted allocations, so that the figures are the same on every machine.

use kndb_engine::architecture::KNOWN;
use kndb_engine::config::Config;
use kndb_engine::{Weights, device};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// Counts bytes that are in use, and the most at once.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Only one test counts at a time.
static TURN: Mutex<()> = Mutex::new(());

#[expect(unsafe_code, reason = "an allocator is an unsafe trait; this one passes everything on")]
// SAFETY: every call is the system allocator's, with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(IN_USE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        MOST.fetch_max(IN_USE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that `work` had in use at once, beyond those in use before.
fn most<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = IN_USE.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = work();
    (MOST.load(Relaxed) - before, result)
}

const HIDDEN: usize = 256;
const WIDTH: usize = 1_024;
const LAYERS: usize = 4;
const VOCABULARY: usize = 6_000;

/// Names and shapes of a Llama of these sizes.
fn tensors(tied: bool) -> Vec<(String, Vec<usize>)> {
    let mut all = vec![("model.embed_tokens.weight".to_owned(), vec![VOCABULARY, HIDDEN])];
    for layer in 0..LAYERS {
        let mut add =
            |name: &str, shape: &[usize]| all.push((format!("model.layers.{layer}.{name}.weight"), shape.to_vec()));
        ["q_proj", "k_proj", "v_proj", "o_proj"]
            .iter()
            .for_each(|name| add(&format!("self_attn.{name}"), &[HIDDEN, HIDDEN]));
        ["gate_proj", "up_proj"].iter().for_each(|name| add(&format!("mlp.{name}"), &[WIDTH, HIDDEN]));
        add("mlp.down_proj", &[HIDDEN, WIDTH]);
        ["input_layernorm", "post_attention_layernorm"].iter().for_each(|name| add(name, &[HIDDEN]));
    }
    all.push(("model.norm.weight".into(), vec![HIDDEN]));
    if !tied {
        all.push(("lm_head.weight".into(), vec![VOCABULARY, HIDDEN]));
    }
    all
}

fn write(folder: &Path, dtype: Dtype, tied: bool) -> usize {
    configure(folder, tied, HIDDEN, VOCABULARY);
    let size = dtype.bitsize() / 8;
    // Any values: an embedding and a head that are equal would be one.
    let values = [vec![0; VOCABULARY * HIDDEN * size], vec![7; VOCABULARY * HIDDEN * size]];
    let tensors = tensors(tied);
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let views = tensors.iter().map(|(name, shape)| {
        let values = &values[usize::from(name == "lm_head.weight")][..count(shape) * size];
        (name, TensorView::new(dtype, shape.clone(), values).expect("a tensor of its shape"))
    });
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).expect("weights");
    tensors.iter().map(|(_, shape)| 4 * count(shape)).sum()
}

fn configure(folder: &Path, tied: bool, hidden: usize, vocabulary: usize) {
    let config = json!({
        "model_type": "llama", "hidden_size": hidden, "intermediate_size": WIDTH, "num_hidden_layers": LAYERS,
        "num_attention_heads": 8, "num_key_value_heads": 8, "vocab_size": vocabulary, "max_position_embeddings": 128,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "tie_word_embeddings": tied,
    });
    std::fs::write(folder.join("config.json"), config.to_string()).expect("a configuration");
}

fn load(folder: &Path) -> kndb_engine::Result<usize> {
    let config = Config::read(folder)?;
    let llama = KNOWN.iter().find(|known| known.model_type == "llama").expect("known");
    let mut weights = Weights::open(folder, llama.base, &device("cpu").expect("the CPU is there"))?;
    let network = weights.build(llama.without_use, |weights| (llama.load)(&config, weights))?;
    Ok(network.blocks.len())
}

#[test]
fn loading_takes_little_more_than_the_weights_and_nothing_for_those_that_stay_in_their_file() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (dtype, least, limit) in
        [(Dtype::F32, 0.7, 1.3), (Dtype::F64, 0.7, 1.3), (Dtype::BF16, 0.0, 0.1), (Dtype::F16, 0.0, 0.1)]
    {
        for tied in [true, false] {
            let folder = TempDir::new().expect("a folder");
            let bytes = write(folder.path(), dtype, tied);
            let (most, layers) = most(|| load(folder.path()).expect("loads"));
            assert_eq!(layers, LAYERS);
            // Beside the network, what is read of a file at a time.
            let share = most.saturating_sub(4 << 20) as f64 / bytes as f64;
            assert!(share < limit, "{dtype:?}, tied {tied}: {most} bytes at most, {share:.2} times {bytes} as f32");
            assert!(share >= least, "{dtype:?}, tied {tied}: the count is wrong, {most} of {bytes} bytes");
        }
    }
}

/// A configuration of a model of gigabytes beside a file of bytes.
#[test]
fn nothing_is_made_of_tensors_that_are_not_there() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (hidden, vocabulary) in [(2_048, 128_256), (1 << 20, 1 << 24), ((1 << 31) - 8, (1 << 31) - 1)] {
        let folder = TempDir::new().expect("a folder");
        configure(folder.path(), false, hidden, vocabulary);
        let one = TensorView::new(Dtype::F32, vec![2], &[0; 8]).expect("a tensor");
        safetensors::serialize_to_file([("layers.0.x", one)], None, &folder.path().join("model.safetensors"))
            .expect("weights");
        let (most, result) = most(|| load(folder.path()));
        let error = result.expect_err("there is nothing to load").to_string();
        if hidden == 2_048 {
            assert!(error.contains("39 of the model's tensors missing: `model.embed_tokens.weight`"), "{error}");
            assert!(error.contains("the file has `layers.0.x`"), "{error}");
        }
        assert!(most < 10 << 20, "{most} bytes for hidden size {hidden}: {error}");
    }
}
