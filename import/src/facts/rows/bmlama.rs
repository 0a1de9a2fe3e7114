//! BMLAMA: a file a language, with the same facts line by line; relation and id are those of the English line.
//!
//! Source: Qi et al., EMNLP 2023; Betswish/Cross-Lingual-Consistency, `1_easyrun/main.py`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kndb_storage::FactRow;

use super::Desk;
use crate::error::ImportError;
use crate::facts::id::fact_id;
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::check_name;
use crate::json::excerpt;
use crate::mapped::Mapped;

/// English files by their folder.
pub(super) type References = HashMap<PathBuf, Rc<Reference>>;

/// What the lines of an English file say for the same lines of all languages.
pub(super) struct Reference {
    lines: usize,
    /// Relation and id by line; `None` for a line that gives no fact.
    facts: Vec<Option<(String, String)>>,
}

/// The lines of a file.
pub(super) struct Lines {
    file: Mapped,
    position: usize,
    /// Lines begun.
    pub read: usize,
    /// First byte of the last one.
    pub begun: usize,
    reference: Rc<Reference>,
}

impl Lines {
    pub fn open(file: Mapped, facts: &FactsFile, desk: &mut Desk) -> Result<Self, ImportError> {
        let folder = facts.path.parent().unwrap_or(Path::new("")).to_owned();
        let reference = match desk.references.get(&folder) {
            Some(known) => known.clone(),
            None => {
                let read = Rc::new(Reference::read(&folder, &facts.path)?);
                desk.references.insert(folder.clone(), read.clone());
                read
            }
        };
        let lines = line_count(file.bytes());
        if lines != reference.lines {
            return Err(ImportError::Data {
                at: file.at(crate::error::Place::File),
                problem: format!(
                    "the file has {lines} lines and its English one {}; expected as many, because a line is the \
                     same fact in every language",
                    reference.lines
                ),
            });
        }
        let position = start_of(file.bytes());
        Ok(Self { file, position, read: 0, begun: position, reference })
    }

    pub fn file(&self) -> &Mapped {
        &self.file
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn next(&mut self, file: &FactsFile, desk: &mut Desk) -> Result<bool, Problem> {
        let Some((start, line)) = next_line(self.file.bytes(), &mut self.position) else { return Ok(false) };
        self.read += 1;
        self.begun = start;
        if self.read == 1 && is_header(line) {
            return Ok(true);
        }
        // The file has a language, or it would not have been opened.
        let Some(language) = &file.language else { return Ok(true) };
        let columns = Columns::parse(line, start)?;
        desk.notes.language(&language.code, language.source);
        desk.notes.leave_out("candidates of single facts", 1);
        let Some((relation, id)) = self.reference.facts.get(self.read - 1).cloned().flatten() else {
            desk.notes.leave_out("lines whose English line repeats a fact or does not have its subject once", 1);
            return Ok(true);
        };
        desk.notes.computed_ids += 1;
        match columns.template() {
            Some(text) => desk.template_once(&relation, &language.code, text),
            None => desk.notes.leave_out("prompts that do not have their subject once", 1),
        }
        let (subject, object) = (columns.subject.into_owned(), columns.answer.into_owned());
        let language = language.code.clone();
        desk.fact(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri: None });
        Ok(true)
    }
}

impl Reference {
    /// Reads `en.tsv` of a folder.
    fn read(folder: &Path, beside: &Path) -> Result<Self, ImportError> {
        let names = ["en.tsv", "en.tsv.gz", "en.tsv.zst"];
        let Some(path) = names.iter().map(|name| folder.join(name)).find(|path| path.is_file()) else {
            return Err(ImportError::NoFacts {
                path: beside.to_owned(),
                found: "is BMLAMA's, whose lines take their relation from the same line of `en.tsv`, which is not \
                        beside it"
                    .to_owned(),
            });
        };
        let file = Mapped::unpacked(&path, "lines of BMLAMA")?;
        let (mut facts, mut seen) = (Vec::new(), HashSet::new());
        let mut position = start_of(file.bytes());
        while let Some((start, line)) = next_line(file.bytes(), &mut position) {
            let header = facts.is_empty() && is_header(line);
            // A line that is wrong is told when the English file itself is read.
            let columns = Columns::parse(line, start).ok().filter(|_| !header);
            facts.push(columns.and_then(|columns| {
                let relation = columns.template().filter(|relation| check_name(relation, "prompt", start).is_ok())?;
                let id = fact_id(&relation, &[&columns.subject, &columns.answer]);
                seen.insert(id.clone()).then_some((relation, id))
            }));
        }
        Ok(Self { lines: facts.len(), facts })
    }
}

/// The columns of a line.
struct Columns<'a> {
    prompt: Cow<'a, str>,
    answer: Cow<'a, str>,
    subject: Cow<'a, str>,
}

impl<'a> Columns<'a> {
    fn parse(line: &'a [u8], start: usize) -> Result<Self, Problem> {
        let Ok(text) = std::str::from_utf8(line) else {
            return Err(Problem::at(start, "a line is not UTF-8", format!(": {}", excerpt(line))));
        };
        let columns: Vec<_> = text.split('\t').collect();
        let &[prompt, answer, candidates, subject] = columns.as_slice() else {
            let rest = format!(", {}; expected prompt, answer, candidates and subject", columns.len());
            return Err(Problem::at(start, "a line does not have four columns", rest));
        };
        for (name, column) in [("prompt", prompt), ("answer", answer), ("candidates", candidates), ("subject", subject)]
        {
            if column.trim().is_empty() {
                let at = start + (column.as_ptr() as usize - text.as_ptr() as usize);
                return Err(Problem::at(at, format!("the column of the {name} is empty"), "; expected a text"));
            }
        }
        if prompt.matches("<mask>").count() != 1 {
            let rest = format!(": {}; expected it once, where the answer belongs", excerpt(prompt.as_bytes()));
            return Err(Problem::at(start, "a prompt without one <mask>", rest));
        }
        Ok(Self { prompt: unquoted(prompt), answer: unquoted(answer), subject: unquoted(subject) })
    }

    /// The prompt with [X] for its subject, if the subject is in it once.
    fn template(&self) -> Option<String> {
        let once = self.prompt.matches(&*self.subject).count() == 1;
        let text = self.prompt.replacen(&*self.subject, "[X]", 1).replace("<mask>", "[Y]");
        let fits = |slot: &str| text.matches(slot).count() == 1;
        (once && fits("[X]") && fits("[Y]")).then_some(text)
    }
}

/// A column that a table writer put in quotes, as it does where there are quotes in it.
fn unquoted(column: &str) -> Cow<'_, str> {
    let inner = column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.replace("\"\"", "").contains('"') => Cow::Owned(inner.replace("\"\"", "\"")),
        _ => Cow::Borrowed(column),
    }
}

fn is_header(line: &[u8]) -> bool {
    line.split(|&byte| byte == b'\t').next().is_some_and(|first| first.eq_ignore_ascii_case(b"prompt"))
}

/// After a byte order mark.
fn start_of(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}

/// The next line without its end, and where it starts.
fn next_line<'a>(bytes: &'a [u8], position: &mut usize) -> Option<(usize, &'a [u8])> {
    let start = *position;
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    *position = (start + length + 1).min(bytes.len());
    let line = &rest[..length];
    Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
}

fn line_count(bytes: &[u8]) -> usize {
    let mut position = start_of(bytes);
    std::iter::from_fn(|| next_line(bytes, &mut position).map(|_| ())).count()
}
