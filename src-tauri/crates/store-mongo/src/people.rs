//! People of organizations, and the lists of them.

use async_trait::async_trait;
use bson::oid::ObjectId;
use bson::{Bson, DateTime, Document, RawArray, RawDocument, RawDocumentBuf, doc};
use futures_util::TryStreamExt;
use mongodb::options::ReturnDocument;
use tenantry_connection::database::PEOPLE;
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::limits::SHOWN_MEMBERSHIPS;
use tenantry_core::ports::PeopleStore;
use tenantry_core::records::{
    MemberRole, Membership, MembershipChange, OneTime, PageStart, PeopleCounts, PeopleCursor, PeopleFilter,
    PeoplePage, PeopleQuery, PeopleSort, PeopleStatus, Person, PersonRow, SortDirection,
};
use tenantry_core::rights::Role;
use tenantry_core::values::{EmailAddress, HashRenewal, OrganizationId, PasswordHash, PersonId, PersonName};
use time::OffsetDateTime;

use crate::documents;
use crate::errors::Act;
use crate::open::{MongoStore, unconfirmed};
use crate::paging;

const FIND: Act<'static> = Act { action: "find", collection: Some(PEOPLE) };
const INSERT: Act<'static> = Act { action: "insert", collection: Some(PEOPLE) };
const UPDATE: Act<'static> = Act { action: "update", collection: Some(PEOPLE) };
const REMOVE: Act<'static> = Act { action: "remove", collection: Some(PEOPLE) };

/// Rounds of a removal that others get in the way of.
const ROUNDS: usize = 8;

#[async_trait]
impl PeopleStore for MongoStore {
    async fn insert(&self, person: &Person) -> Result<(), StoreError> {
        let document = document(person);
        let ours = doc! { "_id": person.id.object_id(), "password_hash": person.password_hash.expose() };
        match self.write(self.documents(PEOPLE).insert_one(document)).await {
            Ok(Some(_)) => {}
            Ok(None) => self.require_confirmed(PEOPLE, ours.clone()).await?,
            Err(failure) if failure.is_duplicate() => {
                let field = match PeopleStore::find(self, person.id).await? {
                    Some(_) => UniqueField::Id,
                    None => UniqueField::Email,
                };
                return Err(StoreError::Duplicate { field });
            }
            Err(failure) => return Err(self.told(failure, INSERT)),
        }
        // Checked after the write, as for an operator: no index keeps an address unique in two collections.
        let other =
            doc! { "email_key": person.email.matching_key(), "_id": { "$ne": person.id.object_id() } };
        let taken = self.operator_has(&person.email).await?
            || (!self.unique.people.is_enforced() && self.one_person(other).await?.is_some());
        if !taken {
            return Ok(());
        }
        let taken_back = self.write(self.documents(PEOPLE).delete_one(ours.clone())).await;
        if taken_back.map_err(|failure| self.told(failure, REMOVE))?.is_none() {
            self.require_gone(PEOPLE, ours).await?;
        }
        Err(StoreError::Duplicate { field: UniqueField::Email })
    }

