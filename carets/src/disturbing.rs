//! Characters that do more than stand there.

/// Whether a character would drive a terminal, begin a line, or turn the writing direction of what comes after it.
///
/// Marks that scripts need stay: the joiners of Persian and Indic labels (U+200C, U+200D), the direction marks of Hebrew
/// and Arabic ones (U+200E, U+200F), which turn nothing but themselves.
pub fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}
