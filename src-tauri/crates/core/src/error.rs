//! What can go wrong. A variant exists because something branches on it; the console turns each [`AppError`] into one
//! code of `docs/errors.md`.

use serde::Serialize;
use thiserror::Error;

use crate::values::{Difference, Field, FieldIssue, FieldRule};

/// A value that must be unique in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// `organization_name`.
    Name,
    /// `admin_email`, or an operator's address, in any letter case.
    Email,
    /// Something else already has this `_id`.
    Id,
    /// The organization of an operation: it can have one at a time.
    Operation,
}

/// Why a store could not do what a port asks. Adapters translate by code, never by text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// The value of a unique field is taken. Nothing was written.
    #[error("the value of {field:?} is taken")]
    Duplicate {
        /// Which field.
        field: UniqueField,
    },
    /// The subject of the call does not exist.
    #[error("{what} is not there")]
    NotFound {
        /// The missing thing, as a noun.
        what: &'static str,
    },
    /// Someone else changed the subject of the call since it was inspected. Nothing was written.
    #[error("{what} was changed by somebody else meanwhile")]
    Changed {
        /// The changed thing, as a noun.
        what: &'static str,
    },
    /// No other active owner would be left. Nothing was written.
    #[error("the last active owner stays one")]
    LastOwner,
    /// A collection of that name already exists.
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
    /// The server or file cannot be reached now; the same call may succeed later. A write may have been carried out.
    #[error("the store can't be reached: {reason}")]
    Unavailable {
        /// A short reason without secrets or values.
        reason: String,
    },
    /// The call exceeded its time limit. A write may have been carried out.
    #[error("the store took too long")]
    TookTooLong,
    /// The database user is not allowed to do this.
    #[error("the database user lacks {action}")]
    Denied {
        /// The privilege, in the server's words, or the command's name.
        action: String,
        /// The namespace that needs it.
        namespace: Option<String>,
    },
    /// The deployment's tier does not offer this, or has no more room for it. Nothing was written.
    #[error("the deployment's tier refused {action}")]
    LimitReached {
        /// The privilege, in the server's words, or the command's name.
        action: String,
    },
    /// The request broke one of the server's rules for names and options, or a collection's validation rules. Nothing
    /// was written.
    #[error("refused by {rule}")]
    RuleBroken {
        /// The rule, as a noun with names and no values.
        rule: String,
    },
    /// The workspace is open for reading only. Nothing was written.
    #[error("the workspace is read-only")]
    ReadOnly {
        /// Whether it is only locked, so that an operator can unlock it.
        unlockable: bool,
    },
    /// The server refused the database user's name or password.
    #[error("the server refused the database user")]
    SignInRefused,
    /// The server has no space left. Nothing was written.
    #[error("the server's disk is full")]
    Full,
    /// The workspace's own file on this computer cannot be used. If it is full or denied, nothing was written.
    #[error("the workspace's file can't be used: {problem}")]
    File {
        /// The path to show.
        path: String,
        /// The reason.
        problem: FileProblem,
    },
    /// Stored data breaks a rule that it must keep, or the file is damaged.
    #[error("{what} is damaged")]
    Corrupt {
        /// The faulty thing, without its content.
        what: String,
    },
    /// The file was written by a newer program.
    #[error("the file has version {found}, this program knows {supported}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version that this Tenantry can read.
        supported: u32,
    },
    /// The connection string cannot be used.
    #[error("the connection string is wrong: {problem}")]
    ConnectionString {
        /// What is wrong with it, without the string itself.
        problem: String,
    },
    /// An error that nothing branches on: logged with its detail, shown as an incident.
    #[error("the store failed: {detail}")]
    Unexpected {
        /// For the log. Holds codes and names of commands, never values.
        detail: String,
    },
}

impl StoreError {
    /// Whether the request may have been carried out anyway, or may still be.
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
            | Self::LastOwner
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

/// Why a session is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionProblem {
    /// Nobody is signed in.
    Missing,
    /// It has expired.
    Expired,
    /// It was ended: a sign-out, here or from another computer, a changed password, a deactivation.
    Revoked,
    /// Its window is locked.
    Locked,
}

