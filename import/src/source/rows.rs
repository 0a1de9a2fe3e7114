//! Rows of a table: columns as plain vectors, read cell by cell.
//!
//! Two columns for one role are used where they agree in every row.

use std::borrow::Cow;
use std::collections::BTreeSet;

use kndb_storage::language::{self, is_known, is_surely, parse};

use crate::source::columns::is_flag;
use crate::source::order::Axis;
use crate::source::roles::Role;

/// The values of a column, null where a row has none.
#[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only columns of Arrow and Parquet have types"))]
pub(crate) enum Values {
    Text(Texts),
    Whole(Vec<i64>),
    Single(Vec<f32>),
    Double(Vec<f64>),
}

/// Texts, one behind the other.
#[derive(Default)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[row]]
    }
}

/// A column of some rows.
pub(crate) struct Column {
    pub name: String,
    pub values: Values,
    /// Whether a row has a value; `None`: every row does.
    pub valid: Option<Vec<bool>>,
}

/// A cell that cannot be used: why, as it is counted; what was found; what was expected.
pub(crate) struct BadCell {
    pub reason: String,
    pub found: String,
    pub expected: &'static str,
}

impl Column {
    fn check(&self, row: usize) -> Result<(), BadCell> {
        if self.valid.as_ref().is_some_and(|valid| !valid[row]) {
            let found = format!("a null in column `{}`", self.name);
            return Err(BadCell { reason: found.clone(), found, expected: "a value in every row" });
        }
        Ok(())
    }

    pub(super) fn bad(&self, found: &str, expected: &'static str) -> BadCell {
        if has_decimal_comma(found) {
            let found =
                format!("`{found}` in column `{}`, a number with a comma, for decimals or for thousands", self.name);
            let reason = format!("a comma in a number in column `{}`", self.name);
            let expected = "a decimal point and no sign for thousands (in pandas: `to_csv(path, decimal=\".\")`)";
            return BadCell { reason, found, expected };
        }
        let found = format!("`{found}` in column `{}`", self.name);
        BadCell { reason: format!("no {} in column `{}`", what(expected), self.name), found, expected }
    }

    /// A cell as text.
    pub(super) fn text(&self, row: usize) -> Result<Cow<'_, str>, BadCell> {
        self.check(row)?;
        Ok(match &self.values {
            Values::Text(texts) => texts.get(row).into(),
            Values::Whole(values) => values[row].to_string().into(),
            Values::Single(values) => values[row].to_string().into(),
            Values::Double(values) => values[row].to_string().into(),
        })
    }

    /// A cell as a whole number; `3.0` is 3.
    pub(super) fn whole(&self, row: usize) -> Result<i64, BadCell> {
        self.check(row)?;
        let number = match &self.values {
            Values::Whole(values) => return Ok(values[row]),
            Values::Single(values) => f64::from(values[row]),
            Values::Double(values) => values[row],
            Values::Text(texts) => {
                let text = texts.get(row).trim();
                if let Ok(whole) = text.parse() {
                    return Ok(whole);
                }
                text.parse().map_err(|_| self.bad(text, "a whole number"))?
            }
        };
        // Up to 2⁵³ every whole number has a double of its own.
        if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 {
            return Ok(number as i64);
        }
        match &self.values {
            // As it is written: a number of 64 bits may be another.
            Values::Text(texts) => Err(self.bad(texts.get(row).trim(), "a whole number")),
            _ => Err(self.bad(&number.to_string(), "a whole number")),
        }
    }

    /// A cell as a score, which may be NaN or infinite.
    fn score(&self, row: usize) -> Result<f32, BadCell> {
        self.check(row)?;
        match &self.values {
            Values::Single(values) => Ok(values[row]),
            Values::Double(values) => self.single(values[row] as f32, || values[row]),
            Values::Whole(values) => Ok(values[row] as f32),
            Values::Text(texts) => {
                let text = texts.get(row).trim();
                let score = text.parse().map_err(|_| self.bad(text, "a number"))?;
                self.single(score, || text.parse().unwrap_or_default())
            }
        }
    }
}

impl Column {
    /// A number of 32 bits, if it is 0 only where the number of 64 bits is.
    fn single(&self, score: f32, double: impl FnOnce() -> f64) -> Result<f32, BadCell> {
        if score != 0.0 {
            return Ok(score);
        }
        let double = double();
        if double == 0.0 {
            return Ok(score);
        }
        let name = &self.name;
        Err(BadCell {
            reason: format!("a score too small for 32 bits in column `{name}`"),
            found: format!("{double:e} in column `{name}`, which is 0 in 32 bits"),
            expected: "scores of at least 1e-45, or 0: multiply a fact's scores by one number, or write 0",
        })
    }
}

impl Column {
    /// Whether a cell is a number between two whole ones.
    fn is_fraction(&self, row: usize) -> bool {
        let number = match &self.values {
            Values::Whole(_) => return false,
            Values::Single(values) => f64::from(values[row]),
            Values::Double(values) => values[row],
            Values::Text(texts) => texts.get(row).trim().parse().unwrap_or_default(),
        };
        number.is_finite() && number.fract() != 0.0
    }
}

/// Whether a text is a number but for the comma in it: `0,5`, `-1,25e-3`.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    text.split_once(',').is_some_and(|(whole, rest)| {
        !whole.is_empty()
            && rest.starts_with(|first: char| first.is_ascii_digit())
            && format!("{whole}.{rest}").parse::<f64>().is_ok()
    })
}

fn what(expected: &str) -> &str {
    expected.strip_prefix("a ").unwrap_or(expected)
}

