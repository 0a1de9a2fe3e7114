//! `quadrature`: which rule makes the scores of a layer complete with the fewest points? Prints a Markdown table.
//!
//! Facts are in mLAMA's layout. Baseline word-mean, factor w̄ − w′, every point computed. What is counted is the worst layer of
//! a fact: |Σ scores − (F(w̄) − F(w′))| as a share of the largest |F(w̄) − F(w′)| of its layers.

#![expect(clippy::print_stdout, reason = "a measuring command")]

use std::path::PathBuf;

use clap::Parser;
use kndb_engine::methods::{Baseline, Factor, IntegratedGradients};
use kndb_engine::quadrature::Rule;
use kndb_engine::{Attribution, MethodOptions, Model, Options, Question, device};

const STEPS: [usize; 11] = [2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 50];

/// Measure residuals by rule and number of points.
#[derive(Parser)]
struct Args {
    /// A Hugging Face folder
    #[arg(long)]
    model: PathBuf,
    /// Facts: JSON lines with `sub_label` and `obj_label`
    #[arg(long)]
    facts: PathBuf,
    /// With `[X]` and `[Y]`
    #[arg(long)]
    template: String,
    /// Facts that are asked
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Most points
    #[arg(long, default_value_t = 20)]
    most: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let model = Model::load(&args.model, &device("cpu")?)?;
    let mut options = Options::preset("amig", &model).ok_or("no preset")?;
    let mut questions: Vec<Question> = Vec::new();
    for line in std::fs::read_to_string(&args.facts)?.lines().take(args.limit) {
        let fact: serde_json::Value = serde_json::from_str(line)?;
        let label = |field: &str| fact[field].as_str().unwrap_or_default();
        if let Ok(question) = model.asking().question(&args.template, label("sub_label"), label("obj_label")) {
            questions.push(question);
        }
    }
    let steps: Vec<usize> = STEPS.into_iter().filter(|&n| n <= args.most).collect();
    let heads: Vec<String> = steps.iter().map(|n| format!(" {n} |")).collect();
    println!(
        "{} facts of {}\n\n| rule, points |{}\n|---|{}",
        questions.len(),
        model.name(),
        heads.concat(),
        "---|".repeat(steps.len())
    );
    for (name, rule) in Rule::NAMED.into_iter().filter(|&(_, rule)| rule != Rule::Inclusive) {
        let mut cells = String::new();
        for &steps in &steps {
            options.method = MethodOptions::IntegratedGradients(IntegratedGradients {
                baseline: Baseline::WordMean,
                rule,
                steps,
                factor: Factor::Difference,
                normalise: false,
                tolerance: 0.0,
            });
            let attribution = Attribution::new(&model, &options)?;
            let mut worst = Vec::new();
            for question in &questions {
                let found = attribution.scores(question)?.map_err(|skip| skip.to_string())?;
                let gain = found.evidence.iter().map(|l| (l.probability - l.baseline).abs()).fold(0.0, f32::max);
                let residual = found.evidence.iter().map(|l| l.residual.abs()).fold(0.0, f32::max);
                worst.push(residual / gain);
            }
            worst.sort_by(f32::total_cmp);
            let at = |share: f32| worst[((worst.len() - 1) as f32 * share).round() as usize];
            cells += &format!(" {:.1e} / {:.1e} |", at(0.5), at(0.9));
        }
        println!("| {name} |{cells}");
    }
    Ok(())
}
