//! A store of small numbers, many of them equal, and the rows that `scores` has of it: made of what was written, not of what is read.

use kndb_sql::arrow::array::{Array, AsArray, RecordBatch};
use kndb_sql::arrow::datatypes::{Float32Type, Float64Type, Int32Type, Int64Type};
use kndb_sql::{Settings, Sql};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Keep, OnConflict, RunSpec, ScoreType, ScoreValues, Scores, Shape, Store,
};
use std::sync::LazyLock;

pub const LAYERS: u32 = 3;
pub const WIDTH: u32 = 4;

pub struct World {
    _folder: tempfile::TempDir,
    pub store: Store,
    pub sql: Sql,
    pub scores: Vec<Score>,
}

/// A row of `scores`.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub struct Score {
    pub run: String,
    pub lang: String,
    pub prompt: i32,
    pub relation: Option<String>,
    pub fact: String,
    pub layer: i32,
    pub neuron: i32,
    pub score: f32,
    pub share: Option<f64>,
    pub rank: Option<i64>,
}

pub static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn shape() -> Shape {
    Shape::new(LAYERS, WIDTH).expect("a shape")
}

/// A fact's id; some are longer than what a view holds itself.
pub fn fact(number: usize) -> String {
    if number.is_multiple_of(3) { format!("a fact with a long id, {number}") } else { format!("f{number}") }
}

fn relation(number: usize) -> Option<&'static str> {
    [Some("P36"), Some("P19"), None, Some("P1303")][number % 4]
}

/// Sixteenths, of which half-precision numbers have all; of one fact none is above 0.
fn values(run: usize, language: usize, prompt: usize, number: usize) -> Vec<f32> {
    let at = |neuron: usize| (neuron * 37 + run * 7 + language * 13 + prompt * 5 + number * 11) % 29;
    let highest = if number == 5 { 0 } else { 24 };
    (0..(LAYERS * WIDTH) as usize)
        .map(|neuron| (at(neuron) as i16 - 8).min(highest))
        .map(|it| f32::from(it) / 16.0)
        .collect()
}

fn entry(id: &str, language: &str, prompt: u16, values: Vec<f32>) -> Entry {
    let scores = Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None };
    Entry { fact: id.into(), language: language.into(), prompt, data: EntryData::Scores(scores) }
}

fn rows_of(run: &str, lang: &str, prompt: i32, number: usize, values: &[f32]) -> Vec<Score> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let max = f64::from(values[order[0]]);
    let row = |(rank, neuron): (usize, usize)| Score {
        run: run.into(),
        lang: lang.into(),
        prompt,
        relation: relation(number).map(str::to_owned),
        fact: fact(number),
        layer: (neuron as u32 / WIDTH) as i32,
        neuron: (neuron as u32 % WIDTH) as i32,
        score: values[neuron],
        share: (max > 0.0).then(|| f64::from(values[neuron]) / max),
        rank: Some(rank as i64 + 1),
    };
    order.into_iter().enumerate().map(row).collect()
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let facts = (0..12).filter_map(|number| {
            Some(FactRow {
                id: fact(number),
                relation: relation(number)?.into(),
                language: "en".into(),
                subject: format!("subject {number}"),
                object: "Paris".into(),
                subject_uri: None,
                object_uri: None,
            })
        });
        store.add_facts(FactBatch { facts: facts.collect(), ..FactBatch::default() }).expect("facts");
        let mut scores = Vec::new();
        for (run, (name, score_type)) in
            [("one", ScoreType::F32), ("the other", ScoreType::F16)].into_iter().enumerate()
        {
            let spec = RunSpec { keep: Keep::All, score_type, ..RunSpec::new(name, "toy", shape()) };
            let writer = store.open_run(spec).expect("a run");
            for (language, lang) in ["en", "zh"].into_iter().enumerate() {
                for prompt in 0..2 {
                    let of = |number: usize| values(run, language, prompt, number);
                    let numbers = || (0..12).filter(move |number| (number + language) % 5 != 4);
                    let entries: Vec<Entry> =
                        numbers().map(|number| entry(&fact(number), lang, prompt as u16, of(number))).collect();
                    writer.append_batch(&entries, OnConflict::Refuse).expect("entries");
                    // One that is replaced, in a segment of its own.
                    let again = [entry(&fact(1), lang, prompt as u16, of(7))];
                    writer.append_batch(&again, OnConflict::Replace).expect("replaced");
                    for number in numbers() {
                        let of = of(if number == 1 { 7 } else { number });
                        scores.extend(rows_of(name, lang, prompt as i32, number, &of));
                    }
                }
            }
            writer.finish().expect("complete");
        }
        let sql = Sql::new(&store, Settings::default()).expect("SQL");
        Self { _folder: folder, store, sql, scores }
    }
}

/// All the rows of a statement; each value as text, and nothing where it is null.
pub fn asked(sql: &Sql, text: &str) -> Vec<Vec<String>> {
    batches(sql, text).iter().flat_map(rows).collect()
}

/// The rows of a batch; each value as text, and nothing where it is null.
pub fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| spelled(column, row)).collect()).collect()
}

pub fn batches(sql: &Sql, text: &str) -> Vec<RecordBatch> {
    let answer = sql.query(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    answer.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn spelled(column: &dyn Array, row: usize) -> String {
    use kndb_sql::arrow::util::display::{ArrayFormatter, FormatOptions};
    let options = FormatOptions::default();
    ArrayFormatter::try_new(column, &options).expect("a column").value(row).to_string()
}

/// The rows of `SELECT * FROM scores …`.
pub fn scores(sql: &Sql, text: &str) -> Vec<Score> {
    let mut rows = Vec::new();
    for batch in batches(sql, text) {
        let of = |name: &str| batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
        let text = |name: &str, row: usize| {
            let column = of(name).as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let int = |name: &str, row: usize| of(name).as_primitive::<Int32Type>().value(row);
        for row in 0..batch.num_rows() {
            rows.push(Score {
                run: text("run", row).expect("a run"),
                lang: text("lang", row).expect("a language"),
                prompt: int("prompt", row),
                relation: text("relation", row),
                fact: text("fact", row).expect("a fact"),
                layer: int("layer", row),
                neuron: int("neuron", row),
                score: of("score").as_primitive::<Float32Type>().value(row),
                share: of("share").is_valid(row).then(|| of("share").as_primitive::<Float64Type>().value(row)),
                rank: of("rank").is_valid(row).then(|| of("rank").as_primitive::<Int64Type>().value(row)),
            });
        }
    }
    rows
}

/// In an order of their own.
pub fn sorted(mut rows: Vec<Score>) -> Vec<Score> {
    rows.sort_by(|a, b| a.partial_cmp(b).expect("no NaN"));
    rows
}