    async fn find(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.one_person(doc! { "_id": id.object_id() }).await
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, StoreError> {
        self.one_person(doc! { "email_key": email.matching_key() }).await
    }

    async fn page(&self, query: &PeopleQuery, now: OffsetDateTime) -> Result<PeoplePage, StoreError> {
        let mut rows = match &query.start {
            PageStart::Row { number, of } => {
                // The number is the one in the order of the list, in whichever direction it is walked.
                let skipped =
                    if query.backwards { of.saturating_sub(number.saturating_add(1)) } else { *number };
                let rows = self.people_rows(query, query.walk(), skipped, now).await?;
                if rows.is_empty() && skipped > 0 {
                    let mut last = self.people_rows(query, query.walk().reversed(), 0, now).await?;
                    last.truncate(limit(query));
                    last.reverse();
                    last
                } else {
                    rows
                }
            }
            PageStart::Beginning | PageStart::After(_) => {
                self.people_rows(query, query.walk(), 0, now).await?
            }
        };
        let has_more = rows.len() > limit(query);
        rows.truncate(limit(query));
        let cursor = |row: &PersonRow| PeopleCursor {
            value: query.sort.value(&row.name, &row.email, row.last_sign_in_at),
            id: row.id,
        };
        let begins = matches!(query.start, PageStart::Beginning);
        Ok(PeoplePage {
            previous: rows.first().filter(|_| !begins).map(cursor),
            next: rows.last().filter(|_| has_more).map(cursor),
            people: rows,
            organizations: Vec::new(),
        })
    }

    async fn count(&self, filter: &PeopleFilter, now: OffsetDateTime) -> Result<PeopleCounts, StoreError> {
        let of = |status| PeopleFilter { status, ..filter.clone() };
        let counted = |status| async move {
            let people = self.raw(PEOPLE);
            let counted = people.count_documents(condition(&of(status), now));
            self.call(FIND, async { counted.await }).await
        };
        // All at the same time, so that a distant server is waited for once.
        let (all, deactivated, expired, invited) = tokio::try_join!(
            counted(None),
            counted(Some(PeopleStatus::Deactivated)),
            counted(Some(PeopleStatus::Expired)),
            counted(Some(PeopleStatus::Invited)),
        )?;
        let active = all.saturating_sub(deactivated + expired + invited);
        Ok(PeopleCounts { all, active, invited, expired, deactivated })
    }

    async fn join(
        &self,
        seen: &Person,
        membership: &Membership,
        password: Option<(&PasswordHash, OneTime)>,
    ) -> Result<Person, StoreError> {
        let organization = membership.organization_id;
        let filter = doc! {
            "_id": seen.id.object_id(),
            "session_version": seen.session_version,
            "memberships.organization_id": { "$ne": organization.object_id() },
        };
        let mut update = doc! { "$push": { "memberships": stored_membership(membership) } };
        if let Some((hash, one_time)) = password {
            update.extend(with_one_time_password(hash, one_time));
            update.extend(ending_sessions());
        }
        match self.changed_person(filter, update).await? {
            Some(person) => Ok(person),
            None => match PeopleStore::find(self, seen.id).await? {
                Some(now) if now.membership(organization).is_some() => {
                    Err(StoreError::Duplicate { field: UniqueField::Id })
                }
                Some(_) => Err(StoreError::Changed { what: "the person" }),
                None => Err(missing()),
            },
        }
    }

    async fn change_membership(
        &self,
        id: PersonId,
        organization: Option<OrganizationId>,
        change: MembershipChange,
    ) -> Result<Person, StoreError> {
        let mut filter = doc! { "_id": id.object_id() };
        let was = change.role_was.map(|role| Role::from(role).as_str());
        // The place of the one membership that the filter found, or all places.
        let place = match organization {
            Some(organization) => {
                let mut membership = doc! { "organization_id": organization.object_id() };
                membership.extend(was.map(|was| ("role".to_owned(), Bson::from(was))));
                filter.insert("memberships", doc! { "$elemMatch": membership });
                "$"
            }
            None => {
                let other = |was| doc! { "$not": { "$elemMatch": { "role": { "$ne": was } } } };
                filter.extend(was.map(|was| ("memberships".to_owned(), Bson::from(other(was)))));
                "$[]"
            }
        };
        let mut set = Document::new();
        if let Some(role) = change.role {
            set.insert(format!("memberships.{place}.role"), Role::from(role).as_str());
        }
        if let Some(is_active) = change.is_active {
            set.insert(format!("memberships.{place}.is_active"), is_active);
        }
        let mut update = ending_sessions();
        if !set.is_empty() {
            update.insert("$set", set);
        }
        if let Some(changed) = self.changed_person(filter, update).await? {
            return Ok(changed);
        }
        let there = match was {
            Some(_) => PeopleStore::find(self, id).await?,
            None => None,
        };
        let belongs = |person: &Person| organization.is_none_or(|one| person.membership(one).is_some());
        match there.filter(belongs) {
            Some(_) => Err(StoreError::Changed { what: "the person" }),
            None => Err(missing()),
        }
    }

    async fn leave(&self, id: PersonId, organization: Option<OrganizationId>) -> Result<(), StoreError> {
        let one = doc! { "_id": id.object_id() };
        match organization {
            None => self.remove_people(one).await,
            Some(organization) => self.leave_where(one, organization).await,
        }
    }

    async fn leave_all(&self, organization: OrganizationId) -> Result<(), StoreError> {
        self.leave_where(Document::new(), organization).await
    }

    async fn rename(&self, id: PersonId, name: &PersonName) -> Result<Person, StoreError> {
        let set = doc! { "name": name.as_str(), "name_key": name.matching_key() };
        let renamed = self.changed_person(doc! { "_id": id.object_id() }, doc! { "$set": set }).await?;
        renamed.ok_or_else(missing)
    }

    async fn set_one_time_password(
        &self,
        seen: &Person,
        hash: &PasswordHash,
        one_time: OneTime,
    ) -> Result<Person, StoreError> {
        let update = with_one_time_password(hash, one_time);
        // An organization's admin may set it for somebody of no other organization only.
        let memberships = i32::try_from(seen.memberships.len()).unwrap_or(i32::MAX);
        self.set_persons_password(seen, doc! { "memberships": { "$size": memberships } }, update).await
    }

    async fn set_own_password(&self, seen: &Person, hash: &PasswordHash) -> Result<Person, StoreError> {
        let unset = doc! { "password_renewal": "", "one_time_until": "" };
        let update = doc! { "$set": { "password_hash": hash.expose() }, "$unset": unset };
        self.set_persons_password(seen, Document::new(), update).await
    }

    async fn renew_hash(
        &self,
        id: PersonId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let filter = doc! { "_id": id.object_id(), "password_hash": from.expose() };
        let set = doc! { "password_hash": to.expose(), "password_renewal": renewal.to_stored() };
        let people = self.documents(PEOPLE);
        let renewed = people.update_one(filter, doc! { "$set": set });
        self.write(renewed).await.map(drop).map_err(|failure| self.told(failure, UPDATE))
    }

    async fn note_sign_in(&self, id: PersonId, at: OffsetDateTime) -> Result<(), StoreError> {
        let people = self.documents(PEOPLE);
        let set = doc! { "$set": { "last_sign_in_at": documents::date(at) } };
        let noted = people.update_one(doc! { "_id": id.object_id() }, set);
        self.write(noted).await.map(drop).map_err(|failure| self.told(failure, UPDATE))
    }
}

impl MongoStore {
    async fn one_person(&self, filter: Document) -> Result<Option<Person>, StoreError> {
        let found = self.call(FIND, self.raw(PEOPLE).find_one(filter)).await?;
        found.as_deref().map(person).transpose()
    }

