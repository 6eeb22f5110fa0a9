//! Operators, failed sign-ins and ended sessions.

use async_trait::async_trait;
use bson::{Document, RawDocument, doc};
use mongodb::options::ReturnDocument;
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::operators::{AccountStore, NewOperator, Operator, SignInAttempts};
use tenantry_core::values::{EmailAddress, OperatorId, PasswordHash, PersonName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, OPERATORS, REVOKED_SESSIONS, SIGN_IN_ATTEMPTS};

#[async_trait]
impl AccountStore for MongoStore {
    async fn has_operators(&self) -> Result<bool, StoreError> {
        let operators = self.raw(OPERATORS);
        let any = operators.find_one(doc! {}).projection(doc! { "_id": 1 });
        Ok(self.call(Act::on("find", OPERATORS), any).await?.is_some())
    }

    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError> {
        let document = doc! {
            "_id": operator.id.object_id(),
            "name": operator.name.as_str(),
            "email": operator.email.as_str(),
            // The unique index is on this form.
            "email_key": operator.email.matching_key(),
            "password_hash": operator.password_hash.expose(),
            "session_version": 0_i64,
            "created_at": documents::date(operator.created_at),
        };
        match self.write(self.documents(OPERATORS).insert_one(document)).await {
            Ok(_) => {}
            Err(failure) if failure.is_duplicate() => {
                let field = match self.find_operator(operator.id).await? {
                    Some(_) => UniqueField::Id,
                    None => UniqueField::Email,
                };
                return Err(StoreError::Duplicate { field });
            }
            Err(failure) => return Err(self.told(failure, Act::on("insert", OPERATORS))),
        }
        if self.unique.operators.is_enforced() {
            return Ok(());
        }
        let other = doc! {
            "email_key": operator.email.matching_key(),
            "_id": { "$ne": operator.id.object_id() },
        };
        if self.one_operator(other).await?.is_none() {
            return Ok(());
        }
        let operators = self.documents(OPERATORS);
        let taken_back = operators.delete_one(doc! { "_id": operator.id.object_id() });
        self.write(taken_back).await.map_err(|failure| self.told(failure, Act::on("remove", OPERATORS)))?;
        Err(StoreError::Duplicate { field: UniqueField::Email })
    }

    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        self.one_operator(doc! { "_id": id.object_id() }).await
    }

    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError> {
        self.one_operator(doc! { "email_key": email.matching_key() }).await
    }

    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id.object_id(), "password_hash": from.expose() };
        let operators = self.documents(OPERATORS);
        let renewed = operators.update_one(filter, doc! { "$set": { "password_hash": to.expose() } });
        self.write(renewed)
            .await
            .map(|_| ())
            .map_err(|failure| self.told(failure, Act::on("update", OPERATORS)))
    }

    async fn sign_in_attempts(&self, account: &str) -> Result<Option<SignInAttempts>, StoreError> {
        let sign_in_attempts = self.raw(SIGN_IN_ATTEMPTS);
        let found = sign_in_attempts.find_one(doc! { "_id": account });
        let found = self.call(Act::on("find", SIGN_IN_ATTEMPTS), found).await?;
        found.as_deref().map(attempts).transpose()
    }

    async fn add_failed_sign_in(&self, account: &str, at: OffsetDateTime) -> Result<u32, StoreError> {
        let act = Act::on("update", SIGN_IN_ATTEMPTS);
        let update = doc! {
            "$inc": { "failures": 1_i64 },
            "$max": { "last_failed_at": documents::date(at) },
        };
        let sign_in_attempts = self.raw(SIGN_IN_ATTEMPTS);
        let add = || {
            sign_in_attempts
                .find_one_and_update(doc! { "_id": account }, update.clone())
                .upsert(true)
                .return_document(ReturnDocument::After)
        };
        let added = match self.write(add()).await {
            // Of two first failures at the same moment one inserts; the other finds it then.
            Err(failure) if failure.is_duplicate() => self.write(add()).await,
            other => other,
        };
        match added.map_err(|failure| self.told(failure, act))?.flatten() {
            Some(document) => Ok(attempts(&document)?.failures),
            None => Ok(self.sign_in_attempts(account).await?.map_or(1, |attempts| attempts.failures)),
        }
    }

    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError> {
        let sign_in_attempts = self.documents(SIGN_IN_ATTEMPTS);
        let cleared = sign_in_attempts.delete_one(doc! { "_id": account });
        self.write(cleared)
            .await
            .map(|_| ())
            .map_err(|failure| self.told(failure, Act::on("remove", SIGN_IN_ATTEMPTS)))
    }

    async fn revoke_session(&self, session_id: &str, expires_at: OffsetDateTime) -> Result<(), StoreError> {
        let act = Act::on("update", REVOKED_SESSIONS);
        // An index removes it when it has expired.
        let update = doc! { "$set": { "expires_at": documents::date(expires_at) } };
        let revoked_sessions = self.documents(REVOKED_SESSIONS);
        let revoke = || revoked_sessions.update_one(doc! { "_id": session_id }, update.clone()).upsert(true);
        let revoked = match self.write(revoke()).await {
            Err(failure) if failure.is_duplicate() => self.write(revoke()).await,
            other => other,
        };
        revoked.map(|_| ()).map_err(|failure| self.told(failure, act))
    }

    async fn is_session_revoked(&self, session_id: &str) -> Result<bool, StoreError> {
        let revoked_sessions = self.raw(REVOKED_SESSIONS);
        let found = revoked_sessions.find_one(doc! { "_id": session_id });
        Ok(self.call(Act::on("find", REVOKED_SESSIONS), found).await?.is_some())
    }
}

impl MongoStore {
    async fn one_operator(&self, filter: Document) -> Result<Option<Operator>, StoreError> {
        let found = self.call(Act::on("find", OPERATORS), self.raw(OPERATORS).find_one(filter)).await?;
        found.as_deref().map(operator).transpose()
    }
}

fn operator(document: &RawDocument) -> Result<Operator, StoreError> {
    let read = || {
        Some(Operator {
            id: documents::object_id(document, "_id")?.into(),
            name: PersonName::from_stored(documents::text(document, "name")?),
            email: EmailAddress::from_stored(documents::text(document, "email")?),
            password_hash: PasswordHash::from_stored(documents::text(document, "password_hash")?),
            session_version: documents::integer(document, "session_version")?,
        })
    };
    // Not lenient: this program alone writes it, and half an operator signs nobody in.
    read().ok_or_else(|| StoreError::Corrupt { what: format!("a document of {OPERATORS}") })
}

fn attempts(document: &RawDocument) -> Result<SignInAttempts, StoreError> {
    let read = || {
        Some(SignInAttempts {
            failures: u32::try_from(documents::integer(document, "failures")?).ok()?,
            last_failed_at: documents::moment(document, "last_failed_at")?,
        })
    };
    read().ok_or_else(|| StoreError::Corrupt { what: format!("a document of {SIGN_IN_ATTEMPTS}") })
}
