//! The screen of the shell: results longer than it go through a pager, the rest straight on.
//!
//! `$KNDB_PAGER`, else `$PAGER`, else `less`; an empty one means none. Only the shell on a terminal
//! uses this; piped output never passes here.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::attention::Attention;

/// So long a page is held back, once it is longer than the screen, to say how many rows it has before the pager shows it.
const PATIENCE: Duration = Duration::from_millis(300);
/// A longer page is not held back.
const HELD: usize = 8 << 20;

/// A terminal's screen, with the lines of the page that is being written.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    messages: &'a mut dyn Write,
    rows: usize,
    pager: &'a str,
    attention: &'a Attention,
    page: Page,
}

enum Page {
    /// Held back: not yet longer than the screen, or not known yet how long.
    Held(Held),
    /// In the hands of a pager.
    Paged(Pager),
    /// Longer, but there is no pager.
    Unpaged,
}

#[derive(Default)]
struct Held {
    text: Vec<u8>,
    lines: usize,
    /// Since when it is longer than the screen.
    long: Option<Instant>,
}

impl Held {
    /// The first lines.
    fn first(&self, lines: usize) -> &[u8] {
        let ends = self.text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let end = lines.checked_sub(1).map_or(Some(0), |last| ends.clone().nth(last));
        &self.text[..end.unwrap_or(self.text.len())]
    }
}

impl<'a> Screen<'a> {
    /// A screen of so many rows, one of which the prompt takes. Whoever leaves the pager has seen enough: that ends the
    /// statement.
    pub fn new(
        rows: usize,
        pager: &'a str,
        out: &'a mut dyn Write,
        messages: &'a mut dyn Write,
        attention: &'a Attention,
    ) -> Self {
        let page = Page::Held(Held::default());
        Self { out, messages, rows: rows.saturating_sub(1), pager, attention, page }
    }

    /// Shows what was held back, or waits until the pager is left. `about` is what is said of the page: in a pager first.
    pub fn end_page(&mut self, about: &[u8]) -> io::Result<()> {
        if let Page::Held(held) = &self.page
            && held.lines > self.rows
        {
            if self.attention.interrupt.is_set() {
                // Whoever wants the prompt back does not want a pager.
                self.out.write_all(held.first(self.rows.saturating_sub(2)))?;
                self.page = Page::Held(Held::default());
            } else {
                self.begin_long_page(about)?;
            }
        }
        match std::mem::replace(&mut self.page, Page::Held(Held::default())) {
            Page::Held(held) => self.show(&held.text)?,
            Page::Paged(pager) => pager.end(),
            Page::Unpaged => {}
        }
        self.out.flush()
    }

    fn write_result(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.page {
            Page::Held(held) => {
                held.text.extend_from_slice(bytes);
                held.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
                if held.lines > self.rows {
                    let long = *held.long.get_or_insert_with(Instant::now);
                    if held.text.len() > HELD || long.elapsed() > PATIENCE {
                        self.begin_long_page(b"")?;
                    }
                }
                Ok(())
            }
            Page::Paged(pager) => pager.write(bytes),
            Page::Unpaged => self.show(bytes),
        }
    }

