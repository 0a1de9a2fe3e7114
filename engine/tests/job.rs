//! Attribution of many facts into a store: what is asked, what is stored, what is skipped, and stopping.

mod store;

use kndb_engine::job::{Job, Progress, Prompts, Selection, Shard, SkipPlace, Summary};
use kndb_engine::{Attribution, Model, Options, Skip, Step, Variants};
use kndb_storage::{Keep, PromptId, ScoreType};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Contents, Facts, LABELS, TEMPLATES, model};

fn job(model: &Model, options: &Options) -> Job {
    let mut job = Job::new("run", model, options, "cpu");
    job.run.keep = Keep::All;
    job.threads = NonZeroUsize::new(2);
    job
}

fn preset(name: &str, model: &Model) -> Options {
    Options::preset(name, model).expect("a preset")
}

fn run(job: &Job, facts: &Facts, model: &Model, options: &Options) -> Summary {
    job.run(&facts.store, model, options, &AtomicBool::new(false), &mut |_| {}).expect("the job runs")
}

/// The contents of a run of `selection` in a new store.
fn selected(selection: Selection) -> (Summary, Contents) {
    let (facts, model) = (Facts::new(), model("bert"));
    let options = preset("kn", &model);
    let job = Job { selection, ..job(&model, &options) };
    let summary = run(&job, &facts, &model, &options);
    (summary, facts.contents("run"))
}

