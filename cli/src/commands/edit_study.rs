//! `kndb edit-study`: cross-lingual editing (AMIG, Table 2).

use std::num::NonZeroUsize;

use kndb_study::editing::{EditOptions, EditProtocol, edit_study};

use crate::args::{EditStudyArgs, StudyPreset};
use crate::error::{CliError, Result};
use crate::relations;
use crate::study::{Reads, Setting, engine_options};
use crate::terminal::Terminal;
use crate::within::{texts, within};

/// Runs it.
pub fn run(args: EditStudyArgs, terminal: &mut Terminal) -> Result<()> {
    let within = within(&args.within)?;
    let setting = Setting::of(&args.study, Reads::Attributions, terminal)?;
    if args.keep_case && args.study.preset != StudyPreset::AmigCode {
        return Err(CliError::NotForMethod {
            option: "--keep-case",
            method: "the sound protocol: it asks for objects as they are".into(),
        });
    }
    let mut options = EditOptions::new(setting.run.spec.name.clone(), setting.languages.clone());
    let snapshot = setting.store.snapshot()?;
    options.relations = relations::ids(&snapshot, &args.study.relations)?;
    options.limit = args.limit.map(NonZeroUsize::get);
    options.tau = args.tau;
    options.conditions = args.study.set_conditions();
    (options.only, options.without) = (texts(&within.only), texts(&within.without));
    options.known = args.study.known();
    options.prompt = args.study.prompt;
    options.seed = args.study.seed;
    options.bootstrap.draws = args.study.draws;
    if args.study.preset == StudyPreset::AmigCode {
        options.protocol = EditProtocol::amig_code();
        if args.keep_case {
            options.protocol =
                EditProtocol { name: "amig-code, case kept", lower_case_objects: false, ..options.protocol };
        }
    }
    // Nothing is attributed here.
    let unused = engine_options("amig", &setting.model)?;
    setting.study(&args.study, &unused, terminal, |store, model, watch| edit_study(store, model, &options, watch))
}
