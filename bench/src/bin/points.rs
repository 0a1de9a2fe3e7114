//! `points`: how far scores from fewer points than the rule has are from those of every point, and what they cost. Prints the rows of a
//! Markdown table.
//!
//! Facts are in mLAMA's layout. Each question is asked with `--tolerance 0` and with each tolerance: its error is the largest difference of
//! a score over the largest score. Points are those that were paid for, each on its own path: that at the prompt comes for all layers in
//! one pass.

#![expect(clippy::print_stdout, reason = "a measuring command")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use kndb_bench::operations::Operations;
use kndb_engine::methods::Points;
use kndb_engine::{Attribution, FactScores, MethodOptions, Model, Options, Question, device};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Failing<T> = Result<T, Box<dyn std::error::Error>>;

/// Measure what a tolerance costs and how far off it leaves scores.
#[derive(Parser)]
struct Args {
    /// A Hugging Face folder
    #[arg(long)]
    model: PathBuf,
    /// Folders of facts in mLAMA's layout, such as demo/facts/zh
    #[arg(long, required = true, num_args = 1..)]
    facts: Vec<PathBuf>,
    /// How they are asked
    #[arg(long, default_value = "amig")]
    preset: String,
    /// Tolerances
    #[arg(long, num_args = 1.., default_values_t = [1e-4, 2e-5])]
    tolerances: Vec<f64>,
    /// Questions, spread evenly over all relations, templates and facts
    #[arg(long, default_value_t = 500)]
    limit: usize,
}

/// Every question of a folder that the model can be asked.
fn questions(model: &Model, folder: &Path) -> Failing<Vec<Question>> {
    let mut all = Vec::new();
    for line in std::fs::read_to_string(folder.join("templates.jsonl"))?.lines() {
        let template: serde_json::Value = serde_json::from_str(line)?;
        let text = |value: &serde_json::Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let facts = folder.join(format!("{}.jsonl", text(&template, "relation")));
        for line in std::fs::read_to_string(facts)?.lines() {
            let fact: serde_json::Value = serde_json::from_str(line)?;
            let (subject, object) = (text(&fact, "sub_label"), text(&fact, "obj_label"));
            all.extend(model.asking().question(&text(&template, "template"), &subject, &object));
        }
    }
    Ok(all)
}

/// Operations of a question of which each step is counted as having the same share of the points.
fn operations(model: &Model, question: &Question, found: &FactScores, sentences: bool) -> f64 {
    let steps = question.steps.len() as f64;
    let all = question.steps.iter().map(|step| {
        let none: Vec<(usize, Points)> = found.points.iter().map(|&(l, _)| (l, Points::default())).collect();
        let operations = Operations::new(&model.network, step.ids.len());
        let words = if sentences { step.words.len() } else { 0 };
        let fixed = operations.prediction(words, &none);
        fixed + (operations.prediction(words, &found.points) - fixed) / steps
    });
    all.sum()
}

fn main() -> Failing<()> {
    let args = Args::parse();
    let model = Model::load(&args.model, &device("cpu")?)?;
    let mut options = Options::preset(&args.preset, &model).ok_or("no such preset")?;
    let mut all = Vec::new();
    for folder in &args.facts {
        all.extend(questions(&model, folder)?);
    }
    let count = args.limit.min(all.len());
    let asked: Vec<&Question> = (0..count).map(|i| &all[i * all.len() / count]).collect();
    let mut with = |tolerance: f64| -> Failing<(Vec<Option<FactScores>>, f64)> {
        if let MethodOptions::IntegratedGradients(method) = &mut options.method {
            method.tolerance = tolerance;
        }
        let attribution = Attribution::new(&model, &options)?;
        let began = Instant::now();
        let found = asked.iter().map(|question| Ok(attribution.scores(question)?.ok()));
        let found = found.collect::<Result<Vec<_>, kndb_engine::Error>>()?;
        Ok((found, began.elapsed().as_secs_f64()))
    };
    let replaces = replaces_words(&args.preset, &model);
    let (every, seconds_of_every) = with(0.0)?;
    for &tolerance in &args.tolerances {
        let (few, seconds) = with(tolerance)?;
        let (mut errors, mut points, mut cost, mut cost_of_every) = (Vec::new(), Points::default(), 0.0, 0.0);
        for ((question, every), few) in asked.iter().zip(&every).zip(&few) {
            let (Some(every), Some(few)) = (every, few) else { continue };
            let largest = every.scores.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
            let apart = every.scores.iter().zip(&few.scores).fold(0.0f32, |apart, (e, f)| apart.max((e - f).abs()));
            errors.push(apart / largest);
            for (_, layer) in &few.points {
                points.paths += layer.paths;
                points.gradients += layer.gradients;
            }
            cost += operations(&model, question, few, replaces);
            cost_of_every += operations(&model, question, every, replaces);
        }
        if errors.is_empty() {
            return Err(
                "none of the questions could be scored; expected facts that the model knows the words of".into()
            );
        }
        errors.sort_by(f32::total_cmp);
        let at = |share: f64| errors[((errors.len() - 1) as f64 * share).round() as usize];
        println!(
            "| {} | {} | {:e} | {} | {:.2} | {:.1e} | {:.1e} | {:.1e} | {:.2} | {:.1} |",
            model.name(),
            args.preset,
            tolerance,
            errors.len(),
            points.gradients as f64 / points.paths as f64,
            at(0.5),
            at(0.99),
            at(1.0),
            cost / cost_of_every,
            seconds_of_every / seconds,
        );
    }
    Ok(())
}

/// Whether a preset's baselines are sentences with a word replaced.
fn replaces_words(preset: &str, model: &Model) -> bool {
    Options::preset(preset, model).is_some_and(|options| options.method.build().replaces_words())
}
