//! Parsed values, one type per file. A value of these types has passed its rules.

mod collection_name;
mod device;
mod display_name;
mod email_address;
mod field;
mod ids;
mod organization_name;
mod password;
mod person_name;
mod stored_date;

pub use collection_name::CollectionName;
pub use device::Device;
pub use display_name::DisplayName;
pub use email_address::EmailAddress;
pub use field::{Field, FieldIssue, FieldRule};
pub use ids::{CopyId, OperatorId, OrganizationId};
pub use organization_name::OrganizationName;
pub use password::{
    HashDigest, HashRenewal, HashScheme, Password, PasswordHash, PasswordRules, UnverifiableHash,
};
pub use person_name::PersonName;
pub use stored_date::StoredDate;
