//! Operators, people and settings as they are stored.

use std::collections::BTreeMap;

use bson::{Bson, Document};
use mongodb::Client;
use rusqlite::Connection;

use super::{Whereabouts, all, id_of, rows};

/// Who may sign in, and what the workspace is set to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Accounts {
    /// Role and whether active, by address.
    pub operators: BTreeMap<String, (String, bool)>,
    /// Role and whether active, by address and organization in hex.
    pub memberships: BTreeMap<(String, String), (String, bool)>,
    /// The settings that were changed.
    pub settings: BTreeMap<String, String>,
}

impl Whereabouts {
    /// Reads operators, people and settings.
    ///
    /// # Panics
    /// When the file or the server refuses, or has what this checker does not know.
    pub async fn accounts(&self) -> Accounts {
        match self {
            Self::File(path) => in_file(&Connection::open(path).expect("the file opens")),
            Self::Server { uri, database } => {
                let database =
                    Client::with_uri_str(uri).await.expect("a connection string").database(database);
                let of = |document: &Document| {
                    (text(document, "role"), document.get_bool("is_active").unwrap_or(true))
                };
                let operators = all(&database, "console_operators").await;
                let mut memberships = BTreeMap::new();
                for person in all(&database, "console_people").await {
                    for one in person.get_array("memberships").expect("memberships") {
                        let one = one.as_document().expect("a membership");
                        let key = (text(&person, "email"), id_of(one, "organization_id"));
                        memberships.insert(key, of(one));
                    }
                }
                let settings = all(&database, "console_settings").await.into_iter();
                let settings = settings.filter(|one| one.get("_id") == Some(&Bson::from("workspace")));
                Accounts {
                    operators: operators.iter().map(|one| (text(one, "email"), of(one))).collect(),
                    memberships,
                    settings: settings.flatten().map(|(name, value)| (name, value.to_string())).collect(),
                }
            }
        }
    }
}

fn text(document: &Document, field: &str) -> String {
    document.get_str(field).unwrap_or_default().to_owned()
}

fn in_file(file: &Connection) -> Accounts {
    let of = |row: &Document| (text(row, "role"), row.get_i64("is_active").is_ok_and(|is| is == 1));
    let operators = rows(file, "SELECT email, role, is_active FROM console_operators");
    let memberships = rows(
        file,
        "SELECT email, organization_id, role, is_active FROM console_memberships \
         JOIN console_people ON console_people.id = person_id",
    );
    let settings = rows(file, "SELECT name, value FROM console_workspace_settings");
    let value = |row: &Document| row.get("value").map_or_else(String::new, ToString::to_string);
    Accounts {
        operators: operators.iter().map(|row| (text(row, "email"), of(row))).collect(),
        memberships: memberships
            .iter()
            .map(|row| ((text(row, "email"), text(row, "organization_id")), of(row)))
            .collect(),
        settings: settings.iter().map(|row| (text(row, "name"), value(row))).collect(),
    }
}
