//! What can go wrong. A variant exists because someone branches on it; the shell turns each [`AppError`] into one
//! code of `docs/errors.md`.

use thiserror::Error;

use crate::values::{Field, FieldIssue, FieldRule};

/// What must be unique in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// `organization_name`.
    Name,
    /// `admin_email`, or an operator's address, without regard to case.
    Email,
    /// The `_id` belongs to something else already.
    Id,
    /// One operation per organization at a time.
    Operation,
}

/// What a store answers when it can't do what a port asks. Adapters translate by code, never by text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The value of a unique field is taken. Nothing was written.
    #[error("the value of {field:?} is taken")]
    Duplicate {
        /// Which field.
        field: UniqueField,
    },
    /// The thing that the act is about is not there.
    #[error("{what} is not there")]
    NotFound {
        /// What was looked for, as a noun.
        what: &'static str,
    },
    /// The thing that the act is about is no longer what the act is about: somebody else changed it since it was looked at.
    /// Nothing was written.
    #[error("{what} was changed by somebody else meanwhile")]
    Changed {
        /// What was looked at, as a noun.
        what: &'static str,
    },
    /// A collection of that name is there already.
    #[error("the collection {collection} exists")]
    CollectionExists {
        /// Its name.
        collection: String,
    },
    /// There is no collection of that name.
    #[error("the collection {collection} is missing")]
    CollectionMissing {
        /// Its name.
        collection: String,
    },
    /// The server or file can't be reached now; the same call may succeed later. What was asked for may have happened.
    #[error("the store can't be reached: {reason}")]
    Unavailable {
        /// A short reason without secrets or values.
        reason: String,
    },
    /// The call took longer than it may. A write may have happened.
    #[error("the store took too long")]
    TookTooLong,
    /// The database user may not do this.
    #[error("the database user lacks {action}")]
    Denied {
        /// The privilege, in the server's words, or the command's name.
        action: String,
        /// Where it is needed.
        namespace: Option<String>,
    },
    /// The deployment's tier does not offer this, or has no more room for it. Nothing was written.
    #[error("the deployment's tier refused {action}")]
    LimitReached {
        /// The privilege, in the server's words, or the command's name.
        action: String,
    },
    /// The server took it for a breach of a rule: its own about names and options, or a collection's about documents.
    /// Nothing was written.
    #[error("refused by {rule}")]
    RuleBroken {
        /// Which rule, as a noun with names and no values.
        rule: String,
    },
    /// The workspace is open for reading only. Nothing was written.
    #[error("the workspace is read-only")]
    ReadOnly {
        /// Whether it is only locked, so that an operator may unlock it.
        unlockable: bool,
    },
    /// The server refused the database user's name or password.
    #[error("the server refused the database user")]
    SignInRefused,
    /// The server has no room left. Nothing was written.
    #[error("the server's disk is full")]
    Full,
    /// The workspace's own file on this computer can't be used. Where it is full or denied, nothing was written.
    #[error("the workspace's file can't be used: {problem}")]
    File {
        /// The file, for people.
        path: String,
        /// Why.
        problem: FileProblem,
    },
    /// What is stored breaks a rule that it must keep, or the file is damaged.
    #[error("{what} is damaged")]
    Corrupt {
        /// What, without its content.
        what: String,
    },
    /// The file was written by a newer program.
    #[error("the file has version {found}, this program knows {supported}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version that this program knows.
        supported: u32,
    },
    /// The connection string can't be used.
    #[error("the connection string is wrong: {problem}")]
    ConnectionString {
        /// What is wrong with it, without the string itself.
        problem: String,
    },
    /// Anything that nobody branches on: logged with its detail, shown as an incident.
    #[error("the store failed: {detail}")]
    Unexpected {
        /// For the log. Holds codes and names of commands, never values.
        detail: String,
    },
}

impl StoreError {
    /// Whether what was asked for may have happened all the same, or may still happen.
    pub fn is_unclear(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::TookTooLong => true,
            Self::File { problem, .. } => match problem {
                FileProblem::Busy | FileProblem::Missing | FileProblem::Other => true,
                FileProblem::Full | FileProblem::Denied | FileProblem::Exists | FileProblem::TooManyRows => {
                    false
                }
            },
            Self::Duplicate { .. }
            | Self::NotFound { .. }
            | Self::Changed { .. }
            | Self::CollectionExists { .. }
            | Self::CollectionMissing { .. }
            | Self::Denied { .. }
            | Self::LimitReached { .. }
            | Self::RuleBroken { .. }
            | Self::ReadOnly { .. }
            | Self::SignInRefused
            | Self::Full
            | Self::Corrupt { .. }
            | Self::Newer { .. }
            | Self::ConnectionString { .. }
            | Self::Unexpected { .. } => false,
        }
    }
}

