//! Operators and failed sign-ins.

use std::time::Duration;

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use mongodb::options::ReturnDocument;
use tenantry_connection::database::{OPERATORS, ORGANIZATIONS, PEOPLE, SETTINGS, SIGN_IN_ATTEMPTS};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::ACCOUNTS_OF_AN_ADDRESS_MAX;
use tenantry_core::ports::AccountStore;
use tenantry_core::records::{NewOperator, OneTime, Operator, OperatorChange, OperatorRole, SignInAttempts};
use tenantry_core::rights::Role;
use tenantry_core::values::{
    Device, EmailAddress, HashRenewal, OperatorId, PasswordHash, PersonName, RecoveryDigest,
};

use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};

/// Time limit for finding the address with the most accounts, which may read every organization: a sign-in does not
/// wait longer.
const MOST_LIMIT: Duration = Duration::from_secs(1);
/// The `_id` of the document by which changes of owners take turns.
const OWNERS: &str = "owners";
/// Attempts to take a turn.
const GUARDED_ROUNDS: usize = 8;

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
            || self.person_has(&operator.email).await?
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

    async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        let operators = self.raw(OPERATORS);
        let listed = async { operators.find(doc! {}).await?.try_collect::<Vec<RawDocumentBuf>>().await };
        let listed = self.call(Act::on("find", OPERATORS), listed).await?;
        listed.iter().map(|document| operator(document)).collect()
    }

    async fn change_operator(
        &self,
        seen: &Operator,
        change: &OperatorChange,
    ) -> Result<Operator, StoreError> {
        let loses =
            change.role.is_some_and(|role| role != OperatorRole::Owner) || change.is_active == Some(false);
        if loses {
            self.guarded(seen, Some(update_of(change))).await?;
            let found = self.find_operator(seen.id).await?;
            return found.ok_or(StoreError::NotFound { what: "operator" });
        }
        self.changed_operator(seen, update_of(change)).await
    }

    async fn remove_operator(&self, seen: &Operator) -> Result<(), StoreError> {
        self.guarded(seen, None).await
    }

    async fn set_operators_own_password(
        &self,
        seen: &Operator,
        hash: &PasswordHash,
        recovery: Option<&RecoveryDigest>,
    ) -> Result<Operator, StoreError> {
        let change = OperatorChange {
            password: Some((hash.clone(), None)),
            recovery: recovery.map(|recovery| Some(recovery.clone())),
            end_sessions: true,
            ..OperatorChange::default()
        };
        self.changed_operator(seen, update_of(&change)).await
    }

    async fn note_operator_sign_in(&self, id: OperatorId, at: OffsetDateTime) -> Result<(), StoreError> {
        let operators = self.documents(OPERATORS);
        let set = doc! { "$set": { "last_sign_in_at": documents::date(at) } };
        let noted = operators.update_one(doc! { "_id": id.object_id() }, set);
        self.write(noted).await.map(drop).map_err(|failure| self.told(failure, Act::on("update", OPERATORS)))
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
        // A person can be an admin as well. Who is would have to be looked for among all of them, so any person counts
        // as one.
        let people = self.raw(PEOPLE);
        let any_person = people.find_one(doc! {}).projection(doc! { "_id": 1 });
        let (operators, most, any_person) = futures_util::join!(
            self.call(Act::on("find", OPERATORS), listed),
            among_admins,
            self.call(Act::on("find", PEOPLE), any_person),
        );
        let most = if any_person?.is_some() { most + 1 } else { most };
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
        self.attempts_of(vec![doc! { "$match": { "_id": { "$in": accounts } } }]).await
    }

    async fn add_failed_sign_in(&self, account: &str, device: &Device) -> Result<u32, StoreError> {
        let act = Act::on("update", SIGN_IN_ATTEMPTS);
        let update = doc! {
            "$inc": { "failures": 1_i64 },
            "$set": { "device": device.as_str() },
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

    async fn add_passed_over(&self, account: &str, guess: &str) -> Result<(), StoreError> {
        let filter = doc! { "_id": account, "guess": { "$ne": guess } };
        let update = doc! {
            "$inc": { "failures": 1_i64 },
            "$currentDate": { "last_failed_at": true },
            "$set": { "guess": guess },
        };
        let sign_in_attempts = self.documents(SIGN_IN_ATTEMPTS);
        match self.write(sign_in_attempts.update_one(filter, update).upsert(true)).await {
            Ok(_) => Ok(()),
            // It is there with this guess: the filter passed it over, and an insert found its id taken.
            Err(failure) if failure.is_duplicate() => Ok(()),
            Err(failure) => Err(self.told(failure, Act::on("update", SIGN_IN_ATTEMPTS))),
        }
    }

    async fn failed_sign_ins(&self, limit: u32) -> Result<Vec<SignInAttempts>, StoreError> {
        // Few: each is an account or address that failed since it last signed in.
        let latest = vec![doc! { "$sort": { "last_failed_at": -1 } }, doc! { "$limit": i64::from(limit) }];
        self.attempts_of(latest).await
    }

    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError> {
        let sign_in_attempts = self.documents(SIGN_IN_ATTEMPTS);
        let cleared = sign_in_attempts.delete_one(doc! { "_id": account });
        self.write(cleared)
            .await
            .map(|_| ())
            .map_err(|failure| self.told(failure, Act::on("remove", SIGN_IN_ATTEMPTS)))
    }
}

impl MongoStore {
    async fn attempts_of(&self, mut pipeline: Vec<Document>) -> Result<Vec<SignInAttempts>, StoreError> {
        // By the server's clock, which is the same for every console.
        let shown = doc! { "failures": 1, "last_failed_at": 1, "device": 1, "now": "$$NOW" };
        pipeline.push(doc! { "$project": shown });
        let found = async {
            let sign_in_attempts = self.raw(SIGN_IN_ATTEMPTS);
            let cursor = sign_in_attempts.aggregate(pipeline).await?;
            cursor.with_type::<RawDocumentBuf>().try_collect::<Vec<_>>().await
        };
        let found = self.call(Act::on("find", SIGN_IN_ATTEMPTS), found).await?;
        found.iter().map(|document| attempts(document)).collect()
    }

    async fn one_operator(&self, filter: Document) -> Result<Option<Operator>, StoreError> {
        let found = self.call(Act::on("find", OPERATORS), self.raw(OPERATORS).find_one(filter)).await?;
        found.as_deref().map(operator).transpose()
    }

    /// Changes an operator, if nothing has ended their sessions since.
    async fn changed_operator(&self, seen: &Operator, update: Document) -> Result<Operator, StoreError> {
        let operators = self.raw(OPERATORS);
        let changed = operators.find_one_and_update(as_seen(seen), update);
        let changed = self.write(changed.return_document(ReturnDocument::After)).await;
        match changed.map_err(|failure| self.told(failure, Act::on("update", OPERATORS)))? {
            Some(Some(changed)) => operator(&changed),
            Some(None) => match self.find_operator(seen.id).await? {
                Some(_) => Err(StoreError::Changed { what: "the operator" }),
                None => Err(StoreError::NotFound { what: "operator" }),
            },
            None => Err(unconfirmed()),
        }
    }

    /// Takes an owner's rights away, with `update`, or removes them without one.
    ///
    /// No server keeps a rule over several documents in one write, so such changes take turns: each writes what it is
    /// about to do into one document, if nobody has done so since it looked at the owners. Whoever comes next carries
    /// that out first, so a crash in between leaves nothing half done, and looks at the owners after it. A change that
    /// comes late finds that the operator is no longer as it was seen.
    async fn guarded(&self, seen: &Operator, update: Option<Document>) -> Result<(), StoreError> {
        let settings = self.documents(SETTINGS);
        for _ in 0..GUARDED_ROUNDS {
            let guard = self.confirmed(SETTINGS, doc! { "_id": OWNERS }).await?;
            let turn = guard.as_deref().and_then(|guard| documents::integer(guard, "turn"));
            if let Some(guard) = &guard {
                self.carry_out(guard).await?;
            }
            let operators = self.operators().await?;
            let Some(now) = operators.iter().find(|operator| operator.id == seen.id) else {
                return Err(StoreError::NotFound { what: "operator" });
            };
            if now.session_version != seen.session_version {
                return Err(StoreError::Changed { what: "the operator" });
            }
            let is_owner = |operator: &&Operator| operator.role == OperatorRole::Owner && operator.is_active;
            if is_owner(&now) && operators.iter().filter(is_owner).count() == 1 {
                return Err(StoreError::LastOwner);
            }
            let mark = ObjectId::new();
            let mut next = doc! {
                "turn": turn.unwrap_or(0) + 1,
                "mark": mark,
                "operator": seen.id.object_id(),
                "session_version": seen.session_version,
            };
            if let Some(update) = &update {
                next.insert("set", update.get_document("$set").cloned().unwrap_or_default());
            }
            let taken = match turn {
                Some(turn) => {
                    let replaced = settings.replace_one(doc! { "_id": OWNERS, "turn": turn }, &next);
                    // Without a response it may be ours.
                    self.write(replaced).await.map(|written| written.is_none_or(|one| one.matched_count == 1))
                }
                None => {
                    let mut first = next.clone();
                    first.insert("_id", OWNERS);
                    self.write(settings.insert_one(first)).await.map(|_| true)
                }
            };
            match taken {
                Ok(true) => {}
                // Somebody else was first.
                Ok(false) => continue,
                Err(failure) if failure.is_duplicate() => continue,
                Err(failure) => return Err(self.told(failure, Act::on("update", SETTINGS))),
            }
            let ours = doc! { "_id": OWNERS, "mark": mark };
            let Some(ours) = self.confirmed(SETTINGS, ours).await? else {
                // Whoever has the next turn carried it out first.
                let ours = RawDocumentBuf::try_from(&next).map_err(|_| damaged_guard())?;
                if self.is_carried_out(&ours).await? {
                    return Ok(());
                }
                continue;
            };
            return if self.carry_out(&ours).await? {
                Ok(())
            } else {
                Err(StoreError::Changed { what: "the operator" })
            };
        }
        Err(StoreError::Changed { what: "the operator" })
    }

    /// Carries out what the guard's document says, unless that happened already; returns whether it has happened.
    async fn carry_out(&self, guard: &RawDocument) -> Result<bool, StoreError> {
        let (Some(id), Some(version)) =
            (documents::object_id(guard, "operator"), documents::integer(guard, "session_version"))
        else {
            return Ok(true);
        };
        let filter = doc! { "_id": id, "session_version": version };
        let operators = self.documents(OPERATORS);
        match guard.get_document("set") {
            Ok(set) => {
                let set = Document::try_from(set.to_owned()).map_err(|_| damaged_guard())?;
                let update = doc! { "$set": set, "$inc": { "session_version": 1_i64 } };
                let changed = self.write(operators.update_one(filter, update)).await;
                changed.map_err(|failure| self.told(failure, Act::on("update", OPERATORS)))?;
            }
            Err(_) => {
                let removed = self.write(operators.delete_one(filter)).await;
                removed.map_err(|failure| self.told(failure, Act::on("remove", OPERATORS)))?;
            }
        }
        self.is_carried_out(guard).await
    }

    /// Whether what the guard's document says has happened.
    async fn is_carried_out(&self, guard: &RawDocument) -> Result<bool, StoreError> {
        let (Some(id), Some(version)) =
            (documents::object_id(guard, "operator"), documents::integer(guard, "session_version"))
        else {
            return Ok(true);
        };
        let Ok(set) = guard.get_document("set") else {
            return Ok(self.confirmed(OPERATORS, doc! { "_id": id }).await?.is_none());
        };
        let mut set = Document::try_from(set.to_owned()).map_err(|_| damaged_guard())?;
        set.insert("_id", id);
        set.insert("session_version", version + 1);
        Ok(self.confirmed(OPERATORS, set).await?.is_some())
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

fn as_seen(seen: &Operator) -> Document {
    doc! { "_id": seen.id.object_id(), "session_version": seen.session_version }
}

fn update_of(change: &OperatorChange) -> Document {
    let (mut set, mut unset) = (Document::new(), Document::new());
    let mut put = |field: &str, value: Option<Bson>| match value {
        Some(value) => drop(set.insert(field, value)),
        None => drop(unset.insert(field, "")),
    };
    if let Some(name) = &change.name {
        put("name", Some(name.as_str().into()));
    }
    if let Some(role) = change.role {
        put("role", Some(Role::from(role).as_str().into()));
    }
    if let Some(is_active) = change.is_active {
        put("is_active", Some(is_active.into()));
    }
    if let Some((hash, one_time)) = &change.password {
        put("password_hash", Some(hash.expose().into()));
        put("password_renewal", None);
        put("one_time_until", one_time.map(|one_time| documents::date(one_time.until).into()));
    }
    if let Some(recovery) = &change.recovery {
        put("recovery", recovery.as_ref().map(|recovery| recovery.as_str().into()));
    }
    let mut update = Document::new();
    for (operator, fields) in [("$set", set), ("$unset", unset)] {
        if !fields.is_empty() {
            update.insert(operator, fields);
        }
    }
    let ends = change.end_sessions || change.role.is_some() || change.is_active.is_some();
    update.insert("$inc", doc! { "session_version": i64::from(ends) });
    update
}

fn damaged_guard() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {SETTINGS}") }
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
        device: documents::text(document, "device").map(Device::from_stored),
    })
}

fn failures(document: &RawDocument) -> Result<u32, StoreError> {
    let failures = documents::integer(document, "failures").ok_or_else(damaged)?;
    u32::try_from(failures).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {SIGN_IN_ATTEMPTS}") }
}
