use serde::Deserialize;

use crate::records::{ActivityKind, Outcome, RecordQuery};

/// A part of the record that people look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum RecordFacet {
    /// Every entry.
    All,
    /// What was changed.
    Changes,
    /// Who came in, and who tried to.
    SignIns,
    /// What left the workspace, and what was looked at.
    Exports,
    /// What somebody had no right to do.
    Refused,
}

impl RecordFacet {
    /// The entries of this facet among those of a query.
    #[must_use]
    pub fn narrow(self, query: RecordQuery) -> RecordQuery {
        let kinds = |facet| {
            ActivityKind::ALL.iter().copied().filter(|kind| facet_of(*kind) == facet).collect::<Vec<_>>()
        };
        match self {
            Self::All => query,
            Self::Changes | Self::SignIns | Self::Exports => RecordQuery { kinds: kinds(self), ..query },
            Self::Refused => RecordQuery { outcome: Some(Outcome::Refused), ..query },
        }
    }
}

/// The facet of a kind beside `All`. What was refused is in its own.
fn facet_of(kind: ActivityKind) -> RecordFacet {
    use ActivityKind as Kind;
    match kind {
        Kind::SignedIn
        | Kind::SignInThrottled
        | Kind::PasswordUnverifiable
        | Kind::SignedOut
        | Kind::SessionEnded
        | Kind::SessionRefused
        | Kind::ThrottleCleared
        | Kind::TokenCopied
        | Kind::OwnerRecovered
        | Kind::OwnerReset => RecordFacet::SignIns,
        Kind::ListExported
        | Kind::PeopleExported
        | Kind::RecordExported
        | Kind::RecordArchived
        | Kind::BundleWritten
        | Kind::DocumentsRead => RecordFacet::Exports,
        Kind::ActRefused => RecordFacet::Refused,
        Kind::RecordVerified | Kind::EarlierEntries => RecordFacet::All,
        Kind::WorkspaceClaimed
        | Kind::OrganizationCreated
        | Kind::OrganizationRenamed
        | Kind::OrganizationChanged
        | Kind::OrganizationDeactivated
        | Kind::OrganizationReactivated
        | Kind::OrganizationTrashed
        | Kind::OrganizationRestored
        | Kind::OrganizationDeleted
        | Kind::OrganizationsImported
        | Kind::OrganizationErased
        | Kind::OrganizationReceived
        | Kind::OrganizationMoved
        | Kind::OperatorAdded
        | Kind::OperatorChanged
        | Kind::OperatorDeactivated
        | Kind::OperatorReactivated
        | Kind::OperatorRemoved
        | Kind::PersonAdded
        | Kind::PersonChanged
        | Kind::PersonDeactivated
        | Kind::PersonReactivated
        | Kind::PersonRemoved
        | Kind::OneTimePasswordSet
        | Kind::PasswordChanged
        | Kind::RecoveryCodeRenewed
        | Kind::OperationFinished
        | Kind::OperationUndone
        | Kind::OperationDecided
        | Kind::WorkspaceUnlocked
        | Kind::WorkspaceLocked
        | Kind::PermitsChanged
        | Kind::SettingChanged
        | Kind::Mended
        | Kind::TemplateChanged => RecordFacet::Changes,
    }
}
