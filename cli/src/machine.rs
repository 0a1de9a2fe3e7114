//! What the machine has, and what of it was closed before kndb began: asked of the system, here only.

use kndb_query::Settings;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a statement may take of the memory there is: a quarter, so that several may run beside other work.
const SHARE: u64 = 4;

/// Settings of a statement whose memory nobody has limited.
pub fn settings() -> Settings {
    Settings { memory: Some(memory_of_a_statement()), ..Settings::default() }
}

/// Bytes of memory that a statement may take if nothing is said.
fn memory_of_a_statement() -> u64 {
    memory().map_or(kndb_query::DEFAULT_MEMORY, |bytes| (bytes / SHARE).max(64 << 20))
}

/// Bytes of memory of the machine, or of the group of processes that this one is kept in.
fn memory() -> Option<u64> {
    let machine = std::fs::read_to_string("/proc/meminfo").ok()?;
    let machine = in_meminfo(&machine)?;
    let group = std::fs::read_to_string("/proc/self/cgroup").ok();
    let limits = group.iter().flat_map(|text| files_of_limits(text));
    let limits = limits.filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok());
    Some(limits.fold(machine, u64::min))
}

/// Files that may limit the memory of a group of processes: its own, and those of the groups that it is in. `max` is no limit.
fn files_of_limits(groups: &str) -> Vec<PathBuf> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
    Path::new(own).ancestors().map(|group| Path::new("/sys/fs/cgroup").join(group).join("memory.max")).collect()
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

    #[test]
    fn a_group_of_processes_is_limited_by_those_that_it_is_in() {
        let files =
            ["a.slice/b.scope", "a.slice", ""].map(|group| Path::new("/sys/fs/cgroup").join(group).join("memory.max"));
        assert_eq!(files_of_limits("1:name=systemd:/x\n0::/a.slice/b.scope\n"), files);
        assert_eq!(files_of_limits("0::/\n"), files[2..]);
    }
}
