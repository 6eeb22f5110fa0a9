use std::time::Duration;

use rand::RngCore;
use time::OffsetDateTime;

use super::{CollectionIdentity, Trashed};
use crate::limits::OPERATION_LEASE;
use crate::values::{CopyId, OrganizationId, OrganizationName};

/// Who runs an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The installation: random, kept with the program's settings. One installation runs once at a time.
    pub installation: String,
    /// This run of the program: random, made at start.
    pub instance: String,
}

/// What an operation is about to do. `collection` is the one that it moves or deletes, as it was found when the act began;
/// `None` when there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationPlan {
    /// Insert the document, then create the collection.
    Create {
        /// The new name.
        name: OrganizationName,
    },
    /// Rename the collection, then set the name. Where the collection is shared with others, make one of its own instead.
    Rename {
        /// The name until now.
        from: OrganizationName,
        /// The new name.
        to: OrganizationName,
        /// What is renamed.
        collection: Option<CollectionIdentity>,
    },
    /// Copy the document to the trash, remove it, rename the collection.
    Trash {
        /// The name until now.
        name: OrganizationName,
        /// What the trash notes of it.
        trashed: Trashed,
        /// What is set aside.
        collection: Option<CollectionIdentity>,
    },
    /// Rename the collection, copy the document back, remove it from the trash.
    Restore {
        /// The name that it gets.
        name: OrganizationName,
        /// The copy in the trash that comes back.
        copy: Option<CopyId>,
        /// What is brought back.
        collection: Option<CollectionIdentity>,
    },
    /// Drop the collection, remove the document from the trash.
    DeleteForever {
        /// The name that it had.
        name: OrganizationName,
        /// The copy in the trash that goes.
        copy: Option<CopyId>,
        /// What is deleted.
        collection: Option<CollectionIdentity>,
    },
}

impl OperationPlan {
    /// The act, as the word that is stored and shown to programs.
    pub fn act(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Rename { .. } => "rename",
            Self::Trash { .. } => "trash",
            Self::Restore { .. } => "restore",
            Self::DeleteForever { .. } => "delete_forever",
        }
    }

    /// The name that people know the organization by.
    pub fn name(&self) -> &OrganizationName {
        match self {
            Self::Rename { from, .. } => from,
            Self::Create { name }
            | Self::Trash { name, .. }
            | Self::Restore { name, .. }
            | Self::DeleteForever { name, .. } => name,
        }
    }

    /// The copy in the trash that it makes, brings back or removes.
    pub fn copy(&self) -> Option<CopyId> {
        match self {
            Self::Create { .. } | Self::Rename { .. } => None,
            Self::Trash { trashed, .. } => trashed.copy,
            Self::Restore { copy, .. } | Self::DeleteForever { copy, .. } => *copy,
        }
    }

    /// The collection that it moves or deletes.
    pub fn collection(&self) -> Option<&CollectionIdentity> {
        match self {
            Self::Create { .. } => None,
            Self::Rename { collection, .. }
            | Self::Trash { collection, .. }
            | Self::Restore { collection, .. }
            | Self::DeleteForever { collection, .. } => collection.as_ref(),
        }
    }
}

/// An operation that was begun and not yet ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The organization that it is about: one operation per organization at a time.
    pub organization_id: OrganizationId,
    /// What it does.
    pub plan: OperationPlan,
    /// Who runs it.
    pub owner: Owner,
    /// The address of who asked for it.
    pub actor: String,
    /// Which entry of the journal is its own.
    pub turn: Turn,
}

/// What tells an entry of the journal from every other of its organization and owner. Not a time: two computers' clocks
/// differ, and the time of an entry is made by the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Random, made anew with each beginning and each taking over.
    Named(String),
    /// Of an entry that an earlier version began: when, in whole milliseconds.
    Begun(OffsetDateTime),
}

impl Turn {
    fn new() -> Self {
        let mut bytes = [0u8; 12];
        rand::rng().fill_bytes(&mut bytes);
        Self::Named(hex::encode(bytes))
    }

    /// The random name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Begun(_) => None,
        }
    }

    /// When an entry of an earlier version began.
    pub fn begun(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Named(_) => None,
            Self::Begun(at) => Some(*at),
        }
    }
}

impl Operation {
    /// An operation that is about to begin.
    pub fn new(organization_id: OrganizationId, plan: OperationPlan, owner: Owner, actor: String) -> Self {
        Self { organization_id, plan, owner, actor, turn: Turn::new() }
    }

    /// The same operation, run by `owner` from now on.
    #[must_use]
    pub fn taken_over_by(&self, owner: &Owner) -> Self {
        Self { owner: owner.clone(), turn: Turn::new(), ..self.clone() }
    }
}

/// An operation as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The operation.
    pub operation: Operation,
    /// When it began, whoever took it over since.
    pub begun_at: OffsetDateTime,
    /// How long its owner has had it. Told by the clock that the entry's time is of, so that no computer's own clock
    /// shortens or lengthens it; nothing for an entry from the future.
    pub age: Duration,
}

impl JournalEntry {
    /// At which age another run may settle it: an earlier one of this installation is dead, and only a server may still
    /// be at what it asked for, for as long as `pending`; on another computer somebody may be alive.
    pub fn abandoned_after(&self, me: &Owner, pending: Duration) -> Duration {
        let same_computer = self.operation.owner.installation == me.installation;
        if same_computer { pending } else { OPERATION_LEASE }
    }
}

/// What became of an operation that was found unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// What it was.
    pub operation: Operation,
    /// What became of it.
    pub outcome: RecoveryOutcome,
}

/// What became of an operation that was found unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// All of it is done now.
    Finished,
    /// Nothing of it remains.
    Undone,
    /// Its collection is nowhere, so that only the document could say how it ends.
    CollectionGone {
        /// Whether all of it is done, but for the collection; else nothing of it remains.
        finished: bool,
    },
    /// Somebody else, or a server, may be at it; it was left alone.
    InProgressElsewhere,
    /// It could not be decided now; it stays in the journal and is tried again. The reason is for people.
    NeedsAttention {
        /// Why.
        reason: String,
    },
}
