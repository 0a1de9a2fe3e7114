//! SQL beside what was written, and beside kndb's own language.

mod conditions;
mod language;
mod session;
mod tables;
mod world;
