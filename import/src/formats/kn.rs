//! KN (Dai et al., ACL 2022), `*.rlt.jsonl` of Hunter-DDM/knowledge-neurons: sparse scores.
//!
//! A line is a bag: one fact of one relation, asked with every ParaRel pattern. It holds a list of
//! `[{tokens, relation, gold_obj, pred_obj}, {pred, ig_pred, ig_gold, base}]`, one a prompt; a line
//! that is such a pair itself is a bag of one. `ig_gold` and `base` are triplets `[layer, neuron,
//! score]` of the scores ≥ 0.1·max; `ig_pred` is written whole, `layers` lists of `width` numbers.
//! Both forms are read in every field. `pred_obj`, the word that the model finds most probable at the mask, is
//! its answer; where that is `gold_obj`, the right object is the first of its answers.
//!
//! The file does not say which fact a bag is. Bags stand in the order of LAMA T-REx's
//! `{relation}.jsonl`, so that file serves as the list of ids ([`Options::ids`]); without a list the
//! fact's id is `kn:RELATION:LINE`, lines counted from 0. The prompt is the position in the bag.

use std::collections::VecDeque;
use std::path::Path;

use kndb_storage::{EntryData, Origin, ScoreValues, Shape};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bytes::json::{Cursor, excerpt, parse_error, quoting_non_finite};
use crate::bytes::json_number::Number;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Account, Context, Format, Probe, Source};
use crate::formats::records::fields_of;
use crate::options::{IgKind, Options};
use crate::source::given::{Given, Named, digest, place};
use crate::source::ids::{IdList, ids_of};
use crate::source::invalid::Invalid;
use crate::source::measured::ANSWER_BYTES;
use crate::source::seen::{Repeat, Seen};
use crate::source::sparse::SparseScores;
use crate::source::tensor::{dense, number_text};
use crate::source::told::{Row, Told, bad_prompt, ignored};

/// The source keeps scores of at least this share of the maximum.
const KEPT_SHARE: f64 = 0.1;

pub(crate) struct Kn;

impl Format for Kn {
    fn name(&self) -> &'static str {
        "kn"
    }

    fn about(&self) -> &'static str {
        "*.rlt.jsonl score triplets of Hunter-DDM/knowledge-neurons"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl"]
    }

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        let start: Vec<u8> = probe.tokens().take(3).collect();
        probe.name.ends_with(".rlt.jsonl") || start == *b"[[{" || is_one_prompt(probe)
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let file = Mapped::unpacked(path, "one bag of prompts a line")?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        Ok(Box::new(Bags {
            cursor: Cursor::new(file),
            ids: ids_of(path, options.ids.as_deref(), &mut told)?,
            options: options.clone(),
            invalid: Invalid::new(options),
            told,
            seen: Seen::default(),
            waiting: VecDeque::new(),
            bag: 0,
            line: 0,
            duplicates: 0,
        }))
    }
}

/// Whether a file begins with a bag that is one prompt, without a list around it: `[{"relation": …}, {"ig_gold": …}]`.
fn is_one_prompt(probe: &Probe) -> bool {
    probe.text().starts_with(b"[") && fields_of(probe).iter().any(|name| name == "relation")
}

#[derive(Deserialize)]
struct Info {
    relation: String,
    gold_obj: Option<Value>,
    pred_obj: Option<Value>,
}

impl Info {
    /// What the model said, as far as it can be kept.
    fn origin(&self, options: &Options) -> Option<Origin> {
        let word = |field: &Option<Value>| Some(field.as_ref()?.as_str()?.trim().to_owned());
        if ignored(options, "pred_obj") {
            return None;
        }
        let answer = word(&self.pred_obj).filter(|answer| !answer.is_empty() && answer.len() <= ANSWER_BYTES)?;
        let is_right = word(&self.gold_obj).is_some_and(|gold| gold == answer);
        Some(Origin { question: None, answer: Some(answer), rank: is_right.then_some(1), tokens: None })
    }
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    ig_gold: Option<&'a RawValue>,
    #[serde(borrow)]
    ig_pred: Option<&'a RawValue>,
    #[serde(borrow)]
    base: Option<&'a RawValue>,
}

impl<'a> Results<'a> {
    fn field(&self, kind: IgKind) -> Option<&'a RawValue> {
        match kind {
            IgKind::Gold => self.ig_gold,
            IgKind::Pred => self.ig_pred,
            IgKind::Base => self.base,
        }
    }
}

