//! Signals that ask for an end: Ctrl-C, SIGTERM, and SIGHUP when a terminal closes. The first one is answered with a line and
//! asks for an end, a second one ends the process. A store is not harmed by that: what was acknowledged is durable.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const SIGINT: u8 = 2;

/// The last signal that came.
static LAST: AtomicU8 = AtomicU8::new(SIGINT);

/// Exit code of a command that a signal ended, as shells expect it: 130 for Ctrl-C, 143 for SIGTERM.
pub fn exit_code() -> u8 {
    128 + LAST.load(Ordering::Relaxed)
}

/// Calls `stop` at every Ctrl-C, and never ends the process at one; before another signal ends it, calls `leave`.
pub fn stop_at_ctrl_c(stop: impl Fn() + Send + 'static, leave: impl Fn() + Send + 'static) {
    react(move || {
        if LAST.load(Ordering::Relaxed) == SIGINT {
            return stop();
        }
        leave();
        std::process::exit(i32::from(exit_code()));
    });
}

/// Sets `asked` at the first signal and ends the process at the next, as long as nobody has unset it. The first one is answered:
/// whoever waits learns at once what is waited for.
#[cfg(any(feature = "attribute", feature = "parquet"))]
pub fn answer_at(asked: Arc<AtomicBool>, answer: impl Fn() + Clone + Send + 'static) {
    react(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(exit_code()));
        }
        // On a thread of its own: a pipe that nobody reads must not keep the second signal waiting.
        std::thread::spawn(answer.clone());
    });
}

/// Calls `end` at the first signal, which is how the work is meant to end; ends the process at the next.
#[cfg(feature = "explorer")]
pub fn end_in_order(end: impl Fn() + Send + 'static) {
    let asked = AtomicBool::new(false);
    react(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(exit_code()));
        }
        end();
    });
}

/// Ends the process at the first signal, with a line: for work that has nothing to finish, because every step of it is whole.
pub fn end_at(line: &'static str) {
    end_unless(Arc::default(), line, "");
}

/// The same; but while `finishing` is set, the first signal is answered with another line, and the little that is left is done.
pub fn end_unless(finishing: Arc<AtomicBool>, end: &'static str, finish: &'static str) {
    let answered = AtomicBool::new(false);
    react(move || {
        let goes_on = finishing.load(Ordering::Relaxed) && !answered.swap(true, Ordering::Relaxed);
        let (said, wait) = std::sync::mpsc::channel();
        // A pipe that nobody reads must not keep the end waiting.
        std::thread::spawn(move || {
            say(if goes_on { finish } else { end });
            let _ = said.send(());
        });
        if !goes_on {
            let _ = wait.recv_timeout(Duration::from_millis(300));
            std::process::exit(i32::from(exit_code()));
        }
    });
}

/// What a signal does.
type Reaction = Box<dyn Fn() + Send>;

/// What is done at a signal now: a command that loads, then works, says it twice, and the last one holds.
static REACTION: Mutex<Option<Reaction>> = Mutex::new(None);

fn react(reaction: impl Fn() + Send + 'static) {
    let mut now = REACTION.lock().unwrap_or_else(PoisonError::into_inner);
    let first = now.replace(Box::new(reaction)).is_none();
    drop(now);
    if first {
        watch(|signal| {
            LAST.store(signal, Ordering::Relaxed);
            let now = REACTION.lock().unwrap_or_else(PoisonError::into_inner);
            match &*now {
                Some(reaction) => reaction(),
                // As if nobody had waited for it.
                None => std::process::exit(i32::from(exit_code())),
            }
        });
    }
}

/// Writes a line to the messages from outside the command's own thread.
pub fn say(line: &str) {
    // Nothing can be done if stderr is gone as well.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(unix)]
fn watch(handle: impl Fn(u8) + Send + 'static) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut wanted = vec![SIGINT, SIGTERM];
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    // Without the handler a signal ends the process, which will do.
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(wanted) {
        std::thread::spawn(move || signals.forever().for_each(|signal| handle(signal as u8)));
    }
}

/// Whether a signal was switched off for this process, as `nohup` does: it stays so. Where the system does not tell, it counts
/// as ignored.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return true };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(not(unix))]
fn watch(handle: impl Fn(u8) + Send + 'static) {
    // Without the handler Ctrl-C ends the process, which will do.
    let _ = ctrlc::set_handler(move || handle(SIGINT));
}
