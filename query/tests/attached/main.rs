//! Sets of attached stores, worked out by hand.

mod answers;
mod changes;
mod refusals;
mod stores;
