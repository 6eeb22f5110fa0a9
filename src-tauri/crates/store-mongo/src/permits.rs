//! The operators' decision about what the workspace permits: one document of `console_settings`.

use async_trait::async_trait;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use tenantry_connection::database::SETTINGS;
use tenantry_core::StoreError;
use tenantry_core::ports::PermitStore;
use tenantry_core::records::{Access, Decided, Environment, Permits};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;

/// The `_id` of the document.
const PERMITS: &str = "permits";
const FIELDS: [&str; 4] = ["environment", "access", "decided_by", "decided_at"];

#[async_trait]
impl PermitStore for MongoStore {
    async fn find(&self) -> Result<Option<Decided>, StoreError> {
        Ok(self.stored().await?.as_deref().map(decided))
    }

    async fn decide(&self, seen: Option<Permits>, next: &Decided) -> Result<bool, StoreError> {
        let written = match seen {
            None => self.decide_first(next).await?,
            Some(seen) => self.decide_after(seen, next).await?,
        };
        if written {
            return Ok(true);
        }
        // A write without a response may have happened: by this very call, which the driver may also have sent twice,
        // or by one before it.
        let there = self.settled(SETTINGS, doc! { "_id": PERMITS }).await?;
        Ok(there.as_deref().map(decided).as_ref() == Some(next))
    }
}

impl MongoStore {
    async fn stored(&self) -> Result<Option<RawDocumentBuf>, StoreError> {
        let settings = self.raw(SETTINGS);
        let found = settings.find_one(doc! { "_id": PERMITS });
        self.call(Act::on("find", SETTINGS), found).await
    }

    async fn decide_first(&self, next: &Decided) -> Result<bool, StoreError> {
        let mut document = doc! { "_id": PERMITS };
        document.extend(fields(next));
        match self.write(self.documents(SETTINGS).insert_one(document)).await {
            Ok(written) => Ok(written.is_some()),
            Err(failure) if failure.is_duplicate() => Ok(false),
            Err(failure) => Err(self.told(failure, Act::on("insert", SETTINGS))),
        }
    }

    async fn decide_after(&self, seen: Permits, next: &Decided) -> Result<bool, StoreError> {
        let act = Act::on("update", SETTINGS);
        let Some(there) = self.stored().await? else { return Ok(false) };
        if decided(&there).permits != seen {
            return Ok(false);
        }
        // By the stored values and not the parsed ones: an unknown word is parsed as another.
        let mut filter = doc! { "_id": PERMITS };
        for field in FIELDS {
            let value = there.get(field).ok().flatten();
            // Null also matches a missing field.
            filter.insert(field, value.and_then(|value| Bson::try_from(value).ok()).unwrap_or(Bson::Null));
        }
        let settings = self.documents(SETTINGS);
        let changed = settings.update_one(filter, doc! { "$set": fields(next) });
        match self.write(changed).await.map_err(|failure| self.told(failure, act))? {
            Some(changed) => Ok(changed.matched_count == 1),
            // The stored document tells.
            None => Ok(false),
        }
    }
}

fn fields(decided: &Decided) -> Document {
    doc! {
        "environment": decided.permits.environment.as_str(),
        "access": decided.permits.access.as_str(),
        "decided_by": &decided.by,
        "decided_at": documents::date(decided.at),
    }
}

/// A missing or unknown word counts as the strictest.
pub(crate) fn decided(document: &RawDocument) -> Decided {
    let word = |name| documents::text(document, name).unwrap_or_default();
    Decided {
        permits: Permits {
            environment: Environment::from_word(&word("environment")),
            access: Access::from_word(&word("access")),
        },
        by: word("decided_by"),
        at: documents::moment(document, "decided_at").unwrap_or(OffsetDateTime::UNIX_EPOCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_cannot_be_read_permits_the_least() {
        for damaged in [doc! {}, doc! { "environment": 7, "access": "append_only" }] {
            let bytes = damaged.to_vec().expect("BSON");
            let decided = decided(RawDocument::from_bytes(&bytes).expect("a document"));
            let least = Permits { environment: Environment::Production, access: Access::ReadOnly };
            assert_eq!(decided.permits, least, "{damaged}");
        }
    }
}
