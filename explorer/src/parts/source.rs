//! Sources of statements, `kn[lang=en, …]`, made of names as they are in the store: quoted where they must be.

use std::fmt;

use kndb_query::{Span, Text};
use kndb_storage::Run;

use crate::view::View;

/// A word and its conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    word: &'static str,
    conditions: Vec<String>,
}

impl Source {
    /// Without conditions: `kn`, `likn`, `dkn`, `facts`, `entries`.
    pub(crate) fn new(word: &'static str) -> Self {
        Self { word, conditions: Vec::new() }
    }

    /// Of a run. In a store of one run it is left out, as people write.
    pub(crate) fn of_run(view: &View<'_>, word: &'static str, run: &Run) -> Self {
        let source = Self::new(word);
        if view.snapshot.runs().len() == 1 { source } else { source.is("run", &run.spec.name) }
    }

    /// The same with one more condition: a key and its value.
    pub(crate) fn is(mut self, key: &str, value: &str) -> Self {
        self.conditions.push(format!("{key}={}", quoted(value)));
        self
    }

    /// The same with one more condition: a key and its values. Without a value there is no condition.
    pub(crate) fn among<T: AsRef<str>>(mut self, key: &str, values: &[T]) -> Self {
        match values {
            [] => self,
            [one] => self.is(key, one.as_ref()),
            several => {
                let several: Vec<String> = several.iter().map(|value| quoted(value.as_ref())).collect();
                self.conditions.push(format!("{key} in ({})", several.join(", ")));
                self
            }
        }
    }

    /// The same above a threshold, if one is given.
    pub(crate) fn tau(mut self, tau: Option<f64>) -> Self {
        self.conditions.extend(tau.map(|tau| format!("tau={tau}")));
        self
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)?;
        if self.conditions.is_empty() { Ok(()) } else { write!(f, "[{}]", self.conditions.join(", ")) }
    }
}

/// A name as it stands in a statement.
pub(crate) fn quoted(name: &str) -> String {
    Text { text: name.to_owned(), span: Span::default() }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_what_somebody_would_write() {
        let source = Source::new("kn").is("fact", "cb7007d9-673f-4fa5-8308-ddf2ae28b8c2");
        assert_eq!(source.to_string(), "kn[fact=cb7007d9-673f-4fa5-8308-ddf2ae28b8c2]");
        let source = source.among("lang", &["en", "zh-classical"]).among::<&str>("relation", &[]).tau(Some(0.25));
        assert_eq!(
            source.to_string(),
            "kn[fact=cb7007d9-673f-4fa5-8308-ddf2ae28b8c2, lang in (en, zh-classical), tau=0.25]"
        );
        assert_eq!(Source::new("likn").among("lang", &["en"]).to_string(), "likn[lang=en]");
        assert_eq!(Source::new("entries").to_string(), "entries");
    }

    #[test]
    fn whatever_a_name_holds_it_is_read_back_and_nothing_else() {
        for name in
            ["in", "by", "*", "北京", "a\"b", "a\\", "x] by layer -- ", "O'Hara", "12", "1e5", "a b", "-", "$x", "<b>"]
        {
            for text in [Source::new("kn").is("fact", name), Source::new("kn").among("lang", &[name, "en"])] {
                let read = |text: &str| kndb_query::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
                let parsed = read(&text.to_string());
                assert_eq!(read(&parsed.to_string()).to_string(), parsed.to_string());
                assert!(format!("{parsed:?}").contains(&format!("{name:?}")), "{text}: {parsed:?}");
            }
        }
    }
}
