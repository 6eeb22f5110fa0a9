//! Who may do what: the product's table.

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
    pub(super) fn from_claim(word: Option<&str>) -> Option<Self> {
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
