//! `interventions`: what does it save to suppress many sets of neurons in one call? Prints seconds a fact, and ratios.
//!
//! The sets are those of a search for degenerate pairs: the best-scored neurons of a fact alone, and each pair of them. *Together*
//! is one call; *one by one* runs the prompt anew for every set; *whole passes* computes every layer and token of every set, as
//! forward hooks do (at every token, so the probabilities are others).

#![expect(clippy::print_stdout, reason = "a measuring command")]

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use kndb::storage::Neuron;
use kndb_engine::{Attribution, Change, Intervention, Model, Options, Question, Reach, Variants, device};

/// Measure suppression of many sets.
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
    #[arg(long, default_value_t = 3)]
    limit: usize,
    /// Best-scored neurons of a fact
    #[arg(long, default_value_t = 20)]
    candidates: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let model = Model::load(&args.model, &device("cpu")?)?;
    let options = Options::preset("amig", &model).ok_or("no preset")?;
    let attribution = Attribution::new(&model, &options)?;
    let (mut facts, mut sets, mut seconds) = (0, 0, [0.0; 3]);
    for line in std::fs::read_to_string(&args.facts)?.lines().take(args.limit) {
        let fact: serde_json::Value = serde_json::from_str(line)?;
        let label = |field: &str| fact[field].as_str().unwrap_or_default();
        let Ok(question) = model.asking().question(&args.template, label("sub_label"), label("obj_label")) else {
            continue;
        };
        let scores = attribution.scores(&question)?.map_err(|skip| skip.to_string())?.scores;
        let lists = suppressions(&scores, args.candidates, Reach::Target);
        let whole = suppressions(&scores, args.candidates, Reach::All);
        let together = timed(&mut seconds[0], || probabilities(&model, &question, &lists))?;
        let alone = timed(&mut seconds[1], || one_by_one(&model, &question, &lists))?;
        timed(&mut seconds[2], || one_by_one(&model, &question, &whole))?;
        let apart = together.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 1e-5, "the same sets give other probabilities: {apart:e}");
        (facts, sets) = (facts + 1, sets + lists.len());
    }
    if facts == 0 {
        return Err("no fact of the file can be asked of this model".into());
    }
    let [together, alone, whole] = seconds.map(|all| all / f64::from(facts));
    println!("{facts} facts of {}, {} sets a fact, one thread", model.name(), sets / facts as usize);
    println!("together       {together:.4} s/fact");
    println!("one by one     {alone:.4} s/fact, {:.1} times as long", alone / together);
    println!("whole passes   {whole:.4} s/fact, {:.1} times as long", whole / together);
    Ok(())
}

/// The best neurons alone, and each pair of them.
fn suppressions(scores: &[f32], candidates: usize, reach: Reach) -> Vec<Vec<Intervention>> {
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
    let best: Vec<Neuron> = order.into_iter().take(candidates).map(Neuron).collect();
    let mut sets: Vec<Vec<Neuron>> = best.iter().map(|&neuron| vec![neuron]).collect();
    for (at, &first) in best.iter().enumerate() {
        sets.extend(best[at + 1..].iter().map(|&second| vec![first, second]));
    }
    sets.into_iter().map(|neurons| vec![Intervention { neurons, change: Change::Scale(0.0), reach }]).collect()
}

fn probabilities(model: &Model, question: &Question, lists: &[Vec<Intervention>]) -> kndb_engine::Result<Vec<f64>> {
    Variants::new(&model.network, question)?.probabilities(lists)
}

fn one_by_one(model: &Model, question: &Question, lists: &[Vec<Intervention>]) -> kndb_engine::Result<Vec<f64>> {
    let one = |list: &Vec<Intervention>| Ok(probabilities(model, question, std::slice::from_ref(list))?[0]);
    lists.iter().map(one).collect()
}

fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> kndb_engine::Result<T>) -> kndb_engine::Result<T> {
    let begun = Instant::now();
    let done = work()?;
    *seconds += begun.elapsed().as_secs_f64();
    Ok(done)
}
