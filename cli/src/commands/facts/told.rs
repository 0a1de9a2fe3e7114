//! What `kndb facts` says it understood, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use kndb_import::facts::{FactsFormat, FactsItem, LanguageSource, NotRead, Skipped, Understood};
use kndb_storage::FactsAdded;

use crate::error::in_a_line;

/// Names of files that are shown of those that were not read.
const SHOWN: usize = 8;

/// What came in, by language, and what the readers say of it.
#[derive(Default)]
pub struct Told {
    languages: BTreeMap<String, Counts>,
    relations: BTreeSet<String>,
    read: Vec<(PathBuf, FactsFormat, u64)>,
    computed_ids: u64,
    unused_fields: BTreeSet<String>,
    unused_folders: BTreeSet<String>,
    left_out: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<String, Skipped>,
    not_read: Vec<NotRead>,
}

#[derive(Default)]
struct Counts {
    labels: u64,
    templates: u64,
    candidates: u64,
    sources: BTreeSet<LanguageSource>,
}

impl Told {
    /// Counts one item.
    pub fn item(&mut self, item: &FactsItem) {
        let relation = match item {
            FactsItem::Fact(row) => {
                self.counts(&row.language).labels += 1;
                &row.relation
            }
            FactsItem::Template(row) => {
                self.counts(&row.language).templates += 1;
                &row.relation
            }
            FactsItem::Candidates(row) => {
                self.counts(&row.language).candidates += 1;
                &row.relation
            }
            FactsItem::RelationName(_) => return,
        };
        if !self.relations.contains(relation) {
            self.relations.insert(relation.clone());
        }
    }

    fn counts(&mut self, language: &str) -> &mut Counts {
        if !self.languages.contains_key(language) {
            self.languages.insert(language.to_owned(), Counts::default());
        }
        self.languages.entry(language.to_owned()).or_default()
    }

    /// Adds what was understood of a path that is read to its end.
    pub fn path(&mut self, path: PathBuf, format: FactsFormat, understood: &Understood) {
        self.read.push((path, format, understood.files));
        for (language, sources) in &understood.languages {
            self.counts(language).sources.extend(sources);
        }
        self.computed_ids += understood.computed_ids;
        self.unused_fields.extend(understood.unused_fields.iter().cloned());
        self.unused_folders.extend(understood.unused_folders.iter().cloned());
        for (what, number) in &understood.left_out {
            *self.left_out.entry(what).or_default() += number;
        }
        for (reason, skipped) in &understood.skipped {
            let known = self.skipped.entry(reason.clone());
            known.and_modify(|known| known.rows += skipped.rows).or_insert_with(|| skipped.clone());
        }
        self.not_read.extend(understood.not_read.iter().cloned());
    }

    /// Writes all of it.
    pub fn write(&self, added: &FactsAdded, changed: &[String], took: Duration, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |name: &str, value: String| writeln!(out, "{name:<12} {}", in_a_line(&value));
        for (path, format, files) in &self.read {
            let of = if self.read.len() > 1 { format!(" from {}", path.display()) } else { String::new() };
            line("read", format!("{format}{of}, {}", counted(*files, "file")))?;
        }
        if !self.read.is_empty() {
            line("relations", self.relations.len().to_string())?;
        }
        for (language, counts) in &self.languages {
            let mut parts = vec![counted(counts.labels, "label"), counted(counts.templates, "template")];
            if counts.candidates > 0 {
                parts.push(counted(counts.candidates, "candidate list"));
            }
            let sources: Vec<_> = counts.sources.iter().map(LanguageSource::to_string).collect();
            line("language", format!("{language} {}: {}", sources.join(" and "), parts.join(", ")))?;
        }
        line("facts", format!("{} new", added.new_facts))?;
        line(
            "labels",
            format!("{} new, {} changed, {} as before", added.new_labels, added.changed_labels, added.same_labels),
        )?;
        line("templates", format!("{} new", added.new_templates))?;
        line("candidates", format!("{} lists", added.candidate_lists))?;
        if added.relation_names > 0 {
            line("names", format!("{} of relations", added.relation_names))?;
        }
        if self.computed_ids > 0 {
            line("ids", format!("{} computed, because the rows have none", self.computed_ids))?;
        }
        self.write_rest(&mut line)?;
        if !changed.is_empty() {
            let runs = changed.join(", ");
            line(
                "note",
                format!("facts with changed labels have scores in {runs}: those were made with the old labels"),
            )?;
        }
        line("time", format!("{:.2} s", took.as_secs_f64()))
    }

    /// What was not used, and why.
    fn write_rest(&self, line: &mut impl FnMut(&str, String) -> io::Result<()>) -> io::Result<()> {
        if !self.unused_fields.is_empty() {
            line("not used", format!("fields {}", listed(&self.unused_fields)))?;
        }
        if !self.unused_folders.is_empty() {
            line("not used", format!("folders {}", listed(&self.unused_folders)))?;
        }
        for (what, number) in &self.left_out {
            line("left out", format!("{number} {what}"))?;
        }
        for (reason, Skipped { rows, first }) in &self.skipped {
            line("skipped", format!("{}: {reason}; the first: {first}", counted(*rows, "row")))?;
        }
        if !self.not_read.is_empty() {
            let shown = self.not_read.iter().take(SHOWN);
            let mut names: Vec<_> = shown.map(|left| format!("{} ({})", left.path.display(), left.why)).collect();
            if self.not_read.len() > SHOWN {
                names.push(format!("{} more", self.not_read.len() - SHOWN));
            }
            line("not read", names.join(", "))?;
        }
        Ok(())
    }
}

/// The first names, and how many more there are.
fn listed(names: &BTreeSet<String>) -> String {
    const MOST: usize = 20;
    let shown: Vec<_> = names.iter().take(MOST).map(String::as_str).collect();
    let more = names.len().saturating_sub(MOST);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
