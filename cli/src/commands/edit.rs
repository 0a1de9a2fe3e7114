//! `kndb edit`: facts changed in a model's weights, for good; `kndb apply`: the same from what was kept of it.

pub(super) mod method;

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use kndb_engine::edit::{
    EditRequest, EditedTensors, Evidence, FactText, apply_delta, check_place, save_folder, write_delta,
};
use kndb_engine::{Model, Question, Variants, device};
use kndb_storage::{FactId, Neuron, Shape, Snapshot};
use kndb_wording::probability::shown;
use serde_json::{Value, json};

use self::method::{Built, built, by_neurons, name, statistics, takes_object};
use super::probe::{Asked, Chosen, Report, ask_as_the_run, cannot, questions, reports_json, side, write_text};
use crate::args::{ApplyArgs, EditArgs, EditMethod};
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

/// A fact as it was given, with the object that it shall have.
struct Wanted {
    fact: String,
    to: Option<String>,
    /// Where in a file.
    line: Option<usize>,
}

/// What was asked for.
fn wanted(args: &EditArgs) -> Result<Vec<Wanted>> {
    if let Some(fact) = &args.fact {
        return Ok(vec![Wanted { fact: fact.clone(), to: args.to.clone(), line: None }]);
    }
    let Some(path) = &args.facts else { return Ok(Vec::new()) };
    of_file(path, takes_object(args.method))
}

/// `FACT<TAB>OBJECT` a line; of methods that take no object, the fact alone.
fn of_file(path: &Path, with_object: bool) -> Result<Vec<Wanted>> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CliError::Engine(kndb_engine::Error::Text { path: path.to_owned(), source }))?;
    // Windows' editors begin a file with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut all: Vec<Wanted> = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |expected: &str| {
            CliError::Edit(format!("{}, line {}: expected {expected}, found {line:?}", path.display(), number + 1))
        };
        let mut cells = line.split('\t').map(str::trim);
        let fact = cells.next().filter(|fact| !fact.is_empty()).ok_or_else(|| wrong("a fact"))?;
        let object = cells.next().filter(|object| !object.is_empty()).map(str::to_owned);
        if object.is_some() != with_object || cells.next().is_some() {
            return Err(wrong(if with_object {
                "a fact, a tab, and the object it shall have"
            } else {
                "a fact alone, as the method takes no object"
            }));
        }
        if all.iter().any(|known| known.fact == fact) {
            return Err(wrong("each fact once"));
        }
        all.push(Wanted { fact: fact.to_owned(), to: object, line: Some(number + 1) });
    }
    match all.is_empty() {
        true => Err(CliError::Edit(format!("{} has no facts", path.display()))),
        false => Ok(all),
    }
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

/// What is done with a fact's neurons, as a sentence's end.
fn done(args: &EditArgs, one: &Fact) -> String {
    match (args.method, &one.to) {
        (EditMethod::Rewrite, Some(to)) => format!("value vectors rewritten to {to:?}"),
        (EditMethod::Suppress, _) => "value vectors made 0".into(),
        (EditMethod::Enhance, _) => "value vectors multiplied by 2".into(),
        _ => format!("value vectors multiplied by {}", args.values.factor.unwrap_or(1.0)),
    }
}

/// What the methods that look for something did.
fn how(args: &EditArgs, built: &Built, evidence: &[Evidence]) -> Vec<String> {
    if by_neurons(args.method) {
        return Vec::new();
    }
    let mut lines = vec![format!("{}: {}", name(args.method), built.numbers.join(", "))];
    for one in evidence.iter().filter(|_| evidence.len() == 1) {
        if let (Some(first), Some(last)) = (one.losses.first(), one.losses.last()) {
            lines.push(format!(
                "loss {:.3} to {:.3} in {} steps (−ln p of the new object {:.3} to {:.3})",
                first.total(),
                last.total(),
                one.losses.len() - 1,
                first.new_object,
                last.new_object
            ));
        }
    }
    lines
}

/// Of methods that look for a change step by step: facts of which none was found.
fn learnt_nothing(evidence: &[Evidence]) -> Option<String> {
    let stays = |one: &&Evidence| match (one.losses.first(), one.losses.last()) {
        (Some(first), Some(last)) => last.new_object >= first.new_object,
        _ => false,
    };
    let count = evidence.iter().filter(stays).count();
    let facts = if evidence.len() > 1 { format!(" of {count} of {} facts", evidence.len()) } else { String::new() };
    (count > 0).then(|| {
        format!("the new object{facts} did not become more probable while the change was looked for; more --steps, or another --rate or --clamp, may find one")
    })
}

