//! `docs/cli.md` is what `kndb help` says. `cargo xtask docs` writes it anew.

// Without these the page would be shorter.
#![cfg(all(feature = "attribute", feature = "explorer", feature = "parquet"))]

mod environment;

use environment::{Environment, root};

const HEAD: &str = "\
# The kndb command

<!-- Written by `cargo xtask docs` from the help texts. Do not edit. -->

Results go to standard output, everything else to standard error. Exit status: 0 ok, 1 an error in a
query or in the data, 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM (129 by SIGHUP), 255 a bug in
kndb.
";

fn reference() -> String {
    let environment = Environment::new();
    let overview = environment.ok(&["--help"]).out;
    let mut page = format!("{HEAD}\n```text\n{}\n```\n", tidy(&overview));
    let commands = overview
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.strip_prefix("  "))
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    for command in commands {
        let help = environment.ok(&[command, "--help"]).out;
        page += &format!("\n## kndb {command}\n\n```text\n{}\n```\n", tidy(&help));
    }
    page
}

/// Without spaces at line ends, which editors take away.
fn tidy(help: &str) -> String {
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
#[cfg_attr(feature = "sql", ignore = "docs/cli.md is of a build without SQL: docs/sql.md has the rest")]
fn the_reference_is_the_help() {
    let page = root().join("docs").join("cli.md");
    let now = reference();
    if std::env::var_os("KNDB_WRITE_DOCS").is_some() {
        std::fs::write(&page, &now).expect("the page is written");
        return;
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == now,
        "docs/cli.md is not what the help says now: run `cargo xtask docs`\n{}",
        first_difference(&written, &now)
    );
}

fn first_difference(written: &str, now: &str) -> String {
    let mut lines = written.lines().zip(now.lines()).enumerate();
    match lines.find(|(_, (written, now))| written != now) {
        Some((index, (written, now))) => {
            format!("line {}:\n  page: {written}\n  help: {now}", index + 1)
        }
        None => "one is longer than the other".into(),
    }
}

#[test]
fn every_command_is_in_it() {
    let page = reference();
    for command in ["init", "import", "query", "info", "verify", "demo", "completions"] {
        assert!(page.contains(&format!("\n## kndb {command}\n")), "{command}");
    }
}
