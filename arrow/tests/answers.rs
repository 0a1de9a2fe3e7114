//! Answers as Arrow: the same values at the same addresses, and statements that stop when nobody reads.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt32Type};
use arrow_array::{Array, RecordBatchReader, StringArray};
use arrow_schema::DataType;
use kndb_arrow::{Reader, Running, Step, record_batch, schema};
use kndb_query::{BATCH_ROWS, Batch, BatchSink, ErrorKind, Outcome, QueryError, Settings, parse, stream};
use kndb_storage::{Entry, EntryData, RunSpec, ScoreValues, Scores, Shape, Store};
use std::ops::ControlFlow;
use std::sync::Arc;

const WIDTH: u32 = 100;

/// `facts` facts with a score for each of 200 neurons, the larger the higher its number.
fn store(folder: &tempfile::TempDir, facts: usize) -> Store {
    let store = Store::create(folder.path().join("store")).expect("a store");
    let shape = Shape::new(2, WIDTH).expect("a shape");
    let mut spec = RunSpec::new("first", "toy", shape);
    spec.keep = kndb_storage::Keep::All;
    let run = store.open_run(spec).expect("a run");
    let scores: Vec<f32> = (1..=2 * WIDTH).map(|neuron| neuron as f32 / 256.0).collect();
    let entry = |fact: usize| {
        let values = ScoreValues::Dense(scores.clone());
        let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
        Entry { fact: format!("f{fact}"), language: "en".into(), prompt: 0, data }
    };
    let entries: Vec<Entry> = (0..facts).map(entry).collect();
    run.append_batch(&entries, kndb_storage::OnConflict::Refuse).expect("entries");
    run.finish().expect("the end");
    store
}

fn running(store: &Store, text: &str) -> Running {
    let (store, settings) = (store.clone(), Settings::default());
    let statement = parse(text).expect("a statement");
    Running::start(settings.interrupt.clone(), move |sink| stream(&store, &settings, &statement, sink))
}

#[derive(Default)]
struct Keeping(Vec<Batch>);

impl BatchSink for Keeping {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.0.push(batch);
        Ok(ControlFlow::Continue(()))
    }
}

#[test]
fn numbers_scores_and_keys_are_those_of_the_engine_and_no_copies() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder, 1);
    let mut kept = Keeping::default();
    stream(&store, &Settings::default(), &parse("kn[tau=0]").expect("a statement"), &mut kept).expect("an answer");
    let batch = &kept.0[0];
    let made = record_batch(batch, &Arc::new(schema(batch.columns(), None))).expect("a record batch");
    assert_eq!(made.num_rows(), 200);
    let neurons = made.column_by_name("neuron").expect("neurons").as_primitive::<UInt32Type>();
    assert_eq!(neurons.values().as_ptr(), batch.numbers("neuron").expect("neurons").as_ptr());
    let scores = made.column_by_name("score").expect("scores").as_primitive::<Float32Type>();
    assert_eq!(scores.values().as_ptr(), batch.scores("score").expect("scores").as_ptr());
    let facts = made.column_by_name("fact").expect("facts").as_dictionary::<UInt32Type>();
    let dictionary = batch.texts("fact").expect("facts").dictionary().expect("texts");
    assert_eq!(facts.keys().values().as_ptr(), dictionary.keys.as_ptr());
    let texts: &StringArray = facts.values().as_string();
    assert_eq!((texts.value_data().as_ptr(), texts.len()), (dictionary.bytes.as_ptr(), 1));
    // They outlive the batch and the store.
    let last = scores.clone();
    drop((made, kept, store));
    assert_eq!((last.value(0), last.value(199)), (1.0 / 256.0, 200.0 / 256.0), "in the order of the neurons");
}

#[test]
fn a_reader_gives_all_rows_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder, 100);
    let reader = Reader::new(running(&store, "kn[tau=0]")).expect("columns");
    let text = DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8));
    assert_eq!(reader.schema().field_with_name("fact").expect("facts").data_type(), &text);
    assert_eq!(reader.schema().field_with_name("score").expect("scores").data_type(), &DataType::Float32);
    let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("an answer");
    let rows: Vec<usize> = batches.iter().map(|batch| batch.num_rows()).collect();
    assert_eq!(rows, [BATCH_ROWS, BATCH_ROWS, 20_000 - 2 * BATCH_ROWS]);
    let facts = batches[2].column_by_name("fact").expect("facts").as_dictionary::<UInt32Type>();
    let facts = facts.downcast_dict::<StringArray>().expect("texts");
    assert_eq!(facts.into_iter().last().flatten(), Some("f99"));
}

#[test]
fn a_reader_that_is_dropped_stops_its_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder, 400);
    let (told, ended) = std::sync::mpsc::channel();
    let (settings, statement) = (Settings::default(), parse("kn[tau=0]").expect("a statement"));
    let interrupt = settings.interrupt.clone();
    let running = Running::start(interrupt, move |sink| {
        let outcome = stream(&store, &settings, &statement, sink);
        told.send(outcome.clone()).expect("somebody waits");
        outcome
    });
    let mut reader = Reader::new(running).expect("columns");
    assert_eq!(reader.next().expect("a batch").expect("rows").num_rows(), BATCH_ROWS);
    drop(reader);
    match ended.recv().expect("it ended") {
        Ok(outcome) => assert_ne!(outcome, Outcome::Rows { rows: 80_000 }, "it had enough before the end"),
        Err(error) => assert_eq!(error.kind, ErrorKind::Interrupted),
    }
}

#[test]
fn errors_keep_their_place_and_statements_without_rows_have_no_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(&folder, 1);
    let Err(error) = Reader::new(running(&store, "kn[run=nobody]")) else { panic!("there is no such run") };
    assert!(error.span.is_some() && error.reason.contains("nobody"), "{error}");
    // More than half of the highest, 200: 101 to 200.
    let mut saving = running(&store, "let a = kn[tau=0.5]");
    assert!(matches!(saving.step(), Some(Step::Done { outcome: Outcome::Saved { members: 100, .. }, .. })));
    assert!(saving.step().is_none() && saving.has_ended());
}
