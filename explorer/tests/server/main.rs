//! The server by its addresses: who may ask, what is said, what is streamed, and that nothing makes it fall.

#[path = "../served/mod.rs"]
mod served;

mod crowds;
mod facts;
mod guard;
mod malformed;
mod neurons;
mod newer;
mod pages;
mod queries;
mod stores;
mod streams;
