//! `kndb probe`: a fact's probability and the model's answers before and after neurons are changed, side by side.

use std::cell::RefCell;
use std::io::Write;

use kndb_engine::model::is_asked_with_bos;
use kndb_engine::{Change, Intervention, Model, Question, Reach, Rewrite, Variants, device};
use kndb_storage::{FactId, Knowledge, LanguageId, Neuron, PromptId, Run, Shape, Slot, Snapshot};
use kndb_wording::probability::{change, shown};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::args::{ChangeArgs, ProbeArgs};
use crate::error::{CliError, Result};
use crate::fact_choice;
use crate::knowledge;
use crate::model;
use crate::session::parameters::Values;
use crate::sets::Sets;
use crate::study::{Reads, run_of};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: ProbeArgs, terminal: &mut Terminal) -> Result<()> {
    device(&args.asked.device)?;
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    let fact = fact_choice::fact(&snapshot, &args.fact)?;
    let args = ProbeArgs { fact: snapshot.external_id(fact)?.to_owned(), ..args };
    let mut model = model::load(&args.model, &args.asked.device, terminal)?;
    let as_asked = ask_as_the_run(&mut model, &snapshot, args.asked.run.as_deref())?;
    let sets = Sets::new(&store, &model, args.asked.run.as_deref(), Values::given(&args.asked.parameter))?;
    let notes = RefCell::new(Vec::from_iter(as_asked));
    let read = |set: &str| {
        let (neurons, of_set) = sets.neurons(set, &args.fact)?;
        notes.borrow_mut().extend(of_set);
        Ok(neurons)
    };
    let chosen = Chosen::of(&args.change, &read)?;
    sets.check_values()?;
    let mut notes = notes.into_inner();
    let without = chosen.sets.iter().filter(|(_, _, neurons)| neurons.is_empty());
    notes.extend(without.map(|(set, ..)| format!("`{set}` has no neurons of this fact, so it changes nothing")));
    let asked = questions(&args.fact, (&args.asked.langs, args.asked.prompt), &snapshot, fact, &model)?;
    let parts = |is_unknown: &dyn Fn(&Question) -> bool| -> String {
        let asked = asked.iter().filter(|it| is_unknown(&it.question));
        asked.map(|it| it.language.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (subjects, templates) = (parts(&|it| it.unknown_subject), parts(&|it| it.unknown_template));
    for (part, languages) in [("subject", subjects), ("template", templates)].iter().filter(|(_, at)| !at.is_empty()) {
        notes.push(format!("the {part} is partly unknown to the tokenizer ({languages})"));
    }
    let mut told: Vec<String> = Vec::new();
    for note in notes {
        // Two sets may say the same.
        if !told.contains(&note) {
            writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
            told.push(note);
        }
    }
    let mut reports = Vec::new();
    for asked in &asked {
        reports.push(report(&args, &model, &chosen, asked)?);
    }
    let run = run_meant(&snapshot, &model, args.asked.run.as_deref());
    let knows = run.map(|run| of_relation(&snapshot, run, fact, &args)).transpose()?;
    let nothing = match (run, &knows) {
        (Some(run), Some(knows)) if knows.parts.is_empty() => nothing_known(&snapshot, run, fact, &args)?,
        _ => None,
    };
    told.extend(nothing.clone());
    if args.asked.json {
        let beside = (knows.as_ref(), told.as_slice());
        return write_json(&args.fact, model.shape(), &chosen, &reports, beside, terminal).map_err(CliError::Output);
    }
    write_text(&args.fact, &snapshot, fact, &chosen, &reports, terminal)?.map_err(CliError::Output)?;
    let (Some(run), Some(knows)) = (run, knows) else { return Ok(()) };
    writeln!(terminal.out).map_err(CliError::Output)?;
    if let Some(nothing) = nothing {
        return writeln!(terminal.out, "{nothing}").map_err(CliError::Output);
    }
    knowledge::write(&run.spec.name, &knows, knowledge::ROWS, &mut terminal.out, terminal.columns)
}

/// What the model knows of facts of the same relation, in the languages that are asked.
fn of_relation(snapshot: &Snapshot, run: &Run, fact: FactId, args: &ProbeArgs) -> Result<Knowledge> {
    let is_picked = of_the_same_relation(snapshot, fact, args)?;
    Ok(snapshot.knowledge(run.id, is_picked)?)
}

/// Whether an entry is of a fact of the same relation, in a language and with the prompt that are asked.
fn of_the_same_relation<'a>(
    snapshot: &'a Snapshot,
    fact: FactId,
    args: &'a ProbeArgs,
) -> Result<impl Fn(FactId, Slot) -> bool + use<'a>> {
    let relation = snapshot.fact_relation(fact)?;
    let of = relation.map(|relation| snapshot.facts_of_relation(relation)).transpose()?;
    let is_asked = |language| {
        args.asked.langs.is_empty() || args.asked.langs.iter().any(|asked| asked == snapshot.language_name(language))
    };
    let is_of = move |it: FactId| of.as_ref().map_or(it == fact, |of| of.contains(it.0));
    Ok(move |it: FactId, slot: Slot| slot.prompt == PromptId(args.asked.prompt) && is_asked(slot.language) && is_of(it))
}

