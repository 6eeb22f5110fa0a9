//! Operators, failed sign-ins and ended sessions.

use std::time::Duration;

use async_trait::async_trait;
use bson::{Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use mongodb::options::ReturnDocument;
use tenantry_connection::database::{OPERATORS, ORGANIZATIONS, REVOKED_SESSIONS, SIGN_IN_ATTEMPTS};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::ACCOUNTS_OF_AN_ADDRESS_MAX;
use tenantry_core::ports::AccountStore;
use tenantry_core::records::{NewOperator, OneTime, Operator, OperatorRole, SignInAttempts};
use tenantry_core::rights::Role;
use tenantry_core::values::{
    EmailAddress, HashRenewal, OperatorId, PasswordHash, PersonName, RecoveryDigest,
};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::MongoStore;

/// Time limit for finding the address with the most accounts, which may read every organization: a sign-in does not
/// wait longer.
const MOST_LIMIT: Duration = Duration::from_secs(1);

#[async_trait]
impl AccountStore for MongoStore {
    async fn has_operators(&self) -> Result<bool, StoreError> {
        let operators = self.raw(OPERATORS);
        let any = operators.find_one(doc! {}).projection(doc! { "_id": 1 });
        Ok(self.call(Act::on("find", OPERATORS), any).await?.is_some())
    }

    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError> {
        let mut document = doc! {
            "_id": operator.id.object_id(),
            "name": operator.name.as_str(),
            "email": operator.email.as_str(),
            // The unique index is on this form.
            "email_key": operator.email.matching_key(),
            "role": Role::from(operator.role).as_str(),
            "password_hash": operator.password_hash.expose(),
            "session_version": 0_i64,
            "created_at": documents::date(operator.created_at),
        };
        if let Some(one_time) = operator.one_time {
            document.insert("one_time_until", documents::date(one_time.until));
        }
        if let Some(recovery) = &operator.recovery {
            document.insert("recovery", recovery.as_str());
        }
        // The first operator has the same id in every workspace, for everyone who claims it.
        let ours = doc! {
            "_id": operator.id.object_id(), "password_hash": operator.password_hash.expose(),
        };
        match self.write(self.documents(OPERATORS).insert_one(document)).await {
            Ok(Some(_)) => {}
            Ok(None) => self.require_confirmed(OPERATORS, ours.clone()).await?,
            Err(failure) if failure.is_duplicate() => {
                let field = match self.find_operator(operator.id).await? {
                    Some(_) => UniqueField::Id,
                    None => UniqueField::Email,
                };
                return Err(StoreError::Duplicate { field });
            }
            Err(failure) => return Err(self.told(failure, Act::on("insert", OPERATORS))),
        }
        // Checked after the write, because no index keeps an address unique in two collections: of two concurrent
        // writes, at least one checks after both are made.
        let other = doc! {
            "email_key": operator.email.matching_key(),
            "_id": { "$ne": operator.id.object_id() },
        };
        let taken = self.admin_has(&operator.email).await?
            || (!self.unique.operators.is_enforced() && self.one_operator(other).await?.is_some());
        if !taken {
            return Ok(());
        }
        let operators = self.documents(OPERATORS);
        let taken_back = self.write(operators.delete_one(ours.clone())).await;
        if taken_back.map_err(|failure| self.told(failure, Act::on("remove", OPERATORS)))?.is_none() {
            self.require_gone(OPERATORS, ours).await?;
        }
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
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id.object_id(), "password_hash": from.expose() };
        let set = doc! { "password_hash": to.expose(), "password_renewal": renewal.to_stored() };
        let operators = self.documents(OPERATORS);
        let renewed = operators.update_one(filter, doc! { "$set": set });
        self.write(renewed)
            .await
            .map(|_| ())
            .map_err(|failure| self.told(failure, Act::on("update", OPERATORS)))
    }

    async fn most_accounts_of_an_address(&self) -> Result<usize, StoreError> {
        let operators = self.raw(OPERATORS);
        let listed = async {
            let cursor = operators.find(doc! {}).projection(doc! { "email": 1 }).max_time(MOST_LIMIT).await?;
            cursor.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let among_admins = async {
            if self.unique.emails.is_enforced() { 1 } else { self.most_admins_of_an_address().await }
        };
        let (operators, most) =
            futures_util::join!(self.call(Act::on("find", OPERATORS), listed), among_admins);
        let operators = operators?;
        let shared = operators.iter().filter_map(|operator| documents::text(operator, "email")).map(
            |email| async move {
                let admins = self.with_address(&EmailAddress::from_stored(email)).await?;
                Ok::<_, StoreError>(1 + admins.len())
            },
        );
        let shared = try_join_all(shared).await?;
        Ok(shared.into_iter().fold(most, usize::max))
    }

    async fn sign_in_attempts(&self, accounts: &[String]) -> Result<Vec<SignInAttempts>, StoreError> {
        // By the server's clock, which is the same for every console.
        let pipeline = [
            doc! { "$match": { "_id": { "$in": accounts } } },
            doc! { "$project": { "failures": 1, "last_failed_at": 1, "now": "$$NOW" } },
        ];
        let found = async {
            let sign_in_attempts = self.raw(SIGN_IN_ATTEMPTS);
            let cursor = sign_in_attempts.aggregate(pipeline).await?;
            cursor.with_type::<RawDocumentBuf>().try_collect::<Vec<_>>().await
        };
        let found = self.call(Act::on("find", SIGN_IN_ATTEMPTS), found).await?;
        found.iter().map(|document| attempts(document)).collect()
    }

    async fn add_failed_sign_in(&self, account: &str) -> Result<u32, StoreError> {
        let act = Act::on("update", SIGN_IN_ATTEMPTS);
        let update = doc! {
            "$inc": { "failures": 1_i64 },
            "$currentDate": { "last_failed_at": true },
        };
        let sign_in_attempts = self.raw(SIGN_IN_ATTEMPTS);
        let add = || {
            sign_in_attempts
                .find_one_and_update(doc! { "_id": account }, update.clone())
                .upsert(true)
                .return_document(ReturnDocument::After)
        };
        let added = match self.write(add()).await {
            // Of two concurrent first failures one inserts; the other then finds it.
            Err(failure) if failure.is_duplicate() => self.write(add()).await,
            other => other,
        };
        match added.map_err(|failure| self.told(failure, act))?.flatten() {
            Some(document) => failures(&document),
            None => {
                let found = self.sign_in_attempts(&[account.to_owned()]).await?;
                Ok(found.first().map_or(1, |attempts| attempts.failures))
            }
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
        // An index removes it after it has expired.
        let update = doc! { "$set": { "expires_at": documents::date(expires_at) } };
        let revoked_sessions = self.documents(REVOKED_SESSIONS);
        let revoke = || revoked_sessions.update_one(doc! { "_id": session_id }, update.clone()).upsert(true);
        let revoked = match self.write(revoke()).await {
            Err(failure) if failure.is_duplicate() => self.write(revoke()).await,
            other => other,
        };
        match revoked.map_err(|failure| self.told(failure, act))? {
            Some(_) => Ok(()),
            None => self.require_confirmed(REVOKED_SESSIONS, doc! { "_id": session_id }).await,
        }
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

    /// Whether an operator has this address.
    pub(crate) async fn operator_has(&self, email: &EmailAddress) -> Result<bool, StoreError> {
        let operators = self.raw(OPERATORS);
        let found = operators.find_one(doc! { "email_key": email.matching_key() });
        let found = found.projection(doc! { "_id": 1 });
        Ok(self.call(Act::on("find", OPERATORS), found).await?.is_some())
    }

    async fn admin_has(&self, email: &EmailAddress) -> Result<bool, StoreError> {
        Ok(!self.with_address(email).await?.is_empty())
    }

    /// Without an index that keeps an address to one admin, counts the admins of each. 1 if that takes too long: the
    /// accounts that a sign-in meets are counted anyway.
    async fn most_admins_of_an_address(&self) -> usize {
        let pipeline = [
            doc! { "$match": { "admin_email": { "$type": "string" } } },
            doc! { "$group": { "_id": { "$toLower": "$admin_email" }, "uses": { "$sum": 1 } } },
            doc! { "$sort": { "uses": -1 } },
            doc! { "$limit": 1 },
        ];
        let most = async {
            let organizations = self.raw(ORGANIZATIONS);
            let counted = organizations.aggregate(pipeline).max_time(MOST_LIMIT);
            counted.await?.with_type::<RawDocumentBuf>().try_next().await
        };
        let most = self.attempt(most).await.ok().flatten();
        let most = most.and_then(|most| documents::count(&most, "uses")).unwrap_or(1);
        usize::try_from(most).unwrap_or(usize::MAX).clamp(1, ACCOUNTS_OF_AN_ADDRESS_MAX)
    }
}

pub(crate) fn operator(document: &RawDocument) -> Result<Operator, StoreError> {
    let read = || {
        Some(Operator {
            id: documents::object_id(document, "_id")?.into(),
            name: PersonName::from_stored(documents::text(document, "name")?),
            email: EmailAddress::from_stored(documents::text(document, "email")?),
            // An operator of before was an owner: there was one role.
            role: match document.get("role").ok()? {
                None => OperatorRole::Owner,
                Some(role) => OperatorRole::from_word(role.as_str()?)?,
            },
            is_active: match document.get("is_active").ok()? {
                None => true,
                Some(is_active) => is_active.as_bool()?,
            },
            password_hash: PasswordHash::from_stored(documents::text(document, "password_hash")?),
            renewal: documents::text(document, "password_renewal")
                .as_deref()
                .and_then(HashRenewal::from_stored),
            one_time: documents::moment(document, "one_time_until").map(|until| OneTime { until }),
            recovery: documents::text(document, "recovery").map(RecoveryDigest::from_stored),
            created_at: documents::moment(document, "created_at")?,
            last_sign_in_at: documents::moment(document, "last_sign_in_at"),
            session_version: documents::integer(document, "session_version")?,
        })
    };
    // Not lenient: only Tenantry writes it, and half an operator signs nobody in.
    read().ok_or_else(|| StoreError::Corrupt { what: format!("a document of {OPERATORS}") })
}

pub(crate) fn attempts(document: &RawDocument) -> Result<SignInAttempts, StoreError> {
    let moment = |field| documents::moment(document, field).ok_or_else(damaged);
    let since_last = moment("now")? - moment("last_failed_at")?;
    Ok(SignInAttempts {
        account: documents::text(document, "_id").ok_or_else(damaged)?,
        failures: failures(document)?,
        // An earlier version noted its computer's time, which may be in the future: then none of the pause is over.
        since_last: Duration::try_from(since_last).unwrap_or_default(),
    })
}

fn failures(document: &RawDocument) -> Result<u32, StoreError> {
    let failures = documents::integer(document, "failures").ok_or_else(damaged)?;
    u32::try_from(failures).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {SIGN_IN_ATTEMPTS}") }
}
