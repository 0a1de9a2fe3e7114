//! Statements on a page: beside what they gave, as links to the editor; and with the place of an error.

use kndb_carets::StatementText;
use kndb_query::QueryError;
use maud::{Markup, html};

use super::link;
use super::value::visible;
use crate::problem::Problem;
use crate::view::View;

/// More statements than these are folded away.
const OPEN: usize = 3;

/// The statements behind a figure or a table.
pub(crate) fn behind<T: AsRef<str>>(view: &View<'_>, statements: &[T]) -> Markup {
    let all = html! {
        @for text in statements {
            p.behind { a href=(link::query(view, text.as_ref())) title="Ask this, and change it" { code { (visible(text.as_ref())) } } }
        }
    };
    html! {
        @if statements.len() > OPEN {
            details.behind { summary { "The " (statements.len()) " statements behind it" } (all) }
        } @else { (all) }
    }
}

/// A statement with the place that an error points at, and the other places that explain it.
pub(crate) fn drawn(text: &str, error: Option<&QueryError>) -> Markup {
    let span = error.and_then(|error| error.span).map(|span| within(text, span.range()));
    html! {
        pre.statement {
            code {
                @if let Some(span) = &span {
                    (visible_lines(&text[..span.start]))
                    mark.at { (visible_lines(&text[span.clone()])) @if span.is_empty() { " " } }
                    (visible_lines(&text[span.end..]))
                } @else { (visible_lines(text)) }
            }
        }
        @if let Some(error) = error {
            @for label in &error.labels {
                @let span = within(text, label.span.range());
                p.place { code { (visible(&text[span])) } ": " (label.text) }
            }
        }
    }
}

/// What is wrong with a statement, as the shell prints it: the sentence, the lines with carets, what to do.
pub(crate) fn told(problem: &Problem) -> Markup {
    let text = problem.statement().unwrap_or_default();
    let statement = StatementText { origin: "statement".into(), text: text.to_owned(), ..StatementText::default() };
    let drawing = problem.query_error().and_then(|error| kndb_carets::draw(error, &statement, false));
    html! {
        div.problem role="alert" {
            p.reason { (problem.to_string()) }
            @if let Some(drawing) = drawing { pre.carets tabindex="0" { (String::from_utf8_lossy(&drawing)) } }
            @if let Some(hint) = problem.hint() { p.hint { (hint) } }
        }
    }
}

/// A range that can be cut out of a text, whatever it was made for.
fn within(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let floor = |at: usize| (0..=at.min(text.len())).rfind(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let start = floor(range.start);
    start..floor(range.end).max(start)
}

/// [`visible`], with the ends of lines.
fn visible_lines(text: &str) -> String {
    text.split('\n').map(|line| visible(line.trim_end_matches('\r'))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_error_is_marked_and_nothing_is_taken_for_a_tag() {
        let text = "kn[subject=\"<b>日\", lnag=en]";
        let error = kndb_query::parse(text).expect_err("a mistake");
        let html = drawn(text, Some(&error)).into_string();
        assert!(html.contains("kn[subject=&quot;&lt;b&gt;日&quot;, <mark class=\"at\">lnag</mark>=en]"), "{html}");
    }

    #[test]
    fn a_place_at_the_end_or_beyond_is_drawn_there() {
        assert_eq!(within("日", 1..9), 0..3);
        assert_eq!(within("日x", 4..4), 4..4);
        let error = kndb_query::parse("kn by").expect_err("no dimension");
        assert!(drawn("kn by", Some(&error)).into_string().contains("<mark class=\"at\">"));
    }
}
