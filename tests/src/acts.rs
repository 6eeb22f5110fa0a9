//! The acts that change a workspace, in a form that can be handed to another process.

use std::fs::File;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tenantry_console::files::{PendingFile, Target, file_name, free_path};
use tenantry_core::bundle::{BundleReader, PendingBundle};
use tenantry_core::doctor::{Depth, FindingQuery, MendChoices, MendKind, MendRequest};
use tenantry_core::error::AppError;
use tenantry_core::import::{RowResult, read};
use tenantry_core::jobs::{Cancellation, Quiet};
use tenantry_core::organizations::UpdateRequest;
use tenantry_core::people::{AddOperator, AddPerson};
use tenantry_core::records::{
    MemberRole, NewOrganization, OperatorRole, OrganizationFilter, OrganizationQuery, PageStart,
    SortDirection, SortField, StatusFilter, WorkspaceSettings,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, OperatorId, OrganizationId, PersonId};
use time::OffsetDateTime;

use crate::bundles::{origin, ownerless, request};
use crate::console::{Console, PASSWORD, create_request, update_request};
use crate::suite::{email, hash, name};

/// An act, with ids in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Act {
    /// Opens the workspace: prepares it and settles what a crash left.
    Open,
    Create {
        name: String,
    },
    /// A create whose password was hashed before: nothing but the store takes time.
    CreateHashed {
        id: String,
        name: String,
    },
    Rename {
        id: String,
        to: String,
    },
    /// Another address and display name.
    Change {
        id: String,
        email: String,
    },
    /// Another name and address in one.
    RenameAndChange {
        id: String,
        to: String,
        email: String,
    },
    Deactivate {
        id: String,
    },
    Reactivate {
        id: String,
    },
    Trash {
        id: String,
    },
    Restore {
        id: String,
        to: Option<String>,
    },
    DeleteForever {
        id: String,
        name: String,
    },
    LoadSamples,
    /// Restores a bundle under a name.
    Receive {
        bundle: PathBuf,
        to: String,
    },
    /// Imports a list of these organizations; those that are there already are passed over.
    Import {
        names: Vec<String>,
    },
    /// Copies or moves an organization to the other workspace of a [`Pair`](crate::pair::Pair).
    Move {
        id: String,
        to: String,
        leaves: bool,
    },
    /// Finishes what moves of a [`Pair`](crate::pair::Pair) have left, or takes it back.
    EndMoves {
        takes_back: bool,
    },
    /// Lets the doctor look, and mends what it says about an organization or a collection.
    Mend {
        mend: MendKind,
        about: String,
        /// The organization that gets a collection, in hex.
        organization: Option<String>,
    },
    /// Puts a collection that nobody owns into a file in this folder, and drops it.
    SetAside {
        collection: String,
        folder: PathBuf,
    },
    AddPerson {
        organization: String,
        email: String,
    },
    ChangePersonRole {
        person: String,
        organization: String,
    },
    DeactivatePerson {
        person: String,
        organization: String,
    },
    RemovePerson {
        person: String,
        organization: String,
    },
    AddOperator {
        email: String,
    },
    ChangeOperatorRole {
        operator: String,
    },
    DeactivateOperator {
        operator: String,
    },
    RemoveOperator {
        operator: String,
    },
    ChangeSettings {
        minutes: u32,
    },
    /// Looks at the list, which settles what this run left.
    List,
}

