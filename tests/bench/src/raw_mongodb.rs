//! The driver alone, with Tenantry's write concern.

use std::time::Duration;

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Document, doc};
use futures_util::TryStreamExt;
use mongodb::options::{Acknowledgment, ClientOptions, IndexOptions, WriteConcern};
use mongodb::{Client, Collection, Database, IndexModel};
use tenantry_core::values::OrganizationId;

use crate::Outcome;
use crate::calls::Raw;

/// A client with a pool of its own.
pub(crate) struct RawMongo {
    client: Client,
    database: Database,
    organizations: Collection<Document>,
}

impl RawMongo {
    pub(crate) async fn open(uri: &str, database: &str) -> Outcome<Self> {
        let mut options = ClientOptions::parse(uri).await?;
        let mut concern = WriteConcern::default();
        concern.w = Some(Acknowledgment::Majority);
        concern.w_timeout = Some(Duration::from_secs(10));
        concern.journal = Some(true);
        options.write_concern = Some(concern);
        let client = Client::with_options(options)?;
        let database = client.database(database);
        let organizations = database.collection("organizations");
        Ok(Self { client, database, organizations })
    }
}

#[async_trait]
impl Raw for RawMongo {
    async fn by_name(&self, name: &str) -> Outcome<()> {
        let found = self.organizations.find_one(doc! { "organization_name": name }).await?;
        std::hint::black_box(found.ok_or("it is there")?);
        Ok(())
    }

    async fn first_page(&self, limit: u32) -> Outcome<u32> {
        let cursor = self
            .organizations
            .find(doc! {})
            .sort(doc! { "organization_name": 1 })
            .limit(i64::from(limit))
            .await?;
        let rows: Vec<Document> = cursor.try_collect().await?;
        Ok(u32::try_from(rows.len())?)
    }

    async fn page_at(&self, row: u32, limit: u32) -> Outcome<u32> {
        let cursor = self
            .organizations
            .find(doc! {})
            .sort(doc! { "organization_name": 1 })
            .skip(row.into())
            .limit(i64::from(limit))
            .await?;
        let rows: Vec<Document> = cursor.try_collect().await?;
        Ok(u32::try_from(rows.len())?)
    }

    fn ways_to_search(&self) -> usize {
        1
    }

    async fn search(&self, _way: usize, text: &str, limit: u32) -> Outcome<u32> {
        let matches = doc! { "$regex": text, "$options": "i" };
        let filter = doc! { "$or": [
            { "organization_name": &matches }, { "console.display_name": &matches }, { "admin_email": matches },
        ] };
        let cursor = self
            .organizations
            .find(filter)
            .sort(doc! { "organization_name": 1 })
            .limit(i64::from(limit))
            .await?;
        let rows: Vec<Document> = cursor.try_collect().await?;
        Ok(u32::try_from(rows.len())?)
    }

    async fn statistics(&self, collection: &str) -> Outcome<()> {
        let stage = doc! { "$collStats": { "storageStats": {}, "count": {} } };
        let cursor = self.database.collection::<Document>(collection).aggregate([stage]).await?;
        let shards: Vec<Document> = cursor.try_collect().await?;
        std::hint::black_box(shards);
        Ok(())
    }

    async fn count(&self, collection: &str) -> Outcome<()> {
        let counted = self.database.collection::<Document>(collection).count_documents(doc! {}).await?;
        std::hint::black_box(counted);
        Ok(())
    }

    async fn rename(&self, id: OrganizationId, from: &str, to: &str) -> Outcome<()> {
        let database = self.database.name();
        self.client
            .database("admin")
            .run_command(doc! {
                "renameCollection": format!("{database}.org_{from}"),
                "to": format!("{database}.org_{to}"),
                "writeConcern": { "w": "majority", "wtimeout": 10_000 },
            })
            .await?;
        let change = doc! { "$set": {
            "organization_name": to,
            "collection_name": format!("org_{to}"),
            "updated_at": bson::DateTime::now(),
        } };
        self.organizations.update_one(doc! { "_id": id.object_id() }, change).await?;
        Ok(())
    }

    async fn create(&self, name: &str) -> Outcome<()> {
        let now = bson::DateTime::now();
        let organization = doc! {
            "_id": ObjectId::new(),
            "organization_name": name,
            "admin_email": format!("admin@{name}.example"),
            "admin_password": "x".repeat(60),
            "collection_name": format!("org_{name}"),
            "created_at": now,
            "updated_at": now,
            "is_active": true,
        };
        self.organizations.insert_one(organization).await?;
        let collection = format!("org_{name}");
        let validator = doc! { "$jsonSchema": { "bsonType": "object", "properties": {
            "created_at": { "bsonType": "date" }, "updated_at": { "bsonType": "date" },
        } } };
        self.database.create_collection(&collection).validator(validator).await?;
        let indexes = ["created_at", "updated_at"].map(|field| {
            let mut options = IndexOptions::default();
            options.name = Some(format!("{field}_1"));
            let mut index = IndexModel::default();
            index.keys = doc! { field: 1 };
            index.options = Some(options);
            index
        });
        self.database.collection::<Document>(&collection).create_indexes(indexes).await?;
        Ok(())
    }

    async fn read_all(&self) -> Outcome<u64> {
        self.read(None).await
    }

    async fn read_shown(&self) -> Outcome<u64> {
        let shown = doc! {
            "organization_name": 1, "admin_email": 1, "is_active": 1, "created_at": 1, "updated_at": 1,
            "console.display_name": 1, "console.session_version": 1,
        };
        self.read(Some(shown)).await
    }

    async fn read_names(&self) -> Outcome<u64> {
        let names = self.database.list_collection_names().await?;
        Ok(names.iter().filter(|name| name.starts_with("org_")).count() as u64)
    }
}

impl RawMongo {
    async fn read(&self, fields: Option<Document>) -> Outcome<u64> {
        let found = self.organizations.find(doc! {}).sort(doc! { "organization_name": 1 });
        let mut cursor = match fields {
            Some(fields) => found.projection(fields).await?,
            None => found.await?,
        };
        let mut count = 0;
        while let Some(document) = cursor.try_next().await? {
            std::hint::black_box(document);
            count += 1;
        }
        Ok(count)
    }
}
