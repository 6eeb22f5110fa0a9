//! Errors as the window gets them: a stable code to branch on, a sentence to show, and details by code.
//!
//! Every code stands in `docs/errors.md`. Conversions match every variant: a new failure of the core does not compile
//! until somebody has decided what the window is told.

use serde::Serialize;
use tenantry_core::error::{ConflictOn, FileProblem, SessionProblem, UniqueField};
use tenantry_core::values::Field;
use tenantry_core::{AppError, FieldIssue, StoreError, values as core};

use crate::desktop::DesktopError;
use crate::identifiers::random_id;
use crate::numbers::Count;
use crate::profiles::ProfilesNotWritten;
use crate::vault::{KeychainProblem, NotForgotten, NotMoved, NotProven, SealedFileProblem, SecretsLocked};

/// What a command rejects with: `message` is a sentence to show, `details` what the window needs besides the code.
#[expect(missing_docs, reason = "the two fields mean the same in every variant")]
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "code", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum WireError {
    /// Fields break rules; nothing was done.
    InvalidInput { message: String, details: InvalidInput },
    /// A name, address or collection is taken.
    Conflict { message: String, details: Conflict },
    /// There is no such thing, or this session may not know of it.
    NotFound { message: String, details: NotFound },
    /// Nobody is signed in.
    NotSignedIn { message: String },
    /// The session's time is over.
    SessionExpired { message: String },
    /// The session was ended.
    SessionRevoked { message: String },
    /// The role may not do this.
    Forbidden { message: String },
    /// A connection would permit more than before, which an operator of its workspace has to say.
    OperatorNeeded { message: String },
    /// Address or password are wrong.
    CredentialsRefused { message: String, details: CredentialsRefused },
    /// The password was right, the organization is deactivated.
    OrganizationInactive { message: String },
    /// Too many failed sign-ins.
    Throttled { message: String, details: Throttled },
    /// The workspace has an operator already.
    AlreadyClaimed { message: String },
    /// Another act on this organization is under way.
    Busy { message: String, details: Busy },
    /// An update of several fields was interrupted by a failure.
    PartlyDone { message: String, details: PartlyDone },
    /// Somebody else changed the organization while an act was carried out, so the act was stopped.
    ChangedMeanwhile { message: String },
    /// What exists is not what was shown; nothing was done.
    FactsChanged { message: String },
    /// What was typed to confirm is not the organization's name.
    ConfirmationMismatch { message: String },
    /// No workspace is open.
    NoWorkspace { message: String },
    /// The database user's password is not stored: ask.
    WorkspacePasswordNeeded { message: String },
    /// The server refused the database user.
    WorkspaceRefused { message: String },
    /// The built-in workspace's file is damaged.
    WorkspaceDamaged { message: String },
    /// A newer program wrote the file.
    WorkspaceNewer { message: String, details: WorkspaceNewer },
    /// The connection string can't be used.
    ConnectionStringInvalid { message: String, details: ConnectionStringInvalid },
    /// A server, file or keychain can't be reached.
    Unavailable { message: String, details: Unavailable },
    /// The database user may not do this.
    DeniedByDatabase { message: String, details: DeniedByDatabase },
    /// The deployment's tier does not offer this, or has no more room for it.
    LimitReached { message: String, details: LimitReached },
    /// The database took it for a breach of one of its rules.
    RuleBroken { message: String, details: RuleBroken },
    /// The workspace is open for reading only.
    ReadOnly { message: String, details: ReadOnly },
    /// The sealed file of secrets needs its passphrase.
    SecretsLocked { message: String },
    /// A sealed file does not open with this passphrase.
    PassphraseRefused { message: String },
    /// Secrets leave only when somebody proved that they are theirs to take away.
    ProofNeeded { message: String, details: ProofNeeded },
    /// Nothing in a file or text can be imported.
    ImportRefused { message: String, details: ImportRefused },
    /// The organization's collection is missing.
    DataMissing { message: String, details: DataMissing },
    /// What is stored breaks a rule that it must keep.
    DataCorrupt { message: String, details: DataCorrupt },
    /// The server has no room left.
    DatabaseFull { message: String },
    /// A file could not be written.
    FileNotWritten { message: String, details: FileNotWritten },
    /// A job was cancelled.
    Cancelled { message: String },
    /// A defect, or something that nobody can do anything about: it is in the log under this incident.
    Internal { message: String, details: Internal },
}

