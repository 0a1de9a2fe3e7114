//! Questions to begin with: those of the page `docs/gallery.md`, which is the one list of them, made to fit the store that is shown.

use std::sync::LazyLock;

use kndb_storage::{Run, Snapshot};

/// Questions of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// As people ask it.
    pub(crate) heading: String,
    /// Statements that ask it.
    pub(crate) statements: Vec<String>,
}

/// The gallery's, whose statements are of the demo's store.
static GALLERY: LazyLock<Vec<Question>> = LazyLock::new(|| read(include_str!("../../docs/gallery.md")));

/// Those of a Markdown page whose statements need one store and nothing saved in it.
fn read(page: &str) -> Vec<Question> {
    let mut all: Vec<Question> = Vec::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            all.push(Question { heading: heading.to_owned(), statements: Vec::new() });
        }
        let quoted = line.strip_prefix("$ kndb my.kndb ").and_then(|rest| rest.split('\'').nth(1));
        let needs_none = |text: &&str| !text.starts_with("let ") && !text.contains('@') && !text.contains("::");
        if let (Some(statement), Some(question)) = (quoted.filter(needs_none), all.last_mut()) {
            question.statements.push(statement.to_owned());
        }
    }
    all.retain(|question| !question.statements.is_empty());
    all
}

/// The questions for a run of a store: with relations and languages that it has in place of the demo's.
pub(crate) fn of(snapshot: &Snapshot, run: &Run, languages: &[&str]) -> Vec<Question> {
    let fit = |statement: &String| fitted(snapshot, run, languages, statement);
    let all = GALLERY.iter().map(|question| Question {
        heading: question.heading.clone(),
        statements: question.statements.iter().filter_map(fit).collect(),
    });
    all.filter(|question| !question.statements.is_empty()).collect()
}

/// A statement of the demo for another store; `None` where it has no second language, no relation, or no such neuron.
fn fitted(snapshot: &Snapshot, run: &Run, languages: &[&str], statement: &str) -> Option<String> {
    let [first, second] = match languages {
        _ if ["en", "zh"].iter().all(|language| languages.contains(language)) => ["en", "zh"].map(Some),
        _ => [0, 1].map(|at| languages.get(at).copied()),
    };
    let relation = match snapshot.relation("P36") {
        Some(_) => Some("P36"),
        None => snapshot.relations().next().map(|(_, name)| name),
    };
    let mut fitted = String::new();
    let mut rest = statement;
    while !rest.is_empty() {
        let is_word = |c: char| c.is_ascii_alphanumeric();
        let end = rest.find(|c| is_word(c) != rest.starts_with(is_word)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        fitted += &match word {
            "en" => first?.to_owned(),
            "zh" => second?.to_owned(),
            "P36" => quoted(relation?),
            _ => word.to_owned(),
        };
        rest = after;
    }
    let beyond = |text: &str| {
        let (layer, neurons) = text.split_once(':')?;
        let last = neurons.split_once("..").map_or(neurons, |(_, last)| last);
        let (layer, last): (u32, u32) = (layer.parse().ok()?, last.parse().ok()?);
        Some(layer >= run.spec.shape.layers || last >= run.spec.shape.width)
    };
    let neurons = fitted.split_once("neurons(").and_then(|(_, rest)| rest.split_once(')'));
    let is_beyond = neurons.is_some_and(|(neurons, _)| beyond(neurons) == Some(true));
    (!is_beyond).then_some(fitted)
}

/// A name as it stands in a statement.
pub(crate) fn quoted(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::{RunSpec, Shape, Store};

    #[test]
    fn the_gallery_has_questions_and_each_is_a_statement() {
        assert!(GALLERY.len() >= 10, "{}", GALLERY.len());
        for question in GALLERY.iter() {
            for statement in &question.statements {
                assert!(kndb_query::parse(statement).is_ok(), "{statement}");
            }
        }
        let first = &GALLERY[0];
        assert_eq!(first.heading, "Which neurons are a relation's?");
        assert_eq!(first.statements[0], "(kn[relation=P36, lang=en] by neuron having facts >= 10%) by layer");
    }

    #[test]
    fn statements_are_made_to_fit_another_store_or_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let run = store.open_run(RunSpec::new("first", "toy", Shape::new(3, 100).expect("a shape"))).expect("a run");
        run.finish().expect("finished");
        let snapshot = store.snapshot().expect("a snapshot");
        let run = snapshot.run_named("first").expect("the run");
        let fit = |languages: &[&str], statement: &str| fitted(&snapshot, run, languages, statement);
        assert_eq!(
            fit(&["fi", "sv"], "likn[lang in (en, zh)] by layer").as_deref(),
            Some("likn[lang in (fi, sv)] by layer")
        );
        assert_eq!(fit(&["fi"], "likn[lang in (en, zh)] by layer"), None, "one language");
        assert_eq!(fit(&["fi"], "kn[relation=P36, lang=en]"), None, "no relation");
        assert_eq!(fit(&["en"], "kn[lang=en] & neurons(3:318)"), None, "three layers");
        assert_eq!(fit(&["en"], "kn[lang=en] & neurons(2:90..150)"), None, "a hundred neurons");
        assert!(fit(&["en"], "kn[lang=en] & neurons(2:90..99)").is_some());
    }
}
