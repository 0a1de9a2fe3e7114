//! Names of arrays and tensors: a fact's id, `fact/language` or `fact/language/prompt`.
//!
//! A fact's id may hold slashes itself. What stands after the last one is a language only if it looks like a
//! code; a number is a prompt only after a language.

use kndb_storage::language::{is_known, named, parse};

/// What an array's name says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub fact: &'a str,
    pub language: Option<&'a str>,
    pub prompt: Option<u16>,
}

impl<'a> Named<'a> {
    /// The parts of a name; the error says what is wrong with it.
    pub fn read(name: &'a str) -> Result<Self, String> {
        let whole = Self { fact: name, language: None, prompt: None };
        let Some((rest, last)) = name.rsplit_once('/') else { return Ok(whole) };
        let found = match rest.rsplit_once('/') {
            Some((fact, language)) => Self::of_three(fact, language, last)?,
            None => None,
        };
        let found = match found {
            Some(found) => found,
            None if is_code(last) => Self { fact: rest, language: Some(last), prompt: None },
            None => match named(last) {
                Some(code) => {
                    return Err(format!("`{last}` is a language's name; expected its code, `{rest}/{code}`"));
                }
                None => whole,
            },
        };
        if found.fact.is_empty() {
            return Err("it has no fact id before its first `/`".to_owned());
        }
        Ok(found)
    }

    /// `fact/language/prompt`, if it is that.
    fn of_three(fact: &'a str, language: &'a str, last: &'a str) -> Result<Option<Self>, String> {
        let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
        if !digits && !is_known(language) {
            return Ok(None);
        }
        // `fact/zh/en` names two languages, `fact/zh/x` a prompt that is none.
        let prompt = last.parse().ok().filter(|_| digits);
        let Some(prompt) = prompt else {
            return Err(format!("after the language `{language}`, `{last}` is no prompt's number, 0 to 65535"));
        };
        match parse(language) {
            Ok(_) => Ok(Some(Self { fact, language: Some(language), prompt: Some(prompt) })),
            Err(problem) => Err(format!("before the prompt {prompt}, {problem}")),
        }
    }
}

/// Whether a text looks like a language code: `en`, `ceb`, `zh-classical`, `zh-Hans`, `pt_BR`, `eng_Latn`.
fn is_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let lower = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let plain = (2..=3).contains(&first.len()) && lower(first) && parts.all(lower);
    plain || is_known(text) || has_script(text)
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
        let Named { fact, language, prompt } = Named::read(name).expect("a good name");
        (fact, language, prompt)
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
        for name in ["u", "P36/France", "P36/USA", "a/b/c d", "f1/3", "x/my_fact", "P36/12/France"] {
            assert_eq!(read(name), (name, None, None));
        }
    }

    #[test]
    fn a_name_that_says_something_impossible_is_refused() {
        for last in ["70000", "-1", "x", "3.5", "", "de", "+1"] {
            assert!(Named::read(&format!("a/en/{last}")).is_err(), "a/en/{last}");
        }
        assert!(Named::read("a/Chinese").expect_err("a name").ends_with("expected its code, `a/zh`"));
        assert!(Named::read("P36/France/3").is_err());
        assert!(Named::read("/en").is_err());
    }
}
