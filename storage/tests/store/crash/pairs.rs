//! Two writers at once, both killed: what each was acknowledged is there, and what it was at is there or not, step by step.

use super::kills;
use super::model::{State, Step, found};
use crate::child::{Player, hear, say};
use crate::toy::{Random, Toy, fact_row, groups, neurons, scores, spec};
use kndb_storage::{Entry, Error, FactBatch, OnConflict, SavedSet, Store};
use std::path::Path;
use std::time::Duration;

/// What a writer does to the store.
type Act = Box<dyn FnOnce(&Store) -> Result<(), Error>>;

/// Something a writer does, in steps that are each there or not.
fn work(writer: &str, number: u64) -> (Vec<Step>, Act) {
    let name = |what: &str| format!("{writer}-{what}");
    let (own, passing, fact) = (name("own"), name("passing"), name(&format!("f{}", number % 40)));
    let batch = |part: &str| -> Vec<Entry> {
        let of = |kind: &str| name(&format!("{part}{}-{kind}", number % 5));
        vec![
            scores(&of("s"), "en", number),
            neurons(&of("n"), "zh", &[number as u32 % 119, 119]),
            groups(&of("g"), "en", &[&[1, 2 + number as u32 % 7]]),
        ]
    };
    let run = |name: &str| (format!("run {name}"), "finished: false");
    let begun = |name: &str| Step::default().set(run(name).0, run(name).1);
    let one = scores(&fact, "en", number);
    match number % 13 {
        0 | 1 => {
            // A fact of its own each time: adding one that is there is refused.
            let one = scores(&name(&format!("once{number}")), "en", number);
            let steps = vec![Step::default().entries("both", std::slice::from_ref(&one))];
            let act = move |store: &Store| match store.open_run(spec("both"))?.append(one) {
                Err(Error::FactExists { .. }) => Ok(()),
                other => other,
            };
            (steps, Box::new(act))
        }
        2 | 3 => {
            let steps = vec![Step::default().entries("both", std::slice::from_ref(&one))];
            let act = |store: &Store| store.open_run(spec("both"))?.append_batch(&[one], OnConflict::Replace).map(drop);
            (steps, Box::new(act))
        }
        4 => {
            let batch = batch("batch");
            let steps = vec![Step::default().entries("both", &batch)];
            let act =
                move |store: &Store| store.open_run(spec("both"))?.append_batch(&batch, OnConflict::Replace).map(drop);
            (steps, Box::new(act))
        }
        kind @ (5 | 6) => {
            let (first, second) = (batch("first"), batch("second"));
            let mut steps = vec![begun(&own), begun(&own).entries(&own, &first), begun(&own).entries(&own, &second)];
            if kind == 6 {
                steps.push(Step::default().set(run(&own).0, "finished: true"));
            }
            let act = move |store: &Store| {
                let writer = store.open_run(spec(&own))?;
                let job = writer.job(&number.to_string(), OnConflict::Replace)?;
                job.append(&first)?;
                job.append(&second)?;
                if kind == 6 { job.finish_with_run() } else { job.finish() }
            };
            (steps, Box::new(act))
        }
        7 => {
            let object = format!("Paris {number}");
            let row = fact_row(&name("labelled"), "P36", "en", "France", &object);
            let text = format!(r#"Some("P36") (None, None) en: ("France", {object:?})"#);
            let steps = vec![Step::default().set(format!("label {}", name("labelled")), text)];
            let act = |store: &Store| store.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).map(drop);
            (steps, Box::new(act))
        }
        8 | 9 => {
            let set = SavedSet {
                name: name(&format!("set{}", number % 2)),
                text: String::new(),
                kind: "facts".into(),
                runs: vec![],
                members: number,
                saved: 0,
            };
            let size = 20_000 + number as usize % 100;
            let value = format!("{size} of {:?}", Some(number as u8));
            let steps = vec![Step::default().set(format!("set {}", set.name), value)];
            (steps, Box::new(move |store| store.save_set(&set, &vec![number as u8; size])))
        }
        10 => {
            let batch = batch("passing");
            let there = begun(&passing);
            let steps = vec![there.clone(), there.entries(&passing, &batch), Step::default().gone(run(&passing).0)];
            let act = move |store: &Store| {
                store.open_run(spec(&passing))?.append_batch(&batch, OnConflict::Replace)?;
                store.drop_run(&passing).map(drop)
            };
            (steps, Box::new(act))
        }
        11 => {
            let steps = vec![begun(&own), Step::default().set(run(&own).0, "finished: true")];
            (steps, Box::new(move |store| store.open_run(spec(&own))?.finish()))
        }
        _ => {
            let act = move |store: &Store| {
                store.open_run(spec("both"))?.seal()?;
                store.compact().map(drop)
            };
            (Vec::new(), Box::new(act))
        }
    }
}

/// Works from a number on, saying before and after which.
pub fn work_until_killed(path: &Path) {
    let store = Store::open(path).expect("opens");
    let told = hear().expect("who, and a number");
    let (writer, from) = told.split_once(' ').expect("who, and a number");
    for number in from.parse::<u64>().expect("a number").. {
        say(&format!("try {number}"));
        work(writer, number).1(&store).expect("works");
        say(&format!("done {number}"));
    }
}

/// A writer, and what it must have.
struct Writer {
    name: &'static str,
    state: State,
    next: u64,
    /// Whether the next work was begun by a process that was killed.
    trying: bool,
}

