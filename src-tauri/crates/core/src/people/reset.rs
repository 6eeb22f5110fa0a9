use std::sync::Arc;

use super::one_time::{one_time, taken};
use crate::access::WriteGate;
use crate::clock::Clock;
use crate::error::{AppError, StoreError};
use crate::ports::Ports;
use crate::records::{
    Access, ActivityEntry, ActivityKind, NewOperator, Operator, OperatorChange, OperatorRole, SessionsOf,
};
use crate::rights::Account;
use crate::sessions::PasswordHasher;
use crate::values::{Device, EmailAddress, OneTimePassword, OperatorId, PersonName};

/// Lets whoever holds the database's connection string, or the file, back in as an owner. It needs no session: they
/// could write the same into the database by hand, and this leaves an entry in the record.
pub struct OwnerReset {
    /// Without the gate: a locked workspace has nobody who could unlock it.
    ports: Ports,
    gate: Arc<WriteGate>,
    clock: Arc<dyn Clock>,
    hasher: PasswordHasher,
    device: Device,
}

impl OwnerReset {
    /// For one open workspace. `ports` are those of the store itself.
    pub fn new(
        ports: Ports,
        gate: Arc<WriteGate>,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
        device: Device,
    ) -> Self {
        Self { ports, gate, clock, hasher, device }
    }

    /// Sets a one-time password for an active owner. In a workspace without one, makes the address an owner. Returned
    /// once.
    ///
    /// # Errors
    /// `InvalidInput`; `NotFound` if the address is no active owner's and there is one; `Conflict` if a person or an
    /// organization's admin has it; `Store`: `ReadOnly` over a connection for reading only.
    pub async fn reset(&self, email: &str) -> Result<OneTimePassword, AppError> {
        if self.gate.own().access == Access::ReadOnly {
            return Err(StoreError::ReadOnly { unlockable: false }.into());
        }
        let email = EmailAddress::parse(email)?;
        let operators = self.ports.accounts.operators().await?;
        let is_owner = |operator: &Operator| operator.role == OperatorRole::Owner && operator.is_active;
        let has_owner = operators.iter().any(is_owner);
        let known = operators.iter().find(|one| one.email.matching_key() == email.matching_key());
        if has_owner && !known.is_some_and(is_owner) {
            return Err(AppError::NotFound { what: "owner" });
        }
        let secret = OneTimePassword::new();
        let hash = self.hasher.hash(&secret.password().map_err(AppError::InvalidInput)?).await?;
        let entry = ActivityEntry::by_tenantry(ActivityKind::OwnerReset)
            .on(&email)
            .from_device(Some(&self.device))
            .with_detail("by whoever holds the connection string or the file")
            .changed_secret("password");
        let id = match known {
            Some(seen) => {
                let set = |at| async move {
                    let promoted = (!is_owner(seen)).then_some(OperatorRole::Owner);
                    let change = OperatorChange {
                        role: promoted,
                        is_active: promoted.map(|_| true),
                        password: Some((hash, Some(one_time(at)))),
                        end_sessions: true,
                        ..OperatorChange::default()
                    };
                    Ok(self.ports.accounts.change_operator(seen, &change).await?.id)
                };
                self.ports.recorded_at(entry, set).await?
            }
            None => {
                let insert = |at| async move {
                    let operator = NewOperator {
                        // As at a claim, so that only one of two at the same moment succeeds.
                        id: if operators.is_empty() { OperatorId::FOUNDER } else { OperatorId::new() },
                        name: name_of(&email),
                        email,
                        role: OperatorRole::Owner,
                        password_hash: hash,
                        one_time: Some(one_time(at)),
                        recovery: None,
                        created_at: self.clock.now(),
                    };
                    self.ports.accounts.insert_operator(&operator).await.map_err(taken)?;
                    Ok(operator.id)
                };
                self.ports.recorded_at(entry, insert).await?
            }
        };
        let key = Account::Operator(id).key();
        self.ports.sessions.end(&SessionsOf::Account(key.clone()), None).await?;
        self.ports.accounts.clear_failed_sign_ins(&key).await?;
        Ok(secret)
    }
}

/// Until the owner says otherwise.
fn name_of(email: &EmailAddress) -> PersonName {
    let local = email.as_str().split('@').next().unwrap_or_default();
    PersonName::parse(local).unwrap_or_else(|_| PersonName::from_stored("Owner".to_owned()))
}
