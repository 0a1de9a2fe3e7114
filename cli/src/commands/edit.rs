//! `kndb edit`: facts changed in a model's weights, for good; `kndb apply`: the same from what was kept of it.

pub(super) mod method;
mod told;
mod wanted;

use std::io::Write;
use std::path::{Path, PathBuf};

use kndb_engine::edit::{EditRequest, EditedTensors, FactText, apply_delta, check_place, save_folder, write_delta};
use kndb_engine::{Model, Question, Variants, device};
use kndb_storage::{FactId, Neuron, Snapshot};
use serde_json::{Value, json};

use self::method::{Built, built, by_neurons, statistics};
use self::told::{card, done, evidence_json, how, learnt_nothing, write_many};
use self::wanted::{Wanted, wanted};
use super::probe::{Asked, Chosen, Report, ask_as_the_run, cannot, questions, reports_json, side, write_text};
use crate::args::{ApplyArgs, EditArgs};
use crate::error::{CliError, Result};
use crate::fact_choice;
use crate::model;
use crate::progress::Progress;
use crate::session::parameters::Values;
use crate::sets::Sets;
use crate::terminal::Terminal;

/// A fact, ready to be edited.
struct Fact {
    id: String,
    fact: FactId,
    own: Asked,
    to: Option<String>,
    /// With the new object.
    new: Option<Question>,
    neurons: Vec<Neuron>,
}

