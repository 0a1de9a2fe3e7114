//! kndb on real data, through its command: mLAMA in English and Chinese, and EleutherAI's knowledge
//! neurons. Published counts, and counts made here from the files without kndb.
//!
//! Needs `../shared/data`; without it every test is reported as ignored, with the reason.

#[path = "../cli/tests/environment/mod.rs"]
mod environment;
#[path = "product/shared_data.rs"]
mod shared_data;

use environment::Environment;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};

type Neurons = HashMap<String, BTreeSet<(u64, u64)>>;
type Test = fn(&Environment, &Path) -> Result<(), Failed>;

fn main() {
    let arguments = Arguments::from_args();
    let store: Arc<OnceLock<Environment>> = Arc::default();
    let tests: [(&str, Test); 8] = [
        ("facts_and_pairs_are_counted", counts),
        ("pairs_by_layer_are_those_of_the_files", by_layer),
        ("facts_of_one_neuron", one_neuron),
        ("relation_p36", relation),
        ("labels_come_in_the_language_asked_for", labels),
        ("every_fact_has_the_neurons_of_its_file", every_fact),
        ("set_algebra_agrees_with_a_recount", algebra),
        ("score_questions_say_why_they_cannot_be_answered", no_scores),
    ];
    let trials = tests.map(|(name, test)| {
        let store = Arc::clone(&store);
        Trial::ignorable_test(name, move || match shared_data::folder() {
            Err(reason) => Ok(Completion::ignored_with(reason)),
            Ok(data) => test(store.get_or_init(|| import(&data)), &data).map(|()| Completion::Completed),
        })
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}

/// The four files of knowledge neurons of bert-base-uncased that EleutherAI published.
fn neuron_files(data: &Path) -> Vec<String> {
    (0..4)
        .map(|n| data.join(format!("eleutherai/bert-base-uncased_pararel_neurons_{n}.json")).display().to_string())
        .collect()
}

fn import(data: &Path) -> Environment {
    let environment = Environment::new();
    let mlama = data.join("mlama1.1");
    let (en, zh) = (mlama.join("en").display().to_string(), mlama.join("zh").display().to_string());
    environment.ok(&["facts", "db", &en, &zh]);
    let files = neuron_files(data);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let run = ["--run", "bert", "--model", "bert-base-uncased", "--layers", "12", "--width", "3072", "--lang", "en"];
    let ran = environment.ok(&[&["import", "db"], files.as_slice(), &run].concat());
    for line in ["13806", "152551", "21 "] {
        assert!(ran.out.contains(line), "the summary has {line}: {}", ran.out);
    }
    environment
}

/// Rows of a query, as lists of strings.
fn rows(environment: &Environment, query: &str) -> Vec<Vec<String>> {
    let text = environment.ok(&["query", "db", "-m", "csv", "-c", query]).out;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let row = |row: csv::Result<csv::StringRecord>| row.expect("a CSV row").iter().map(str::to_owned).collect();
    reader.records().map(row).collect()
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T) -> Result<(), Failed> {
    if found == expected {
        return Ok(());
    }
    Err(format!("found {found:?}, expected {expected:?}").into())
}

/// The files as they are, read without kndb.
fn files(data: &Path) -> Neurons {
    let mut all = Neurons::new();
    for path in neuron_files(data) {
        let text = std::fs::read_to_string(path).expect("a readable file");
        let file: HashMap<String, Vec<(u64, u64)>> = serde_json::from_str(&text).expect("EleutherAI's JSON");
        all.extend(file.into_iter().map(|(fact, neurons)| (fact, neurons.into_iter().collect())));
    }
    all
}

/// The facts of a relation file of mLAMA, read without kndb: id and subject.
fn relation_file(data: &Path, file: &str) -> HashMap<String, String> {
    let text = std::fs::read_to_string(data.join("mlama1.1").join(file)).expect("a readable file");
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        let text = |key: &str| row[key].as_str().expect("text").to_owned();
        (text("uuid"), text("sub_label"))
    };
    text.lines().map(row).collect()
}

fn counts(store: &Environment, _: &Path) -> Result<(), Failed> {
    let info: serde_json::Value = serde_json::from_str(&store.ok(&["info", "db", "--json"]).out)?;
    same(info["facts_without_labels"].as_u64(), Some(21))?;
    let facts = rows(store, "facts of kn by relation");
    let of_facts: u64 = facts.iter().map(|row| row[1].parse::<u64>().expect("a count")).sum();
    same(of_facts, 13_806)?;
    let pairs = rows(store, "kn by run");
    same(pairs, vec![["bert", "152551", "13806", &distinct_neurons(store), "1.0"].map(str::to_owned).to_vec()])
}

fn distinct_neurons(store: &Environment) -> String {
    rows(store, "neurons of kn by neuron").len().to_string()
}

fn by_layer(store: &Environment, data: &Path) -> Result<(), Failed> {
    let published = [765, 417, 620, 1489, 1420, 2183, 1959, 15424, 20856, 31486, 39445, 36487];
    let rows = rows(store, "kn[lang=en] by layer");
    let found: Vec<u64> = rows.iter().map(|row| row[1].parse().expect("a count")).collect();
    same(found.as_slice(), &published[..])?;
    // Distinct facts and neurons of every layer, counted from the files.
    let (mut facts, mut neurons) = (BTreeMap::<u64, u64>::new(), BTreeMap::<u64, BTreeSet<u64>>::new());
    for of_fact in files(data).values() {
        for layer in of_fact.iter().map(|&(layer, _)| layer).collect::<BTreeSet<_>>() {
            *facts.entry(layer).or_default() += 1;
        }
        for &(layer, neuron) in of_fact {
            neurons.entry(layer).or_default().insert(neuron);
        }
    }
    for row in rows {
        let layer: u64 = row[0].parse()?;
        same(row[2].clone(), facts[&layer].to_string())?;
        same(row[3].clone(), neurons[&layer].len().to_string())?;
    }
    Ok(())
}

fn one_neuron(store: &Environment, data: &Path) -> Result<(), Failed> {
    let rows = rows(store, "facts of (kn[lang=en] & neurons(9:852));");
    same(rows.len(), 133)?;
    let found: BTreeSet<String> = rows.into_iter().map(|row| row[0].clone()).collect();
    let expected = files(data).into_iter().filter(|(_, neurons)| neurons.contains(&(9, 852)));
    same(found, expected.map(|(fact, _)| fact).collect())
}

fn relation(store: &Environment, _: &Path) -> Result<(), Failed> {
    let total = rows(store, "kn[relation=P36] by relation");
    same(total[0][..3].to_vec(), vec!["P36".to_owned(), "1951".into(), "235".into()])?;
    let top = rows(store, "kn[relation=P36, lang=en] by neuron top 3");
    let top: Vec<[&str; 3]> = top.iter().map(|row| [row[0].as_str(), &row[1], &row[3]]).collect();
    same(top, vec![["10", "2484", "203"], ["9", "2062", "153"], ["7", "2200", "90"]])
}

fn labels(store: &Environment, data: &Path) -> Result<(), Failed> {
    let fact = "cb7007d9-673f-4fa5-8308-ddf2ae28b8c2";
    let query = format!("facts[fact={fact}]");
    let english = store.ok(&["query", "db", "-m", "csv", "-c", &query]).out;
    same(english.contains("Azerbaijan,Baku"), true)?;
    let chinese = store.ok(&["query", "db", "--labels", "zh", "-m", "csv", "-c", &query]).out;
    same(chinese.contains(&relation_file(data, "zh/P36.jsonl")[fact]), true)
}

fn every_fact(store: &Environment, data: &Path) -> Result<(), Failed> {
    let mut found = Neurons::new();
    for row in rows(store, "kn[lang=en]") {
        found.entry(row[0].clone()).or_default().insert((row[4].parse()?, row[5].parse()?));
    }
    same(found == files(data), true)
}

fn algebra(store: &Environment, data: &Path) -> Result<(), Failed> {
    // Neurons that capitals (P36) share with official languages (P37), by fact-independent sets.
    let (all, capitals, languages) =
        (files(data), relation_file(data, "en/P36.jsonl"), relation_file(data, "en/P37.jsonl"));
    let of = |relation: &HashMap<String, String>| -> BTreeSet<(u64, u64)> {
        let facts = all.iter().filter(|(fact, _)| relation.contains_key(*fact));
        facts.flat_map(|(_, neurons)| neurons.iter().copied()).collect()
    };
    for (sign, expected) in [
        ("&", of(&capitals).intersection(&of(&languages)).copied().collect::<BTreeSet<_>>()),
        ("-", of(&capitals).difference(&of(&languages)).copied().collect()),
        ("|", of(&capitals).union(&of(&languages)).copied().collect()),
        ("^", of(&capitals).symmetric_difference(&of(&languages)).copied().collect()),
    ] {
        let query = format!("neurons of kn[relation=P36] {sign} neurons of kn[relation=P37]");
        let mut found = BTreeSet::new();
        for row in rows(store, &query) {
            found.insert((row[0].parse()?, row[1].parse()?));
        }
        same(found, expected)?;
    }
    // Pairs about one subject.
    let france = capitals.iter().filter(|(_, subject)| *subject == "France").map(|(fact, _)| fact);
    let expected: usize = france.filter_map(|fact| all.get(fact)).map(BTreeSet::len).sum();
    let found = rows(store, r#"kn[lang=en] & facts[relation=P36, subject="France"]"#);
    same(found.len(), expected)
}

fn no_scores(store: &Environment, _: &Path) -> Result<(), Failed> {
    for condition in ["tau=0.3", "score>=0.1", "rank<=5"] {
        let ran = store.run(&["query", "db", "-c", &format!("kn[lang=en, {condition}] by layer")]);
        same(ran.code, Some(1))?;
        same(ran.out.as_str(), "")?;
        same(ran.messages.contains("without scores"), true)?;
    }
    Ok(())
}
