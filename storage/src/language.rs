//! Language codes, as BCP 47 writes them: `en`, `zh-Hans`, `pt-BR`. `zh_CN`, `ZH-cn` and `zh-CN` are one language.
//!
//! [`canonical`] is how the store writes and compares codes. [`parse`] is for what comes in from files and
//! people: it refuses what is no code, a language's English name above all. [`is_known`] is for names that may
//! mean something else, such as folders. A language that has a code of two letters is written with it: `eng` is
//! `en`, `ger` and `deu` are `de`, and `iw` is `he`. No other registry is kept: `ceb` is taken as it is.
//!
//! Source: RFC 5646, §2.1 (syntax), §2.1.1 (upper and lower case) and §4.5 (the shortest code).

mod codes;

use std::borrow::Cow;
use std::fmt;

/// ISO 639-1, and the two older codes for Hebrew and Yiddish.
const TWO_LETTERS: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu \
    cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id \
    ie ig ii ik io is it iu iw ja ji jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg \
    mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa \
    sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi \
    vo wa wo xh yi yo za zh zu";

/// Codes of three letters that data sets use as folders and that mean nothing else there.
const THREE_LETTERS: &str = "arz azb bcl ceb ckb fil haw kab nds pms scn yue";

/// Codes that folders and files carry for another reason: words, methods, splits, units, abbreviations of the field.
const AMBIGUOUS: &str = "ab ae am an as av ba be bi bm bn bo br bs ca ce ch co cr cs cu cv dv ee eu ff fo fy ga gd gl gn ha he hi ho ht hz \
    ia id ie ig ii ik io is it iu kg ki kj kl km kn kr kv kw la lb lg li ln lo lu mg mi ml mr ms mt my na nb nd ne ng nn no nr \
    nv om or os pa pi ps pt rm rn rw sa sc sd se sg si sl sm sn so ss st te ti tk tl tn to tr ts tt ug uk ve vo wa wo yo za";

/// Scripts of ISO 15924 that texts are written in today.
const SCRIPTS: &str = "Arab Armn Beng Bopo Cans Cher Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hans Hant Hebr \
    Hira Jpan Kana Khmr Knda Kore Laoo Latn Mlym Mong Mtei Mymr Olck Orya Sinh Syrc Taml Telu Tfng Thaa Thai Tibt";

