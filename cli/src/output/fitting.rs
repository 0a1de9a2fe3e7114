//! Columns fitted to a line: texts are elided (`…`), numbers never, for half a number is another one.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text is elided to no less.
const LEAST_TEXT: usize = 4;
/// The name of a column of numbers is elided to no less.
const LEAST_NAME: usize = 3;

/// What stands for what is not shown.
pub const ELLIPSIS: &str = "…";

/// What is known of a column before it is fitted, in terminal cells.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The width of its name.
    pub name: usize,
    /// The width of its widest value.
    pub values: usize,
    /// Whether its values are numbers.
    pub numbers: bool,
    /// The width that was asked for, by `.width`.
    pub asked: Option<usize>,
}

impl Wish {
    fn wanted(self) -> usize {
        match self.asked {
            // A number is shown whole all the same.
            Some(asked) if self.numbers => asked.max(self.values),
            Some(asked) => asked,
            None => self.name.max(self.values),
        }
        .max(1)
    }

    fn least(self) -> usize {
        let least = if self.numbers { self.values.max(self.name.min(LEAST_NAME)) } else { LEAST_TEXT };
        least.min(self.wanted()).max(1)
    }
}

/// Widths of columns on a line of `line` cells, if there is a limit; `frame` says how many cells are taken by what stands around
/// so many columns. Columns that do not fit have no width: those before the last ones.
pub fn widths(wishes: &[Wish], line: Option<usize>, frame: impl Fn(usize) -> usize) -> Vec<Option<usize>> {
    let mut widths: Vec<usize> = wishes.iter().map(|wish| wish.wanted()).collect();
    let Some(line) = line else { return widths.into_iter().map(Some).collect() };
    let room = |columns: usize| line.saturating_sub(frame(columns));
    let mut over = widths.iter().sum::<usize>().saturating_sub(room(widths.len()));
    // The widest column gives first.
    while over > 0 {
        let gives = |at: &usize| widths[*at] > wishes[*at].least();
        let Some(widest) = (0..widths.len()).filter(gives).max_by_key(|&at| widths[at]) else { break };
        // Down to the next one at once: a column may be thousands of cells wide.
        let next = (0..widths.len()).filter(|&at| at != widest).filter(gives).map(|at| widths[at]).max().unwrap_or(0);
        let down = widths[widest].saturating_sub(next).clamp(1, over).min(widths[widest] - wishes[widest].least());
        widths[widest] -= down;
        over -= down;
    }
    let mut shown: Vec<Option<usize>> = widths.into_iter().map(Some).collect();
    // In the middle, as duckdb does; a column of `…` stands in the place of those that are gone.
    while over > 0 {
        let there: Vec<usize> = (0..shown.len()).filter(|&at| shown[at].is_some()).collect();
        if there.len() <= 1 {
            break;
        }
        shown[there[there.len() / 2]] = None;
        let taken: usize = shown.iter().flatten().sum();
        over = (taken + 1).saturating_sub(room(there.len()));
    }
    shown
}

/// Lines on their way to a terminal, each cut where it would wrap. Notes are sentences, and keep all their words.
pub struct Elided<'a> {
    out: &'a mut dyn Write,
    width: usize,
    line: Vec<u8>,
}

impl<'a> Elided<'a> {
    /// Lines of at most so many cells.
    pub fn new(out: &'a mut dyn Write, width: usize) -> Self {
        Self { out, width, line: Vec::new() }
    }
}

impl Write for Elided<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches('\n');
                let shown = if text.starts_with("note: ") { text.to_owned() } else { elided(text, self.width) };
                writeln!(self.out, "{shown}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // A line without its end is not known to fit; it waits for the rest.
        self.out.flush()
    }
}

/// A text on so many cells: cut, with `…` at the end, where it is wider.
pub fn elided(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| {
        let cells = c.width().unwrap_or(0);
        let fits = cells <= room;
        room -= if fits { cells } else { 0 };
        fits
    };
    text.chars().take_while(fits).chain(ELLIPSIS.chars().filter(|_| width > 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: usize, values: usize) -> Wish {
        Wish { name, values, numbers: false, asked: None }
    }

    fn number(name: usize, values: usize) -> Wish {
        Wish { name, values, numbers: true, asked: None }
    }

    fn fitted(wishes: &[Wish], line: usize) -> Vec<Option<usize>> {
        widths(wishes, Some(line), |columns| 3 * columns + 1)
    }

    #[test]
    fn lines_are_cut_and_notes_are_not() {
        let mut out = Vec::new();
        let mut lines = Elided::new(&mut out, 8);
        for piece in ["labels ", "en 1, zh 2\nshort\nnote: a ", "sentence\n日本日本日\n"] {
            lines.write_all(piece.as_bytes()).expect("to memory");
        }
        lines.flush().expect("to memory");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text, "labels …\nshort\nnote: a sentence\n日本日…\n");
    }

    #[test]
    fn what_fits_is_as_wide_as_it_is() {
        let wishes = [text(4, 10), number(5, 2)];
        assert_eq!(widths(&wishes, None, |_| 0), [Some(10), Some(5)]);
        assert_eq!(fitted(&wishes, 22), [Some(10), Some(5)]);
    }

    #[test]
    fn the_widest_texts_give_first_and_numbers_never() {
        assert_eq!(fitted(&[text(4, 36), text(7, 9), number(5, 2)], 40), [Some(16), Some(9), Some(5)]);
        assert_eq!(fitted(&[text(4, 3_000), text(7, 2_000), number(5, 12)], 42), [Some(10), Some(10), Some(12)]);
        // Of a column of numbers only the name gives.
        assert_eq!(fitted(&[text(4, 36), number(10, 7)], 18), [Some(4), Some(7)]);
    }

    #[test]
    fn columns_without_room_are_left_out_in_the_middle() {
        let wishes = [text(4, 9), number(5, 9), number(5, 9), number(5, 9), text(4, 9)];
        let widths = fitted(&wishes, 40);
        assert_eq!(widths, [Some(4), Some(9), None, None, Some(4)]);
        assert_eq!(fitted(&[number(1, 90)], 40), [Some(90)]);
    }

    #[test]
    fn a_width_that_was_asked_for_holds_but_for_numbers() {
        let asked = |wish: Wish, width| Wish { asked: Some(width), ..wish };
        let wishes = [asked(text(4, 10), 6), asked(text(4, 10), 20), asked(number(5, 9), 2)];
        assert_eq!(widths(&wishes, None, |_| 0), [Some(6), Some(20), Some(9)]);
    }

    #[test]
    fn texts_are_cut_at_their_characters_and_as_wide_as_they_are_shown() {
        assert_eq!(elided("Paris", 5), "Paris");
        assert_eq!(elided("Paris", 4), "Par…");
        assert_eq!(elided("東京都", 5), "東京…");
        assert_eq!(elided("東京都", 4), "東…");
        assert_eq!(elided("Paris", 1), "…");
        assert_eq!(elided("Paris", 0), "");
    }
}
