//! What is said when kndb itself is at fault.

use std::io::{self, Write};

/// Replaces Rust's panic message: a panic is a bug, and the user should know that it is not theirs.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(|place| format!("{}:{}", place.file(), place.line()))
            .unwrap_or_else(|| "an unknown place".into());
        let payload = panic.payload();
        let cause = payload.downcast_ref::<&str>().copied();
        let cause = cause.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let cause = cause.unwrap_or("no message");
        // Nothing can be done if stderr is gone as well.
        let _ = writeln!(
            io::stderr(),
            "bug: this is a bug in kndb {version}, not in your data or your query.\n\
             What happened: {cause} ({place})\n\
             Please report it with the command that was run. A store is not harmed by this: what \
             was committed stays.",
            version = env!("CARGO_PKG_VERSION"),
        );
    }));
}
