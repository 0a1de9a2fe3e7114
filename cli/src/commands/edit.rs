//! `kndb edit`: a fact's neurons changed in a model's weights, for good; `kndb apply`: the same from what was kept of it.

use std::fmt::Write as _;
use std::io::Write;

use kndb_engine::edit::{EditedTensors, ValueVectors, apply_delta, save_folder, write_delta};
use kndb_engine::{Model, Question, Rewrite, Variants, device};
use kndb_storage::{Neuron, Shape};

use super::probe::{Asked, Chosen, Report, ask_as_the_run, cannot, questions, side, write_json, write_text};
use crate::args::{ApplyArgs, EditArgs, EditMethod};
use crate::error::{CliError, Result};
use crate::fact_choice;
use crate::model;
use crate::session::parameters::Values;
use crate::sets::Sets;
use crate::terminal::Terminal;

/// Runs `kndb edit`.
pub fn run(args: EditArgs, terminal: &mut Terminal) -> Result<()> {
    device(&args.device)?;
    let method = Method::of(&args)?;
    // Before anything is computed: whatever is there stays.
    if let Some(path) = args.save.iter().chain(&args.delta).find(|path| path.exists()) {
        return Err(CliError::Edit(format!("{} is there already; give a name that is not", path.display())));
    }
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    let fact = fact_choice::fact(&snapshot, &args.fact)?;
    let id = snapshot.external_id(fact)?.to_owned();
    let mut model = model::load(&args.model, &args.device, terminal)?;
    let mut notes = Vec::from_iter(ask_as_the_run(&mut model, &snapshot, args.run.as_deref())?);
    let lang: Vec<String> = args.lang.iter().cloned().collect();
    let own = questions(&id, (&lang, args.prompt), &snapshot, fact, &model)?;
    let [own] = own.as_slice() else {
        let all = own.iter().map(|asked| asked.language.as_str()).collect::<Vec<_>>().join(", ");
        return Err(CliError::Edit(format!(
            "--lang is missing: the fact can be asked in {all}; name the one that it is edited in"
        )));
    };
    let sets = Sets::new(&store, &model, args.run.as_deref(), Values::given(&args.parameter))?;
    let set = args.neurons.clone().unwrap_or_else(|| format!("kn[lang={}]", own.language));
    let (neurons, of_set) = sets.neurons(&set, &id)?;
    sets.check_values()?;
    notes.extend(of_set);
    if neurons.is_empty() {
        return Err(CliError::Edit(format!("`{set}` has no neurons of this fact, so the edit would change nothing")));
    }
    let new = method.to.map(|to| question_to(&model, own, &id, to)).transpose()?;
    let vectors = method.vectors(&model, &neurons, own, new.as_ref())?;
    let edited = EditedTensors::of(&args.model, &model, vectors)?;
    let network = edited.vectors().apply(&model.network);

    let mut reports = Vec::new();
    let asked = questions(&id, (&args.langs, args.prompt), &snapshot, fact, &model)?;
    for asked in &asked {
        let (before, after) =
            (Variants::new(&model.network, &asked.question)?, Variants::new(&network, &asked.question)?);
        let new = match (&new, method.to) {
            (Some(new), Some(to)) if asked.language == own.language => {
                let p = |network| Ok::<_, CliError>(Variants::new(network, new)?.probabilities(&[Vec::new()])?[0]);
                Some((to.to_owned(), p(&model.network)?, p(&network)?))
            }
            _ => None,
        };
        let sides = (side(&model, &before, &[], args.top)?, side(&model, &after, &[], args.top)?);
        reports.push(Report { asked, before: sides.0, after: sides.1, new });
    }
    model.must_be_unchanged()?;
    let done = (set, method.told(), neurons);
    let card = card(&model, own, (&id, &done), &edited, &args);
    if let Some(out) = &args.save {
        save_folder(&edited, out, &card)?;
    }
    if let Some(out) = &args.delta {
        write_delta(&edited, out, &card)?;
    }
    for note in &notes {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let chosen = Chosen { sets: vec![done], interventions: Vec::new(), rewrite: None };
    if args.json {
        return write_json(&id, model.shape(), &chosen, &reports, (None, &notes), terminal).map_err(CliError::Output);
    }
    write_text(&id, &snapshot, fact, &chosen, &reports, terminal)?.map_err(CliError::Output)?;
    let changed = edited.names().collect::<Vec<_>>().join(", ");
    for out in args.save.iter().chain(&args.delta) {
        writeln!(terminal.out, "\nwrote {} (changed: {changed})", out.display()).map_err(CliError::Output)?;
    }
    Ok(())
}

/// Runs `kndb apply`.
pub fn apply(args: ApplyArgs, terminal: &mut Terminal) -> Result<()> {
    let changed = apply_delta(&args.delta, &args.model, &args.save)?.join(", ");
    writeln!(terminal.out, "wrote {} (changed: {changed})", args.save.display()).map_err(CliError::Output)
}

/// What is done, with what the options say of it.
struct Method<'a> {
    kind: EditMethod,
    to: Option<&'a str>,
    factor: f32,
    forget: Option<f32>,
    learn: Option<f32>,
}

