//! The fields of forms, and the rules that typed text can break.

use serde::Serialize;

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// An organization's name.
    Name,
    /// An organization's display name.
    DisplayName,
    /// An email address.
    Email,
    /// A password.
    Password,
    /// Whether people of an organization can sign in, as a word of a file.
    Status,
    /// A person's own name.
    PersonName,
    /// A connection's name.
    ProfileName,
    /// A connection string.
    ConnectionString,
    /// A database's name.
    Database,
    /// The service's signing secret.
    SigningSecret,
    /// A connection's notes.
    Notes,
    /// The reason for unlocking a workspace.
    Reason,
    /// The passphrase of a sealed file.
    Passphrase,
    /// Minutes that a session lasts.
    SessionMinutes,
    /// Minutes without a key or a click before a window is locked.
    IdleLockMinutes,
    /// Months that the record is kept.
    KeepRecordMonths,
    /// Days that an organization is kept in the trash.
    KeepTrashDays,
    /// The role of an operator or a person.
    Role,
    /// An index of the template.
    Index,
    /// The name of an index.
    IndexName,
    /// After how many seconds an index expires documents.
    ExpireAfterSeconds,
}

/// A field that is stored with another value than a person saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The field.
    pub field: Field,
    /// Its value when the person began; `null` for none, and for a secret.
    pub seen: Option<String>,
    /// Its value now, likewise.
    pub stored: Option<String>,
}

/// One broken rule of one field, ready to be shown at that field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct FieldIssue {
    /// The field.
    pub field: Field,
    /// The rule, as a stable word for programs.
    pub rule: FieldRule,
    /// The rule, as a sentence. Never contains what was typed.
    pub message: String,
}

/// A rule of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum FieldRule {
    /// It must not be empty.
    Required,
    /// It has too few characters.
    TooShort,
    /// It has too many characters.
    TooLong,
    /// It has too many bytes.
    TooManyBytes,
    /// It has forbidden characters.
    Characters,
    /// A password without an uppercase letter.
    NoUpper,
    /// A password without a lowercase letter.
    NoLower,
    /// A password without a digit.
    NoDigit,
    /// A NUL character.
    Nul,
    /// None or more than one `@`.
    AtSign,
    /// Not a valid address.
    Address,
    /// It is the value before.
    Unchanged,
    /// A number outside its limits.
    Range,
    /// It is taken.
    Taken,
    /// The collection for this name exists and belongs to no organization.
    CollectionTaken,
    /// Another row of the same file has it.
    Twin,
    /// None of the words that are known here.
    UnknownWord,
}

pub(super) fn issue(field: Field, rule: FieldRule, message: impl Into<String>) -> FieldIssue {
    FieldIssue { field, rule, message: message.into() }
}
