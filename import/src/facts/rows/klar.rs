//! KLAR: a file a relation, with its prompts and its samples.
//!
//! Source: Wang et al., ACL 2025; cisnlp/KLAR-CLC, `parse_samples`.

use std::ops::Range;

use kndb_storage::FactRow;

use super::{Desk, language_of, template};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::records::Records;
use crate::facts::row::{Row, check_name};
use crate::json::{Cursor, excerpt, extent};
use crate::mapped::Mapped;

const FILE: &[&str] = &["prompt_templates", "samples", "relation_name", "language", "lang"];
const SAMPLE: &[&str] = &["subject", "object", "index", "subject_en", "object_en", "language", "lang"];

/// The samples of a file, after its prompts.
pub(super) struct Samples {
    file: Mapped,
    state: State,
    /// The language of prompts, and of samples that do not say theirs.
    language: String,
}

enum State {
    /// Nothing is read yet.
    Begin,
    /// Prompts, one a step so that a bad one is passed over alone.
    Prompts {
        whole: Range<usize>,
        next: usize,
    },
    Samples(Records),
    End,
}

impl Samples {
    pub fn new(file: Mapped) -> Self {
        Self { file, state: State::Begin, language: String::new() }
    }

    pub fn file(&self) -> &Mapped {
        &self.file
    }

    pub fn position(&self) -> usize {
        match &self.state {
            State::Begin | State::Prompts { .. } => 0,
            State::Samples(samples) => samples.position(),
            State::End => self.file.len() as usize,
        }
    }

    /// First byte of the last sample.
    pub fn begun(&self) -> usize {
        if let State::Samples(samples) = &self.state { samples.begun } else { 0 }
    }

    pub fn place(&self) -> String {
        match &self.state {
            State::Samples(samples) => samples.place(),
            _ => "prompts".to_owned(),
        }
    }

    pub fn next(&mut self, file: &FactsFile, desk: &mut Desk) -> Result<bool, Problem> {
        // What fails has no step after it, so that passing over it comes to an end.
        match std::mem::replace(&mut self.state, State::End) {
            State::End => Ok(false),
            State::Begin => {
                // Without what is said of the whole file none of its samples can be used, so it is not one row's fault.
                let whole = self.head(file, desk).map_err(|problem| problem.of_file(&self.file))?;
                self.state = State::Prompts { whole, next: 0 };
                Ok(true)
            }
            State::Prompts { whole, next } => {
                let row = parse(&self.file, whole.clone())?;
                let field = row.need("prompt_templates")?;
                let prompts: Vec<String> = field.parse("a list of texts")?;
                let Some(prompt) = prompts.get(next) else {
                    let samples = row.need("samples")?;
                    let range = samples.at..samples.at + samples.bytes().len();
                    self.state = State::Samples(Records::of_list(self.file.clone(), range));
                    return Ok(true);
                };
                self.state = State::Prompts { whole, next: next + 1 };
                let text = template(of_prompt(prompt, field.at)?, "prompt_templates", field.at)?;
                desk.template_once(&file.relation, &self.language, text);
                Ok(true)
            }
            State::Samples(mut samples) => {
                let Some(range) = samples.next()? else { return Ok(false) };
                self.state = State::Samples(samples);
                sample(&parse(&self.file, range)?, file, &self.language, desk)?;
                Ok(true)
            }
        }
    }

    /// What the file says of all its samples, and where its one object is.
    fn head(&mut self, file: &FactsFile, desk: &mut Desk) -> Result<Range<usize>, Problem> {
        let whole = self.whole()?;
        let row = parse(&self.file, whole.clone())?;
        row.check(FILE, desk)?;
        check_name(&file.relation, "file name", row.start)?;
        row.need("prompt_templates")?.parse::<Vec<String>>("a list of texts")?;
        let samples = row.need("samples")?;
        if !samples.bytes().starts_with(b"[") {
            return Err(samples.wrong("a list of samples"));
        }
        let language = language_of(&row, file, desk)?;
        if let Some(name) = row.maybe_text("relation_name")?.filter(|name| *name != file.relation) {
            check_name(&name, "relation_name", row.start)?;
            // Names are English in the files of every language.
            desk.name(&file.relation, "en", name);
        }
        self.language = language;
        Ok(whole)
    }

    /// Bytes of the file's one object.
    fn whole(&self) -> Result<Range<usize>, Problem> {
        let mut cursor = Cursor::new(self.file.clone());
        if cursor.peek() != Some(b'{') {
            return Err(cursor.unexpected("an object `{` with `prompt_templates` and `samples`").into());
        }
        let start = cursor.position;
        match extent(&self.file.bytes()[start..]) {
            Some(length) => {
                cursor.position += length;
                match cursor.peek() {
                    None => Ok(start..start + length),
                    Some(_) => Err(cursor.unexpected("the end of the file: KLAR has a file a relation").into()),
                }
            }
            None => Err(cursor.ends_early().into()),
        }
    }
}

fn parse(file: &Mapped, range: Range<usize>) -> Result<Row<'_>, Problem> {
    let (start, end) = (range.start, range.end);
    Row::parse(&file.bytes()[range], start).map_err(|error| Problem::Json {
        start,
        end,
        error,
        complete: (0, "records"),
    })
}

fn of_prompt(prompt: &str, at: usize) -> Result<String, Problem> {
    let masked = prompt.replace("<MASK>", "<mask>");
    let once = |slot: &str| masked.matches(slot).count() == 1;
    if !once("<subject>") || !once("<mask>") {
        let rest = format!(": {}; expected <subject> and <mask> once each", excerpt(prompt.as_bytes()));
        return Err(Problem::at(at, "a prompt without one <subject> and one <mask>", rest));
    }
    Ok(masked.replace("<subject>", "[X]").replace("<mask>", "[Y]"))
}

/// A fact: `index` numbers it within its relation, alike in every language; the English labels do, too.
fn sample(row: &Row<'_>, file: &FactsFile, language: &str, desk: &mut Desk) -> Result<(), Problem> {
    row.check(SAMPLE, desk)?;
    let (subject, object) = (row.text("subject")?, row.text("object")?);
    let own = row.has("language") || row.has("lang");
    let language = if own { language_of(row, file, desk)? } else { language.to_owned() };
    let relation = file.relation.clone();
    let id = if row.has("index") || !(row.has("subject_en") && row.has("object_en")) {
        let index: u64 = row.need("index")?.parse("a whole number")?;
        desk.computed(&relation, &[&index.to_string()])
    } else {
        desk.computed(&relation, &[&row.text("subject_en")?, &row.text("object_en")?])
    };
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri: None });
    Ok(())
}