impl Act {
    /// The organization that it is about, in hex.
    pub fn organization(&self) -> Option<&str> {
        match self {
            Self::CreateHashed { id, .. }
            | Self::Rename { id, .. }
            | Self::Change { id, .. }
            | Self::RenameAndChange { id, .. }
            | Self::Deactivate { id }
            | Self::Reactivate { id }
            | Self::Trash { id }
            | Self::Restore { id, .. }
            | Self::DeleteForever { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// Those of its service.
    ///
    /// # Panics
    /// When an id is none.
    pub async fn carry_out(&self, console: &Console, operator: &Actor) -> Result<(), AppError> {
        let organizations = &console.organizations;
        match self {
            Self::Open => console.access.prepare().await.map(drop),
            Self::Create { name } => organizations.create(operator, create_request(name)).await.map(drop),
            Self::CreateHashed { id, name } => {
                let new = new_organization(organization(id), name);
                organizations.create_hashed(operator, &new).await.map(drop)
            }
            Self::Rename { id, to } => organizations.rename(operator, organization(id), to).await.map(drop),
            Self::Change { id, email } => {
                let display_name = Some(format!("of {email}"));
                let request = UpdateRequest {
                    email: Some(email.clone()),
                    display_name,
                    ..update_request(organization(id))
                };
                organizations.update(operator, request).await.map(drop)
            }
            Self::RenameAndChange { id, to, email } => {
                let (name, email) = (Some(to.clone()), Some(email.clone()));
                let request = UpdateRequest { name, email, ..update_request(organization(id)) };
                organizations.update(operator, request).await.map(drop)
            }
            Self::Deactivate { id } => organizations.deactivate(operator, organization(id)).await.map(drop),
            Self::Reactivate { id } => organizations.reactivate(operator, organization(id)).await.map(drop),
            Self::Trash { id } => organizations.trash(operator, organization(id), None).await.map(drop),
            Self::Restore { id, to } => {
                organizations.restore(operator, organization(id), to.as_deref()).await.map(drop)
            }
            Self::DeleteForever { id, name } => {
                organizations.delete_forever(operator, organization(id), name).await
            }
            Self::LoadSamples => {
                let loaded =
                    console.samples.load(operator, &console.hasher, &Quiet, &Cancellation::default()).await;
                loaded.map(drop)
            }
            Self::Receive { bundle, to } => {
                let file = File::open(bundle).expect("the bundle is there");
                let bundle = BundleReader::open(Box::new(file))?;
                let (bundles, cancellation) = (&console.bundles, Cancellation::default());
                bundles.receive(operator, &bundle, request(to), &Quiet, &cancellation).await.map(drop)
            }
            Self::Import { names } => import(console, operator, names).await,
            Self::Mend { mend, about, organization } => {
                let choices = MendChoices { organization: organization.clone(), ..MendChoices::default() };
                mend_it(console, operator, *mend, about, choices).await
            }
            Self::SetAside { collection, folder } => set_aside(console, operator, collection, folder).await,
            Self::Move { .. } | Self::EndMoves { .. } => panic!("a pair of workspaces carries out {self:?}"),
            Self::AddPerson { organization: id, email } => {
                let organization_id = organization(id);
                let (name, role) = ("Dana Özgür".to_owned(), MemberRole::Viewer);
                let request = AddPerson { organization_id, name, email: email.clone(), role };
                console.people.add(operator, request).await.map(drop)
            }
            Self::ChangePersonRole { person: id, organization: of } => {
                let (id, of) = (person(id), organization(of));
                console.people.change_role(operator, id, of, MemberRole::OrganizationAdmin).await.map(drop)
            }
            Self::DeactivatePerson { person: id, organization: of } => {
                console.people.deactivate(operator, person(id), Some(organization(of))).await.map(drop)
            }
            Self::RemovePerson { person: id, organization: of } => {
                console.people.remove(operator, person(id), Some(organization(of))).await
            }
            Self::AddOperator { email } => {
                let (name, role) = ("Otto Operator".to_owned(), OperatorRole::Operator);
                let request = AddOperator { name, email: email.clone(), role };
                console.operators.add(operator, request).await.map(drop)
            }
            Self::ChangeOperatorRole { operator: id } => {
                let role = OperatorRole::ReadOnlyOperator;
                console.operators.change_role(operator, operator_id(id), role).await.map(drop)
            }
            Self::DeactivateOperator { operator: id } => {
                console.operators.deactivate(operator, operator_id(id)).await.map(drop)
            }
            Self::RemoveOperator { operator: id } => {
                console.operators.remove(operator, operator_id(id)).await
            }
            Self::ChangeSettings { minutes } => {
                console.settings.follow_lately().await;
                let seen = console.settings.current();
                let next = WorkspaceSettings { session_minutes: *minutes, ..seen.clone() };
                console.settings.change(operator, &seen, next).await.map(drop)
            }
            Self::List => {
                let filter =
                    OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
                let query = OrganizationQuery {
                    filter,
                    sort: SortField::Name,
                    direction: SortDirection::Ascending,
                    backwards: false,
                    start: PageStart::Beginning,
                    limit: 10,
                };
                organizations.page(operator, query).await.map(drop)
            }
        }
    }
}

async fn mend_it(
    console: &Console,
    operator: &Actor,
    mend: MendKind,
    about: &str,
    choices: MendChoices,
) -> Result<(), AppError> {
    let cancellation = Cancellation::default();
    console.doctor.run(operator, Depth::Quick, &Quiet, &cancellation).await?;
    let every = FindingQuery { limit: 500, ..FindingQuery::default() };
    let found = console.doctor.page(operator, &every)?.findings.into_iter().find(|finding| {
        let is_about = finding.organizations.iter().any(|one| one.id == about)
            || finding.collections.iter().any(|collection| collection == about);
        is_about && finding.kind.mends().contains(&mend)
    });
    let finding = found.ok_or(AppError::NotFound { what: "finding" })?;
    let request = MendRequest { finding: finding.id.clone(), mend, choices };
    console.mends.mend(operator, &finding, &request, &cancellation).await.map(drop)
}

async fn set_aside(
    console: &Console,
    operator: &Actor,
    collection: &str,
    folder: &Path,
) -> Result<(), AppError> {
    let path = free_path(folder, &file_name(collection), "tenant");
    let file = PendingFile::start(Target { path, may_replace: false }).map_err(AppError::FileNotWritten)?;
    let to: (Box<dyn PendingBundle>, _) = (Box::new(file), &origin());
    let finding = ownerless(&CollectionName::from_stored(collection.to_owned()));
    console.mends.set_aside(operator, &finding, to, &Quiet, &Cancellation::default()).await.map(drop)
}

/// Reads a list, looks what is there, and carries it out as the window does.
async fn import(console: &Console, operator: &Actor, names: &[String]) -> Result<(), AppError> {
    let row = |name: &String| format!("{name},admin@{name}.example.com,{PASSWORD}\n");
    let list = String::from("name,email,password\n") + &names.iter().map(row).collect::<String>();
    let mut draft = read("list.csv", list.into_bytes()).expect("a list");
    let found = console.imports.look(operator, draft.wanted(true)).await?;
    draft.learn(found);
    let failed = Mutex::new(None);
    let done = |_: usize, result: RowResult| {
        if let RowResult::Failed(error) | RowResult::NotDeactivated(error) = result {
            failed.lock().get_or_insert(error);
        }
    };
    let (work, cancellation) = ((draft.file(), draft.work()), Cancellation::default());
    let organizations = &console.organizations;
    console.imports.run(organizations, operator, work, &done, (&Quiet, &cancellation)).await?;
    failed.into_inner().map_or(Ok(()), Err)
}

/// The organization of [`Act::CreateHashed`].
fn new_organization(id: OrganizationId, text: &str) -> NewOrganization {
    NewOrganization {
        id,
        name: name(text),
        display_name: None,
        admin_email: email(&format!("admin@{text}.example.com")),
        admin_password: hash("a"),
        created_at: OffsetDateTime::now_utc(),
    }
}

pub(crate) fn organization(id: &str) -> OrganizationId {
    id.parse().expect("an organization's id")
}

fn person(id: &str) -> PersonId {
    id.parse().expect("a person's id")
}

fn operator_id(id: &str) -> OperatorId {
    id.parse().expect("an operator's id")
}
