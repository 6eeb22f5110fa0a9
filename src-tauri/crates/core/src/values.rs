//! Parsed values: one type per file. A value of these types has passed its rules.

mod collection_name;
mod display_name;
mod email_address;
mod ids;
mod organization_name;
mod password;
mod person_name;
mod stored_date;

pub use collection_name::CollectionName;
pub use display_name::DisplayName;
pub use email_address::EmailAddress;
pub use ids::{CopyId, OperatorId, OrganizationId};
pub use organization_name::OrganizationName;
pub use password::{
    HashDigest, HashRenewal, HashScheme, Password, PasswordHash, PasswordRules, UnverifiableHash,
};
pub use person_name::PersonName;
pub use stored_date::StoredDate;

use crate::error::{Field, FieldIssue};

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

fn issue(field: Field, rule: FieldRule, message: impl Into<String>) -> FieldIssue {
    FieldIssue { field, rule, message: message.into() }
}
