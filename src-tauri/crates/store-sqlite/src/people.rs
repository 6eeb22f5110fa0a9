//! People of organizations, and the lists of them.

use async_trait::async_trait;
use bson::oid::ObjectId;
use rusqlite::types::{FromSqlError, Value};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params_from_iter};
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

use crate::SqliteStore;
use crate::accounts::operator_has;
use crate::errors::{Outcome, breaks_uniqueness, duplicate};
use crate::records::{
    bytes, lower_cased, milliseconds, moment, one_time, organization_id, password_hash, renewal,
};
use crate::statements::Statements;

macro_rules! person_where {
    ($column:literal) => {
        concat!(
            "SELECT id, name, email, password, password_renewal, one_time_until, created_at, last_sign_in_at, \
             session_version FROM console_people WHERE ",
            $column,
            " = ?1"
        )
    };
}

const PERSON_BY_ID: &str = person_where!("id");
const PERSON_BY_ADDRESS: &str = person_where!("email_key");
const MEMBERSHIPS: &str = "SELECT organization_id, role, is_active, since FROM console_memberships \
                           WHERE person_id = ?1 ORDER BY position LIMIT ?2";
const MEMBERSHIP: &str = "SELECT organization_id, role, is_active, since FROM console_memberships \
                          WHERE person_id = ?1 AND organization_id = ?2";

#[async_trait]
impl PeopleStore for SqliteStore {
    async fn insert(&self, person: &Person) -> Result<(), StoreError> {
        let person = person.clone();
        self.write(move |transaction| {
            if operator_has(transaction, &person.email)? {
                return Err(duplicate(UniqueField::Email));
            }
            let inserted = transaction.execute_cached(
                "INSERT INTO console_people (id, name, name_key, email, email_key, password, one_time_until, \
                 created_at, session_version) \
                 VALUES (:id, :name, :name_key, :email, :email_key, :password, :until, :at, :version)",
                named_params! {
                    ":id": id_bytes(person.id),
                    ":name": person.name.as_str(),
                    ":name_key": person.name.matching_key(),
                    ":email": person.email.as_str(),
                    ":email_key": person.email.matching_key(),
                    ":password": person.password_hash.expose(),
                    ":until": person.one_time.map(|one_time| milliseconds(one_time.until)),
                    ":at": milliseconds(person.created_at),
                    ":version": person.session_version,
                },
            );
            match inserted {
                Ok(_) => {}
                Err(error) if breaks_uniqueness(&error) => {
                    let by_id = find(transaction, PERSON_BY_ID, id_value(person.id))?;
                    return Err(duplicate(if by_id.is_some() {
                        UniqueField::Id
                    } else {
                        UniqueField::Email
                    }));
                }
                Err(error) => return Err(error.into()),
            }
            for membership in &person.memberships {
                insert_membership(transaction, person.id, membership)?;
            }
            Ok(())
        })
        .await
    }

