//! A naive reference of the executor, random stores and random statements: for the properties in `main.rs`, and for whoever makes
//! another store of one that must answer alike.
//!
//! The reference knows the language from its documentation and works on plain data. `KNDB_CASES`
//! sets how many stores every property tries.

mod against;
pub mod beside;
pub mod build;
mod cells;
mod choice;
mod counts;
pub mod eval;
mod floor;
mod groups;
mod keys;
mod pair_scores;
mod parentheses;
mod rows;
mod said;
pub mod scenario;
mod sets;
mod signs;
mod similarity;
mod statements;
pub mod table;
mod world;

use beside::Beside;
use build::Mirror;
use eval::{Reference, Saved};
use floor::Doubt;
use kndb_query::{ErrorKind, Outcome, Settings, Statement, execute, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use scenario::{Scenario, scenario, small_shape};
use statements::{Names, lets, plain, statement};
use std::cell::Cell;
use std::collections::BTreeMap;
use table::Collector;

pub type Check = Result<(), TestCaseError>;

/// Cases of a property: as many as the environment says, else the default.
pub fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("KNDB_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 150, ..ProptestConfig::default() }
}

/// Runs statements one after the other, each against the reference.
pub fn check_all(
    mirror: &Mirror,
    settings: &Settings,
    statements: &[String],
    saved: &mut BTreeMap<String, Saved>,
) -> Check {
    check_all_beside(mirror, None, settings, statements, saved)
}

/// The same, beside an attached store.
pub fn check_all_beside(
    mirror: &Mirror,
    beside: Option<&Beside>,
    settings: &Settings,
    statements: &[String],
    saved: &mut BTreeMap<String, Saved>,
) -> Check {
    for text in statements {
        check((mirror, beside), settings, text, saved)
            .map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
    }
    Ok(())
}

fn check(
    (mirror, beside): (&Mirror, Option<&Beside>),
    settings: &Settings,
    text: &str,
    saved: &mut BTreeMap<String, Saved>,
) -> Check {
    let statement = parse(text).map_err(|error| TestCaseError::fail(format!("cannot be read: {error}")))?;
    let mut sink = Collector::default();
    let outcome = execute(&mirror.store, settings, &statement, &mut sink);
    let doubt = Cell::new(Doubt::default());
    let world = &mirror.world;
    let labels = keys::label_language(&statement, settings, world);
    let named = beside.map_or(world, |beside| &beside.joint);
    let reference = Reference { world, named, beside, saved, settings, labels, doubt };
    match &statement {
        Statement::Query(query) => {
            let answer = reference.answer(query).map(|answer| (Some(answer.table), answer.doubt));
            let Some(expected) = agreed(&outcome, answer)? else {
                prop_assert!(sink.table.columns.is_empty(), "an error, but after {:?}", sink.table);
                return Ok(());
            };
            let expected = expected.expect("a query has a table");
            prop_assert!(sink.ended, "no end");
            let difference = sink.table.difference(&expected);
            prop_assert!(difference.is_none(), "{}", difference.unwrap_or_default());
            let rows = expected.rows.len() as u64;
            prop_assert_eq!(outcome.expect("rows"), Outcome::Rows { rows });
            // Once for each statement is enough.
            if mirror.is_new() {
                check_explain(mirror, settings, text, rows)?;
                check_break(mirror, settings, &statement, &expected)?;
            }
            Ok(())
        }
        Statement::Let { name, set, .. } => {
            let answer = reference.set(set).and_then(|(set, model)| {
                if matches!(set, sets::Set::Entries(_) | sets::Set::Chosen(_)) {
                    return Err("entries are no set".into());
                }
                if set.facts().iter().any(|&fact| fact >= world.facts.len()) {
                    return Err("facts that the store in hand does not have".into());
                }
                let doubt = match &set {
                    sets::Set::Pairs(pairs) => pairs.all_doubts(),
                    _ => Doubt::default(),
                };
                Ok((Some((set, model)), doubt.or(reference.doubt.get())))
            });
            let Some(Some((set, model))) = agreed(&outcome, answer)? else { return Ok(()) };
            let set = match set {
                sets::Set::Pairs(pairs) => {
                    let attributed = pairs.members.keys().copied().collect();
                    sets::Set::Pairs(Box::new(sets::Pairs { members: pairs.members, attributed, ..Default::default() }))
                }
                other => other,
            };
            let members = match &set {
                sets::Set::Pairs(pairs) => pairs.count(),
                sets::Set::Neurons(neurons) => neurons.len(),
                sets::Set::Facts(facts) => facts.len(),
                sets::Set::Entries(_) | sets::Set::Chosen(_) => 0,
            };
            let (name, members) = (name.text.clone(), members as u64);
            prop_assert_eq!(outcome.expect("a saved set"), Outcome::Saved { name: name.clone(), members });
            let model = model.filter(|_| !matches!(set, sets::Set::Facts(_)));
            saved.insert(name, Saved { set, model });
            Ok(())
        }
        Statement::Drop { .. } | Statement::Explain { .. } | Statement::Attach { .. } | Statement::Detach { .. } => {
            Ok(())
        }
    }
}

/// Whether both sides answer, or both refuse; the reference's answer in the first case.
fn agreed<T>(
    outcome: &Result<Outcome, kndb_query::QueryError>,
    answer: Result<(T, Doubt), eval::Refused>,
) -> Result<Option<T>, TestCaseError> {
    match (outcome, answer) {
        (Ok(_), Ok((_, doubt))) if doubt.must => Err(TestCaseError::fail("answered, though scores are missing")),
        (Ok(_), Ok((answer, _))) => Ok(Some(answer)),
        (Ok(_), Err(refused)) => Err(TestCaseError::fail(format!("answered, though: {refused}"))),
        (Err(error), _) if matches!(error.kind, ErrorKind::Storage | ErrorKind::Output | ErrorKind::Syntax) => {
            Err(TestCaseError::fail(format!("{:?} error: {error}", error.kind)))
        }
        (Err(error), _) if error.span.is_none() => Err(TestCaseError::fail(format!("points nowhere: {error}"))),
        (Err(_), Err(_)) => Ok(None),
        (Err(_), Ok((_, doubt))) if doubt.may => Ok(None),
        (Err(error), Ok(_)) => Err(TestCaseError::fail(format!("refused: {error}"))),
    }
}

/// `explain` takes whatever can be answered, and `analyze` counts the same rows.
fn check_explain(mirror: &Mirror, settings: &Settings, text: &str, rows: u64) -> Check {
    // What is explained is not drawn.
    let text = text.strip_suffix(" plot").unwrap_or(text);
    for what in ["explain", "explain analyze"] {
        let statement = parse(&format!("{what} {text}")).expect("a query can be explained");
        let explained = execute(&mirror.store, settings, &statement, &mut Collector::default());
        let Ok(Outcome::Explained(explained)) = explained else {
            return Err(TestCaseError::fail(format!("{what}: {explained:?}")));
        };
        let counted = explained.contains(&format!("\n{rows} rows in "));
        prop_assert!(what == "explain" || counted, "{rows} rows, but explained as\n{explained}");
    }
    Ok(())
}

/// A sink that has enough gets the first rows, and no more.
fn check_break(mirror: &Mirror, settings: &Settings, statement: &Statement, expected: &table::Table) -> Check {
    if expected.rows.len() < 2 {
        return Ok(());
    }
    let enough = 1 + expected.rows.len() / 3;
    let mut sink = Collector { enough: Some(enough), ..Collector::default() };
    let outcome = execute(&mirror.store, settings, statement, &mut sink);
    prop_assert!(matches!(outcome, Ok(Outcome::Rows { rows }) if rows == enough as u64), "{outcome:?}");
    prop_assert!(sink.ended, "no end");
    let first = table::Table { columns: expected.columns.clone(), rows: expected.rows[..enough].to_vec() };
    prop_assert_eq!(sink.table.difference(&first), None);
    Ok(())
}

fn settings(plan: &Scenario) -> impl Strategy<Value = Settings> + use<> {
    let runs: Vec<Option<String>> = plan.runs.iter().map(|run| Some(run.name.to_owned())).collect();
    let languages = [None, Some("de"), Some("zh")].map(|language| language.map(str::to_owned));
    let run = prop_oneof![2 => Just(None), 1 => select(runs)];
    (run, prop_oneof![2 => Just(None), 1 => select(languages.to_vec())]).prop_map(|(run, language)| Settings {
        run,
        language,
        ..Settings::default()
    })
}

/// A plan of a store, with settings and statements.
pub fn case(plan: impl Strategy<Value = Scenario>, depth: u32, most: usize) -> impl Strategy<Value = Case> {
    plan.prop_flat_map(move |plan| {
        let names = Names::of(&plan);
        let statements = (lets(&names), vec(statement(&names, depth), 1..most));
        (settings(&plan), statements, Just(plan)).prop_map(|(settings, (lets, statements), plan)| Case {
            settings,
            statements: lets.iter().chain(&statements).map(ToString::to_string).chain(plain(&plan)).collect(),
            plan,
        })
    })
}

#[derive(Clone)]
pub struct Case {
    pub plan: Scenario,
    pub settings: Settings,
    pub statements: Vec<String>,
}

impl std::fmt::Debug for Case {
    /// A few lines, where `{:#?}` would fill pages.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{:?}\n{}", self.plan, self.settings, self.statements.join(";\n"))
    }
}

