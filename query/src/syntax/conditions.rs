//! The conditions, a row each: key, kind of value, the sources that take it, and what the documentation says of it.
//!
//! Parser, printer, completion, refusals and the table in `docs/query-language.md` read these rows; only lowering and running
//! know single keys. So a new condition is a row here, and one place each there. Not for what a store has to be asked for.

mod values;

pub use values::{Domain, Listed, ValueKind};

use crate::syntax::ast::{Comparison, Sign, SourceKind};
use crate::syntax::vocabulary::vocabulary;
use std::ops::Bound::{Excluded, Included, Unbounded};

/// What is known of a condition beside its key.
#[derive(Clone, Copy, Debug)]
pub struct ConditionRow {
    /// Words that say the same elsewhere: a hint is given for them, nothing more.
    pub also: &'static [&'static str],
    /// What its values are.
    pub value: ValueKind,
    /// The sources that take it.
    pub sources: &'static [SourceKind],
    /// Examples of each way to write it, all of which can be read.
    pub forms: &'static [&'static str],
    /// What it keeps, in a few words.
    pub keeps: &'static str,
}

/// All sources that runs fill.
const OF_RUNS: &[SourceKind] = &[SourceKind::Kn, SourceKind::Likn, SourceKind::Dkn, SourceKind::Entries];
/// All sources that hold pairs.
const PAIRS: &[SourceKind] = &[SourceKind::Kn, SourceKind::Likn, SourceKind::Dkn];
/// Sources of single neurons with their scores.
const SCORED: &[SourceKind] = &[SourceKind::Kn, SourceKind::Likn];
const GROUPS: &[SourceKind] = &[SourceKind::Dkn];

/// In how many of several something is found.
const COUNTED: Domain = Domain {
    compared: &[
        Comparison::Equal,
        Comparison::GreaterOrEqual,
        Comparison::Greater,
        Comparison::LessOrEqual,
        Comparison::Less,
    ],
    about: "a number of them, or a percentage",
    whole: true,
    from: Included(1.0),
    to: Unbounded,
    percent_of: None,
    instead: "",
    ranges: true,
};

/// Whole numbers that are counted from 1.
const FROM_ONE: Domain = Domain { about: "a whole number", ..COUNTED };

const NO_LESS: &str = "numbers start at 0";

