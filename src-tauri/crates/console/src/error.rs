//! What a console answers when it can't do what it was asked: a code to branch on, and facts by code.
//!
//! On the wire it is `{code, details}`; whoever shows it makes sentences of that. Every code stands in
//! `docs/errors.md`. Conversions match every variant: a new failure of the core does not compile until somebody has
//! decided its code.

use std::fmt;
use std::path::Path;

use serde::Serialize;
use tenantry_core::error::{
    BundleProblem, ConflictOn, FileProblem, Limited, ListProblem, ListRefusal, SessionProblem, UndoRefusal,
    UniqueField,
};
use tenantry_core::numbers::Count;
use tenantry_core::values::{Difference, Field, FieldIssue, FieldRule};
use tenantry_core::{AppError, StoreError};

use crate::desktop::DesktopError;
use crate::identifiers::random_id;
use crate::profiles::ProfilesNotWritten;
use crate::vault::{KeeperProblem, NotForgotten, NotMoved, NotProven, SealedFileProblem, SecretsLocked};

/// Why a console did not do what it was asked. The fields mean what their names say, in every variant.
#[expect(missing_docs, reason = "a field's name says what it is")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "code", content = "details", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ConsoleError {
    /// Fields break rules; nothing was done.
    InvalidInput { fields: Vec<FieldIssue> },
    /// A name, address or collection is taken.
    Conflict { field: ConflictOn },
    /// There is no such thing, or this session may not know of it. `what` is a noun.
    NotFound { what: String },
    /// Nobody is signed in.
    NotSignedIn,
    /// The other workspace of a copy or move is not open, or nobody is signed in there.
    OtherWorkspaceClosed,
    /// The session's time is over.
    SessionExpired,
    /// The session was ended.
    SessionRevoked,
    /// The window is locked until its person gives the password.
    SessionLocked,
    /// The role may not do this.
    Forbidden,
    /// A connection would permit more than before, which an operator of its workspace has to say.
    OperatorNeeded,
    /// Address or password are wrong.
    CredentialsRefused { tries_left: Option<u32> },
    /// The password was right, the organization is deactivated.
    OrganizationInactive,
    /// The password was right, the account is deactivated.
    AccountInactive,
    /// The password was right, but it is a one-time password that has run out.
    OneTimePasswordExpired,
    /// No other active owner would be left.
    LastOwner,
    /// Too many failed sign-ins.
    Throttled { wait_seconds: Count },
    /// The workspace has an operator already.
    AlreadyClaimed,
    /// Another act on this organization is under way.
    Busy { act: String },
    /// An update of several fields was interrupted by a failure. An answer about the unclear ones was lost.
    PartlyDone { done: Vec<Field>, not_done: Vec<Field>, unclear: Vec<Field>, cause: Box<ConsoleError> },
    /// Somebody else changed the organization while an act was carried out, so the act was stopped.
    ChangedMeanwhile,
    /// An entry of the record can't be undone; nothing was done.
    UndoRefused { reason: UndoRefusal },
    /// An entry of the record was altered, or does not follow the one before; nothing was done.
    RecordBroken { number: Count },
    /// What exists is not what was shown; nothing was done.
    FactsChanged,
    /// Fields are stored with other values than were shown, and would have been overwritten; nothing was done.
    ChangedElsewhere { fields: Vec<Difference> },
    /// The deployment has no room for what was about to be made; nothing was done.
    NoRoom { of: Limited, used: Count, limit: Count, needed: Count },
    /// What was typed to confirm is not the organization's name.
    ConfirmationMismatch,
    /// The workspace is not open.
    NoWorkspace,
    /// The database user's password is not stored: ask.
    WorkspacePasswordNeeded,
    /// The server refused the database user.
    WorkspaceRefused,
    /// The built-in workspace's file is damaged; it was left as it is.
    WorkspaceDamaged { path: String },
    /// A newer program wrote the file.
    WorkspaceNewer { found: u32, supported: u32 },
    /// The connection string can't be used; `problem` is a sentence without any part of it.
    ConnectionStringInvalid { problem: String },
    /// A server, file or keychain can't be reached. `cause` has names and numbers, for those who know their way.
    Unavailable { reason: UnavailableReason, path: Option<String>, cause: Option<String> },
    /// The database user may not do this. `action` is in the server's words.
    DeniedByDatabase { action: String, namespace: Option<String> },
    /// The deployment's tier does not offer this, or has no more room for it.
    LimitReached { action: String },
    /// The database took it for a breach of one of its rules.
    RuleBroken { rule: String },
    /// The workspace is open for reading only.
    ReadOnly { unlockable: bool },
    /// The sealed file of secrets needs its passphrase.
    SecretsLocked,
    /// A sealed file does not open with this passphrase.
    PassphraseRefused,
    /// Secrets leave only when somebody proved that they are theirs to take away.
    ProofNeeded { by: ProofBy },
    /// Nothing in a file or text can be imported; `problem` is a sentence without anything secret.
    ImportRefused { problem: String },
    /// A file with a list of organizations can't be imported; nothing was done.
    ListRefused { problem: ListProblem, row: Option<u32> },
    /// The organization's collection is missing.
    DataMissing { collection: String },
    /// What is stored breaks a rule that it must keep. `what` has nothing of its content.
    DataCorrupt { what: String },
    /// The server has no room left.
    DatabaseFull,
    /// A bundle can't be read, written or taken in; nothing was done.
    BundleRefused { problem: BundleProblem },
    /// A file could not be written.
    FileNotWritten { what: FileKind, path: String, reason: FileProblem },
    /// A job was cancelled.
    Cancelled,
    /// A defect, or something that nobody can do anything about: it is in the log under this incident.
    Internal { incident: String },
}

