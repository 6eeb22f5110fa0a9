//! The fields of forms, and the rules that a typed text may break.

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// An organization's name.
    Name,
    /// An organization's display name.
    DisplayName,
    /// An e-mail address.
    Email,
    /// A password.
    Password,
    /// A person's own name.
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

/// One rule that one field breaks, ready to be shown at that field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldIssue {
    /// The field.
    pub field: Field,
    /// The rule, as a stable word for programs.
    pub rule: FieldRule,
    /// The rule, as a sentence for people. Never holds what was typed.
    pub message: String,
}

/// A rule of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

pub(super) fn issue(field: Field, rule: FieldRule, message: impl Into<String>) -> FieldIssue {
    FieldIssue { field, rule, message: message.into() }
}
