//! The activity record: who did what to which organization, and when.

use time::OffsetDateTime;

use crate::values::OrganizationId;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivityKind {
    /// A workspace got its first operator.
    WorkspaceClaimed,
    /// A person signed in.
    SignedIn,
    /// Failed sign-ins paused an account.
    SignInThrottled,
    /// A person tried to sign in to an account with an unverifiable stored hash; the detail names its kind.
    PasswordUnverifiable,
    /// An organization was created.
    OrganizationCreated,
    /// An organization got another name.
    OrganizationRenamed,
    /// Display name, address or password of an organization changed.
    OrganizationChanged,
    /// An organization was deactivated.
    OrganizationDeactivated,
    /// An organization was reactivated.
    OrganizationReactivated,
    /// An organization was moved to the trash.
    OrganizationTrashed,
    /// An organization came back from the trash.
    OrganizationRestored,
    /// An organization and its documents were deleted for good.
    OrganizationDeleted,
    /// A list of organizations was exported.
    ListExported,
    /// An operation that a crash left was finished.
    OperationFinished,
    /// An operation that a crash left was undone.
    OperationUndone,
    /// A person decided how an unresolvable operation ends.
    OperationDecided,
    /// A workspace was unlocked for writing; the detail is the reason.
    WorkspaceUnlocked,
    /// A workspace was locked again; the detail is the cause.
    WorkspaceLocked,
    /// A workspace, or a connection to it, permits more or less; the detail says from what to what, and why.
    PermitsChanged,
}

impl ActivityKind {
    /// Every kind.
    const ALL: [Self; 19] = [
        Self::WorkspaceClaimed,
        Self::SignedIn,
        Self::SignInThrottled,
        Self::PasswordUnverifiable,
        Self::OrganizationCreated,
        Self::OrganizationRenamed,
        Self::OrganizationChanged,
        Self::OrganizationDeactivated,
        Self::OrganizationReactivated,
        Self::OrganizationTrashed,
        Self::OrganizationRestored,
        Self::OrganizationDeleted,
        Self::ListExported,
        Self::OperationFinished,
        Self::OperationUndone,
        Self::OperationDecided,
        Self::WorkspaceUnlocked,
        Self::WorkspaceLocked,
        Self::PermitsChanged,
    ];

    /// Parses the stored word; `None` for one of a newer version.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkspaceClaimed => "workspace_claimed",
            Self::SignedIn => "signed_in",
            Self::SignInThrottled => "sign_in_throttled",
            Self::PasswordUnverifiable => "password_unverifiable",
            Self::OrganizationCreated => "organization_created",
            Self::OrganizationRenamed => "organization_renamed",
            Self::OrganizationChanged => "organization_changed",
            Self::OrganizationDeactivated => "organization_deactivated",
            Self::OrganizationReactivated => "organization_reactivated",
            Self::OrganizationTrashed => "organization_trashed",
            Self::OrganizationRestored => "organization_restored",
            Self::OrganizationDeleted => "organization_deleted",
            Self::ListExported => "list_exported",
            Self::OperationFinished => "operation_finished",
            Self::OperationUndone => "operation_undone",
            Self::OperationDecided => "operation_decided",
            Self::WorkspaceUnlocked => "workspace_unlocked",
            Self::WorkspaceLocked => "workspace_locked",
            Self::PermitsChanged => "permits_changed",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityEntry {
    /// When it happened.
    pub at: OffsetDateTime,
    /// The email address of the person; `tenantry` for Tenantry itself.
    pub actor: String,
    /// What happened.
    pub kind: ActivityKind,
    /// The organization it is about.
    pub organization_id: Option<OrganizationId>,
    /// The organization's name at that time.
    pub organization_name: Option<String>,
    /// More for the reader: names and counts, never a secret.
    pub detail: Option<String>,
}