struct Bags {
    cursor: Cursor,
    ids: Option<IdList>,
    options: Options,
    told: Told,
    invalid: Invalid,
    seen: Seen,
    waiting: VecDeque<Given>,
    bag: u64,
    line: u64,
    duplicates: u64,
}

impl Bags {
    /// Reads the next line into `waiting`; false at the end of the file.
    fn read_bag(&mut self) -> Result<bool, ImportError> {
        if self.cursor.position == self.cursor.end {
            return self.check_ids().map(|()| false);
        }
        let file = self.cursor.file.clone();
        let start = self.cursor.position;
        let rest = &file.bytes()[start..self.cursor.end];
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.cursor.position = (start + length + 1).min(self.cursor.end);
        self.line += 1;
        let line = &rest[..length];
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(true);
        }
        let before = self.waiting.len();
        let added = match parse(line) {
            Ok(prompts) => self.add(&prompts),
            Err(error) => match parse(&quoting_non_finite(line)) {
                Ok(prompts) => self.add(&prompts),
                Err(_) => Err(match parse_error(&file, start, start + length, &error) {
                    ImportError::Truncated { at, .. } => {
                        ImportError::Truncated { at, complete: self.bag, unit: "bags" }
                    }
                    other => other,
                }),
            },
        };
        match added {
            Ok(()) => {}
            Err(error) if error.is_of_a_row() => {
                self.waiting.truncate(before);
                self.invalid.note(error)?;
            }
            Err(error) => return Err(error),
        }
        self.bag += 1;
        Ok(true)
    }

    fn add(&mut self, prompts: &[(Info, Results<'_>)]) -> Result<(), ImportError> {
        let kind = self.options.ig;
        let mut any = false;
        for (number, (info, results)) in prompts.iter().enumerate() {
            let at = || self.cursor.file.at(self.at_line());
            let number = u16::try_from(number).map_err(|_| bad_prompt(&at, number, "a bag"))?;
            let (fact, relation) = (self.fact(info)?, relation_of(info));
            let place = self.cursor.file.at(self.at_line());
            let row = Row {
                prompt: Some((number, "its position in the bag")),
                relation: Some((relation, "the field `relation`")),
                ..Row::default()
            };
            let named = self.told.named(fact, row, &|| place.clone())?;
            let (mut given, some) = match results.field(kind) {
                Some(raw) => self.entry(named, raw.get())?,
                None => return Err(self.no_scores("has no such field")),
            };
            if let EntryData::Scores(scores) = &mut given.entry.data {
                scores.origin = info.origin(&self.options);
            }
            any |= some;
            self.keep(given)?;
        }
        // A fact without one positive score is rare; a whole first bag of them is a run that was
        // made without this kind of score.
        if self.bag == 0 && !any {
            return Err(self.no_scores("is empty in the first bag"));
        }
        Ok(())
    }

    /// Keeps an entry, unless its fact came before with the same content.
    fn keep(&mut self, given: Given) -> Result<(), ImportError> {
        match self.seen.note_digest(&place(&given.entry), digest(&given.entry), self.line) {
            Repeat::New => self.waiting.push_back(given),
            Repeat::Same => self.duplicates += 1,
            Repeat::Different(line) => {
                let (at, first) = (self.cursor.file.at(self.at_line()), Place::TextRow(line));
                return Err(ImportError::DuplicateFact { at, fact: given.entry.fact, first });
            }
        }
        Ok(())
    }

    fn fact(&self, info: &Info) -> Result<String, ImportError> {
        let Some(list) = &self.ids else {
            return Ok(format!("kn:{}:{}", relation_of(info), self.bag));
        };
        list.ids.get(self.bag as usize).cloned().ok_or_else(|| self.ids_differ("more"))
    }

    fn check_ids(&self) -> Result<(), ImportError> {
        match &self.ids {
            Some(list) if list.ids.len() as u64 != self.bag => Err(self.ids_differ("fewer")),
            _ => Ok(()),
        }
    }

    fn ids_differ(&self, how: &str) -> ImportError {
        let (path, count) = self.ids.as_ref().map_or((Path::new(""), 0), |list| (&*list.path, list.ids.len()));
        ImportError::Unexpected {
            at: self.cursor.file.at(self.at_line()),
            found: format!("{how} bags than the {count} fact ids of {}", path.display()),
            expected: "one fact id a bag, in the order of the bags".to_owned(),
        }
    }

    fn no_scores(&self, how: &str) -> ImportError {
        let kind = self.options.ig;
        let others = [IgKind::Gold, IgKind::Pred, IgKind::Base].into_iter().filter(|&other| other != kind);
        let others: Vec<_> = others.map(|kind| format!("`{kind}`")).collect();
        ImportError::Unexpected {
            at: self.cursor.file.at(self.at_line()),
            found: format!("no scores: `{kind}` {how}"),
            expected: format!("scores in `{kind}`; choose {} if the file holds those", others.join(" or ")),
        }
    }

    fn at_line(&self) -> Place {
        Place::TextRow(self.line)
    }

    /// The entry of one field, and whether it holds any score.
    fn entry(&mut self, named: Named, raw: &str) -> Result<(Given, bool), ImportError> {
        let at = || self.cursor.file.at(self.at_line());
        let problem = |found: String, expected: &str| ImportError::Unexpected {
            at: at(),
            found: format!(
                "{found} in `{}` of fact `{}`, prompt {}",
                self.options.ig, named.key.fact, named.key.prompt
            ),
            expected: expected.to_owned(),
        };
        const EXPECTED: &str = "a list of [layer, neuron, score], or one list of scores a layer";
        let rows: Vec<Vec<Number>> =
            serde_json::from_str(raw).map_err(|_| problem(format!("`{}`", excerpt(raw.as_bytes())), EXPECTED))?;
        let shape = self.options.shape;
        let (layers, width) = (shape.layers as usize, shape.width as usize);
        let score = |Number(value)| value as f32;
        if rows.len() == layers && rows.iter().all(|row| row.len() == width) && width != 3 {
            let scores = rows.into_iter().flatten().map(score).collect();
            return dense(named, scores, shape, at).map(|given| (given, true));
        }
        let mut list = SparseScores::default();
        let mut best = f64::NEG_INFINITY;
        for row in rows {
            let [Number(layer), Number(unit), value] = *row else {
                return Err(problem(format!("a list of {} numbers", row.len()), EXPECTED));
            };
            let whole = |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
            let (Some(layer), Some(unit)) = (whole(layer), whole(unit)) else {
                return Err(problem(format!("layer {layer}, neuron {unit}"), "whole numbers from 0"));
            };
            let Some(neuron) = neuron(shape, layer, unit) else {
                return Err(ImportError::NeuronOutside { at: at(), fact: named.key.fact, layer, neuron: unit, shape });
            };
            let score = score(value);
            if !score.is_finite() {
                return Err(ImportError::BadScore {
                    at: at(),
                    fact: named.key.fact,
                    layer: layer as u32,
                    neuron: unit as u32,
                    found: number_text(score),
                });
            }
            best = best.max(value.0);
            list.push(neuron, score);
        }
        let (neurons, scores, dropped) = list.finish().map_err(|twice| twice.error(at(), &named.key.fact, shape))?;
        let any = !neurons.is_empty();
        let floor = floor(best, &scores);
        self.duplicates += dropped;
        Ok((named.scores(ScoreValues::Sparse { neurons, scores, floor }), any))
    }
}

/// The relation of a bag: `P36(capital)` in the files.
fn relation_of(info: &Info) -> &str {
    info.relation.split('(').next().unwrap_or_default()
}

fn neuron(shape: Shape, layer: u64, unit: u64) -> Option<kndb_storage::Neuron> {
    shape.neuron(u32::try_from(layer).ok()?, u32::try_from(unit).ok()?)
}

/// The least score from which on every neuron is listed. An empty list says that no score is
/// positive: `score ≥ 0.1·max` holds for nothing where the maximum is negative.
fn floor(best: f64, scores: &[f32]) -> f32 {
    let exact = KEPT_SHARE * best.max(0.0);
    let rounded = exact as f32;
    let up = if f64::from(rounded) < exact { rounded.next_up() } else { rounded };
    scores.iter().copied().fold(up, f32::min)
}

fn parse(line: &[u8]) -> Result<Vec<(Info, Results<'_>)>, serde_json::Error> {
    let mut tokens = line.iter().filter(|byte| !byte.is_ascii_whitespace());
    match (tokens.next(), tokens.next()) {
        (Some(b'['), Some(b'{')) => serde_json::from_slice(line).map(|pair| vec![pair]),
        _ => serde_json::from_slice(line),
    }
}

impl Source for Bags {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        while self.waiting.is_empty() && self.read_bag()? {}
        Ok(self.waiting.pop_front())
    }

    fn bytes_read(&self) -> u64 {
        self.cursor.bytes_read()
    }

    fn account(&self) -> Account {
        Account { duplicates: self.duplicates, invalid: self.invalid.reasons(), ..self.told.account() }
    }

    fn place(&self) -> String {
        self.cursor.file.at(self.at_line()).to_string()
    }
}
