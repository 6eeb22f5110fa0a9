//! The rules of a connection, typed in the editor or imported.

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::StoreError;
use tenantry_core::limits::DEFAULT_DATABASE;
use tenantry_core::values::{Field, FieldRule};
use tenantry_core::{AppError, FieldIssue};

use crate::address::{self, Address};

/// Characters of a connection's name.
pub const NAME_MAX: usize = 80;
/// Characters of a connection's notes.
pub const NOTES_MAX: usize = 2_000;

/// A connection as typed.
pub struct Typed<'a> {
    /// Its name.
    pub name: &'a str,
    /// May contain secrets.
    pub connection_string: &'a SecretString,
    /// The database; empty for the one in the connection string, otherwise the usual one.
    pub database: &'a str,
    /// Its notes.
    pub notes: &'a str,
}

/// A connection that keeps the rules.
pub struct Checked {
    /// The name, without spaces around it.
    pub name: String,
    /// The connection string, taken apart.
    pub address: Address,
    /// Its database.
    pub database: String,
    /// Its notes, without spaces around them.
    pub notes: String,
}

impl Typed<'_> {
    /// Checks everything at once, so that a person sees every mistake.
    ///
    /// # Errors
    /// `InvalidInput` with one issue per mistake; no message contains a piece of the typed text.
    pub fn check(&self) -> Result<Checked, AppError> {
        let mut issues = Vec::new();
        let name = self.name.trim().to_owned();
        let notes = self.notes.trim().to_owned();
        check_name(&name, &mut issues);
        let address = self.check_connection_string(&mut issues)?;
        let named = address.as_ref().and_then(|address| address.database.as_deref());
        let database = match self.database.trim() {
            "" => named.unwrap_or(DEFAULT_DATABASE),
            database => database,
        };
        let database = database.to_owned();
        issues.extend(tenantry_connection::database::check_database_name(&database).err());
        if notes.chars().count() > NOTES_MAX {
            let message = format!("Notes have at most {NOTES_MAX} characters.");
            issues.push(FieldIssue { field: Field::Notes, rule: FieldRule::TooLong, message });
        }
        match address {
            Some(address) if issues.is_empty() => Ok(Checked { name, address, database, notes }),
            Some(_) | None => Err(AppError::InvalidInput(issues)),
        }
    }

    fn check_connection_string(&self, issues: &mut Vec<FieldIssue>) -> Result<Option<Address>, StoreError> {
        let field = Field::ConnectionString;
        let typed = self.connection_string.expose_secret().trim();
        if typed.is_empty() {
            let message = "A connection string is needed.".to_owned();
            issues.push(FieldIssue { field, rule: FieldRule::Required, message });
            return Ok(None);
        }
        match address::take_apart(typed) {
            Ok(address) => Ok(Some(address)),
            Err(StoreError::ConnectionString { problem }) => {
                issues.push(FieldIssue { field, rule: FieldRule::Address, message: problem });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn check_name(name: &str, issues: &mut Vec<FieldIssue>) {
    let field = Field::ProfileName;
    if name.is_empty() {
        let message = "A name is needed.".to_owned();
        issues.push(FieldIssue { field, rule: FieldRule::Required, message });
    } else if name.chars().count() > NAME_MAX {
        let message = format!("A name has at most {NAME_MAX} characters.");
        issues.push(FieldIssue { field, rule: FieldRule::TooLong, message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, connection_string: &str, database: &str, notes: &str) -> Vec<Field> {
        let connection_string = SecretString::from(connection_string);
        match (Typed { name, connection_string: &connection_string, database, notes }).check() {
            Ok(_) => Vec::new(),
            Err(AppError::InvalidInput(issues)) => issues.into_iter().map(|issue| issue.field).collect(),
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let long = "x".repeat(NOTES_MAX + 1);
        assert_eq!(
            fields(" ", "http://planted", "a b", &long),
            [Field::ProfileName, Field::ConnectionString, Field::Database, Field::Notes]
        );
        assert_eq!(
            fields(&"n".repeat(NAME_MAX + 1), "", &"d".repeat(64), ""),
            [Field::ProfileName, Field::ConnectionString, Field::Database]
        );
    }

    #[test]
    fn what_keeps_to_the_rules_is_good_up_to_the_last_character() {
        let good = fields(
            &"ü".repeat(NAME_MAX),
            " mongodb://dana@host.example ",
            &"d".repeat(63),
            &"ü".repeat(NOTES_MAX),
        );
        assert_eq!(good, []);
    }

    #[test]
    fn the_connection_strings_own_database_is_used_where_none_was_typed() {
        let database = |text: &str, typed: &str| {
            let connection_string = SecretString::from(text);
            let typed =
                Typed { name: "x", connection_string: &connection_string, database: typed, notes: "" };
            typed.check().map(|checked| checked.database).map_err(|_| ())
        };
        assert_eq!(database("mongodb://host/tenants", "").as_deref(), Ok("tenants"));
        assert_eq!(database("mongodb://host/tenants", " mine ").as_deref(), Ok("mine"));
        assert_eq!(database("mongodb://host", "").as_deref(), Ok(DEFAULT_DATABASE));
    }
}
