//! Texts as they are compared: without case, accents and widths.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// A text folded: `São Paulo` and `SAO PAULO` are `sao paulo`, `Ｐ３６` is `p36`. In one line.
///
/// Marks of vowels (Hebrew, Arabic) go with the accents; those that make another letter stay: Indic nuktas and viramas, Japanese voicing.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.replace(['\n', '\r'], " ").to_ascii_lowercase();
    }
    let letters = text.chars().flat_map(char::to_lowercase).nfkd();
    // 7 to 9 are nuktas, voicing marks and viramas; 0 is no such mark.
    let letters = letters.filter(|&c| canonical_combining_class(c) < 10);
    letters.map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_widths_are_equal_and_letters_are_not() {
        for (text, same) in [
            ("São Paulo", "sao paulo"),
            ("İstanbul", "istanbul"),
            ("Ｐ３６", "p36"),
            ("Ελλάδα", "ελλαδα"),
            ("عَرَبِيّ", "عربي"),
            ("北京", "北京"),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(folded(text), folded(same), "{text}");
        }
        for (text, other) in [("राम", "रोम"), ("か", "が"), ("ハ", "パ"), ("ß", "s")] {
            assert_ne!(folded(text), folded(other), "{text}");
        }
    }

    #[test]
    fn what_is_typed_of_a_hangul_syllable_is_the_begin_of_it() {
        assert!(folded("프랑스").starts_with(&folded("프랑")));
        assert!(folded("강").starts_with(&folded("가")));
    }
}