impl Writer {
    fn start(&self, path: &Path) -> Player {
        let mut player = Player::start("work until killed", path);
        player.tell(&format!("{} {}", self.name, self.next));
        player
    }

    /// Hears all that a killed writer has said.
    fn hear_out(&mut self, mut player: Player) {
        // Its first try was heard.
        self.trying = true;
        while let Some(line) = player.said() {
            match line.split_once(' ') {
                Some(("try", number)) => {
                    assert_eq!(number.parse(), Ok(self.next), "one after the other");
                    self.trying = true;
                }
                Some(("done", number)) => {
                    assert_eq!(number.parse(), Ok(self.next));
                    self.all_of_it();
                    self.trying = false;
                }
                // A line that was cut short by the kill.
                _ => {}
            }
        }
    }

    fn all_of_it(&mut self) {
        work(self.name, self.next).0.iter().for_each(|step| step.apply(&mut self.state));
        self.next += 1;
    }

    /// Takes over what the store has, which must be what was acknowledged and some steps of what was tried.
    fn compare(&mut self, found: State, when: &str) {
        let steps = if self.trying { work(self.name, self.next).0 } else { Vec::new() };
        let acknowledged = &self.state;
        // What a process before this one had made durable and not published, the next writer published; then it was tried again.
        for before in 0..=steps.len() {
            let mut state = acknowledged.clone();
            steps[..before].iter().for_each(|step| step.apply(&mut state));
            for done in 0..=steps.len() {
                if state == found {
                    self.state = state;
                    return;
                }
                steps.iter().skip(done).take(1).for_each(|step| step.apply(&mut state));
            }
        }
        let names: Vec<_> = acknowledged.keys().chain(found.keys()).collect();
        let differs = names.into_iter().find(|name| acknowledged.get(*name) != found.get(*name));
        panic!("{when}: {} has not what it was acknowledged, first of all {differs:?}; it tried {steps:?}", self.name);
    }
}

#[test]
fn two_killed_writers_have_lost_nothing_and_left_nothing_half_done() {
    let toy = Toy::new();
    toy.store.open_run(spec("both")).expect("new");
    let mut writers = ["w0", "w1"].map(|name| Writer { name, state: State::new(), next: 0, trying: false });
    let mut calm = Writer { name: "w2", state: State::new(), next: 0, trying: false };
    let mut random = Random(kills());
    for kill in 0..kills() {
        let mut players = writers.each_ref().map(|writer| writer.start(&toy.path));
        for (player, writer) in players.iter_mut().zip(&writers) {
            assert_eq!(player.said(), Some(format!("try {}", writer.next)));
        }
        // One of them sometimes much longer than the other.
        std::thread::sleep(Duration::from_micros(random.below(400_000)));
        let first = random.below(2) as usize;
        for at in [first, 1 - first] {
            players[at].process.kill().expect("kills");
            std::thread::sleep(Duration::from_micros(random.below(30_000) * random.below(2)));
        }
        let store = toy.fresh();
        let mut all = found(&store);
        for (writer, player) in writers.iter_mut().zip(players) {
            writer.hear_out(player);
            writer.compare(all.remove(writer.name).unwrap_or_default(), &format!("pair {kill}"));
        }
        assert!(store.verify().expect("verifies").problems.is_empty(), "pair {kill}");
        work(calm.name, calm.next).1(&store).expect("writing goes on");
        calm.all_of_it();
        let mut all = found(&toy.fresh());
        calm.compare(all.remove(calm.name).unwrap_or_default(), &format!("after pair {kill}"));
    }
    crate::child::tell(&format!("{} and {} works acknowledged", writers[0].next, writers[1].next));
    toy.store.compact().expect("compacts");
    let mut all = found(&toy.fresh());
    for writer in &mut writers {
        writer.compare(all.remove(writer.name).unwrap_or_default(), "at the end");
    }
}

/// Makes a store of format 1 one of format 2.
pub fn upgrade(path: &Path) {
    let store = Store::open(path).expect("opens");
    say("try");
    store.upgrade().expect("upgrades");
    say("done");
    hear();
}

#[test]
fn a_killed_upgrade_is_done_or_not_and_goes_on() {
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let before = crate::contents::Contents::of(&Toy::of(&original).store).expect("reads");
    let mut random = Random(7);
    let mut formats = [0, 0];
    for kill in 0..kills() {
        let toy = Toy::of(&original);
        let mut player = Player::start("upgrade", &toy.path);
        assert_eq!(player.said().as_deref(), Some("try"));
        std::thread::sleep(Duration::from_micros(random.below(200_000)));
        player.process.kill().expect("kills");
        let done = player.said().is_some();
        let store = toy.fresh();
        assert!(!done || store.format() == 2, "kill {kill}");
        formats[store.format() as usize - 1] += 1;
        let read = crate::contents::Contents::of(&store).expect("reads");
        crate::contents::assert_same(&read, &before, &format!("kill {kill}"));
        store.upgrade().expect("goes on");
        assert_eq!(toy.fresh().format(), 2);
        let read = crate::contents::Contents::of(&toy.fresh()).expect("reads");
        crate::contents::assert_same(&read, &before, &format!("kill {kill}, upgraded"));
        assert!(store.verify().expect("verifies").problems.is_empty(), "kill {kill}");
    }
    crate::child::tell(&format!("formats after the kills: {formats:?}"));
}
