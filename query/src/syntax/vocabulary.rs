//! Enums whose variants are words of the language: the word stands beside its variant, once.
//!
//! Not for words that carry data, nor for names that a store knows.

/// Declares such an enum, with `ALL`, `word`, `from_word` (in any case) and `Display`.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant),+
        }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// How they are written, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// As it is written in a statement.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one written so, in any case.
            pub fn from_word(word: &str) -> Option<Self> {
                let same = |item: &Self| item.word().eq_ignore_ascii_case(word);
                Self::ALL.iter().copied().find(same)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use vocabulary;
