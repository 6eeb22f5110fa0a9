//! The database of a workspace: its name, and the names of its collections.

use tenantry_core::FieldIssue;
use tenantry_core::values::{Field, FieldRule};

/// Bytes of a database's name.
pub const DATABASE_NAME_MAX: usize = 63;

pub const ORGANIZATIONS: &str = "organizations";
pub const TRASH: &str = "console_trash";
pub const OPERATORS: &str = "console_operators";
pub const PEOPLE: &str = "console_people";
pub const SIGN_IN_ATTEMPTS: &str = "console_sign_in_attempts";
pub const OPERATIONS: &str = "console_operations";
pub const ACTIVITY: &str = "console_activity";
pub const SESSIONS: &str = "console_sessions";
pub const SETTINGS: &str = "console_settings";

/// Checks a database name by the server's rules. The driver accepts any text and fails later.
///
/// # Errors
/// The broken rule.
pub fn check_database_name(name: &str) -> Result<(), FieldIssue> {
    let (rule, message) = if name.is_empty() {
        (FieldRule::Required, "A database's name is needed.".to_owned())
    } else if name.len() > DATABASE_NAME_MAX {
        (FieldRule::TooManyBytes, format!("A database's name has at most {DATABASE_NAME_MAX} bytes."))
    } else if name.contains(['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0']) {
        let message = "A database's name has none of / \\ . \" $ * < > : | ? and no space.";
        (FieldRule::Characters, message.to_owned())
    } else {
        return Ok(());
    };
    Err(FieldIssue { field: Field::Database, rule, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_name_keeps_the_servers_rules() {
        assert!(check_database_name("organization_management").is_ok());
        assert!(check_database_name(&"a".repeat(DATABASE_NAME_MAX)).is_ok());
        let broken = |name: &str| check_database_name(name).unwrap_err().rule;
        assert_eq!(broken(""), FieldRule::Required);
        assert_eq!(broken(&"a".repeat(DATABASE_NAME_MAX + 1)), FieldRule::TooManyBytes);
        for name in ["a.b", "a b", "a$b", "a/b", "a\\b", "a\0b"] {
            assert_eq!(broken(name), FieldRule::Characters, "{name}");
        }
    }
}
