//! Names of arrays and tensors: a fact's id, `fact/language` or `fact/language/prompt`.
//!
//! A fact's id may hold slashes itself. What stands after the last one is a language only if it is a known code;
//! of a word that only looks like one something else must tell. A number is a prompt only after a language.

use std::collections::HashSet;

use kndb_storage::language::{is_known, is_surely, named, parse, same};

/// Codes of Wikipedia that have another form than the standard's.
const WIKIPEDIA: &str =
    "bat-smg be-tarask be-x-old cbk-zam fiu-vro map-bms roa-rup roa-tara zh-classical zh-min-nan zh-yue";

/// What may tell whether a word is a language.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The language that something else says of all arrays.
    pub said: Option<&'a str>,
    /// [`facts`] of all names.
    pub facts: &'a HashSet<String>,
    /// Whether an option says the language or the prompt, so that numbers in a fact's id are part of it.
    pub plain: bool,
}

/// The facts of which an array's name says a language that surely is one.
pub(crate) fn facts<'a>(names: impl Iterator<Item = &'a str>) -> HashSet<String> {
    let fact = |name: &'a str| {
        let (rest, last) = name.rsplit_once('/')?;
        let (fact, language) = if is_number(last) { rest.rsplit_once('/')? } else { (rest, last) };
        may_stand_alone(language).then(|| fact.to_owned())
    };
    names.filter_map(fact).collect()
}

/// What an array's name says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub fact: &'a str,
    pub language: Option<&'a str>,
    pub prompt: Option<u16>,
}

impl<'a> Named<'a> {
    /// The parts of a name; the error says what is wrong with it.
    pub fn read(name: &'a str, known: Known<'_>) -> Result<Self, String> {
        let whole = Self { fact: name, language: None, prompt: None };
        let Some((rest, last)) = name.rsplit_once('/') else { return Ok(whole) };
        let found = match rest.rsplit_once('/') {
            Some((fact, language)) => Self::of_three(fact, language, last, known)?,
            None => None,
        };
        let found = match found {
            Some(found) => found,
            None if may_stand_alone(last) => Self { fact: rest, language: Some(last), prompt: None },
            None if looks_like_code(last) => match known.is_language(rest, last) {
                Some(true) => Self { fact: rest, language: Some(last), prompt: None },
                Some(false) => whole,
                None => return Err(unclear(rest, last, name)),
            },
            None if known.settled() => whole,
            None => match named(last) {
                Some(code) => {
                    return Err(format!("`{last}` is a language's name; expected its code, `{rest}/{code}`"));
                }
                None => whole,
            },
        };
        let (fact, number) = found.fact.rsplit_once('/').unwrap_or_default();
        if is_number(number) && !known.plain {
            let language = found.language.unwrap_or("en");
            return Err(format!(
                "`{number}` may be a prompt of fact `{fact}`, or part of the fact id `{}`; expected a prompt after its \
                 language, `{fact}/{language}/{number}`, or the option for the language or for the prompt, beside which \
                 the id is what it is",
                found.fact
            ));
        }
        if found.fact.is_empty() {
            return Err("it has no fact id before its first `/`".to_owned());
        }
        // `zh/f1` would be a fact of that id in the language that nothing says; `kn/f1` is one of knowledge neurons.
        if let (None, Some((first, rest))) = (found.language, name.split_once('/'))
            && is_surely(first)
            && !known.settled()
        {
            return Err(format!(
                "`{first}` stands where the fact id belongs; expected the language behind it, `{rest}/{first}`"
            ));
        }
        Ok(found)
    }

