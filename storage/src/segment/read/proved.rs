//! Which pieces of a part were compared with their checksums: one bit each, in memory, for as long as the segment is open.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bits, all off until one is set; they take memory from then on.
#[derive(Default)]
pub(super) struct Proved(OnceLock<Box<[AtomicU64]>>);

impl Proved {
    /// Whether bit `at` is set.
    pub(super) fn has(&self, at: usize) -> bool {
        // The bytes that a bit stands for never change, so nothing has to be ordered after it.
        self.0.get().is_some_and(|words| words[at / 64].load(Ordering::Relaxed) >> (at % 64) & 1 == 1)
    }

    /// Sets bit `at` of `bits`.
    pub(super) fn set(&self, at: usize, bits: usize) {
        let words = self.0.get_or_init(|| (0..bits.div_ceil(64)).map(|_| AtomicU64::new(0)).collect());
        words[at / 64].fetch_or(1 << (at % 64), Ordering::Relaxed);
    }
}
