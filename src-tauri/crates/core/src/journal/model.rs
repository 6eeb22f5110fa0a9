use time::OffsetDateTime;

use crate::limits::OPERATION_LEASE;
use crate::organizations::Trashed;
use crate::values::{OrganizationId, OrganizationName};

/// Who runs an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The installation: random, kept with the program's settings. One installation runs once at a time.
    pub installation: String,
    /// This run of the program: random, made at start.
    pub instance: String,
}

/// What an operation is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationPlan {
    /// Insert the document, then create the collection.
    Create {
        /// The new name.
        name: OrganizationName,
    },
    /// Rename the collection, then set the name.
    Rename {
        /// The name until now.
        from: OrganizationName,
        /// The new name.
        to: OrganizationName,
        /// Whether there is a collection to rename.
        has_collection: bool,
    },
    /// Copy the document to the trash, remove it, rename the collection.
    Trash {
        /// The name until now.
        name: OrganizationName,
        /// What the trash notes of it.
        trashed: Trashed,
    },
    /// Rename the collection, copy the document back, remove it from the trash.
    Restore {
        /// The name that it gets.
        name: OrganizationName,
        /// Whether there is a collection to rename.
        has_collection: bool,
    },
    /// Drop the collection, remove the document from the trash.
    DeleteForever {
        /// The name that it had.
        name: OrganizationName,
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
            | Self::DeleteForever { name } => name,
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
    /// When it began.
    pub started_at: OffsetDateTime,
}

impl Operation {
    /// Whether whoever runs this can be taken for dead: an earlier run of this installation, or nobody for longer
    /// than the lease.
    pub fn is_abandoned(&self, me: &Owner, now: OffsetDateTime) -> bool {
        let earlier_run = self.owner.installation == me.installation && self.owner.instance != me.instance;
        earlier_run || now - self.started_at > OPERATION_LEASE
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
    /// Somebody else may be at it; it was left alone.
    InProgressElsewhere,
    /// It could not be decided now; it stays in the journal and is tried again. The reason is for people.
    NeedsAttention {
        /// Why.
        reason: String,
    },
}