    async fn find(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        self.read_together(move |connection| find(connection, PERSON_BY_ID, id_value(id))).await
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Person>, StoreError> {
        let key = Value::Text(email.matching_key());
        self.read_together(move |connection| find(connection, PERSON_BY_ADDRESS, key)).await
    }

    async fn page(&self, query: &PeopleQuery, now: OffsetDateTime) -> Result<PeoplePage, StoreError> {
        let query = query.clone();
        self.read_together(move |connection| page(connection, &query, now)).await
    }

    async fn count(&self, filter: &PeopleFilter, now: OffsetDateTime) -> Result<PeopleCounts, StoreError> {
        let filter = PeopleFilter { status: None, ..filter.clone() };
        self.read(move |connection| {
            let mut chosen = Chosen::by(&filter, now);
            let active = is_active(&filter, &mut chosen.values);
            let until = chosen.bind(Value::Integer(milliseconds(now)));
            let sql = format!(
                "SELECT count(*), \
                 count(*) FILTER (WHERE NOT {active}), \
                 count(*) FILTER (WHERE {active} AND one_time_until <= {until}), \
                 count(*) FILTER (WHERE {active} AND one_time_until > {until} AND last_sign_in_at IS NULL) \
                 FROM console_people AS person WHERE {}",
                chosen.condition()
            );
            let row = |row: &Row<'_>| {
                let count =
                    |column| row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default());
                let (all, deactivated, expired, invited) = (count(0)?, count(1)?, count(2)?, count(3)?);
                Ok(PeopleCounts {
                    all,
                    active: all.saturating_sub(deactivated + expired + invited),
                    invited,
                    expired,
                    deactivated,
                })
            };
            Ok(connection.prepare_cached(&sql)?.query_row(params_from_iter(chosen.values), row)?)
        })
        .await
    }

    async fn join(
        &self,
        seen: &Person,
        membership: &Membership,
        password: Option<(&PasswordHash, OneTime)>,
    ) -> Result<Person, StoreError> {
        let (id, version, membership) = (seen.id, seen.session_version, membership.clone());
        let password = password.map(|(hash, one_time)| (hash.clone(), one_time));
        self.write(move |transaction| {
            let now = load(transaction, id)?;
            insert_membership(transaction, id, &membership)?;
            if now.session_version != version {
                return Err(StoreError::Changed { what: "the person" }.into());
            }
            if let Some((hash, one_time)) = password {
                write_password(transaction, id, &hash, Some(one_time))?;
            }
            load(transaction, id)
        })
        .await
    }

    async fn change_membership(
        &self,
        id: PersonId,
        organization: Option<OrganizationId>,
        change: MembershipChange,
    ) -> Result<Person, StoreError> {
        self.write(move |transaction| {
            if let Some(was) = change.role_was {
                let others = "SELECT EXISTS (SELECT 1 FROM console_memberships WHERE person_id = :person \
                              AND (:organization IS NULL OR organization_id = :organization) AND role <> :was)";
                let differs = transaction.query_row_cached(
                    others,
                    named_params! {
                        ":person": id_bytes(id),
                        ":organization": organization.map(bytes),
                        ":was": Role::from(was).as_str(),
                    },
                    |row| row.get::<_, bool>(0),
                )?;
                if differs {
                    return Err(StoreError::Changed { what: "the person" }.into());
                }
            }
            let changed = transaction.execute_cached(
                "UPDATE console_memberships SET role = coalesce(:role, role), \
                 is_active = coalesce(:is_active, is_active) \
                 WHERE person_id = :person AND (:organization IS NULL OR organization_id = :organization)",
                named_params! {
                    ":role": change.role.map(|role| Role::from(role).as_str()),
                    ":is_active": change.is_active,
                    ":person": id_bytes(id),
                    ":organization": organization.map(bytes),
                },
            )?;
            if changed == 0 {
                return Err(missing().into());
            }
            end_sessions(transaction, id)?;
            load(transaction, id)
        })
        .await
    }

    async fn leave(&self, id: PersonId, organization: Option<OrganizationId>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute_cached(
                "DELETE FROM console_memberships \
                 WHERE person_id = :person AND (:organization IS NULL OR organization_id = :organization)",
                named_params! {":person": id_bytes(id), ":organization": organization.map(bytes)},
            )?;
            end_sessions(transaction, id)?;
            remove_without_membership(transaction, id)
        })
        .await
    }

    async fn leave_all(&self, organization: OrganizationId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let organization = bytes(organization);
            transaction.execute_cached(
                "UPDATE console_people SET session_version = session_version + 1 WHERE id IN \
                 (SELECT person_id FROM console_memberships WHERE organization_id = ?1)",
                [organization],
            )?;
            transaction.execute_cached(
                "DELETE FROM console_people WHERE id IN \
                 (SELECT person_id FROM console_memberships WHERE organization_id = ?1) AND NOT EXISTS \
                 (SELECT 1 FROM console_memberships AS other \
                  WHERE other.person_id = console_people.id AND other.organization_id <> ?1)",
                [organization],
            )?;
            transaction.execute_cached(
                "DELETE FROM console_memberships WHERE organization_id = ?1",
                [organization],
            )?;
            Ok(())
        })
        .await
    }

    async fn rename(&self, id: PersonId, name: &PersonName) -> Result<Person, StoreError> {
        let name = name.clone();
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_people SET name = :name, name_key = :name_key WHERE id = :id",
                named_params! {
                    ":name": name.as_str(), ":name_key": name.matching_key(), ":id": id_bytes(id),
                },
            )?;
            load(transaction, id)
        })
        .await
    }

    async fn set_one_time_password(
        &self,
        seen: &Person,
        hash: &PasswordHash,
        one_time: OneTime,
    ) -> Result<Person, StoreError> {
        self.set_password(seen, hash, Some(one_time)).await
    }

    async fn set_own_password(&self, seen: &Person, hash: &PasswordHash) -> Result<Person, StoreError> {
        self.set_password(seen, hash, None).await
    }

    async fn renew_hash(
        &self,
        id: PersonId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let (from, to, renewal) = (from.clone(), to.clone(), renewal.to_stored());
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_people SET password = :to, password_renewal = :renewal \
                 WHERE id = :id AND password = :from",
                named_params! {
                    ":to": to.expose(), ":renewal": renewal, ":id": id_bytes(id), ":from": from.expose(),
                },
            )?;
            Ok(())
        })
        .await
    }

    async fn note_sign_in(&self, id: PersonId, at: OffsetDateTime) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_people SET last_sign_in_at = :at WHERE id = :id",
                named_params! {":at": milliseconds(at), ":id": id_bytes(id)},
            )?;
            Ok(())
        })
        .await
    }
}

