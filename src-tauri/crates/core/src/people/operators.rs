use std::sync::Arc;

use crate::clock::Clock;
use crate::error::AppError;
use crate::ports::Ports;
use crate::records::{OperatorRole, OperatorRow, OperatorsPage, OperatorsQuery, PeopleCounts};
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{OneTimePassword, OperatorId};

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
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, query))
    }

    /// How many operators a search finds, by status.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn count(&self, actor: &Actor, search: &str) -> Result<PeopleCounts, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, search))
    }

    /// One operator.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Store`.
    pub async fn get(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }

    /// Adds an operator with a one-time password.
    ///
    /// # Errors
    /// `Forbidden`, `InvalidInput`, `Conflict` if another operator, a person or an organization's admin has the
    /// address; `Store`.
    pub async fn add(&self, actor: &Actor, request: AddOperator) -> Result<AddedOperator, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, request))
    }

    /// Gives an operator another role, which ends their sessions.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `LastOwner`, `Busy` if somebody changed the operator at the same moment; `Store`.
    pub async fn change_role(
        &self,
        actor: &Actor,
        id: OperatorId,
        role: OperatorRole,
    ) -> Result<OperatorRow, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, (id, role)))
    }

    /// Keeps an operator from signing in, and ends their sessions.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn deactivate(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }

    /// Lets a deactivated operator sign in again.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn reactivate(&self, actor: &Actor, id: OperatorId) -> Result<OperatorRow, AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }

    /// Removes an operator, and ends their sessions.
    ///
    /// # Errors
    /// As [`change_role`](Self::change_role).
    pub async fn remove(&self, actor: &Actor, id: OperatorId) -> Result<(), AppError> {
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
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
        actor.require(Act::Operators)?;
        Err(unbuilt(&self.ports, &self.clock, &self.hasher, id))
    }
}

pub(super) fn unbuilt<T>(_: &Ports, _: &Arc<dyn Clock>, _: &PasswordHasher, _: T) -> AppError {
    AppError::Unexpected { detail: "not built yet".to_owned() }
}
