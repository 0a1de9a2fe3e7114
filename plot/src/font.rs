//! The font of the figures: DejaVu Sans, carried along, so that no picture depends on fonts of the machine.

use std::sync::OnceLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The font, then others of its width for readers of an SVG who do not have it.
pub const FAMILY: &str = "DejaVu Sans, Verdana, Bitstream Vera Sans, Geneva, sans-serif";

/// The font's bytes.
pub fn bytes() -> &'static [u8] {
    dejavu::sans::regular()
}

fn font() -> Option<&'static FontRef<'static>> {
    static FONT: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::new(bytes()).ok()).as_ref()
}

/// Width of a text, in the unit of `size`. A letter that the font lacks counts as wide as the size.
pub fn width(text: &str, size: f64) -> f64 {
    let Some(font) = font() else { return text.chars().count() as f64 * size };
    let (letters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(size as f32), LocationRef::default()));
    let of = |letter| letters.map(letter).and_then(|glyph| metrics.advance_width(glyph)).map_or(size, f64::from);
    text.chars().map(of).sum()
}

/// Whether the font can draw this letter.
pub fn has(letter: char) -> bool {
    font().is_some_and(|font| font.charmap().map(letter).is_some())
}

/// Whether a font file's face has a letter.
pub fn has_in(data: &[u8], index: u32, letter: char) -> bool {
    FontRef::from_index(data, index).is_ok_and(|font| font.charmap().map(letter).is_some())
}

/// The text, cut with an ellipsis where it is wider than `most`.
pub fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let room = most - width("…", size);
    let mut used = 0.0;
    let kept: String = text
        .chars()
        .take_while(|letter| {
            used += width(letter.encode_utf8(&mut [0; 4]), size);
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// The text in lines of at most this width, broken between words; a word that is wider is cut.
pub fn lines(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fit(word, size, most);
        if let Some(line) = lines.last_mut() {
            let longer = format!("{line} {word}");
            if width(&longer, size) <= most {
                *line = longer;
                continue;
            }
        }
        lines.push(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        // DejaVu Sans: 2048 units an em; `m` is 1995 wide, `i` 569.
        assert!((width("m", 2048.0) - 1995.0).abs() < 0.5);
        assert!((width("im", 2048.0) - 2564.0).abs() < 0.5);
        assert!(has('é') && has('Ж') && !has('中'));
        assert_eq!(width("中", 10.0), 10.0);
    }

    #[test]
    fn long_texts_are_cut_and_broken() {
        assert_eq!(fit("layer", 10.0, 100.0), "layer");
        let cut = fit("a very long name of a run", 10.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0) <= 60.0, "{cut}");
        let broken = lines("one two three four", 10.0, 50.0);
        assert_eq!(broken.join(" "), "one two three four");
        assert!(broken.len() > 1 && broken.iter().all(|line| width(line, 10.0) <= 50.0), "{broken:?}");
    }
}