/// What can't be reached, or why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum UnavailableReason {
    /// The server does not answer.
    Server,
    /// The server answered too late.
    TookTooLong,
    /// Another program is using the workspace's file.
    FileBusy,
    /// The workspace's file is not where it was.
    FileMissing,
    /// The operating system does not read or write the workspace's file.
    FileRefused,
    /// The keychain can't be used.
    Keychain,
}

/// What proves that somebody may take secrets away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ProofBy {
    /// The passphrase of the file of secrets.
    Passphrase,
    /// An operator's session in the workspace of each connection.
    Operator,
}

/// What a file that could not be written is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A list of organizations, or of connections, that a person wants elsewhere.
    Export,
    /// The built-in workspace.
    Workspace,
    /// The sealed file of secrets.
    Secrets,
    /// The list of saved workspaces.
    Profiles,
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

impl std::error::Error for ConsoleError {}

impl ConsoleError {
    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound { what: what.to_owned() }
    }

    /// A chosen file was not written.
    pub(crate) fn not_written(path: &Path, reason: FileProblem) -> Self {
        Self::FileNotWritten { what: FileKind::Export, path: path.display().to_string(), reason }
    }

    /// The failure of work that writes a chosen file.
    pub(crate) fn of_file(path: &Path, error: AppError) -> Self {
        match error {
            AppError::FileNotWritten(reason) => Self::not_written(path, reason),
            error => Self::from(error),
        }
    }

    /// One field breaks one rule. `message` is for the log.
    pub fn field(field: Field, rule: FieldRule, message: impl Into<String>) -> Self {
        Self::InvalidInput { fields: vec![FieldIssue { field, rule, message: message.into() }] }
    }

    /// Something that nobody branches on: it is logged here, once, and the window gets the number that it is under.
    pub fn internal(detail: &str) -> Self {
        let incident: String = random_id().chars().take(8).collect();
        tracing::error!(incident, detail, "unexpected failure");
        Self::Internal { incident }
    }

    fn unavailable(reason: UnavailableReason) -> Self {
        Self::Unavailable { reason, path: None, cause: None }
    }

    /// The workspace's file can't be used: it is not written, or out of reach for now.
    fn workspace_file(path: String, problem: FileProblem) -> Self {
        let reason = match problem {
            FileProblem::Full | FileProblem::Denied | FileProblem::Exists | FileProblem::TooManyRows => {
                return Self::FileNotWritten { what: FileKind::Workspace, path, reason: problem };
            }
            FileProblem::Busy => UnavailableReason::FileBusy,
            FileProblem::Missing => UnavailableReason::FileMissing,
            FileProblem::Other => UnavailableReason::FileRefused,
        };
        Self::Unavailable { reason, path: Some(path), cause: None }
    }
}

