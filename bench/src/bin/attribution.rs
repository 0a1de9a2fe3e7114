//! `attribution`: kndb's attribution engine on prompts of given token ids, timed; the other half of
//! `bench/pytorch/compare.py`. Prints one JSON object.

#![expect(clippy::print_stdout, reason = "a measuring command")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clap::Parser;
use kndb_bench::operations::Operations;
use kndb_engine::methods::{Baseline, Factor, IntegratedGradients};
use kndb_engine::quadrature::Rule;
use kndb_engine::{Attribution, Continuation, FactScores, MethodOptions, Model, Options, Question, Site, Step, device};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Attribute prompts and say how long it took.
#[derive(Parser)]
struct Args {
    /// A Hugging Face folder
    #[arg(long)]
    model: PathBuf,
    /// JSON lines {"ids": […], "position": p, "target": t}
    #[arg(long)]
    prompts: PathBuf,
    /// Only the first prompts
    #[arg(long)]
    limit: Option<usize>,
    /// Threads that compute: passes at a time
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    threads: NonZeroUsize,
    /// Each fact in passes of its own, one fact a thread
    #[arg(long)]
    alone: bool,
    /// Another method than that of EleutherAI's library, at activations, such as relp
    #[arg(long)]
    method: Option<String>,
    /// 0: every point of the rule is computed
    #[arg(long, default_value_t = kndb_engine::preset::TOLERANCE)]
    tolerance: f64,
    /// Rows of one pass
    #[arg(long)]
    batch: Option<usize>,
    /// Where to write the scores, [facts × layers × neurons] as raw little-endian f32
    #[arg(long)]
    scores: Option<PathBuf>,
    /// cpu, torch or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Prompts attributed before the clock starts
    #[arg(long, default_value_t = 1)]
    warm_up: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let began = Instant::now();
    let model = Model::load(&args.model, &device(&args.device)?)?;
    let loaded = began.elapsed().as_secs_f64();
    let before = args.method.is_none() && model.is_causal() && !model.is_gated();
    let method = match &args.method {
        Some(name) => MethodOptions::named(name).ok_or("no such method")?,
        // The algorithm of EleutherAI's library: zero baseline, 20 points with both ends, GPT-2 before the non-linearity.
        None => MethodOptions::IntegratedGradients(IntegratedGradients {
            baseline: Baseline::Zero,
            rule: Rule::Inclusive,
            steps: 20,
            factor: Factor::Activation,
            normalise: false,
            tolerance: args.tolerance,
        }),
    };
    let options = Options {
        preset: None,
        method,
        metric: None,
        foil: None,
        site: if before { Site::Pre } else { Site::Activation },
        continuation: Continuation::Gold,
        layers: Vec::new(),
        tau: 0.3,
        language_taus: Vec::new(),
        prompt_share: 0.0,
        prompt_share_strict: false,
        batch: args.batch,
    };
    let mut attribution = Attribution::new(&model, &options)?;
    if !args.alone && attribution.gains_by_sharing() {
        attribution = attribution.sharing(args.threads);
    }
    let at_once = attribution.questions_at_once(args.threads);
    let mut questions = Vec::new();
    for line in std::fs::read_to_string(&args.prompts)?.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let number = |field: &str| value[field].as_u64().ok_or("a number is missing");
        let ids: Vec<u32> =
            value["ids"].as_array().ok_or("no ids")?.iter().filter_map(|id| Some(id.as_u64()? as u32)).collect();
        let step =
            Step { words: Vec::new(), ids, position: number("position")? as usize, target: number("target")? as u32 };
        questions.push(Question { steps: vec![step], foil: None, unknown_subject: false, unknown_template: false });
    }
    questions.truncate(args.limit.unwrap_or(usize::MAX));
    for question in questions.iter().take(args.warm_up) {
        attribution.scores(question)?.map_err(|skip| skip.to_string())?;
    }
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let mut found: Vec<(usize, FactScores)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<(usize, FactScores)>, String> {
                    let mut own = Vec::new();
                    while let Some((i, question)) = {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        questions.get(i).map(|question| (i, question))
                    } {
                        let scores = attribution.scores(question).map_err(|e| e.to_string())?;
                        own.push((i, scores.map_err(|skip| skip.to_string())?));
                    }
                    Ok(own)
                })
            })
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join().map_err(|_| "a worker died".to_owned())?);
        joined.collect::<Result<Vec<_>, String>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    let seconds = began.elapsed().as_secs_f64();
    found.sort_by_key(|&(i, _)| i);
    if let Some(path) = args.scores {
        let bytes: Vec<u8> =
            found.iter().flat_map(|(_, found)| found.scores.iter().flat_map(|s| s.to_le_bytes())).collect();
        std::fs::write(path, bytes)?;
    }
    let (mut operations, mut paths, mut gradients) = (0.0, 0, 0);
    for (i, found) in &found {
        operations += Operations::new(&model.network, questions[*i].steps[0].ids.len()).prediction(0, &found.points);
        paths += found.points.iter().map(|(_, points)| points.paths).sum::<usize>();
        gradients += found.points.iter().map(|(_, points)| points.gradients).sum::<usize>();
    }
    let result = serde_json::json!({
        "gflop_per_fact": operations / 1e9 / found.len() as f64, "points_per_path": gradients as f64 / paths as f64,
        "facts": found.len(), "threads": args.threads, "facts_at_once": at_once, "batch": args.batch, "tolerance": args.tolerance, "seconds": seconds,
        "facts_per_second": found.len() as f64 / seconds, "seconds_per_fact": seconds / found.len() as f64,
        "load_seconds": loaded, "shape": [model.shape().layers, model.shape().width], "device": args.device,
    });
    println!("{result}");
    Ok(())
}