impl SqliteStore {
    async fn set_password(
        &self,
        seen: &Person,
        hash: &PasswordHash,
        one_time: Option<OneTime>,
    ) -> Result<Person, StoreError> {
        let (id, version, hash) = (seen.id, seen.session_version, hash.clone());
        let memberships = seen.memberships.len();
        self.write(move |transaction| {
            let now = load(transaction, id)?;
            // An organization's admin may set a one-time password for somebody of no other organization only.
            let joined = one_time.is_some() && now.memberships.len() != memberships;
            if now.session_version != version || joined {
                return Err(StoreError::Changed { what: "the person" }.into());
            }
            write_password(transaction, id, &hash, one_time)?;
            load(transaction, id)
        })
        .await
    }
}

/// Sets the password, and ends the sessions.
fn write_password(
    transaction: &Transaction<'_>,
    id: PersonId,
    hash: &PasswordHash,
    one_time: Option<OneTime>,
) -> Outcome<()> {
    transaction.execute_cached(
        "UPDATE console_people SET password = :password, password_renewal = NULL, \
         one_time_until = :until, session_version = session_version + 1 WHERE id = :id",
        named_params! {
            ":password": hash.expose(),
            ":until": one_time.map(|one_time| milliseconds(one_time.until)),
            ":id": id_bytes(id),
        },
    )?;
    Ok(())
}

fn missing() -> StoreError {
    StoreError::NotFound { what: "person" }
}

fn id_bytes(id: PersonId) -> [u8; 12] {
    id.object_id().bytes()
}

fn id_value(id: PersonId) -> Value {
    Value::Blob(id_bytes(id).to_vec())
}

fn find(connection: &Connection, sql: &'static str, value: Value) -> Outcome<Option<Person>> {
    let person = connection.query_row_cached(sql, [value], |row| {
        Ok(Person {
            id: person_id(row)?,
            name: PersonName::from_stored(row.get("name")?),
            email: EmailAddress::from_stored(row.get("email")?),
            password_hash: password_hash(row, "password")?,
            renewal: renewal(row)?,
            one_time: one_time(row)?,
            memberships: Vec::new(),
            created_at: moment(row.get("created_at")?),
            last_sign_in_at: row.get::<_, Option<i64>>("last_sign_in_at")?.map(moment),
            session_version: row.get("session_version")?,
        })
    });
    let Some(person) = person.optional()? else { return Ok(None) };
    let memberships = memberships(connection, person.id, i64::MAX)?;
    Ok(Some(Person { memberships, ..person }))
}

fn load(connection: &Connection, id: PersonId) -> Outcome<Person> {
    find(connection, PERSON_BY_ID, id_value(id))?.ok_or_else(|| missing().into())
}

fn person_id(row: &Row<'_>) -> rusqlite::Result<PersonId> {
    let id = <[u8; 12]>::try_from(row.get_ref("id")?.as_blob()?).map_err(|_| FromSqlError::InvalidType)?;
    Ok(ObjectId::from_bytes(id).into())
}

fn membership(row: &Row<'_>) -> rusqlite::Result<Membership> {
    let role: String = row.get("role")?;
    Ok(Membership {
        organization_id: organization_id(row.get_ref("organization_id")?)?,
        role: MemberRole::from_word(&role).ok_or(FromSqlError::InvalidType)?,
        is_active: row.get("is_active")?,
        since: moment(row.get("since")?),
    })
}

/// The first memberships.
fn memberships(connection: &Connection, id: PersonId, limit: i64) -> Outcome<Vec<Membership>> {
    let mut statement = connection.prepare_cached(MEMBERSHIPS)?;
    let found = statement.query_map((id_bytes(id), limit), membership)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn insert_membership(transaction: &Transaction<'_>, id: PersonId, membership: &Membership) -> Outcome<()> {
    let inserted = transaction.execute_cached(
        "INSERT INTO console_memberships (person_id, organization_id, role, is_active, since) \
         VALUES (:person, :organization, :role, :is_active, :since)",
        named_params! {
            ":person": id_bytes(id),
            ":organization": bytes(membership.organization_id),
            ":role": Role::from(membership.role).as_str(),
            ":is_active": membership.is_active,
            ":since": milliseconds(membership.since),
        },
    );
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if breaks_uniqueness(&error) => Err(duplicate(UniqueField::Id)),
        Err(error) => Err(error.into()),
    }
}

