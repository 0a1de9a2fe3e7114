//! Pages across facts: by layer, between languages, relations and runs, and the editor of statements. What they show is what statements answer, and
//! of one store it was worked out by hand.

#[path = "../served/mod.rs"]
mod served;

mod answers;
mod asking;
mod completing;
mod hostile;
mod languages;
mod layers;
mod many;
mod openapi;
mod relation;
mod runs;
