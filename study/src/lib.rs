//! Experiments of kndb: the paper's cross-lingual editing and fact checking, scorers and ways to edit against each other, on any model and any facts.
//!
//! It is: protocols, draws, statistics and tables. It is not: a model; whatever can answer a [`LanguageModel`]'s questions can be
//! studied. Nothing here prints. Neuron sets come from statements of the query language that the report keeps, or from the scorers that are compared.
//!
//! | module | what it keeps |
//! |---|---|
//! | [`editing`] | AMIG's Table 2: whose neurons change a fact in which language |
//! | [`checking`] | AMIG's Table 3: whether degenerate neurons tell true statements from false ones |
//! | [`arena`] | what the sets of several scorers do, at equal sizes |
//! | [`editbench`] | what ways to edit facts do to them, to their neighbours, and in other languages |
//! | [`statistics`] | means, rates, AUROC and bootstrap intervals |
//! | `model`, `asking` | the border to a model, and checks on what it answers |
//! | `engine_model` | the models, scorers and edits of `kndb-engine`, with the feature `engine` |
//! | `statements`, `questions` | what is read from the store: neuron sets, facts in words |
//! | `askable` | which facts a study takes: those that a model can be asked |
//! | `pool`, `control` | what unrelated facts and random neurons are drawn from |
//! | `known` | conditions on what was measured of facts: which are studied |
//! | `streams`, `watch` | random draws that depend on nothing else; threads, progress, stopping |
//! | `output` | [`Report`]: text tables, JSON, CSV |
//!
//! The first two follow the paper (Chen et al., AAAI 2024, arXiv 2308.13198) where it is sound, and offer the choices of its released
//! code beside; the modules say what differs and why.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use kndb_storage::{Entry, EntryData, FactBatch, FactRow, Neuron, RunSpec, Shape, Store, TemplateRow};
//! # let folder = tempfile::tempdir()?;
//! # let store = Store::create(folder.path().join("store"))?;
//! # let shape = Shape::new(1, 4).ok_or("too large")?;
//! # let mut batch = FactBatch::default();
//! # for language in ["en", "zh"] {
//! #     for (id, relation) in [("f1", "P36"), ("f2", "P37")] {
//! #         let [id, relation, language] = [id, relation, language].map(str::to_owned);
//! #         let (subject, object) = ("France".to_owned(), "Paris".to_owned());
//! #         let text = "[X] [Y]".to_owned();
//! #         batch.templates.push(TemplateRow { relation: relation.clone(), language: language.clone(), text });
//! #         batch.facts.push(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri: None });
//! #     }
//! # }
//! # store.add_facts(batch)?;
//! # let run = store.open_run(RunSpec::new("bert", "toy", shape))?;
//! # for language in ["en", "zh"] {
//! #     for (fact, neuron) in [("f1", Neuron(1)), ("f2", Neuron(2))] {
//! #         let data = EntryData::Neurons(vec![neuron]);
//! #         run.append(Entry { fact: fact.into(), language: language.into(), prompt: 0, data })?;
//! #     }
//! # }
//! # run.finish()?;
//! # struct Toy;
//! # impl LanguageModel for Toy {
//! #     fn shape(&self) -> Shape { Shape { layers: 1, width: 4 } }
//! #     fn probabilities(&self, _: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal> {
//! #         Ok(edits.iter().map(|edits| 0.5 - 0.1 * edits.len() as f64).collect())
//! #     }
//! #     fn scores(&self, _: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> { Ok(vec![0.0; neurons.len()]) }
//! #     fn activations(&self, _: &Claim<'_>, neurons: &[Neuron]) -> Result<Vec<f32>, Refusal> { Ok(vec![0.0; neurons.len()]) }
//! #     fn answers(&self, _: &Claim<'_>) -> Result<bool, Refusal> { Ok(true) }
//! # }
//! # use kndb_study::{Claim, Edit, LanguageModel, Refusal};
//! # let model = Toy;
//! use kndb_study::editing::{EditOptions, edit_study};
//! use kndb_study::{Report, Watch};
//! use std::{num::NonZeroUsize, sync::atomic::AtomicBool};
//!
//! let options = EditOptions::new("bert", vec!["en".into(), "zh".into()]);
//! let stop = AtomicBool::new(false);
//! let watch = Watch { threads: NonZeroUsize::MIN, stop: &stop, progress: &|at| assert!(at.done <= at.total) };
//! let report = edit_study(&store, &model, &options, &watch)?;
//! assert_eq!(report.statements[0].text, "likn[lang in (en, zh), run=bert]");
//! report.write_table(&mut Vec::new())?;
//! # // One edit takes a fifth of the probability, of every fact.
//! # assert_eq!(report.cells[0].all.rate.value, Some(2.0));
//! # Ok(())
//! # }
//! ```

pub mod arena;
mod askable;
mod asking;
pub mod checking;
mod control;
pub mod editbench;
pub mod editing;
#[cfg(feature = "engine")]
pub mod engine_model;
mod error;
mod known;
mod model;
mod output;
mod pool;
mod questions;
mod statements;
pub mod statistics;
mod streams;
mod watch;

pub use error::StudyError;
pub use model::{Change, Claim, Edit, LanguageModel, Refusal};
pub use output::Report;
pub use statements::Statement;
pub use watch::{Progress, Stage, Watch};
