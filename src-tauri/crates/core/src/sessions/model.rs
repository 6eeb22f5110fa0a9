use secrecy::SecretString;
use time::OffsetDateTime;

use super::rights::{Act, Role, allows};
use crate::error::AppError;
use crate::values::{OperatorId, OrganizationId};

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// An operator's.
    Operator(OperatorId),
    /// An organization's admin's.
    Organization(OrganizationId),
}

/// Somebody whose session was found good. Only [`SessionService`](super::SessionService) makes one, so that no service
/// can be called without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub(super) account: Account,
    pub(super) role: Role,
    pub(super) name: String,
    pub(super) email: String,
}

impl Actor {
    /// Whose session it is.
    pub fn account(&self) -> Account {
        self.account
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The person's name, or the organization's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address signed in with.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The one organization that this session may know of; `None` when it may know of all.
    pub fn organization_scope(&self) -> Option<OrganizationId> {
        match self.account {
            Account::Operator(_) => None,
            Account::Organization(id) => Some(id),
        }
    }

    /// Whether this session may do `act` at all, on what is its own.
    pub fn may(&self, act: Act) -> bool {
        allows(self.role, act, true)
    }

    /// # Errors
    /// `Forbidden` when the role may not do this in the whole workspace.
    pub(crate) fn require(&self, act: Act) -> Result<(), AppError> {
        if allows(self.role, act, false) { Ok(()) } else { Err(AppError::Forbidden) }
    }

    /// # Errors
    /// `NotFound` for an organization that this session may not know of; `Forbidden` when it may know and not do this.
    pub(crate) fn require_on(&self, act: Act, id: OrganizationId) -> Result<(), AppError> {
        let own = match self.organization_scope() {
            None => false,
            Some(scope) if scope == id => true,
            Some(_) => return Err(AppError::NotFound { what: "organization" }),
        };
        if allows(self.role, act, own) { Ok(()) } else { Err(AppError::Forbidden) }
    }
}

/// What a successful sign-in gives. It stays in Rust.
#[derive(Debug, Clone)]
pub struct Session {
    /// The signed token.
    pub token: SecretString,
    /// Whose it is.
    pub actor: Actor,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}