/// The flags of a table without scores.
impl Rows {
    /// A column that is not used and says yes or no in every row. `others`: columns that had another value in rows before
    /// these; those that have one here are added.
    pub fn of_flags(&self, others: &mut BTreeSet<String>) -> Option<&str> {
        let mut found = None;
        for column in self.of(Role::Unknown) {
            let Values::Text(texts) = &column.values else { continue };
            if others.contains(&column.name) {
                continue;
            }
            let mut values = (0..self.len).map(|row| texts.get(row).trim()).filter(|text| !text.is_empty()).peekable();
            let has_any = values.peek().is_some();
            if !values.all(is_flag) {
                others.insert(column.name.clone());
            } else if has_any {
                found = found.or(Some(column.name.as_str()));
            }
        }
        found
    }
}

/// A value that is no code of a language that is known.
struct NoLanguage;

/// Some rows of a table.
pub(crate) struct Rows {
    pub len: usize,
    columns: Vec<(Role, Column)>,
    /// The line that each row begins at, in files of lines.
    pub lines: Option<Vec<u64>>,
}

impl Rows {
    pub fn new(len: usize, columns: Vec<(Role, Column)>, lines: Option<Vec<u64>>) -> Self {
        Self { len, columns, lines }
    }

    pub(super) fn of(&self, role: Role) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |(of, _)| *of == role).map(|(_, column)| column)
    }

    /// The name of a role's column.
    pub fn name(&self, role: Role) -> Option<&str> {
        self.of(role).next().map(|column| column.name.as_str())
    }

    /// A column that is not used and whose values are all languages, and one of them. `others`: columns that had another
    /// value in rows before these; those that have one here are added.
    pub fn of_languages(&self, others: &mut BTreeSet<String>) -> Option<(&str, &str)> {
        let mut found = None;
        for column in self.of(Role::Unknown) {
            let Values::Text(texts) = &column.values else { continue };
            if others.contains(&column.name) {
                continue;
            }
            match self.language_of(texts) {
                Ok(sure) => found = found.or(sure.map(|code| (&*column.name, code))),
                Err(NoLanguage) => _ = others.insert(column.name.clone()),
            }
        }
        found
    }

    /// A value that surely is a language, if all of them may be.
    fn language_of<'t>(&self, texts: &'t Texts) -> Result<Option<&'t str>, NoLanguage> {
        let (mut sure, mut last) = (None, "");
        for row in 0..self.len {
            let text = texts.get(row).trim();
            if text.is_empty() || last == text {
                continue;
            }
            if !is_known(text) {
                return Err(NoLanguage);
            }
            sure = sure.or_else(|| is_surely(text).then_some(text));
            last = text;
        }
        Ok(sure)
    }

    /// Whether a row has a language whose code is of three letters, however it is written: `yue`, not `eng`.
    pub fn has_long_codes(&self) -> bool {
        let is_long = |text: &str| {
            text.len() == 3 && !text.eq_ignore_ascii_case("nan") && parse(text).is_ok_and(|code| code.len() == 3)
        };
        self.of(Role::Language).any(|column| match &column.values {
            Values::Text(texts) => (0..self.len).any(|row| is_long(texts.get(row).trim())),
            _ => false,
        })
    }

    /// Takes out the columns beside that of layers or of neurons that have a fraction, as `relative_layer` does: they say
    /// something else. `others`: those of rows before these. The names of those that are new among them.
    pub fn drop_fractions(&mut self, others: &mut BTreeSet<String>) -> Vec<String> {
        let (len, mut new) = (self.len, Vec::new());
        self.columns.retain(|(role, column)| {
            if Axis::of_column(&column.name) != Some(*role) {
                return true;
            }
            if !others.contains(&column.name) && (0..len).any(|row| column.is_fraction(row)) {
                others.insert(column.name.clone());
                new.push(column.name.clone());
            }
            !others.contains(&column.name)
        });
        new
    }

    /// The value of the first of a role's columns, if the others have the same.
    fn agreed<'a, T: std::fmt::Display>(
        &'a self,
        role: Role,
        read: impl Fn(&'a Column) -> Result<T, BadCell>,
        same: impl Fn(&T, &T) -> bool,
    ) -> Result<Option<T>, BadCell> {
        let mut columns = self.of(role);
        let Some(first) = columns.next() else { return Ok(None) };
        let value = read(first)?;
        for other in columns {
            let second = read(other)?;
            if !same(&second, &value) {
                let (a, b) = (&first.name, &other.name);
                return Err(BadCell {
                    reason: format!("columns `{a}` and `{b}` that differ"),
                    found: format!("`{value}` in column `{a}` and `{second}` in column `{b}`"),
                    expected: "the same in both, or that one of them is named as one to leave out",
                });
            }
        }
        Ok(Some(value))
    }

    pub fn text(&self, role: Role, row: usize) -> Result<Option<Cow<'_, str>>, BadCell> {
        let same = |one: &Cow<'_, str>, other: &Cow<'_, str>| {
            one == other || (role == Role::Language && language::same(one.trim(), other.trim()))
        };
        self.agreed(role, |column| column.text(row), same)
    }

    pub fn whole(&self, role: Role, row: usize) -> Result<Option<i64>, BadCell> {
        self.agreed(role, |column| column.whole(row), PartialEq::eq)
    }

    pub fn score(&self, row: usize) -> Result<Option<f32>, BadCell> {
        // Two NaN are not equal, and are refused for what they are.
        let mut columns = self.of(Role::Score);
        match (columns.next(), columns.next()) {
            (Some(only), None) => only.score(row).map(Some),
            _ => self.agreed(Role::Score, |column| column.score(row), PartialEq::eq),
        }
    }
}
