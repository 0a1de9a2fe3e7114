//! Degenerate groups of many facts into a store: what is stored is what the definition says, whatever interrupts it.

mod store;

use kndb_engine::degenerate::{Clustering, DegenerateJob, Search, Suppression};
use kndb_engine::job::{Job, Prompts, Summary};
use kndb_engine::{Continuation, Error, Intervention, Model, Options, Skip, Variants};
use kndb_storage::{Entry, EntryData, FactBatch, FactId, FactRow, Group, Keep, Neuron, RunSpec};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Facts, LABELS, TEMPLATES, model};

type Groups = BTreeMap<(String, String, u16), Vec<Group>>;

/// Tiny random models have no degenerate pairs at the paper's thresholds; these find some.
fn loose(size: usize) -> Suppression {
    Suppression { t_low: 0.3, t_high: 0.05, keep_low: 0.9, keep_high: 0.0, size }
}

fn attributed(facts: &Facts, model: &Model) {
    let options = Options::preset("kn", model).expect("a preset");
    let mut job = Job::new("scores", model, &options, "cpu");
    job.run.keep = Keep::All;
    job.run(&facts.store, model, &options, &AtomicBool::new(false), &mut |_| {}).expect("the job runs");
}

fn job(facts: &Facts, model: &Model, search: Search) -> DegenerateJob {
    let snapshot = facts.store.snapshot().expect("a snapshot");
    DegenerateJob::new("groups", &snapshot, "scores", model, search, 6, "cpu").expect("the options fit")
}

fn run(job: &DegenerateJob, facts: &Facts, model: &Model) -> Summary {
    job.run(&facts.store, model, &AtomicBool::new(false), &mut |_| {}).expect("the job runs")
}

fn stored(facts: &Facts, run: &str) -> Groups {
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let id = snapshot.run_named(run).map(|run| run.id);
    let mut all = Groups::new();
    for slot in snapshot.group_slots().filter(|slot| Some(slot.run) == id) {
        for part in snapshot.group_parts(slot).expect("opens") {
            for local in 0..part.part.len() {
                let fact = FactId(u32::from_le_bytes(part.part.facts().expect("facts")[local as usize]));
                let name = snapshot.external_id(fact).expect("an id").to_owned();
                let key = (name, snapshot.language_name(slot.language).to_owned(), slot.prompt.0);
                all.insert(key, part.part.groups(local).expect("groups"));
            }
        }
    }
    all
}

/// Every set of `size` of `all`, in order.
fn choose(all: &[Neuron], size: usize) -> Vec<Vec<Neuron>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut sets = Vec::new();
    for (at, &first) in all.iter().enumerate() {
        for mut rest in choose(&all[at + 1..], size - 1) {
            rest.insert(0, first);
            sets.push(rest);
        }
    }
    sets
}

/// The groups of an entry by the definition, one pass a set: every set of up to `size` candidates, all of whose proper
/// subsets are harmless at `keep_low`; of the largest only those harmful at `keep_high`.
fn by_definition(search: &Suppression, candidates: &[Neuron], p: &dyn Fn(&[Neuron]) -> f32) -> Vec<Vec<Neuron>> {
    let untouched = f64::from(p(&[]));
    let harmless = |set: &[Neuron], share: f64| f64::from(p(set)) >= untouched * (1.0 - share);
    let mut found = Vec::new();
    for size in 2..=search.size {
        for set in choose(candidates, size) {
            let subsets = (1..size).flat_map(|smaller| choose(&set, smaller));
            let possible = subsets.into_iter().all(|subset| harmless(&subset, search.keep_low));
            if possible && (size < search.size || !harmless(&set, search.keep_high)) {
                found.push(set);
            }
        }
    }
    found
}

