//! Several processes at one store: readers while an import runs, an import that is killed, an attribution that is
//! interrupted.

#[cfg(all(unix, feature = "attribute"))]
#[path = "product/attribution.rs"]
mod asked;
#[path = "../cli/tests/environment/mod.rs"]
mod environment;
#[path = "product/tensor_file.rs"]
mod tensor_file;

use environment::Environment;
use kndb_storage::{Snapshot, Store};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

/// Enough for several commits of an import.
const FACTS: u32 = 48_000;
const LAYERS: u32 = 4;
const WIDTH: u32 = 256;

const IMPORT: [&str; 12] =
    ["import", "db", "scores.npy", "--run", "r", "--model", "m", "--layers", "4", "--width", "256", "--lang=en"];

fn prepared() -> Environment {
    let environment = Environment::new();
    tensor_file::write(&environment.path("scores.npy"), FACTS, LAYERS, WIDTH);
    environment.ok(&["init", "db"]);
    environment
}

fn start(environment: &Environment) -> Child {
    let mut command = environment.command(&IMPORT);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kndb starts")
}

fn entries(snapshot: &Snapshot) -> u64 {
    let slots: Vec<_> = snapshot.slots().collect();
    slots.iter().flat_map(|&slot| snapshot.parts(slot).expect("opens")).map(|part| part.live_len()).sum()
}