    /// `fact/language/prompt`, if it is that.
    fn of_three(fact: &'a str, language: &'a str, last: &'a str, known: Known<'_>) -> Result<Option<Self>, String> {
        let digits = is_number(last);
        let surely = may_stand_alone(language);
        let is_plain = known.settled() && !is_surely(language);
        if !digits && (!is_known(language) || is_plain) {
            return Ok(None);
        }
        // `fact/zh/en` names two languages, `fact/zh/x` a prompt that is none.
        let prompt = last.parse().ok().filter(|_| digits);
        let Some(prompt) = prompt else {
            return Err(format!("after the language `{language}`, `{last}` is no prompt's number, 0 to 65535"));
        };
        match parse(language) {
            Ok(_) if surely || known.is_language(fact, language) == Some(true) => {
                return Ok(Some(Self { fact, language: Some(language), prompt: Some(prompt) }));
            }
            Ok(_) if known.settled() => return Ok(None),
            Ok(_) => {}
            // No language, so no prompt stands behind it.
            Err(_) if known.plain => return Ok(None),
            Err(problem) => return Err(format!("before the prompt {prompt}, {problem}")),
        }
        Err(unclear(fact, language, &format!("{fact}/{language}/{last}")))
    }
}

impl Known<'_> {
    /// Whether the language of all arrays is said, and an option beside it, so that words in a fact's id are part of it.
    fn settled(&self) -> bool {
        self.plain && self.said.is_some()
    }

    /// Whether a word that looks like a code and is no known one is a language; `None` where nothing tells.
    fn is_language(&self, fact: &str, word: &str) -> Option<bool> {
        match self.said {
            Some(said) => Some(same(said, word)),
            // All codes of two letters are known: `us` beside `de` is a country.
            None => (word.len() > 2 && self.facts.contains(fact)).then_some(true),
        }
    }
}

fn unclear(fact: &str, word: &str, name: &str) -> String {
    format!(
        "`{word}` may be the language `{word}` of fact `{fact}`, or part of the fact id `{name}`; expected the option \
         for the language, by which it is seen, or an array of the same fact in a language that is known, such as \
         `{fact}/en`"
    )
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is taken for a language code where nothing else tells: `en`, `kn`, `ceb`, `zh-classical`, `zh-Hans`, `pt_BR`, `eng_Latn`.
fn may_stand_alone(text: &str) -> bool {
    is_known(text) || has_script(text) || WIKIPEDIA.split_whitespace().any(|code| code == text)
}

/// Whether a text is built as codes mostly are: `tlh`, `cmn-CN`, but also `cat`, `usa`, `el-salvador`.
fn looks_like_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let lower = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let plain = (2..=3).contains(&first.len()) && lower(first) && parts.all(lower);
    let region = text.split_once(['-', '_']).is_some_and(|(first, region)| {
        first.len() == 3 && lower(first) && region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase())
    });
    plain || region
}

