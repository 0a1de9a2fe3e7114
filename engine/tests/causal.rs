//! The scores mean something: suppressing a fact's best-scored neurons lowers its probability far more than suppressing as
//! many random neurons of the same layers (Dai et al., ACL 2022, §4.3; methods.md §5). On the shipped demo models.

use kndb_engine::{Attribution, Intervention, Model, Options, Variants, device};
use kndb_storage::Neuron;
use std::path::PathBuf;

/// Facts that are asked of each model.
const FACTS: usize = 40;

fn demo(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo").join(path)
}

fn lines(path: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(demo(path)).expect("the demo's facts are in the repository");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// A small generator: the same random neurons every time (Steele, Lea & Flood, *SplitMix*).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

struct Effect {
    before: f64,
    best: f64,
    random: f64,
}

/// Mean probability before, without the knowledge neurons, and without as many random ones of the same layers.
fn effect(model: &str, language: &str) -> Effect {
    let model =
        Model::load(demo(&format!("models/{model}")), &device("cpu").expect("the CPU is there")).expect("loads");
    let options = Options::preset("amig", &model).expect("a preset");
    let attribution = Attribution::new(&model, &options).expect("the options fit");
    let template = lines(&format!("facts/{language}/templates.jsonl"))
        .into_iter()
        .find(|line| line["relation"] == "P36")
        .expect("a template of P36");
    let template = template["template"].as_str().expect("a text").to_owned();
    let (mut state, mut sum, mut count) = (1, Effect { before: 0.0, best: 0.0, random: 0.0 }, 0.0);
    for fact in lines(&format!("facts/{language}/P36.jsonl")).iter().take(FACTS) {
        let label = |field: &str| fact[field].as_str().expect("a label");
        let Ok(question) = attribution.question(&template, label("sub_label"), label("obj_label")) else { continue };
        let found = attribution.scores(&question).expect("finite").expect("scored");
        let largest = found.scores.iter().copied().fold(0.0, f32::max);
        let best: Vec<Neuron> =
            (0..found.scores.len()).filter(|&i| found.scores[i] > 0.3 * largest).map(|i| Neuron(i as u32)).collect();
        let width = model.shape().width;
        let mut random: Vec<Neuron> = Vec::new();
        for neuron in &best {
            let layer = neuron.0 / width;
            loop {
                let other = Neuron(layer * width + (next(&mut state) % u64::from(width)) as u32);
                if !best.contains(&other) && !random.contains(&other) {
                    random.push(other);
                    break;
                }
            }
        }
        let variants = Variants::new(&model.network, &question).expect("a small network");
        let lists = [Vec::new(), vec![Intervention::suppress(best)], vec![Intervention::suppress(random)]];
        let after = variants.probabilities(&lists).expect("neurons exist");
        let [before, best, random] = after[..] else { panic!("{} probabilities of 3 lists", after.len()) };
        assert!((before - found.probability).abs() < 1e-5, "{before} is not {}", found.probability);
        sum.before += before;
        sum.best += best;
        sum.random += random;
        count += 1.0;
    }
    assert!(count >= 30.0, "only {count} facts could be asked");
    Effect { before: sum.before / count, best: sum.best / count, random: sum.random / count }
}

fn check(model: &str, language: &str) {
    let Effect { before, best, random } = effect(model, language);
    let what = format!(
        "{model}, {language}: mean probability {before:.3}, without the best {best:.3}, without random {random:.3}"
    );
    assert!(before > 0.3, "the model does not know the facts. {what}");
    let (lost, lost_by_chance) = (before - best, (before - random).abs());
    assert!(lost > 0.05 * before && lost > 10.0 * lost_by_chance, "{what}");
}

#[test]
fn bilingual_masked_model() {
    check("bilingual-masked", "en");
    check("bilingual-masked", "zh");
}

#[test]
fn bilingual_causal_model() {
    check("bilingual-causal", "en");
    check("bilingual-causal", "zh");
}