fn keys(contents: &Contents) -> Vec<(&str, &str, u16)> {
    contents.keys().map(|(fact, language, prompt)| (fact.as_str(), language.as_str(), *prompt)).collect()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn what_is_stored_is_what_a_fact_s_attribution_gives() {
    // With rows of a pass given, facts share passes of any model.
    let cases = [
        ("bert", "amig", None),
        ("gpt2", "amig", None),
        ("gpt2", "kn", Some(40)),
        ("gpt2", "amig-code", None),
        ("bert", "amig", Some(60)),
    ];
    for (name, method, batch) in cases {
        let (facts, model) = (Facts::new(), model(name));
        let options = Options { batch, ..preset(method, &model) };
        let summary = run(&job(&model, &options), &facts, &model, &options);
        let contents = facts.contents("run");
        assert_eq!(contents.len() as u64, summary.attributed);
        assert!(contents.len() > 5, "{name} {method}");
        let attribution = Attribution::new(&model, &options).expect("the options fit");
        for ((fact, language, prompt), (scores, evidence)) in &contents {
            let of_fact = |label: &&(&str, &str, &str, &str, &str)| label.0 == fact && label.2 == language;
            let &(_, relation, _, subject, object) = LABELS.iter().find(of_fact).expect("a label");
            let mut templates = TEMPLATES.iter().filter(|it| (it.0, it.1) == (relation, language.as_str()));
            let template = templates.nth(usize::from(*prompt)).expect("a template").2;
            let question = attribution.question(template, subject, object).expect("can be asked");
            let expected = attribution.scores(&question).expect("finite").expect("can be scored");
            assert_eq!(scores.len(), expected.scores.len(), "everything is kept");
            for &(neuron, bits) in scores {
                assert_eq!(f32::from_bits(bits), expected.scores[neuron as usize], "{name} {fact} {language} {neuron}");
            }
            let expected =
                expected.evidence.iter().map(|it| [it.probability, it.baseline, it.residual].map(f32::to_bits));
            assert_eq!(*evidence, expected.collect::<Vec<_>>(), "{name} {fact} {language}");
        }
    }
}

#[test]
fn an_entry_says_what_it_was_made_from() {
    for name in ["bert", "gpt2"] {
        let (facts, model) = (Facts::new(), model(name));
        let options = preset("kn", &model);
        run(&job(&model, &options), &facts, &model, &options);
        let attribution = Attribution::new(&model, &options).expect("the options fit");
        let origins = facts.origins("run");
        assert_eq!(origins.len(), 12);
        let (mut right, mut several) = (0, 0);
        for ((fact, language, prompt), origin) in origins {
            let of_fact = |label: &&(&str, &str, &str, &str, &str)| label.0 == fact && label.2 == language;
            let &(_, relation, _, subject, object) = LABELS.iter().find(of_fact).expect("a label");
            let mut templates = TEMPLATES.iter().filter(|it| (it.0, it.1) == (relation, language.as_str()));
            let template = templates.nth(usize::from(prompt)).expect("a template").2;
            assert_eq!(origin.question, Some(kndb_storage::question_hash(template, subject, object, prompt)));
            let question = attribution.question(template, subject, object).expect("can be asked");
            assert_eq!(origin.tokens.map(usize::from), Some(question.steps.len()));
            // By the logits, as the model gives them, each token behind the right ones before it.
            let better = |step: &Step| {
                let logits = model.network.logits(&step.ids, step.position);
                let target = logits[step.target as usize];
                logits.iter().filter(|&&logit| logit > target).count()
            };
            let better = question.steps.iter().map(better).max().expect("a token");
            assert_eq!(origin.rank, Some(better as u32 + 1), "{name} {fact} {language} {prompt}");
            let answered = Variants::new(&model.network, &question).expect("can be asked").is_answered();
            assert_eq!(better == 0, answered, "as the fact check asks it");
            let [step] = question.steps.as_slice() else {
                several += 1;
                assert_eq!(origin.answer, None, "what comes after a wrong token is not known");
                continue;
            };
            let logits = model.network.logits(&step.ids, step.position);
            let best =
                (0..logits.len()).reduce(|a, b| if logits[b] > logits[a] { b } else { a }).expect("a vocabulary");
            assert_eq!(origin.answer, attribution.text_of(best as u32));
            right += usize::from(better == 0);
        }
        assert!(right + several < 12, "{name}: a model of random weights is not always right");
    }
}

#[test]
fn changed_labels_are_noticed_and_computed_anew_when_asked_for() {
    let (facts, model) = (Facts::new(), model("bert"));
    let options = preset("kn", &model);
    let first = job(&model, &options);
    run(&first, &facts, &model, &options);
    let before = facts.contents("run");
    assert_eq!(run(&first, &facts, &model, &options).already_there, 12, "the same questions");

    facts.relabel("f1", "en", "Italy", "Rome");
    let stop = AtomicBool::new(false);
    let refused = first.run(&facts.store, &model, &options, &stop, &mut |_| {}).expect_err("changed").to_string();
    assert!(refused.contains("2 of the entries") && refused.contains("\"f1\" (en, prompt 0)"), "{refused}");
    assert_eq!(facts.contents("run"), before);

    let again = Job { replace_changed: true, ..first.clone() };
    let summary = run(&again, &facts, &model, &options);
    assert_eq!((summary.attributed, summary.already_there), (2, 10));
    let after = facts.contents("run");
    let changed: Vec<_> =
        after.iter().filter(|(key, found)| before[key] != **found).map(|(key, _)| key.clone()).collect();
    assert_eq!(changed, [("f1".into(), "en".into(), 0), ("f1".into(), "en".into(), 1)]);
    assert_eq!(run(&first, &facts, &model, &options).already_there, 12, "and now they are the same again");
}

#[test]
fn what_cannot_be_asked_is_counted() {
    let place = |reason, relation: &str, language: &str| SkipPlace {
        reason,
        relation: relation.into(),
        language: language.into(),
    };
    let (summary, contents) = selected(Selection::default());
    let expected = [
        (place(Skip::NoLabel, "P36", "zh"), 1),
        (place(Skip::NoLabel, "P1376", "zh"), 1),
        (place(Skip::NoTemplate, "P37", "zh"), 1),
        (place(Skip::UnknownObject, "P36", "zh"), 1),
    ];
    assert_eq!(summary.skipped, expected.into_iter().collect());
    assert_eq!((summary.facts, summary.attributed, summary.left, summary.stopped), (6, 12, 0, false));
    assert_eq!(contents.len(), 12);

    // A causal model is not asked for what comes before the subject; byte-level tokenizers know every object.
    let (facts, model) = (Facts::new(), model("gpt2"));
    let options = preset("kn", &model);
    let summary = run(&job(&model, &options), &facts, &model, &options);
    let causal = summary.skipped.get(&place(Skip::SubjectAfterObject, "P1376", "en"));
    assert_eq!((causal, summary.skipped_in_all(), summary.attributed), (Some(&1), 4, 12));
}

#[test]
fn a_selection_is_of_languages_relations_facts_and_prompts() {
    let (summary, contents) = selected(Selection { limit: Some(2), ..Selection::default() });
    let expected =
        [("f1", "en", 0), ("f1", "en", 1), ("f1", "zh", 0), ("f2", "en", 0), ("f2", "en", 1), ("f2", "zh", 0)];
    assert_eq!((summary.facts, keys(&contents)), (2, expected.into()));

    let (_, contents) =
        selected(Selection { relations: names(&["P37", "P1376"]), languages: names(&["en"]), ..Selection::default() });
    assert_eq!(keys(&contents), [("f5", "en", 0), ("f6", "en", 0)]);

    // Facts that cannot be asked in any chosen language do not count towards the limit, but are reported.
    let (summary, contents) = selected(Selection { languages: names(&["zh"]), limit: Some(3), ..Selection::default() });
    assert_eq!((summary.facts, keys(&contents)), (3, vec![("f1", "zh", 0), ("f2", "zh", 0)]));
    assert_eq!(summary.skipped_in_all(), 2, "{:?}", summary.skipped);

    let (_, contents) = selected(Selection { prompts: Prompts::First(1), limit: Some(1), ..Selection::default() });
    assert_eq!(keys(&contents), [("f1", "en", 0), ("f1", "zh", 0)]);
    let second = Prompts::Listed(vec![PromptId(1)]);
    let (summary, contents) = selected(Selection { prompts: second, ..Selection::default() });
    assert_eq!(keys(&contents), [("f1", "en", 1), ("f2", "en", 1), ("f3", "en", 1), ("f4", "en", 1)]);
    assert!(summary.skipped.keys().any(|place| place.reason == Skip::NoTemplate && place.language == "en"));
}

#[test]
fn a_job_that_was_stopped_goes_on_to_the_same_contents() {
    let model = model("gpt2");
    let options = preset("amig", &model);
    let job = job(&model, &options);
    let whole = Facts::many();
    let summary = run(&job, &whole, &model, &options);
    assert_eq!((summary.attributed, summary.facts), (180, 60));

    // Small passes, for which few facts are in work when it is stopped. The other run has others.
    let options = Options { batch: Some(16), ..options };
    let parts = Facts::many();
    let mut done = 0;
    for times in 1.. {
        let stop = AtomicBool::new(false);
        let mut seen = Vec::new();
        let mut progress = |progress: Progress| {
            seen.push(progress.done);
            stop.store(progress.done >= 40, Ordering::Relaxed);
        };
        let summary = job.run(&parts.store, &model, &options, &stop, &mut progress).expect("the job runs");
        assert_eq!(summary.already_there, done);
        assert!(seen.is_sorted());
        done += summary.attributed;
        assert_eq!(parts.contents("run").len() as u64, done, "what is in work is finished and stored");
        let finished = parts.store.snapshot().expect("a snapshot").run_named("run").expect("the run").finished;
        assert_eq!((summary.left, finished), (180 - done, !summary.stopped));
        if !summary.stopped {
            assert!(times >= 3, "stopped {times} times");
            break;
        }
    }
    assert_eq!(parts.contents("run"), whole.contents("run"));

    let again = run(&job, &parts, &model, &options);
    assert_eq!((again.attributed, again.already_there), (0, 180));
}

#[test]
fn a_finished_run_is_extended() {
    let (facts, model) = (Facts::new(), model("bert"));
    let options = preset("kn", &model);
    let whole = Facts::new();
    run(&job(&model, &options), &whole, &model, &options);
    for (language, there) in [("zh", 0), ("en", 0), ("en", 10)] {
        let selection = Selection { languages: names(&[language]), ..Selection::default() };
        let summary = run(&Job { selection, ..job(&model, &options) }, &facts, &model, &options);
        assert_eq!(summary.already_there, there);
        assert!(facts.store.snapshot().expect("a snapshot").run_named("run").expect("the run").finished);
    }
    assert_eq!(facts.contents("run"), whole.contents("run"));
}

#[test]
fn layers_that_were_not_asked_for_are_zero_and_the_run_says_so() {
    let (facts, model) = (Facts::new(), model("bert"));
    let mut options = preset("amig", &model);
    options.layers = vec![1];
    options.preset = None;
    run(&job(&model, &options), &facts, &model, &options);
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let spec = &snapshot.run_named("run").expect("the run").spec;
    assert!(spec.parameters.contains(&("layers".into(), "1".into())), "{:?}", spec.parameters);
    assert_eq!((spec.preset.as_deref(), spec.weights_hash.as_deref()), (None, Some(model.weights_hash())));
    let width = model.shape().width;
    for (scores, _) in facts.contents("run").values() {
        let inside = |&&(neuron, _): &&(u32, u32)| neuron / width == 1;
        assert!(scores.iter().filter(inside).any(|&(_, bits)| f32::from_bits(bits) != 0.0));
        assert!(scores.iter().filter(|it| !inside(it)).all(|&(_, bits)| f32::from_bits(bits) == 0.0));
    }
}

#[test]
fn mistakes_are_errors_and_leave_no_run_behind() {
    let (facts, model) = (Facts::new(), model("bert"));
    let options = preset("amig", &model);
    let refused = |job: &Job, options: &Options| {
        let stop = AtomicBool::new(false);
        job.run(&facts.store, &model, options, &stop, &mut |_| {}).expect_err("is refused").to_string()
    };
    let language = Selection { languages: names(&["fr"]), ..Selection::default() };
    let told = refused(&Job { selection: language, ..job(&model, &options) }, &options);
    assert_eq!(told, "there is no language \"fr\"; expected one that has labels of facts: en, zh");
    let relation = Selection { relations: names(&["P1"]), ..Selection::default() };
    let told = refused(&Job { selection: relation, ..job(&model, &options) }, &options);
    assert_eq!(told, "there is no relation \"P1\"; expected one of the store's: P1376, P36, P37");
    let outside = Options { layers: vec![3], ..options.clone() };
    refused(&job(&model, &outside), &outside);

    // It can be known without a model.
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let selection = |languages: &[&str], relations: &[&str]| Selection {
        languages: names(languages),
        relations: names(relations),
        ..Selection::default()
    };
    let told = |languages: &[&str], relations: &[&str]| selection(languages, relations).check(&snapshot).err();
    assert!(told(&["zh"], &["P36"]).is_none() && told(&[], &[]).is_none());
    assert!(told(&["zh", "fr"], &[]).is_some_and(|error| error.to_string().starts_with("there is no language \"fr\"")));
    let without = told(&["zh"], &["P37"]).expect("no template").to_string();
    assert_eq!(without, "there is no template of P37 in zh, so no fact can be asked");

    // Nothing that was selected can be asked.
    let nothing = Selection { languages: names(&["zh"]), relations: names(&["P37"]), ..Selection::default() };
    let summary = run(&Job { selection: nothing, ..job(&model, &options) }, &facts, &model, &options);
    assert_eq!((summary.attributed, summary.facts, summary.skipped_in_all()), (0, 0, 1));
    assert_eq!(facts.store.snapshot().expect("a snapshot").runs().len(), 0);

    run(&job(&model, &options), &facts, &model, &options);
    let other = preset("kn", &model);
    assert!(refused(&job(&model, &other), &other).contains("already there with"));
}

#[test]
fn facts_that_a_score_type_cannot_keep_are_skipped_and_counted() {
    // A trained model, of which wrong objects are asked: improbable ones, whose scores are small.
    let asked = [
        ("f1", "P36", "en", "France", "Paris"),
        ("f2", "P36", "en", "France", "Asia"),
        ("f3", "P36", "en", "Japan", "French"),
        ("f4", "P36", "zh", "法国", "非洲"),
    ];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/models/bilingual-masked");
    let model = Model::load(folder, &kndb_engine::device("cpu").expect("a device")).expect("the demo's model");
    let options = preset("amig", &model);
    let whole = Facts::of(&asked);
    run(&job(&model, &options), &whole, &model, &options);
    let whole = whole.contents("run");
    let kept = |score_type: ScoreType| {
        let scores =
            |(scores, _): &store::Stored| scores.iter().map(|&(_, bits)| f32::from_bits(bits)).collect::<Vec<_>>();
        let fits = whole.iter().filter(move |(_, stored)| score_type.cannot_keep(&scores(stored)).is_none());
        fits.map(|(key, _)| key.clone()).collect::<Vec<_>>()
    };
    let kept_as_f16 = kept(ScoreType::F16).len();
    assert!(0 < kept_as_f16 && kept_as_f16 < whole.len(), "{kept_as_f16} of {}", whole.len());
    for score_type in [ScoreType::F16, ScoreType::Bf16] {
        let facts = Facts::of(&asked);
        let mut job = job(&model, &options);
        job.run.score_type = score_type;
        let summary = run(&job, &facts, &model, &options);
        let skipped =
            summary.skipped.iter().filter(|(place, _)| place.reason == Skip::ScoreType).map(|(_, count)| count);
        assert_eq!(skipped.sum::<u64>(), (whole.len() - kept(score_type).len()) as u64);
        let found: Vec<_> = facts.contents("run").into_keys().collect();
        assert_eq!(found, kept(score_type));
    }
}

/// A job that is stopped after so many questions.
fn stopped(job: &Job, facts: &Facts, model: &Model, options: &Options, after: u64) -> Summary {
    let stop = AtomicBool::new(false);
    let mut progress = |progress: Progress| stop.store(progress.done >= after, Ordering::Relaxed);
    job.run(&facts.store, model, options, &stop, &mut progress).expect("the job runs")
}

fn is_finished(facts: &Facts) -> bool {
    facts.store.snapshot().expect("a snapshot").run_named("run").expect("the run").finished
}

#[test]
fn a_job_of_fewer_facts_does_not_finish_a_run_that_a_larger_one_left_open() {
    let (facts, model) = (Facts::many(), model("bert"));
    let options = preset("kn", &model);
    let whole = job(&model, &options);
    let some = |limit| Job { selection: Selection { limit: Some(limit), ..Selection::default() }, ..whole.clone() };
    assert!(stopped(&whole, &facts, &model, &options, 20).stopped);
    assert!(!is_finished(&facts));

    let summary = run(&some(30), &facts, &model, &options);
    assert!(!summary.stopped);
    let rest = summary.left_by_others;
    assert!(rest > 0 && !is_finished(&facts), "{summary:?}");
    // The same again adds nothing, and the run stays open.
    assert_eq!((run(&some(30), &facts, &model, &options).left_by_others, is_finished(&facts)), (rest, false));

    let summary = run(&whole, &facts, &model, &options);
    assert_eq!((summary.attributed, summary.left_by_others, is_finished(&facts)), (rest, 0, true));
    // A run that is complete stays so when a part of it is asked for again.
    run(&some(2), &facts, &model, &options);
    assert!(is_finished(&facts));
}

#[test]
fn a_job_of_more_facts_finishes_what_a_smaller_one_left_open() {
    let (facts, model) = (Facts::many(), model("bert"));
    let options = preset("kn", &model);
    let whole = job(&model, &options);
    let some = Job { selection: Selection { limit: Some(30), ..Selection::default() }, ..whole.clone() };
    assert!(stopped(&some, &facts, &model, &options, 20).stopped);
    let summary = run(&whole, &facts, &model, &options);
    assert_eq!((summary.left_by_others, is_finished(&facts)), (0, true));
}

/// As a process leaves it that was killed right after its run was begun.
#[test]
fn an_empty_run_of_a_job_that_was_killed_is_in_nobody_s_way() {
    let (facts, model) = (Facts::new(), model("bert"));
    for with_record in [false, true] {
        let mistaken = Job::new("run", &model, &preset("amig", &model), "cpu");
        let writer = facts.store.open_run(mistaken.run).expect("a run");
        if with_record {
            writer.job("kndb job {}", kndb_storage::OnConflict::Refuse).expect("a record");
        }
        drop(writer);
        let options = preset("kn", &model);
        let summary = run(&job(&model, &options), &facts, &model, &options);
        assert!(summary.attributed > 0 && is_finished(&facts));
        facts.store.drop_run("run").expect("it is there");
    }
}

#[test]
fn shards_of_several_machines_merge_into_the_run_of_one() {
    let (whole, model) = (Facts::many(), model("bert"));
    let options = preset("kn", &model);
    let limited = Selection { limit: Some(40), ..Selection::default() };
    let all = Job { selection: limited.clone(), ..job(&model, &options) };
    run(&all, &whole, &model, &options);
    let shards: Vec<Facts> = (1..=3).map(|_| Facts::many()).collect();
    let mut facts = 0;
    for (number, machine) in (1..).zip(&shards) {
        let selection = Selection { shard: Shard::new(number, 3), ..limited.clone() };
        let shard = Job { selection, ..all.clone() };
        let summary = run(&shard, machine, &model, &options);
        assert!(summary.attributed > 0 && summary.left_by_others == 0, "{summary:?}");
        assert_eq!(run(&shard, machine, &model, &options).attributed, 0, "the same again finds all of it there");
        facts += summary.facts;
    }
    assert_eq!(facts, 40, "every fact is of one shard");
    let spec =
        |facts: &Facts| facts.store.snapshot().expect("a snapshot").run_named("run").expect("there").spec.clone();
    assert!(shards.iter().all(|machine| spec(machine) == spec(&whole)), "nothing in the record is of a shard");
    let [first, others @ ..] = shards.as_slice() else { panic!("three shards") };
    let others: Vec<_> = others.iter().map(|machine| machine.store.clone()).collect();
    let merged = kndb_storage::Store::merge(first.store.path(), &others, &mut |_, _, _| {}).expect("merges");
    assert!(merged.runs[0].finished && merged.runs[0].same == 0, "{merged:?}");
    assert_eq!(first.contents("run"), whole.contents("run"));
    assert_eq!(first.origins("run"), whole.origins("run"));
    assert_eq!(run(&all, first, &model, &options).attributed, 0, "nothing is missing");
}
