//! Roles, rights, and the product's table of both. Checks, the offers of the window, the table in the documentation and
//! the tests of rights all come from this table.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use strum::{IntoStaticStr, VariantArray};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::error::AppError;
use crate::values::{Device, OperatorId, OrganizationId, PersonId};
use crate::words::words;

/// The role of a session, in the order of the table's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, VariantArray, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Role {
    /// An operator who also manages operators and the workspace's settings.
    Owner,
    /// An administrator of all organizations.
    Operator,
    /// An operator who looks and changes nothing.
    ReadOnlyOperator,
    /// The admin of one organization: the service's own, or a person.
    OrganizationAdmin,
    /// A person who looks at one organization.
    Viewer,
}

words!(Role);

impl Role {
    /// The reach of an action in this role.
    pub fn reach(self, act: Act) -> Reach {
        let (_, row) = TABLE[act as usize];
        row[self as usize]
    }

    /// The actions that this role allows on anything: at least on the session itself.
    pub fn acts(self) -> impl Iterator<Item = Act> {
        Act::ALL.iter().copied().filter(move |act| self.reach(*act) != Reach::Nothing)
    }
}

/// An action that needs a right, in the order of the table's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, VariantArray, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Act {
    /// List, search, export the list, look at one.
    List,
    /// Read statistics.
    Statistics,
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
    /// Import organizations from a file.
    Import,
    /// Write a bundle, verify one.
    BackUp,
    /// Restore a bundle, copy or move an organization into the workspace.
    RestoreBundle,
    /// Run the doctor and see its findings.
    Findings,
    /// Mend what the doctor found, and change the template of tenant collections.
    Mend,
    /// Look at the people of an organization.
    ReadPeople,
    /// Add, change, deactivate and remove people of an organization.
    ManagePeople,
    /// List live sessions.
    Sessions,
    /// End sessions.
    EndSessions,
    /// Read the record.
    Activity,
    /// Manage operators.
    Operators,
    /// Change the workspace's settings and what it permits.
    Settings,
    /// Unlock a locked workspace.
    Unlock,
    /// See the health of the workspace.
    Health,
}

words!(Act);

/// The subjects that a role allows an action on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Reach {
    /// None.
    Nothing,
    /// The session's own account: its sessions, its entries in the record.
    Oneself,
    /// The session's own organization.
    Own,
    /// The whole workspace.
    All,
}

use Reach::{All, Nothing, Oneself, Own};

/// Who may do what: one row an action, one column a role.
pub const TABLE: [(Act, [Reach; 5]); Act::ALL.len()] = [
    // Owner, operator, read-only operator, organization admin, viewer.
    (Act::List, [All, All, All, Own, Own]),
    (Act::Statistics, [All, All, All, Own, Own]),
    (Act::Create, [All, All, Nothing, Nothing, Nothing]),
    (Act::Change, [All, All, Nothing, Own, Nothing]),
    (Act::Deactivate, [All, All, Nothing, Nothing, Nothing]),
    (Act::Trash, [All, All, Nothing, Own, Nothing]),
    (Act::Restore, [All, All, Nothing, Nothing, Nothing]),
    (Act::DeleteForever, [All, All, Nothing, Nothing, Nothing]),
    (Act::Import, [All, All, Nothing, Nothing, Nothing]),
    (Act::BackUp, [All, All, Nothing, Own, Nothing]),
    (Act::RestoreBundle, [All, All, Nothing, Nothing, Nothing]),
    (Act::Findings, [All, All, All, Own, Nothing]),
    (Act::Mend, [All, All, Nothing, Nothing, Nothing]),
    (Act::ReadPeople, [All, All, All, Own, Own]),
    (Act::ManagePeople, [All, All, Nothing, Own, Nothing]),
    (Act::Sessions, [All, All, All, Own, Oneself]),
    (Act::EndSessions, [All, All, Oneself, Own, Oneself]),
    (Act::Activity, [All, All, All, Own, Oneself]),
    (Act::Operators, [All, Nothing, Nothing, Nothing, Nothing]),
    (Act::Settings, [All, Nothing, Nothing, Nothing, Nothing]),
    (Act::Unlock, [All, All, Nothing, Nothing, Nothing]),
    (Act::Health, [All, All, All, Nothing, Nothing]),
];

