//! How the deployment is, and what the database user may do in it.

use std::time::Instant;

use async_trait::async_trait;
use bson::{Bson, Document, doc};
use tenantry_core::StoreError;
use tenantry_core::health::{HealthStore, Privilege, ServerFacts, StoreHealth, Topology};

use crate::errors::Act;
use crate::open::{ACTIVITY, MongoStore, ORGANIZATIONS};

#[async_trait]
impl HealthStore for MongoStore {
    async fn prepare(&self) -> Result<Vec<String>, StoreError> {
        self.prepare_indexes().await
    }

    async fn server(&self) -> Result<ServerFacts, StoreError> {
        let started = Instant::now();
        self.call(Act::in_database("hello"), self.database.run_command(doc! { "hello": 1 })).await?;
        let round_trip = started.elapsed();
        let build = self
            .call(Act::in_database("buildInfo"), self.database.run_command(doc! { "buildInfo": 1 }))
            .await?;
        let (product, version) = match build.get_str("secantusVersion") {
            Ok(version) => ("SecantusDB", version),
            Err(_) => ("MongoDB", build.get_str("version").unwrap_or("unknown")),
        };
        Ok(ServerFacts {
            product: product.to_owned(),
            version: version.to_owned(),
            topology: self.topology,
            address: self.connection_string.hosts().join(", "),
            database: self.place.database.clone(),
            encrypted: self.encrypted,
            round_trip: Some(round_trip),
        })
    }

    async fn health(&self) -> Result<StoreHealth, StoreError> {
        let server = self.server().await?;
        let status = doc! { "connectionStatus": 1, "showPrivileges": true };
        let status = match self.attempt(self.database.run_command(status)).await {
            Ok(status) => Some(status),
            Err(failure) if failure.is_denied() || failure.is_unsupported() => None,
            Err(failure) => return Err(self.told(failure, Act::in_database("connectionStatus"))),
        };
        let rights = Rights::of(status.as_ref());
        let mut warnings = Vec::new();
        if !self.encrypted && !self.connection_string.is_on_this_computer() {
            warnings.push("The line to the server is not encrypted (tls=true).".to_owned());
        }
        if self.topology == Topology::Standalone {
            warnings.push("This is one server without a replica set: what it loses is lost.".to_owned());
        }
        if !self.unique.names.is_enforced() {
            warnings.push(
                "No unique index keeps organization names apart; they are checked after each write."
                    .to_owned(),
            );
        }
        if !self.unique.emails.is_enforced() {
            warnings.push(
                "No unique index keeps administrators' addresses apart; they are checked after each write."
                    .to_owned(),
            );
        }
        Ok(StoreHealth {
            server,
            database_user: rights.user(),
            privileges: privileges(&self.place.database, &rights),
            warnings,
        })
    }
}

/// What the server says of the database user.
enum Rights {
    /// It says nothing.
    Unknown,
    /// Nobody signed in, so nobody is asked.
    NoAccessControl,
    /// A user without a list of privileges.
    User(String),
    /// A user and what it may do.
    Listed(String, Vec<Document>),
}

impl Rights {
    fn of(status: Option<&Document>) -> Self {
        let Some(information) = status.and_then(|status| status.get_document("authInfo").ok()) else {
            return Self::Unknown;
        };
        let user = match information.get_array("authenticatedUsers") {
            Ok(users) => users.first().and_then(Bson::as_document).and_then(|user| user.get_str("user").ok()),
            Err(_) => return Self::Unknown,
        };
        let Some(user) = user.map(str::to_owned) else { return Self::NoAccessControl };
        let has_roles = information.get_array("authenticatedUserRoles").is_ok_and(|roles| !roles.is_empty());
        match information.get_array("authenticatedUserPrivileges") {
            // Roles grant something, so an empty list is one that the server did not fill.
            Ok(list) if list.is_empty() && has_roles => Self::User(user),
            Ok(list) => Self::Listed(user, list.iter().filter_map(Bson::as_document).cloned().collect()),
            Err(_) => Self::User(user),
        }
    }

    fn user(&self) -> Option<String> {
        match self {
            Self::Unknown | Self::NoAccessControl => None,
            Self::User(user) | Self::Listed(user, _) => Some(user.clone()),
        }
    }