#[test]
fn what_is_stored_is_what_the_definition_says() {
    let mut largest = 0;
    for (name, size) in [("bert", 2), ("bert", 3), ("gpt2", 2), ("gpt2", 4)] {
        let (facts, model) = (Facts::new(), model(name));
        attributed(&facts, &model);
        let search = loose(size);
        let summary = run(&job(&facts, &model, Search::Suppression(search.clone())), &facts, &model);
        let (scores, groups) = (facts.contents("scores"), stored(&facts, "groups"));
        assert_eq!(groups.keys().collect::<Vec<_>>(), scores.keys().collect::<Vec<_>>(), "an entry each");
        assert_eq!(summary.attributed, groups.len() as u64);
        for ((fact, language, prompt), groups) in &groups {
            // The `kn` preset's τ is 0.2, and 0.7 of the prompts must agree: of one or two, all.
            let above = |prompt: u16| -> Option<Vec<u32>> {
                let ranked = &scores.get(&(fact.clone(), language.clone(), prompt))?.0;
                let best = f64::from(f32::from_bits(ranked[0].1));
                let passes = |bits: u32| f64::from(f32::from_bits(bits)) > 0.2 * best;
                Some(ranked.iter().filter(|(_, bits)| passes(*bits)).map(|(neuron, _)| *neuron).collect())
            };
            let everywhere: Vec<Vec<u32>> = (0..3).filter_map(above).collect();
            let agreed = |neuron: &u32| everywhere.iter().all(|of_prompt| of_prompt.contains(neuron));
            let own = above(*prompt).expect("the entry is there").into_iter().filter(agreed);
            let mut candidates: Vec<Neuron> = own.take(6).map(Neuron).collect();
            candidates.sort_unstable();
            let &(_, relation, _, subject, object) =
                LABELS.iter().find(|label| (label.0, label.2) == (fact, language)).expect("a label");
            let mut templates = TEMPLATES.iter().filter(|it| (it.0, it.1) == (relation, language.as_str()));
            let template = templates.nth(usize::from(*prompt)).expect("a template").2;
            let question = model.asking().question(template, subject, object).expect("can be asked");
            let variants = Variants::new(&model.network, &question).expect("a small network");
            let p = |set: &[Neuron]| {
                let list = vec![Intervention::suppress(set.to_vec())];
                variants.probabilities(&[list]).expect("finite")[0] as f32
            };
            let expected = by_definition(&search, &candidates, &p);
            let found: Vec<Vec<Neuron>> = groups.iter().map(|group| group.neurons.clone()).collect();
            assert_eq!(found, expected, "{name}, size {size}: {fact} {language} {prompt}");
            let near = |a: f32, b: f32| (a - b).abs() <= 1e-6;
            for group in groups {
                let evidence = group.evidence.as_ref().expect("measured");
                assert!(near(evidence.probability, p(&[])) && near(evidence.after_all, p(&group.neurons)));
                for (&neuron, &after) in group.neurons.iter().zip(&evidence.after_each) {
                    assert!(near(after, p(&[neuron])), "{name}: {fact} {neuron}");
                }
                largest = largest.max(group.neurons.len());
            }
        }
    }
    assert_eq!(largest, 4, "the toys are too small to say anything");
}

#[test]
fn a_search_that_was_stopped_goes_on_to_the_same_contents() {
    let model = model("gpt2");
    let whole = Facts::many();
    attributed(&whole, &model);
    run(&job(&whole, &model, Search::Suppression(loose(2))), &whole, &model);
    let stopped = Facts::many();
    attributed(&stopped, &model);
    let job = job(&stopped, &model, Search::Suppression(loose(2)));
    let stop = AtomicBool::new(false);
    let mut progress = |progress: kndb_engine::job::Progress| {
        if progress.done >= 10 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let summary = job.run(&stopped.store, &model, &stop, &mut progress).expect("stops in order");
    assert!(summary.stopped && summary.left > 0 && summary.attributed >= 10, "{summary:?}");
    let summary = run(&job, &stopped, &model);
    assert!(!summary.stopped && summary.already_there >= 10, "{summary:?}");
    let (whole, stopped) = (stored(&whole, "groups"), stored(&stopped, "groups"));
    assert!(whole.len() > 50 && whole.values().any(|groups| !groups.is_empty()));
    assert_eq!(whole, stopped);
}

#[test]
fn clusters_are_stored_with_their_evidence() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    attributed(&facts, &model);
    let any = Clustering { persistence: 0.0, within: 1.0, ..Clustering::default() };
    run(&job(&facts, &model, Search::Clustering(any)), &facts, &model);
    let groups = stored(&facts, "groups");
    let all: Vec<&Group> = groups.values().flatten().collect();
    assert!(!all.is_empty());
    for group in all {
        let evidence = group.evidence.as_ref().expect("measured");
        assert!((2..6).contains(&group.neurons.len()) && evidence.after_each.len() == group.neurons.len());
    }
    let run = facts.store.snapshot().expect("a snapshot").run_named("groups").cloned().expect("the run");
    assert_eq!(run.spec.method, "ntc");
    assert!(run.spec.parameters.contains(&("source".into(), "scores".into())));
}

