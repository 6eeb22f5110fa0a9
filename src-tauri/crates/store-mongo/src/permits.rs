//! The operators' decision about what the workspace permits: one document of `console_settings`.

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc};
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
            None => self.insert_setting(PERMITS, fields(next)).await?,
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

    async fn decide_after(&self, seen: Permits, next: &Decided) -> Result<bool, StoreError> {
        match self.stored().await? {
            Some(there) if decided(&there).permits == seen => {
                self.replace_setting(PERMITS, &there, FIELDS, fields(next)).await
            }
            Some(_) | None => Ok(false),
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
