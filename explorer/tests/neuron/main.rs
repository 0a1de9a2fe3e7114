//! The pages of neurons: what they show is what statements answer, and what was worked out by hand.

#[path = "../reading/mod.rs"]
mod reading;
#[path = "../served/mod.rs"]
mod served;
#[path = "../../../query/tests/toy/mod.rs"]
mod toy;

mod by_hand;
mod missing;
mod words;
