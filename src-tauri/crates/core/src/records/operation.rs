use std::time::Duration;

use rand::RngCore;
use serde::Serialize;
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};
use time::OffsetDateTime;

use super::{CollectionIdentity, Trashed};
use crate::limits::OPERATION_LEASE;
use crate::values::{CollectionName, CopyId, OrganizationId, OrganizationName};
use crate::words::words;

/// Who runs an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The installation: a random id in the data folder. One installation runs once at a time.
    pub installation: String,
    /// This run: random, created at start.
    pub instance: String,
}

/// What an operation is about to do. `collection` is the one that it moves or deletes, as found when the operation
/// started; `None` if there was none.
#[derive(Debug, Clone, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(RecoveredAct),
    doc = " An act that can be left unfinished.",
    derive(Serialize),
    serde(rename_all = "snake_case")
)]
#[cfg_attr(feature = "wire", strum_discriminants(derive(specta::Type)))]
pub enum OperationPlan {
    /// Insert the document, then create the collection.
    Create {
        /// The new name.
        name: OrganizationName,
    },
    /// Rename the collection, then set the name. If others share the collection, create one of its own instead.
    Rename {
        /// The name before.
        from: OrganizationName,
        /// The new name.
        to: OrganizationName,
        /// The collection to rename.
        collection: Option<CollectionIdentity>,
    },
    /// Copy the document to the trash, remove it, rename the collection.
    Trash {
        /// The name before.
        name: OrganizationName,
        /// What the trash notes about it.
        trashed: Trashed,
        /// The collection to set aside.
        collection: Option<CollectionIdentity>,
    },
    /// Rename the collection, copy the document back, remove it from the trash.
    Restore {
        /// The name it gets.
        name: OrganizationName,
        /// The copy in the trash to restore.
        copy: Option<CopyId>,
        /// The collection to bring back.
        collection: Option<CollectionIdentity>,
    },
    /// Drop the collection, remove the document from the trash.
    DeleteForever {
        /// The name it had.
        name: OrganizationName,
        /// The copy in the trash to remove.
        copy: Option<CopyId>,
        /// The collection to delete.
        collection: Option<CollectionIdentity>,
    },
    /// Fill a collection from elsewhere under a name of its own, insert the document, rename the collection.
    Receive {
        /// The name it gets.
        name: OrganizationName,
        /// The mark of the collection while it is being filled. It is random, so that the name alone tells it.
        incoming: CopyId,
    },
    /// Put right what the doctor found. Each step can be repeated, and none destroys what no other place has: what is
    /// dropped was read back from a file before.
    Mend {
        /// What it does.
        mend: MendWord,
        /// The organization's name when it is done.
        name: OrganizationName,
        /// The collection that it starts from.
        from: Option<CollectionName>,
        /// The collection that the organization has when it is done.
        to: Option<CollectionName>,
        /// The collection that it moves.
        collection: Option<CollectionIdentity>,
    },
}

/// A mend of more than one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum MendWord {
    /// An ownerless collection is moved to where an organization lacks its own.
    AttachCollection,
    /// A collection is moved away from the organization that it was attached to.
    DetachCollection,
    /// An organization without a collection gets an empty one.
    CreateCollection,
    /// An ownerless collection is moved to the name of a new organization, whose document is inserted last.
    CreateOrganization,
    /// The collection is moved, then the document gets the name and the collection's name.
    FollowName,
    /// The documents of one collection are moved into another, then the document gets the other's name.
    JoinHalves,
    /// An ownerless collection is put into a file and then dropped.
    SetAside,
    /// One of two organizations of one name gets another, with the shared collection, a copy of it, or an empty one.
    SeparateTwins,
}

words!(MendWord);

