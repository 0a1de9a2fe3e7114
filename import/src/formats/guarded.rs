//! Calls into the readers of the arrow crates, which panic over some files that are damaged.
//!
//! Such a panic is caught and is the error. The program's own message about it is held back, in the thread
//! that called and for as long as the call takes; panics of other threads are told as ever.

use std::cell::Cell;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Calls a reader of Arrow or Parquet, which is not used again after an error; a panic of it is one.
///
/// # Errors
/// What the reader says, or how it panicked.
pub fn guarded<T, E: Display>(read: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !SILENT.get() {
                before(panic);
            }
        }));
    });
    let outer = SILENT.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    SILENT.set(outer);
    match result {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            Err(format!("its reader gave up: {}", text.unwrap_or("no reason given")))
        }
    }
}
