//! Figures as text for a terminal: no wider than asked for, no colours.

mod bars;
mod curves;
mod heat_map;
mod matrix;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::error::Result;
use crate::figure::Figure;
use crate::look::Look;

/// Fewer columns of text hold no figure.
const NARROWEST: usize = 40;

/// Draws a figure in lines of at most `width` terminal cells (40 at least).
pub(crate) fn text(figure: &Figure, look: &Look, width: usize) -> Result<String> {
    figure.check()?;
    let width = width.max(NARROWEST);
    let caption = figure.caption();
    let mut text = String::new();
    if !caption.title.is_empty() {
        text += &format!("{}\n\n", lines(&caption.title, width));
    }
    text += &match figure {
        Figure::Bars(bars) => bars::draw(bars, width),
        Figure::HeatMap(map) => heat_map::draw(map, look, width),
        Figure::Matrix(matrix) => matrix::draw(matrix, width),
        Figure::Curves(curves) => curves::draw(curves, width),
    };
    for (at, note) in caption.notes.iter().enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        text += &format!("{gap}{}\n", lines(note, width));
    }
    Ok(text)
}

/// A text in lines of at most `width`, broken between words.
fn lines(text: &str, width: usize) -> String {
    let mut broken = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let word = fit(word, width);
        if used > 0 && used + 1 + word.width() > width {
            broken.push('\n');
            used = 0;
        } else if used > 0 {
            broken.push(' ');
            used += 1;
        }
        used += word.width();
        broken += &word;
    }
    broken
}

/// The text in at most `width` cells, with an ellipsis where it was cut; control characters are replaced.
fn fit(text: &str, width: usize) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    if text.width() <= width {
        return text;
    }
    let mut used = 0;
    let kept = text.chars().take_while(|letter| {
        used += letter.width().unwrap_or(0);
        used < width
    });
    kept.collect::<String>() + "…"
}

/// The text filled with spaces to `width`: on the left for numbers, on the right for others.
fn padded(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(text.width()));
    if right { space + text } else { text.to_owned() + &space }
}

/// The widest of some texts, in cells.
fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_the_cells_they_take() {
        assert_eq!(fit("中国的首都", 5), "中国…");
        assert_eq!(fit("a\nb", 5), "a\u{fffd}b");
        assert_eq!(padded("日本", 6, true), "  日本");
        assert_eq!(lines("one two three", 7), "one two\nthree");
    }
}
