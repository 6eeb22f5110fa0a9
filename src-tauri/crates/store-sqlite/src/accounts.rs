//! Operators, failed sign-ins, ended sessions.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::{FromSqlError, Value};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use tenantry_core::StoreError;
use tenantry_core::error::UniqueField;
use tenantry_core::ports::AccountStore;
use tenantry_core::records::{NewOperator, Operator, OperatorChange, OperatorRole, SignInAttempts};
use tenantry_core::rights::Role;
use tenantry_core::values::{
    Device, EmailAddress, HashRenewal, OperatorId, PasswordHash, PersonName, RecoveryDigest,
};
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::{Outcome, breaks_uniqueness, duplicate};
use crate::records::{
    milliseconds, moment, one_time, operator_bytes, operator_id, password_hash, person_has, renewal,
};
use crate::statements::Statements;

macro_rules! operator_where {
    ($column:literal) => {
        concat!(
            "SELECT id, name, email, role, is_active, password, password_renewal, one_time_until, recovery, created_at, \
             last_sign_in_at, session_version FROM console_operators WHERE ",
            $column,
            " = ?1"
        )
    };
    ($column:literal, $is:literal) => {
        concat!(
            "SELECT id, name, email, role, is_active, password, password_renewal, one_time_until, recovery, created_at, \
             last_sign_in_at, session_version FROM console_operators WHERE ",
            $column,
            " ",
            $is
        )
    };
}

const OPERATOR_BY_ID: &str = operator_where!("id");
const OPERATOR_BY_ADDRESS: &str = operator_where!("email_key");

