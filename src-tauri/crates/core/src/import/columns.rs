use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::table::Table;
use crate::values::{EmailAddress, Field};

/// A field of an organization that a column of a file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ImportField {
    /// Its name.
    Name,
    /// Its display name.
    DisplayName,
    /// Its admin's address.
    Email,
    /// Its admin's password.
    Password,
    /// Whether its people can sign in.
    Status,
}

impl ImportField {
    /// Every field, in the order of a row.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The field of a form that has the same rules.
    pub fn in_a_form(self) -> Field {
        match self {
            Self::Name => Field::Name,
            Self::DisplayName => Field::DisplayName,
            Self::Email => Field::Email,
            Self::Password => Field::Password,
            Self::Status => Field::Status,
        }
    }

    /// The words that a header can have for it, the surest first, in lower case and without anything but letters and
    /// digits. The first one is our own exports'.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Name => &[
                "organizationname",
                "organisationname",
                "orgname",
                "tenantname",
                "name",
                "organization",
                "organisation",
                "tenant",
                "org",
                "slug",
                "identifier",
                "key",
            ],
            Self::DisplayName => &[
                "displayname",
                "companyname",
                "fullname",
                "title",
                "label",
                "company",
                "customer",
                "description",
            ],
            Self::Email => &[
                "adminemail",
                "adminemailaddress",
                "adminmail",
                "email",
                "emailaddress",
                "mail",
                "admin",
                "administrator",
                "adminaddress",
                "owner",
                "contact",
                "login",
                "user",
                "username",
            ],
            Self::Password => &[
                "adminpassword",
                "password",
                "initialpassword",
                "passwort",
                "passphrase",
                "pass",
                "pwd",
                "secret",
            ],
            Self::Status => &["status", "state", "active", "isactive", "enabled"],
        }
    }
}

/// The column of each field, by its place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportColumns {
    places: [Option<usize>; 5],
}

impl ImportColumns {
    /// The column of a field.
    pub fn of(&self, field: ImportField) -> Option<usize> {
        self.places.get(field as usize).copied().flatten()
    }

    /// Gives a field a column, or none. A field that had it loses it.
    pub fn set(&mut self, field: ImportField, column: Option<usize>) {
        for place in &mut self.places {
            if column.is_some() && *place == column {
                *place = None;
            }
        }
        if let Some(place) = self.places.get_mut(field as usize) {
            *place = column;
        }
    }

    /// The columns whose headers have a word for a field: the surest word first, and each column once.
    pub(super) fn matched(headers: &[String]) -> Self {
        let headers: Vec<String> = headers.iter().map(|header| plain(header)).collect();
        let mut columns = Self::default();
        let longest = ImportField::ALL.iter().map(|field| field.words().len()).max().unwrap_or(0);
        for rank in 0..longest {
            for field in ImportField::ALL {
                let (None, Some(word)) = (columns.of(*field), field.words().get(rank)) else { continue };
                let is_free = |place: &usize| !columns.places.contains(&Some(*place));
                let found = headers.iter().position(|header| header == word).filter(is_free);
                if found.is_some() {
                    columns.set(*field, found);
                }
            }
        }
        columns
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }
}

/// Whether the first row of a table has headers: one that has a word for a field, or no address where the others have
/// some.
pub(super) fn has_headers(table: &Table) -> bool {
    let Some(first) = table.rows.first() else { return false };
    let has_address = first.cells.iter().any(|cell| EmailAddress::parse(cell).is_ok());
    !ImportColumns::matched(&first.cells).is_empty() || !has_address
}

/// Whether these are headers of one of our own exports.
pub(super) fn are_of_an_export(headers: &[String]) -> bool {
    headers.iter().any(|header| header == "organization_name")
}

fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(headers: &[&str]) -> [Option<usize>; 5] {
        ImportColumns::matched(&headers.iter().map(|header| (*header).to_owned()).collect::<Vec<_>>()).places
    }

    #[test]
    fn headers_are_known_by_their_words() {
        let ours = ["organization_id", "organization_name", "display_name", "status", "admin_email"];
        assert_eq!(matched(&ours), [Some(1), Some(2), Some(4), None, Some(3)]);
        let typed = ["E-Mail", "Company", "Name", "Password", "Active?"];
        assert_eq!(matched(&typed), [Some(2), Some(1), Some(0), Some(3), Some(4)]);
        assert_eq!(matched(&["Organization", "Admin"]), [Some(0), None, Some(1), None, None]);
        assert_eq!(matched(&["1", "two", ""]), [None; 5]);
    }

    #[test]
    fn the_surest_word_wins_and_a_column_has_one_field() {
        assert_eq!(matched(&["name", "organization_name"])[0], Some(1));
        assert_eq!(matched(&["email", "admin_email", "email"])[2], Some(1));
    }

    #[test]
    fn a_column_that_is_given_away_is_taken_from_the_field_that_had_it() {
        let mut columns = ImportColumns::matched(&["name".to_owned(), "email".to_owned()]);
        columns.set(ImportField::DisplayName, Some(0));
        assert_eq!(columns.places, [None, Some(0), Some(1), None, None]);
    }
}
