//! Enums of plain words: stored, recorded, and written to files.

/// Gives an enum that derives `IntoStaticStr` and `VariantArray` all of its words, each word, and the way back.
macro_rules! words {
    ($words:ty) => {
        impl $words {
            /// All of them, in their order.
            pub const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

            /// The word in a store, a file and the record.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// Parses the word; `None` for one of a newer version.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

pub(crate) use words;