impl<'a> Method<'a> {
    /// Refuses options of other methods, and a method without what it needs.
    fn of(args: &'a EditArgs) -> Result<Self> {
        let kind = args.method;
        let rewrites = kind == EditMethod::Rewrite;
        let given = [
            ("--to", args.to.is_some(), rewrites),
            ("--forget", args.forget.is_some(), rewrites),
            ("--learn", args.learn.is_some(), rewrites),
            ("--factor", args.factor.is_some(), kind == EditMethod::Scale),
        ];
        if let Some((option, ..)) = given.iter().find(|(_, given, meant)| *given && !meant) {
            return Err(CliError::NotForMethod { option, method: format!("the method {}", name(kind)) });
        }
        let missing = match kind {
            EditMethod::Rewrite if args.to.is_none() => {
                Some("--to OBJECT, the object that takes the place of the fact's")
            }
            EditMethod::Scale if args.factor.is_none() => {
                Some("--factor NUMBER, what the value vectors are multiplied by")
            }
            _ => None,
        };
        if let Some(missing) = missing {
            return Err(CliError::Edit(format!("the method {} needs {missing}", name(kind))));
        }
        let number = |value: Option<f32>| value.is_none_or(f32::is_finite);
        if ![args.factor, args.forget, args.learn].into_iter().all(number) {
            return Err(CliError::Edit("expected finite numbers for --factor, --forget and --learn".into()));
        }
        let factor = match kind {
            EditMethod::Suppress => 0.0,
            EditMethod::Enhance => 2.0,
            EditMethod::Scale | EditMethod::Rewrite => args.factor.unwrap_or(1.0),
        };
        Ok(Self { kind, to: args.to.as_deref(), factor, forget: args.forget, learn: args.learn })
    }

    fn vectors(&self, model: &Model, neurons: &[Neuron], own: &Asked, new: Option<&Question>) -> Result<ValueVectors> {
        let Some(new) = new else { return Ok(ValueVectors::scaled(&model.network, neurons, self.factor)?) };
        let tokens = |question: &Question| question.steps.iter().map(|step| step.target).collect::<Vec<_>>();
        let mut edit = Rewrite::new(neurons.to_vec(), tokens(&own.question), tokens(new));
        edit.forget = self.forget.unwrap_or(edit.forget);
        edit.learn = self.learn.unwrap_or(edit.learn);
        Ok(edit.value_vectors(&model.network)?)
    }

    /// As a sentence's end.
    fn told(&self) -> String {
        match (self.kind, self.to) {
            (EditMethod::Rewrite, Some(to)) => format!("value vectors rewritten to {to:?}"),
            (EditMethod::Suppress, _) => "value vectors made 0".into(),
            _ => format!("value vectors multiplied by {}", self.factor),
        }
    }
}

fn name(method: EditMethod) -> String {
    use clap::ValueEnum;
    method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The question of the same template and subject with another object.
fn question_to(model: &Model, own: &Asked, id: &str, to: &str) -> Result<Question> {
    let new = model.asking().question(&own.template, &own.subject, to);
    new.map_err(|skip| cannot(id, Some(&own.language), &format!("{to:?}: {skip}")))
}

/// The model card of the edited model: what was done to which model, and by what.
fn card(
    model: &Model,
    own: &Asked,
    (id, (set, done, neurons)): (&str, &(String, String, Vec<Neuron>)),
    edited: &EditedTensors,
    args: &EditArgs,
) -> String {
    let mut text = String::from("---\ntags:\n- knowledge-neurons\n- model-editing\n---\n\n");
    let filled = own.template.replace("[X]", &own.subject).replace("[Y]", &own.object);
    let store = args.store.file_name().unwrap_or_default().to_string_lossy();
    let numbers = match args.method {
        EditMethod::Rewrite => format!(" (λ1 = {}, λ2 = {})", args.forget.unwrap_or(1.0), args.learn.unwrap_or(8.0)),
        _ => String::new(),
    };
    let lines = [
        format!("# {}, edited", model.name()),
        String::new(),
        "An edited copy of a model: for research on model editing, not for use as a source of facts.".into(),
        String::new(),
        format!("- Model: {} ({}), weights {}", model.name(), model.architecture(), model.weights_hash()),
        format!("- Fact: {id}, {}: {filled}", own.language),
        format!("- Method: {}; {done}{numbers}", name(args.method)),
        format!("- Neurons: `{set}` of the store `{store}`{}: {}", of_run(args), listed(neurons, model.shape())),
        format!("- Changed tensors: {}", edited.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        format!("- Made by: kndb {} (`kndb edit`); nothing is drawn at random", env!("CARGO_PKG_VERSION")),
    ];
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn of_run(args: &EditArgs) -> String {
    args.run.as_ref().map_or_else(String::new, |run| format!(", run {run:?}"))
}

/// `layer:unit` of each.
fn listed(neurons: &[Neuron], shape: Shape) -> String {
    let place = |&neuron: &Neuron| {
        let (layer, unit) = shape.split(neuron);
        format!("{}:{unit}", layer.0)
    };
    neurons.iter().map(place).collect::<Vec<_>>().join(", ")
}