/// Waits until an import has committed something on top of `before`, or has ended.
fn wait_for_more(environment: &Environment, import: &mut Child, before: u64) -> u64 {
    let store = Store::open(environment.path("db")).expect("a store");
    loop {
        let ended = import.try_wait().expect("a child of ours");
        let found = entries(&store.snapshot().expect("a snapshot"));
        if found > before || ended.is_some() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Everything the store answers, as text.
fn answers(environment: &Environment) -> [String; 2] {
    ["kn[tau=0.35]", "kn by layer"].map(|query| environment.ok(&["query", "db", "-m", "csv", "-c", query]).out)
}

#[test]
fn a_killed_import_resumes_to_the_same_answer() {
    let whole = prepared();
    whole.ok(&IMPORT);

    let killed = prepared();
    // The same file with the same time, or it would be another import.
    let (mut interrupted, mut kept) = (0, 0);
    for _ in 0..2 {
        let mut import = start(&killed);
        let before = wait_for_more(&killed, &mut import, kept);
        import.kill().expect("SIGKILL");
        import.wait().expect("a child of ours");
        let store = Store::open(killed.path("db")).expect("opens after the kill");
        kept = entries(&store.snapshot().expect("a snapshot"));
        assert!(kept >= before, "{before} entries were visible, {kept} are left");
        interrupted += u32::from(kept > 0 && kept < u64::from(FACTS));
        assert_eq!(killed.ok(&["verify", "db"]).code, Some(0));
    }
    assert!(interrupted > 0, "no kill came in the middle of the import");
    let resumed = killed.ok(&IMPORT);
    assert!(resumed.out.contains("from an interrupted import"), "{resumed:?}");
    assert_eq!(answers(&killed), answers(&whole));
    assert_eq!(killed.ok(&["verify", "db"]).code, Some(0));
}

/// SIGTERM as Ctrl-C: answered with a line, and nothing that was there is lost.
#[cfg(unix)]
#[test]
fn an_import_that_is_told_to_end_says_so_and_goes_on_from_there() {
    let stopped = prepared();
    let mut import = start(&stopped);
    let before = wait_for_more(&stopped, &mut import, 0);
    let pid = import.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
    let ended = import.wait_with_output().expect("a child of ours");
    let messages = String::from_utf8_lossy(&ended.stderr);
    // A machine that had read everything by then finishes what little is left.
    let all = messages.starts_with("all is read; finishing, which takes seconds; once more to stop now\n");
    let stop = "interrupted: what was stored by now stays; the same command goes on from there\n";
    assert!(all || messages == stop, "{messages}");
    assert_eq!(ended.status.code(), Some(if all { 0 } else { 143 }));
    let found = || entries(&Store::open(stopped.path("db")).expect("a store").snapshot().expect("a snapshot"));
    let kept = found();
    assert!(kept >= before && (all || kept < u64::from(FACTS)), "{before} entries were visible, {kept} are left");
    if !all {
        stopped.ok(&IMPORT);
    }
    assert_eq!(found(), u64::from(FACTS));
}

#[test]
fn readers_see_whole_facts_while_an_import_runs() {
    let environment = prepared();
    let mut shell = environment.command(&["query", "db", "-m", "csv"]);
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("kndb starts");
    let mut ask = shell.stdin.take().expect("a pipe");
    let mut answer = BufReader::new(shell.stdout.take().expect("a pipe"));

    let mut import = start(&environment);
    wait_for_more(&environment, &mut import, 0);
    let (mut seen, mut during) = (Vec::new(), 0);
    loop {
        let ended = import.try_wait().expect("a child of ours").is_some();
        // One question from a new process, which must find whole commits only: every fact of the
        // generated file has the same number of scores above any threshold.
        let text = environment.ok(&["query", "db", "-m", "csv", "-c", "kn[tau=0.35] by run"]).out;
        let row = text.lines().nth(1).expect("a row").to_owned();
        let cells: Vec<u64> = row.split(',').skip(1).take(2).map(|cell| cell.parse().expect("a count")).collect();
        assert_eq!(cells[0], cells[1] * u64::from(tensor_file::ABOVE_035), "{row}");
        during += u32::from(!ended && cells[1] < u64::from(FACTS));
        seen.push(cells[1]);
        if ended {
            break;
        }
    }
    assert!(import.wait().expect("a child of ours").success());
    assert!(seen.is_sorted(), "facts never disappear: {seen:?}");
    assert_eq!(seen.last(), Some(&u64::from(FACTS)));
    assert!(during > 0, "no question was answered while the import ran: {seen:?}");

    // A session that was open all the time sees the commits with its next statement.
    writeln!(ask, "kn[tau=0.35] by run;").expect("the shell reads");
    drop(ask);
    let mut lines = String::new();
    answer.read_line(&mut lines).expect("a header");
    answer.read_line(&mut lines).expect("a row");
    assert!(lines.contains(&format!(",{FACTS},")), "{lines}");
    assert!(shell.wait().expect("a child of ours").success());
}

#[cfg(all(unix, feature = "attribute"))]
mod attribution {
    use super::*;
    use asked::{FACTS, arguments, contents, prepared};
    use std::process::Command;

    #[test]
    fn an_interrupted_attribution_resumes_to_the_same_contents() {
        let (one, several) = (arguments("1"), arguments("3"));
        let one: Vec<&str> = one.iter().map(String::as_str).collect();
        let several: Vec<&str> = several.iter().map(String::as_str).collect();
        let whole = prepared();
        whole.ok(&several);

        let stopped = prepared();
        let mut command = stopped.command(&one);
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kndb starts");
        let before = wait_for_more(&stopped, &mut running, 0);
        let pid = running.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
        let ended = running.wait_with_output().expect("a child of ours");
        let (out, messages) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert_eq!(ended.status.code(), Some(130), "{out}{messages}");
        let found = contents(&stopped);
        let kept = found.len() as u64;
        assert!(kept >= before && kept < 2 * FACTS as u64, "{before} entries were visible, {kept} are left");
        assert!(messages.contains(&format!("holds {kept} of the entries")), "{messages}");
        assert!(messages.contains("hint: the same command"), "{messages}");
        assert!(out.contains(&format!("entries      {kept} new, {} left\n", 2 * FACTS as u64 - kept)), "{out}");

        let resumed = stopped.ok(&several);
        assert!(resumed.out.contains(&format!("{kept} already there\n")), "{resumed:?}");
        assert!(contents(&stopped) == contents(&whole), "the resumed run holds something else");
        assert_eq!(answers(&stopped), answers(&whole));
        assert_eq!(stopped.ok(&["verify", "db"]).code, Some(0));
    }
}