// Each action has its row, at its own place, and each role its column: an action without an entry does not compile.
const _: () = {
    assert!(TABLE.len() == Act::ALL.len() && Role::ALL.len() == 5);
    let mut row = 0;
    while row < TABLE.len() {
        assert!(TABLE[row].0 as usize == row && Act::ALL[row] as usize == row);
        row += 1;
    }
};

/// The owner of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// An operator's.
    Operator(OperatorId),
    /// The service's own admin's, who stands in the organization's document.
    Organization(OrganizationId),
    /// A person's, in one of their organizations.
    Person(PersonId, OrganizationId),
}

impl Account {
    /// The one organization of this account; `None` for operators.
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Operator(_) => None,
            Self::Organization(id) | Self::Person(_, id) => Some(id),
        }
    }
}

impl Account {
    /// The key under which failures and sessions of an account are kept. A person has one password for all
    /// organizations, so one key.
    pub fn key(self) -> String {
        match self {
            Self::Operator(_) | Self::Organization(_) => self.to_string(),
            Self::Person(id, _) => Self::key_of_person(id),
        }
    }

    /// The key of a person, in whichever organization.
    pub fn key_of_person(id: PersonId) -> String {
        format!("person:{id}")
    }
}

/// The kind and its ids: `operator:…`, `organization:…`, `person:…:…`.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(id) => write!(f, "operator:{id}"),
            Self::Organization(id) => write!(f, "organization:{id}"),
            Self::Person(id, organization) => write!(f, "person:{id}:{organization}"),
        }
    }
}

impl FromStr for Account {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once(':').ok_or(())? {
            ("operator", id) => id.parse().map(Self::Operator),
            ("organization", id) => id.parse().map(Self::Organization),
            ("person", ids) => {
                let (id, organization) = ids.split_once(':').ok_or(())?;
                Ok(Self::Person(id.parse()?, organization.parse()?))
            }
            (_, _) => Err(()),
        }
    }
}

/// An action that a session does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAct {
    /// The person.
    pub actor: Actor,
    /// The action.
    pub act: Act,
    /// The organization that it was about.
    pub on: Option<OrganizationId>,
}

/// Where refused acts are told, so that they get into the record: a check of a right waits for no store.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Option<UnboundedSender<RefusedAct>>);

impl Refusals {
    /// The two ends.
    pub fn channel() -> (Self, UnboundedReceiver<RefusedAct>) {
        let (sender, receiver) = unbounded_channel();
        (Self(Some(sender)), receiver)
    }

    fn tell(&self, refusal: RefusedAct) {
        if let Some(sender) = &self.0 {
            // Nobody listens once the workspace is closed.
            let _ = sender.send(refusal);
        }
    }
}

/// It makes no other person of an actor.
impl PartialEq for Refusals {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Refusals {}

/// A person whose session was checked. Only `SessionService` creates one, so no service runs without a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    account: Account,
    role: Role,
    name: String,
    email: String,
    organization_name: Option<String>,
    device: Option<Device>,
    session_id: Option<String>,
    reason: Option<String>,
    operation: Option<String>,
    refusals: Refusals,
}

impl Actor {
    /// For `sessions` alone, after it checked a session.
    pub(crate) fn found_good(account: Account, role: Role, name: String, email: String) -> Self {
        Self {
            account,
            role,
            name,
            email,
            organization_name: None,
            device: None,
            session_id: None,
            reason: None,
            operation: None,
            refusals: Refusals::default(),
        }
    }

    /// For `sessions` alone: the same person, on this computer.
    #[must_use]
    pub(crate) fn on_device(self, device: Option<Device>) -> Self {
        Self { device, ..self }
    }

