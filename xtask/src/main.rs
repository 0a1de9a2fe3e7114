//! Checks and chores of the repository, run as `cargo xtask`.
//!
//! * [`check`]: the gate every change passes, cheapest step first
//! * [`docs`]: writes the generated pages of `docs/` anew
//! * [`fuzz`]: makes up bytes, with libFuzzer where that can be built
//! * [`instructions`]: counts the instructions of six answers
//! * [`links`]: finds relative links that lead nowhere
//! * [`python`]: builds the Python package and tries it
//! * [`proofs`]: damages stores, kills writers, and cuts the power, for longer than a test may
//! * [`sanitize`]: the store's tests under AddressSanitizer, and under Miri what can be
//! * [`sql`]: what SQL needs, DataFusion and all, linted and tested
//! * [`torch`]: the engine's parity tests on libtorch
//!
//! Plain processes, no dependencies: it must build in a second. Nothing of the product lives here.

mod browser;
mod check;
mod docs;
mod fuzz;
mod instructions;
mod links;
mod nightly;
mod proofs;
mod python;
mod sanitize;
mod sql;
mod torch;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  check           fmt, links, clippy, a build without default features, tests, rustdoc, cargo-deny; stops at the first
                  that fails
  check --quick   without clippy, that build and rustdoc
  check --skip python  all but the Python package; --skip sql all but SQL, --skip browser all but the explorer in a browser
  docs            write docs/cli.md anew from the help texts
  links           check the relative links of README.md and docs/
  instructions [--write]  counts the instructions of six answers, and compares them with bench/instructions.tsv, or keeps them
  damage [--stores N]  damages N copies of a store (default 10000), and asks each everything
  crash [--kills N]    kills N pairs of writers (default 1000), and asks the store everything
  power [--states N]   makes up N states of a disk after a power cut (default 10000), and asks each everything
  fuzz [--seconds N] [TARGET…]
                  makes up files, records and sentences for N seconds (default 600), with the libFuzzer targets of fuzz/
                  where a nightly toolchain is installed, else with the generators of the tests
  fuzz --corpus   writes the seeds of fuzz/corpus anew
  sanitize [TEST…]     the store's tests, or those of these names, under AddressSanitizer; needs a nightly toolchain
  browser [--pictures]  the explorer in Chromium, and with --pictures those of docs/explorer.md
  sql             SQL: its crate and the Python package linted, then what `check` tests of it, DataFusion built for each
  python [TORCH]  the Python package: its wheel built, installed, typed and tested; with TORCH, an interpreter that has torch, by that, too
  python --release  the wheel for others, optimised, in target/wheels; its name says which systems take it
  torch DIR [DEVICE]  the engine's parity tests on the libtorch of DIR; DEVICE is torch (default) or cuda:N
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["check", ref options @ ..] => check::run(options),
        ["docs"] => docs::run(),
        ["instructions"] => instructions::run(false),
        ["instructions", "--write"] => instructions::run(true),
        ["links"] => links::run(&root()),
        [proof @ ("damage" | "crash" | "power")] => proofs::run(proof, None),
        [proof @ ("damage" | "crash" | "power"), option, count] => proofs::run(proof, Some((option, count))),
        ["browser"] => browser::run(false).map(drop),
        ["browser", "--pictures"] => browser::run(true).map(drop),
        ["fuzz", ref rest @ ..] => fuzz::run(rest),
        ["python"] => python::run(None).map(drop),
        ["python", "--release"] => python::release(),
        ["python", torch] => python::run(Some(torch)).map(drop),
        ["sanitize", ref filters @ ..] => sanitize::run(filters),
        ["sql"] => sql::run(),
        ["torch", folder] => torch::run(folder, "torch"),
        ["torch", folder, device] => torch::run(folder, device),
        ["help" | "--help" | "-h"] => {
            say(USAGE);
            Ok(())
        }
        _ => {
            complain(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            complain(&format!("xtask: {reason}\n"));
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

fn say(text: &str) {
    // A closed pipe is no reason to fail.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