/// Why a service could not do what a person asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppError {
    /// Fields break rules; nothing was done.
    #[error("some fields break their rules")]
    InvalidInput(Vec<FieldIssue>),
    /// The name, the address or the collection is taken.
    #[error("taken: {0:?}")]
    Conflict(ConflictOn),
    /// It does not exist, or this session is not allowed to see it.
    #[error("{what} was not found")]
    NotFound {
        /// The missing thing, as a noun.
        what: &'static str,
    },
    /// The session is not valid.
    #[error("the session is {0:?}")]
    Session(SessionProblem),
    /// The session is valid, but its role does not allow this.
    #[error("this role may not do that")]
    Forbidden,
    /// The address or the password is wrong; for security, not which.
    #[error("the address and password do not match")]
    CredentialsRefused {
        /// Attempts left before sign-in is paused.
        tries_left: u32,
    },
    /// The password was right, but the organization is deactivated.
    #[error("the organization is deactivated")]
    OrganizationInactive,
    /// The password was right, but the account is deactivated.
    #[error("the account is deactivated")]
    AccountInactive,
    /// The password was right, but it is a one-time password that has run out.
    #[error("the one-time password has run out")]
    OneTimePasswordExpired,
    /// Too many failed sign-ins.
    #[error("sign-in waits {seconds} s")]
    Throttled {
        /// The rest of the pause.
        seconds: u64,
    },
    /// The workspace has an operator already.
    #[error("the workspace is claimed")]
    AlreadyClaimed,
    /// Another operation on the same organization is in progress.
    #[error("{act} is under way on this organization")]
    Busy {
        /// The operation in progress.
        act: &'static str,
    },
    /// An update of several fields was interrupted by a failure.
    #[error("done in part, because {cause}")]
    PartlyDone {
        /// The fields that have changed.
        done: Vec<Field>,
        /// The fields that have not.
        not_done: Vec<Field>,
        /// The fields that may have changed: a response was lost.
        unclear: Vec<Field>,
        /// The failure.
        cause: Box<AppError>,
    },
    /// An entry of the record cannot be undone; nothing was done.
    #[error("it can't be undone: {0:?}")]
    UndoRefused(UndoRefusal),
    /// An entry of the record was altered, or does not follow the one before; nothing was done.
    #[error("the record is broken at entry {number}")]
    RecordBroken {
        /// The first such entry.
        number: u64,
    },
    /// What exists is no longer what the decision was based on; nothing was done.
    #[error("what was shown has changed")]
    FactsChanged,
    /// Fields are stored with other values than the person saw, and would have been overwritten; nothing was done.
    #[error("fields were changed elsewhere")]
    ChangedElsewhere(Vec<Difference>),
    /// The deployment has no room for what is about to be made; nothing was done.
    #[error("no room for {needed} more {of:?}: {used} of {limit} are in use")]
    NoRoom {
        /// The limited things.
        of: Limited,
        /// How many there are.
        used: u64,
        /// How many there can be.
        limit: u32,
        /// How many more were needed.
        needed: u64,
    },
    /// The typed confirmation is not the organization's name.
    #[error("the confirmation does not match")]
    ConfirmationMismatch,
    /// The organization's collection is missing.
    #[error("the collection {collection} is missing")]
    DataMissing {
        /// Its name.
        collection: String,
    },
    /// A job was cancelled; nothing of it is left.
    #[error("cancelled")]
    Cancelled,
    /// The target of an export cannot be written.
    #[error("the file can't be written: {0}")]
    FileNotWritten(FileProblem),
    /// A file with a list cannot be imported; nothing was done.
    #[error("the list can't be read: {0:?}")]
    ListRefused(ListRefusal),
    /// A bundle can't be read, written or taken in.
    #[error("the bundle: {0}")]
    Bundle(BundleProblem),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An error that nothing branches on: logged with its detail, shown as an incident.
    #[error("unexpected: {detail}")]
    Unexpected {
        /// For the log; never a secret.
        detail: String,
    },
}

/// The value that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ConflictOn {
    /// The organization's name.
    Name,
    /// The admin's email address.
    Email,
    /// A collection with the organization's collection name exists and belongs to no organization.
    Collection,
    /// The organization's id: it is in the list and in the trash at once, as two documents. Other software brought one
    /// back.
    Id,
}

/// What a deployment has a limited number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Limited {
    /// Collections of the whole deployment.
    Collections,
    /// Indexes of one collection.
    Indexes,
}

/// Why an entry of the record cannot be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum UndoRefusal {
    /// Something has changed since: it is not as the entry left it.
    Changed,
    /// The organization does not exist any more.
    Gone,
    /// Only a password was changed, and the record does not have the old one.
    Secret,
    /// The act did not take place.
    NotDone,
    /// The act has no undo.
    Unknown,
}

