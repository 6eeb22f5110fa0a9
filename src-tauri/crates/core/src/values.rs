//! Parsed values, one type per file. A value of these types has passed its rules.

mod collection_name;
mod device;
mod display_name;
mod email_address;
mod field;
mod ids;
mod one_time_password;
mod organization_name;
mod password;
mod person_name;
mod recovery_code;
mod stored_date;

pub use collection_name::CollectionName;
pub use device::Device;
pub use display_name::DisplayName;
pub use email_address::EmailAddress;
pub use field::{Difference, Field, FieldIssue, FieldRule};
pub use ids::{CopyId, OperatorId, OrganizationId, PersonId};
pub use one_time_password::OneTimePassword;
pub use organization_name::OrganizationName;
pub use password::{
    HashDigest, HashRenewal, HashScheme, Password, PasswordHash, PasswordRules, UnverifiableHash,
};
pub use person_name::PersonName;
pub use recovery_code::{RecoveryCode, RecoveryDigest};
pub use stored_date::StoredDate;
