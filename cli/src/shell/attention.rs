//! Who hears Ctrl-C: the statement, or the pager that shows its rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kndb_query::Interrupt;

use crate::interrupt::stop_at_ctrl_c;

/// The statement's interrupt, and the pager that is open. Clones are one.
#[derive(Clone, Default)]
pub struct Attention {
    /// Ends the statement.
    pub interrupt: Interrupt,
    /// The pager's process, 0 for none: it has the terminal, and what is typed there is meant for it.
    pager: Arc<AtomicU32>,
}

impl Attention {
    /// No pager is open.
    pub fn new(interrupt: Interrupt) -> Self {
        Self { interrupt, pager: Arc::default() }
    }

    /// Ends the running statement at every Ctrl-C, unless a pager is open, which hears it itself. While a line is edited, the
    /// editor sees it. A signal that ends the shell ends the pager, too.
    pub fn listen(&self) {
        let (stopped, left) = (self.clone(), self.clone());
        let stop = move || {
            if stopped.pager().is_none() {
                stopped.interrupt.set();
            }
        };
        stop_at_ctrl_c(stop, move || left.end_pager());
    }

    /// A pager has the terminal.
    pub fn pager_begins(&self, process: u32) {
        self.pager.store(process, Ordering::SeqCst);
    }

    /// It was left.
    pub fn pager_ended(&self) {
        self.pager.store(0, Ordering::SeqCst);
    }

    /// The pager that is open.
    pub fn pager(&self) -> Option<u32> {
        Some(self.pager.load(Ordering::SeqCst)).filter(|process| *process != 0)
    }

    /// Asks the pager to end and to give the terminal back as it was: a killed one would leave it without echo.
    fn end_pager(&self) {
        if let Some(process) = self.pager() {
            let _ = std::process::Command::new("kill").arg(process.to_string()).status();
        }
    }
}
