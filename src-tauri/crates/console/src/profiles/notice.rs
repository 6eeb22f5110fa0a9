//! What a person should know about the file of connection profiles.

use serde::Serialize;

/// What a person should know about the list of saved workspaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProfileNotice {
    /// It was missing, and its last copy is used.
    CopyUsed,
    /// It was damaged.
    Damaged {
        /// Workspaces that could still be read.
        saved: u32,
        /// Where the damaged file is kept.
        aside: String,
    },
    /// A password stood in it and was taken out.
    SecretTakenOut,
    /// A newer program wrote it. It was left as it is, and none of its workspaces can be used.
    Newer {
        /// Where it is.
        path: String,
    },
    /// Another run of the program has it open, so it can't be used in this one.
    InUse {
        /// Where it is.
        path: String,
    },
    /// It can't be read and written.
    Unusable {
        /// Where it is.
        path: String,
    },
}
