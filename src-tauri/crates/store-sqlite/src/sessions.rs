//! The list of live sessions.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params_from_iter};
use tenantry_core::StoreError;
use tenantry_core::limits::SESSION_FORGOTTEN_AFTER;
use tenantry_core::ports::SessionStore;
use tenantry_core::records::{LiveSession, SessionDigest, SessionFacts, SessionQuery, SessionsOf};
use tenantry_core::rights::Role;
use time::OffsetDateTime;

use crate::SqliteStore;
use crate::errors::Outcome;
use crate::records::{bytes, milliseconds, moment, organization_id};
use crate::statements::Statements;

macro_rules! columns {
    () => {
        "SELECT id, account, role, name, email, organization_id, organization_name, device, expires_at, since, \
         last_used_at FROM console_sessions"
    };
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn insert(&self, session: &SessionFacts) -> Result<(), StoreError> {
        let (session, now) = (session.clone(), self.clock.now());
        self.write(move |transaction| {
            transaction.execute_cached(
                "DELETE FROM console_sessions WHERE last_used_at < ?1",
                [milliseconds(now - SESSION_FORGOTTEN_AFTER)],
            )?;
            transaction.execute_cached(
                "INSERT INTO console_sessions VALUES (:id, :account, :role, :name, :email, :organization_id, \
                 :organization_name, :device, :expires_at, :now, :now) ON CONFLICT (id) DO NOTHING",
                named_params! {
                    ":id": session.id.as_str(),
                    ":account": session.account,
                    ":role": session.role.map(Role::as_str),
                    ":name": session.name,
                    ":email": session.email,
                    ":organization_id": session.organization_id.map(bytes),
                    ":organization_name": session.organization_name,
                    ":device": session.device,
                    ":expires_at": milliseconds(session.expires_at),
                    ":now": milliseconds(now),
                },
            )?;
            Ok(())
        })
        .await
    }

    async fn find(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError> {
        let id = id.clone();
        self.read(move |connection| find(connection, &id)).await
    }

    async fn touch(&self, id: &SessionDigest) -> Result<Option<LiveSession>, StoreError> {
        let (id, now) = (id.clone(), self.clock.now());
        self.write(move |transaction| {
            transaction.execute_cached(
                "UPDATE console_sessions SET last_used_at = :now WHERE id = :id",
                named_params! { ":now": milliseconds(now), ":id": id.as_str() },
            )?;
            find(transaction, &id)
        })
        .await
    }

    async fn extend(&self, id: &SessionDigest, expires_at: OffsetDateTime) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |transaction| {
            let extended = transaction.execute_cached(
                "UPDATE console_sessions SET expires_at = :expires_at WHERE id = :id",
                named_params! { ":expires_at": milliseconds(expires_at), ":id": id.as_str() },
            )?;
            Ok(extended == 1)
        })
        .await
    }

    async fn page(&self, query: &SessionQuery) -> Result<Vec<LiveSession>, StoreError> {
        let query = query.clone();
        self.read(move |connection| {
            let (condition, value) = condition_of(&query.of);
            let mut values: Vec<Value> = value.into_iter().collect();
            let live_at = Value::Integer(milliseconds(query.live_at));
            let place = values.len();
            values.push(live_at);
            let mut after = String::new();
            if let Some((since, id)) = &query.after {
                after = format!(" AND (since, id) < (?{}, ?{})", place + 2, place + 3);
                values.extend([Value::Integer(milliseconds(*since)), Value::Text(id.as_str().to_owned())]);
            }
            let sql = format!(
                concat!(columns!(), " WHERE {} AND expires_at > ?{}{} ORDER BY since DESC, id DESC LIMIT {}"),
                condition,
                place + 1,
                after,
                query.limit
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), live_session)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })
        .await
    }

    async fn end(&self, sessions: &SessionsOf, except: Option<&SessionDigest>) -> Result<u64, StoreError> {
        let (sessions, except) = (sessions.clone(), except.cloned());
        self.write(move |transaction| {
            let (condition, value) = condition_of(&sessions);
            let mut values: Vec<Value> = value.into_iter().collect();
            let mut sql = format!("DELETE FROM console_sessions WHERE {condition}");
            if let Some(except) = except {
                values.push(Value::Text(except.as_str().to_owned()));
                sql += &format!(" AND id <> ?{}", values.len());
            }
            let ended = transaction.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            Ok(u64::try_from(ended).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn condition_of(sessions: &SessionsOf) -> (&'static str, Option<Value>) {
    match sessions {
        SessionsOf::One(id) => ("id = ?1", Some(Value::Text(id.as_str().to_owned()))),
        SessionsOf::Account(account) => ("account = ?1", Some(Value::Text(account.clone()))),
        SessionsOf::Organization(id) => ("organization_id = ?1", Some(Value::Blob(bytes(*id).to_vec()))),
        SessionsOf::Everybody => ("TRUE", None),
    }
}

fn find(connection: &Connection, id: &SessionDigest) -> Outcome<Option<LiveSession>> {
    let sql = concat!(columns!(), " WHERE id = ?1");
    Ok(connection.query_row_cached(sql, [id.as_str()], live_session).optional()?)
}

fn live_session(row: &Row<'_>) -> rusqlite::Result<LiveSession> {
    let role: Option<String> = row.get(2)?;
    let organization: Option<Vec<u8>> = row.get(5)?;
    Ok(LiveSession {
        facts: SessionFacts {
            id: SessionDigest::from_stored(row.get(0)?),
            account: row.get(1)?,
            role: role.as_deref().and_then(Role::from_word),
            name: row.get(3)?,
            email: row.get(4)?,
            organization_id: match organization {
                Some(_) => Some(organization_id(row.get_ref(5)?)?),
                None => None,
            },
            organization_name: row.get(6)?,
            device: row.get(7)?,
            expires_at: moment(row.get(8)?),
        },
        since: moment(row.get(9)?),
        last_used_at: moment(row.get(10)?),
    })
}