#[async_trait]
impl AccountStore for SqliteStore {
    async fn has_operators(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM console_operators)";
            Ok(connection.query_row_cached(sql, [], |row| row.get(0))?)
        })
        .await
    }

    async fn insert_operator(&self, operator: &NewOperator) -> Result<(), StoreError> {
        let operator = operator.clone();
        self.write(move |transaction| {
            if admin_has(transaction, &operator.email)? || person_has(transaction, &operator.email)? {
                return Err(duplicate(UniqueField::Email));
            }
            let inserted = transaction.execute_cached(
                "INSERT INTO console_operators \
                 (id, name, email, email_key, role, password, one_time_until, recovery, created_at) \
                 VALUES (:id, :name, :email, :email_key, :role, :password, :until, :recovery, :at)",
                named_params! {
                    ":id": operator_bytes(operator.id),
                    ":name": operator.name.as_str(),
                    ":email": operator.email.as_str(),
                    ":email_key": operator.email.matching_key(),
                    ":role": Role::from(operator.role).as_str(),
                    ":password": operator.password_hash.expose(),
                    ":until": operator.one_time.map(|one_time| milliseconds(one_time.until)),
                    ":recovery": operator.recovery.as_ref().map(RecoveryDigest::as_str),
                    ":at": milliseconds(operator.created_at),
                },
            );
            match inserted {
                Ok(_) => Ok(()),
                Err(error) if breaks_uniqueness(&error) => {
                    let id = Value::Blob(operator_bytes(operator.id).to_vec());
                    let by_id = find_operator(transaction, OPERATOR_BY_ID, id)?;
                    Err(duplicate(if by_id.is_some() { UniqueField::Id } else { UniqueField::Email }))
                }
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn find_operator(&self, id: OperatorId) -> Result<Option<Operator>, StoreError> {
        let id = Value::Blob(operator_bytes(id).to_vec());
        self.read(move |connection| find_operator(connection, OPERATOR_BY_ID, id)).await
    }

    async fn find_operator_by_email(&self, email: &EmailAddress) -> Result<Option<Operator>, StoreError> {
        let key = Value::Text(email.matching_key());
        self.read(move |connection| find_operator(connection, OPERATOR_BY_ADDRESS, key)).await
    }

    async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(operator_where!("id IS NOT", "NULL"))?;
            let found = statement.query_map([], operator)?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn change_operator(
        &self,
        seen: &Operator,
        change: &OperatorChange,
    ) -> Result<Operator, StoreError> {
        let (seen, change) = (seen.clone(), change.clone());
        self.write(move |transaction| {
            load_unchanged(transaction, &seen)?;
            let ends = change.end_sessions || change.role.is_some() || change.is_active.is_some();
            let password = change.password.as_ref();
            transaction.execute_cached(
                "UPDATE console_operators SET name = coalesce(:name, name), role = coalesce(:role, role), \
                 is_active = coalesce(:is_active, is_active), password = coalesce(:password, password), \
                 password_renewal = iif(:password IS NULL, password_renewal, NULL), \
                 one_time_until = iif(:password IS NULL, one_time_until, :until), \
                 recovery = iif(:has_recovery, :recovery, recovery), \
                 session_version = session_version + :ended WHERE id = :id",
                named_params! {
                    ":name": change.name.as_ref().map(PersonName::as_str),
                    ":role": change.role.map(|role| Role::from(role).as_str()),
                    ":is_active": change.is_active,
                    ":password": password.map(|(hash, _)| hash.expose()),
                    ":until": password.and_then(|(_, one_time)| *one_time).map(|one| milliseconds(one.until)),
                    ":has_recovery": change.recovery.is_some(),
                    ":recovery": change.recovery.as_ref().and_then(Option::as_ref).map(RecoveryDigest::as_str),
                    ":ended": ends,
                    ":id": operator_bytes(seen.id),
                },
            )?;
            require_owner(transaction, &seen)?;
            load_operator(transaction, seen.id)
        })
        .await
    }

    async fn remove_operator(&self, seen: &Operator) -> Result<(), StoreError> {
        let seen = seen.clone();
        self.write(move |transaction| {
            load_unchanged(transaction, &seen)?;
            let sql = "DELETE FROM console_operators WHERE id = ?1";
            transaction.execute_cached(sql, [operator_bytes(seen.id)])?;
            require_owner(transaction, &seen)
        })
        .await
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
        self.change_operator(seen, &change).await
    }

    async fn note_operator_sign_in(&self, id: OperatorId, at: OffsetDateTime) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_operators SET last_sign_in_at = :at WHERE id = :id",
                named_params! {":at": milliseconds(at), ":id": operator_bytes(id)},
            )?;
            Ok(())
        })
        .await
    }

    async fn renew_operator_hash(
        &self,
        id: OperatorId,
        from: &PasswordHash,
        to: &PasswordHash,
        renewal: &HashRenewal,
    ) -> Result<(), StoreError> {
        let (from, to, renewal) = (from.clone(), to.clone(), renewal.to_stored());
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_operators SET password = :to, password_renewal = :renewal \
                 WHERE id = :id AND password = :from",
                named_params! {
                    ":to": to.expose(),
                    ":renewal": renewal,
                    ":id": operator_bytes(id),
                    ":from": from.expose(),
                },
            )?;
            Ok(())
        })
        .await
    }

    async fn most_accounts_of_an_address(&self) -> Result<usize, StoreError> {
        self.read(|connection| {
            // Each table has an address once. A person can be an admin as well; who is would have to be looked for
            // among all of them, so any person counts as one.
            let sql = "SELECT EXISTS (SELECT 1 FROM console_operators AS operator \
                       CROSS JOIN organizations AS row ON row.admin_email_key = operator.email_key) \
                       OR EXISTS (SELECT 1 FROM console_people)";
            let shared: bool = connection.query_row_cached(sql, [], |row| row.get(0))?;
            Ok(if shared { 2 } else { 1 })
        })
        .await
    }

    async fn sign_in_attempts(&self, accounts: &[String]) -> Result<Vec<SignInAttempts>, StoreError> {
        let (accounts, now) = (accounts.to_vec(), self.clock.now());
        self.read_together(move |connection| {
            let sql = "SELECT account, failures, last_failed_at, device FROM console_sign_in_attempts \
                       WHERE account = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found = Vec::new();
            for account in accounts {
                found.extend(statement.query_row([&account], |row| attempts(row, now)).optional()?);
            }
            Ok(found)
        })
        .await
    }

    async fn failed_sign_ins(&self, limit: u32) -> Result<Vec<SignInAttempts>, StoreError> {
        let now = self.clock.now();
        self.read(move |connection| {
            let sql = "SELECT account, failures, last_failed_at, device FROM console_sign_in_attempts \
                       ORDER BY last_failed_at DESC LIMIT ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_map([limit], |row| attempts(row, now))?;
            Ok(found.collect::<rusqlite::Result<Vec<_>>>()?)
        })
        .await
    }

    async fn add_failed_sign_in(&self, account: &str, device: &Device) -> Result<u32, StoreError> {
        let (account, device, at) = (account.to_owned(), device.clone(), self.clock.now());
        self.write(move |transaction| {
            Ok(transaction.query_row_cached(
                "INSERT INTO console_sign_in_attempts (account, failures, last_failed_at, device) \
                 VALUES (:account, 1, :at, :device) ON CONFLICT (account) DO UPDATE SET \
                 failures = min(failures + 1, 4294967295), last_failed_at = :at, device = :device \
                 RETURNING failures",
                named_params! {":account": account, ":at": milliseconds(at), ":device": device.as_str()},
                |row| row.get(0),
            )?)
        })
        .await
    }

    async fn add_passed_over(&self, account: &str, guess: &str) -> Result<(), StoreError> {
        let (account, guess, at) = (account.to_owned(), guess.to_owned(), self.clock.now());
        self.write(move |transaction| {
            transaction.execute_cached(
                "INSERT INTO console_sign_in_attempts (account, failures, last_failed_at, guess) \
                 VALUES (:account, 1, :at, :guess) \
                 ON CONFLICT (account) DO UPDATE SET failures = min(failures + 1, 4294967295), \
                 last_failed_at = :at, guess = :guess WHERE guess IS NOT :guess",
                named_params! {":account": account, ":at": milliseconds(at), ":guess": guess},
            )?;
            Ok(())
        })
        .await
    }

    async fn clear_failed_sign_ins(&self, account: &str) -> Result<(), StoreError> {
        let account = account.to_owned();
        self.write(move |transaction| {
            transaction
                .execute_cached("DELETE FROM console_sign_in_attempts WHERE account = ?1", [account])?;
            Ok(())
        })
        .await
    }
}

