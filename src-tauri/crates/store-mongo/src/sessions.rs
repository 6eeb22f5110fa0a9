//! The list of live sessions.

use async_trait::async_trait;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::options::ReturnDocument;
use tenantry_connection::database::SESSIONS;
use tenantry_core::StoreError;
use tenantry_core::ports::SessionStore;
use tenantry_core::records::{LiveSession, SessionDigest, SessionFacts, SessionQuery, SessionsOf};
use tenantry_core::rights::Role;
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

#[async_trait]
impl SessionStore for MongoStore {
    async fn insert(&self, session: &SessionFacts) -> Result<(), StoreError> {
        let act = Act::on("update", SESSIONS);
        let id = doc! { "_id": session.id.as_str() };
        let update = doc! {
            "$setOnInsert": fields(session),
            // By the server's clock, which is the same for every console.
            "$currentDate": { "since": true, "last_used_at": true },
        };
        let sessions = self.documents(SESSIONS);
        let insert = || sessions.update_one(id.clone(), update.clone()).upsert(true);
        match self.write(insert()).await.map_err(|failure| self.told(failure, act))? {
            Some(_) => Ok(()),
            None => self.require_confirmed(SESSIONS, id).await,
        }
    }

    async fn find(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError> {
        let sessions = self.raw(SESSIONS);
        let found = sessions.find_one(doc! { "_id": id.as_str() });
        let found = self.call(Act::on("find", SESSIONS), found).await?;
        found.as_deref().map(live_session).transpose()
    }

    async fn touch(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError> {
        let sessions = self.raw(SESSIONS);
        let touched = sessions
            .find_one_and_update(
                doc! { "_id": id.as_str() },
                doc! { "$currentDate": { "last_used_at": true } },
            )
            .return_document(ReturnDocument::After);
        match self.write(touched).await.map_err(|failure| self.told(failure, Act::on("update", SESSIONS)))? {
            Some(found) => found.as_deref().map(live_session).transpose(),
            // Whether it is there must be certain; when it was used need not be.
            None => SessionStore::find(self, id).await,
        }
    }

    async fn extend(&self, id: &SessionDigest, expires_at: OffsetDateTime) -> Result<bool, StoreError> {
        let (moment, expires_at) = (expires_at, documents::date(expires_at));
        let sessions = self.documents(SESSIONS);
        let extended =
            sessions.update_one(doc! { "_id": id.as_str() }, doc! { "$set": { "expires_at": expires_at } });
        match self.write(extended).await.map_err(|failure| self.told(failure, Act::on("update", SESSIONS)))? {
            Some(extended) => Ok(extended.matched_count == 1),
            None => match self.confirmed(SESSIONS, doc! { "_id": id.as_str() }).await? {
                None => Ok(false),
                Some(found) if documents::moment(&found, "expires_at") == Some(moment) => Ok(true),
                // A session that was not extended has not ended.
                Some(_) => Err(unconfirmed()),
            },
        }
    }

    async fn page(&self, query: &SessionQuery) -> Result<Vec<LiveSession>, StoreError> {
        let mut filter = filter_of(&query.of);
        filter.insert("expires_at", doc! { "$gt": documents::date(query.live_at) });
        if let Some((since, id)) = &query.after {
            let since = documents::date(*since);
            filter.insert(
                "$or",
                vec![
                    doc! { "since": { "$lt": since } },
                    doc! { "since": since, "_id": { "$lt": id.as_str() } },
                ],
            );
        }
        let sessions = self.raw(SESSIONS);
        let listed = async {
            let found = sessions.find(filter).sort(doc! { "since": -1, "_id": -1 });
            found.limit(i64::from(query.limit)).await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let listed = self.call(Act::on("find", SESSIONS), listed).await?;
        listed.iter().map(|document| live_session(document)).collect()
    }

    async fn end(&self, sessions: &SessionsOf, except: Option<&SessionDigest>) -> Result<u64, StoreError> {
        let mut filter = filter_of(sessions);
        if let Some(except) = except {
            let all_but = doc! { "_id": { "$ne": except.as_str() } };
            filter = doc! { "$and": [filter, all_but] };
        }
        let stored = self.documents(SESSIONS);
        let ended = self.write(stored.delete_many(filter.clone())).await;
        match ended.map_err(|failure| self.told(failure, Act::on("remove", SESSIONS)))? {
            Some(ended) => Ok(ended.deleted_count),
            None => self.require_gone(SESSIONS, filter).await.map(|()| 0),
        }
    }
}

fn filter_of(sessions: &SessionsOf) -> Document {
    match sessions {
        SessionsOf::One(id) => doc! { "_id": id.as_str() },
        SessionsOf::Account(account) => doc! { "account": account },
        SessionsOf::Organization(id) => doc! { "organization_id": id.object_id() },
        SessionsOf::Everybody => doc! {},
    }
}

fn fields(session: &SessionFacts) -> Document {
    let mut fields = doc! {
        "account": &session.account,
        "role": session.role.map(Role::as_str),
        "name": &session.name,
        "email": &session.email,
        "device": &session.device,
        "expires_at": documents::date(session.expires_at),
    };
    if let Some(id) = session.organization_id {
        fields.insert("organization_id", id.object_id());
        fields.insert("organization_name", session.organization_name.clone().map_or(Bson::Null, Bson::from));
    }
    fields
}

fn live_session(document: &RawDocument) -> Result<LiveSession, StoreError> {
    let read = || {
        Some(LiveSession {
            facts: SessionFacts {
                id: SessionDigest::from_stored(documents::text(document, "_id")?),
                account: documents::text(document, "account")?,
                role: documents::text(document, "role").as_deref().and_then(Role::from_word),
                name: documents::text(document, "name")?,
                email: documents::text(document, "email")?,
                organization_id: documents::object_id(document, "organization_id").map(Into::into),
                organization_name: documents::text(document, "organization_name"),
                device: documents::text(document, "device").unwrap_or_default(),
                expires_at: documents::moment(document, "expires_at")?,
            },
            since: documents::moment(document, "since")?,
            last_used_at: documents::moment(document, "last_used_at")?,
        })
    };
    // Not lenient: only Tenantry writes it, and half a session is none.
    read().ok_or_else(|| StoreError::Corrupt { what: format!("a document of {SESSIONS}") })
}