fn end_sessions(transaction: &Transaction<'_>, id: PersonId) -> Outcome<()> {
    let sql = "UPDATE console_people SET session_version = session_version + 1 WHERE id = ?1";
    transaction.execute_cached(sql, [id_bytes(id)])?;
    Ok(())
}

fn remove_without_membership(transaction: &Transaction<'_>, id: PersonId) -> Outcome<()> {
    let sql = "DELETE FROM console_people WHERE id = ?1 \
               AND NOT EXISTS (SELECT 1 FROM console_memberships WHERE person_id = ?1)";
    transaction.execute_cached(sql, [id_bytes(id)])?;
    Ok(())
}

/// Conditions on `person`, with their values.
struct Chosen {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Chosen {
    fn by(filter: &PeopleFilter, now: OffsetDateTime) -> Self {
        let mut chosen = Self { conditions: Vec::new(), values: Vec::new() };
        if !filter.search.is_empty() {
            let searched = chosen.bind(Value::Text(lower_cased(&filter.search)));
            chosen.conditions.push(format!(
                "(instr(person.name_key, {searched}) > 0 OR instr(person.email_key, {searched}) > 0)"
            ));
        }
        if filter.organization.is_some() || filter.role.is_some() {
            let held = held(filter, &mut chosen.values, "");
            chosen.conditions.push(held);
        }
        if let Some(status) = filter.status {
            let active = is_active(filter, &mut chosen.values);
            let until = chosen.bind(Value::Integer(milliseconds(now)));
            chosen.conditions.push(match status {
                PeopleStatus::Deactivated => format!("NOT {active}"),
                PeopleStatus::Expired => format!("{active} AND person.one_time_until <= {until}"),
                PeopleStatus::Invited => {
                    format!("{active} AND person.one_time_until > {until} AND person.last_sign_in_at IS NULL")
                }
                PeopleStatus::Active => format!(
                    "{active} AND (person.one_time_until IS NULL \
                     OR (person.one_time_until > {until} AND person.last_sign_in_at IS NOT NULL))"
                ),
            });
        }
        chosen
    }

    fn bind(&mut self, value: Value) -> String {
        bind(&mut self.values, value)
    }

