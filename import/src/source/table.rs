//! Tables of scores, a row a neuron, as entries: what Parquet, Arrow and CSV files have in common.
//!
//! The rows of one (fact, language, prompt) must be together, so that memory is bounded by one fact. Rows for
//! every neuron of the model make a dense entry. Fewer make a sparse one that is complete above its lowest
//! score: others that score as much may have been cut. Without scores they are a neuron set.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::mem;

use kndb_storage::{EntryData, Neuron, ScoreValues};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Location, Place};
use crate::format::{Account, Source};
use crate::options::Options;
use crate::source::columns::flags_for_scores;
use crate::source::given::{Given, Named};
use crate::source::invalid::Invalid;
use crate::source::measured::Measured;
use crate::source::roles::Role;
use crate::source::rows::{BadCell, Rows};
use crate::source::seen::{Repeat, Seen};
use crate::source::sparse::SparseScores;
use crate::source::tensor::number_text;
use crate::source::told::{Row, Told, bad_prompt};

/// Rows dealt with at a time.
pub(crate) const BATCH_ROWS: usize = 16 << 10;

/// How facts are counted that are not given out.
const LEFT_OUT: &str = "facts left out because a row of theirs is not taken";

/// Where rows come from, however they are read.
pub(crate) trait Batches: Send {
    /// The next rows; `first` is the number of the first of them. `None` at the end.
    fn next(&mut self, first: u64) -> Result<Option<Rows>, ImportError>;

    /// Bytes of the file dealt with so far.
    fn bytes_read(&self) -> u64;
}

/// Entries of a table.
pub(crate) struct Table {
    file: Mapped,
    batches: Box<dyn Batches>,
    scored: bool,
    told: Told,
    options: Options,
    state: State,
    invalid: Invalid,
}

/// What has been read but not yet given out.
#[derive(Default)]
struct State {
    waiting: VecDeque<Given>,
    current: Option<Current>,
    passed: Passed,
    seen: Seen,
    row: u64,
    /// The line of the row, in files of lines.
    line: Option<u64>,
    duplicates: u64,
    /// Columns of unknown meaning with a value that is no language.
    no_languages: BTreeSet<String>,
    /// Those with a value that is neither yes nor no.
    no_flags: BTreeSet<String>,
    /// Those beside that of layers or of neurons with a fraction.
    no_orders: BTreeSet<String>,
    /// Whether a row had a language whose code is of three letters, so that `nan` is Min Nan and no missing value.
    has_long_codes: bool,
}

/// The fact whose rows are being read.
struct Current {
    named: Named,
    rows: SparseScores,
    /// What its rows say of it beside their scores, once one has been read.
    measured: Option<Measured>,
    /// A row of it cannot be used, so its scores are not complete.
    broken: bool,
    /// Its last row, and the line of it.
    last: (u64, Option<u64>),
}

/// Rows that were passed over and may be of the fact that begins next: it would miss them unseen.
#[derive(Default)]
struct Passed {
    /// There are some of which it cannot be read whose they are.
    unknown: bool,
    /// The facts of those of which only that is known.
    facts: BTreeSet<String>,
}

impl Passed {
    fn may_be_of(&self, fact: &str) -> bool {
        self.unknown || self.facts.contains(fact)
    }
}

impl State {
    /// Notes a row that is passed over, with its fact if it can be read. Its language or prompt may be what is wrong, so it
    /// may belong to the entry that is being read, to the next, or to none.
    fn pass_over(&mut self, fact: Option<&str>) {
        if let Some(current) = &mut self.current {
            current.broken |= fact.is_none_or(|fact| fact == current.named.key.fact);
        }
        match fact {
            Some(fact) => _ = self.passed.facts.insert(fact.to_owned()),
            None => self.passed.unknown = true,
        }
    }
}

impl Table {
    pub fn new(file: Mapped, batches: Box<dyn Batches>, scored: bool, told: Told, options: &Options) -> Self {
        let invalid = Invalid::new(options);
        Self { file, batches, scored, told, options: options.clone(), state: State::default(), invalid }
    }

