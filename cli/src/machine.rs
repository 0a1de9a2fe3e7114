//! What the machine has, and what of it was closed before kndb began: asked of the system, here only.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a statement may take of the memory there is: a quarter, so that several may run beside other work.
const SHARE: u64 = 4;

/// Bytes of memory that a statement may take if nothing is said.
pub fn memory_of_a_statement() -> u64 {
    memory().map_or(kndb_query::DEFAULT_MEMORY, |bytes| (bytes / SHARE).max(64 << 20))
}

/// Bytes of memory of the machine, or of the group of processes that this one is kept in.
fn memory() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok()?;
    let machine = in_meminfo(&machine)?;
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    Some(group.and_then(|text| text.trim().parse().ok()).map_or(machine, |group: u64| group.min(machine)))
}

fn in_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// Whether standard output was closed before the process began (`>&-`).
static OUTPUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's runtime, which opens `/dev/null` in the place of closed standard streams: afterwards nobody can tell.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "the only place where something can run before the runtime; the function touches one atomic"
)]
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = {
    extern "C" fn look() {
        // Without /proc nothing is known, and nothing is claimed.
        let known = std::fs::exists("/proc/self/fd").unwrap_or(false);
        let open = std::fs::symlink_metadata("/proc/self/fd/1").is_ok();
        OUTPUT_IS_CLOSED.store(known && !open, Ordering::Relaxed);
    }
    look
};

/// Standard output; where it is closed, a stream that says so as soon as there is something to write.
pub fn output() -> Box<dyn Write> {
    if OUTPUT_IS_CLOSED.load(Ordering::Relaxed) { Box::new(Closed) } else { Box::new(io::stdout().lock()) }
}

/// Rust's own streams would pass over it in silence, and results would be gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("standard output is closed"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_meminfo() {
        assert_eq!(in_meminfo("MemTotal:       24589764 kB\nMemFree:  1 kB\n"), Some(24_589_764 << 10));
        assert_eq!(in_meminfo("MemFree: 1 kB\n"), None);
        assert!(memory_of_a_statement() >= 64 << 20);
    }
}