/// That a run has no entry of the facts that are compared with, if it has none: what it has of others says nothing of these.
fn nothing_known(snapshot: &Snapshot, run: &Run, fact: FactId, args: &ProbeArgs) -> Result<Option<String>> {
    let is_picked = of_the_same_relation(snapshot, fact, args)?;
    for slot in snapshot.slots_of(run.id).0 {
        for live in snapshot.parts(slot)? {
            for (local, id) in (0..).zip(live.part.facts()?) {
                if live.is_live(local) && is_picked(FactId(u32::from_le_bytes(*id)), slot) {
                    return Ok(None);
                }
            }
        }
    }
    let relation = snapshot.fact_relation(fact)?;
    let what = relation.map_or_else(|| "this fact".to_owned(), |relation| snapshot.relation_shown(relation, None));
    let languages =
        if args.asked.langs.is_empty() { String::new() } else { format!(" in {}", args.asked.langs.join(", ")) };
    Ok(Some(format!(
        "run {:?} has nothing of {what}{languages} with prompt {}, so what its model knows of it is not known",
        run.spec.name, args.asked.prompt
    )))
}

/// The run of `--run`, or the only one of the model.
fn run_meant<'s>(snapshot: &'s Snapshot, model: &Model, run: Option<&str>) -> Option<&'s Run> {
    match run {
        Some(name) => snapshot.run_named(name),
        None => run_of(snapshot, model, None, Reads::Attributions).ok(),
    }
}

/// Asks as the facts of the run were asked: that of `--run`, or the only one of the model. What there is to say of it.
pub(super) fn ask_as_the_run(model: &mut Model, snapshot: &Snapshot, run: Option<&str>) -> Result<Option<String>> {
    let run = run_meant(snapshot, model, run);
    let Some(run) = run.filter(|run| is_asked_with_bos(&run.spec)) else { return Ok(None) };
    model.must_be_of(run)?;
    model.ask_as(&run.spec)?;
    Ok(Some(format!("the beginning-of-sequence token is put before prompts, as in run {:?}", run.spec.name)))
}

/// Neurons, and what was asked to be done with them.
pub(super) struct Chosen {
    /// The set as given, what is done, the neurons.
    pub(super) sets: Vec<(String, String, Vec<Neuron>)>,
    pub(super) interventions: Vec<Intervention>,
    pub(super) rewrite: Option<Vec<Neuron>>,
    /// What else was done, a line each.
    pub(super) told: Vec<String>,
}

impl Chosen {
    fn of(change: &ChangeArgs, read: &dyn Fn(&str) -> Result<Vec<Neuron>>) -> Result<Self> {
        let reach = if change.all_positions { Reach::All } else { Reach::Target };
        let plain = |sets: &[String], by| sets.iter().map(|set| (set.clone(), Change::Scale(by))).collect::<Vec<_>>();
        let mut wanted = plain(&change.suppress, 0.0);
        wanted.extend(plain(&change.enhance, 2.0));
        wanted.extend(change.scale.iter().map(|(factor, set)| (set.clone(), Change::Scale(*factor))));
        wanted.extend(change.set.iter().map(|(value, set)| (set.clone(), Change::Set(*value))));
        let mut chosen = Self { sets: Vec::new(), interventions: Vec::new(), rewrite: None, told: Vec::new() };
        let place = if change.all_positions { "at every token" } else { "at the target position" };
        for (set, change) in wanted {
            let found = read(&set)?;
            let done = match change {
                Change::Scale(0.0) => format!("suppressed (×0) {place}"),
                Change::Scale(2.0) => format!("enhanced (×2) {place}"),
                Change::Scale(factor) => format!("multiplied by {factor} {place}"),
                Change::Set(value) => format!("set to {value} {place}"),
            };
            chosen.sets.push((set, done, found.clone()));
            chosen.interventions.push(Intervention { neurons: found, change, reach });
        }
        if let (Some(set), Some(to)) = (&change.rewrite, &change.to) {
            let found = read(set)?;
            chosen.sets.push((set.to_owned(), format!("value vectors rewritten to {to:?}"), found.clone()));
            chosen.rewrite = Some(found);
        }
        Ok(chosen)
    }
}