impl OperationPlan {
    /// The operation as the stored word.
    pub fn act(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Rename { .. } => "rename",
            Self::Trash { .. } => "trash",
            Self::Restore { .. } => "restore",
            Self::DeleteForever { .. } => "delete_forever",
            Self::Receive { .. } => "receive",
            Self::Mend { .. } => "mend",
        }
    }

    /// The name by which people know the organization.
    pub fn name(&self) -> &OrganizationName {
        match self {
            Self::Rename { from, .. } => from,
            Self::Create { name }
            | Self::Trash { name, .. }
            | Self::Restore { name, .. }
            | Self::DeleteForever { name, .. }
            | Self::Receive { name, .. }
            | Self::Mend { name, .. } => name,
        }
    }

    /// The collections that it, or what settles it, may delete while they are empty.
    pub fn homes(&self) -> Vec<CollectionName> {
        let mut homes = vec![CollectionName::for_organization(self.name())];
        match self {
            Self::Rename { to, .. } => homes.push(CollectionName::for_organization(to)),
            Self::Mend { from, to, .. } => homes.extend(from.iter().chain(to).cloned()),
            Self::Create { .. }
            | Self::Trash { .. }
            | Self::Restore { .. }
            | Self::DeleteForever { .. }
            | Self::Receive { .. } => {}
        }
        homes
    }

    /// The copy that it is about: in the trash, which it creates, restores or removes, or coming in from elsewhere.
    pub fn copy(&self) -> Option<CopyId> {
        match self {
            Self::Create { .. } | Self::Rename { .. } | Self::Mend { .. } => None,
            Self::Trash { trashed, .. } => trashed.copy,
            Self::Restore { copy, .. } | Self::DeleteForever { copy, .. } => *copy,
            Self::Receive { incoming, .. } => Some(*incoming),
        }
    }

    /// The collection that it moves or deletes.
    pub fn collection(&self) -> Option<&CollectionIdentity> {
        match self {
            Self::Create { .. } | Self::Receive { .. } => None,
            Self::Rename { collection, .. }
            | Self::Trash { collection, .. }
            | Self::Restore { collection, .. }
            | Self::DeleteForever { collection, .. }
            | Self::Mend { collection, .. } => collection.as_ref(),
        }
    }
}

/// An operation that has started and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The organization: it can have one operation at a time.
    pub organization_id: OrganizationId,
    /// What it does.
    pub plan: OperationPlan,
    /// Who runs it.
    pub owner: Owner,
    /// The email address of the person who asked for it.
    pub actor: String,
    /// The turn of its journal entry.
    pub turn: Turn,
    /// Its id in the record, whoever takes it over. Operations of earlier versions have none.
    pub record: Option<String>,
}

/// Distinguishes a journal entry from all others of its organization and owner. It is not a time: clocks of two
/// computers differ, and the server sets the time of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Random, new at each start and each take-over.
    Named(String),
    /// For an entry of an earlier version: when it started, in whole milliseconds.
    Begun(OffsetDateTime),
}

/// A random id in hex.
pub fn random_id() -> String {
    let mut bytes = [0u8; 12];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

impl Turn {
    fn new() -> Self {
        Self::Named(random_id())
    }

    /// The random name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Begun(_) => None,
        }
    }

    /// When an entry of an earlier version started.
    pub fn begun(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Named(_) => None,
            Self::Begun(at) => Some(*at),
        }
    }
}

impl Operation {
    /// An operation that is about to start.
    pub fn new(organization_id: OrganizationId, plan: OperationPlan, owner: Owner, actor: String) -> Self {
        Self { organization_id, plan, owner, actor, turn: Turn::new(), record: Some(random_id()) }
    }

    /// What nobody but this operation has, whoever runs it.
    pub fn mark(&self) -> String {
        self.record.clone().unwrap_or_else(|| self.organization_id.to_hex())
    }

    /// The same operation, run by `owner` from now on.
    #[must_use]
    pub fn taken_over_by(&self, owner: &Owner) -> Self {
        Self { owner: owner.clone(), turn: Turn::new(), ..self.clone() }
    }
}

/// An operation as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The operation.
    pub operation: Operation,
    /// When it started, whoever has taken it over since.
    pub begun_at: OffsetDateTime,
    /// Since when its owner has it: when it began, was taken over, or was last asserted, by the clock of the journal.
    pub since: OffsetDateTime,
    /// How long its owner has had it, by the clock of the journal, so that no computer's own clock shortens or
    /// lengthens it; zero for an entry from the future.
    pub age: Duration,
}

impl JournalEntry {
    /// The age at which another run can resolve it. An earlier run of this installation is dead, but a server may still
    /// carry out its request for `pending`; on another computer its run may be alive.
    pub fn abandoned_after(&self, me: &Owner, pending: Duration) -> Duration {
        let same_computer = self.operation.owner.installation == me.installation;
        if same_computer { pending } else { OPERATION_LEASE }
    }
}

/// An unfinished operation that was found, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The operation.
    pub operation: Operation,
    /// What became of it.
    pub outcome: RecoveryOutcome,
}

/// What became of an unfinished operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// It is complete now.
    Finished,
    /// It was undone; nothing of it is left.
    Undone,
    /// Its collection does not exist, so only the document could say how it ends.
    CollectionGone {
        /// Whether it is complete except for the collection; otherwise it was undone.
        finished: bool,
    },
    /// Someone else, or a server, may be working on it; it was left alone.
    InProgressElsewhere,
    /// It is undecidable for now, stays in the journal and is tried again.
    NeedsAttention {
        /// The reason, for the person.
        reason: String,
    },
}