macro_rules! details {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }
    )+};
}

details! {
    /// Details of `invalid_input`.
    InvalidInput {
        /// Every rule that is broken.
        fields: Vec<FieldProblem>,
    }
    /// One rule that one field breaks.
    FieldProblem {
        /// The field.
        field: WireField,
        /// The rule.
        rule: FieldRule,
        /// For a connection string, what is wrong with it as a sentence. Never holds what was typed.
        message: String,
    }
    /// Details of `conflict`.
    Conflict {
        /// What is taken.
        field: ConflictField,
    }
    /// Details of `not_found`.
    NotFound {
        /// What was looked for, as a noun.
        what: String,
    }
    /// Details of `credentials_refused`.
    CredentialsRefused {
        /// Failures that are still free before waiting starts.
        tries_left: Option<u32>,
    }
    /// Details of `throttled`.
    Throttled {
        /// The rest of the wait.
        wait_seconds: Count,
    }
    /// Details of `busy`.
    Busy {
        /// The act that is under way.
        act: String,
    }
    /// Details of `partly_done`.
    PartlyDone {
        /// The fields that have changed.
        done: Vec<WireField>,
        /// The fields that have not.
        not_done: Vec<WireField>,
        /// The fields that may have changed: an answer was lost.
        unclear: Vec<WireField>,
        /// The failure, as a sentence.
        cause: String,
    }
    /// Details of `workspace_newer`.
    WorkspaceNewer {
        /// The file's version.
        found: u32,
        /// The newest version that this program knows.
        supported: u32,
    }
    /// Details of `connection_string_invalid`.
    ConnectionStringInvalid {
        /// What is wrong with it, as a sentence.
        problem: String,
    }
    /// Details of `unavailable`.
    Unavailable {
        /// What can't be reached, or why.
        reason: UnavailableReason,
        /// The workspace's file, where it is in one.
        path: Option<String>,
    }
    /// Details of `denied_by_database`.
    DeniedByDatabase {
        /// What the user lacks, in the server's words.
        action: String,
        /// On what.
        namespace: Option<String>,
    }
    /// Details of `limit_reached`.
    LimitReached {
        /// What was refused, in the server's words.
        action: String,
    }
    /// Details of `rule_broken`.
    RuleBroken {
        /// Which rule, as a noun with names and no values.
        rule: String,
    }
    /// Details of `read_only`.
    ReadOnly {
        /// Whether it is only locked, so that an operator may unlock it.
        unlockable: bool,
    }
    /// Details of `proof_needed`.
    ProofNeeded {
        /// What proves it.
        by: ProofBy,
    }
    /// Details of `import_refused`.
    ImportRefused {
        /// What is wrong with it, as a sentence.
        problem: String,
    }
    /// Details of `data_missing`.
    DataMissing {
        /// The collection's name.
        collection: String,
    }
    /// Details of `data_corrupt`.
    DataCorrupt {
        /// What is damaged, without its content.
        what: String,
    }
    /// Details of `file_not_written`.
    FileNotWritten {
        /// What the file is.
        what: FileKind,
        /// Where it is, or its name.
        path: String,
        /// Why.
        reason: FileReason,
    }
    /// Details of `internal`.
    Internal {
        /// The number that the log has it under.
        incident: String,
    }
}

/// A field of a form, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum WireField {
    /// An organization's name.
    Name,
    /// An organization's display name.
    DisplayName,
    /// An address.
    Email,
    /// A password.
    Password,
    /// A person's name.
    PersonName,
    /// A connection profile's name.
    ProfileName,
    /// A connection string.
    ConnectionString,
    /// A database's name.
    Database,
    /// The service's signing secret.
    SigningSecret,
    /// A connection profile's notes.
    Notes,
    /// Why a workspace is unlocked.
    Reason,
    /// The passphrase of a sealed file.
    Passphrase,
}