    /// Whether a person has this address.
    pub(crate) async fn person_has(&self, email: &EmailAddress) -> Result<bool, StoreError> {
        let people = self.raw(PEOPLE);
        let found = people.find_one(doc! { "email_key": email.matching_key() });
        Ok(self.call(FIND, found.projection(doc! { "_id": 1 })).await?.is_some())
    }

    /// Changes one person; `None` if the filter finds nobody.
    async fn changed_person(&self, filter: Document, update: Document) -> Result<Option<Person>, StoreError> {
        let people = self.raw(PEOPLE);
        let changed = people.find_one_and_update(filter, update).return_document(ReturnDocument::After);
        match self.write(changed).await.map_err(|failure| self.told(failure, UPDATE))? {
            Some(changed) => changed.as_deref().map(person).transpose(),
            None => Err(unconfirmed()),
        }
    }

    async fn set_persons_password(
        &self,
        seen: &Person,
        also: Document,
        mut update: Document,
    ) -> Result<Person, StoreError> {
        update.extend(ending_sessions());
        let mut filter = doc! { "_id": seen.id.object_id(), "session_version": seen.session_version };
        filter.extend(also);
        match self.changed_person(filter, update).await? {
            Some(person) => Ok(person),
            None => match PeopleStore::find(self, seen.id).await? {
                Some(_) => Err(StoreError::Changed { what: "the person" }),
                None => Err(missing()),
            },
        }
    }

    async fn remove_people(&self, filter: Document) -> Result<(), StoreError> {
        let removed = self.write_many(self.documents(PEOPLE).delete_many(filter.clone())).await;
        match removed.map_err(|failure| self.told(failure, REMOVE))? {
            Some(_) => Ok(()),
            None => self.require_gone(PEOPLE, filter).await,
        }
    }

    /// Removes the memberships in an organization of those whom the filter finds, and each person with the last one.
    /// Each write finds for itself who has another membership, so nobody is left without one, or removed with one.
    async fn leave_where(&self, who: Document, organization: OrganizationId) -> Result<(), StoreError> {
        let organization = organization.object_id();
        let member = |more: Document| {
            let mut filter = who.clone();
            filter.insert("memberships.organization_id", organization);
            filter.extend(more);
            filter
        };
        for _ in 0..ROUNDS {
            // Again after each round: somebody may have lost another membership, or got one, in between.
            if self.confirmed(PEOPLE, member(Document::new())).await?.is_none() {
                return Ok(());
            }
            self.remove_people(member(doc! { "memberships": { "$size": 1 } })).await?;
            let mut update = ending_sessions();
            update.insert("$pull", doc! { "memberships": { "organization_id": organization } });
            let several = member(doc! { "memberships.1": { "$exists": true } });
            let left = self.write_many(self.documents(PEOPLE).update_many(several, update)).await;
            left.map_err(|failure| self.told(failure, UPDATE))?;
        }
        Err(StoreError::Changed { what: "the person" })
    }

