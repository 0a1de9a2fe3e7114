//! What the rows of a file are, found out from the fields of the first one.

use std::path::Path;

use serde_json::value::RawValue;

use super::FactsFormat;
use super::near;
use super::records::{Layout, Records};
use super::row::{Row, listed};
use crate::error::ImportError;
use crate::json::{Cursor, excerpt, extent, parse_error};
use crate::mapped::Mapped;

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Labels of a fact: `sub_label`, `obj_label`, perhaps `uuid`.
    Facts,
    /// `relation` and `template`.
    Templates,
    /// `pattern`, of the relation of the file's name.
    Patterns,
    /// One JSON object `{relation: {subjects, objects}}`.
    Candidates,
    CounterFact,
    Zsre,
    Bmlama,
    Klar,
    GoogleRe,
    ConceptNet,
    Squad,
}

impl Kind {
    /// What is looked for, with the data sets that have it.
    pub const SOUGHT: &str = "rows with `sub_label` and `obj_label` (mlama, lama, mpararel), `relation` and `template` \
        (mlama, lama), `pattern` (pararel, mpararel), `requested_rewrite` (counterfact), `src` and `answers` (zsre), \
        `prompt_templates` and `samples` (klar), `masked_sentences` (google-re, conceptnet, squad), or lines of four \
        columns with a prompt that has `<mask>` (bmlama)";

    const ROWS: [(Self, &'static [&'static str]); 7] = [
        (Self::CounterFact, &["requested_rewrite"]),
        (Self::Klar, &["prompt_templates", "samples"]),
        (Self::Zsre, &["src", "answers"]),
        (Self::Squad, &["masked_sentences", "obj_label"]),
        (Self::Patterns, &["pattern"]),
        (Self::Templates, &["relation", "template"]),
        (Self::Facts, &["sub_label", "obj_label"]),
    ];

    /// The data sets that have such files.
    pub fn formats(self) -> &'static [FactsFormat] {
        match self {
            Self::Facts => &[FactsFormat::Mlama, FactsFormat::Lama, FactsFormat::Mpararel],
            Self::Templates => &[FactsFormat::Mlama, FactsFormat::Lama],
            Self::Patterns => &[FactsFormat::Pararel, FactsFormat::Mpararel],
            Self::Candidates => &[FactsFormat::Mlama],
            Self::CounterFact => &[FactsFormat::CounterFact],
            Self::Zsre => &[FactsFormat::Zsre],
            Self::Bmlama => &[FactsFormat::Bmlama],
            Self::Klar => &[FactsFormat::Klar],
            Self::GoogleRe => &[FactsFormat::GoogleRe],
            Self::ConceptNet => &[FactsFormat::ConceptNet],
            Self::Squad => &[FactsFormat::Squad],
        }
    }

    /// The kind of a data set's main files, for one that is read whatever it looks like.
    fn of_format(format: FactsFormat) -> Self {
        match format {
            FactsFormat::Mlama | FactsFormat::Lama => Self::Facts,
            FactsFormat::Pararel | FactsFormat::Mpararel => Self::Patterns,
            FactsFormat::Bmlama => Self::Bmlama,
            FactsFormat::Klar => Self::Klar,
            FactsFormat::CounterFact => Self::CounterFact,
            FactsFormat::Zsre => Self::Zsre,
            FactsFormat::GoogleRe => Self::GoogleRe,
            FactsFormat::ConceptNet => Self::ConceptNet,
            FactsFormat::Squad => Self::Squad,
        }
    }

    /// The kinds that a row's fields fit.
    fn of_row(row: &Row<'_>) -> Vec<Self> {
        let fits = |&&(_, fields): &&(Self, &[&str])| fields.iter().all(|field| row.has(field));
        let found: Vec<Self> = Self::ROWS.iter().filter(fits).map(|&(kind, _)| kind).collect();
        // LAMA's parts have labels and masked sentences; what else they have tells which it is.
        if found.starts_with(&[Self::Squad]) {
            let part = if row.has("judgments") {
                Self::GoogleRe
            } else if row.has("pred") {
                Self::ConceptNet
            } else if row.has("predicate_id") {
                Self::Facts
            } else {
                Self::Squad
            };
            return [part].into_iter().chain(found.into_iter().filter(|kind| *kind == Self::Patterns)).collect();
        }
        found
    }
}

/// What a file was found to be.
pub(super) enum Sniffed {
    /// There is nothing in it.
    Empty,
    /// Rows.
    Rows(Rows),
    /// Something else; the rest of a sentence that starts with "it".
    Unknown(String),
}

/// The rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rows {
    pub kind: Kind,
    pub layout: Layout,
    /// Names of the first row's fields, in lower case.
    pub fields: Vec<String>,
}