/// A rule of a field, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum FieldRule {
    /// It may not be empty.
    Required,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// It has too many bytes.
    TooManyBytes,
    /// It holds characters that it may not.
    Characters,
    /// A password without an upper-case letter.
    NoUpper,
    /// A password without a lower-case letter.
    NoLower,
    /// A password without a digit.
    NoDigit,
    /// A NUL character.
    Nul,
    /// None or more than one `@`.
    AtSign,
    /// Not a valid address.
    Address,
    /// It is taken.
    Taken,
    /// The collection that it leads to exists and belongs to no organization.
    CollectionTaken,
}

/// What is taken, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum ConflictField {
    /// The organization's name.
    Name,
    /// The admin's address.
    Email,
    /// The collection.
    Collection,
}

/// What can't be reached, or why, on the wire.
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

/// What proves that somebody may take secrets away, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ProofBy {
    /// The passphrase of the file of secrets.
    Passphrase,
    /// An operator's session in the workspace of each connection.
    Operator,
}

/// What a file that could not be written is, on the wire.
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

/// Why a file could not be written, on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum FileReason {
    /// No room.
    Full,
    /// Not permitted.
    Denied,
    /// Something is there.
    Exists,
    /// No such folder.
    Missing,
    /// Another program is using it.
    Busy,
    /// A spreadsheet can't hold as many rows.
    TooManyRows,
    /// Anything else.
    Other,
}

impl WireError {
    /// No workspace is open.
    pub fn no_workspace() -> Self {
        Self::NoWorkspace { message: "No workspace is open.".to_owned() }
    }

    /// Nobody is signed in.
    pub fn not_signed_in() -> Self {
        Self::NotSignedIn { message: "Nobody is signed in. Sign in first.".to_owned() }
    }

    /// The role may not do this.
    pub fn forbidden() -> Self {
        Self::Forbidden { message: "Your role does not permit this.".to_owned() }
    }

    /// `proof_needed`.
    pub fn proof_needed(by: ProofBy) -> Self {
        let message = match by {
            ProofBy::Passphrase => {
                "Enter the passphrase of the file of secrets: its secrets are about to leave it."
            }
            ProofBy::Operator => {
                "Sign in as an operator to the workspace of each connection whose secrets are to be exported."
            }
        };
        Self::ProofNeeded { message: message.to_owned(), details: ProofNeeded { by } }
    }

    /// `operator_needed`.
    pub fn operator_needed() -> Self {
        let message =
            "The connection would permit more than before. Sign in to its workspace as an operator first.";
        Self::OperatorNeeded { message: message.to_owned() }
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound {
            message: format!("This {what} does not exist."),
            details: NotFound { what: what.to_owned() },
        }
    }

    /// The database user's password is needed.
    pub fn workspace_password_needed() -> Self {
        Self::WorkspacePasswordNeeded {
            message: "The password of the database user is not stored. Enter it to open the workspace."
                .to_owned(),
        }
    }

    /// The workspace is open for reading only.
    pub fn read_only(unlockable: bool) -> Self {
        let message = if unlockable {
            "This workspace is locked. Nothing was changed. An operator can unlock it for ten minutes."
        } else {
            "This workspace is open for reading only. Nothing was changed."
        };
        Self::ReadOnly { message: message.to_owned(), details: ReadOnly { unlockable } }
    }

    /// The sealed file of secrets needs its passphrase.
    pub fn secrets_locked() -> Self {
        Self::SecretsLocked {
            message: "The file of secrets is locked. Enter its passphrase first.".to_owned(),
        }
    }

    /// A sealed file does not open with this passphrase.
    pub fn passphrase_refused() -> Self {
        Self::PassphraseRefused { message: "The file does not open with this passphrase.".to_owned() }
    }

    /// Nothing in a file or text can be imported. `problem` is a sentence without anything secret.
    pub fn import_refused(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::ImportRefused {
            message: format!("Nothing was imported. {problem}"),
            details: ImportRefused { problem },
        }
    }

    /// The built-in workspace's file is damaged; it was left as it is.
    pub fn workspace_damaged(path: &std::path::Path) -> Self {
        Self::WorkspaceDamaged {
            message: format!(
                "The file of this workspace is damaged. Nothing in it was changed. It is at {}.",
                path.display()
            ),
        }
    }

