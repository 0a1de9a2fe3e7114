//! Work in a thread of its own, while Python looks for Ctrl-C.
//!
//! Python hears of a signal only when its main thread asks. So that thread never waits long for ours: it asks every 20 ms, and whoever waits in
//! another thread just waits. The work goes on after an interruption until it sees its flag, or, of what cannot be stopped, to its end.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How long Python does not look for signals: a fifth of what a person is to wait.
pub const LOOK: Duration = Duration::from_millis(20);

/// How long an interrupted work is waited for: with [`LOOK`] below the tenth of a second that a person is to wait.
const ENDING: Duration = Duration::from_millis(50);

/// Does `work`; `stop` asks it to end, where it can. Other Python threads run meanwhile.
pub fn wait<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send + 'static,
    stop: impl FnOnce(),
) -> PyResult<T> {
    let (sender, mut done) = sync_channel(1);
    let worker = std::thread::Builder::new().spawn(move || {
        // Whoever waited may have been interrupted.
        let _ = sender.send(work());
    });
    worker.map_err(|error| PyRuntimeError::new_err(format!("no thread could be started: {error}")))?;
    loop {
        // Lent to one thread: a receiver is not for several.
        let one = &mut done;
        let step = py.detach(move || one.recv_timeout(LOOK));
        match step {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the work ended by a panic, which is a bug in kndb"));
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupted) = py.check_signals() {
                    stop();
                    // Most of what can stop has done so by then, and holds nothing that the next call would wait for.
                    let one = &mut done;
                    let _ = py.detach(move || one.recv_timeout(ENDING));
                    return Err(interrupted);
                }
            }
        }
    }
}
