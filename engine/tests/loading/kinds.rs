//! Kinds of folders and files that are given as a model: loaded and attributed, or refused by name. The table of
//! docs/models.md is written from here.

use crate::folder::{Folder, device, fixtures, load};
use crate::says;
use kndb_engine::{Attribution, Model, Options};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[path = "making.rs"]
mod making;
#[path = "kinds_refused.rs"]
mod refused;
#[path = "kinds_that_load.rs"]
mod that_load;

use making::{cached, entries};

/// What becomes of a folder.
pub enum Outcome {
    /// Loads, with the scores of the fixture it was made of.
    Same,
    /// Loads, with scores of its own.
    Loads,
    /// Refused, with these words.
    Refused(&'static [&'static str]),
}
use Outcome::{Loads, Refused, Same};

/// A kind of folder: what it is called, the fixture it is made of, what is done to it, which path is given.
pub struct Kind(&'static str, &'static str, fn(&Folder) -> PathBuf, Outcome);

/// The fixture whose scores a variant of it has.
fn origin(model: &str) -> &str {
    model.trim_end_matches("-sharded").trim_end_matches("-bin")
}

/// Scores of the first question that golden values know, by the default method.
fn scores(model: &Model, fixture: &str) -> Vec<f32> {
    let text = std::fs::read(fixtures().join(origin(fixture)).join("goldens.json")).expect("golden values");
    let goldens: Value = serde_json::from_slice(&text).expect("JSON");
    let text = |field: &str| goldens["questions"][0][field].as_str().expect("a text").to_owned();
    let options = Options::preset("amig", model).expect("a preset");
    let attribution = Attribution::new(model, &options).expect("the options fit");
    let question = attribution.question(&text("template"), &text("subject"), &text("object")).expect("can be asked");
    attribution.scores(&question).expect("finite").expect("can be scored").scores
}

/// One row of the page, proved.
fn row(kind: &Kind) -> String {
    let Kind(name, fixture, make, outcome) = kind;
    let folder = Folder::of(fixture);
    let given = make(&folder);
    let result = Model::load(&given, &device());
    let told = match (outcome, result) {
        (Refused(parts), Err(error)) => {
            let root = folder.root().display().to_string();
            let error = error.to_string().replace(&format!("{root}/"), "").replace(&root, "model");
            says(&error, parts);
            format!("refused: {}", error.replace('|', "\\|"))
        }
        (Same | Loads, Ok(model)) => {
            let found = scores(&model, fixture);
            if matches!(outcome, Same) {
                assert_eq!(found, scores(&load(origin(fixture)), fixture), "{name}");
            }
            let notes = model.notes().iter().map(|note| format!("; note: {note}")).collect::<String>();
            format!("loads, attributes{notes}")
        }
        (Refused(_), Ok(_)) => panic!("{name}: loaded"),
        (Same | Loads, Err(error)) => panic!("{name}: {error}"),
    };
    format!("| {name} | {told} |\n")
}

/// One row a fixture that has golden values.
fn families() -> String {
    let mut folders: Vec<PathBuf> = entries(&fixtures());
    folders.retain(|folder| folder.join("goldens.json").exists());
    folders.sort();
    let mut rows = String::new();
    for folder in folders {
        let name = folder.file_name().expect("a name").to_str().expect("text").to_owned();
        let model = load(&name);
        assert!(scores(&model, &name).iter().any(|&score| score != 0.0), "{name}");
        let asked = if model.is_causal() { "causal" } else { "masked" };
        rows += &format!("| `{}` ({asked}; fixture `{name}`) | loads, attributes |\n", model.architecture());
    }
    rows
}

const BEGIN: &str = "<!-- folders: written by engine/tests/loading.rs -->\n";
const END: &str = "<!-- /folders -->\n";

#[test]
fn the_table_of_folders_is_what_happens() {
    let kinds = that_load::kinds().into_iter().chain(refused::kinds());
    let rows: String = kinds.map(|kind| row(&kind)).collect();
    let table = format!("\n| what is given | what happens |\n|---|---|\n{}{rows}\n", families());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/models.md");
    let written = std::fs::read_to_string(&page).expect("docs/models.md");
    let (before, rest) = written.split_once(BEGIN).expect("a place for the table");
    let (old, after) = rest.split_once(END).expect("its end");
    if std::env::var_os("KNDB_WRITE_DOCS").is_some() {
        std::fs::write(&page, format!("{before}{BEGIN}{table}{END}{after}")).expect("the page is written");
        return;
    }
    for (now, then) in table.lines().zip(old.lines()) {
        assert_eq!(now, then, "docs/models.md is not what happens now: run `cargo xtask docs`");
    }
    assert_eq!(table.lines().count(), old.lines().count(), "docs/models.md: run `cargo xtask docs`");
}

#[test]
fn a_cached_model_has_the_models_name() {
    let folder = Folder::of("bert");
    let cache = cached(&folder, &["0f1e"]);
    assert_eq!(Model::load(&cache, &device()).expect("loads").name(), "tiny");
    assert_eq!(Model::load(cache.join("snapshots/0f1e"), &device()).expect("loads").name(), "tiny");
}