    /// The keychain can't be used; nothing was changed.
    pub fn keychain_unavailable(problem: KeychainProblem) -> Self {
        Self::Unavailable {
            message: format!("The keychain can't be used: {problem:?}. Nothing was changed."),
            details: Unavailable { reason: UnavailableReason::Keychain, path: None },
        }
    }

    /// A file can't be written.
    pub fn file_not_written(what: FileKind, path: &str, problem: FileProblem) -> Self {
        let reason = match problem {
            FileProblem::Full => FileReason::Full,
            FileProblem::Denied => FileReason::Denied,
            FileProblem::Exists => FileReason::Exists,
            FileProblem::Missing => FileReason::Missing,
            FileProblem::Busy => FileReason::Busy,
            FileProblem::TooManyRows => FileReason::TooManyRows,
            FileProblem::Other => FileReason::Other,
        };
        Self::FileNotWritten {
            message: format!("{path} was not written: {problem}."),
            details: FileNotWritten { what, path: path.to_owned(), reason },
        }
    }

    /// The workspace's file can't be used: it is not written, or out of reach for now.
    fn workspace_file(path: String, problem: FileProblem) -> Self {
        let reason = match problem {
            FileProblem::Full | FileProblem::Denied | FileProblem::Exists | FileProblem::TooManyRows => {
                return Self::file_not_written(FileKind::Workspace, &path, problem);
            }
            FileProblem::Busy => UnavailableReason::FileBusy,
            FileProblem::Missing => UnavailableReason::FileMissing,
            FileProblem::Other => UnavailableReason::FileRefused,
        };
        Self::Unavailable {
            message: format!("The workspace's file can't be used: {problem}."),
            details: Unavailable { reason, path: Some(path) },
        }
    }

    /// Something that nobody branches on: it is logged here, once, and the window gets the number that it is under.
    pub fn internal(detail: &str) -> Self {
        let incident: String = random_id().chars().take(8).collect();
        tracing::error!(incident, detail, "unexpected failure");
        Self::Internal {
            message: format!("Something unexpected happened. The log has it as incident {incident}."),
            details: Internal { incident },
        }
    }

    /// The sentence to show.
    pub fn message(&self) -> &str {
        match self {
            Self::InvalidInput { message, .. }
            | Self::Conflict { message, .. }
            | Self::NotFound { message, .. }
            | Self::NotSignedIn { message }
            | Self::SessionExpired { message }
            | Self::SessionRevoked { message }
            | Self::Forbidden { message }
            | Self::OperatorNeeded { message }
            | Self::CredentialsRefused { message, .. }
            | Self::OrganizationInactive { message }
            | Self::Throttled { message, .. }
            | Self::AlreadyClaimed { message }
            | Self::Busy { message, .. }
            | Self::PartlyDone { message, .. }
            | Self::ChangedMeanwhile { message }
            | Self::FactsChanged { message }
            | Self::ConfirmationMismatch { message }
            | Self::NoWorkspace { message }
            | Self::WorkspacePasswordNeeded { message }
            | Self::WorkspaceRefused { message }
            | Self::WorkspaceDamaged { message }
            | Self::WorkspaceNewer { message, .. }
            | Self::ConnectionStringInvalid { message, .. }
            | Self::Unavailable { message, .. }
            | Self::DeniedByDatabase { message, .. }
            | Self::LimitReached { message, .. }
            | Self::RuleBroken { message, .. }
            | Self::ReadOnly { message, .. }
            | Self::SecretsLocked { message }
            | Self::PassphraseRefused { message }
            | Self::ProofNeeded { message, .. }
            | Self::ImportRefused { message, .. }
            | Self::DataMissing { message, .. }
            | Self::DataCorrupt { message, .. }
            | Self::DatabaseFull { message }
            | Self::FileNotWritten { message, .. }
            | Self::Cancelled { message }
            | Self::Internal { message, .. } => message,
        }
    }

