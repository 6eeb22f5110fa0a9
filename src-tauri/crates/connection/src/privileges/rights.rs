//! Reads the database user's privileges from a server.

use bson::{Bson, Document, doc};
use mongodb::Database;

use super::{Need, On, trial};
use crate::failure::Failure;
use crate::failure::within;
use crate::limits::ANSWER_LIMIT;

/// The database user and its privileges.
#[derive(Debug, Clone)]
pub struct Rights {
    user: Option<DatabaseUser>,
    roles: Vec<(String, String)>,
    granted: Granted,
}

/// The user of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUser {
    pub name: String,
    /// The database where the user was created.
    pub database: String,
}

#[derive(Debug, Clone)]
enum Granted {
    /// The server says nothing.
    Unknown,
    /// Nobody signed in, so nothing is checked.
    Everything,
    /// The server's list of privileges.
    Listed(Vec<Document>),
    /// The server does not list them; these were tried.
    Tried(Vec<(Need, bool)>),
}

impl Rights {
    /// Asks the server, and tries what it does not list. Changes nothing. Its cost does not depend on the contents of
    /// the database.
    pub async fn ask(database: &Database) -> Result<Self, Failure> {
        let status = doc! { "connectionStatus": 1, "showPrivileges": true };
        let status = match within(ANSWER_LIMIT, database.run_command(status)).await {
            Ok(status) => Some(status),
            Err(failure) if failure.is_denied() || failure.is_unsupported() => None,
            Err(failure) => return Err(failure),
        };
        let mut rights = Self::of(status.as_ref());
        if matches!(rights.granted, Granted::Unknown) {
            rights.granted = Granted::Tried(trial::tried(database).await?);
        }
        Ok(rights)
    }

    pub(super) fn of(status: Option<&Document>) -> Self {
        let silent = Self { user: None, roles: Vec::new(), granted: Granted::Unknown };
        let Some(information) = status.and_then(|status| status.get_document("authInfo").ok()) else {
            return silent;
        };
        let Ok(users) = information.get_array("authenticatedUsers") else { return silent };
        let Some(user) = users.first().and_then(Bson::as_document) else {
            return Self { granted: Granted::Everything, ..silent };
        };
        let text = |document: &Document, key| document.get_str(key).unwrap_or_default().to_owned();
        let user = DatabaseUser { name: text(user, "user"), database: text(user, "db") };
        let roles: Vec<(String, String)> = information
            .get_array("authenticatedUserRoles")
            .map(|roles| {
                let roles = roles.iter().filter_map(Bson::as_document);
                roles.map(|role| (text(role, "role"), text(role, "db"))).collect()
            })
            .unwrap_or_default();
        let granted = match information.get_array("authenticatedUserPrivileges") {
            // Roles grant something, so the server did not fill an empty list.
            Ok(list) if list.is_empty() && !roles.is_empty() => Granted::Unknown,
            Ok(list) => Granted::Listed(list.iter().filter_map(Bson::as_document).cloned().collect()),
            Err(_) => Granted::Unknown,
        };
        Self { user: Some(user), roles, granted }
    }

    pub fn user(&self) -> Option<&DatabaseUser> {
        self.user.as_ref()
    }

    /// The roles of the user, by name and database.
    pub(super) fn roles(&self) -> &[(String, String)] {
        &self.roles
    }

    /// Whether the server did not list the privileges, so that they were tried.
    pub fn were_tried(&self) -> bool {
        matches!(self.granted, Granted::Tried(_))
    }

    /// Whether an action is granted; `None` if unknown.
    pub(super) fn allows(&self, database: &str, need: Need) -> Option<bool> {
        match &self.granted {
            Granted::Unknown => None,
            Granted::Everything => Some(true),
            Granted::Tried(tried) => {
                tried.iter().find(|(tried, _)| *tried == need).map(|(_, allowed)| *allowed)
            }
            Granted::Listed(list) => Some(list.iter().any(|privilege| grants(privilege, database, need))),
        }
    }
}

fn grants(privilege: &Document, database: &str, (action, on): Need) -> bool {
    let covers = privilege.get_document("resource").is_ok_and(|resource| covers(resource, database, on));
    covers
        && privilege.get_array("actions").is_ok_and(|granted| {
            granted.iter().any(|one| matches!(one.as_str(), Some(one) if one == action || one == "anyAction"))
        })
}

/// Whether a resource covers a collection, or a whole database. Empty text stands for every database or collection.
fn covers(resource: &Document, database: &str, on: On) -> bool {
    if resource.get_bool("anyResource").unwrap_or(false) {
        return true;
    }
    let (Ok(in_database), Ok(of_collection)) = (resource.get_str("db"), resource.get_str("collection"))
    else {
        return false;
    };
    let same_collection = match on {
        On::Collection(collection) => of_collection == collection,
        On::Database => false,
    };
    (in_database.is_empty() || in_database == database) && (of_collection.is_empty() || same_collection)
}