    /// Reads some rows into the state; false at the end of the file.
    fn read_batch(&mut self) -> Result<bool, ImportError> {
        let mut rows = match self.batches.next(self.state.row) {
            Ok(Some(rows)) => rows,
            Ok(None) => return self.flush().map(|()| false),
            Err(error) if error.is_of_a_row() => {
                self.invalid.note(error)?;
                self.state.pass_over(None);
                self.state.row += 1;
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        for name in rows.drop_fractions(&mut self.state.no_orders) {
            self.told.not_used(format!("column {name}"));
        }
        // A batch may be of one row, of words that are codes, too, or of none: what was seen before counts, too.
        if !self.scored
            && let Some(name) = rows.of_flags(&mut self.state.no_flags)
        {
            return Err(flags_for_scores(&self.file, name));
        }
        let says_nothing = self.told.said_language().is_none() && rows.name(Role::Language).is_none();
        if let Some((name, code)) = rows.of_languages(&mut self.state.no_languages).filter(|_| says_nothing) {
            return Err(ImportError::Unexpected {
                at: self.file.at(Place::File),
                found: format!(
                    "a column `{name}` whose values are codes of languages (`{code}`), and no column `language`"
                ),
                expected: "the name `language`, or that it is named as one to leave out".to_owned(),
            });
        }
        self.state.has_long_codes |= rows.has_long_codes();
        for index in 0..rows.len {
            self.state.line = rows.lines.as_ref().map(|lines| lines[index]);
            if let Err(error) = self.add(&rows, index) {
                if !error.is_of_a_row() || !self.invalid.skips() {
                    return Err(error);
                }
                self.invalid.note(error)?;
            }
            self.state.row += 1;
        }
        Ok(true)
    }

    fn add(&mut self, rows: &Rows, index: usize) -> Result<(), ImportError> {
        let fact = match self.find_fact(rows, index) {
            Ok(fact) => fact,
            Err(error) => {
                let fact = rows.text(Role::Fact, index).ok().flatten().filter(|fact| !fact.is_empty());
                self.state.pass_over(fact.as_deref());
                return Err(error);
            }
        };
        let added = self.add_neuron(rows, index, &fact);
        if let (Err(_), Some(current)) = (&added, &mut self.state.current) {
            current.broken = true;
        }
        added
    }

    /// The fact of a row, which is the current one from here on.
    fn find_fact<'r>(&mut self, rows: &'r Rows, index: usize) -> Result<Cow<'r, str>, ImportError> {
        let place = Spot { file: &self.file, row: self.state.row, line: self.state.line };
        let bad = |cell: BadCell| place.bad(cell);
        let at = || place.at();
        let by = |role| format!("column `{}`", rows.name(role).unwrap_or_default());
        let fact = rows.text(Role::Fact, index).map_err(bad)?.unwrap_or_default();
        if fact.is_empty() {
            let found = format!("an empty fact id in {}", by(Role::Fact));
            return Err(bad(BadCell { reason: found.clone(), found, expected: "a fact's id in every row" }));
        }
        let language = rows.text(Role::Language, index).map_err(bad)?;
        if let Some(text) = language.as_deref().filter(|text| is_missing(text) && !self.state.has_long_codes) {
            let found = format!("`{text}` in {}, which is how programs write a missing value", by(Role::Language));
            let reason = format!("a missing value in {}", by(Role::Language));
            return Err(bad(BadCell { reason, found, expected: "the code of a language in every row" }));
        }
        let prompt = rows.whole(Role::Prompt, index).map_err(bad)?;
        let prompt = prompt.map(|found| u16::try_from(found).map_err(|_| bad_prompt(&at, found, &by(Role::Prompt))));
        let prompt = prompt.transpose()?;
        let relation = rows.text(Role::Relation, index).map_err(bad)?;
        let run = rows.text(Role::Run, index).map_err(bad)?;
        // Most rows are of the same fact as the one before: its key is not made anew.
        let same = self.state.current.as_ref().is_some_and(|current| {
            let Named { key, relation: known, .. } = &current.named;
            key.fact == *fact
                && prompt.is_none_or(|prompt| prompt == key.prompt)
                && language.as_ref().is_none_or(|language| *language == key.language)
                && relation.as_ref().is_none_or(|relation| known.as_deref() == Some(&**relation))
        });
        if !same || run.is_some() {
            let names = [Role::Language, Role::Prompt, Role::Relation, Role::Run].map(by);
            let row = Row {
                language: language.as_deref().map(|language| (language, names[0].as_str())),
                prompt: prompt.map(|prompt| (prompt, names[1].as_str())),
                relation: relation.as_deref().map(|relation| (relation, names[2].as_str())),
                run: run.as_deref().map(|run| (run, names[3].as_str())),
            };
            let named = self.told.named(fact.clone().into_owned(), row, &at)?;
            let current = self.state.current.as_ref();
            let same_key = current.is_some_and(|current| current.named.key == named.key);
            if same_key && current.is_some_and(|current| current.named.relation != named.relation) {
                let found = format!("two relations of fact `{fact}`");
                return Err(bad(BadCell { reason: found.clone(), found, expected: "one relation a fact" }));
            }
            if !same_key {
                self.begin(named)?;
            }
        }
        Ok(fact)
    }

    /// Adds a row's neuron and score to the current fact.
    fn add_neuron(&mut self, rows: &Rows, index: usize, fact: &str) -> Result<(), ImportError> {
        let place = Spot { file: &self.file, row: self.state.row, line: self.state.line };
        let bad = |cell: BadCell| place.bad(cell);
        let layer = rows.whole(Role::Layer, index).map_err(bad)?.unwrap_or(-1);
        let unit = rows.whole(Role::Neuron, index).map_err(bad)?.unwrap_or(-1);
        let shape = self.options.shape;
        let neuron = self.neuron(layer, unit, fact, &place)?;
        let score = rows.score(index).map_err(bad)?.unwrap_or(0.0);
        if !score.is_finite() {
            return Err(ImportError::BadScore {
                at: place.at(),
                fact: fact.to_owned(),
                layer: layer as u32,
                neuron: unit as u32,
                found: number_text(score),
            });
        }
        let most = 2 * shape.neurons();
        let measured = if rows.has_measured() { Some(rows.measured(index).map_err(bad)?) } else { None };
        let Some(current) = &mut self.state.current else {
            return Ok(());
        };
        match (&current.measured, measured) {
            (Some(known), Some(measured)) => known.must_equal(&measured).map_err(bad)?,
            (None, measured) => current.measured = measured,
            (Some(_), None) => {}
        }
        current.rows.push(neuron, score);
        current.last = (self.state.row, self.state.line);
        // A fact cannot have more rows than the model has neurons, but for repeats.
        if current.rows.len() as u64 > most {
            let settled = current.rows.settle();
            self.state.duplicates += settled.map_err(|twice| twice.error(place.at(), fact, shape))?;
        }
        Ok(())
    }