    fn conflict(on: ConflictOn) -> Self {
        let (field, message) = match on {
            ConflictOn::Name => (ConflictField::Name, "This name is taken."),
            ConflictOn::Email => (ConflictField::Email, "This address is taken."),
            ConflictOn::Collection => (
                ConflictField::Collection,
                "A collection that this name needs exists and belongs to no organization.",
            ),
        };
        Self::Conflict { message: message.to_owned(), details: Conflict { field } }
    }

    fn changed_meanwhile() -> Self {
        Self::ChangedMeanwhile {
            message: "Somebody else changed the organization while this was carried out, so it was stopped."
                .to_owned(),
        }
    }

    fn busy(act: &str) -> Self {
        Self::Busy {
            message: "Another change of this organization is under way. Try again when it is done."
                .to_owned(),
            details: Busy { act: act.to_owned() },
        }
    }

    fn partly_done(parts: [Vec<Field>; 3], cause: &Self) -> Self {
        let [done, not_done, unclear] = parts.map(|fields| fields.into_iter().map(WireField::from).collect());
        let cause = cause.message().to_owned();
        Self::PartlyDone {
            message: format!("Only a part of this was changed. {cause}"),
            details: PartlyDone { done, not_done, unclear, cause },
        }
    }

    fn data_missing(collection: String) -> Self {
        Self::DataMissing {
            message: format!("The collection {collection} is missing."),
            details: DataMissing { collection },
        }
    }
}

impl From<AppError> for WireError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::InvalidInput(issues) => Self::from(issues),
            AppError::Conflict(on) => Self::conflict(on),
            AppError::NotFound { what } => Self::not_found(what),
            AppError::Session(SessionProblem::Missing) => Self::not_signed_in(),
            AppError::Session(SessionProblem::Expired) => {
                Self::SessionExpired { message: "Your session is over. Sign in again.".to_owned() }
            }
            AppError::Session(SessionProblem::Revoked) => {
                Self::SessionRevoked { message: "Your session was ended. Sign in again.".to_owned() }
            }
            AppError::Forbidden => Self::forbidden(),
            AppError::CredentialsRefused { tries_left } => Self::CredentialsRefused {
                message: "Address and password do not match.".to_owned(),
                details: CredentialsRefused { tries_left: Some(tries_left) },
            },
            AppError::OrganizationInactive => Self::OrganizationInactive {
                message: "This organization is deactivated. An operator can reactivate it.".to_owned(),
            },
            AppError::Throttled { seconds } => Self::Throttled {
                message: format!("Too many failed sign-ins. Wait {seconds} s and try again."),
                details: Throttled { wait_seconds: Count::from(seconds) },
            },
            AppError::AlreadyClaimed => Self::AlreadyClaimed {
                message: "This workspace has an operator already. Sign in instead.".to_owned(),
            },
            AppError::Busy { act } => Self::busy(act),
            AppError::PartlyDone { done, not_done, unclear, cause } => {
                Self::partly_done([done, not_done, unclear], &Self::from(*cause))
            }
            AppError::FactsChanged => Self::FactsChanged {
                message: "Something else is there now than what was shown. Nothing was changed.".to_owned(),
            },
            AppError::ConfirmationMismatch => Self::ConfirmationMismatch {
                message: "What you typed is not the organization's name.".to_owned(),
            },
            AppError::DataMissing { collection } => Self::data_missing(collection),
            AppError::Cancelled => Self::Cancelled { message: "Cancelled.".to_owned() },
            AppError::FileNotWritten(problem) => {
                Self::file_not_written(FileKind::Export, "the file", problem)
            }
            AppError::Store(error) => Self::from(error),
            AppError::Unexpected { detail } => Self::internal(&detail),
        }
    }
}

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate { field: UniqueField::Name } => Self::conflict(ConflictOn::Name),
            StoreError::Duplicate { field: UniqueField::Email } => Self::conflict(ConflictOn::Email),
            StoreError::Duplicate { field: UniqueField::Operation } => Self::busy("change"),
            StoreError::Changed { .. } => Self::changed_meanwhile(),
            StoreError::Duplicate { field: UniqueField::Id } => Self::internal("an id is taken"),
            StoreError::NotFound { what } => Self::not_found(what),
            StoreError::CollectionExists { .. } => Self::conflict(ConflictOn::Collection),
            StoreError::CollectionMissing { collection } => Self::data_missing(collection),
            StoreError::Unavailable { reason } => Self::Unavailable {
                message: format!("The workspace can't be reached: {reason}."),
                details: Unavailable { reason: UnavailableReason::Server, path: None },
            },
            StoreError::TookTooLong => Self::Unavailable {
                message: "The workspace took too long to answer.".to_owned(),
                details: Unavailable { reason: UnavailableReason::TookTooLong, path: None },
            },
            StoreError::Denied { action, namespace } => Self::DeniedByDatabase {
                message: match &namespace {
                    Some(namespace) => format!("The database user lacks {action} on {namespace}."),
                    None => format!("Not permitted: {action}."),
                },
                details: DeniedByDatabase { action, namespace },
            },
            StoreError::LimitReached { action } => Self::LimitReached {
                message: format!("This tier does not offer {action}, or its limit is reached."),
                details: LimitReached { action },
            },
            StoreError::RuleBroken { rule } => Self::RuleBroken {
                message: format!("The database refused it by {rule}."),
                details: RuleBroken { rule },
            },
            StoreError::ReadOnly { unlockable } => Self::read_only(unlockable),
            StoreError::SignInRefused => Self::WorkspaceRefused {
                message: "The server refused the database user's name or password.".to_owned(),
            },
            StoreError::Full => {
                Self::DatabaseFull { message: "The server has no room left. Nothing was written.".to_owned() }
            }
            StoreError::File { path, problem } => Self::workspace_file(path, problem),
            StoreError::Corrupt { what } => Self::DataCorrupt {
                message: format!("Damaged: {what}. Nothing was changed."),
                details: DataCorrupt { what },
            },
            StoreError::Newer { found, supported } => Self::WorkspaceNewer {
                message: "A newer version of Tenantry wrote this workspace. Nothing was changed.".to_owned(),
                details: WorkspaceNewer { found, supported },
            },
            StoreError::ConnectionString { problem } => Self::ConnectionStringInvalid {
                message: format!("The connection string can't be used. {problem}"),
                details: ConnectionStringInvalid { problem },
            },
            StoreError::Unexpected { detail } => Self::internal(&detail),
        }
    }
}