/// Why a file with a list of organizations cannot be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct ListRefusal {
    /// The problem.
    pub problem: ListProblem,
    /// The row of the file that it was found at, from 1 on.
    pub row: Option<u32>,
}

/// What is wrong with a file with a list of organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ListProblem {
    /// It cannot be read from the disk.
    Unreadable,
    /// It has no row.
    Empty,
    /// It is a spreadsheet of an old format, or one sealed with a password.
    OldSpreadsheet,
    /// It is a file of a kind that holds no list.
    OtherKind,
    /// It is no text in an encoding that can be told.
    Encoding,
    /// It is damaged, or breaks its own format.
    Damaged,
    /// It has too many bytes, or unpacks to too many.
    TooManyBytes,
    /// It has too many rows.
    TooManyRows,
    /// It has too many columns.
    TooManyColumns,
    /// A cell has too many characters.
    CellTooLong,
}

/// Why a bundle can't be read, written or taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum BundleProblem {
    /// The file is another kind of file, or was cut off before its end.
    #[error("the file is no bundle, or was cut off")]
    NotABundle,
    /// A newer program wrote it.
    #[error("it has version {found}, this program knows {supported}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version that this Tenantry can read.
        supported: u32,
    },
    /// The file can't be read.
    #[error("the file can't be read: {problem}")]
    NotRead {
        /// The reason.
        problem: FileProblem,
    },
    /// A part of the file is not what was written.
    #[error("{part} is damaged (line {line:?}): {damage}")]
    Damaged {
        /// The part: the name of a file in the bundle.
        part: String,
        /// The line, from 1, in a part with lines.
        line: Option<u32>,
        /// What is wrong.
        damage: BundleDamage,
    },
    /// The collection is a view, which has no documents of its own.
    #[error("the collection is a view")]
    View,
    /// The collection is a time-series collection, whose documents can't be taken elsewhere one by one.
    #[error("the collection is a time-series collection")]
    TimeSeries,
    /// What the store has of the organization is no document.
    #[error("the organization's document can't be read")]
    NotADocument,
    /// The store has a document that is larger than any server takes.
    #[error("a document is too large")]
    TooLarge,
    /// What was read back is not what was written, so it was removed again.
    #[error("what was read back is not what was written")]
    ReadBackOtherwise,
    /// Others wrote to a collection after it was written to a file, or gave it to an organization: it was not dropped,
    /// and the file stays.
    #[error("the collection changed after it was written to a file, so it stays")]
    SourceChanged {
        /// The file, for people.
        path: String,
    },
}

/// What is wrong with a part of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum BundleDamage {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// It is there more than once.
    #[error("it is there twice")]
    Twice,
    /// No bundle has such a part.
    #[error("no bundle has such a part")]
    Foreign,
    /// It can't be unpacked.
    #[error("it can't be unpacked")]
    Unpacking,
    /// Its checksum is another one.
    #[error("its checksum is another one")]
    Checksum,
    /// It has more or fewer documents, or bytes, than it should.
    #[error("it has more or fewer documents or bytes than it should")]
    Count,
    /// It does not say what it should.
    #[error("it is no document")]
    NotADocument,
    /// It is larger than anything that a bundle can have there.
    #[error("it is too large")]
    TooLarge,
}

/// Why a file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum FileProblem {
    /// The disk has no space left.
    #[error("the disk is full")]
    Full,
    /// The folder or file cannot be written: access denied.
    #[error("permission denied")]
    Denied,
    /// A file is there, and replacing it was not confirmed.
    #[error("the file exists")]
    Exists,
    /// The folder does not exist.
    #[error("the folder is missing")]
    Missing,
    /// Another program has it open.
    #[error("another program is using the file")]
    Busy,
    /// The format cannot hold that many rows.
    #[error("the list has more rows than a spreadsheet holds")]
    TooManyRows,
    /// Another error of the operating system.
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

/// As an issue of the field it was typed into.
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
            ConflictOn::Id => {
                (Field::Name, FieldRule::Taken, "The organization is in the list and in the trash.")
            }
        };
        Self { field, rule, message: message.to_owned() }
    }
}

impl From<FieldIssue> for AppError {
    fn from(issue: FieldIssue) -> Self {
        Self::InvalidInput(vec![issue])
    }
}
