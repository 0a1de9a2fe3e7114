//! The demo with a model: facts in, attribution, questions.

use std::collections::HashMap;
use std::path::Path;

use kndb_engine::job::{Job, Prompts};
use kndb_engine::{Model, Options, device};
use kndb_query::Measure;
use kndb_report::figures;
use kndb_storage::Store;

use super::material::Material;
use crate::commands::facts::add;
use crate::error::{CliError, Result};
use crate::job::{Shown, must_be_done, until_stopped};
use crate::session::FIGURE_WIDTH;
use crate::terminal::Terminal;

/// The paper's method, with its thresholds.
const PRESET: &str = "amig";

/// Attributed: capitals, official languages and currencies.
const RELATIONS: [&str; 3] = ["P36", "P37", "P38"];

const BY_LAYER: &str = "likn[lang in (en, zh)] by layer";

/// Makes the store and asks it; the model that was asked.
pub fn run(folder: &Path, terminal: &mut Terminal) -> Result<Model> {
    let store = Store::create(folder)?;
    let material = Material::unpack()?;
    let added = add(&store, &material.facts())?;
    let cpu = "cpu";
    let model = Model::load(material.model(), &device(cpu)?)?;
    let path = folder.display();
    writeln!(
        terminal.out,
        "A demo store is at {path}: {} facts about countries, in English and Chinese.\n\
         The model, {}, is a small twin of multilingual BERT ({}), trained on such facts only:\n\
         a synthetic test subject. Integrated gradients over its neurons, for the facts of three relations …",
        added.new_facts,
        model.name(),
        model.shape(),
    )
    .map_err(CliError::Output)?;
    attribute(&store, &model, cpu, terminal)?;
    for (question, statement) in [
        ("In which layers are the neurons that English and Chinese share, fact by fact (AMIG Eq. 8)?", BY_LAYER),
        (
            "Which neurons do most facts of a relation (P36, capital) use in both languages?",
            "likn[lang in (en, zh), relation=P36] by neuron order by facts top 5",
        ),
        (
            "Any threshold: how many neurons reach 0.6 of a fact's maximum, by relation?",
            "kn[lang=en, tau=0.6] by relation order by pairs",
        ),
        ("Which neurons know the capital of France?", "kn[lang=en, relation=P36, subject=\"France\"] top 5"),
        (
            "How alike are the two languages? Jaccard, fact by fact, then the mean",
            "similarity(kn[lang=en], kn[lang=zh]) by relation",
        ),
        ("How is such a question answered, and what does it cost?", "explain analyze likn[lang=*] by layer"),
    ] {
        super::ask(&store, question, &format!("{statement};"), terminal)?;
        if statement == BY_LAYER {
            draw(&store, statement, terminal)?;
        }
    }
    Ok(model)
}

fn attribute(store: &Store, model: &Model, device: &str, terminal: &mut Terminal) -> Result<()> {
    let unknown = || kndb_engine::Error::Option { option: "preset", given: PRESET.into(), expected: "a preset".into() };
    let options = Options::preset(PRESET, model).ok_or_else(unknown)?;
    let mut job = Job::new(PRESET, model, &options, device);
    job.selection.prompts = Prompts::First(1);
    job.selection.relations = RELATIONS.map(str::to_owned).to_vec();
    let shown = Shown { bar: terminal.messages_to_person, summary: false, relations: HashMap::new() };
    let summary = until_stopped(&shown, |stop, progress| job.run(store, model, &options, stop, progress))?;
    must_be_done(&job.run, &summary)?;
    let seconds = summary.elapsed.as_secs_f64();
    writeln!(
        terminal.out,
        "… {} facts in two languages: {} sets of {} scores, in {seconds:.1} s.",
        summary.facts,
        summary.attributed,
        model.shape().neurons()
    )
    .map_err(CliError::Output)
}

fn draw(store: &Store, statement: &str, terminal: &mut Terminal) -> Result<()> {
    let drawn = figures::of_statement(store, statement, None, Some(Measure::Pairs))?;
    let Some(mut figure) = drawn.figure else { return Ok(()) };
    // The statement stands above.
    figure.caption_mut().title.clear();
    write!(terminal.out, "\n{}", figure.text(FIGURE_WIDTH)?).map_err(CliError::Output)
}