/// Declares [`ConditionKey`] and its rows together, so that neither can lack one.
macro_rules! conditions {
    ($($(#[$doc:meta])* $key:ident = $word:literal, { $($row:tt)* })+) => {
        vocabulary! {
            /// The keys of conditions.
            ConditionKey {
                $($(#[$doc])* $key = $word),+
            }
        }

        /// In the order of the keys.
        static ROWS: &[ConditionRow] = &[$(ConditionRow { $($row)* }),+];
    };
}

conditions! {
    /// Language.
    Lang = "lang", {
        also: &["language", "languages", "locale"],
        value: ValueKind::Names { of: Listed::Languages, every: true, part: false },
        sources: OF_RUNS,
        forms: &["lang=en", "lang in (en, zh)", "lang=*"],
        keeps: "languages",
    }
    /// Relation.
    Relation = "relation", {
        also: &["predicate", "property", "rel"],
        value: ValueKind::Names { of: Listed::Relations, every: true, part: false },
        sources: SourceKind::ALL,
        forms: &["relation=P36", "relation=capital", "relation in (P36, \"place of birth\")"],
        keeps: "facts of a relation, by its id or its name",
    }
    /// External id of a fact.
    Fact = "fact", {
        also: &["uuid", "id"],
        value: ValueKind::Names { of: Listed::Nothing, every: true, part: false },
        sources: SourceKind::ALL,
        forms: &["fact=cb7007d9-673f-4fa5-8308-ddf2ae28b8c2", "fact in (f1, f2)"],
        keeps: "facts by id",
    }
    /// Label of the subject.
    Subject = "subject", {
        also: &[],
        value: ValueKind::Names { of: Listed::Nothing, every: false, part: true },
        sources: SourceKind::ALL,
        forms: &["subject=\"France\"", "subject in (France, Peru)", "subject~\"Fr\""],
        keeps: "facts whose subject has, or contains, this label",
    }
    /// Label of the object.
    Object = "object", {
        also: &[],
        value: ValueKind::Names { of: Listed::Nothing, every: false, part: true },
        sources: SourceKind::ALL,
        forms: &["object=\"Paris\"", "object in (Paris, Lima)", "object~\"Par\""],
        keeps: "the same for the object",
    }
    /// Name of a run.
    Run = "run", {
        also: &["model"],
        value: ValueKind::Names { of: Listed::Runs, every: true, part: false },
        sources: OF_RUNS,
        forms: &["run=\"name\"", "run in (first, second)", "run=*"],
        keeps: "runs",
    }
    /// Number of a prompt.
    Prompt = "prompt", {
        also: &["template"],
        value: ValueKind::Whole { one: "a prompt", least: 0, why: NO_LESS, example: "0..3" },
        sources: OF_RUNS,
        forms: &["prompt=2", "prompt in (0, 1)", "prompt in 0..3"],
        keeps: "prompts, by number",
    }
    /// Layer.
    Layer = "layer", {
        also: &[],
        value: ValueKind::Whole { one: "a layer", least: 0, why: NO_LESS, example: "7..11" },
        sources: PAIRS,
        forms: &["layer=9", "layer in 7..11", "layer in (7, 9..11)"],
        keeps: "layers",
    }
    /// What units are called.
    Role = "role", {
        also: &["unit", "units", "roles"],
        value: ValueKind::Names { of: Listed::Roles, every: true, part: false },
        sources: PAIRS,
        forms: &["role=last-subject", "role in (last-subject, last)", "role=*"],
        keeps: "units by name, in runs whose units are roles of tokens (`kndb trace`)",
    }
    /// Threshold, as a share of the fact's maximum in that language.
    Tau = "tau", {
        also: &["threshold"],
        value: ValueKind::Number(Domain {
            compared: &[Comparison::Equal],
            about: "a share of the fact's maximum",
            whole: false,
            from: Included(0.0),
            to: Excluded(1.0),
            percent_of: None,
            instead: "the highest score alone is `rank<=1`, an absolute threshold is `score>=1e-4`",
            ranges: false,
        }),
        sources: SCORED,
        forms: &["tau=0.37"],
        keeps: "scores above this share of the fact's maximum in that language; 0 ≤ tau < 1",
    }
    /// Absolute threshold.
    Score = "score", {
        also: &[],
        value: ValueKind::Number(Domain {
            compared: &[
                Comparison::GreaterOrEqual,
                Comparison::Greater,
                Comparison::LessOrEqual,
                Comparison::Less,
            ],
            about: "the score itself",
            whole: false,
            from: Unbounded,
            to: Unbounded,
            percent_of: None,
            instead: "",
            ranges: false,
        }),
        sources: SCORED,
        forms: &["score>=1e-4", "score>1e-4", "score<=-1e-4", "score<-1e-4"],
        keeps: "scores from, or above, an absolute bound; down from it, or below, with `sign=negative`",
    }
    /// Place in the fact's descending scores.
    Rank = "rank", {
        also: &["topk", "top_k", "k"],
        value: ValueKind::Number(Domain {
            compared: &[Comparison::LessOrEqual, Comparison::Less],
            about: "a place, counted from the highest score",
            whole: true,
            from: Included(1.0),
            to: Unbounded,
            percent_of: None,
            instead: "the highest score alone is `rank<=1`",
            ranges: false,
        }),
        sources: SCORED,
        forms: &["rank<=20", "rank<20"],
        keeps: "the highest scores of the fact in that language",
    }
    /// Which scores count: those above 0, below it, or both.
    Sign = "sign", {
        also: &["signs", "polarity", "direction"],
        value: ValueKind::OneOf(Sign::WORDS),
        sources: SCORED,
        forms: &["sign=positive", "sign=negative", "sign=any"],
        keeps: "the scores that count, `positive` if not given; of `negative` ones a threshold is a share of the most negative, of `any` one of the largest absolute score",
    }
    /// In how many languages a pair is found.
    Langs = "langs", {
        also: &[],
        value: ValueKind::Number(Domain {
            about: "a number of languages, or a percentage of them",
            percent_of: Some("the languages asked for in which the fact has an entry"),
            instead: "in all of them is `langs>=100%`",
            ..COUNTED
        }),
        sources: &[SourceKind::Kn],
        forms: &["langs>=3", "langs>=60%", "langs=1", "langs in 2..3"],
        keeps: "pairs found in so many languages, or in that share of those asked for in which the fact has an entry",
    }
    /// With how many prompts a pair is found.
    Prompts = "prompts", {
        also: &[],
        value: ValueKind::Number(Domain {
            about: "a number of prompts, or a percentage of them",
            percent_of: Some("the fact's prompts"),
            instead: "in all of them is `prompts>=100%`",
            ..COUNTED
        }),
        sources: SCORED,
        forms: &["prompts>=2", "prompts>=70%"],
        keeps: "neurons found with so many of the fact's prompts, or that share of them, within each language and run",
    }
    /// In how many runs a pair is found.
    Runs = "runs", {
        also: &[],
        value: ValueKind::Number(Domain {
            about: "a number of runs, or a percentage of them",
            percent_of: Some("the runs asked for in which the fact has an entry"),
            instead: "in all of them is `runs>=100%`",
            ..COUNTED
        }),
        sources: &[SourceKind::Kn],
        forms: &["runs>=2", "runs=1"],
        keeps: "pairs found in so many runs, or in that share of those asked for in which the fact has an entry",
    }
    /// How much of p each part of a degenerate group may cost, as a share of p.
    TLow = "t_low", {
        also: &[],
        value: ValueKind::Number(Domain {
            compared: &[Comparison::Equal],
            about: "the share of p that a part of the group may cost",
            whole: false,
            from: Included(0.0),
            to: Included(1.0),
            percent_of: None,
            instead: "",
            ranges: false,
        }),
        sources: GROUPS,
        forms: &["t_low=0.2"],
        keeps: "groups of which each part costs at most this share of p; 0 ≤ t_low ≤ 1",
    }
    /// How much of p a whole degenerate group must cost, as a share of p.
    THigh = "t_high", {
        also: &[],
        value: ValueKind::Number(Domain {
            compared: &[Comparison::Equal],
            about: "the share of p that the whole group must cost",
            whole: false,
            from: Included(0.0),
            to: Excluded(1.0),
            percent_of: None,
            instead: "",
            ranges: false,
        }),
        sources: GROUPS,
        forms: &["t_high=0.25"],
        keeps: "groups that cost more than this share of p as a whole; 0 ≤ t_high < 1",
    }
    /// Number of neurons of a degenerate group.
    Size = "size", {
        also: &[],
        value: ValueKind::Whole { one: "a size", least: 2, why: "a group has two neurons or more", example: "2..3" },
        sources: GROUPS,
        forms: &["size=2", "size in 2..3", "size in (2, 4)"],
        keeps: "groups of so many neurons, 2 or more",
    }
    /// Probability of the right object.
    P = "p", {
        also: &["prob", "probability"],
        value: ValueKind::Number(Domain {
            compared: COUNTED.compared,
            about: "the probability of the right object",
            whole: false,
            from: Included(0.0),
            to: Included(1.0),
            percent_of: None,
            instead: "",
            ranges: true,
        }),
        sources: OF_RUNS,
        forms: &["p>=0.1", "p<0.01", "p in 0.7..0.8"],
        keeps: "entries whose right object has this probability",
    }
    /// Whether the model's first answer is the right object.
    Correct = "correct", {
        also: &["right", "known"],
        value: ValueKind::OneOf(&["yes", "no"]),
        sources: OF_RUNS,
        forms: &["correct=yes", "correct=no"],
        keeps: "entries whose right object has rank 1 among the model's answers, or another",
    }
    /// Rank of the right object among the model's answers.
    ObjectRank = "object_rank", {
        also: &["answer_rank"],
        value: ValueKind::Number(Domain { about: "the rank of the right object, 1 for the first", ..FROM_ONE }),
        sources: OF_RUNS,
        forms: &["object_rank<=5", "object_rank>10", "object_rank in 2..5"],
        keeps: "entries whose right object has this rank among the model's answers; in `entries` `rank` is the same",
    }
    /// Number of tokens of the object.
    Tokens = "tokens", {
        also: &["token"],
        value: ValueKind::Number(Domain { about: "the number of tokens of the object", ..FROM_ONE }),
        sources: OF_RUNS,
        forms: &["tokens=1", "tokens>=2", "tokens in 2..3"],
        keeps: "entries whose object has so many tokens",
    }
    /// The model's own first answer.
    Answer = "answer", {
        also: &["answers", "prediction"],
        value: ValueKind::Names { of: Listed::Nothing, every: false, part: true },
        sources: OF_RUNS,
        forms: &["answer=\"Paris\"", "answer in (Paris, Lima)", "answer~\"Par\""],
        keeps: "entries whose model's first answer is, or contains, this text",
    }
}

impl ConditionKey {
    /// The one that a word means in the brackets of a source: in those of `entries`, which have no neurons, `rank` is that of the
    /// right object, as it is among their columns.
    pub fn within(source: SourceKind, word: &str) -> Option<Self> {
        let key = Self::from_word(word)?;
        Some(if (source, key) == (SourceKind::Entries, Self::Rank) { Self::ObjectRank } else { key })
    }

    /// What is known of it.
    pub fn row(self) -> &'static ConditionRow {
        &ROWS[self as usize]
    }

    /// Whether a source takes it.
    pub fn suits(self, source: SourceKind) -> bool {
        self.row().sources.contains(&source)
    }

    /// The one that says the same as a word of another language. A hint only.
    pub(crate) fn meant_by(word: &str) -> Option<Self> {
        let says = |key: &Self| key.row().also.iter().any(|also| also.eq_ignore_ascii_case(word));
        Self::ALL.iter().copied().find(says)
    }
}

#[cfg(test)]
mod tests;
