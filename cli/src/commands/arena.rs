//! `kndb arena`: scorers at equal set sizes on the same facts.

mod figure;

use std::io::Write;
use std::num::NonZeroUsize;

use kndb_engine::methods::SCORERS;
use kndb_engine::{Metric, Model, Options, device};
use kndb_plot::{Bars, Look};
use kndb_storage::TARGET;
use kndb_study::arena::{ArenaOptions, Scorer, arena};
use kndb_study::engine_model::EngineScorer;

use super::edit::method::told;
use super::plot::picture::{self, Picture};
use crate::args::{ArenaArgs, Contender};
use crate::error::{CliError, Result};
use crate::model;
use crate::relations;
use crate::study::{Way, asked_languages, engine_options, must_differ, studied};
use crate::terminal::Terminal;

/// The method that says what each neuron does by itself.
const EXACT: &str = "ablation";

/// Runs it.
pub fn run(args: ArenaArgs, terminal: &mut Terminal) -> Result<()> {
    // Everything that can be wrong without the model is found before it is loaded.
    must_apply(&args)?;
    device(&args.worked.device)?;
    let pictures = args.figure.iter().map(|path| Picture::named(path)).collect::<Result<Vec<_>>>()?;
    let [json, csv, figure] = [&args.json, &args.csv, &args.figure].map(|path| path.as_deref());
    must_differ(&[("--json", json), ("--csv", csv), ("--figure", figure)])?;
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    if snapshot.label_counts().is_empty() {
        return Err(CliError::NoFacts { path: args.store });
    }
    let languages = asked_languages(&snapshot, &args.facts.langs);
    let mut options = ArenaOptions::new(languages);
    options.relations = relations::ids(&snapshot, &args.facts.relations)?;
    drop(snapshot);
    if !pictures.is_empty() && options.languages.len() > 1 {
        let method = format!("several languages ({}): --langs names one", options.languages.join(", "));
        return Err(CliError::NotForMethod { option: "--figure", method });
    }
    let mut model = model::load(&args.model, &args.worked.device, terminal)?;
    if args.facts.bos {
        model.ask_with_bos()?;
    }
    let scorers = scorers(&args, &model, terminal)?;
    if !pictures.is_empty() && scorers.len() > Bars::MOST_SERIES {
        let method = format!("{} methods: at most {} have colours of their own", scorers.len(), Bars::MOST_SERIES);
        return Err(CliError::NotForMethod { option: "--figure", method });
    }
    let scorers: Vec<&dyn Scorer> = scorers.iter().map(|scorer| scorer as &dyn Scorer).collect();
    options.reference = scorers.iter().map(|scorer| scorer.name()).find(|name| *name == EXACT).map(str::to_owned);
    options.limit = args.facts.limit.map(NonZeroUsize::get);
    options.answered = args.facts.answered;
    options.sizes.clone_from(&args.sizes);
    options.prompt = args.facts.prompt;
    options.seed = args.seed;
    options.bootstrap.draws = args.draws;
    let way = Way {
        json: args.json.as_deref(),
        csv: args.csv.as_deref(),
        quiet: args.worked.quiet,
        threads: args.worked.threads,
        device: &args.worked.device,
        work: "facts",
        keeps: false,
    };
    // What the model scores by itself is not asked for.
    let unused = engine_options("amig", &model)?;
    let report = studied((&store, &model), &unused, &way, terminal, |store, asked, watch| {
        arena(store, (asked, model.name()), &scorers, &options, watch)
    })?;
    let letters = picture::write(&pictures, &figure::of(&report), &Look::default());
    if let Some(letters) = letters? {
        writeln!(terminal.messages, "note: {letters}").map_err(CliError::Output)?;
    }
    Ok(())
}

/// Refuses a target that no named method takes.
fn must_apply(args: &ArenaArgs) -> Result<()> {
    let takes = |contender: &Contender| match contender {
        Contender::Preset(_) => true,
        Contender::Method(scorer) => scorer.takes(TARGET),
    };
    if args.target.is_none() || args.methods.is_empty() || args.methods.iter().any(takes) {
        return Ok(());
    }
    let names: Vec<&str> = args.methods.iter().map(|contender| contender.name()).collect();
    let method = told(&names);
    Err(CliError::NotForMethod { option: "--target", method })
}

/// Those that take part. Of the usual ones, what has no meaning for the model is left out, which is said; named, it is refused.
fn scorers<'m>(args: &ArenaArgs, model: &'m Model, terminal: &mut Terminal) -> Result<Vec<EngineScorer<'m>>> {
    let usual = args.methods.is_empty();
    let named = if usual { Contender::usual() } else { args.methods.clone() };
    let mut scorers = Vec::with_capacity(named.len());
    for contender in named {
        match EngineScorer::new(contender.name(), model, options(contender, args.target, model)?) {
            Ok(scorer) => scorers.push(scorer),
            Err(error) if usual => {
                let note = format!("note: {} takes no part: {error}", contender.name());
                writeln!(terminal.messages, "{note}").map_err(CliError::Output)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(scorers)
}

fn options(contender: Contender, target: Option<Metric>, model: &Model) -> Result<Options> {
    let (name, scorer) = match contender {
        Contender::Preset(preset) => (preset.name, &SCORERS[0]),
        Contender::Method(scorer) => ("amig", scorer),
    };
    let mut options = engine_options(name, model)?;
    if let Contender::Method(scorer) = contender {
        options.method = (scorer.build)();
        options.preset = None;
    }
    options.metric = target.filter(|_| scorer.takes(TARGET));
    Ok(options)
}
