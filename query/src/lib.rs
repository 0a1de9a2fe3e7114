//! Query language of kndb.

mod algebra;
mod asked;
mod ast;
mod degenerate;
mod domain;
pub mod error;
mod eval;
mod execute;
mod explain;
mod floor;
mod foreign;
mod kinds;
mod lexer;
mod lower;
mod memory;
mod names;
mod nearest;
mod note;
mod numbered;
mod optimise;
mod output;
mod parser;
mod plan;
mod print;
mod prompts;
mod relabelled;
pub mod result;
mod saved;
mod scored;
mod span;
mod split;
mod splits;
mod tree;
mod unpaired;
mod unstored;
mod words;

pub use asked::layers_asked;
pub use ast::{
    Bound, Choice, Comparison, Condition, ConditionKey, Dim, Dimension, Direction, Expr, ExprKind, Filter, Having,
    Head, Interval, Key, LabelTest, Measure, Name, NeuronRange, Numbers, OrderKey, Query, SetOp, Source, SourceKind,
    Statement, Text, Top, Units,
};
pub use error::{ErrorKind, Label, QueryError};
pub use execute::execute;
pub use memory::DEFAULT_MEMORY;
pub use names::Settings;
pub use nearest::nearest;
pub use note::Note;
pub use parser::{MAX_DEPTH, MAX_OPERANDS, parse, parse_script};
pub use result::{Column, ColumnKind, Outcome, Sink, Value};
pub use scored::scored_layers;
pub use span::Span;
pub use split::{is_complete, split};