/// The right answers as it was written, sealed, compacted, opened again, and changed.
pub fn check_case(case: &Case) -> Check {
    let mut mirror = Mirror::build(&case.plan);
    let mut saved = BTreeMap::new();
    check_all(&mirror, &case.settings, &case.statements, &mut saved)?;
    let queries: Vec<String> = case.statements.iter().filter(|text| !text.starts_with("let ")).cloned().collect();
    let again = |mirror: &Mirror, when: &str, saved: &mut BTreeMap<String, Saved>| {
        check_all(mirror, &case.settings, &queries, saved)
            .map_err(|error| TestCaseError::fail(format!("after {when}: {error}")))
    };
    mirror.seal_all();
    again(&mirror, "sealing", &mut saved)?;
    mirror.store.compact().expect("compaction");
    again(&mirror, "compaction", &mut saved)?;
    mirror.reopen();
    again(&mirror, "opening the store again", &mut saved)?;
    mirror.change(&case.plan);
    // What was saved stays as it was.
    again(&mirror, "replacing entries", &mut saved)
}

/// A store, one beside it, and statements that name both.
pub fn beside_each_other() -> impl Strategy<Value = (Case, Scenario)> {
    let plan = scenario(small_shape(), 1..=20, 2, 2).prop_map(|mut plan| {
        // So that both stores number languages alike.
        plan.facts[0] = scenario::FactPlan { labels: (0..4).collect(), early: true, ..plan.facts[0].clone() };
        plan
    });
    (plan, any::<u64>(), vec(scenario::fact(), 0..8)).prop_flat_map(|(plan, seed, others)| {
        let other = beside::other(&plan, seed, others);
        let names = Names::of(&plan);
        let statements = (lets(&names), vec((statement(&names, 3), any::<u64>()), 1..40));
        (settings(&plan), statements, Just((plan, other, seed))).prop_map(
            |(settings, (lets, statements), (plan, other, seed))| {
                let plain = plain(&plan);
                let plain = plain.iter().map(|text| parse(text).expect("a statement"));
                let plain = plain.enumerate().map(|(number, statement)| (statement, seed ^ number as u64));
                let named =
                    statements.into_iter().chain(plain).map(|(statement, seed)| beside::named(&statement, seed));
                let statements = lets.iter().map(ToString::to_string).chain(named.map(|named| named.to_string()));
                (Case { statements: statements.collect(), settings, plan }, other)
            },
        )
    })
}
