//! Who may do what: roles, acts, and the product's table of both.

use crate::error::AppError;
use crate::values::{OperatorId, OrganizationId};

/// What a session may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An administrator of the whole workspace.
    Operator,
    /// The administrator of one organization.
    OrganizationAdmin,
    /// Somebody who may look at one organization.
    Viewer,
}

impl Role {
    /// The word in a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::OrganizationAdmin => "organization_admin",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the word in a token. A token of the service has none: whoever the service signs in is an organization's
    /// admin.
    pub(crate) fn from_claim(word: Option<&str>) -> Option<Self> {
        match word {
            None | Some("organization_admin") => Some(Self::OrganizationAdmin),
            Some("operator") => Some(Self::Operator),
            Some("viewer") => Some(Self::Viewer),
            Some(_) => None,
        }
    }
}

/// An act that needs a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// List, search, export the list, look at one.
    List,
    /// Create an organization.
    Create,
    /// Rename, change address, password or display name.
    Change,
    /// Deactivate or reactivate.
    Deactivate,
    /// Move to the trash.
    Trash,
    /// Restore from the trash.
    Restore,
    /// Delete for ever.
    DeleteForever,
    /// Read statistics.
    Statistics,
    /// Read the record of what was done.
    Activity,
    /// Operators, workspace settings, its health.
    Workspace,
}

/// Whether a role may do an act; `own` says whether it is about the session's own organization.
pub fn allows(role: Role, act: Act, own: bool) -> bool {
    match role {
        Role::Operator => true,
        Role::OrganizationAdmin => match act {
            Act::List | Act::Change | Act::Trash | Act::Statistics | Act::Activity => own,
            Act::Create | Act::Deactivate | Act::Restore | Act::DeleteForever | Act::Workspace => false,
        },
        Role::Viewer => match act {
            Act::List | Act::Statistics => own,
            Act::Change
            | Act::Trash
            | Act::Activity
            | Act::Create
            | Act::Deactivate
            | Act::Restore
            | Act::DeleteForever
            | Act::Workspace => false,
        },
    }
}

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// An operator's.
    Operator(OperatorId),
    /// An organization's admin's.
    Organization(OrganizationId),
}

/// Somebody whose session was found good. Only the service of sessions makes one, so that no service
/// can be called without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    account: Account,
    role: Role,
    name: String,
    email: String,
}

impl Actor {
    /// For `sessions` alone, once it found a session good.
    pub(crate) fn found_good(account: Account, role: Role, name: String, email: String) -> Self {
        Self { account, role, name, email }
    }

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
