//! What columns, arrays, metadata and `key=value` folders are called: the one table of names a role goes by.
//!
//! Letter case, spaces, hyphens and underscores do not count: `Fact ID` is `fact_id`. A name that is none of
//! these but close to one is a near miss: an error where its role is missing, never a silent drop.

/// What a column or array can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Fact,
    Language,
    Prompt,
    Layer,
    Neuron,
    Score,
    Relation,
    Run,
    /// The probability of the right object, the model's answer, the right object's rank and its number of tokens: of an entry.
    Probability,
    Answer,
    Rank,
    Tokens,
    /// A column of texts of which only its values may tell that they are languages.
    Unknown,
}

impl Role {
    pub const ALL: [Self; 8] =
        [Self::Fact, Self::Language, Self::Prompt, Self::Layer, Self::Neuron, Self::Score, Self::Relation, Self::Run];

    /// What is said of an entry beside its scores. Only tables have these, and only where nothing else can be meant: no name is close to one.
    pub const MEASURED: [Self; 4] = [Self::Probability, Self::Answer, Self::Rank, Self::Tokens];

    /// Its names, in lower case and without anything between their words; the first is the one to recommend.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Fact => &["fact", "facts", "factid", "factids", "ids", "uuid", "uuids"],
            Self::Language => {
                &["language", "languages", "lang", "langs", "languagecode", "languagecodes", "langcode", "langcodes"]
            }
            Self::Prompt => &[
                "prompt",
                "prompts",
                "promptid",
                "promptids",
                "promptindex",
                "promptindices",
                "promptindexes",
                "promptnumber",
                "promptnumbers",
            ],
            Self::Layer => {
                &["layer", "layers", "layerid", "layerids", "layerindex", "layerindices", "layerindexes", "layeridx"]
            }
            Self::Neuron => &[
                "neuron",
                "neurons",
                "neuronid",
                "neuronids",
                "neuronindex",
                "neuronindices",
                "neuronindexes",
                "neuronidx",
                "unit",
                "units",
                "unitindex",
                "unitindices",
            ],
            Self::Score => &["score", "scores", "attribution", "attributions", "attributionscore", "attributionscores"],
            Self::Relation => &["relation", "relations", "relationid", "relationids", "predicateid", "predicateids"],
            Self::Run => &["run", "runs", "runname", "runnames"],
            Self::Probability => &["p"],
            Self::Answer => &["answer"],
            Self::Rank => &["rank"],
            Self::Tokens => &["tokens"],
            Self::Unknown => &["column"],
        }
    }

    /// The name to recommend.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The role of a name.
    pub fn of(name: &str) -> Option<Self> {
        let plain = plain(name);
        Self::ALL.into_iter().find(|role| role.names().contains(&&*plain))
    }

    /// Which of [`Self::MEASURED`] a name is.
    pub fn measured(name: &str) -> Option<Self> {
        let plain = plain(name);
        Self::MEASURED.into_iter().find(|role| role.names().contains(&&*plain))
    }

    /// The role that a name is close to, without being one of its names.
    pub fn near(name: &str) -> Option<Self> {
        let words = Self::words(name);
        let plain = words.concat();
        if Self::of(name).is_some() || plain.is_empty() {
            return None;
        }
        let foreign = Self::ALL.into_iter().find(|role| role.foreign().contains(&&*plain));
        let misspelt = || Self::ALL.into_iter().find(|role| role.names().iter().any(|known| misspelt(&plain, known)));
        let part = || {
            Self::ALL
                .into_iter()
                .find(|role| role.is_named_in_parts() && words.iter().any(|word| role.names().contains(&&**word)))
        };
        foreign.or_else(misspelt).or_else(part)
    }

    /// The words of a name in lower case: `igScore` and `IG_score` have two.
    pub fn words(name: &str) -> Vec<String> {
        let mut words: Vec<String> = vec![String::new()];
        let mut before_lower = false;
        for character in name.chars() {
            if !character.is_alphanumeric() || (character.is_uppercase() && before_lower) {
                words.push(String::new());
            }
            if character.is_alphanumeric()
                && let Some(word) = words.last_mut()
            {
                word.extend(character.to_lowercase());
            }
            before_lower = character.is_lowercase();
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// Names that often mean this role and often something else.
    fn foreign(self) -> &'static [&'static str] {
        match self {
            Self::Fact => &["id", "factuuid"],
            Self::Language => &[
                "lng",
                "lg",
                "locale",
                "iso",
                "isocode",
                "iso639",
                "iso6391",
                "iso6392",
                "iso6393",
                "bcp47",
                "languagetag",
                "sprache",
                "langue",
                "idioma",
                "lingua",
            ],
            Self::Prompt => &["template", "templateid", "promptno"],
            Self::Neuron => &["neuronno", "unitid"],
            Self::Score => &["value", "values", "attr", "ig", "integratedgradients", "gradient", "importance"],
            Self::Layer | Self::Relation | Self::Run | Self::Unknown => &[],
            Self::Probability | Self::Answer | Self::Rank | Self::Tokens => &[],
        }
    }

    /// Whether a longer name with this role's name as a word (`ig_score`, `src_lang`) is close to it. A
    /// `run_time` is no run, and a `relation_label` beside a fact's id says nothing that decides how it is read.
    fn is_named_in_parts(self) -> bool {
        !matches!(self, Self::Relation | Self::Run | Self::Fact)
    }
}

/// A name in lower case, letters and digits only.
fn plain(name: &str) -> String {
    Role::words(name).concat()
}

/// Whether a text is another with one letter changed, added, left out, or swapped with its neighbour. Short
/// names are too close to everything.
fn misspelt(text: &str, known: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (text.chars().collect(), known.chars().collect());
    if other.len() < 4 || one.len().abs_diff(other.len()) > 1 || one == other {
        return false;
    }
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[start..], &other[start..]);
    let rest = |from: usize, to: usize| one.get(from..) == other.get(to..);
    rest(1, 1)
        || rest(1, 0)
        || rest(0, 1)
        || (one.len() > 1 && other.len() > 1 && one[..2].iter().rev().eq(&other[..2]) && rest(2, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_what_stands_between_words_do_not_count() {
        for name in ["fact", "Fact", "FACT_ID", "fact id", "factId", "UUID"] {
            assert_eq!(Role::of(name), Some(Role::Fact), "{name}");
        }
        for name in ["lang", "Language", "LANG", "languages", "Lang-Code"] {
            assert_eq!(Role::of(name), Some(Role::Language), "{name}");
        }
        assert_eq!(Role::of("Score"), Some(Role::Score));
        assert_eq!(Role::of("attribution"), Some(Role::Score));
        assert_eq!(Role::of("note"), None);
    }

    #[test]
    fn a_near_miss_is_near_one_role() {
        let cases = [
            ("languge", Role::Language),
            ("scroe", Role::Score),
            ("scors", Role::Score),
            ("ig_score", Role::Score),
            ("scoreGold", Role::Score),
            ("src_lang", Role::Language),
            ("prompt_text", Role::Prompt),
            ("value", Role::Score),
            ("id", Role::Fact),
            ("locale", Role::Language),
        ];
        for (name, role) in cases {
            assert_eq!(Role::near(name), Some(role), "{name}");
        }
        for name in ["note", "split", "score", "run_time", "relation_label", "model", "", "fact_label", "date"] {
            assert_eq!(Role::near(name), None, "{name}");
        }
    }

    #[test]
    fn no_name_has_two_roles() {
        let names: Vec<_> = Role::ALL.into_iter().flat_map(Role::names).collect();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(names.len(), once.len());
    }
}