#[test]
fn another_source_of_the_same_name_is_refused() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    attributed(&facts, &model);
    let mut first = job(&facts, &model, Search::Suppression(loose(2)));
    first.selection.limit = Some(2);
    run(&first, &facts, &model);
    facts.store.drop_run("scores").expect("dropped");
    let options = Options { tau: 0.25, preset: None, ..Options::preset("kn", &model).expect("a preset") };
    let mut again = Job::new("scores", &model, &options, "cpu");
    again.run.keep = Keep::All;
    again.run(&facts.store, &model, &options, &AtomicBool::new(false), &mut |_| {}).expect("the job runs");
    let second = job(&facts, &model, Search::Suppression(loose(2)));
    let refused = second.run(&facts.store, &model, &AtomicBool::new(false), &mut |_| {}).expect_err("another source");
    assert!(refused.to_string().contains("source scores"), "{refused}");
}

#[test]
fn facts_whose_labels_have_changed_since_are_left_out_and_counted() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    attributed(&facts, &model);
    let row = FactRow {
        id: "f1".into(),
        relation: "P36".into(),
        language: "en".into(),
        subject: "France".into(),
        object: "Kenya".into(),
        subject_uri: None,
        object_uri: None,
    };
    let batch = FactBatch { facts: vec![row], ..FactBatch::default() };
    facts.store.add_facts(batch).expect("labels are taken");
    let summary = run(&job(&facts, &model, Search::Suppression(loose(2))), &facts, &model);
    let changed = summary.skipped.iter().filter(|(place, _)| place.reason == Skip::Changed);
    let changed: Vec<_> = changed.map(|(place, count)| (place.language.as_str(), *count)).collect();
    assert_eq!(changed, [("en", 2)], "f1 with both of its templates: {:?}", summary.skipped);
    assert!(
        !stored(&facts, "groups").keys().any(|(fact, language, _)| (fact.as_str(), language.as_str()) == ("f1", "en"))
    );
}

#[test]
fn facts_whose_scores_were_asked_with_other_labels_are_left_out_whatever_the_probability() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    // Its scores are of other continuations than are asked here, so that probabilities say nothing.
    let options = Options::preset("kn", &model).expect("a preset");
    let options = Options { continuation: Continuation::ReleasedCode, preset: None, ..options };
    let mut source = Job::new("scores", &model, &options, "cpu");
    source.run.keep = Keep::All;
    source.run(&facts.store, &model, &options, &AtomicBool::new(false), &mut |_| {}).expect("the job runs");
    facts.relabel("f1", "en", "Kenya", "Paris");
    let summary = run(&job(&facts, &model, Search::Suppression(loose(2))), &facts, &model);
    let changed: u64 =
        summary.skipped.iter().filter(|(place, _)| place.reason == Skip::Changed).map(|(_, count)| count).sum();
    assert_eq!(changed, 2, "f1 with both of its templates: {:?}", summary.skipped);
    assert!(
        !stored(&facts, "groups").keys().any(|(fact, language, _)| (fact.as_str(), language.as_str()) == ("f1", "en"))
    );
}

#[test]
fn entries_of_the_source_that_cannot_be_asked_are_counted() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    let writer = facts.store.open_run(RunSpec::new("sets", "gpt2", model.shape())).expect("a run");
    for (fact, language, prompt) in
        [("f1", "en", 0), ("f1", "de", 0), ("f1", "en", 9), ("f9", "en", 0), ("f3", "zh", 0)]
    {
        let data = EntryData::Neurons(vec![Neuron(1), Neuron(2)]);
        let entry = Entry { fact: fact.into(), language: language.into(), prompt, data };
        writer.append(entry).expect("taken");
    }
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let search = Search::Suppression(loose(2));
    let job = DegenerateJob::new("groups", &snapshot, "sets", &model, search, 6, "cpu").expect("the options fit");
    let summary = run(&job, &facts, &model);
    assert_eq!((summary.attributed, summary.skipped_in_all()), (1, 4), "{:?}", summary.skipped);
    let mut only_german = job.clone();
    only_german.selection.languages = vec!["de".into()];
    assert_eq!(run(&only_german, &facts, &model).skipped_in_all(), 1);
    only_german.selection.languages = vec!["fr".into()];
    let refused = only_german.run(&facts.store, &model, &AtomicBool::new(false), &mut |_| {}).expect_err("no French");
    assert!(refused.to_string().contains("de, en, zh") || refused.to_string().contains("en, zh, de"), "{refused}");
}

