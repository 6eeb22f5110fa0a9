//! Wire enums with the very variants of one of the core's.

/// Declares wire enums with the same variants as those of the core that the caller calls `core`, and the way out to
/// the window. A variant that is missing here does not compile.
macro_rules! same_words {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$variant_attribute:meta])* $variant:ident,)+ })+) => {$(
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, specta::Type)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_attribute])* $variant,)+
        }

        impl From<core::$name> for $name {
            fn from(word: core::$name) -> Self {
                match word {
                    $(core::$name::$variant => Self::$variant,)+
                }
            }
        }
    )+};
}

/// [`same_words`], and the way back in for what the window also says.
macro_rules! same_words_both_ways {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$variant_attribute:meta])* $variant:ident,)+ })+) => {
        same_words! {
            $($(#[$attribute])* #[derive(serde::Deserialize)] $name { $($(#[$variant_attribute])* $variant,)+ })+
        }
        $(
            impl From<$name> for core::$name {
                fn from(word: $name) -> Self {
                    match word {
                        $($name::$variant => Self::$variant,)+
                    }
                }
            }
        )+
    };
}
