//! Proofs that a store keeps what it promises (`docs/durability.md`): the tests of the same name, made longer through the environment.

use crate::check::{cargo_command, finish};
use crate::{root, say};

/// A proof, and what makes it longer.
struct Proof {
    name: &'static str,
    option: &'static str,
    usually: u64,
    variable: &'static str,
    /// The cargo commands that run it; the asked-for number is divided among them if it is a time.
    commands: &'static [&'static [&'static str]],
    divided: u64,
}

const STORE: [&str; 5] = ["test", "-p", "kndb-storage", "--test", "store"];

const PROOFS: [Proof; 4] = [
    Proof {
        name: "damage",
        option: "--stores",
        usually: 10_000,
        variable: "KNDB_DAMAGED",
        commands: &[&[STORE[0], STORE[1], STORE[2], STORE[3], STORE[4], "damage::sweep"]],
        divided: 1,
    },
    Proof {
        name: "crash",
        option: "--kills",
        usually: 1_000,
        variable: "KNDB_KILLS",
        commands: &[&[STORE[0], STORE[1], STORE[2], STORE[3], STORE[4], "crash::"]],
        divided: 1,
    },
    Proof {
        name: "power",
        option: "--states",
        usually: 10_000,
        variable: "KNDB_STATES",
        commands: &[&["test", "-p", "kndb-storage", "--lib", "power::"]],
        divided: 1,
    },
    Proof {
        // Where libFuzzer cannot be built: [`crate::fuzz`].
        name: "generators",
        option: "--seconds",
        usually: 600,
        variable: "KNDB_FUZZ_SECONDS",
        // The two of the store run side by side.
        commands: &[
            &[STORE[0], STORE[1], STORE[2], STORE[3], STORE[4], "fuzz::"],
            &["test", "-p", "kndb-query", "--test", "fuzz"],
            &["test", "-p", "kndb-import", "--test", "import", "fuzz::"],
        ],
        divided: 3,
    },
];

/// Runs a proof: `option` and a count, or its usual one.
pub fn run(name: &str, asked: Option<(&str, &str)>) -> Result<(), String> {
    let proof = PROOFS.iter().find(|proof| proof.name == name).ok_or_else(|| format!("no proof {name:?}"))?;
    let count = match asked {
        None => proof.usually,
        Some((option, count)) if option == proof.option => {
            count.parse().map_err(|_| format!("{option} {count:?}: expected a whole number"))?
        }
        Some((option, _)) => return Err(format!("unknown option {option}: {name} takes {}", proof.option)),
    };
    for command in proof.commands {
        say(&format!("xtask: {name}, {} {count}\n", proof.option));
        let mut cargo = cargo_command();
        cargo.args(*command).args(["--", "--nocapture"]).current_dir(root());
        cargo.env(proof.variable, (count / proof.divided).max(1).to_string());
        finish(cargo, &format!("cargo {}", command.join(" ")))?;
    }
    Ok(())
}