#[test]
fn candidates_are_found_in_enough_prompts_and_above_what_was_kept() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    let options = Options { prompt_share: 1.0, preset: None, ..Options::preset("kn", &model).expect("a preset") };
    let mut scores = Job::new("scores", &model, &options, "cpu");
    // Exactly τ: nothing above it is missing, though the floor was rounded.
    scores.run.keep = Keep::Share(0.2);
    scores.run(&facts.store, &model, &options, &AtomicBool::new(false), &mut |_| {}).expect("the job runs");
    let every = Suppression { t_low: 1.0, t_high: 0.0, keep_low: 1.0, keep_high: 0.0, size: 2 };
    run(&job(&facts, &model, Search::Suppression(every)), &facts, &model);
    let (scores, groups) = (facts.contents("scores"), stored(&facts, "groups"));
    let above = |prompt: u16| -> Vec<u32> {
        let ranked = &scores[&("f1".to_owned(), "en".to_owned(), prompt)].0;
        let best = f64::from(f32::from_bits(ranked[0].1));
        ranked
            .iter()
            .filter(|(_, bits)| f64::from(f32::from_bits(*bits)) > 0.2 * best)
            .map(|(neuron, _)| *neuron)
            .collect()
    };
    let (first, second) = (above(0), above(1));
    assert!(first.iter().any(|neuron| !second.contains(neuron)), "the prompts agree, so this shows nothing");
    for group in groups.iter().filter(|((fact, language, _), _)| (fact.as_str(), language.as_str()) == ("f1", "en")) {
        for neuron in group.1.iter().flat_map(|group| &group.neurons) {
            assert!(first.contains(&neuron.0) && second.contains(&neuron.0), "{neuron} is not in both");
        }
    }
}

#[test]
fn mistakes_are_errors_and_leave_no_run_behind() {
    let (facts, gpt2) = (Facts::new(), model("gpt2"));
    attributed(&facts, &gpt2);
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let new = |source: &str, model: &Model, search: Suppression, candidates| {
        DegenerateJob::new("groups", &snapshot, source, model, Search::Suppression(search), candidates, "cpu")
            .expect_err("a mistake")
            .to_string()
    };
    assert!(new("score", &gpt2, loose(2), 6).contains("scores"), "the runs there are");
    assert!(new("scores", &model("bert"), loose(2), 6).contains("run \"scores\""));
    assert!(new("scores", &gpt2, loose(9), 6).contains("size"));
    assert!(new("scores", &gpt2, loose(2), 1).contains("candidates"));
    let mut job = job(&facts, &gpt2, Search::Suppression(loose(2)));
    job.selection.relations = vec!["P99".into()];
    let nothing = job.run(&facts.store, &gpt2, &AtomicBool::new(false), &mut |_| {});
    assert!(matches!(nothing, Err(Error::Unknown { what: "relation", .. })), "{nothing:?}");
    assert!(facts.store.snapshot().expect("a snapshot").run_named("groups").is_none());
}

#[test]
fn sets_without_scores_have_no_best_neurons() {
    let (facts, model) = (Facts::new(), model("gpt2"));
    let writer = facts.store.open_run(RunSpec::new("sets", "gpt2", model.shape())).expect("a run");
    let entry = |fact: &str, count: u32| Entry {
        fact: fact.into(),
        language: "en".into(),
        prompt: 0,
        data: EntryData::Neurons((0..count).map(Neuron).collect()),
    };
    writer.append(entry("f1", 4)).expect("taken");
    let snapshot = facts.store.snapshot().expect("a snapshot");
    let search = Search::Suppression(loose(2));
    let mut job = DegenerateJob::new("groups", &snapshot, "sets", &model, search, 6, "cpu").expect("the options fit");
    job.selection.prompts = Prompts::First(1);
    assert_eq!(run(&job, &facts, &model).attributed, 1, "all four are candidates");
    writer.append(entry("f2", 7)).expect("taken");
    let refused = job.run(&facts.store, &model, &AtomicBool::new(false), &mut |_| {}).expect_err("which six?");
    assert!(refused.to_string().contains("at least 7"), "{refused}");
}
