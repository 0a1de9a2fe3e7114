//! What a table says of an entry beside its scores: the probability of the right object, the model's answer, the right object's rank and tokens.
//!
//! It is of the entry, so that all of its rows must say the same. What is not known is null, an empty cell or NaN.

use std::borrow::Cow;

use kndb_storage::{LayerEvidence, Origin, ScoreValues, Scores, Shape};

use crate::source::roles::Role;
use crate::source::rows::{BadCell, Column, Rows, Values};

/// Answers are kept to be shown, as long as any name in a store.
pub(crate) const ANSWER_BYTES: usize = 1_000;
/// Sums of rounded shares come out that much above 1, as in the store.
const ROUNDED_ONE: f64 = 1.0 + 1e-4;

/// What was measured of an entry; `None` where it is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measured {
    probability: Option<f32>,
    answer: Option<String>,
    rank: Option<u32>,
    tokens: Option<u16>,
}

impl Measured {
    /// Scores with it. One probability is that of every layer; nothing is known of baselines.
    pub fn scores(self, values: ScoreValues, shape: Shape) -> Scores {
        let unknown = LayerEvidence { probability: f32::NAN, baseline: f32::NAN, residual: f32::NAN };
        let of_layer = |probability| LayerEvidence { probability, ..unknown };
        let evidence = self.probability.map_or_else(Vec::new, |p| vec![of_layer(p); shape.layers as usize]);
        let origin = Origin { question: None, answer: self.answer, rank: self.rank, tokens: self.tokens };
        Scores { values, evidence, origin: (origin != Origin::default()).then_some(origin) }
    }

    /// The first that another row of the entry says differently, as both say it.
    fn difference(&self, other: &Self) -> Option<(Role, [String; 2])> {
        fn said(role: Role, one: &Measured) -> Cow<'_, str> {
            let number = match role {
                Role::Answer => return one.answer.as_deref().map_or("nothing".into(), Cow::Borrowed),
                Role::Probability => one.probability.map(|p| p.to_string()),
                Role::Rank => one.rank.map(|rank| rank.to_string()),
                _ => one.tokens.map(|tokens| tokens.to_string()),
            };
            number.map_or("nothing".into(), Cow::Owned)
        }
        let pair = |role| [said(role, self).into_owned(), said(role, other).into_owned()];
        Role::MEASURED.into_iter().map(|role| (role, pair(role))).find(|(_, [one, other])| one != other)
    }

    /// Fails unless another row of the entry says the same.
    pub fn must_equal(&self, other: &Self) -> Result<(), BadCell> {
        let Some((role, [one, two])) = self.difference(other).filter(|_| self != other) else { return Ok(()) };
        let name = role.name();
        Err(BadCell {
            reason: format!("rows of an entry that differ in `{name}`"),
            found: format!("`{one}` and `{two}` in column `{name}` in rows of one entry"),
            expected: "the same in all rows of an entry, whose right object or answer it is of, or that it is named as one to leave out",
        })
    }
}

impl Rows {
    /// Whether rows say anything of this kind.
    pub fn has_measured(&self) -> bool {
        Role::MEASURED.into_iter().any(|role| self.name(role).is_some())
    }

    /// What a row says.
    pub fn measured(&self, row: usize) -> Result<Measured, BadCell> {
        Ok(Measured {
            probability: self.known(Role::Probability, row, probability)?,
            answer: self.known(Role::Answer, row, answer)?,
            rank: self.known(Role::Rank, row, |column, row| whole(column, row, "a rank from 1"))?,
            tokens: self
                .known(Role::Tokens, row, |column, row| whole(column, row, "a number of tokens from 1 to 65535"))?,
        })
    }

    /// The value of a role's column, if the row has one. Two columns of one name (`p` and `P`) must say the same.
    fn known<T: PartialEq>(
        &self,
        role: Role,
        row: usize,
        read: impl Fn(&Column, usize) -> Result<T, BadCell>,
    ) -> Result<Option<T>, BadCell> {
        let mut values =
            self.of(role).map(|column| if is_missing(column, row) { Ok(None) } else { read(column, row).map(Some) });
        let Some(first) = values.next().transpose()? else { return Ok(None) };
        for other in values {
            if other? != first {
                let name = role.name();
                return Err(BadCell {
                    reason: format!("two columns `{name}` that differ"),
                    found: format!("two values in columns called `{name}`"),
                    expected: "the same in both, or one of them",
                });
            }
        }
        Ok(first)
    }
}

/// Whether a cell has nothing: as programs write that there is no number, too.
fn is_missing(column: &Column, row: usize) -> bool {
    if column.valid.as_ref().is_some_and(|valid| !valid[row]) {
        return true;
    }
    match &column.values {
        Values::Single(values) => values[row].is_nan(),
        Values::Double(values) => values[row].is_nan(),
        Values::Whole(_) => false,
        // An answer may be `None`: only an empty one is none.
        Values::Text(texts) if Role::measured(&column.name) == Some(Role::Answer) => texts.get(row).trim().is_empty(),
        Values::Text(texts) => {
            let text = texts.get(row).trim();
            text.is_empty() || ["nan", "none", "null", "<na>"].iter().any(|none| none.eq_ignore_ascii_case(text))
        }
    }
}

fn probability(column: &Column, row: usize) -> Result<f32, BadCell> {
    const EXPECTED: &str = "a probability from 0 to 1";
    let (number, text) = match &column.values {
        Values::Single(values) => (f64::from(values[row]), None),
        Values::Double(values) => (values[row], None),
        Values::Whole(values) => (values[row] as f64, None),
        Values::Text(texts) => {
            let text = texts.get(row).trim();
            (text.parse().map_err(|_| column.bad(text, EXPECTED))?, Some(text))
        }
    };
    if (0.0..=ROUNDED_ONE).contains(&number) {
        return Ok(number as f32);
    }
    Err(column.bad(&text.map_or_else(|| number.to_string(), str::to_owned), EXPECTED))
}

fn answer(column: &Column, row: usize) -> Result<String, BadCell> {
    let text = column.text(row)?;
    if text.len() > ANSWER_BYTES {
        return Err(column.bad(&format!("{} bytes", text.len()), "an answer of at most 1,000 bytes"));
    }
    Ok(text.into_owned())
}

fn whole<T: TryFrom<i64>>(column: &Column, row: usize, expected: &'static str) -> Result<T, BadCell> {
    let number = column.whole(row)?;
    let fits = (number > 0).then(|| T::try_from(number).ok()).flatten();
    fits.ok_or_else(|| column.bad(&number.to_string(), expected))
}