fn evidence_json(args: &EditArgs, built: &Built, evidence: &[Evidence]) -> Value {
    let loss = |loss: &kndb_engine::edit::Loss| json!([loss.new_object, loss.essence, loss.decay]);
    let of = |one: &Evidence| json!({"layer": one.layer, "losses": one.losses.iter().map(loss).collect::<Vec<_>>()});
    json!({
        "method": name(args.method), "numbers": built.numbers, "contexts": built.contexts,
        "evidence": evidence.iter().map(of).collect::<Vec<_>>(),
    })
}

/// A line a fact, in the language that it was edited in.
fn write_many(
    chosen: &[Fact],
    reports: &[Vec<Report<'_>>],
    how: &[String],
    terminal: &mut Terminal,
) -> std::io::Result<()> {
    let out = &mut terminal.out;
    for line in how {
        writeln!(out, "{line}")?;
    }
    for (one, reports) in chosen.iter().zip(reports) {
        for Report { asked, before, after, new } in reports {
            let p =
                |object: &str, before: f64, after: f64| format!("p({object}) {} to {}", shown(before), shown(after));
            let mut parts = vec![p(&asked.object, before.probability, after.probability)];
            parts.extend(new.as_ref().map(|(to, before, after)| p(to, *before, *after)));
            writeln!(out, "{}, {}: {}", one.id, asked.language, parts.join(", "))?;
        }
    }
    Ok(())
}

/// The question of the same template and subject with another object.
fn question_to(model: &Model, own: &Asked, id: &str, to: &str) -> Result<Question> {
    let new = model.asking().question(&own.template, &own.subject, to);
    new.map_err(|skip| cannot(id, Some(&own.language), &format!("{to:?}: {skip}")))
}

/// The model card of the edited model: what was done to which model, and by what.
fn card(
    model: &Model,
    chosen: &[Fact],
    built: &Built,
    (set, edited): (Option<&str>, &EditedTensors),
    args: &EditArgs,
) -> String {
    let store = args.store.file_name().unwrap_or_default().to_string_lossy();
    let mut lines = vec![
        "---\ntags:\n- knowledge-neurons\n- model-editing\n---\n".to_owned(),
        format!("# {}, edited\n", model.name()),
        "An edited copy of a model: for research on model editing, not for use as a source of facts.\n".into(),
        format!("- Model: {} ({}), weights {}", model.name(), model.architecture(), model.weights_hash()),
    ];
    for one in chosen {
        let filled = one.own.template.replace("[X]", &one.own.subject).replace("[Y]", &one.own.object);
        let to = one.to.as_ref().map_or_else(String::new, |to| format!(" → {to}"));
        lines.push(format!("- Fact: {}, {}: {filled}{to}", one.id, one.own.language));
    }
    lines.push(format!("- Method: {}; {}", name(args.method), built.numbers.join(", ")));
    for one in chosen.iter().filter(|one| !one.neurons.is_empty()) {
        lines.push(format!(
            "- Neurons: `{}` of the store `{store}`{}, {}: {}",
            set.unwrap_or_default(),
            of_run(args),
            done(args, one),
            listed(&one.neurons, model.shape())
        ));
    }
    if let Some(essence) = &built.essence {
        lines.push(format!("- Continuation that stays: {:?}", essence.template));
    }
    lines.extend(built.contexts.iter().map(|context| format!("- Context: {context:?}")));
    lines.push(format!(
        "- Changed tensors: {}",
        edited.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    ));
    let drawn = if built.contexts.is_empty() { "; nothing is drawn at random" } else { "" };
    lines.push(format!("- Made by: kndb {} (`kndb edit`){drawn}", env!("CARGO_PKG_VERSION")));
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    text
}

fn of_run(args: &EditArgs) -> String {
    args.asked.run.as_ref().map_or_else(String::new, |run| format!(", run {run:?}"))
}

/// `layer:unit` of each.
fn listed(neurons: &[Neuron], shape: Shape) -> String {
    let place = |&neuron: &Neuron| {
        let (layer, unit) = shape.split(neuron);
        format!("{}:{unit}", layer.0)
    };
    neurons.iter().map(place).collect::<Vec<_>>().join(", ")
}
