//! The attribution engine of kndb: from a language model and facts to per-layer neuron scores.
//!
//! It is: the computation of neuron attribution scores (integrated gradients over feed-forward activations; Dai et al.,
//! ACL 2022; AMIG, AAAI 2024) for Hugging Face folders, fast because of what it does not compute. It is not: a trainer or a
//! general inference engine.
//!
//! | module | what it keeps |
//! |---|---|
//! | [`model`], `folder`, `config`, `weights`, `tokenizer`, [`architecture`] | from a folder to a network |
//! | [`nn`] | the parts of a transformer, each with its backward pass by hand |
//! | [`transformer`] | a network, and the pass of a real prompt through it |
//! | [`sweep`] | points of paths through the layers above theirs, and back |
//! | `shared` | passes that several questions share |
//! | [`question`] | from a fact and a template to token ids, a position, a target |
//! | [`probe`] | what a method may ask of a network |
//! | [`metric`] | what F is |
//! | [`methods`], [`quadrature`] | the methods, one a file; rules for integrals |
//! | [`promoted`] | what a neuron writes, in words |
//! | [`intervention`] | predictions with neurons changed |
//! | [`degenerate`] | neurons that can stand in for each other |
//! | [`derived`] | runs that are made from the scores of another |
//! | [`trace`] | causal tracing: which hidden states carry a fact |
//! | [`corpus`] | activations over texts, and language neurons |
//! | [`edit`] | edits of weights that can be kept |
//! | [`preset`] | the named presets of options |
//! | [`attribute`] | scores of one fact |
//! | [`job`] | scores of many facts, into a store |
//! | [`device`](mod@device) | backends |

pub mod architecture;
pub mod attribute;
pub mod config;
pub mod corpus;
pub mod degenerate;
pub mod derived;
pub mod device;
pub mod edit;
mod error;
mod folder;
pub mod intervention;
pub mod job;
pub mod methods;
pub mod metric;
pub mod model;
pub mod nn;
pub mod preset;
pub mod probe;
pub mod promoted;
pub mod quadrature;
pub mod question;
mod shared;
pub mod sweep;
mod tokenizer;
pub mod trace;
pub mod transformer;
mod weights;
pub mod words;

pub use attribute::{Attribution, FactScores};
pub use device::device;
pub use error::{Error, Result};
pub use intervention::{Change, Intervention, Reach, Rewrite, Variants};
pub use methods::MethodOptions;
pub use metric::{Goal, Metric};
pub use model::Model;
pub use preset::{Continuation, FoilRule, Options};
pub use probe::Site;
pub use promoted::{Promoted, TokenWeight};
pub use question::{Asking, Foil, Question, Skip, Step, UnknownParts};
pub use tokenizer::Tokenizer;
pub use weights::Weights;