    fn neuron(&self, layer: i64, unit: i64, fact: &str, place: &Spot<'_>) -> Result<Neuron, ImportError> {
        let shape = self.options.shape;
        let (Ok(layer), Ok(neuron)) = (u64::try_from(layer), u64::try_from(unit)) else {
            return Err(ImportError::Row {
                at: place.at(),
                reason: "a negative layer or neuron".to_owned(),
                found: format!("layer {layer}, neuron {unit} of fact `{fact}`"),
                expected: "numbers from 0".to_owned(),
            });
        };
        let found = u32::try_from(layer).ok().zip(u32::try_from(neuron).ok());
        found.and_then(|(layer, unit)| shape.neuron(layer, unit)).ok_or_else(|| ImportError::NeuronOutside {
            at: place.at(),
            fact: fact.to_owned(),
            layer,
            neuron,
            shape,
        })
    }

    fn here(&self) -> Box<Location> {
        Spot { file: &self.file, row: self.state.row, line: self.state.line }.at()
    }

    /// Ends the current fact and begins the next.
    fn begin(&mut self, named: Named) -> Result<(), ImportError> {
        self.flush()?;
        if self.state.seen.note(&named.key.bytes(), &[], self.state.row) != Repeat::New {
            let key = named.key;
            let (fact, language, prompt) = (key.fact, key.language, key.prompt);
            return Err(ImportError::NotContiguous { at: self.here(), fact, language, prompt });
        }
        let broken = mem::take(&mut self.state.passed).may_be_of(&named.key.fact);
        self.state.current = Some(Current {
            named,
            rows: SparseScores::default(),
            measured: None,
            broken,
            last: (self.state.row, self.state.line),
        });
        Ok(())
    }

    /// Puts the current fact into `waiting`.
    fn flush(&mut self) -> Result<(), ImportError> {
        let Some(Current { named, rows, measured, broken, last: (row, line) }) = mem::take(&mut self.state.current)
        else {
            return Ok(());
        };
        if broken {
            self.invalid.count(LEFT_OUT);
            return Ok(());
        }
        let shape = self.options.shape;
        let (neurons, scores, dropped) = match rows.finish() {
            Ok(finished) => finished,
            Err(twice) => {
                // The rows that disagree lie before its last one.
                let at = Spot { file: &self.file, row, line }.at();
                return Err(twice.error(at, &named.key.fact, shape));
            }
        };
        self.state.duplicates += dropped;
        let measured = measured.unwrap_or_default();
        self.state.waiting.push_back(if !self.scored {
            named.entry(EntryData::Neurons(neurons))
        } else if neurons.len() as u64 == shape.neurons() {
            named.entry(EntryData::Scores(measured.scores(ScoreValues::Dense(scores), shape)))
        } else {
            // A table of the best so many neurons may have cut others that score as much as its last.
            let floor = scores.iter().copied().fold(f32::INFINITY, f32::min).next_up();
            named.entry(EntryData::Scores(measured.scores(ScoreValues::Sparse { neurons, scores, floor }, shape)))
        });
        Ok(())
    }
}

/// Whether a text is how pandas, NumPy, Python or JSON write that there is none.
fn is_missing(text: &str) -> bool {
    ["nan", "none", "null", "<na>"].iter().any(|missing| missing.eq_ignore_ascii_case(text.trim()))
}

/// A row, for messages.
struct Spot<'a> {
    file: &'a Mapped,
    row: u64,
    line: Option<u64>,
}

impl Spot<'_> {
    fn at(&self) -> Box<Location> {
        self.file.at(self.line.map_or(Place::Row(self.row), Place::TextRow))
    }

    fn bad(&self, cell: BadCell) -> ImportError {
        let BadCell { reason, found, expected } = cell;
        ImportError::Row { at: self.at(), reason, found, expected: expected.to_owned() }
    }
}

impl Source for Table {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        while self.state.waiting.is_empty() && self.read_batch()? {}
        Ok(self.state.waiting.pop_front())
    }

    fn bytes_read(&self) -> u64 {
        self.batches.bytes_read()
    }

    fn account(&self) -> Account {
        let (duplicates, invalid) = (self.state.duplicates, self.invalid.reasons());
        Account { duplicates, invalid, ..self.told.account() }
    }

    fn place(&self) -> String {
        self.here().to_string()
    }
}
