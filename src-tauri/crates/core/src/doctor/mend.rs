use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::words::words;

/// A way to put a finding right.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    VariantArray,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum MendKind {
    /// Gives an ownerless collection to an organization that has none.
    AttachCollection,
    /// Makes an organization for an ownerless collection.
    CreateOrganization,
    /// Puts an ownerless collection into a file, and drops it.
    SetAside,
    /// Drops a collection that was about to be dropped, or that belongs to a restore that did not end.
    DropLeftover,
    /// Makes an empty collection.
    CreateCollection,
    /// Puts the documents of two halves into one collection, each once.
    JoinHalves,
    /// Decides about documents that two halves had with one `_id` and different contents.
    DecideTwins,
    /// Sets `collection_name` to the collection of the name.
    SetCollectionName,
    /// Renames the collection to follow the name, and sets `collection_name`.
    MoveCollection,
    /// Gives one of two organizations of one name another name, and the shared collection to one or a copy to both.
    SeparateTwins,
    /// Gives an organization another name.
    RenameOrganization,
    /// Gives an organization's admin another address.
    ChangeAddress,
    /// Lower-cases and trims the name.
    CorrectName,
    /// Trims the address and lower-cases its domain.
    CorrectAddress,
    /// Sets missing dates to the time of the `_id`.
    CorrectDates,
    /// Writes `is_active` as true or false, as it counts now.
    CorrectActive,
    /// Sets a one-time password for the organization's admin.
    SetOneTimePassword,
    /// Ends an interrupted operation as a person decides.
    DecideOperation,
    /// Makes the missing indexes of the master collections.
    CreateMasterIndexes,
    /// Makes the missing indexes of the template.
    CreateIndexes,
    /// Drops indexes that differ and makes those of the template.
    ReplaceIndexes,
    /// Sets the template's validator.
    SetValidator,
    /// Accepts what differs from the template for this organization.
    AcceptAsIs,
}

words!(MendKind);

/// A request to mend one finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct MendRequest {
    /// The finding's id.
    pub finding: String,
    /// The mend.
    pub mend: MendKind,
    /// What the person chose.
    pub choices: MendChoices,
}

/// What a person chooses for a mend. Each mend uses its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct MendChoices {
    /// The organization that gets a collection, or another name or address.
    pub organization: Option<String>,
    /// The collection that is attached or kept.
    pub collection: Option<String>,
    /// The new name.
    pub name: Option<String>,
    /// The new address.
    pub admin_email: Option<String>,
    /// What becomes of all twins that wait, seen or not; `null` if `twins` decides.
    pub decision: Option<TwinDecision>,
    /// What becomes of these twins, each as it was seen; `null` if `decision` decides about all.
    pub twins: Option<Vec<DecidedTwin>>,
    /// Whether both twins get the documents; otherwise the chosen one.
    pub copy_to_both: bool,
    /// The token of the place for a file.
    pub target: Option<String>,
}

/// What becomes of a document that was kept beside the one of its `_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum TwinDecision {
    /// The collection keeps its own: the twin is removed.
    Keep,
    /// The twin takes the place of the collection's own, which is gone then.
    Take,
    /// The collection has both: the twin gets an `_id` of its own.
    Both,
}

impl TwinDecision {
    /// The word in the record.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A pair of documents as a comparison showed it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct SeenTwin {
    /// The bytes of a document of the `_id` alone, in hex.
    pub id: String,
    /// A digest of both documents: it is another once one of them changes.
    pub proof: String,
}

/// What becomes of one twin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct DecidedTwin {
    /// The pair as it was shown.
    pub seen: SeenTwin,
    /// What becomes of it.
    pub decision: TwinDecision,
}

/// What a mend would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct DryRun {
    /// The commands, in the order in which they would be run, for the store's own shell.
    pub commands: Vec<String>,
    /// Whether the mend can be undone afterwards.
    pub can_be_undone: bool,
}

/// What became of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MendOutcome {
    /// The finding's id.
    pub finding: String,
    /// The number of the entry in the record, or why nothing was mended.
    pub outcome: Result<u64, crate::error::AppError>,
}