    /// Whether all actions are granted on a collection, or on all collections of the database (`None`).
    fn grant(&self, database: &str, collection: Option<&str>, actions: &[&str]) -> Option<bool> {
        match self {
            Self::Unknown | Self::User(_) => None,
            Self::NoAccessControl => Some(true),
            Self::Listed(_, list) => Some(actions.iter().all(|action| {
                list.iter().any(|privilege| {
                    let covers = privilege
                        .get_document("resource")
                        .is_ok_and(|resource| covers(resource, database, collection));
                    covers
                        && privilege.get_array("actions").is_ok_and(|granted| {
                            granted.iter().any(
                            |one| matches!(one.as_str(), Some(one) if one == *action || one == "anyAction"),
                        )
                        })
                })
            })),
        }
    }
}

/// Whether a resource holds a collection, or all of a database. Empty text stands for every database or collection.
fn covers(resource: &Document, database: &str, collection: Option<&str>) -> bool {
    if resource.get_bool("anyResource").unwrap_or(false) {
        return true;
    }
    let (Ok(in_database), Ok(of_collection)) = (resource.get_str("db"), resource.get_str("collection"))
    else {
        return false;
    };
    (in_database.is_empty() || in_database == database)
        && (of_collection.is_empty() || Some(of_collection) == collection)
}

fn privileges(database: &str, rights: &Rights) -> Vec<Privilege> {
    let asked: [(&'static str, &[&str], Option<&str>); 8] = [
        ("read organizations", &["find"], Some(ORGANIZATIONS)),
        ("create and change organizations", &["insert", "update", "remove"], Some(ORGANIZATIONS)),
        ("keep its own records", &["insert", "update", "remove"], Some(ACTIVITY)),
        ("create tenant collections", &["createCollection", "createIndex"], None),
        ("rename tenant collections", &["renameCollectionSameDB"], None),
        ("delete tenant collections", &["dropCollection"], None),
        ("read statistics", &["collStats"], None),
        ("list collections", &["listCollections"], None),
    ];
    asked
        .into_iter()
        .map(|(act, actions, collection)| {
            let place = match collection {
                Some(collection) => format!("{database}.{collection}"),
                None => database.to_owned(),
            };
            Privilege {
                act,
                needs: format!("{} on {place}", actions.join(", ")),
                allowed: rights.grant(database, collection, actions),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(status: &Document) -> Vec<Option<bool>> {
        privileges("tenants", &Rights::of(Some(status)))
            .into_iter()
            .map(|privilege| privilege.allowed)
            .collect()
    }

    fn status(privileges: Vec<Bson>) -> Document {
        doc! { "authInfo": {
            "authenticatedUsers": [{ "user": "dana", "db": "admin" }],
            "authenticatedUserPrivileges": privileges,
        } }
    }

    #[test]
    fn without_access_control_everything_is_allowed() {
        let status = doc! { "authInfo": { "authenticatedUsers": [], "authenticatedUserRoles": [] } };
        assert!(allowed(&status).iter().all(|allowed| *allowed == Some(true)));
    }

    #[test]
    fn what_the_server_does_not_say_is_not_known() {
        let status = doc! { "authInfo": { "authenticatedUsers": [{ "user": "dana", "db": "admin" }] } };
        assert!(allowed(&status).iter().all(Option::is_none));
        let unfilled = doc! { "authInfo": {
            "authenticatedUsers": [{ "user": "dana", "db": "admin" }],
            "authenticatedUserRoles": [{ "role": "readWrite", "db": "tenants" }],
            "authenticatedUserPrivileges": [],
        } };
        assert!(allowed(&unfilled).iter().all(Option::is_none), "roles grant something");
        assert!(privileges("tenants", &Rights::of(None)).iter().all(|privilege| privilege.allowed.is_none()));
    }

    #[test]
    fn a_reader_may_read_and_nothing_else() {
        let reader =
            doc! { "resource": { "db": "tenants", "collection": "" }, "actions": ["find", "collStats"] };
        let allowed = allowed(&status(vec![Bson::Document(reader)]));
        let expected = [true, false, false, false, false, false, true, false].map(Some);
        assert_eq!(allowed, expected);
    }

    #[test]
    fn a_right_on_another_database_is_none_here() {
        let other = doc! { "resource": { "db": "others", "collection": "" }, "actions": ["find"] };
        assert_eq!(allowed(&status(vec![Bson::Document(other)]))[0], Some(false));
        let everywhere = doc! { "resource": { "db": "", "collection": "" }, "actions": ["find"] };
        assert_eq!(allowed(&status(vec![Bson::Document(everywhere)]))[0], Some(true));
    }

    #[test]
    fn a_right_on_one_collection_is_none_for_all() {
        let one = doc! { "resource": { "db": "tenants", "collection": "organizations" }, "actions": ["find", "collStats"] };
        let allowed = allowed(&status(vec![Bson::Document(one)]));
        assert_eq!((allowed[0], allowed[6]), (Some(true), Some(false)));
    }
}
