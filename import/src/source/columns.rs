//! The columns of a table: found by the names of [`Role`].
//!
//! A column that is not used is noted for the summary, and is an error where it may be what is missing.

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{are_of_facts, facts_not_scores};
use crate::options::Options;
use crate::source::order::Axis;
use crate::source::roles::Role;
use crate::source::rows::has_decimal_comma;
use crate::source::told::{Told, ignored};

/// The kinds of values a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Whole,
    Float,
    /// True or false, yes or no.
    Flag,
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only columns of Arrow and Parquet have types"))]
    Other,
}

impl Kind {
    /// The kind of values that are written as texts, where some may be wrong; empty ones do not count. One fraction makes
    /// them numbers, unless most are words: a column of scores with an `n/a` in it is one.
    pub fn of_texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> Self {
        let (mut whole, mut fractions, mut texts, mut flags) = (0_u64, 0_u64, 0_u64, 0_u64);
        for value in values {
            let value = value.as_ref().trim();
            if value.is_empty() {
                continue;
            }
            if value.parse::<i64>().is_ok() {
                whole += 1;
            } else if value.parse::<f64>().is_ok() || has_decimal_comma(value) {
                fractions += 1;
            } else {
                texts += 1;
                flags += u64::from(is_flag(value));
            }
        }
        if flags > 0 && flags == texts + whole + fractions {
            Self::Flag
        } else if fractions > 0 && whole + fractions >= texts {
            Self::Float
        } else if whole > 0 && fractions + texts == 0 {
            Self::Whole
        } else {
            Self::Text
        }
    }
}

/// A column as its file names it.
pub(crate) struct Header {
    pub name: String,
    pub kind: Kind,
    /// The type, as the file calls it.
    pub type_name: String,
}

/// Which columns are used, and for what.
#[derive(Clone)]
pub(crate) struct Columns {
    /// Position and role, in the order of the positions.
    used: Vec<(usize, Role)>,
}

impl Columns {
    /// Finds the columns. `typed` is false for text files, whose kinds are only those of the rows looked at.
    pub fn find(
        headers: &[Header],
        typed: bool,
        file: &Mapped,
        told: &mut Told,
        options: &Options,
    ) -> Result<Self, ImportError> {
        let (mut used, mut left) = (Vec::new(), Vec::new());
        for (position, header) in headers.iter().enumerate() {
            if ignored(options, &header.name) {
                told.not_used(format!("column {}", header.name));
            } else if let Some(role) = Role::of(&header.name) {
                if typed && !fits(role, header.kind) {
                    return Err(ImportError::BadType {
                        at: file.at(Place::Tensor { name: header.name.clone(), index: None }),
                        found: format!("`{}`", header.type_name),
                        expected: expected(role).to_owned(),
                    });
                }
                used.push((position, role));
            } else {
                left.push((position, header));
            }
        }
        // `layer_order` beside `layer` must say the same in every row; one with fractions is passed over when it is read.
        left.retain(|(position, header)| match Axis::of_column(&header.name) {
            Some(role)
                if matches!(header.kind, Kind::Whole | Kind::Float) && used.iter().any(|(_, of)| *of == role) =>
            {
                used.push((*position, role));
                false
            }
            _ => true,
        });
        add_measured(&mut used, &mut left, typed, file)?;
        used.sort_unstable();
        let left: Vec<_> = left.into_iter().map(|(_, header)| header).collect();
        let columns = Self { used };
        for role in Role::ALL.into_iter().filter(|role| !columns.has(*role)) {
            columns.check_missing(role, headers, &left, file)?;
        }
        let mut columns = columns;
        if (!columns.has(Role::Language) && told.said_language().is_none()) || !columns.scored() {
            columns.add_unknown(headers, &left);
        }
        for header in left {
            told.not_used(format!("column {}", called(&header.name)));
        }
        Ok(columns)
    }

    /// Adds the columns of texts whose values may be languages.
    fn add_unknown(&mut self, headers: &[Header], left: &[&Header]) {
        const LOOKED_AT: usize = 8;
        let texts = headers.iter().enumerate().filter(|(_, header)| header.kind == Kind::Text);
        let texts = texts.filter(|(_, header)| left.iter().any(|other| std::ptr::eq(*other, *header)));
        self.used.extend(texts.take(LOOKED_AT).map(|(position, _)| (position, Role::Unknown)));
        self.used.sort_unstable();
    }