impl From<AppError> for ConsoleError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::InvalidInput(fields) => Self::InvalidInput { fields },
            AppError::Conflict(field) => Self::Conflict { field },
            AppError::NotFound { what } => Self::not_found(what),
            AppError::Session(SessionProblem::Missing) => Self::NotSignedIn,
            AppError::Session(SessionProblem::Expired) => Self::SessionExpired,
            AppError::Session(SessionProblem::Revoked) => Self::SessionRevoked,
            AppError::Session(SessionProblem::Locked) => Self::SessionLocked,
            AppError::Forbidden => Self::Forbidden,
            AppError::CredentialsRefused { tries_left } => {
                Self::CredentialsRefused { tries_left: Some(tries_left) }
            }
            AppError::OrganizationInactive => Self::OrganizationInactive,
            AppError::AccountInactive => Self::AccountInactive,
            AppError::OneTimePasswordExpired => Self::OneTimePasswordExpired,
            AppError::Throttled { seconds } => Self::Throttled { wait_seconds: Count::from(seconds) },
            AppError::AlreadyClaimed => Self::AlreadyClaimed,
            AppError::Busy { act } => Self::Busy { act: act.to_owned() },
            AppError::PartlyDone { done, not_done, unclear, cause } => {
                Self::PartlyDone { done, not_done, unclear, cause: Box::new(Self::from(*cause)) }
            }
            AppError::UndoRefused(reason) => Self::UndoRefused { reason },
            AppError::RecordBroken { number } => Self::RecordBroken { number: Count::from(number) },
            AppError::FactsChanged => Self::FactsChanged,
            AppError::ChangedElsewhere(fields) => Self::ChangedElsewhere { fields },
            AppError::NoRoom { of, used, limit, needed } => Self::NoRoom {
                of,
                used: Count::from(used),
                limit: Count::from(u64::from(limit)),
                needed: Count::from(needed),
            },
            AppError::ConfirmationMismatch => Self::ConfirmationMismatch,
            AppError::DataMissing { collection } => Self::DataMissing { collection },
            AppError::Cancelled => Self::Cancelled,
            AppError::FileNotWritten(reason) => {
                Self::FileNotWritten { what: FileKind::Export, path: "the file".to_owned(), reason }
            }
            AppError::ListRefused(ListRefusal { problem, row }) => Self::ListRefused { problem, row },
            AppError::Bundle(problem) => Self::BundleRefused { problem },
            AppError::Store(error) => Self::from(error),
            AppError::Unexpected { detail } => Self::internal(&detail),
        }
    }
}

impl From<StoreError> for ConsoleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate { field: UniqueField::Name } => Self::Conflict { field: ConflictOn::Name },
            StoreError::Duplicate { field: UniqueField::Email } => {
                Self::Conflict { field: ConflictOn::Email }
            }
            StoreError::Duplicate { field: UniqueField::Operation } => {
                Self::Busy { act: "change".to_owned() }
            }
            StoreError::Duplicate { field: UniqueField::Id } => Self::internal("an id is taken"),
            StoreError::Changed { .. } => Self::ChangedMeanwhile,
            StoreError::LastOwner => Self::LastOwner,
            StoreError::NotFound { what } => Self::not_found(what),
            StoreError::CollectionExists { .. } => Self::Conflict { field: ConflictOn::Collection },
            StoreError::CollectionMissing { collection } => Self::DataMissing { collection },
            StoreError::Unavailable { reason } => {
                Self::Unavailable { reason: UnavailableReason::Server, path: None, cause: Some(reason) }
            }
            StoreError::TookTooLong => Self::unavailable(UnavailableReason::TookTooLong),
            StoreError::Denied { action, namespace } => Self::DeniedByDatabase { action, namespace },
            StoreError::LimitReached { action } => Self::LimitReached { action },
            StoreError::RuleBroken { rule } => Self::RuleBroken { rule },
            StoreError::ReadOnly { unlockable } => Self::ReadOnly { unlockable },
            StoreError::SignInRefused => Self::WorkspaceRefused,
            StoreError::Full => Self::DatabaseFull,
            StoreError::File { path, problem } => Self::workspace_file(path, problem),
            StoreError::Corrupt { what } => Self::DataCorrupt { what },
            StoreError::Newer { found, supported } => Self::WorkspaceNewer { found, supported },
            StoreError::ConnectionString { problem } => Self::ConnectionStringInvalid { problem },
            StoreError::Unexpected { detail } => Self::internal(&detail),
        }
    }
}