    /// One row more than the page has.
    async fn people_rows(
        &self,
        query: &PeopleQuery,
        walk: SortDirection,
        skipped: u64,
        now: OffsetDateTime,
    ) -> Result<Vec<PersonRow>, StoreError> {
        let field = match query.sort {
            PeopleSort::Name => "name_key",
            PeopleSort::Email => "email_key",
            PeopleSort::LastSignIn => "last_sign_in_at",
        };
        let direction = match walk {
            SortDirection::Ascending => 1,
            SortDirection::Descending => -1,
        };
        let mut filter = condition(&query.filter, now);
        if let PageStart::After(cursor) = &query.start {
            let after = beyond(field, query.sort, cursor, walk);
            filter = doc! { "$and": [filter, after] };
        }
        let people = self.raw(PEOPLE);
        let listed = async {
            let found = people
                .find(filter)
                .projection(doc! { "password_hash": 0, "password_renewal": 0 })
                .sort(doc! { field: direction, "_id": direction })
                .skip(skipped)
                .limit(i64::from(query.limit) + 1);
            found.await?.try_collect::<Vec<RawDocumentBuf>>().await
        };
        let listed = self.call(FIND, listed).await?;
        listed.iter().map(|document| row(document, &query.filter, now)).collect()
    }
}

fn limit(query: &PeopleQuery) -> usize {
    usize::try_from(query.limit).unwrap_or(usize::MAX)
}

fn missing() -> StoreError {
    StoreError::NotFound { what: "person" }
}

fn with_one_time_password(hash: &PasswordHash, one_time: OneTime) -> Document {
    let set = doc! { "password_hash": hash.expose(), "one_time_until": documents::date(one_time.until) };
    doc! { "$set": set, "$unset": { "password_renewal": "" } }
}

fn ending_sessions() -> Document {
    doc! { "$inc": { "session_version": 1_i64 } }
}

/// What stands after a row in this direction. BSON has an absent moment before all others.
fn beyond(field: &str, sort: PeopleSort, cursor: &PeopleCursor, walk: SortDirection) -> Document {
    let id = cursor.id.object_id();
    let than = match walk {
        SortDirection::Ascending => "$gt",
        SortDirection::Descending => "$lt",
    };
    let value = match sort {
        PeopleSort::Name | PeopleSort::Email => Bson::String(cursor.value.clone()),
        PeopleSort::LastSignIn => {
            cursor.value.parse().map_or(Bson::Null, |at| Bson::DateTime(DateTime::from_millis(at)))
        }
    };
    let tied = doc! { field: value.clone(), "_id": { than: id } };
    match (value, walk) {
        (Bson::Null, SortDirection::Ascending) => {
            doc! { "$or": [tied, { field: { "$gte": DateTime::MIN } }] }
        }
        (Bson::Null, SortDirection::Descending) => tied,
        (Bson::DateTime(at), SortDirection::Descending) => {
            doc! { "$or": [tied, { field: { "$lt": at } }, { field: Bson::Null }] }
        }
        (value, _) => doc! { "$or": [tied, { field: { than: value } }] },
    }
}

/// The people of a filter.
fn condition(filter: &PeopleFilter, now: OffsetDateTime) -> Document {
    let mut all = Vec::new();
    if !filter.search.is_empty() {
        let searched: String = filter.search.chars().flat_map(char::to_lowercase).collect();
        let pattern = paging::contains(&searched);
        all.push(doc! { "$or": [{ "name_key": pattern.clone() }, { "email_key": pattern }] });
    }
    let mut held = Document::new();
    if let Some(organization) = filter.organization {
        held.insert("organization_id", organization.object_id());
    }
    let mut active = held.clone();
    active.insert("is_active", true);
    if let Some(role) = filter.role {
        held.insert("role", Role::from(role).as_str());
    }
    if !held.is_empty() {
        all.push(doc! { "memberships": { "$elemMatch": held } });
    }
    if let Some(status) = filter.status {
        let can_sign_in = doc! { "memberships": { "$elemMatch": active.clone() } };
        let now = documents::date(now);
        match status {
            PeopleStatus::Deactivated => {
                all.push(doc! { "memberships": { "$not": { "$elemMatch": active } } });
            }
            PeopleStatus::Expired => {
                all.extend([can_sign_in, doc! { "one_time_until": { "$lte": now } }]);
            }
            PeopleStatus::Invited => all.extend([
                can_sign_in,
                doc! { "one_time_until": { "$gt": now }, "last_sign_in_at": Bson::Null },
            ]),
            PeopleStatus::Active => all.extend([
                can_sign_in,
                doc! { "$or": [
                    { "one_time_until": Bson::Null },
                    { "one_time_until": { "$gt": now }, "last_sign_in_at": { "$ne": Bson::Null } },
                ] },
            ]),
        }
    }
    if all.is_empty() {
        Document::new()
    } else {
        doc! { "$and": all }
    }
}

fn document(person: &Person) -> Document {
    let mut document = doc! {
        "_id": person.id.object_id(),
        "name": person.name.as_str(),
        // Lower-cased, like the address's key: lists are sorted by them.
        "name_key": person.name.matching_key(),
        "email": person.email.as_str(),
        // The unique index is on this form.
        "email_key": person.email.matching_key(),
        "password_hash": person.password_hash.expose(),
        "memberships": person.memberships.iter().map(stored_membership).collect::<Vec<_>>(),
        "created_at": documents::date(person.created_at),
        "session_version": person.session_version,
    };
    if let Some(one_time) = person.one_time {
        document.insert("one_time_until", documents::date(one_time.until));
    }
    document
}

fn stored_membership(membership: &Membership) -> Document {
    doc! {
        "organization_id": membership.organization_id.object_id(),
        "role": Role::from(membership.role).as_str(),
        "is_active": membership.is_active,
        "since": documents::date(membership.since),
    }
}

fn membership(document: &RawDocument) -> Option<Membership> {
    Some(Membership {
        organization_id: documents::object_id(document, "organization_id")?.into(),
        role: MemberRole::from_word(document.get_str("role").ok()?)?,
        is_active: document.get_bool("is_active").ok()?,
        since: documents::moment(document, "since")?,
    })
}

fn stored_memberships(document: &RawDocument) -> Option<&RawArray> {
    document.get_array("memberships").ok()
}

fn one_time(document: &RawDocument) -> Option<OneTime> {
    documents::moment(document, "one_time_until").map(|until| OneTime { until })
}

fn person(document: &RawDocument) -> Result<Person, StoreError> {
    let read = || {
        let memberships = stored_memberships(document)?
            .into_iter()
            .map(|stored| membership(stored.ok()?.as_document()?))
            .collect::<Option<Vec<_>>>()?;
        Some(Person {
            id: documents::object_id(document, "_id")?.into(),
            name: PersonName::from_stored(documents::text(document, "name")?),
            email: EmailAddress::from_stored(documents::text(document, "email")?),
            password_hash: PasswordHash::from_stored(documents::text(document, "password_hash")?),
            renewal: documents::text(document, "password_renewal")
                .as_deref()
                .and_then(HashRenewal::from_stored),
            one_time: one_time(document),
            memberships,
            created_at: documents::moment(document, "created_at")?,
            last_sign_in_at: documents::moment(document, "last_sign_in_at"),
            session_version: documents::integer(document, "session_version")?,
        })
    };
    // Not lenient: only Tenantry writes it, and half a person signs nobody in.
    read().ok_or_else(damaged)
}

fn row(document: &RawDocument, filter: &PeopleFilter, now: OffsetDateTime) -> Result<PersonRow, StoreError> {
    let read = || {
        let sought = filter.organization.map(OrganizationId::object_id);
        let (mut shown, mut active, mut in_all) = (Vec::new(), false, 0);
        for stored in stored_memberships(document)? {
            let stored = stored.ok()?.as_document()?;
            in_all += 1;
            let of: ObjectId = documents::object_id(stored, "organization_id")?;
            if sought.is_some_and(|sought| sought != of) {
                continue;
            }
            active |= stored.get_bool("is_active").ok()?;
            if shown.len() < SHOWN_MEMBERSHIPS {
                shown.push(membership(stored)?);
            }
        }
        let (one_time, last) = (one_time(document), documents::moment(document, "last_sign_in_at"));
        Some(PersonRow {
            id: documents::object_id(document, "_id")?.into(),
            name: PersonName::from_stored(documents::text(document, "name")?),
            email: EmailAddress::from_stored(documents::text(document, "email")?),
            status: PeopleStatus::of(active, one_time, last, now),
            one_time,
            memberships: shown,
            memberships_in_all: in_all,
            created_at: documents::moment(document, "created_at")?,
            last_sign_in_at: last,
        })
    };
    read().ok_or_else(damaged)
}

fn damaged() -> StoreError {
    StoreError::Corrupt { what: format!("a document of {PEOPLE}") }
}
