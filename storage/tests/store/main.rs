//! The tests of the store, through its public face only. One binary: it starts itself again where a
//! test needs other processes.

mod backward_compatibility;
mod child;
mod contents;
mod contract;
mod crash;
mod damage;
mod growth;
mod jobs;
mod layout;
mod published;
mod readers;
mod reading;
mod toy;
