//! The fields of the form that each show an option, and the conversion of values.

use crate::{AuthenticationKind, Compressor, ConnectionFields, ReadPreferenceMode, SECRET_MASK, TlsChoice};

/// The build has all three; see the driver's features in the workspace's manifest.
pub(super) const COMPRESSORS: [(&str, Compressor); 3] =
    [("zstd", Compressor::Zstd), ("zlib", Compressor::Zlib), ("snappy", Compressor::Snappy)];

pub(super) const READ_PREFERENCES: [(&str, ReadPreferenceMode); 5] = [
    ("primary", ReadPreferenceMode::Primary),
    ("primaryPreferred", ReadPreferenceMode::PrimaryPreferred),
    ("secondary", ReadPreferenceMode::Secondary),
    ("secondaryPreferred", ReadPreferenceMode::SecondaryPreferred),
    ("nearest", ReadPreferenceMode::Nearest),
];

/// The authentication methods that the form offers by a mechanism's name.
pub(super) const MECHANISMS: [(&str, AuthenticationKind); 3] = [
    ("SCRAM-SHA-256", AuthenticationKind::ScramSha256),
    ("SCRAM-SHA-1", AuthenticationKind::ScramSha1),
    ("MONGODB-X509", AuthenticationKind::X509),
];

type At<T> = fn(&mut ConnectionFields) -> &mut T;

/// The field for an option.
#[derive(Debug)]
pub(super) enum Field {
    Text(At<Option<String>>),
    Number(At<Option<u32>>),
    Boolean(At<Option<bool>>),
    /// A boolean that is off by default.
    Switch(At<bool>),
    /// Whether there is a secret; the form never has the secret itself.
    Secret(At<bool>),
    /// Written with the rest of the authentication, see `writing`.
    Mechanism,
    Tls,
    ReadPreference,
    Compressors,
}

impl Field {
    /// Puts a decoded value into the form; `None` if the field cannot hold it.
    pub(super) fn show(&self, value: &str, fields: &mut ConnectionFields) -> Option<()> {
        match self {
            Self::Text(at) => *at(fields) = Some(value.to_owned()),
            Self::Number(at) => *at(fields) = Some(value.parse().ok()?),
            Self::Boolean(at) => *at(fields) = Some(value.parse().ok()?),
            Self::Switch(at) => *at(fields) = value.parse().ok()?,
            Self::Secret(at) => *at(fields) = true,
            Self::Mechanism => {
                // The driver compares these exactly.
                fields.authentication = MECHANISMS.iter().find(|(name, _)| *name == value)?.1;
            }
            Self::Tls => fields.tls = if value.parse().ok()? { TlsChoice::On } else { TlsChoice::Off },
            Self::ReadPreference => fields.read_preference = Some(meaning(&READ_PREFERENCES, value)?),
            Self::Compressors => {
                let kinds = value.split(',').map(|word| meaning(&COMPRESSORS, word));
                fields.compressors = kinds.collect::<Option<_>>()?;
            }
        }
        Some(())
    }

    /// The new value if form and string differ; `Some(None)` removes the option.
    pub(super) fn change(
        &self,
        known: &mut ConnectionFields,
        wanted: &mut ConnectionFields,
    ) -> Option<Option<String>> {
        match self {
            Self::Text(at) => {
                changed(at(known), at(wanted), |text| text.clone().filter(|text| !text.is_empty()))
            }
            Self::Number(at) => {
                changed(at(known), at(wanted), |number| number.map(|number| number.to_string()))
            }
            Self::Boolean(at) => changed(at(known), at(wanted), |value| value.map(|value| value.to_string())),
            Self::Switch(at) => changed(at(known), at(wanted), |on| on.then(|| "true".to_owned())),
            Self::Secret(at) => changed(at(known), at(wanted), |there| there.then(|| SECRET_MASK.to_owned())),
            Self::Mechanism => None,
            Self::Tls => changed(&known.tls, &wanted.tls, |choice| match choice {
                TlsChoice::Default => None,
                TlsChoice::On => Some("true".to_owned()),
                TlsChoice::Off => Some("false".to_owned()),
            }),
            Self::ReadPreference => changed(&known.read_preference, &wanted.read_preference, |mode| {
                mode.and_then(|mode| word(&READ_PREFERENCES, mode)).map(str::to_owned)
            }),
            Self::Compressors => changed(&known.compressors, &wanted.compressors, |kinds| {
                let words: Vec<&str> = kinds.iter().filter_map(|kind| word(&COMPRESSORS, *kind)).collect();
                Some(words.join(",")).filter(|words| !words.is_empty())
            }),
        }
    }
}

fn changed<T: PartialEq>(
    known: &T,
    wanted: &T,
    written: impl FnOnce(&T) -> Option<String>,
) -> Option<Option<String>> {
    (known != wanted).then(|| written(wanted))
}

/// The meaning of a word, in any letter case.
fn meaning<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, meaning)| *meaning)
}

/// The word for a meaning.
pub(super) fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: T) -> Option<&'static str> {
    words.iter().find(|(_, known)| *known == meaning).map(|(word, _)| *word)
}