    /// An error if a role needs a column, or if one of those left over may be its.
    fn check_missing(
        &self,
        role: Role,
        headers: &[Header],
        left: &[&Header],
        file: &Mapped,
    ) -> Result<(), ImportError> {
        let needed = matches!(role, Role::Fact | Role::Layer | Role::Neuron);
        let near = left.iter().find(|header| Role::near(&header.name) == Some(role));
        // A column of numbers beside neurons is most likely their scores or ranks, whatever it is called, and one of yes
        // and no says which are neurons at all.
        let unscored = |kinds: &'static [Kind]| {
            left.iter()
                .find(move |header| role == Role::Score && kinds.contains(&header.kind) && !is_index(&header.name))
        };
        let (numbers, flags) = (unscored(&[Kind::Float, Kind::Whole]), unscored(&[Kind::Flag]));
        let (at, name) = (file.at(Place::File), role.name());
        if let Some(near) = near {
            return Err(ImportError::Unexpected {
                at,
                found: format!("a column `{}`, close to `{name}`, and no column `{name}`", near.name),
                expected: format!("the name `{name}`, or that it is named as one to leave out"),
            });
        }
        if let Some(numbers) = numbers {
            return Err(ImportError::Unexpected {
                at,
                found: format!("a column `{}` of numbers, and no column `score`", numbers.name),
                expected: "the name `score` if they are scores, or that it is named as one to leave out".to_owned(),
            });
        }
        if let Some(flags) = flags {
            return Err(flags_for_scores(file, &flags.name));
        }
        if needed && are_of_facts(headers.iter().map(|header| &*header.name)) {
            return Err(facts_not_scores(file.path()));
        }
        if needed {
            return Err(ImportError::Unexpected {
                at,
                found: format!("the columns {}", listed(headers)),
                expected: format!("a column `{name}` (columns: fact, language, prompt, layer, neuron, score)"),
            });
        }
        Ok(())
    }

    /// Whether a column has a role.
    pub fn has(&self, role: Role) -> bool {
        self.used.iter().any(|&(_, of)| of == role)
    }

    /// The positions of the columns that are used, ascending.
    pub fn positions(&self) -> Vec<usize> {
        self.used.iter().map(|&(position, _)| position).collect()
    }

    /// The roles of the used columns, in the order of their positions.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.used.iter().map(|&(_, role)| role)
    }

    /// Whether rows have scores.
    pub fn scored(&self) -> bool {
        self.has(Role::Score)
    }
}

/// Adds the columns of what was measured of an entry. `rank` and `tokens` may be of neurons: they count where the model's answer or the
/// probability of the right object stands beside them.
fn add_measured(
    used: &mut Vec<(usize, Role)>,
    left: &mut Vec<(usize, &Header)>,
    typed: bool,
    file: &Mapped,
) -> Result<(), ImportError> {
    let role = |header: &Header| Role::measured(&header.name);
    let is_told = left.iter().any(|(_, header)| matches!(role(header), Some(Role::Probability | Role::Answer)));
    if !is_told || !used.iter().any(|(_, role)| *role == Role::Score) {
        return Ok(());
    }
    let (measured, others): (Vec<_>, Vec<_>) = left.drain(..).partition(|(_, header)| role(header).is_some());
    *left = others;
    for (position, header) in measured {
        let Some(role) = role(header) else { continue };
        if typed && !fits(role, header.kind) {
            return Err(ImportError::BadType {
                at: file.at(Place::Tensor { name: header.name.clone(), index: None }),
                found: format!("`{}`", header.type_name),
                expected: expected(role).to_owned(),
            });
        }
        used.push((position, role));
    }
    Ok(())
}

/// The error of a column that says of each row whether it is a neuron, in a table without scores.
pub(crate) fn flags_for_scores(file: &Mapped, name: &str) -> ImportError {
    ImportError::Unexpected {
        at: file.at(Place::File),
        found: format!("a column `{name}` of yes and no, and no column `score`, so that every row would be a neuron"),
        expected: "only the rows that are neurons, without it, or that it is named as one to leave out".to_owned(),
    }
}

/// Whether a text is how programs and people write yes or no.
pub(super) fn is_flag(text: &str) -> bool {
    ["true", "false", "yes", "no", "t", "f", "y", "n"].iter().any(|flag| flag.eq_ignore_ascii_case(text.trim()))
}

/// The names of the first columns, and how many more there are.
fn listed(headers: &[Header]) -> String {
    const SHOWN: usize = 12;
    let names: Vec<_> = headers.iter().take(SHOWN).map(|header| header.name.as_str()).collect();
    let more = headers.len().saturating_sub(SHOWN);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

/// A column that is not used, in words: pandas writes the index beside the columns unless it is told not to.
fn called(name: &str) -> String {
    match (is_index(name), name) {
        (false, name) => name.to_owned(),
        (true, "") => "without a name (the index column of pandas)".to_owned(),
        (true, name) => format!("{name} (the index column of pandas)"),
    }
}

/// Whether a column is the one that pandas writes beside the others.
fn is_index(name: &str) -> bool {
    name.is_empty() || name == "index" || name.starts_with("Unnamed: ") || name.starts_with("__index_level_")
}

/// Whether values of a kind may be what a role needs: as in CSV and JSON, texts may be numbers.
fn fits(role: Role, kind: Kind) -> bool {
    match role {
        Role::Language | Role::Unknown => kind == Kind::Text,
        Role::Fact | Role::Relation | Role::Run => matches!(kind, Kind::Text | Kind::Whole),
        Role::Answer => kind == Kind::Text,
        Role::Prompt | Role::Layer | Role::Neuron | Role::Score | Role::Probability | Role::Rank | Role::Tokens => {
            matches!(kind, Kind::Whole | Kind::Float | Kind::Text)
        }
    }
}

fn expected(role: Role) -> &'static str {
    match role {
        Role::Fact => {
            "strings (utf8, large_utf8, string view, or a dictionary of them), whole numbers or UUIDs of 16 bytes"
        }
        Role::Language | Role::Answer | Role::Unknown => {
            "strings (utf8, large_utf8, string view, or a dictionary of them)"
        }
        Role::Relation | Role::Run => "strings or whole numbers",
        Role::Prompt | Role::Layer | Role::Neuron | Role::Rank | Role::Tokens => "whole numbers of any type",
        Role::Score | Role::Probability => "numbers: float16, float32, float64, whole numbers or decimals",
    }
}
