//! `peers`: kndb's side of `bench/peers/compare.py`. Makes the generated store and hands its content to the peers, and
//! answers the six questions line by line, timed in this process.

mod data;
mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;

// As in the `kndb` command; Polars and DuckDB bring allocators of their own, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// kndb's side of the comparison with its peers.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the store, and files of all it keeps, for the peers to load
    Data {
        /// Gets a folder `store`, and the files
        folder: PathBuf,
        /// Number of facts
        #[arg(long, default_value_t = 10_240)]
        facts: u32,
    },
    /// Answer `ask QUESTION MILLISECONDS` from standard input with a line of JSON each
    Serve {
        /// The folder that `data` made
        folder: PathBuf,
        /// How kndb is asked
        #[arg(long, value_enum, default_value = "text")]
        way: serve::Way,
    },
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Args::parse().command {
        Command::Data { folder, facts } => data::write(&folder, facts),
        Command::Serve { folder, way } => serve::run(&folder, way),
    }
}
