//! The tests of the store, through its public face only.

mod contents;
mod explore;
mod toy;
