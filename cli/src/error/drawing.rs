//! Draws the place of a query error into its statement. Reason and hint stand above and below, as
//! with all errors.

use ariadne::{CharSet, Color, Config, IndexType, Label, Report, ReportKind, Source};
use kndb_query::{ErrorKind, QueryError};

use super::StatementText;

/// The drawing; nothing if the error points at no text.
pub fn draw(error: &QueryError, statement: &StatementText, color: bool) -> Option<Vec<u8>> {
    // ariadne's own line offset reaches the heading, but not the numbers beside the lines.
    let text = "\n".repeat(statement.lines_before) + &statement.text;
    let offset = statement.lines_before + statement.offset;
    let locate = |span: std::ops::Range<usize>| {
        let clip = |place: usize| (place + offset).min(text.len());
        (statement.origin.clone(), clip(span.start)..clip(span.end))
    };
    let place = locate(error.span?.range());
    let config = Config::default().with_color(color).with_char_set(CharSet::Unicode).with_index_type(IndexType::Byte);
    let mut report = Report::build(ReportKind::Error, place.clone())
        .with_config(config)
        .with_label(Label::new(place).with_message(what_is_there(error.kind)).with_color(Color::Red));
    for label in &error.labels {
        report.add_label(Label::new(locate(label.span.range())).with_message(&label.text).with_color(Color::Cyan));
    }
    let source = Source::from(text.as_str());
    let mut drawing = Vec::new();
    report.finish().write((statement.origin.clone(), source), &mut drawing).ok()?;
    // ariadne's heading, for which there is no option to leave it out.
    let heading = drawing.iter().position(|byte| *byte == b'\n')? + 1;
    Some(drawing.split_off(heading))
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