/// Why a session is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionProblem {
    /// Nobody is signed in.
    Missing,
    /// Its time is over.
    Expired,
    /// It was ended: a sign-out, a changed password, a deactivation.
    Revoked,
}

/// What an act of an administrator answers when it can't be done.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppError {
    /// Fields break rules; nothing was done.
    #[error("some fields break their rules")]
    InvalidInput(Vec<FieldIssue>),
    /// The name, the address or the collection is taken.
    #[error("taken: {0:?}")]
    Conflict(ConflictOn),
    /// There is no such thing, or this session may not know of it.
    #[error("{what} was not found")]
    NotFound {
        /// What was looked for, as a noun.
        what: &'static str,
    },
    /// The session is no good.
    #[error("the session is {0:?}")]
    Session(SessionProblem),
    /// The session is good, and its role may not do this.
    #[error("this role may not do that")]
    Forbidden,
    /// Address or password are wrong; which one is not said.
    #[error("the address and password do not match")]
    CredentialsRefused {
        /// Failures that are still free before waiting starts.
        tries_left: u32,
    },
    /// The password was right, the organization is deactivated.
    #[error("the organization is deactivated")]
    OrganizationInactive,
    /// Too many failed sign-ins.
    #[error("sign-in waits {seconds} s")]
    Throttled {
        /// The rest of the wait.
        seconds: u64,
    },
    /// The workspace has an operator already.
    #[error("the workspace is claimed")]
    AlreadyClaimed,
    /// Another act on the same organization is under way.
    #[error("{act} is under way on this organization")]
    Busy {
        /// The act that is under way.
        act: &'static str,
    },
    /// An update of several fields was interrupted by a failure.
    #[error("done in part, because {cause}")]
    PartlyDone {
        /// The fields that have changed.
        done: Vec<Field>,
        /// The fields that have not.
        not_done: Vec<Field>,
        /// The fields that may have changed: an answer was lost.
        unclear: Vec<Field>,
        /// The failure.
        cause: Box<AppError>,
    },
    /// What exists is not what was shown when it was decided; nothing was done.
    #[error("what was shown has changed")]
    FactsChanged,
    /// What was typed to confirm is not the organization's name.
    #[error("the confirmation does not match")]
    ConfirmationMismatch,
    /// The organization's collection is missing.
    #[error("the collection {collection} is missing")]
    DataMissing {
        /// Its name.
        collection: String,
    },
    /// A job was cancelled; nothing of it remains.
    #[error("cancelled")]
    Cancelled,
    /// An export's target can't be written.
    #[error("the file can't be written: {0}")]
    FileNotWritten(FileProblem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything that nobody branches on: logged with its detail, shown as an incident.
    #[error("unexpected: {detail}")]
    Unexpected {
        /// For the log; never a secret.
        detail: String,
    },
}

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictOn {
    /// The organization's name.
    Name,
    /// The administrator's address.
    Email,
    /// A collection with the organization's collection name exists and belongs to no organization.
    Collection,
}

/// Why a file can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// No room on the disk.
    #[error("the disk is full")]
    Full,
    /// The folder or file may not be written.
    #[error("permission denied")]
    Denied,
    /// Something is there, and replacing it was not confirmed.
    #[error("the file exists")]
    Exists,
    /// The folder is not there.
    #[error("the folder is missing")]
    Missing,
    /// Another program holds it.
    #[error("another program is using the file")]
    Busy,
    /// The format can't hold that many rows.
    #[error("the list has more rows than a spreadsheet holds")]
    TooManyRows,
    /// Anything else the operating system said.
    #[error("the operating system refused")]
    Other,
}

impl From<&std::io::Error> for FileProblem {
    fn from(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => Self::Denied,
            std::io::ErrorKind::AlreadyExists => Self::Exists,
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Self::Missing,
            std::io::ErrorKind::ResourceBusy => Self::Busy,
            _ => Self::Other,
        }
    }
}

/// As an issue of the field that it was typed into.
impl From<ConflictOn> for FieldIssue {
    fn from(taken: ConflictOn) -> Self {
        let (field, rule, message) = match taken {
            ConflictOn::Name => (Field::Name, FieldRule::Taken, "This name is taken."),
            ConflictOn::Email => (Field::Email, FieldRule::Taken, "This address is taken."),
            ConflictOn::Collection => (
                Field::Name,
                FieldRule::CollectionTaken,
                "The collection that this name needs exists and belongs to no organization.",
            ),
        };
        Self { field, rule, message: message.to_owned() }
    }
}

impl From<FieldIssue> for AppError {
    fn from(issue: FieldIssue) -> Self {
        Self::InvalidInput(vec![issue])
    }
}