impl From<ProfilesNotWritten> for ConsoleError {
    fn from(error: ProfilesNotWritten) -> Self {
        tracing::warn!(%error, "connection profiles");
        let path = "profiles.json".to_owned();
        Self::FileNotWritten { what: FileKind::Profiles, path, reason: FileProblem::Other }
    }
}

impl From<DesktopError> for ConsoleError {
    fn from(error: DesktopError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<SecretsLocked> for ConsoleError {
    fn from(_: SecretsLocked) -> Self {
        Self::SecretsLocked
    }
}

impl From<NotForgotten> for ConsoleError {
    fn from(problem: NotForgotten) -> Self {
        match problem {
            NotForgotten::Locked(locked) => Self::from(locked),
            NotForgotten::Keychain(_) => Self::unavailable(UnavailableReason::Keychain),
        }
    }
}

impl From<KeeperProblem> for ConsoleError {
    fn from(problem: KeeperProblem) -> Self {
        match problem {
            KeeperProblem::Keychain(_) => Self::unavailable(UnavailableReason::Keychain),
            KeeperProblem::SealedFile(problem) => Self::from(problem),
        }
    }
}

impl From<NotProven> for ConsoleError {
    fn from(problem: NotProven) -> Self {
        match problem {
            NotProven::PassphraseNeeded => Self::ProofNeeded { by: ProofBy::Passphrase },
            NotProven::Keeper(problem) => Self::from(problem),
        }
    }
}

impl From<SealedFileProblem> for ConsoleError {
    fn from(problem: SealedFileProblem) -> Self {
        let corrupt = |what: &str| Self::DataCorrupt { what: what.to_owned() };
        match problem {
            SealedFileProblem::Missing => Self::not_found("file of secrets"),
            SealedFileProblem::Locked => Self::SecretsLocked,
            SealedFileProblem::Refused => Self::PassphraseRefused,
            SealedFileProblem::Damaged => corrupt("the file of secrets and its copy"),
            SealedFileProblem::Newer => corrupt("the file of secrets, or a newer Tenantry wrote it"),
            SealedFileProblem::File(problem) => secrets_not_written(problem),
            SealedFileProblem::NotSealed => Self::internal("the secrets could not be sealed"),
        }
    }
}

impl From<NotMoved> for ConsoleError {
    fn from(problem: NotMoved) -> Self {
        match problem {
            NotMoved::Keeper(problem) => Self::from(problem),
            NotMoved::PassphraseNeeded => {
                Self::field(Field::Passphrase, FieldRule::Required, "A passphrase is needed.")
            }
            NotMoved::NotReadBack => secrets_not_written(FileProblem::Other),
            NotMoved::NotNoted(problem) => Self::from(problem),
        }
    }
}

fn secrets_not_written(reason: FileProblem) -> ConsoleError {
    let path = crate::vault::SEALED_FILE.to_owned();
    ConsoleError::FileNotWritten { what: FileKind::Secrets, path, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn wire(error: impl Into<ConsoleError>) -> Value {
        serde_json::to_value(error.into()).unwrap()
    }

    #[test]
    fn an_error_is_a_code_and_details() {
        assert_eq!(
            wire(AppError::Conflict(ConflictOn::Email)),
            json!({"code": "conflict", "details": {"field": "email"}}),
            "the window branches on `code` and highlights `details.field`"
        );
        assert_eq!(
            wire(AppError::CredentialsRefused { tries_left: 2 })["details"],
            json!({"triesLeft": 2}),
            "details are in the window's spelling"
        );
        assert!(
            wire(AppError::Forbidden).get("details").is_none(),
            "a code without details has no empty ones to tempt a reader"
        );
    }

    #[test]
    fn broken_rules_name_their_field_and_rule() {
        let issue = FieldIssue {
            field: Field::PersonName,
            rule: FieldRule::TooLong,
            message: "A name has at most 80 characters.".to_owned(),
        };
        assert_eq!(
            wire(AppError::InvalidInput(vec![issue])),
            json!({
                "code": "invalid_input",
                "details": {"fields": [{
                    "field": "personName", "rule": "too_long", "message": "A name has at most 80 characters."
                }]}
            }),
            "forms put each sentence under its field"
        );
    }

    #[test]
    fn what_nobody_branches_on_keeps_its_detail_in_the_log() {
        let shown = wire(AppError::Unexpected { detail: "E11000 keyValue {admin_email}".to_owned() });
        assert_eq!(shown["code"], "internal");
        assert!(!shown.to_string().contains("E11000"), "a driver's text reached the window: {shown}");
        assert_eq!(
            shown["details"]["incident"].as_str().unwrap().len(),
            8,
            "a person must be able to quote it"
        );
    }

    #[test]
    fn a_refused_write_says_whether_unlocking_helps() {
        for unlockable in [true, false] {
            let shown = wire(AppError::Store(StoreError::ReadOnly { unlockable }));
            assert_eq!(shown["code"], "read_only");
            assert_eq!(
                shown["details"],
                json!({"unlockable": unlockable}),
                "the window offers to unlock by it"
            );
        }
    }

    #[test]
    fn an_update_that_was_done_in_part_says_of_each_field_what_became_of_it() {
        let shown = wire(AppError::PartlyDone {
            done: vec![Field::Name],
            not_done: Vec::new(),
            unclear: vec![Field::Email, Field::Password],
            cause: Box::new(AppError::Store(StoreError::TookTooLong)),
        });
        assert_eq!(shown["code"], "partly_done");
        assert_eq!(
            shown["details"],
            json!({
                "done": ["name"], "notDone": [], "unclear": ["email", "password"],
                "cause": {"code": "unavailable", "details": {"reason": "took_too_long", "path": null, "cause": null}}
            }),
            "the window must not say that nothing was changed"
        );
    }

    #[test]
    fn a_full_disk_says_whose_file_was_not_written() {
        let full = StoreError::File { path: "/data/tenantry.db".to_owned(), problem: FileProblem::Full };
        assert_eq!(
            wire(full)["details"],
            json!({"what": "workspace", "path": "/data/tenantry.db", "reason": "full"}),
            "what became of the file depends on what it is"
        );
        assert_eq!(
            wire(StoreError::Full)["code"],
            "database_full",
            "a server's disk is no file of this computer"
        );
    }

    #[test]
    fn a_file_out_of_reach_is_told_from_a_silent_server() {
        let reason = |error: StoreError| wire(error)["details"]["reason"].clone();
        let file = |problem| StoreError::File { path: "/data/tenantry.db".to_owned(), problem };
        assert_eq!(reason(file(FileProblem::Busy)), "file_busy");
        assert_eq!(reason(file(FileProblem::Missing)), "file_missing");
        assert_eq!(reason(file(FileProblem::Other)), "file_refused");
        assert_eq!(reason(StoreError::TookTooLong), "took_too_long");
    }

    #[test]
    fn sessions_end_with_a_code_of_their_own() {
        for (problem, code) in [
            (SessionProblem::Missing, "not_signed_in"),
            (SessionProblem::Expired, "session_expired"),
            (SessionProblem::Revoked, "session_revoked"),
            (SessionProblem::Locked, "session_locked"),
        ] {
            assert_eq!(
                wire(AppError::Session(problem))["code"],
                code,
                "the window shows another sentence for each"
            );
        }
    }
}
