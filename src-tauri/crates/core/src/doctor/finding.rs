use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::serde::rfc3339;

use super::{EvidenceWord, FindingKind, MendKind};

/// Something that the doctor found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "DoctorFinding", rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct Finding {
    /// Kind and subject: the same in every pass that finds it.
    pub id: String,
    /// What it is.
    pub kind: FindingKind,
    /// The name that a person knows it by: of an organization or a collection.
    pub subject: String,
    /// The organizations that it is about.
    pub organizations: Vec<OrganizationNamed>,
    /// The collections that it is about.
    pub collections: Vec<String>,
    /// Both sides.
    pub evidence: Vec<EvidenceRow>,
    /// When a pass found it first.
    #[serde(with = "rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub since: OffsetDateTime,
    /// What became of it since the pass.
    pub state: FindingState,
}

/// An organization of a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct OrganizationNamed {
    /// Its id: 24 hex digits, or the text of an `_id` that is not an ObjectId.
    pub id: String,
    /// Its name as it is stored.
    pub name: String,
    /// Whether it is in the trash.
    pub in_trash: bool,
}

/// One row of evidence: what the metadata says, and what the storage has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct EvidenceRow {
    /// The subject of the row.
    pub what: EvidenceWord,
    /// The id of the organization that it is about; `null` if it is about none.
    pub organization: Option<String>,
    /// What the metadata says, or the template.
    pub metadata: Option<String>,
    /// What the storage has.
    pub storage: Option<String>,
}

/// What became of a finding since the pass.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum FindingState {
    /// Nothing so far.
    #[default]
    Open,
    /// It was mended.
    Mended {
        /// How.
        mend: MendKind,
        /// When.
        #[serde(with = "rfc3339")]
        #[cfg_attr(feature = "wire", specta(type = String))]
        at: OffsetDateTime,
        /// The number of the entry in the record, to undo it.
        entry: u32,
    },
}

impl Finding {
    /// Whether nothing has become of it since the pass.
    pub fn is_open(&self) -> bool {
        self.state == FindingState::Open
    }
}

/// The id of a finding.
pub fn finding_id(kind: FindingKind, subject: &str) -> String {
    format!("{}:{subject}", kind.as_str())
}