impl From<Vec<FieldIssue>> for WireError {
    fn from(issues: Vec<FieldIssue>) -> Self {
        let fields: Vec<FieldProblem> = issues.into_iter().map(FieldProblem::from).collect();
        let message = match fields.as_slice() {
            [only] => only.message.clone(),
            [] | [_, ..] => "Some fields need another look.".to_owned(),
        };
        Self::InvalidInput { message, details: InvalidInput { fields } }
    }
}

impl From<FieldIssue> for FieldProblem {
    fn from(issue: FieldIssue) -> Self {
        Self {
            field: WireField::from(issue.field),
            rule: FieldRule::from(issue.rule),
            message: issue.message,
        }
    }
}

impl From<core::FieldRule> for FieldRule {
    fn from(rule: core::FieldRule) -> Self {
        match rule {
            core::FieldRule::Required => Self::Required,
            core::FieldRule::TooShort => Self::TooShort,
            core::FieldRule::TooLong => Self::TooLong,
            core::FieldRule::TooManyBytes => Self::TooManyBytes,
            core::FieldRule::Characters => Self::Characters,
            core::FieldRule::NoUpper => Self::NoUpper,
            core::FieldRule::NoLower => Self::NoLower,
            core::FieldRule::NoDigit => Self::NoDigit,
            core::FieldRule::Nul => Self::Nul,
            core::FieldRule::AtSign => Self::AtSign,
            core::FieldRule::Address => Self::Address,
            core::FieldRule::Taken => Self::Taken,
            core::FieldRule::CollectionTaken => Self::CollectionTaken,
        }
    }
}