/// English names that are given where a code belongs. What is not here is refused, too, without advice.
const NAMES: &[(&str, &str)] = &[
    ("afrikaans", "af"),
    ("albanian", "sq"),
    ("arabic", "ar"),
    ("armenian", "hy"),
    ("azerbaijani", "az"),
    ("basque", "eu"),
    ("belarusian", "be"),
    ("bengali", "bn"),
    ("bulgarian", "bg"),
    ("catalan", "ca"),
    ("cebuano", "ceb"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("english", "en"),
    ("estonian", "et"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("galician", "gl"),
    ("georgian", "ka"),
    ("german", "de"),
    ("greek", "el"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("hungarian", "hu"),
    ("indonesian", "id"),
    ("irish", "ga"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("korean", "ko"),
    ("latin", "la"),
    ("latvian", "lv"),
    ("lithuanian", "lt"),
    ("malay", "ms"),
    ("persian", "fa"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("serbian", "sr"),
    ("slovak", "sk"),
    ("slovenian", "sl"),
    ("spanish", "es"),
    ("swahili", "sw"),
    ("swedish", "sv"),
    ("tamil", "ta"),
    ("thai", "th"),
    ("turkish", "tr"),
    ("ukrainian", "uk"),
    ("urdu", "ur"),
    ("vietnamese", "vi"),
    ("welsh", "cy"),
];

/// A text that is no language code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotALanguage {
    /// The text.
    pub found: String,
    /// The code of the language that it names in English, if it does.
    pub meant: Option<&'static str>,
}

impl fmt::Display for NotALanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meant {
            Some(code) => write!(f, "`{}` is a language's name; expected its code, `{code}`", self.found),
            None => {
                write!(f, "`{}` is no language code; expected one such as `en`, `zh-Hans` or `pt-BR`", self.found)
            }
        }
    }
}

impl std::error::Error for NotALanguage {}

/// A code as BCP 47 writes it: the shortest code of the language in lower case, script with a capital, region in
/// upper case, hyphens between them. A text that has not the form of a code is left as it is.
///
/// ```
/// use kndb_storage::language::canonical;
///
/// assert_eq!(canonical("ZH_hans_cn"), "zh-Hans-CN");
/// assert_eq!(canonical("eng_Latn"), "en-Latn");
/// assert_eq!(canonical("language 7"), "language 7");
/// ```
pub fn canonical(text: &str) -> Cow<'_, str> {
    if !has_form(text) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    let mut after_singleton = false;
    for (at, part) in text.split(['-', '_']).enumerate() {
        if at > 0 {
            written.push('-');
        }
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let start = written.len();
        written.push_str(part);
        let part = &mut written[start..];
        part.make_ascii_lowercase();
        if at == 0
            && let Some(shortest) = codes::shortest(part)
        {
            written.replace_range(.., shortest);
            continue;
        }
        if at > 0 && !after_singleton && letters {
            match part.len() {
                2 => part.make_ascii_uppercase(),
                4 => part[..1].make_ascii_uppercase(),
                _ => {}
            }
        }
        after_singleton |= part.len() == 1;
    }
    if written == text { Cow::Borrowed(text) } else { Cow::Owned(written) }
}

/// Whether two codes are one language.
pub fn same(one: &str, other: &str) -> bool {
    one == other || canonical(one) == canonical(other)
}

/// The code that a file or a person gives, as BCP 47 writes it.
pub fn parse(text: &str) -> Result<String, NotALanguage> {
    let text = text.trim();
    let primary = text.split(['-', '_']).next().unwrap_or_default();
    let short = matches!(primary.len(), 2 | 3) || (primary.len() == 1 && primary.len() < text.len());
    // Wikipedia's code for simple English is longer than any that is registered.
    if has_form(text) && (short || primary.eq_ignore_ascii_case("simple")) {
        return Ok(canonical(text).into_owned());
    }
    Err(NotALanguage { found: text.chars().take(40).collect(), meant: named(text) })
}

/// The code of the language of an English name.
pub fn named(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, code)| code)
}

/// Whether a text is the code of a language that is known, with a script, a region or both at most: `zh`,
/// `zh_CN`, `pt-BR`, `sr-Latn`, but not `run` or `v1`.
pub fn is_known(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
    let listed = |list: &str| list.split_whitespace().any(|code| code == primary);
    let rest = |part: &str| {
        let region = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let area = part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
        region || area || SCRIPTS.split_whitespace().any(|script| script.eq_ignore_ascii_case(part))
    };
    (listed(TWO_LETTERS) || listed(THREE_LETTERS) || codes::is_no_word(&primary))
        && parts.clone().count() <= 2
        && parts.all(rest)
}

/// Whether a text is the code of a language, and of those that [`is_known`] leaves out because they are words: `fin`, `cat`.
/// Such a name is a language only beside others that surely are.
pub fn is_word(text: &str) -> bool {
    let primary = text.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    !is_known(text) && codes::shortest(&primary).is_some_and(is_known)
}

/// Whether a code that is known is as likely a word or an abbreviation in the name of a folder or file: `ml`, `it`, `cs`.
/// Such a name is a language only where something else says so.
pub fn is_ambiguous(text: &str) -> bool {
    AMBIGUOUS.split_whitespace().any(|code| code.eq_ignore_ascii_case(text))
}

