use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use super::MendKind;
use crate::words::words;

/// How bad a finding is, the worst first.
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
pub enum Severity {
    /// Somebody cannot work, or documents cannot be reached.
    Broken,
    /// Metadata and storage disagree; everybody can work.
    Drift,
    /// Worth knowing; nothing is wrong yet.
    Note,
}

words!(Severity);

/// How far a pass looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Depth {
    /// Names, documents of organizations and the trash.
    Quick,
    /// Also validator, indexes and options of each tenant collection: one more question each.
    Deep,
}

/// What the doctor found, the worst first: one kind for each set of mends.
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
pub enum FindingKind {
    /// An organization has no collection.
    MissingCollection,
    /// An organization in the trash has no collection, though one was set aside.
    MissingTrashedCollection,
    /// An organization in the trash cannot be restored as it is.
    UnrestorableTrash,
    /// An organization's documents are in the collection that its `collection_name` names, not in that of its name.
    CollectionElsewhere,
    /// A rename by the service stopped half-way: some documents of an organization are also in a second collection.
    HalfRenamed,
    /// Two or more organizations have one name, in any letter case.
    TwinNames,
    /// Two or more organizations have one address, in any letter case.
    TwinAddresses,
    /// An organization's document has an `_id` that is not an ObjectId.
    ForeignId,
    /// A name breaks the rules, and no correction of it is safe.
    InvalidName,
    /// An address breaks the rules, and no correction of it is safe.
    InvalidAddress,
    /// No password can be verified against the stored hash.
    UnverifiableHash,
    /// An operation was interrupted, and a person must decide how it ends.
    InterruptedOperation,
    /// A tenant collection belongs to no organization.
    OwnerlessCollection,
    /// A collection that was set aside belongs to no organization in the trash.
    OwnerlessTrash,
    /// A collection was about to be deleted and is still there.
    LeftoverDropped,
    /// A restore did not end, and its collection is still there.
    LeftoverIncoming,
    /// `collection_name` does not follow the name; the documents are in the collection of the name.
    CollectionNameDiffers,
    /// A name is valid but for its letter case, or for space around it.
    NameForm,
    /// An address is valid but for the letter case of its domain, or for space around it.
    AddressForm,
    /// A date is missing or no date.
    UnreadableDate,
    /// `is_active` is neither true nor false.
    OddActive,
    /// A master collection lacks an index, so that uniqueness is checked after each write.
    MissingMasterIndex,
    /// A tenant collection lacks an index of the template.
    IndexMissing,
    /// A tenant collection has an index of the template's name with another definition.
    IndexDiffers,
    /// A tenant collection's validator is missing or not the template's.
    ValidatorDiffers,
    /// An organization's address is also an operator's.
    SharedAddress,
    /// A person's address is also an operator's.
    OperatorsPerson,
    /// Documents of two halves that had one `_id` and differed, kept beside the joined collection.
    KeptTwins,
    /// A view stands in place of a tenant collection.
    ViewCollection,
    /// A tenant collection is a time series.
    TimeSeriesCollection,
    /// A tenant collection is capped.
    CappedCollection,
}

words!(FindingKind);

