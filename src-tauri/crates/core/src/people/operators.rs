use std::cmp::Ordering;
use std::sync::Arc;

use time::OffsetDateTime;

use super::one_time::{one_time, taken};
use super::role_change::{RoleChange, require_role_as_seen};
use crate::clock::Clock;
use crate::error::{AppError, ConflictOn};
use crate::limits::PAGE_MAX;
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, NewOperator, Operator, OperatorChange, OperatorRole, OperatorRow,
    OperatorsPage, OperatorsQuery, PageStart, PeopleCounts, PeopleCursor, PeopleSort, PeopleStatus,
    SessionsOf, SortDirection,
};
use crate::rights::{Account, Act, Actor, Role};
use crate::sessions::PasswordHasher;
use crate::values::{EmailAddress, OneTimePassword, OperatorId, PersonName};

/// An operator to add.
#[derive(Debug, Clone)]
pub struct AddOperator {
    /// The name, as typed.
    pub name: String,
    /// The address, as typed.
    pub email: String,
    /// The role.
    pub role: OperatorRole,
}

/// An operator that was added.
#[derive(Debug, Clone)]
pub struct AddedOperator {
    /// The operator.
    pub operator: OperatorRow,
    /// The password for the first sign-in. Shown once.
    pub one_time: OneTimePassword,
}

/// Manages operators. Only owners may, and the last active owner stays one.
pub struct OperatorService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    hasher: PasswordHasher,
}

