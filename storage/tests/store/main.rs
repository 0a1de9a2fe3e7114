//! The tests of the store, through its public face only. One binary: it starts itself again where a
//! test needs other processes.

mod answers;
mod backward_compatibility;
mod child;
mod contents;
mod contract;
mod crash;
mod damage;
mod fuzz;
mod growth;
mod jobs;
mod layout;
mod meter;
mod published;
mod readers;
mod reading;
mod toy;
mod upkeep;
mod whole;
