//! Ctrl-C: the first one asks for an end, a second one ends the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::INTERRUPTED;

/// Sets `asked` at the first Ctrl-C and ends the process at the next, as long as nobody has unset it. A store is not
/// harmed by that.
pub fn set_at_ctrl_c(asked: Arc<AtomicBool>) {
    // Without the handler Ctrl-C ends the process, which will do.
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
}
