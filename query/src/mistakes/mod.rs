//! What is said of a text that is no statement: what was found, what was expected, what to write instead.
//!
//! The lexer and the parser ask here when they cannot go on. Nothing here accepts anything, and nothing needs to be fast.

pub(crate) mod characters;
pub(crate) mod clauses;
pub(crate) mod columns;
pub(crate) mod conditions;
pub(crate) mod nearest;
pub(crate) mod percentages;
pub(crate) mod ranges;
pub(crate) mod stores;
