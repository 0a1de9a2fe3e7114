//! The same question elsewhere: on the command line, in Python, as a link, as a file.

use std::path::Path;

use kndb_query::{Settings, Statement};
use maud::{Markup, html};

use crate::parts::link;
use crate::view::View;

/// The section.
pub(super) fn section(view: &View<'_>, settings: &Settings, text: &str) -> Markup {
    let beside = beside(view, text);
    let path = view.store.path();
    let here = link::here(view).without("page").without("sort");
    let file = |format: &str| {
        link::api_query(view, text, format)
            .maybe("run", settings.run.as_deref())
            .maybe("labels", settings.language.as_deref())
    };
    html! {
        section aria-labelledby="copied" {
            h2 #copied { "The same elsewhere" }
            dl.copied {
                dt { "Command" } dd { (copied(&command(path, &beside, settings, text))) }
                dt { "Python" } dd { (copied(&python(path, &beside, settings, text))) }
                dt { "Link" } dd { (copied(&here.to_string())) }
                dt { "File" }
                dd.files {
                    @for (at, format) in ["csv", "tsv", "json", "jsonl", "arrow"].iter().enumerate() {
                        @if at > 0 { ", " }
                        a href=(file(format)) download={ "answer." (format) } { (format) }
                    }
                }
            }
        }
    }
}

/// A text to be copied: by a button where there is a script, else by hand.
fn copied(text: &str) -> Markup {
    html! {
        pre.copied tabindex="0" { code { (text) } }
        button type="button" data-copy=(text) hidden { "Copy" }
    }
}

/// The stores that a statement names beside the one in hand.
fn beside<'v>(view: &'v View<'_>, text: &str) -> Vec<(String, &'v Path)> {
    let others = view.explorer.stores.iter().filter(|other| other.name != view.shown.name);
    let named = others.filter(|other| text.contains(&format!("{}::", other.name)));
    named.map(|other| (other.name.clone(), other.store.path())).collect()
}

fn command(path: &Path, beside: &[(String, &Path)], settings: &Settings, text: &str) -> String {
    let mut command = format!("kndb query {}", shell(&path.display().to_string()));
    for (name, path) in beside {
        command += &format!(" --attach {}", shell(&format!("{name}={}", path.display())));
    }
    for (option, value) in [("run", &settings.run), ("labels", &settings.language)] {
        if let Some(value) = value {
            // One that begins with `-` is taken for an option.
            command += &format!(" --{option}={}", shell(value));
        }
    }
    // So is a statement that begins with a comment.
    let end = if text.starts_with('-') { " --" } else { "" };
    format!("{command}{end} {}", shell(text))
}

/// A word of a POSIX shell.
fn shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A statement of Python. The run that is chosen is written into the question.
fn python(path: &Path, beside: &[(String, &Path)], settings: &Settings, text: &str) -> String {
    let asked = match (&settings.run, kndb_query::parse(text)) {
        (Some(run), Ok(Statement::Query(query))) => query.in_run(run).map(|query| query.to_string()),
        _ => None,
    };
    let mut lines = format!("import kndb\ndb = kndb.open({})\n", literal(&path.display().to_string()));
    for (name, path) in beside {
        lines += &format!("db.attach({}, {})\n", literal(&path.display().to_string()), literal(name));
    }
    format!("{lines}db.query({})", literal(asked.as_deref().unwrap_or(text)))
}

/// A text of Python: the escapes of JSON are among its own.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_shell_are_one_word_whatever_they_hold() {
        assert_eq!(shell("my.kndb"), "my.kndb");
        assert_eq!(shell("kn[lang=en] by layer"), "'kn[lang=en] by layer'");
        assert_eq!(shell("kn[subject='it''s']"), r"'kn[subject='\''it'\'''\''s'\'']'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("$(rm)"), "'$(rm)'");
    }

    #[test]
    fn a_question_is_asked_of_the_same_run_and_stores() {
        let settings = Settings { run: Some("-a".into()), language: Some("zh".into()), ..Settings::default() };
        let beside = [("b".to_owned(), Path::new("b store"))];
        let text = "kn & b::kn by layer";
        assert_eq!(
            command(Path::new("my.kndb"), &beside, &settings, text),
            "kndb query my.kndb --attach 'b=b store' --run=-a --labels=zh 'kn & b::kn by layer'"
        );
        let lines = python(Path::new("my.kndb"), &[], &settings, "kn by layer");
        assert_eq!(lines, "import kndb\ndb = kndb.open(\"my.kndb\")\ndb.query(\"kn[run=\\\"-a\\\"] by layer\")");
        assert_eq!(command(Path::new("a"), &[], &Settings::default(), "-- x\nkn"), "kndb query a -- '-- x\nkn'");
    }
}