/// A question in one language.
pub(super) struct Asked {
    pub(super) language: String,
    pub(super) template: String,
    pub(super) subject: String,
    pub(super) object: String,
    pub(super) question: Question,
}

/// The fact's questions: in the languages asked for, or in all in which it can be asked.
pub(super) fn questions(
    asked_for: &str,
    (langs, prompt): (&[String], u16),
    snapshot: &Snapshot,
    fact: FactId,
    model: &Model,
) -> Result<Vec<Asked>> {
    let languages: Vec<LanguageId> = match langs.is_empty() {
        true => snapshot.label_counts().into_iter().map(|(language, _)| language).collect(),
        false => {
            let known = |name: &String| {
                let id = snapshot.language(name);
                id.ok_or_else(|| {
                    let all: Vec<&str> =
                        snapshot.label_counts().into_iter().map(|(id, _)| snapshot.language_name(id)).collect();
                    cannot(asked_for, Some(name), &format!("the store has no such language; it has {}", all.join(", ")))
                })
            };
            let mut all: Vec<LanguageId> = langs.iter().map(known).collect::<Result<_>>()?;
            let mut seen = Vec::new();
            all.retain(|language| {
                !seen.contains(language) && {
                    seen.push(*language);
                    true
                }
            });
            all
        }
    };
    let mut asked = Vec::new();
    let mut reasons = Vec::new();
    for language in languages {
        let name = snapshot.language_name(language);
        match question(prompt, snapshot, fact, language, model)? {
            Ok(found) => asked.push(found),
            Err(reason) if langs.is_empty() => reasons.push(format!("{name}: {reason}")),
            Err(reason) => return Err(cannot(asked_for, Some(name), &reason)),
        }
    }
    match asked.is_empty() {
        true => Err(cannot(asked_for, None, &reasons.join("; "))),
        false => Ok(asked),
    }
}

fn question(
    prompt: u16,
    snapshot: &Snapshot,
    fact: FactId,
    language: LanguageId,
    model: &Model,
) -> Result<std::result::Result<Asked, String>> {
    let Some((subject, object)) = snapshot.label(fact, language)? else {
        return Ok(Err("it has no label in this language".into()));
    };
    let relation = snapshot.fact_relation(fact)?;
    let place = |it: &(kndb_storage::RelationId, LanguageId, PromptId, &str)| {
        (Some(it.0), it.1, it.2) == (relation, language, PromptId(prompt))
    };
    let Some((.., template)) = snapshot.templates().find(place) else {
        return Ok(Err(format!("its relation has no template {prompt} in this language")));
    };
    Ok(match model.asking().question(template, subject, object) {
        Err(skip) => Err(skip.to_string()),
        Ok(question) => Ok(Asked {
            language: snapshot.language_name(language).to_owned(),
            template: template.to_owned(),
            subject: subject.to_owned(),
            object: object.to_owned(),
            question,
        }),
    })
}

/// What came of it in one language.
pub(super) struct Report<'a> {
    pub(super) asked: &'a Asked,
    pub(super) before: Side,
    pub(super) after: Side,
    /// Of `--to`, before and after.
    pub(super) new: Option<(String, f64, f64)>,
}

/// One side of the comparison.
pub(super) struct Side {
    pub(super) probability: f64,
    pub(super) answers: Vec<(String, f64)>,
}

/// What a network answers, and the object's probability.
pub(super) fn side(model: &Model, variants: &Variants<'_>, list: &[Intervention], top: usize) -> Result<Side> {
    let probability = variants.probabilities(&[list.to_vec()])?[0];
    let answers = variants.answers(list, top)?;
    let text = |token: u32| model.tokenizer.decode(&[token]).unwrap_or_else(|_| format!("token {token}"));
    let answers = answers.into_iter().map(|answer| (text(answer.token), answer.probability)).collect();
    Ok(Side { probability, answers })
}

fn report<'a>(args: &ProbeArgs, model: &Model, chosen: &Chosen, asked: &'a Asked) -> Result<Report<'a>> {
    let side = |variants: &Variants<'_>, list: &[Intervention]| side(model, variants, list, args.asked.top);
    let network = &model.network;
    let untouched = Variants::new(network, &asked.question)?;
    let before = side(&untouched, &[])?;
    let (Some(neurons), Some(to)) = (&chosen.rewrite, &args.change.to) else {
        let after = side(&untouched, &chosen.interventions)?;
        model.must_be_unchanged()?;
        return Ok(Report { asked, before, after, new: None });
    };
    let new = model.asking().question(&asked.template, &asked.subject, to);
    let new = new.map_err(|skip| cannot(&args.fact, Some(&asked.language), &format!("{to:?}: {skip}")))?;
    let tokens = |question: &Question| question.steps.iter().map(|step| step.target).collect::<Vec<_>>();
    let mut edit = Rewrite::new(neurons.clone(), tokens(&asked.question), tokens(&new));
    edit.forget = args.change.forget.unwrap_or(edit.forget);
    edit.learn = args.change.learn.unwrap_or(edit.learn);
    let edited = edit.apply(network)?;
    let after = side(&Variants::new(&edited, &asked.question)?, &chosen.interventions)?;
    let p_before = Variants::new(network, &new)?.probabilities(&[Vec::new()])?[0];
    let p_after = Variants::new(&edited, &new)?.probabilities(std::slice::from_ref(&chosen.interventions))?[0];
    model.must_be_unchanged()?;
    Ok(Report { asked, before, after, new: Some((to.clone(), p_before, p_after)) })
}

