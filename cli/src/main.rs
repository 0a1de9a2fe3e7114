//! The `kndb` command. All of it is in the library, which the Python package has, too.

use std::process::ExitCode;

/// Attribution makes and drops tensors of megabytes by the millisecond, and glibc gives each back to the system.
#[cfg(feature = "attribute")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(kndb_cli::run(std::env::args_os().collect()))
}