    /// Writes to the terminal, until Ctrl-C: it may take long to show megabytes.
    fn show(&mut self, text: &[u8]) -> io::Result<()> {
        for piece in text.chunks(4_096) {
            if self.attention.interrupt.is_set() && text.len() > 4_096 {
                return writeln!(self.out);
            }
            self.out.write_all(piece)?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn begin_long_page(&mut self, about: &[u8]) -> io::Result<()> {
        let page = Pager::start(self.pager, self.attention).map_or(Page::Unpaged, Page::Paged);
        let Page::Held(held) = std::mem::replace(&mut self.page, page) else { return Ok(()) };
        if let Page::Paged(pager) = &mut self.page {
            pager.write(about)?;
        }
        self.write_result(&held.text)
    }
}

impl Drop for Screen<'_> {
    /// After an error, too, the pager is waited for: it would share the terminal with the prompt.
    fn drop(&mut self) {
        if let Page::Paged(pager) = std::mem::replace(&mut self.page, Page::Unpaged) {
            pager.end();
        }
    }
}

/// A pager at work.
struct Pager {
    stdin: ChildStdin,
    waiter: JoinHandle<()>,
}

impl Pager {
    /// Starts it; `None` where there is no such program.
    fn start(command: &str, attention: &Attention) -> Option<Self> {
        let mut words = command.split_whitespace();
        let mut pager = Command::new(words.next()?);
        if std::env::var_os("LESS").is_none() {
            // Wide tables scroll sideways instead of wrapping.
            pager.env("LESS", "RS");
        }
        let mut child = pager.args(words).stdin(Stdio::piped()).spawn().ok()?;
        let stdin = child.stdin.take()?;
        attention.pager_begins(child.id());
        let attention = attention.clone();
        // Who leaves the pager while the statement looks for its next row is not to wait for that row.
        let waiter = std::thread::spawn(move || {
            let _ = child.wait();
            attention.pager_ended();
            attention.interrupt.set();
        });
        Some(Self { stdin, waiter })
    }

    /// Gives it text. One that was left takes no more, and the statement has been told so.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.stdin.write_all(bytes) {
            Err(left) if left.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Waits until it is left.
    fn end(self) {
        drop(self.stdin);
        let _ = self.waiter.join();
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
        screen.end_page(bytes)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes lines to a screen of four rows, then a message, then one more line; whether the statement was to end.
    fn shown(lines: usize, pager: &str) -> (String, bool) {
        shown_with(lines, pager, &Attention::default())
    }

    fn shown_with(lines: usize, pager: &str, attention: &Attention) -> (String, bool) {
        let (mut out, mut messages) = (Vec::new(), io::sink());
        let left;
        {
            let screen = RefCell::new(Screen::new(4, pager, &mut out, &mut messages, attention));
            for line in 0..lines {
                writeln!(Results(&screen), "{line}").expect("the screen takes it");
            }
            Messages(&screen).write_all(b"(all)\n").expect("the screen takes it");
            left = attention.interrupt.is_set();
            writeln!(Results(&screen), "next").expect("the screen takes it");
            screen.borrow_mut().end_page(b"").expect("the page ends");
        }
        (String::from_utf8(out).expect("UTF-8"), left)
    }

    #[test]
    fn short_results_and_those_without_a_pager_go_straight_to_the_screen() {
        assert_eq!(shown(2, "no-such-pager").0, "0\n1\nnext\n");
        assert_eq!(shown(6, "no-such-pager").0, "0\n1\n2\n3\n4\n5\nnext\n");
        assert_eq!(shown(6, "").0, "0\n1\n2\n3\n4\n5\nnext\n");
    }

    #[test]
    fn an_interrupted_page_is_cut_to_the_screen() {
        let attention = Attention::default();
        attention.interrupt.set();
        assert_eq!(shown_with(6, "no-such-pager", &attention).0, "0\nnext\n");
    }

    #[cfg(unix)]
    #[test]
    fn long_results_go_through_the_pager_after_what_is_said_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("page");
        let (out, _) = shown(6, &format!("dd status=none of={}", page.display()));
        assert_eq!(out, "next\n");
        assert_eq!(std::fs::read_to_string(page).expect("the page"), "(all)\n0\n1\n2\n3\n4\n5\n");
    }

    #[cfg(unix)]
    #[test]
    fn leaving_the_pager_ends_the_statement_and_leaves_no_process_behind() {
        let attention = Attention::default();
        // More than is held back, and than a pipe takes.
        let (_, left) = shown_with(2_000_000, "true", &attention);
        assert!(left);
        assert_eq!(attention.pager(), None);
    }
}