fn attempts(row: &Row<'_>, now: OffsetDateTime) -> rusqlite::Result<SignInAttempts> {
    let since_last = now - moment(row.get(2)?);
    let device: Option<String> = row.get(3)?;
    Ok(SignInAttempts {
        account: row.get(0)?,
        failures: row.get(1)?,
        // The clock was set back: none of the pause is over.
        since_last: Duration::try_from(since_last).unwrap_or_default(),
        device: device.map(Device::from_stored),
    })
}

fn find_operator(connection: &Connection, sql: &'static str, value: Value) -> Outcome<Option<Operator>> {
    Ok(connection.query_row_cached(sql, [value], operator).optional()?)
}

fn load_operator(connection: &Connection, id: OperatorId) -> Outcome<Operator> {
    let value = Value::Blob(operator_bytes(id).to_vec());
    let found = find_operator(connection, OPERATOR_BY_ID, value)?;
    found.ok_or_else(|| StoreError::NotFound { what: "operator" }.into())
}

fn load_unchanged(connection: &Connection, seen: &Operator) -> Outcome<()> {
    if load_operator(connection, seen.id)?.session_version == seen.session_version {
        Ok(())
    } else {
        Err(StoreError::Changed { what: "the operator" }.into())
    }
}

/// Refuses the transaction if it took the last active owner away. A workspace that had none is left alone.
fn require_owner(connection: &Connection, seen: &Operator) -> Outcome<()> {
    if seen.role != OperatorRole::Owner || !seen.is_active {
        return Ok(());
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM console_operators WHERE role = 'owner' AND is_active)";
    let any: bool = connection.query_row_cached(sql, [], |row| row.get(0))?;
    if any { Ok(()) } else { Err(StoreError::LastOwner.into()) }
}

fn operator(row: &Row<'_>) -> rusqlite::Result<Operator> {
    let role: String = row.get("role")?;
    Ok(Operator {
        id: operator_id(row.get_ref("id")?)?,
        name: PersonName::from_stored(row.get("name")?),
        email: EmailAddress::from_stored(row.get("email")?),
        role: OperatorRole::from_word(&role).ok_or(FromSqlError::InvalidType)?,
        is_active: row.get("is_active")?,
        password_hash: password_hash(row, "password")?,
        renewal: renewal(row)?,
        one_time: one_time(row)?,
        recovery: row.get::<_, Option<String>>("recovery")?.map(RecoveryDigest::from_stored),
        created_at: moment(row.get("created_at")?),
        last_sign_in_at: row.get::<_, Option<i64>>("last_sign_in_at")?.map(moment),
        session_version: row.get("session_version")?,
    })
}

/// Whether an operator has this address.
pub(crate) fn operator_has(connection: &Connection, email: &EmailAddress) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM console_operators WHERE email_key = ?1)";
    Ok(connection.query_row_cached(sql, [email.matching_key()], |row| row.get(0))?)
}

fn admin_has(connection: &Connection, email: &EmailAddress) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM organizations WHERE admin_email_key = ?1)";
    Ok(connection.query_row_cached(sql, [email.matching_key()], |row| row.get(0))?)
}