impl From<Field> for WireField {
    fn from(field: Field) -> Self {
        match field {
            Field::Name => Self::Name,
            Field::DisplayName => Self::DisplayName,
            Field::Email => Self::Email,
            Field::Password => Self::Password,
            Field::PersonName => Self::PersonName,
            Field::ProfileName => Self::ProfileName,
            Field::ConnectionString => Self::ConnectionString,
            Field::Database => Self::Database,
            Field::SigningSecret => Self::SigningSecret,
            Field::Notes => Self::Notes,
            Field::Reason => Self::Reason,
            Field::Passphrase => Self::Passphrase,
        }
    }
}

impl From<ProfilesNotWritten> for WireError {
    fn from(error: ProfilesNotWritten) -> Self {
        tracing::warn!(%error, "connection profiles");
        Self::file_not_written(FileKind::Profiles, "profiles.json", FileProblem::Other)
    }
}

fn secrets_not_written(problem: FileProblem) -> WireError {
    WireError::file_not_written(FileKind::Secrets, crate::vault::SEALED_FILE, problem)
}

impl From<SecretsLocked> for WireError {
    fn from(_: SecretsLocked) -> Self {
        Self::secrets_locked()
    }
}

impl From<NotForgotten> for WireError {
    fn from(problem: NotForgotten) -> Self {
        match problem {
            NotForgotten::Locked(locked) => Self::from(locked),
            NotForgotten::Keychain(problem) => Self::keychain_unavailable(problem),
        }
    }
}

impl From<NotProven> for WireError {
    fn from(problem: NotProven) -> Self {
        match problem {
            NotProven::PassphraseNeeded => Self::proof_needed(ProofBy::Passphrase),
            NotProven::SealedFile(problem) => Self::from(problem),
            NotProven::Keychain(problem) => Self::keychain_unavailable(problem),
        }
    }
}

impl From<SealedFileProblem> for WireError {
    fn from(problem: SealedFileProblem) -> Self {
        match problem {
            SealedFileProblem::Missing => Self::not_found("file of secrets"),
            SealedFileProblem::Locked => Self::secrets_locked(),
            SealedFileProblem::Refused => Self::passphrase_refused(),
            SealedFileProblem::Damaged => {
                Self::from(StoreError::Corrupt { what: "the file of secrets and its copy".to_owned() })
            }
            SealedFileProblem::Newer => Self::from(StoreError::Corrupt {
                what: "the file of secrets, or a newer Tenantry wrote it".to_owned(),
            }),
            SealedFileProblem::File(problem) => secrets_not_written(problem),
            SealedFileProblem::NotSealed => Self::internal("the secrets could not be sealed"),
        }
    }
}

impl From<NotMoved> for WireError {
    fn from(problem: NotMoved) -> Self {
        match problem {
            NotMoved::Keychain(problem) => Self::keychain_unavailable(problem),
            NotMoved::SealedFile(problem) => Self::from(problem),
            NotMoved::PassphraseNeeded => Self::from(vec![FieldIssue {
                field: Field::Passphrase,
                rule: core::FieldRule::Required,
                message: "A passphrase is needed.".to_owned(),
            }]),
            NotMoved::NotReadBack => secrets_not_written(FileProblem::Other),
            NotMoved::NotNoted(problem) => Self::from(problem),
        }
    }
}

impl From<DesktopError> for WireError {
    fn from(error: DesktopError) -> Self {
        Self::internal(&error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn wire(error: impl Into<WireError>) -> Value {
        serde_json::to_value(error.into()).unwrap()
    }

    #[test]
    fn an_error_is_a_code_a_message_and_details() {
        assert_eq!(
            wire(AppError::Conflict(ConflictOn::Email)),
            json!({"code": "conflict", "message": "This address is taken.", "details": {"field": "email"}}),
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
            rule: core::FieldRule::TooLong,
            message: "A name has at most 80 characters.".to_owned(),
        };
        assert_eq!(
            wire(AppError::InvalidInput(vec![issue])),
            json!({
                "code": "invalid_input",
                "message": "A name has at most 80 characters.",
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
        let incident = shown["details"]["incident"].as_str().unwrap();
        assert!(shown["message"].as_str().unwrap().contains(incident), "a person must be able to quote it");
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
                "cause": "The workspace took too long to answer."
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
        ] {
            assert_eq!(
                wire(AppError::Session(problem))["code"],
                code,
                "the window shows another sentence for each"
            );
        }
    }
}
