//! Roles, rights, and the product's table of both.

use serde::Serialize;

use crate::error::AppError;
use crate::values::{Device, OperatorId, OrganizationId};

/// The role of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Role {
    /// An administrator of the whole workspace.
    Operator,
    /// The admin of one organization.
    OrganizationAdmin,
    /// A person with read access to one organization.
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

    /// The actions that this role allows, on the session's own organization.
    pub fn acts(self) -> impl Iterator<Item = Act> {
        Act::ALL.into_iter().filter(move |act| allows(self, *act, true))
    }

    /// Parses a stored word; `None` for one of a newer version.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::from_claim(Some(word))
    }

    /// Parses the word in a token. A token of the service has none: the service signs in organizations' admins only.
    pub(crate) fn from_claim(word: Option<&str>) -> Option<Self> {
        match word {
            None | Some("organization_admin") => Some(Self::OrganizationAdmin),
            Some("operator") => Some(Self::Operator),
            Some("viewer") => Some(Self::Viewer),
            Some(_) => None,
        }
    }
}

/// An action that needs a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
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
    /// Delete for good.
    DeleteForever,
    /// Read statistics.
    Statistics,
    /// Read the activity record.
    Activity,
    /// Manage operators and workspace settings, see its health.
    Workspace,
}

impl Act {
    /// All of them.
    const ALL: [Self; 10] = [
        Self::List,
        Self::Create,
        Self::Change,
        Self::Deactivate,
        Self::Trash,
        Self::Restore,
        Self::DeleteForever,
        Self::Statistics,
        Self::Activity,
        Self::Workspace,
    ];
}

/// Whether a role allows an action; `own` says whether it is about the session's own organization.
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

/// The owner of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// An operator's.
    Operator(OperatorId),
    /// An organization's admin's.
    Organization(OrganizationId),
}

/// A person whose session was checked. Only `SessionService` creates one, so no service runs without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    account: Account,
    role: Role,
    name: String,
    email: String,
    device: Option<Device>,
}

impl Actor {
    /// For `sessions` alone, after it checked a session.
    pub(crate) fn found_good(account: Account, role: Role, name: String, email: String) -> Self {
        Self { account, role, name, email, device: None }
    }

    /// For `sessions` alone: the same person, on this computer.
    #[must_use]
    pub(crate) fn on_device(self, device: Option<Device>) -> Self {
        Self { device, ..self }
    }

    /// The computer that the person uses.
    pub fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// The owner of the session.
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

    /// The email address of the sign-in.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The one organization that this session is allowed to see; `None` if all.
    pub fn organization_scope(&self) -> Option<OrganizationId> {
        match self.account {
            Account::Operator(_) => None,
            Account::Organization(id) => Some(id),
        }
    }

    /// Whether this session allows `act` at all, on its own organization.
    pub fn may(&self, act: Act) -> bool {
        allows(self.role, act, true)
    }

    /// The actions that this session allows, on its own organization.
    pub fn acts(&self) -> impl Iterator<Item = Act> {
        self.role.acts()
    }

    /// # Errors
    /// `Forbidden` if the role does not allow this in the whole workspace.
    pub(crate) fn require(&self, act: Act) -> Result<(), AppError> {
        if allows(self.role, act, false) { Ok(()) } else { Err(AppError::Forbidden) }
    }

    /// # Errors
    /// `NotFound` for an organization that this session is not allowed to see; `Forbidden` if it can see it but not do
    /// this.
    pub(crate) fn require_on(&self, act: Act, id: OrganizationId) -> Result<(), AppError> {
        let own = match self.organization_scope() {
            None => false,
            Some(scope) if scope == id => true,
            Some(_) => return Err(AppError::NotFound { what: "organization" }),
        };
        if allows(self.role, act, own) { Ok(()) } else { Err(AppError::Forbidden) }
    }
}
