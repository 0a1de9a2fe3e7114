//! `kndb fact-check`: fact checking by degenerate neurons (AMIG, Table 3).

use std::num::NonZeroUsize;

use kndb_engine::degenerate::{SOURCE_SCORES, identity};
use kndb_study::checking::{CheckOptions, fact_check};

use crate::args::{FactCheckArgs, StudyPreset};
use crate::error::{CliError, Result};
use crate::relations;
use crate::study::{Reads, Setting, engine_options};
use crate::terminal::Terminal;
use crate::within::{texts, within};

/// Runs it.
pub fn run(args: FactCheckArgs, terminal: &mut Terminal) -> Result<()> {
    let within = within(&args.within)?;
    let setting = Setting::of(&args.study, Reads::Groups, terminal)?;
    let scores = engine_options(&preset(&args, &setting)?, &setting.model)?;
    let mut options = CheckOptions::new(setting.run.spec.name.clone(), setting.languages.clone());
    if args.study.preset == StudyPreset::AmigCode {
        options = options.amig_code();
    }
    let snapshot = setting.store.snapshot()?;
    options.relations = relations::ids(&snapshot, &args.study.relations)?;
    options.limit = args.limit.map(NonZeroUsize::get);
    options.conditions = args.study.set_conditions();
    (options.only, options.without) = (texts(&within.only), texts(&within.without));
    options.known = args.study.known();
    options.prompt = args.study.prompt;
    options.seed = args.study.seed;
    options.bootstrap.draws = args.study.draws;
    options.first_share = args.first_share;
    options.keep_share = args.keep_share;
    options.lambda = args.lambda;
    options.learn_from = args.learn_from;
    setting.study(&args.study, &scores, terminal, |store, model, watch| fact_check(store, model, &options, watch))
}

/// The preset by which statements are scored: that of the run whose neurons were searched.
fn preset(args: &FactCheckArgs, setting: &Setting) -> Result<String> {
    if let Some(preset) = args.scores {
        return Ok(preset.name.to_owned());
    }
    let parameter =
        |name: &str| setting.run.spec.parameters.iter().find(|(known, _)| known == name).map(|(_, it)| it.as_str());
    let snapshot = setting.store.snapshot()?;
    let source = snapshot.run_named(parameter("source").unwrap_or(&setting.run.spec.name));
    // A run that was dropped and made anew in another way is not the source any more.
    let source = source.filter(|run| parameter(SOURCE_SCORES).is_none_or(|it| it == identity(&run.spec)));
    let preset = source.and_then(|run| run.spec.preset.clone());
    preset.ok_or_else(|| CliError::WhichScores { run: setting.run.spec.name.clone() })
}