/// `eng_Latn`, `cmn-Hans-CN`: three letters, a script with a capital, perhaps a region.
fn has_script(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let (first, script) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let letters = script.len() == 4 && script.bytes().all(|byte| byte.is_ascii_alphabetic());
    let capital = script.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    first.len() == 3
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && letters
        && capital
        && parts.all(|part| (2..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> (&str, Option<&str>, Option<u16>) {
        let Named { fact, language, prompt } = told(name, None, &[]).expect("a good name");
        (fact, language, prompt)
    }

    /// A name beside others, where something says a language.
    fn told<'a>(name: &'a str, said: Option<&str>, others: &[&str]) -> Result<Named<'a>, String> {
        Named::read(name, Known { said, facts: &facts(others.iter().copied()), plain: said.is_some() })
    }

    #[test]
    fn a_name_of_three_parts_gives_language_and_prompt() {
        assert_eq!(read("u/zh/2"), ("u", Some("zh"), Some(2)));
        assert_eq!(read("a/u/zh/2"), ("a/u", Some("zh"), Some(2)));
        assert_eq!(read("f1/pt-BR/3"), ("f1", Some("pt-BR"), Some(3)));
        assert_eq!(read("f1/roa-rup/0"), ("f1", Some("roa-rup"), Some(0)));
    }

    #[test]
    fn a_name_of_two_parts_gives_a_language_if_it_looks_like_one() {
        for code in ["zh", "zh-Hans", "zh_CN", "pt-BR", "zh-classical", "eng_Latn", "EN", "es-419", "ceb"] {
            let name = format!("f1/{code}");
            assert_eq!(read(&name), ("f1", Some(code), None));
        }
        for name in ["u", "P36/France", "P36/USA", "a/b/c d", "x/my_fact", "P36/12/France"] {
            assert_eq!(read(name), (name, None, None));
        }
    }

    #[test]
    fn a_name_that_says_something_impossible_is_refused() {
        for last in ["70000", "-1", "x", "3.5", "", "de", "+1"] {
            assert!(told(&format!("a/en/{last}"), None, &[]).is_err(), "a/en/{last}");
        }
        assert!(told("a/Chinese", None, &[]).expect_err("a name").ends_with("expected its code, `a/zh`"));
        assert!(told("P36/France/3", None, &[]).is_err());
        assert!(told("/en", None, &[]).is_err());
        assert!(told("zh/f1", None, &[]).expect_err("the wrong way round").ends_with("`f1/zh`"));
    }

    #[test]
    fn a_number_that_may_be_a_prompt_is_asked_about() {
        for (name, prompt) in [("f1/0", "f1/en/0"), ("f1/0/zh", "f1/zh/0"), ("P36/12/zh/3", "P36/zh/12")] {
            let problem = told(name, None, &[]).expect_err(name);
            assert!(problem.contains(&format!("expected a prompt after its language, `{prompt}`")), "{problem}");
        }
        assert_eq!(told("f1/0", Some("en"), &[]), Ok(Named { fact: "f1/0", language: None, prompt: None }));
    }

    #[test]
    fn a_short_word_that_is_no_known_code_is_asked_about() {
        for name in ["animals/cat", "P36/usa", "P36/us", "P36/el-salvador", "f1/cmn-CN", "P36/usa/3", "P36/USA/3"] {
            let problem = told(name, None, &[]).expect_err(name);
            assert!(problem.contains(&format!("or part of the fact id `{name}`")), "{problem}");
        }
    }

    #[test]
    fn an_array_of_the_same_fact_or_the_language_that_is_said_tells_what_a_short_word_is() {
        let klingon = |prompt| Ok(Named { fact: "f1", language: Some("tlh"), prompt });
        for others in [["f1/en"], ["f1/zh/2"]] {
            assert_eq!(told("f1/tlh", None, &others), klingon(None));
            assert_eq!(told("f1/tlh/2", None, &others), klingon(Some(2)));
            assert!(told("f2/tlh", None, &others).is_err(), "another fact");
            assert!(told("f1/us", None, &others).is_err(), "no language has this code");
        }
        assert_eq!(told("f1/tlh", Some("tlh"), &[]), klingon(None));
        assert_eq!(told("f1/tlh", Some("en"), &[]), Ok(Named { fact: "f1/tlh", language: None, prompt: None }));
    }

    #[test]
    fn beside_the_option_for_the_language_names_are_what_they_are() {
        let plain = |name| Ok(Named { fact: name, language: None, prompt: None });
        for name in [
            "P37/France/French",
            "P103/Zola/French",
            "kn/f1",
            "ig/3fa85f64-5717-4562-b3fc-2c963f66afa6",
            "id/17",
            "it/f1",
            "zh/f1",
            "P36/usa/3",
            "layer/12/3",
            "P36/France/3",
            "P36/no/Oslo",
            "P36/usa",
        ] {
            assert_eq!(told(name, Some("en"), &[]), plain(name));
        }
        assert_eq!(told("f1/en/3", Some("en"), &[]), Ok(Named { fact: "f1", language: Some("en"), prompt: Some(3) }));
        assert!(told("f1/zh/x", Some("en"), &[]).is_err(), "a language before what is no prompt");
        // The option for the prompt says nothing of the language.
        let facts = HashSet::new();
        let prompt = Known { said: None, facts: &facts, plain: true };
        assert_eq!(Named::read("layer/12/3", prompt), plain("layer/12/3"));
        for name in ["P37/France/French", "P36/usa/3", "zh/f1"] {
            assert!(Named::read(name, prompt).is_err(), "{name}");
        }
    }

    #[test]
    fn a_code_that_is_a_method_as_well_may_stand_first() {
        for name in ["kn/f1", "ig/f1"] {
            assert_eq!(read(name), (name, None, None));
        }
    }
}