/// Whether a code that is known is a word of this field before it is one: `ig`, integrated gradients, and `kn`, knowledge
/// neurons. In the name of a folder or file it is no language unless another name in the same place is.
pub fn is_of_the_field(text: &str) -> bool {
    ["ig", "kn"].iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a text is the code of a language that is known and hardly anything else.
pub fn is_surely(text: &str) -> bool {
    is_known(text) && !is_ambiguous(text)
}

/// Whether a text is built as a code is, whatever its parts mean.
fn has_form(text: &str) -> bool {
    // Wikipedia's `zh-classical` has a longer part than the standard's eight letters.
    const LONGEST: usize = 9;
    let mut parts = text.split(['-', '_']);
    let first = parts.next().unwrap_or_default();
    let private = matches!(first, "x" | "X" | "i" | "I") && first.len() < text.len();
    let named = (2..=8).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    let part =
        |part: &str| (1..=LONGEST).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (private || named) && parts.all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_the_standard_writes_them() {
        // RFC 5646, §2.1.1 and appendix A.
        let cases = [
            ("EN", "en"),
            ("zh_CN", "zh-CN"),
            ("ZH-hans", "zh-Hans"),
            ("mn-cYRL-mn", "mn-Cyrl-MN"),
            ("sgn-be-fr", "sgn-BE-FR"),
            ("en-ca-X-CA", "en-CA-x-ca"),
            ("AZ-latn-x-LATN", "az-Latn-x-latn"),
            ("es-419", "es-419"),
            ("SL-Rozaj-BISKE", "sl-rozaj-biske"),
            ("de-de-u-CO-PHONEBK", "de-DE-u-co-phonebk"),
            ("zh-classical", "zh-classical"),
            ("be-x-old", "be-x-old"),
            // The shortest code, §4.5; only the language has one: `deu` is no region, `x-eng` says what it likes.
            ("eng", "en"),
            ("ZHO_hans", "zh-Hans"),
            ("ger-AT", "de-AT"),
            ("iw", "he"),
            ("x-eng", "x-eng"),
        ];
        for (given, expected) in cases {
            assert_eq!(canonical(given), expected);
            assert_eq!(parse(given).as_deref(), Ok(expected));
            assert_eq!(canonical(expected), expected, "writing it again changes nothing");
        }
    }

    #[test]
    fn what_has_not_the_form_of_a_code_is_left_alone() {
        for text in ["", "-", "e", "x", "language 7", "中文", "en_US.UTF-8", "en--US", "l0", "en-"] {
            assert_eq!(canonical(text), text);
            assert!(parse(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn spellings_of_one_language_are_the_same() {
        assert!(same("zh_CN", "zh-cn"));
        assert!(same("zh-CN", "zh-CN"));
        assert!(!same("zh-CN", "zh-TW"));
        assert!(!same("zh", "zh-CN"));
        assert!(same("en", "eng") && same("ENG", "en") && same("ger", "deu") && same("iw", "he"));
        assert!(!same("zh", "cmn") && !same("eng", "enm"));
    }

    #[test]
    fn a_name_is_refused_with_the_code_that_was_meant() {
        let told = parse("Chinese").expect_err("a name").to_string();
        assert_eq!(told, "`Chinese` is a language's name; expected its code, `zh`");
        let told = parse("klingon").expect_err("a word").to_string();
        assert_eq!(told, "`klingon` is no language code; expected one such as `en`, `zh-Hans` or `pt-BR`");
        assert_eq!(parse(" simple\n").as_deref(), Ok("simple"));
        for (name, code) in NAMES {
            assert!(parse(name).is_err() && is_known(code), "{name}");
        }
    }

    #[test]
    fn words_and_abbreviations_are_not_surely_languages() {
        for word in ["ml", "CS", "my", "it", "he", "to", "or", "an", "so", "la", "kn", "ff", "id"] {
            assert!(is_known(word) && !is_surely(word), "{word}");
        }
        for code in ["zh", "DE", "fr", "pt_BR", "it-IT", "ceb", "en"] {
            assert!(is_surely(code), "{code}");
        }
        let unknown: Vec<_> = AMBIGUOUS.split_whitespace().filter(|code| !is_known(code)).collect();
        assert_eq!(unknown, [""; 0], "only codes can be ambiguous");
    }

    #[test]
    fn only_registered_languages_are_known() {
        for known in ["en", "ZH", "zh_CN", "sr-Latn-RS", "es-419", "ceb", "deu", "ENG", "zho_Hans"] {
            assert!(is_known(known), "{known}");
        }
        for other in ["", "v1", "run", "out", "xx", "en-", "zh-classical", "en-a-b-c", "en-x-y", "scores", "my_fact"] {
            assert!(!is_known(other), "{other}");
        }
        for word in ["fin", "Run", "cat"] {
            assert!(is_word(word) && !is_known(word), "{word}");
        }
        assert!(!is_word("deu") && !is_word("cattle") && !is_word("out"));
    }
}
