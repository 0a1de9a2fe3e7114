//! Draws errors as plain text: the line, a caret line for each place, the hint.

use kndb_query::{QueryError, Span, parse};
use std::fmt::Write;

pub fn draw(text: &str, error: &QueryError) -> String {
    let mut out = String::new();
    let kind = error.kind;
    writeln!(out, "{kind:?} error: {error}").expect("a string takes all");
    let span = error.span.expect("errors of a statement point at text");
    point(&mut out, text, span, '^', "");
    for label in &error.labels {
        point(&mut out, text, label.span, '-', &label.text);
    }
    if let Some(hint) = &error.hint {
        writeln!(out, "  hint: {hint}").expect("a string takes all");
    }
    out
}

fn point(out: &mut String, text: &str, span: Span, mark: char, label: &str) {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or("");
    let before = text[start..span.start].chars().count();
    let marks = text[span.range()].chars().count().max(1);
    let marks = mark.to_string().repeat(marks);
    let row = format!("    {line}\n    {}{marks} {label}", " ".repeat(before));
    writeln!(out, "{}", row.trim_end()).expect("a string takes all");
}

/// What is said of each of some texts, which are no statements.
#[allow(dead_code, reason = "not every test refuses lists of texts")]
pub fn drawn(texts: &[&str]) -> String {
    let refused = |text: &&str| draw(text, &parse(text).expect_err(text)) + "\n";
    texts.iter().map(refused).collect()
}

/// A test of the name: what is said of these texts is what its snapshot has.
#[allow(unused_macros, reason = "not every test refuses lists of texts")]
macro_rules! bad {
    ($name:ident, [$($text:expr),+ $(,)?]) => {
        #[test]
        fn $name() {
            let page = carets::drawn(&[$($text),+]);
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), page);
            });
        }
    };
}
