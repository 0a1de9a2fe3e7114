//! Columns fitted to a line: texts are elided (`…`), numbers never, for half a number is another one.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text is elided to no less.
const LEAST_TEXT: usize = 4;
/// The name of a column of numbers is elided to no less.
const LEAST_NAME: usize = 3;
/// As long as a text has fewer cells than this, columns that go first are left out for it.
const READABLE_TEXT: usize = 12;

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
    /// Whether it is left out before texts become hard to read: those of the lowest number first.
    pub goes: Option<usize>,
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

    /// How wide it is at least where it can be read.
    fn readable(self) -> usize {
        if self.numbers { self.wanted() } else { self.wanted().min(READABLE_TEXT) }
    }
}

/// Widths of columns on a line of `line` cells, if there is a limit; `frame` says how many cells are taken by what stands around
/// so many columns. Columns that do not fit have no width: those before the last ones.
pub fn widths(wishes: &[Wish], line: Option<usize>, frame: impl Fn(usize) -> usize) -> Vec<Option<usize>> {
    let Some(line) = line else { return wishes.iter().map(|wish| Some(wish.wanted())).collect() };
    let room = |columns: usize| line.saturating_sub(frame(columns));
    let there = without_those_that_go(wishes, &room);
    // What is not there takes no room but that of the `…` in its place, one for neighbours.
    let gaps = (0..there.len()).filter(|&at| !there[at] && (at == 0 || there[at - 1])).count();
    let kept = there.iter().filter(|there| **there).count();
    let wishes: Vec<Wish> = wishes.iter().zip(&there).filter(|(_, there)| **there).map(|(wish, _)| *wish).collect();
    let room = |columns: usize| room(columns + gaps).saturating_sub(gaps);
    let mut fitted = fitted(&wishes, room, kept).into_iter();
    there.iter().map(|&there| if there { fitted.next().flatten() } else { None }).collect()
}

/// Which columns are there when those that go first are left out, as many as others need to be read.
fn without_those_that_go(wishes: &[Wish], room: &impl Fn(usize) -> usize) -> Vec<bool> {
    let mut there = vec![true; wishes.len()];
    loop {
        let gaps = (0..there.len()).filter(|&at| !there[at] && (at == 0 || there[at - 1])).count();
        let kept = || (0..there.len()).filter(|&at| there[at]);
        let taken: usize = kept().map(|at| wishes[at].readable()).sum();
        let goes = |at: &usize| wishes[*at].goes.map(|first| (first, *at));
        let Some((_, next)) = kept().filter_map(|at| goes(&at)).min() else { return there };
        if taken + gaps <= room(kept().count() + gaps) {
            return there;
        }
        there[next] = false;
    }
}

/// Widths of columns of which none goes first.
fn fitted(wishes: &[Wish], room: impl Fn(usize) -> usize, columns: usize) -> Vec<Option<usize>> {
    let mut widths: Vec<usize> = wishes.iter().map(|wish| wish.wanted()).collect();
    let mut over = widths.iter().sum::<usize>().saturating_sub(room(columns));
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
        Wish { name, values, numbers: false, asked: None, goes: None }
    }

    fn number(name: usize, values: usize) -> Wish {
        Wish { name, values, numbers: true, asked: None, goes: None }
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
    fn columns_that_go_first_are_left_out_before_texts_are_hard_to_read() {
        let goes = |wish: Wish, first| Wish { goes: Some(first), ..wish };
        let wishes = [text(4, 36), number(1, 6), goes(number(8, 6), 1), text(6, 9), goes(number(8, 7), 0)];
        // 36 + 6 + 8 + 9 + 8 and 16 around them.
        assert_eq!(fitted(&wishes, 83), [Some(36), Some(6), Some(8), Some(9), Some(8)]);
        assert_eq!(fitted(&wishes, 59), [Some(12), Some(6), Some(8), Some(9), Some(8)]);
        // 12 + 6 + 8 + 9, and `…` for the last one.
        assert_eq!(fitted(&wishes, 58), [Some(18), Some(6), Some(8), Some(9), None]);
        assert_eq!(fitted(&wishes, 52), [Some(12), Some(6), Some(8), Some(9), None]);
        assert_eq!(fitted(&wishes, 51), [Some(18), Some(6), None, Some(9), None]);
        // Then texts give, the widest first.
        assert_eq!(fitted(&wishes, 37), [Some(7), Some(6), None, Some(6), None]);
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
