//! The data sets facts come from: their names, and what is said of each in the documentation.

use std::fmt;

use crate::error::ImportError;

/// The data sets facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FactsFormat {
    /// mLAMA (norakassner/mlama): `{lang}/{relation}.jsonl` and `{lang}/templates.jsonl`, candidates in
    /// `TREx_multilingual_objects/{lang}.json`.
    Mlama,
    /// LAMA's T-REx part (facebookresearch/LAMA): `{relation}.jsonl` with `predicate_id`, templates in
    /// `relations.jsonl`.
    Lama,
    /// ParaRel (yanaiela/pararel): `{relation}.jsonl` with one `pattern` a line.
    Pararel,
    /// mParaRel (coastalcph/mpararel): `patterns/{lang}/{relation}.jsonl` and `tuples/{lang}/{relation}.jsonl`.
    Mpararel,
    /// BMLAMA-17 and -53 (Betswish/Cross-Lingual-Consistency): `{lang}.tsv`, line by line the same facts.
    Bmlama,
    /// KLAR (cisnlp/KLAR-CLC): `{lang}/{relation}.json` with `prompt_templates` and `samples`.
    Klar,
    /// CounterFact (kmeng01/rome): a list of records with `requested_rewrite`.
    CounterFact,
    /// ZsRE as MEND and ROME edit it (kmeng01/rome, `zsre_mend_eval.json`): questions with `src` and `answers`.
    Zsre,
    /// LAMA's Google-RE part: `{relation}_test.jsonl` with `pred` and `judgments`.
    GoogleRe,
    /// LAMA's ConceptNet part: `test.jsonl` with `pred`.
    ConceptNet,
    /// LAMA's SQuAD part: statements without a subject, of which no question can be made.
    Squad,
}

impl FactsFormat {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Mlama,
        Self::Lama,
        Self::Pararel,
        Self::Mpararel,
        Self::Bmlama,
        Self::Klar,
        Self::CounterFact,
        Self::Zsre,
        Self::GoogleRe,
        Self::ConceptNet,
        Self::Squad,
    ];

    /// Name, as an option gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mlama => "mlama",
            Self::Lama => "lama",
            Self::Pararel => "pararel",
            Self::Mpararel => "mpararel",
            Self::Bmlama => "bmlama",
            Self::Klar => "klar",
            Self::CounterFact => "counterfact",
            Self::Zsre => "zsre",
            Self::GoogleRe => "google-re",
            Self::ConceptNet => "conceptnet",
            Self::Squad => "squad",
        }
    }

    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Mlama => "mLAMA: a folder a language",
            Self::Lama => "T-REx of LAMA: English",
            Self::Pararel => "ParaRel: English paraphrases",
            Self::Mpararel => "mParaRel: patterns and tuples, a folder a language",
            Self::Bmlama => "BMLAMA: a .tsv file a language",
            Self::Klar => "KLAR: a folder a language, a .json file a relation",
            Self::CounterFact => "CounterFact of ROME: English",
            Self::Zsre => "ZsRE of MEND and ROME: English questions",
            Self::GoogleRe => "Google-RE of LAMA: English, without templates",
            Self::ConceptNet => "ConceptNet of LAMA: English, without templates",
            Self::Squad => "SQuAD of LAMA: refused, its statements have no subject",
        }
    }

    /// What its files look like.
    pub fn shape(self) -> &'static str {
        match self {
            Self::Mlama => {
                "`{lang}/{relation}.jsonl` (`uuid`, `sub_label`, `obj_label`), `{lang}/templates.jsonl`; candidates in \
                 `TREx_multilingual_objects/{lang}.json`"
            }
            Self::Lama => {
                "`{relation}.jsonl` with `predicate_id`, `relations.jsonl` beside or above (`template`, `label`)"
            }
            Self::Pararel => "`{relation}.jsonl`, one `pattern` a line",
            Self::Mpararel => "`patterns/{lang}/{relation}.jsonl` (`pattern`), `tuples/{lang}/{relation}.jsonl`",
            Self::Bmlama => "`{lang}.tsv`: prompt with `<mask>`, answer, candidates, subject; `en.tsv` beside it",
            Self::Klar => "`{lang}/{relation}.json`: `prompt_templates` and `samples`",
            Self::CounterFact => "`counterfact.json`: records with `requested_rewrite`",
            Self::Zsre => "`zsre_mend_eval.json`: records with `subject`, `src`, `answers`",
            Self::GoogleRe => "`{relation}_test.jsonl` with `pred`, `judgments`, `masked_sentences`",
            Self::ConceptNet => "`test.jsonl` with `pred`, `masked_sentences`",
            Self::Squad => "`test.jsonl` with `id`, `masked_sentences`",
        }
    }

    /// Where its language is said.
    pub fn language(self) -> &'static str {
        match self {
            Self::Mlama | Self::Mpararel | Self::Klar => "the folder's name",
            Self::Bmlama => "the file's name",
            Self::Squad => "–",
            _ => "English, by the data set",
        }
    }

    /// Where its fact ids come from.
    pub fn ids(self) -> &'static str {
        match self {
            Self::Mlama | Self::Lama => "`uuid`; without one, computed",
            Self::GoogleRe | Self::ConceptNet => "`uuid`",
            Self::Pararel | Self::Squad => "–",
            Self::Mpararel => "computed from relation, `sub_uri`, `obj_uri`",
            Self::Bmlama => "computed from the same line of `en.tsv`",
            Self::Klar => "computed from relation and `index`",
            Self::CounterFact => "computed from `relation_id`, subject, `target_true`'s id",
            Self::Zsre => "computed from question, subject, answer",
        }
    }

    /// Whether its texts are English unless something says otherwise.
    pub(super) fn is_english(self) -> bool {
        !matches!(self, Self::Mlama | Self::Mpararel | Self::Bmlama | Self::Klar)
    }

    /// The data set of a name.
    pub fn by_name(name: &str) -> Result<Self, ImportError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| ImportError::UnknownFormatName {
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

impl fmt::Display for FactsFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
