//! The protocols on toy models whose numbers are worked out by hand.

mod arena;
mod checking;
mod editbench;
mod editing;
mod released;
mod running;
mod toy;