impl Rows {
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|found| found == field)
    }

    /// Whether the rows say their language themselves.
    pub fn say_language(&self) -> bool {
        self.has("lang") || self.has("language")
    }
}

/// Looks at a file's first row. With `format`, what fits none is taken for that data set's rows.
pub(super) fn sniff(path: &Path, file: Mapped, format: Option<FactsFormat>) -> Result<Sniffed, ImportError> {
    let mut cursor = Cursor::new(file.clone());
    match cursor.peek() {
        None => Ok(Sniffed::Empty),
        Some(b'[') => {
            let mut records = Records::new(file.clone(), Layout::List);
            match records.next().map_err(|problem| problem.into_error(&file))? {
                None => Ok(Sniffed::Empty),
                Some(range) => of_object(path, &file, range.start, range.len(), Layout::List, format),
            }
        }
        Some(b'{') => {
            let start = cursor.position;
            let rest = &file.bytes()[start..];
            let line = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            match extent(rest) {
                Some(length) if length > line => of_object(path, &file, start, length, Layout::Stream, format),
                Some(length) => of_object(path, &file, start, length, Layout::Lines, format),
                // The line's own error says where it breaks off.
                None => of_object(path, &file, start, line, Layout::Lines, format),
            }
        }
        Some(_) => Ok(of_text(&file, format)),
    }
}

fn of_object(
    path: &Path,
    file: &Mapped,
    start: usize,
    length: usize,
    layout: Layout,
    format: Option<FactsFormat>,
) -> Result<Sniffed, ImportError> {
    let end = start + length;
    let row = Row::parse(&file.bytes()[start..end], start).map_err(|error| parse_error(file, start, end, &error))?;
    let fields = row.names().map(str::to_lowercase).collect();
    let rows = |kind| Sniffed::Rows(Rows { kind, layout, fields });
    let kinds = Kind::of_row(&row);
    let asked = |kind: &&Kind| format.is_some_and(|format| kind.formats().contains(&format));
    match (kinds.as_slice(), kinds.iter().find(asked)) {
        (&[kind], _) | (_, Some(&kind)) => Ok(rows(kind)),
        ([], _) if layout != Layout::List && row.first().is_some_and(is_lists) => Ok(rows(Kind::Candidates)),
        ([], _) => match (misspelled(&row), format) {
            (Some((found, meant)), _) => Err(ImportError::UnknownFacts {
                path: path.to_owned(),
                found: format!("has rows with the field `{found}`; is `{meant}` meant?"),
                sought: Kind::SOUGHT,
            }),
            (None, Some(format)) => Ok(rows(Kind::of_format(format))),
            (None, None) => Ok(Sniffed::Unknown(format!("starts with a row of {}", listed(row.names())))),
        },
        (several, _) => Err(ImportError::AmbiguousFacts {
            path: path.to_owned(),
            found: format!(
                "has rows of {}, which fit {}",
                listed(row.names()),
                several
                    .iter()
                    .flat_map(|kind| kind.formats())
                    .map(|format| format.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }),
    }
}

/// Whether a value is candidates of a relation.
fn is_lists(value: &RawValue) -> bool {
    Row::parse(value.get().as_bytes(), 0).is_ok_and(|row| row.has("subjects") && row.has("objects"))
}

/// A field that only its spelling keeps from making a row one of a known kind.
fn misspelled<'a>(row: &'a Row<'_>) -> Option<(&'a str, &'static str)> {
    let meant = |wanted: &&'static str| Some((near::meant_by(row, wanted)?, *wanted));
    Kind::ROWS.iter().find_map(|(_, fields)| {
        let missing: Vec<_> = fields.iter().filter(|field| !row.has(field)).collect();
        match missing.as_slice() {
            [] => None,
            // A single field may look like another by chance; most of several do not.
            missing if missing.len() == fields.len() && fields.len() > 1 => {
                let all = missing.iter().all(|field| near::meant_by(row, field).is_some());
                if all { meant(missing[0]) } else { None }
            }
            missing => missing.iter().find_map(|field| meant(field)),
        }
    })
}

/// BMLAMA's files are the only ones that are not JSON.
fn of_text(file: &Mapped, format: Option<FactsFormat>) -> Sniffed {
    let bytes = file.bytes();
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let columns = line.split(|&byte| byte == b'\t').count();
    let prompt = line.starts_with(b"Prompt\t") || line.windows(6).any(|part| part == b"<mask>");
    if (columns >= 4 && prompt) || format == Some(FactsFormat::Bmlama) {
        return Sniffed::Rows(Rows { kind: Kind::Bmlama, layout: Layout::Lines, fields: Vec::new() });
    }
    Sniffed::Unknown(format!("starts with `{}`", excerpt(bytes)))
}
