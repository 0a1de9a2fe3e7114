//! The screen of the shell: results longer than it go through a pager, the rest straight on.
//!
//! `$KNDB_PAGER`, else `$PAGER`, else `less`; an empty one means none. Only the shell on a terminal
//! uses this; piped output never passes here.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// A terminal's screen, with the lines of the page that is being written.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    messages: &'a mut dyn Write,
    rows: usize,
    pager: &'a str,
    interrupt: &'a AtomicBool,
    page: Page,
}

enum Page {
    /// Not yet longer than the screen.
    Short(Vec<u8>),
    /// In the hands of a pager.
    Paged(Child),
    /// Longer, but there is no pager.
    Unpaged,
}

impl<'a> Screen<'a> {
    /// A screen of so many rows, one of which the prompt takes. Whoever leaves the pager has seen
    /// enough: that sets `interrupt`.
    pub fn new(
        rows: usize,
        pager: &'a str,
        out: &'a mut dyn Write,
        messages: &'a mut dyn Write,
        interrupt: &'a AtomicBool,
    ) -> Self {
        Self { out, messages, rows: rows.saturating_sub(1), pager, interrupt, page: Page::Short(Vec::new()) }
    }

    /// Shows what was held back, or waits until the pager is left.
    pub fn end_page(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.page, Page::Short(Vec::new())) {
            Page::Short(held) => self.out.write_all(&held)?,
            Page::Paged(mut pager) => {
                drop(pager.stdin.take());
                pager.wait()?;
            }
            Page::Unpaged => {}
        }
        self.out.flush()
    }

    fn write_result(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.page {
            Page::Short(held) => {
                held.extend_from_slice(bytes);
                let newlines = held.iter().filter(|byte| **byte == b'\n').count();
                if newlines > self.rows {
                    self.begin_long_page()?;
                }
                Ok(())
            }
            Page::Paged(pager) => {
                let written = match &mut pager.stdin {
                    Some(stdin) => stdin.write_all(bytes),
                    None => Ok(()),
                };
                match written {
                    Err(left) if left.kind() == io::ErrorKind::BrokenPipe => {
                        self.interrupt.store(true, Ordering::Relaxed);
                        Ok(())
                    }
                    other => other,
                }
            }
            Page::Unpaged => self.out.write_all(bytes),
        }
    }

    fn begin_long_page(&mut self) -> io::Result<()> {
        let page = spawn(self.pager).map_or(Page::Unpaged, Page::Paged);
        if let Page::Short(held) = std::mem::replace(&mut self.page, page) {
            self.write_result(&held)?;
        }
        Ok(())
    }
}

/// Takes results.
pub struct Results<'r, 'a>(pub &'r RefCell<Screen<'a>>);

impl Write for Results<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write_result(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes messages; results before them are shown first.
pub struct Messages<'r, 'a>(pub &'r RefCell<Screen<'a>>);

impl Write for Messages<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut screen = self.0.borrow_mut();
        screen.end_page()?;
        screen.messages.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().messages.flush()
    }
}

/// The command asked for: `$KNDB_PAGER`, else `$PAGER`, else `less`.
pub fn command() -> String {
    std::env::var("KNDB_PAGER").or_else(|_| std::env::var("PAGER")).unwrap_or_else(|_| "less".into())
}

fn spawn(command: &str) -> Option<Child> {
    let mut words = command.split_whitespace();
    let mut pager = Command::new(words.next()?);
    if std::env::var_os("LESS").is_none() {
        // Wide tables scroll sideways instead of wrapping.
        pager.env("LESS", "RS");
    }
    pager.args(words).stdin(Stdio::piped()).spawn().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes lines to a screen of four rows, then a message, then one more line.
    fn shown(lines: usize, pager: &str) -> (String, bool) {
        let (mut out, mut messages) = (Vec::new(), io::sink());
        let interrupt = AtomicBool::new(false);
        {
            let screen = RefCell::new(Screen::new(4, pager, &mut out, &mut messages, &interrupt));
            for line in 0..lines {
                writeln!(Results(&screen), "{line}").expect("the screen takes it");
            }
            writeln!(Messages(&screen), "done").expect("the screen takes it");
            writeln!(Results(&screen), "next").expect("the screen takes it");
            screen.borrow_mut().end_page().expect("the page ends");
        }
        (String::from_utf8(out).expect("UTF-8"), interrupt.into_inner())
    }

    #[test]
    fn short_results_and_those_without_a_pager_go_straight_to_the_screen() {
        assert_eq!(shown(2, "no-such-pager").0, "0\n1\nnext\n");
        assert_eq!(shown(6, "no-such-pager").0, "0\n1\n2\n3\n4\n5\nnext\n");
        assert_eq!(shown(6, "").0, "0\n1\n2\n3\n4\n5\nnext\n");
    }

    #[cfg(unix)]
    #[test]
    fn long_results_go_through_the_pager_and_leaving_it_interrupts() {
        let (out, _) = shown(6, "sed -n q");
        assert_eq!(out, "next\n");
        let (_, left) = shown(200_000, "true");
        assert!(left, "a pager that was left sets the flag");
    }
}
