//! Writes documents of `console_settings`, each while it is as it was seen.

use bson::{Bson, Document, RawDocument, doc};
use tenantry_connection::database::SETTINGS;
use tenantry_core::StoreError;

use crate::errors::Act;
use crate::open::MongoStore;

impl MongoStore {
    /// Inserts the document with this id; `false` if there is one.
    pub(crate) async fn insert_setting(&self, id: &str, fields: Document) -> Result<bool, StoreError> {
        let mut document = doc! { "_id": id };
        document.extend(fields);
        match self.write(self.documents(SETTINGS).insert_one(document)).await {
            Ok(written) => Ok(written.is_some()),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(self.told(failure, Act::on("insert", SETTINGS))),
        }
    }

    /// Sets fields of the document with this id, while the fields with these names are as in `there`; returns whether
    /// they were.
    pub(crate) async fn replace_setting(
        &self,
        id: &str,
        there: &RawDocument,
        names: impl IntoIterator<Item = &'static str>,
        fields: Document,
    ) -> Result<bool, StoreError> {
        // By the stored values and not the parsed ones: an unreadable value is parsed as another.
        let mut filter = doc! { "_id": id };
        for name in names {
            let value = there.get(name).ok().flatten();
            // Null also matches a missing field.
            filter.insert(name, value.and_then(|value| Bson::try_from(value).ok()).unwrap_or(Bson::Null));
        }
        let settings = self.documents(SETTINGS);
        let changed = settings.update_one(filter, doc! { "$set": fields });
        match self.write(changed).await.map_err(|failure| self.told(failure, Act::on("update", SETTINGS)))? {
            Some(changed) => Ok(changed.matched_count == 1),
            // The stored document tells.
            None => Ok(false),
        }
    }
}
