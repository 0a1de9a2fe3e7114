//! Answers as columns: what is in the buffers, how they are laid out, and how large a batch is.

mod toy;

use kndb_query::{
    BATCH_ROWS, Batch, BatchSink, IdsOf, Interrupt, Outcome, QueryError, Settings, Validity, parse, stream,
};
use kndb_storage::{Entry, EntryData, Neuron, OnConflict, RunSpec};
use std::ops::ControlFlow;
use toy::{SHAPE, Toy};

/// Keeps batches, until it has enough of them.
struct Kept {
    batches: Vec<Batch>,
    most: usize,
}

impl BatchSink for Kept {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.batches.push(batch);
        Ok(if self.batches.len() < self.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

fn ask(toy: &Toy, text: &str, most: usize) -> (Vec<Batch>, u64) {
    let mut kept = Kept { batches: Vec::new(), most };
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    let outcome = stream(&toy.store, &settings, &parse(text).expect("a statement"), &mut kept).expect(text);
    let Outcome::Rows { rows } = outcome else { panic!("rows of {text}") };
    (kept.batches, rows)
}

/// The only batch of an answer.
fn one(toy: &Toy, text: &str) -> Batch {
    let (mut batches, rows) = ask(toy, text, usize::MAX);
    assert_eq!(batches.len(), 1, "{text}");
    let batch = batches.remove(0);
    assert_eq!(batch.rows() as u64, rows, "{text}");
    batch
}

#[test]
fn a_listing_of_pairs_has_ids_numbers_and_scores() {
    let batch = one(&Toy::new(), "kn[lang=en] & facts[subject=\"Germany\"]");
    // Germany – Berlin is fact 2, Germany – German fact 13, which has an odd number.
    assert_eq!(batch.numbers("layer").expect("layers")[..], [7, 9, 11, 3, 7, 9, 11]);
    assert_eq!(batch.numbers("neuron").expect("neurons")[..], [2, 852, 502, 1, 13, 852, 513]);
    assert_eq!(batch.scores("score").expect("scores")[..], [0.5, 1.0, 0.35, 0.31, 0.5, 1.0, 0.35]);
    let facts = batch.texts("fact").expect("facts");
    assert_eq!((facts.ids_of(), &facts.ids()[..]), (IdsOf::Fact, &[2, 2, 2, 13, 13, 13, 13][..]));
    let objects = batch.texts("object").expect("objects").dictionary().expect("texts");
    assert_eq!((&objects.keys[..], &objects.offsets[..]), (&[0, 0, 0, 1, 1, 1, 1][..], &[0, 6, 12][..]));
    assert_eq!(&objects.bytes[..], b"BerlinGerman");
    // Both are of one subject: a text is there once, whatever stands for it.
    let subjects = batch.texts("subject").expect("subjects").dictionary().expect("texts");
    assert_eq!((&subjects.keys[..], subjects.len(), subjects.text(0)), (&[0; 7][..], 1, Some("Germany")));
}

#[test]
fn columns_about_the_fact_share_their_ids() {
    let batch = one(&Toy::new(), "kn[lang=en]");
    let of = |name: &str| batch.texts(name).expect("texts").ids().as_ptr();
    assert!(["relation", "subject", "object"].iter().all(|name| of(name) == of("fact")));
}

#[test]
fn what_has_no_label_is_null_in_a_dictionary() {
    // The last of the 16 facts has neither label nor relation.
    let batch = one(&Toy::new(), "kn[lang=en] by fact, subject order by fact desc top 2");
    let subjects = batch.texts("subject").expect("subjects");
    assert_eq!((subjects.text(0).expect("readable"), subjects.text(1).expect("readable")), (None, Some("Paraguay")));
    let made = subjects.dictionary().expect("texts");
    assert_eq!(made.validity.as_ref().map(|validity| (validity.bits()[0], validity.nulls())), Some((0b10, 1)));
    assert_eq!((&made.keys[..], made.text(0)), (&[0, 0][..], Some("Paraguay")));
}

#[test]
fn languages_and_runs_are_ids_of_the_store() {
    let toy = Toy::new();
    let snapshot = toy.store.snapshot().expect("a snapshot");
    let batch = one(&toy, "kn[lang in (en, zh)] by lang, run");
    let (languages, runs) = (batch.texts("lang").expect("languages"), batch.texts("run").expect("runs"));
    assert_eq!((languages.ids_of(), runs.ids_of()), (IdsOf::Language, IdsOf::Run));
    let ids: Vec<u32> =
        ["en", "zh"].iter().map(|code| u32::from(snapshot.language(code).expect("a language").0)).collect();
    assert_eq!(languages.ids()[..], ids);
    assert_eq!(runs.text(1).expect("readable"), Some("bert, en"));
}

#[test]
fn numbers_that_are_not_known_are_null() {
    // Of layer 7 nothing is counted as unpaired: facts are not counted by layer.
    let batch = one(&Toy::new(), "similarity(kn[lang=en], kn[lang=zh]) by layer");
    let unpaired = batch.column("unpaired").expect("a column");
    let validity: &Validity = unpaired.validity.as_ref().expect("nulls");
    assert_eq!((unpaired.values.len(), validity.nulls()), (batch.rows(), batch.rows()));
    assert!(batch.column("facts").expect("a column").validity.is_none(), "all are known");
}

#[test]
fn batches_are_bounded_and_say_all_rows_in_order() {
    let toy = Toy::empty();
    let run = toy.store.open_run(RunSpec::new("bert, en", "bert", SHAPE)).expect("a run");
    // 3 facts of 4,000 neurons: the second one is cut in two.
    let entry = |fact: u32| {
        let data = EntryData::Neurons((0..4_000).map(|n| Neuron(n * 3 + fact)).collect());
        Entry { fact: format!("f{fact}"), language: "en".into(), prompt: 0, data }
    };
    let entries: Vec<Entry> = (0..3).map(entry).collect();
    run.job("entries", OnConflict::Refuse).expect("a job").append(&entries).expect("entries");
    for text in ["kn[lang=en]", "kn[lang=en] order by fact", "kn[lang=en] by fact, neuron"] {
        let (batches, rows) = ask(&toy, text, usize::MAX);
        let sizes: Vec<usize> = batches.iter().map(Batch::rows).collect();
        assert_eq!((&sizes[..], rows), (&[BATCH_ROWS, 12_000 - BATCH_ROWS][..], 12_000), "{text}");
        let places = batches.iter().flat_map(|batch| {
            let (layers, units) = (batch.numbers("layer").expect("layers"), batch.numbers("neuron").expect("units"));
            let facts = batch.texts("fact").expect("facts").ids();
            (0..batch.rows()).map(|row| (facts[row], layers[row] * SHAPE.width + units[row])).collect::<Vec<_>>()
        });
        let expected = (0..3).flat_map(|fact| (0..4_000).map(move |n| (fact, n * 3 + fact)));
        assert!(places.eq(expected), "{text}");
        assert_eq!(ask(&toy, text, 1).1, BATCH_ROWS as u64, "{text}: enough after the first");
        assert_eq!(ask(&toy, &format!("{text} top 9000"), usize::MAX).1, 9_000, "{text}");
    }
}

#[test]
fn a_batch_outlives_its_store() {
    let batch = one(&Toy::new(), "kn[lang=en, fact=\"cb7007d9-673f-4fa5-8308-ddf2ae28b8c2\"] top 1");
    let texts =
        std::thread::spawn(move || batch.texts("object").expect("texts").text(0).map(|text| text.map(str::to_owned)));
    assert_eq!(texts.join().expect("no panic").expect("readable").as_deref(), Some("Paris"));
}

#[test]
fn no_batch_comes_after_an_interrupt() {
    struct Once(Interrupt, usize);
    impl BatchSink for Once {
        fn batch(&mut self, _: Batch) -> Result<ControlFlow<()>, QueryError> {
            self.1 += 1;
            self.0.set();
            Ok(ControlFlow::Continue(()))
        }
        fn end(&mut self) -> Result<(), QueryError> {
            panic!("an end of what was interrupted");
        }
    }
    let toy = Toy::empty();
    let run = toy.store.open_run(RunSpec::new("bert, en", "bert", SHAPE)).expect("a run");
    let data = EntryData::Neurons((0..12_000).map(Neuron).collect());
    let entry = Entry { fact: "f".into(), language: "en".into(), prompt: 0, data };
    run.append_batch(&[entry], OnConflict::Refuse).expect("an entry");
    for text in ["kn", "kn by neuron", "neurons of kn"] {
        let interrupt = Interrupt::default();
        let mut once = Once(interrupt.clone(), 0);
        let settings = Settings { interrupt, ..Settings::default() };
        let statement = parse(text).expect("a statement");
        let error = stream(&toy.store, &settings, &statement, &mut once).expect_err(text);
        assert_eq!((error.kind, once.1), (kndb_query::ErrorKind::Interrupted, 1), "{text}");
    }
}