pub(super) fn cannot(fact: &str, language: Option<&str>, reason: &str) -> CliError {
    CliError::CannotAsk { fact: fact.into(), language: language.map(str::to_owned), reason: reason.into() }
}

pub(super) fn write_text(
    id: &str,
    snapshot: &Snapshot,
    fact: FactId,
    chosen: &Chosen,
    reports: &[Report<'_>],
    terminal: &mut Terminal,
) -> Result<std::io::Result<()>> {
    let relation = snapshot.fact_relation(fact)?;
    let relation = relation.map_or_else(String::new, |relation| snapshot.relation_shown(relation, None));
    let out = &mut terminal.out;
    Ok((|| {
        writeln!(out, "fact {id}, {relation}")?;
        for (set, done, neurons) in &chosen.sets {
            writeln!(out, "{set}: {} neurons, {done}", neurons.len())?;
        }
        for line in &chosen.told {
            writeln!(out, "{line}")?;
        }
        for Report { asked, before, after, new } in reports {
            let filled = asked.template.replace("[X]", &asked.subject);
            writeln!(out, "\n{}: {filled}", asked.language)?;
            let mut rows = vec![["".to_owned(), "before".to_owned(), "after".to_owned(), "change".to_owned()]];
            let mut probability = |object: &str, before: f64, after: f64| {
                rows.push([format!("p({object})"), shown(before), shown(after), change(before, after)]);
            };
            probability(&asked.object, before.probability, after.probability);
            if let Some((object, before, after)) = new {
                probability(object, *before, *after);
            }
            for (rank, (old, new)) in before.answers.iter().zip(&after.answers).enumerate() {
                let cell = |(text, p): &(String, f64)| format!("{} {}", text.trim(), shown(*p));
                rows.push([format!("answer {}", rank + 1), cell(old), cell(new), String::new()]);
            }
            write_rows(&rows, out)?;
            if asked.question.steps.len() > 1 {
                writeln!(out, "  (the object has {} tokens; answers are for its first)", asked.question.steps.len())?;
            }
        }
        Ok(())
    })())
}

fn write_rows(rows: &[[String; 4]], out: &mut dyn Write) -> std::io::Result<()> {
    let wide = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(wide).collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))))
            .collect();
        writeln!(out, "  {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

fn write_json(
    fact: &str,
    shape: Shape,
    chosen: &Chosen,
    reports: &[Report<'_>],
    beside: (Option<&Knowledge>, &[String]),
    terminal: &mut Terminal,
) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut terminal.out, &reports_json(fact, shape, chosen, reports, beside))?;
    writeln!(terminal.out)
}

pub(super) fn reports_json(
    fact: &str,
    shape: Shape,
    chosen: &Chosen,
    reports: &[Report<'_>],
    (knows, notes): (Option<&Knowledge>, &[String]),
) -> Value {
    let side = |side: &Side| {
        let answers: Vec<Value> =
            side.answers.iter().map(|(text, p)| json!({"answer": text, "probability": p})).collect();
        json!({"probability": side.probability, "answers": answers})
    };
    let place = |&neuron: &Neuron| {
        let (layer, unit) = shape.split(neuron);
        json!([layer.0, unit])
    };
    let set = |(set, done, neurons): &(String, String, Vec<Neuron>)| json!({"set": set, "change": done, "neurons": neurons.iter().map(place).collect::<Vec<_>>()});
    let language = |report: &Report<'_>| {
        let mut value = json!({
            "lang": report.asked.language, "template": report.asked.template, "subject": report.asked.subject,
            "object": report.asked.object, "before": side(&report.before), "after": side(&report.after),
        });
        if let Some((object, before, after)) = &report.new {
            value["to"] = json!({"object": object, "before": before, "after": after});
        }
        value
    };
    json!({
        "fact": fact,
        "changes": chosen.sets.iter().map(set).collect::<Vec<_>>(),
        "languages": reports.iter().map(language).collect::<Vec<_>>(),
        "relation_knows": knows,
        "notes": notes,
    })
}