    /// For `sessions` alone: the same person, whose refused acts are told there.
    #[must_use]
    pub(crate) fn telling(self, refusals: Refusals) -> Self {
        Self { refusals, ..self }
    }

    /// For `sessions` alone: the same person, of the organization with this name.
    #[must_use]
    pub(crate) fn of_organization(self, name: String) -> Self {
        Self { organization_name: Some(name), ..self }
    }

    /// The name of the one organization that this session is allowed to see; `None` if all.
    pub fn organization_name(&self) -> Option<&str> {
        self.organization_name.as_deref()
    }

    /// For `sessions` alone: the same person, in this session.
    #[must_use]
    pub(crate) fn in_session(self, session_id: Option<String>) -> Self {
        Self { session_id, ..self }
    }

    /// The id of the session; `None` for a token of the service.
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The computer that the person uses.
    pub fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// The same person, for one act with a reason.
    #[must_use]
    pub(crate) fn because(&self, reason: String) -> Self {
        Self { reason: Some(reason), ..self.clone() }
    }

    /// The same person, for one act whose entries in the record have this operation id, so that it can be found again.
    #[must_use]
    pub fn in_operation(&self, operation: String) -> Self {
        Self { operation: Some(operation), ..self.clone() }
    }

    /// The operation id of the act, if it has one already.
    pub(crate) fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// Why the act is done, where there is more to it than the person's wish.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The owner of the session.
    pub fn account(&self) -> Account {
        self.account
    }

    /// The role.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The person's name; the organization's name for the service's own admin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The email address of the sign-in.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The one organization that this session is allowed to see; `None` if all.
    pub fn organization_scope(&self) -> Option<OrganizationId> {
        self.account.organization()
    }

    /// The reach of an action in this session.
    pub fn reach(&self, act: Act) -> Reach {
        self.role.reach(act)
    }

    /// Whether this session allows `act` on its own organization, or everywhere.
    pub fn may(&self, act: Act) -> bool {
        self.reach(act) >= Own
    }

    /// The actions that this session allows on anything.
    pub fn acts(&self) -> impl Iterator<Item = Act> {
        self.role.acts()
    }

    /// # Errors
    /// `Forbidden` if the role does not allow this in the whole workspace.
    pub(crate) fn require(&self, act: Act) -> Result<(), AppError> {
        if self.reach(act) == All { Ok(()) } else { Err(self.refused(act, None, AppError::Forbidden)) }
    }

    /// # Errors
    /// `Forbidden` if the role does not allow this at all: not even on the session's own organization.
    pub fn require_some(&self, act: Act) -> Result<(), AppError> {
        if self.may(act) { Ok(()) } else { Err(self.refused(act, None, AppError::Forbidden)) }
    }

    /// # Errors
    /// `NotFound` for an organization that this session is not allowed to see; `Forbidden` if it can see it but not do
    /// this.
    pub(crate) fn require_on(&self, act: Act, id: OrganizationId) -> Result<(), AppError> {
        let needed = match self.organization_scope() {
            None => All,
            Some(scope) if scope == id => Own,
            Some(_) => {
                return Err(self.refused(act, Some(id), AppError::NotFound { what: "organization" }));
            }
        };
        if self.reach(act) >= needed { Ok(()) } else { Err(self.refused(act, Some(id), AppError::Forbidden)) }
    }

    /// The refusal, after it was told for the record.
    fn refused(&self, act: Act, on: Option<OrganizationId>, refusal: AppError) -> AppError {
        let actor = Self { refusals: Refusals::default(), ..self.clone() };
        self.refusals.tell(RefusedAct { actor, act, on });
        refusal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_account_are_read_as_they_were_written() {
        let (operator, organization, person) = (OperatorId::new(), OrganizationId::new(), PersonId::new());
        for account in [
            Account::Operator(operator),
            Account::Organization(organization),
            Account::Person(person, organization),
        ] {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        for text in ["", "operator", "operator:", "person:1:2", &format!("person:{person}"), "owner:1"] {
            assert_eq!(text.parse::<Account>(), Err(()), "{text}");
        }
    }
}
