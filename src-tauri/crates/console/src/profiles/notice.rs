//! What a person should know about the file of saved connections.

use serde::Serialize;

/// What a person should know about the file of saved connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProfileNotice {
    /// It was missing, and its last copy is used.
    CopyUsed,
    /// It was damaged.
    Damaged {
        /// Connections that could still be read.
        saved: u32,
        /// The path of the damaged file.
        aside: String,
    },
    /// It contained a password, which was removed.
    SecretTakenOut,
    /// A newer version wrote it. It was left unchanged, and none of its connections can be used.
    Newer {
        /// Where it is.
        path: String,
    },
    /// Another process has it open, so this one cannot use it.
    InUse {
        /// Where it is.
        path: String,
    },
    /// It cannot be read or written.
    Unusable {
        /// Where it is.
        path: String,
    },
}