    fn condition(&self) -> String {
        if self.conditions.is_empty() { "TRUE".to_owned() } else { self.conditions.join(" AND ") }
    }
}

fn bind(values: &mut Vec<Value>, value: Value) -> String {
    values.push(value);
    format!("?{}", values.len())
}

/// Whether there is a membership as the filter says.
fn held(filter: &PeopleFilter, values: &mut Vec<Value>, and: &str) -> String {
    let mut condition =
        "EXISTS (SELECT 1 FROM console_memberships AS held WHERE held.person_id = person.id".to_owned();
    if let Some(organization) = filter.organization {
        let organization = bind(values, Value::Blob(bytes(organization).to_vec()));
        condition.push_str(&format!(" AND held.organization_id = {organization}"));
    }
    if let Some(role) = filter.role {
        let role = bind(values, Value::Text(Role::from(role).as_str().to_owned()));
        condition.push_str(&format!(" AND held.role = {role}"));
    }
    condition + and + ")"
}

/// Whether the person is active in the organization of the filter, or in any.
fn is_active(filter: &PeopleFilter, values: &mut Vec<Value>) -> String {
    let of_organization = PeopleFilter { role: None, ..filter.clone() };
    held(&of_organization, values, " AND held.is_active")
}

fn page(connection: &Connection, query: &PeopleQuery, now: OffsetDateTime) -> Outcome<PeoplePage> {
    let mut rows = match &query.start {
        PageStart::Row { number, of } => {
            // The number is the one in the order of the list, in whichever direction it is walked.
            let skipped = if query.backwards { of.saturating_sub(number.saturating_add(1)) } else { *number };
            let rows = rows(connection, query, query.walk(), skipped, now)?;
            if rows.is_empty() && skipped > 0 {
                let mut last = self::rows(connection, query, query.walk().reversed(), 0, now)?;
                last.truncate(limit(query));
                last.reverse();
                last
            } else {
                rows
            }
        }
        PageStart::Beginning | PageStart::After(_) => rows(connection, query, query.walk(), 0, now)?,
    };
    let has_more = rows.len() > limit(query);
    rows.truncate(limit(query));
    Ok(page_of(rows, query, has_more))
}

fn limit(query: &PeopleQuery) -> usize {
    usize::try_from(query.limit).unwrap_or(usize::MAX)
}

fn page_of(people: Vec<PersonRow>, query: &PeopleQuery, has_more: bool) -> PeoplePage {
    let cursor = |row: &PersonRow| PeopleCursor {
        value: query.sort.value(&row.name, &row.email, row.last_sign_in_at),
        id: row.id,
    };
    let begins = matches!(query.start, PageStart::Beginning);
    PeoplePage {
        previous: people.first().filter(|_| !begins).map(cursor),
        next: people.last().filter(|_| has_more).map(cursor),
        people,
        organizations: Vec::new(),
    }
}

/// One row more than the page has.
fn rows(
    connection: &Connection,
    query: &PeopleQuery,
    walk: SortDirection,
    skipped: u64,
    now: OffsetDateTime,
) -> Outcome<Vec<PersonRow>> {
    let column = match query.sort {
        PeopleSort::Name => "person.name_key",
        PeopleSort::Email => "person.email_key",
        PeopleSort::LastSignIn => "person.last_sign_in_at",
    };
    let (order, beyond) = match walk {
        SortDirection::Ascending => ("ASC", ">"),
        SortDirection::Descending => ("DESC", "<"),
    };
    let mut chosen = Chosen::by(&query.filter, now);
    if let PageStart::After(cursor) = &query.start {
        let id = chosen.bind(id_value(cursor.id));
        let after = if query.sort == PeopleSort::LastSignIn {
            // NULL stands before every moment, as in SQLite's own order.
            match (cursor.value.parse::<i64>(), walk) {
                (Ok(at), SortDirection::Ascending) => {
                    let at = chosen.bind(Value::Integer(at));
                    format!("({column}, person.id) > ({at}, {id})")
                }
                (Ok(at), SortDirection::Descending) => {
                    let at = chosen.bind(Value::Integer(at));
                    format!("(({column}, person.id) < ({at}, {id}) OR {column} IS NULL)")
                }
                (Err(_), SortDirection::Ascending) => {
                    format!("({column} IS NOT NULL OR person.id > {id})")
                }
                (Err(_), SortDirection::Descending) => format!("({column} IS NULL AND person.id < {id})"),
            }
        } else {
            let value = chosen.bind(Value::Text(cursor.value.clone()));
            format!("({column}, person.id) {beyond} ({value}, {id})")
        };
        chosen.conditions.push(after);
    }
    let condition = chosen.condition();
    let limit = chosen.bind(Value::Integer(i64::from(query.limit) + 1));
    let skipped = chosen.bind(Value::Integer(i64::try_from(skipped).unwrap_or(i64::MAX)));
    let sql = format!(
        "SELECT id, name, email, one_time_until, created_at, last_sign_in_at, \
         (SELECT count(*) FROM console_memberships WHERE person_id = person.id) AS memberships \
         FROM console_people AS person WHERE {condition} \
         ORDER BY {column} {order}, person.id {order} LIMIT {limit} OFFSET {skipped}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map(params_from_iter(chosen.values), row)?;
    let mut rows = found.collect::<rusqlite::Result<Vec<_>>>()?;
    for row in &mut rows {
        row.memberships = match query.filter.organization {
            Some(organization) => connection
                .query_row_cached(MEMBERSHIP, (id_bytes(row.id), bytes(organization)), membership)
                .optional()?
                .into_iter()
                .collect(),
            None => memberships(connection, row.id, i64::try_from(SHOWN_MEMBERSHIPS).unwrap_or(i64::MAX))?,
        };
        let active = row.memberships.iter().any(|membership| membership.is_active)
            || (query.filter.organization.is_none() && has_active(connection, row.id)?);
        row.status = PeopleStatus::of(active, row.one_time, row.last_sign_in_at, now);
    }
    Ok(rows)
}

/// Apart from the first memberships, which a row has.
fn has_active(connection: &Connection, id: PersonId) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM console_memberships WHERE person_id = ?1 AND is_active)";
    Ok(connection.query_row_cached(sql, [id_bytes(id)], |row| row.get(0))?)
}

/// Without the memberships, and the status that follows from them.
fn row(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        id: person_id(row)?,
        name: PersonName::from_stored(row.get("name")?),
        email: EmailAddress::from_stored(row.get("email")?),
        status: PeopleStatus::Active,
        one_time: one_time(row)?,
        memberships: Vec::new(),
        memberships_in_all: row.get("memberships")?,
        created_at: moment(row.get("created_at")?),
        last_sign_in_at: row.get::<_, Option<i64>>("last_sign_in_at")?.map(moment),
    })
}