impl OperatorService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>, hasher: PasswordHasher) -> Self {
        Self { ports, clock, hasher }
    }

    /// A page of operators.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn page(&self, actor: &Actor, query: &OperatorsQuery) -> Result<OperatorsPage, AppError> {
        let mut rows = self.rows(actor, &query.search).await?;
        rows.retain(|row| query.status.is_none_or(|status| row.status == status));
        let walk = if query.backwards { query.direction.reversed() } else { query.direction };
        rows.sort_by(|one, other| {
            let order = place(one, query.sort).cmp(&place(other, query.sort));
            if walk == SortDirection::Ascending { order } else { order.reverse() }
        });
        let limit = usize::try_from(query.limit.min(PAGE_MAX)).unwrap_or(usize::MAX);
        let first = match &query.start {
            PageStart::Beginning => 0,
            PageStart::After(cursor) => rows.partition_point(|row| {
                let order = place(row, query.sort).cmp(&place_of(cursor, query.sort));
                if walk == SortDirection::Ascending {
                    order != Ordering::Greater
                } else {
                    order != Ordering::Less
                }
            }),
            PageStart::Row { number, of } => {
                let skipped =
                    if query.backwards { of.saturating_sub(number.saturating_add(1)) } else { *number };
                let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
                if skipped < rows.len() { skipped } else { rows.len().saturating_sub(limit) }
            }
        };
        let has_more = rows.len() > first.saturating_add(limit);
        let operators: Vec<_> = rows.into_iter().skip(first).take(limit).collect();
        let cursor = |row: &OperatorRow| PeopleCursor {
            value: query.sort.value(&row.name, &row.email, row.last_sign_in_at),
            id: row.id,
        };
        let begins = matches!(query.start, PageStart::Beginning);
        Ok(OperatorsPage {
            previous: operators.first().filter(|_| !begins).map(cursor),
            next: operators.last().filter(|_| has_more).map(cursor),
            operators,
        })
    }

    /// How many operators a search finds, by status.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn count(&self, actor: &Actor, search: &str) -> Result<PeopleCounts, AppError> {
        let mut counts = PeopleCounts::default();
        for row in self.rows(actor, search).await? {
            counts.add(row.status);
        }
        Ok(counts)
    }

    /// One operator.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Store`.
    pub async fn get(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        let rows = self.rows(actor, "").await?;
        rows.into_iter().find(|row| row.id == id).ok_or_else(missing)
    }

    /// Adds an operator with a one-time password.
    ///
    /// # Errors
    /// `Forbidden`, `InvalidInput`, `Conflict` if another operator, a person or an organization's admin has the
    /// address; `Store`.
    pub async fn add(&self, actor: &Actor, request: AddOperator) -> Result<AddedOperator, AppError> {
        actor.require(Act::Operators)?;
        let (name, email) = super::parse_who(&request.name, &request.email)?;
        let (operator, admins, person) = futures_util::try_join!(
            self.ports.accounts.find_operator_by_email(&email),
            self.ports.organizations.find_credentials(&email),
            self.ports.people.find_by_email(&email),
        )?;
        if operator.is_some() || !admins.is_empty() || person.is_some() {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        let secret = OneTimePassword::new();
        let password_hash = self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?;
        let id = OperatorId::new();
        let entry =
            entry(actor, ActivityKind::OperatorAdded, &email).changed("name", None, said(name.as_str()));
        let entry = entry.changed("role", None, said(Role::from(request.role).as_str()));
        let insert = |at: OffsetDateTime| async move {
            let operator = NewOperator {
                id,
                name,
                email,
                role: request.role,
                password_hash,
                one_time: Some(one_time(at)),
                recovery: None,
                created_at: at,
            };
            self.ports.accounts.insert_operator(&operator).await.map_err(taken)
        };
        self.ports.recorded_at(entry, insert).await?;
        Ok(AddedOperator { operator: self.get(actor, id).await?, one_time: secret })
    }

    /// Gives an operator another role, which ends their sessions.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `ChangedElsewhere`; `Store`: `LastOwner`, or `Changed` if somebody changed the
    /// operator at the same moment.
    pub async fn change_role(
        &self,
        actor: &Actor,
        id: OperatorId,
        role: impl Into<RoleChange<OperatorRole>>,
    ) -> Result<OperatorRow, AppError> {
        let RoleChange { seen: shown, to: role } = role.into();
        let seen = self.load(actor, id).await?;
        let name = |role: OperatorRole| Role::from(role).as_str().to_owned();
        require_role_as_seen(shown, Some(seen.role), role, name)?;
        if seen.role != role {
            let word = |role: OperatorRole| said(Role::from(role).as_str());
            let entry = entry(actor, ActivityKind::OperatorChanged, &seen.email);
            let entry = entry.changed("role", word(seen.role), word(role));
            let change = OperatorChange { role: Some(role), ..OperatorChange::default() };
            self.change(entry, &seen, change).await?;
        }
        self.get_anyway(id).await
    }

    /// Keeps an operator from signing in, and ends their sessions.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn deactivate(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        self.set_active(actor, id, false).await
    }

    /// Lets a deactivated operator sign in again.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn reactivate(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        self.set_active(actor, id, true).await
    }

    /// Removes an operator, and ends their sessions.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn remove(&self, actor: &Actor, id: OperatorId) -> Result<(), AppError> {
        let seen = self.load(actor, id).await?;
        let entry = entry(actor, ActivityKind::OperatorRemoved, &seen.email);
        let remove = async { Ok(self.ports.accounts.remove_operator(&seen).await?) };
        self.ports.recorded(entry, remove).await?;
        self.end_sessions(id).await
    }

    /// Sets a one-time password for another operator, and ends their sessions. Returned once.
    ///
    /// # Errors
    /// `Forbidden`, also for one's own account; `NotFound`, `Store`.
    pub async fn set_one_time_password(
        &self,
        actor: &Actor,
        id: OperatorId,
    ) -> Result<OneTimePassword, AppError> {
        let seen = self.load(actor, id).await?;
        if actor.account() == Account::Operator(id) {
            return Err(AppError::Forbidden);
        }
        let secret = OneTimePassword::new();
        let hash = self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?;
        let entry = entry(actor, ActivityKind::OneTimePasswordSet, &seen.email).changed_secret("password");
        let set = |at: OffsetDateTime| async move {
            let change = OperatorChange {
                password: Some((hash, Some(one_time(at)))),
                end_sessions: true,
                ..OperatorChange::default()
            };
            Ok(self.ports.accounts.change_operator(&seen, &change).await?)
        };
        self.ports.recorded_at(entry, set).await?;
        self.end_sessions(id).await?;
        Ok(secret)
    }

    async fn set_active(
        &self,
        actor: &Actor,
        id: OperatorId,
        is_active: bool,
    ) -> Result<OperatorRow, AppError> {
        let seen = self.load(actor, id).await?;
        if seen.is_active != is_active {
            let kind = match is_active {
                true => ActivityKind::OperatorReactivated,
                false => ActivityKind::OperatorDeactivated,
            };
            let change = OperatorChange { is_active: Some(is_active), ..OperatorChange::default() };
            self.change(entry(actor, kind, &seen.email), &seen, change).await?;
        }
        self.get_anyway(id).await
    }

    async fn load(&self, actor: &Actor, id: OperatorId) -> Result<Operator, AppError> {
        actor.require(Act::Operators)?;
        self.ports.accounts.find_operator(id).await?.ok_or_else(missing)
    }

    async fn change(
        &self,
        entry: ActivityEntry,
        seen: &Operator,
        change: OperatorChange,
    ) -> Result<(), AppError> {
        let changed = async { Ok(self.ports.accounts.change_operator(seen, &change).await?) };
        self.ports.recorded(entry, changed).await?;
        self.end_sessions(seen.id).await
    }

    /// Their tokens are no longer good anyway: this takes them off the list.
    async fn end_sessions(&self, id: OperatorId) -> Result<(), AppError> {
        let sessions = SessionsOf::Account(Account::Operator(id).key());
        if let Err(error) = self.ports.sessions.end(&sessions, None).await {
            tracing::warn!(%error, "sessions that have ended stay on the list");
        }
        Ok(())
    }

    async fn rows(&self, actor: &Actor, search: &str) -> Result<Vec<OperatorRow>, AppError> {
        actor.require(Act::Operators)?;
        let searched = PersonName::from_stored(search.to_owned()).matching_key();
        let found = |row: &OperatorRow| {
            row.name.matching_key().contains(&searched) || row.email.matching_key().contains(&searched)
        };
        Ok(self.all_rows().await?.into_iter().filter(found).collect())
    }

    /// Whoever demoted themselves still gets the answer.
    async fn get_anyway(&self, id: OperatorId) -> Result<OperatorRow, AppError> {
        self.all_rows().await?.into_iter().find(|row| row.id == id).ok_or_else(missing)
    }

    async fn all_rows(&self) -> Result<Vec<OperatorRow>, AppError> {
        let operators = self.ports.accounts.operators().await?;
        let now = self.clock.now();
        let is_owner = |operator: &Operator| operator.role == OperatorRole::Owner && operator.is_active;
        let is_only_one = operators.iter().filter(|operator| is_owner(operator)).count() == 1;
        let row = |operator: Operator| OperatorRow {
            status: PeopleStatus::of(operator.is_active, operator.one_time, operator.last_sign_in_at, now),
            has_recovery_code: operator.role == OperatorRole::Owner && operator.recovery.is_some(),
            is_last_owner: is_only_one && is_owner(&operator),
            id: operator.id,
            name: operator.name,
            email: operator.email,
            role: operator.role,
            one_time: operator.one_time,
            created_at: operator.created_at,
            last_sign_in_at: operator.last_sign_in_at,
        };
        Ok(operators.into_iter().map(row).collect())
    }
}

fn missing() -> AppError {
    AppError::NotFound { what: "operator" }
}

fn entry(actor: &Actor, kind: ActivityKind, email: &EmailAddress) -> ActivityEntry {
    ActivityEntry::of(actor, kind).on(email)
}

fn said(word: &str) -> Option<String> {
    Some(word.to_owned())
}

/// Where a row stands under a sort: never before every moment, ties by id.
type Place = (String, Option<i128>, OperatorId);

fn place(row: &OperatorRow, sort: PeopleSort) -> Place {
    let value = sort.value(&row.name, &row.email, row.last_sign_in_at);
    place_of(&PeopleCursor { value, id: row.id }, sort)
}

fn place_of(cursor: &PeopleCursor<OperatorId>, sort: PeopleSort) -> Place {
    match sort {
        PeopleSort::Name | PeopleSort::Email => (cursor.value.clone(), None, cursor.id),
        PeopleSort::LastSignIn => (String::new(), cursor.value.parse().ok(), cursor.id),
    }
}
