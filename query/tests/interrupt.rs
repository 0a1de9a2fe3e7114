//! A statement ends where it is asked to, whatever it is at.

mod toy;

use kndb_query::{Column, ErrorKind, Interrupt, Settings, Sink, Value, execute, parse};
use kndb_storage::{Entry, EntryData, Neuron, OnConflict, RunSpec};
use std::io::Result;
use std::ops::ControlFlow;
use std::time::Duration;
use toy::{SHAPE, Toy};

const FACTS: u32 = 1_000;
const NEURONS: u32 = 400;

/// A thousand facts of four hundred neurons each.
fn store() -> Toy {
    let toy = Toy::empty();
    let run = toy.store.open_run(RunSpec::new("run", "model", SHAPE)).expect("a run");
    let neurons = |fact: u32| (0..NEURONS).map(move |n| Neuron((n * 79 + fact * 13) % (SHAPE.layers * SHAPE.width)));
    let entry = |fact: u32| {
        let mut neurons: Vec<Neuron> = neurons(fact).collect();
        neurons.sort_unstable();
        neurons.dedup();
        Entry { fact: format!("f{fact}"), language: "en".into(), prompt: 0, data: EntryData::Neurons(neurons) }
    };
    let entries: Vec<Entry> = (0..FACTS).map(entry).collect();
    run.job("entries", OnConflict::Refuse).expect("a job").append(&entries).expect("entries");
    toy
}

/// Asks for an end when it has so many rows.
struct Enough {
    rows: usize,
    interrupt: Interrupt,
    ended: bool,
}

impl Sink for Enough {
    fn columns(&mut self, _: &[Column]) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> Result<ControlFlow<()>> {
        self.rows -= 1;
        if self.rows == 0 {
            self.interrupt.set();
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> Result<()> {
        self.ended = true;
        Ok(())
    }
}

/// Runs a statement that is interrupted at its third row, or by somebody else; the rows that were still to come before, and
/// whether the end was reached.
fn interrupted(toy: &Toy, text: &str, interrupt: &Interrupt) -> (usize, bool) {
    let settings = Settings { interrupt: interrupt.clone(), ..Settings::default() };
    let mut sink = Enough { rows: 3, interrupt: interrupt.clone(), ended: false };
    let error = execute(&toy.store, &settings, &parse(text).expect("a statement"), &mut sink).expect_err(text);
    assert_eq!(error.kind, ErrorKind::Interrupted, "{text}: {error}");
    (sink.rows, sink.ended)
}

const STATEMENTS: [&str; 12] = [
    "kn",
    "kn order by neuron",
    "kn by fact",
    "kn by fact, neuron order by pairs",
    "kn by neuron",
    "kn by layer",
    "facts of kn",
    "facts of kn order by fact desc",
    "facts of kn by fact",
    "neurons of kn",
    "neurons of kn order by neuron",
    "similarity(kn, kn) by fact",
];

#[test]
fn no_row_comes_after_the_interrupt_and_no_end() {
    let toy = store();
    for text in STATEMENTS {
        let interrupt = Interrupt::default();
        assert_eq!(interrupted(&toy, text, &interrupt), (0, false), "{text}");
        interrupt.clear();
        toy.run(&Settings::default(), &format!("{text} top 1")).expect("other statements run");
    }
}

#[test]
fn an_interrupt_from_another_thread_ends_the_work_before_the_first_row() {
    let toy = store();
    // To the end each takes a long time: the set is found anew for every operand.
    let long = vec!["kn"; 400].join(" & ");
    let forms = ["", " by layer", " by neuron", " by fact", " order by neuron"];
    let of = ["facts of", "neurons of", "explain analyze", "let a ="];
    let texts = forms.map(|form| format!("{long}{form}")).into_iter().chain(of.map(|of| format!("{of} ({long})")));
    for text in texts.chain([format!("similarity({long}, kn) by fact")]) {
        let interrupt = Interrupt::default();
        let other = interrupt.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            other.set();
        });
        let (rows, ended) = interrupted(&toy, &text, &interrupt);
        assert!(!ended && (rows == 3 || text == long), "{text}");
        thread.join().expect("the thread ends");
    }
    assert_eq!(toy.store.snapshot().expect("a snapshot").saved_sets().count(), 0, "nothing was saved");
}

#[test]
fn a_flag_that_is_set_stops_what_begins_too() {
    let toy = store();
    let interrupt = Interrupt::default();
    interrupt.set();
    for text in STATEMENTS {
        assert_eq!(interrupted(&toy, text, &interrupt), (3, false), "{text}");
    }
}
