//! Watches what tests ask of the allocator: bytes that were made up must not make a reader ask for gigabytes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;

/// More than any reader of the small stores here has use for.
const LIMIT: usize = 64 << 20;

thread_local! {
    /// What is being tried, while it is watched.
    static WATCHED: Cell<Option<u64>> = const { Cell::new(None) };
}

struct Meter;

#[global_allocator]
static METER: Meter = Meter;

// SAFETY: every call is the system allocator's own.
#[expect(unsafe_code, reason = "an allocator has no safe interface")]
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        look(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        look(size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(at, layout, size) }
    }
}

fn look(size: usize) {
    if size > LIMIT
        && let Ok(Some(number)) = WATCHED.try_with(|watched| watched.take())
    {
        // An allocator must not panic; nothing may be made up from the text meanwhile.
        let _ = writeln!(std::io::stderr(), "try {number} asks for {size} bytes at once");
        std::process::abort();
    }
}

/// Runs something that may ask for 64 MiB at once, and no more: the process ends there, saying the number.
pub fn watched<T>(number: u64, run: impl FnOnce() -> T) -> T {
    WATCHED.set(Some(number));
    let result = run();
    WATCHED.set(None);
    result
}