/// Runs `kndb edit`.
pub fn run(args: EditArgs, terminal: &mut Terminal) -> Result<()> {
    device(&args.asked.device)?;
    method::check(&args)?;
    if let (Some(save), Some(delta)) = (&args.save, &args.delta)
        && (delta.starts_with(save)
            || place(delta) == place(save)
            || delta.parent().is_some_and(|of| place(of) == place(save)))
    {
        return Err(CliError::Edit(format!(
            "--save {} and --delta {}: the folder and the file need places of their own",
            save.display(),
            delta.display()
        )));
    }
    // Before anything is computed: whatever is there stays.
    args.save.iter().chain(&args.delta).try_for_each(|path| has_place(path))?;
    let wanted = wanted(&args)?;
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    let mut facts = Vec::new();
    let mut lines = std::collections::HashMap::new();
    for Wanted { fact, to, line } in wanted {
        let found = fact_choice::fact(&snapshot, &fact).map_err(|error| match (line, &args.facts) {
            (Some(line), Some(path)) => CliError::Edit(format!("{}, line {line}: {error}", path.display())),
            _ => error,
        });
        let found = found?;
        // The same fact may be named by its subject and by its id.
        if let (Some(first), Some(line), Some(path)) = (lines.insert(found, line).flatten(), line, &args.facts) {
            return Err(CliError::Edit(format!(
                "{}, line {line}: {fact} is the fact of line {first}; expected each fact once",
                path.display()
            )));
        }
        facts.push((found, to));
    }
    let mut model = model::load(&args.model, &args.asked.device, terminal)?;
    let mut notes = Vec::from_iter(ask_as_the_run(&mut model, &snapshot, args.asked.run.as_deref())?);
    let sets = Sets::new(&store, &model, args.asked.run.as_deref(), Values::given(&args.asked.parameter))?;
    let mut chosen = Vec::new();
    let mut set = None;
    for (fact, to) in facts {
        let (one, of_set, named) = choose(&args, &model, &snapshot, &sets, fact, to)?;
        for note in of_set {
            // Several facts' sets may say the same.
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        set = set.or(named);
        chosen.push(one);
    }
    sets.check_values()?;

    let bar = Progress::of_tokens(terminal.messages_to_person);
    let told = &mut |done, all| bar.of(done, all, "reading the text".into());
    let keys = statistics(&[args.method], &args.weights, &model, told);
    bar.clear();
    let keys = keys?;
    notes.extend(keys.notes.iter().cloned());
    let built = built(args.method, (&args.values, &args.weights), &model, &keys)?;
    notes.extend(built.notes.iter().cloned());
    let mut requests = Vec::new();
    for one in &chosen {
        requests.push(request(&model, one, &built)?);
    }
    let edited = built.method.edit(&model.network, &requests, &|| false)?;
    let evidence = edited.evidence;
    notes.extend(learnt_nothing(&evidence));
    let edited = EditedTensors::of(&args.model, &model, edited.vectors)?;
    let network = edited.vectors().apply(&model.network);

    let mut answers = Vec::new();
    for one in &chosen {
        // Of one fact all languages are told, of many the one that they are edited in.
        let own_language = [one.own.language.clone()];
        let langs = if chosen.len() > 1 && args.asked.langs.is_empty() { &own_language[..] } else { &args.asked.langs };
        answers.push(questions(&one.id, (langs, args.asked.prompt), &snapshot, one.fact, &model)?);
    }
    let mut reports = Vec::new();
    for (one, asked) in chosen.iter().zip(&answers) {
        let mut of_fact = Vec::new();
        for asked in asked {
            let (before, after) =
                (Variants::new(&model.network, &asked.question)?, Variants::new(&network, &asked.question)?);
            let new = match (&one.new, &one.to) {
                (Some(new), Some(to)) if asked.language == one.own.language => {
                    let p = |network| Ok::<_, CliError>(Variants::new(network, new)?.probabilities(&[Vec::new()])?[0]);
                    Some((to.clone(), p(&model.network)?, p(&network)?))
                }
                _ => None,
            };
            let top = args.asked.top;
            let sides = (side(&model, &before, &[], top)?, side(&model, &after, &[], top)?);
            of_fact.push(Report { asked, before: sides.0, after: sides.1, new });
        }
        reports.push(of_fact);
    }
    model.must_be_unchanged()?;
    let card = card(&model, &chosen, &built, (set.as_deref(), &edited), &args);
    if let Some(out) = &args.save {
        save_folder(&edited, out, &card)?;
    }
    if let Some(out) = &args.delta {
        write_delta(&edited, out, &card)?;
    }
    for note in &notes {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let told = |one: &Fact| Chosen {
        sets: set.iter().map(|set| (set.clone(), done(&args, one), one.neurons.clone())).collect(),
        interventions: Vec::new(),
        rewrite: None,
        told: Vec::new(),
    };
    if args.asked.json {
        let of_fact = |(one, reports): (&Fact, &Vec<Report<'_>>)| {
            reports_json(&one.id, model.shape(), &told(one), reports, (None, &notes))
        };
        let mut all: Vec<Value> = chosen.iter().zip(&reports).map(of_fact).collect();
        let value = match (all.len(), args.fact.is_some()) {
            (1, true) => {
                let mut value = all.remove(0);
                value["edit"] = evidence_json(&args, &built, &evidence);
                value
            }
            _ => json!({ "facts": all, "edit": evidence_json(&args, &built, &evidence), "notes": notes }),
        };
        serde_json::to_writer_pretty(&mut terminal.out, &value).map_err(|e| CliError::Output(e.into()))?;
        return writeln!(terminal.out).map_err(CliError::Output);
    }
    let how = how(&args, &built, &evidence);
    match (chosen.as_slice(), reports.as_slice()) {
        ([one], [reports]) => {
            let chosen = Chosen { told: how, ..told(one) };
            write_text(&one.id, &snapshot, one.fact, &chosen, reports, terminal)?.map_err(CliError::Output)?;
        }
        _ => write_many(&chosen, &reports, &how, terminal).map_err(CliError::Output)?,
    }
    let changed = edited.names().collect::<Vec<_>>().join(", ");
    for out in args.save.iter().chain(&args.delta) {
        writeln!(terminal.out, "\nwrote {} (changed: {changed})", out.display()).map_err(CliError::Output)?;
    }
    Ok(())
}

/// A path as it is without links and dots, as far as it is there.
fn place(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (whole.canonicalize(), whole.parent(), whole.file_name()) {
        (Ok(found), ..) => found,
        (Err(_), Some(folder), Some(name)) => folder.canonicalize().unwrap_or_else(|_| folder.to_owned()).join(name),
        _ => whole,
    }
}

fn has_place(out: &Path) -> Result<()> {
    check_place(out).map_err(|error| CliError::Edit(error.to_string()))
}

/// Runs `kndb apply`.
pub fn apply(args: ApplyArgs, terminal: &mut Terminal) -> Result<()> {
    has_place(&args.save)?;
    let changed = apply_delta(&args.delta, &args.model, &args.save)?.join(", ");
    writeln!(terminal.out, "wrote {} (changed: {changed})", args.save.display()).map_err(CliError::Output)
}

/// A fact's question in the language that it is edited in, and its neurons, where the method goes by them.
fn choose(
    args: &EditArgs,
    model: &Model,
    snapshot: &Snapshot,
    sets: &Sets<'_>,
    fact: FactId,
    to: Option<String>,
) -> Result<(Fact, Vec<String>, Option<String>)> {
    let id = snapshot.external_id(fact)?.to_owned();
    let lang: Vec<String> = args.lang.iter().cloned().collect();
    let mut own = questions(&id, (&lang, args.asked.prompt), snapshot, fact, model)?;
    if own.len() > 1 {
        let all = own.iter().map(|asked| asked.language.as_str()).collect::<Vec<_>>().join(", ");
        return Err(CliError::Edit(format!(
            "--lang is missing: the fact can be asked in {all}; name the one that it is edited in"
        )));
    }
    let own = own.remove(0);
    if let Some(to) = &to {
        let to = to.trim();
        if to.is_empty() {
            return Err(CliError::Edit("--to is empty; expected the object that the fact shall have".into()));
        }
        if to == own.object.trim() {
            return Err(CliError::Edit(format!(
                "{to:?} is the object that the fact {id} has in {}; expected another one",
                own.language
            )));
        }
    }
    let (mut neurons, mut notes, mut named) = (Vec::new(), Vec::new(), None);
    if by_neurons(args.method) {
        let set = args.neurons.clone().unwrap_or_else(|| format!("kn[lang={}]", own.language));
        (neurons, notes) = sets.neurons(&set, &id)?;
        if neurons.is_empty() {
            return Err(CliError::Edit(format!(
                "`{set}` has no neurons of this fact ({id}), so the edit would change nothing"
            )));
        }
        named = Some(set);
    }
    let new = to.as_ref().map(|to| question_to(model, &own, &id, to)).transpose()?;
    Ok((Fact { id, fact, own, to, new, neurons }, notes, named))
}

fn request(model: &Model, one: &Fact, built: &Built) -> Result<EditRequest> {
    let fact = FactText {
        name: &one.id,
        template: &one.own.template,
        subject: &one.own.subject,
        object: &one.own.object,
        // Methods that take no other object are asked for the fact's own, and do not look at it.
        to: one.to.as_deref().unwrap_or(&one.own.object),
    };
    let (contexts, essence) = (built.contexts.as_slice(), built.essence.as_ref());
    Ok(EditRequest::of(&model.asking(), fact, contexts, essence, one.neurons.clone())?)
}

/// The question of the same template and subject with another object.
fn question_to(model: &Model, own: &Asked, id: &str, to: &str) -> Result<Question> {
    let new = model.asking().question(&own.template, &own.subject, to);
    new.map_err(|skip| cannot(id, Some(&own.language), &format!("{to:?}: {skip}")))
}
