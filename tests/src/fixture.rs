//! The existing service's database, from `fixtures/service-database.ejson`.

use std::collections::BTreeMap;

use bson::{Document, doc};
use mongodb::Database;
use serde::Deserialize;

/// A database that the service wrote.
#[derive(Debug, Clone, Deserialize)]
pub struct ServiceDatabase {
    /// Its collections by name.
    pub collections: BTreeMap<String, ServiceCollection>,
    /// The credentials of each organization's admin.
    pub credentials: Vec<Credentials>,
    /// How it signs its tokens.
    pub signing: Signing,
}

/// One of its collections.
#[derive(Debug, Clone, Deserialize)]
pub struct ServiceCollection {
    /// The options it was created with.
    pub options: Document,
    /// Its indexes, `_id_` among them.
    pub indexes: Vec<Document>,
    /// Its documents.
    pub documents: Vec<Document>,
}

/// The credentials of an admin.
#[derive(Debug, Clone, Deserialize)]
pub struct Credentials {
    /// The organization.
    pub organization_name: String,
    /// The address.
    pub email: String,
    /// The clear password.
    pub password: String,
}

/// How the service signs its tokens.
#[derive(Debug, Clone, Deserialize)]
pub struct Signing {
    /// The HS256 secret.
    pub secret_key: String,
}

impl ServiceDatabase {
    /// Reads the fixture.
    ///
    /// # Panics
    /// When the file does not match its README.
    pub fn read() -> Self {
        // The BSON crate parses the types of canonical Extended JSON, field by field in the file's order.
        serde_json::from_str(include_str!("../fixtures/service-database.ejson")).expect("a readable fixture")
    }

    /// Writes everything into an empty database, as the service would have.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn load_into(&self, database: &Database) {
        for (name, collection) in &self.collections {
            let mut create = doc! {"create": name};
            create.extend(collection.options.clone());
            database.run_command(create).await.expect("the collection is created");
            let own: Vec<Document> = collection
                .indexes
                .iter()
                .filter(|index| !matches!(index.get_str("name"), Ok("_id_")))
                .cloned()
                .collect();
            if !own.is_empty() {
                let command = doc! {"createIndexes": name, "indexes": own};
                database.run_command(command).await.expect("the indexes are created");
            }
            if !collection.documents.is_empty() {
                let target = database.collection::<Document>(name);
                target.insert_many(&collection.documents).await.expect("the documents are inserted");
            }
        }
    }
}