impl FindingKind {
    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::MissingCollection
            | Self::MissingTrashedCollection
            | Self::UnrestorableTrash
            | Self::CollectionElsewhere
            | Self::HalfRenamed
            | Self::TwinNames
            | Self::TwinAddresses
            | Self::ForeignId
            | Self::InvalidName
            | Self::InvalidAddress
            | Self::UnverifiableHash
            | Self::InterruptedOperation => Severity::Broken,
            Self::OwnerlessCollection
            | Self::OwnerlessTrash
            | Self::LeftoverDropped
            | Self::LeftoverIncoming
            | Self::CollectionNameDiffers
            | Self::NameForm
            | Self::AddressForm
            | Self::UnreadableDate
            | Self::OddActive
            | Self::MissingMasterIndex
            | Self::IndexMissing
            | Self::IndexDiffers
            | Self::ValidatorDiffers => Severity::Drift,
            Self::SharedAddress
            | Self::OperatorsPerson
            | Self::KeptTwins
            | Self::ViewCollection
            | Self::TimeSeriesCollection
            | Self::CappedCollection => Severity::Note,
        }
    }

    /// The depth of the passes that look for it: a quick one says nothing about what only a deep one looks for.
    pub fn depth(self) -> Depth {
        match self {
            Self::IndexMissing | Self::IndexDiffers | Self::ValidatorDiffers | Self::CappedCollection => {
                Depth::Deep
            }
            Self::MissingCollection
            | Self::MissingTrashedCollection
            | Self::UnrestorableTrash
            | Self::CollectionElsewhere
            | Self::HalfRenamed
            | Self::TwinNames
            | Self::TwinAddresses
            | Self::ForeignId
            | Self::InvalidName
            | Self::InvalidAddress
            | Self::UnverifiableHash
            | Self::InterruptedOperation
            | Self::OwnerlessCollection
            | Self::OwnerlessTrash
            | Self::LeftoverDropped
            | Self::LeftoverIncoming
            | Self::CollectionNameDiffers
            | Self::NameForm
            | Self::AddressForm
            | Self::UnreadableDate
            | Self::OddActive
            | Self::MissingMasterIndex
            | Self::SharedAddress
            | Self::OperatorsPerson
            | Self::KeptTwins
            | Self::ViewCollection
            | Self::TimeSeriesCollection => Depth::Quick,
        }
    }

    /// The mends that are offered, the safest first; none for what is only told.
    pub fn mends(self) -> &'static [MendKind] {
        match self {
            Self::MissingCollection => &[MendKind::CreateCollection, MendKind::AttachCollection],
            Self::MissingTrashedCollection => &[MendKind::AttachCollection],
            Self::CollectionElsewhere => &[MendKind::MoveCollection],
            Self::HalfRenamed => &[MendKind::JoinHalves],
            Self::TwinNames => &[MendKind::SeparateTwins],
            Self::TwinAddresses | Self::SharedAddress | Self::InvalidAddress => &[MendKind::ChangeAddress],
            Self::InvalidName => &[MendKind::RenameOrganization],
            Self::UnverifiableHash => &[MendKind::SetOneTimePassword],
            Self::InterruptedOperation => &[MendKind::DecideOperation],
            Self::OwnerlessCollection => {
                &[MendKind::AttachCollection, MendKind::CreateOrganization, MendKind::SetAside]
            }
            Self::OwnerlessTrash => &[MendKind::AttachCollection, MendKind::SetAside],
            Self::LeftoverDropped | Self::LeftoverIncoming => &[MendKind::DropLeftover, MendKind::SetAside],
            Self::CollectionNameDiffers => &[MendKind::SetCollectionName],
            Self::NameForm => &[MendKind::CorrectName],
            Self::AddressForm => &[MendKind::CorrectAddress],
            Self::UnreadableDate => &[MendKind::CorrectDates],
            Self::OddActive => &[MendKind::CorrectActive],
            Self::MissingMasterIndex => &[MendKind::CreateMasterIndexes],
            Self::IndexMissing => &[MendKind::CreateIndexes, MendKind::AcceptAsIs],
            Self::IndexDiffers => &[MendKind::ReplaceIndexes, MendKind::AcceptAsIs],
            Self::ValidatorDiffers => &[MendKind::SetValidator, MendKind::AcceptAsIs],
            Self::KeptTwins => &[MendKind::DecideTwins],
            Self::UnrestorableTrash
            | Self::ForeignId
            | Self::OperatorsPerson
            | Self::ViewCollection
            | Self::TimeSeriesCollection
            | Self::CappedCollection => &[],
        }
    }
}

/// The subject of one row of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum EvidenceWord {
    /// The name of a collection: what the metadata says, and what exists.
    Collection,
    /// The kind of a collection.
    CollectionKind,
    /// The name of an organization.
    Name,
    /// The field `collection_name`.
    CollectionName,
    /// The address of an organization's admin.
    Address,
    /// The field `created_at`.
    CreatedAt,
    /// The field `updated_at`.
    UpdatedAt,
    /// The `_id` of the document.
    Id,
    /// The kind of the stored hash.
    Hash,
    /// The field `is_active`.
    Active,
    /// An index: that of the template, and that of the collection.
    Index,
    /// After how many seconds the template's index lets the server delete documents.
    ExpiresAfter,
    /// The validator: that of the template, and that of the collection.
    Validator,
    /// The interrupted operation.
    Operation,
    /// When it was moved to the trash.
    TrashedAt,
    /// Documents of the organization's collection, and of the other one.
    Documents,
    /// Documents of the other collection that were compared, and how many of them the organization's has too.
    CommonDocuments,
    /// The address of an operator.
    Operator,
    /// The address of a person.
    Person,
    /// A missing index of a master collection.
    MasterIndex,
}
