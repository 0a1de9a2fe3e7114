//! Attached stores that change while they are attached, and statements that are prepared.

use super::stores::{F1, SHAPE, Two, add, write};
use kndb_query::{Batch, BatchSink, Parameters, Prepared, QueryError};
use kndb_storage::{RunSpec, Store};
use std::ops::ControlFlow;

#[derive(Default)]
struct Count(usize);

impl BatchSink for Count {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.0 += batch.rows();
        Ok(ControlFlow::Continue(()))
    }
}

fn rows(statement: &Prepared) -> usize {
    let mut count = Count::default();
    statement.stream(&Parameters::default(), &mut count).expect("an answer");
    count.0
}

#[test]
fn a_commit_to_an_attached_store_is_seen_by_the_next_statement() {
    let two = Two::new();
    assert_eq!(two.rows("facts of kn - facts of a::kn").len(), 1);
    add(&two.other, &[F1]);
    write(&two.other, RunSpec::new("there", "toy", SHAPE), &[("f1", "en", vec![1])]);
    assert_eq!(two.rows("facts of kn - facts of a::kn").len(), 0);
}

#[test]
fn a_prepared_statement_is_planned_anew_when_an_attached_store_moves() {
    let two = Two::new();
    let prepare = |text: &str| Prepared::new(&two.here, two.settings.clone(), text).expect("a statement");
    let (both, alone) = (prepare("facts of kn - facts of a::kn"), prepare("a::kn[lang=en]"));
    assert_eq!((rows(&both), rows(&both), rows(&alone)), (1, 1, 5));
    let before = two.here.snapshot().expect("a snapshot");
    write(&two.other, RunSpec::new("there", "toy", SHAPE), &[("f1", "en", vec![1])]);
    assert_eq!((rows(&both), rows(&alone)), (0, 6));
    // As of a snapshot of the store in hand the attached ones are as they are now.
    write(&two.here, RunSpec::new("here", "toy", SHAPE), &[("f7", "en", vec![1])]);
    let mut count = Count::default();
    both.stream_at(&before, &Parameters::default(), &mut count).expect("an answer");
    assert_eq!((count.0, rows(&both)), (0, 1));
}

#[test]
fn a_name_may_be_given_to_another_store() {
    let two = Two::new();
    let statement = Prepared::new(&two.here, two.settings.clone(), "a::facts").expect("a statement");
    assert_eq!(rows(&statement), 3);
    let third = Store::create(two.path("third")).expect("a store");
    add(&third, &[F1]);
    two.outcome("detach a").expect("detached");
    assert!(statement.stream(&Parameters::default(), &mut Count::default()).is_err());
    two.outcome(&format!("attach '{}' as a", third.path().display())).expect("attached");
    assert_eq!(rows(&statement), 1);
}

#[test]
fn a_store_that_takes_the_place_of_an_attached_one_is_told_of() {
    let two = Two::new();
    assert_eq!(two.rows("a::facts").len(), 3);
    std::fs::rename(two.other.path(), two.path("away")).expect("moves");
    let (reason, _) = two.refusal("kn & a::kn");
    assert!(reason.starts_with("store a: "), "{reason}");
    let new = Store::create(two.path("other")).expect("another store");
    add(&new, &[F1]);
    let (reason, hint) = two.refusal("a::facts");
    assert!(reason.contains("the store was replaced while it was open"), "{reason}");
    assert_eq!(hint, "`detach a`, then attach it again");
    two.outcome("detach a").expect("detached");
    two.outcome(&format!("attach '{}' as a", new.path().display())).expect("attached");
    assert_eq!(two.rows("a::facts").len(), 1);
}

#[test]
fn an_attached_store_is_never_written() {
    let two = Two::new();
    for text in ["let a::x = kn", "drop a::x"] {
        assert!(kndb_query::parse(text).is_err(), "{text}");
    }
    let before = two.other.snapshot().expect("a snapshot").epoch();
    two.outcome("let x = kn & a::kn").expect("saved here");
    assert_eq!(two.other.refresh().expect("a snapshot").epoch(), before);
    assert_eq!(two.here.snapshot().expect("a snapshot").saved_sets().len(), 1);
}
