//! Draws the place of a query error into its statement. Reason and hint stand above and below, as
//! with all errors.

use std::ops::Range;

use ariadne::{CharSet, Color, Config, IndexType, Label, Report, ReportKind, Source};
use kndb_query::{ErrorKind, QueryError};

use crate::{StatementText, disturbs};

/// The drawing; nothing if the error points at no text.
pub fn draw(error: &QueryError, statement: &StatementText, color: bool) -> Option<Vec<u8>> {
    let span = error.span?.range();
    let clip = |place: usize| (place + statement.offset).min(statement.text.len());
    // A script may hold anything, and ariadne would draw it as it is and begin lines where Unicode does.
    let statement = &StatementText { text: plain(&statement.text), ..statement.clone() };
    let Window { text, from, moved, columns } = Window::around(statement, clip(span.start)..clip(span.end));
    let locate = |span: Range<usize>| {
        let within = |place: usize| (clip(place).max(from) - from + moved).min(text.len());
        (statement.origin.clone(), within(span.start)..within(span.end))
    };
    let place = locate(span);
    let config = Config::default().with_color(color).with_char_set(CharSet::Unicode).with_index_type(IndexType::Byte);
    let mut report = Report::build(ReportKind::Error, place.clone())
        .with_config(config)
        .with_label(Label::new(place).with_message(what_is_there(error.kind)).with_color(Color::Red));
    let seen = from..from + text.len() - moved;
    for label in error.labels.iter().filter(|label| seen.contains(&clip(label.span.range().start))) {
        report.add_label(Label::new(locate(label.span.range())).with_message(&label.text).with_color(Color::Cyan));
    }
    let source = Source::from(text.as_str());
    let mut drawing = Vec::new();
    report.finish().write((statement.origin.clone(), source), &mut drawing).ok()?;
    // ariadne's heading, for which there is no option to leave it out.
    let heading = drawing.iter().position(|byte| *byte == b'\n')? + 1;
    let drawing = drawing.split_off(heading);
    let Some((shown, whole)) = columns else { return Some(drawing) };
    Some(String::from_utf8_lossy(&drawing).replacen(&format!(":{shown} ]"), &format!(":{whole} ]"), 1).into_bytes())
}

/// A text without characters that drive a terminal, byte for byte as long.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_end = c == '\n' || (c == '\r' && rest.peek() == Some(&'\n'));
        plain.push(match c.len_utf8() {
            _ if is_end || c == '\t' || !disturbs(c) => c,
            1 => '?',
            2 => '¿',
            _ => char::REPLACEMENT_CHARACTER,
        });
    }
    plain
}

/// The longest line that is drawn whole, in bytes.
const LONGEST_LINE: usize = 400;
/// How much of a longer one is drawn before and after the place, in bytes.
const AROUND: usize = 80;

/// The part of a text that is drawn: all of it, or a piece of a very long line.
struct Window {
    /// What is drawn.
    text: String,
    /// The byte of the statement's text that it begins with …
    from: usize,
    /// … and where in `text` that byte is.
    moved: usize,
    /// The column that the drawing would tell, and the one in the whole line, where they differ.
    columns: Option<(usize, usize)>,
}

impl Window {
    fn around(statement: &StatementText, place: Range<usize>) -> Self {
        let whole = statement.text.as_str();
        let begin = whole[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let end = whole[place.start..].find('\n').map_or(whole.len(), |at| place.start + at);
        // ariadne's own line offset reaches the heading, but not the numbers beside the lines.
        let lines = statement.lines_before;
        if end - begin <= LONGEST_LINE {
            return Self { text: "\n".repeat(lines) + whole, from: 0, moved: lines, columns: None };
        }
        let boundary = |at: &usize| whole.is_char_boundary(*at);
        let from = (begin..=place.start.saturating_sub(AROUND).max(begin)).rfind(boundary).unwrap_or(begin);
        let to = ((place.start + AROUND).min(end)..=end).find(boundary).unwrap_or(end);
        let mut text = "\n".repeat(lines + whole[..begin].matches('\n').count());
        text += if from > begin { "… " } else { "" };
        let moved = text.len();
        let cut = text[text.rfind('\n').map_or(0, |at| at + 1)..].chars().count();
        text += &whole[from..to];
        let end = if to < end { " …" } else { "" };
        let shown = cut + whole[from..place.start].chars().count() + 1;
        let column = whole[begin..place.start].chars().count() + 1;
        Self { text: text + end, from, moved, columns: Some((shown, column)) }
    }
}

/// A word or two at the caret.
fn what_is_there(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Syntax => "here",
        ErrorKind::Name => "not known",
        ErrorKind::Kind => "does not fit",
        ErrorKind::Missing => "cannot be answered from this store",
        _ => "in this",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_query::parse;

    fn drawn(text: &str) -> String {
        let error = parse(text).expect_err("a mistake");
        let statement = StatementText { origin: "script".into(), text: text.into(), ..Default::default() };
        String::from_utf8(draw(&error, &statement, false).expect("a place")).expect("UTF-8")
    }

    #[test]
    fn a_very_long_line_is_drawn_around_the_mistake_with_its_true_column() {
        let many = vec!["P36"; 40_000].join(", ");
        let drawing = drawn(&format!("kn[relation in ({many}), lnag=en] by layer"));
        assert!(drawing.len() < 2_000, "{} bytes", drawing.len());
        assert!(drawing.contains("lnag=en") && drawing.contains("… "), "{drawing}");
        let column = "kn[relation in (), ".len() + many.len() + 1;
        assert!(drawing.contains(&format!("script:1:{column} ]")), "{drawing}");
    }

    #[test]
    fn what_drives_a_terminal_is_drawn_as_a_sign_in_its_place() {
        let drawing = drawn("kn[subject=\"\u{1b}[2J\u{85}\u{202E}\u{2028}\", lnag=en]");
        assert!(!drawing.contains(['\u{1b}', '\u{85}', '\u{202E}', '\u{2028}']), "{drawing}");
        assert!(drawing.contains("kn[subject=\"?[2J¿\u{FFFD}\u{FFFD}\", lnag=en]"), "{drawing}");
        assert!(drawing.contains("script:1:23 ]"), "{drawing}");
        let lines = drawn("kn[tau=0.3,\r\nlnag=en] by layer\r\n");
        assert!(lines.contains("lnag=en] by layer") && !lines.contains('?'), "{lines}");
    }

    #[test]
    fn an_ordinary_line_is_drawn_whole() {
        let drawing = drawn("kn[lnag=en] by layer");
        assert!(drawing.contains("script:1:4 ]") && drawing.contains("kn[lnag=en] by layer"), "{drawing}");
    }
}
