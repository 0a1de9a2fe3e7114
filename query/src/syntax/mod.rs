//! Text → tokens → syntax tree, and back: what a statement says, whatever a store holds.
//!
//! Nothing here opens a store or knows a plan. Where the text is at fault, [`crate::mistakes`] finds the words.

pub(crate) mod ast;
pub(crate) mod bind;
pub(crate) mod conditions;
pub(crate) mod lexer;
mod parameters;
pub(crate) mod parser;
mod print;
pub(crate) mod script;
pub(crate) mod span;
mod tree;
pub(crate) mod vocabulary;
