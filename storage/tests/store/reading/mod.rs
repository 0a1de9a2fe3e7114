//! Every way of reading scores gives what a plain recomputation in 64-bit arithmetic gives.

mod expected;
mod kept;
mod shapes;
