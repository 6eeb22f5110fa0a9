//! People of organizations, and what operators and people have in common.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::export::{ExportPeople, PeopleColumn};
use tenantry_core::people::{AddPerson, PersonDetails, RoleChange};
use tenantry_core::records::{
    self as core, MemberRole, Membership, OrganizationRef, PeopleCounts, PeopleCursor, PeopleFilter,
    PeopleSort, PeopleStatus, PersonRow, SortDirection,
};
use tenantry_core::rights::Role;
use tenantry_core::values::{OneTimePassword, OrganizationId, PersonId};

use super::exports::{ExportReport, FileInput, report};
use super::jobs::{ChannelProgress, JobProgress, unless_cancelled};
use super::organizations::PageStart;
use super::{moment, organization_id};

/// Somebody who signs in: an operator, or a person of organizations.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SomebodyView {
    pub id: String,
    pub name: String,
    /// The address that they sign in with.
    pub email: String,
    /// The role; `null` for a person with different ones in the organizations that are told.
    pub role: Option<Role>,
    pub status: PeopleStatus,
    /// Until when the one-time password can be used, if they have one.
    pub one_time_until: Option<String>,
    /// The memberships: in one organization, or the first few of all. Operators have none.
    pub memberships: Vec<MembershipView>,
    /// The number of all memberships.
    pub memberships_in_all: u32,
    pub created_at: String,
    /// When they last signed in; `null` if never.
    pub last_sign_in_at: Option<String>,
    /// Whether they are an owner who has a recovery code.
    pub has_recovery_code: bool,
    /// Whether they are the only active owner, who stays one.
    pub is_last_owner: bool,
}

/// What a person is in one organization.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MembershipView {
    pub organization_id: String,
    /// Its display name, or its name; `null` if it is in the trash.
    pub organization_name: Option<String>,
    pub role: Role,
    /// Whether the person can sign in there.
    pub is_active: bool,
    /// Whether the organization's people can sign in.
    pub organization_is_active: bool,
    pub since: String,
}

/// A page of somebodies.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SomebodyPage {
    /// The rows, in the order of the walk.
    pub rows: Vec<SomebodyView>,
    /// The place of the first row; `null` if the page starts at the beginning.
    pub previous_cursor: Option<String>,
    /// Where the next page starts; `null` after the last page.
    pub next_cursor: Option<String>,
}

/// A request for a page of operators or people.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SomebodyQuery {
    /// Searched in name and address.
    pub search: String,
    /// By status; `null` finds all.
    pub status: Option<PeopleStatus>,
    pub sort: PeopleSort,
    pub direction: SortDirection,
    /// Whether the same list is walked from its end to its beginning.
    pub backwards: bool,
    pub start: PageStart,
    /// How many rows at most.
    pub limit: u32,
}

/// Somebody who was added.
#[derive(Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AddedSomebody {
    pub somebody: SomebodyView,
    /// The password for the first sign-in, which cannot be shown again; `null` for somebody with an account already.
    pub one_time_password: Option<String>,
}

/// A person to add to an organization.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AddPersonInput {
    pub organization_id: String,
    pub name: String,
    pub email: String,
    pub role: MemberRole,
}

/// The choices for an export of people.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportPeopleInput {
    /// The people of one organization; `null` for those of all.
    pub organization_id: Option<String>,
    /// Those that a list with this search and status shows; all of them if empty.
    pub search: String,
    pub status: Option<PeopleStatus>,
    /// Only these; `null` for all of them.
    pub ids: Option<Vec<String>>,
    pub sort: PeopleSort,
    pub direction: SortDirection,
    pub columns: Vec<PeopleColumn>,
    /// The file.
    pub file: FileInput,
}

/// A page of people: of one organization, or of all. With a `job` it can be cancelled.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`, `cancelled`.
#[tauri::command]
#[specta::specta]
pub async fn list_people(
    console: State<'_, Console>,
    workspace: String,
    query: SomebodyQuery,
    organization_id: Option<String>,
    job: Option<String>,
) -> Result<SomebodyPage, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        let start = start(query.start, person_id)?;
        let filter = filter(query.search, query.status, organization_id.as_deref())?;
        let query = core::PeopleQuery {
            filter,
            sort: query.sort,
            direction: query.direction,
            backwards: query.backwards,
            start,
            limit: query.limit,
        };
        let page = workspace.people().page(&actor, query).await?;
        let organizations = by_id(&page.organizations);
        Ok(SomebodyPage {
            previous_cursor: page.previous.as_ref().map(|cursor| written(&cursor.value, &cursor.id.to_hex())),
            next_cursor: page.next.as_ref().map(|cursor| written(&cursor.value, &cursor.id.to_hex())),
            rows: page.people.iter().map(|row| person(row, &row.memberships, &organizations)).collect(),
        })
    })
    .await
}

/// How many people a search finds, by status. With a `job` it can be cancelled.
///
/// # Errors
/// As [`list_people`].
#[tauri::command]
#[specta::specta]
pub async fn count_people(
    console: State<'_, Console>,
    workspace: String,
    search: String,
    organization_id: Option<String>,
    job: Option<String>,
) -> Result<PeopleCounts, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        let filter = filter(search, None, organization_id.as_deref())?;
        Ok(workspace.people().count(&actor, filter).await?)
    })
    .await
}

/// One person, with all memberships that the session may see.
///
/// # Errors
/// `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn get_person(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<SomebodyView, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let PersonDetails { person: row, memberships, organizations } =
        workspace.people().get(&actor, person_id(&id)?).await?;
    Ok(person(&row, &memberships, &by_id(&organizations)))
}

/// Adds a person to an organization. A new address gets a one-time password.
///
/// # Errors
/// `invalid_input`, `conflict`, `forbidden`, `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn add_person(
    console: State<'_, Console>,
    workspace: String,
    input: AddPersonInput,
) -> Result<AddedSomebody, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let request = AddPerson {
        organization_id: organization_id(&input.organization_id)?,
        name: input.name,
        email: input.email,
        role: input.role,
    };
    let added = workspace.people().add(&actor, request).await?;
    Ok(AddedSomebody {
        somebody: person(&added.person, &added.person.memberships, &BTreeMap::new()),
        one_time_password: added.one_time.as_ref().map(shown_once),
    })
}

/// Gives a person another role in an organization in place of the one that was shown, which ends their sessions.
///
/// # Errors
/// `forbidden`, `not_found`, `changed_elsewhere`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_person_role(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    organization_id: String,
    seen: MemberRole,
    role: MemberRole,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let organization = super::organization_id(&organization_id)?;
    let role = RoleChange { seen: Some(seen), to: role };
    workspace.people().change_role(&actor, person_id(&id)?, organization, role).await?;
    Ok(())
}

/// Keeps a person from signing in to an organization, or to all of them.
///
/// # Errors
/// As [`change_person_role`].
#[tauri::command]
#[specta::specta]
pub async fn deactivate_person(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    organization_id: Option<String>,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.people().deactivate(&actor, person_id(&id)?, organization(organization_id.as_deref())?).await?;
    Ok(())
}

/// Lets a deactivated person sign in again.
///
/// # Errors
/// As [`change_person_role`].
#[tauri::command]
#[specta::specta]
pub async fn reactivate_person(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    organization_id: Option<String>,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.people().reactivate(&actor, person_id(&id)?, organization(organization_id.as_deref())?).await?;
    Ok(())
}

/// Removes a person from an organization, or from all of them.
///
/// # Errors
/// As [`change_person_role`].
#[tauri::command]
#[specta::specta]
pub async fn remove_person(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    organization_id: Option<String>,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.people().remove(&actor, person_id(&id)?, organization(organization_id.as_deref())?).await?;
    Ok(())
}

/// Sets a one-time password for a person; the answer is the only time that it is told.
///
/// # Errors
/// As [`change_person_role`].
#[tauri::command]
#[specta::specta]
pub async fn set_person_password(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<String, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    Ok(shown_once(&workspace.people().set_one_time_password(&actor, person_id(&id)?).await?))
}

/// Writes a list of people to the chosen place.
///
/// # Errors
/// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_people(
    console: State<'_, Console>,
    workspace: String,
    input: ExportPeopleInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = std::time::Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let request = ExportPeople {
        filter: filter(input.search, input.status, input.organization_id.as_deref())?,
        only: input.ids.map(|ids| ids.into_iter().collect()),
        sort: input.sort,
        direction: input.direction,
        columns: input.columns,
        format: input.file.format(),
    };
    let job = console.jobs.begin_in(&workspace, &input.file.job);
    let progress = ChannelProgress::new(progress);
    let write = |output| {
        open.exports().run_people(&actor, open.people(), request, output, &progress, job.cancellation())
    };
    Ok(report(console.write_export(&input.file.target, write).await?, started))
}

/// A one-time password for the window: the one answer that has it.
pub(super) fn shown_once(password: &OneTimePassword) -> String {
    password.secret().expose_secret().to_owned()
}

/// Writes a place in a list: the id's 24 hex digits and the sort value.
pub(super) fn written(value: &str, id: &str) -> String {
    format!("{id}{value}")
}

/// Where a page starts.
pub(super) fn start<Id>(
    start: PageStart,
    id: fn(&str) -> Result<Id, ConsoleError>,
) -> Result<core::PageStart<PeopleCursor<Id>>, ConsoleError> {
    Ok(match start {
        PageStart::Beginning => core::PageStart::Beginning,
        PageStart::After { cursor } => {
            let no_cursor = || ConsoleError::not_found("page");
            let (digits, value) = cursor.split_at_checked(24).ok_or_else(no_cursor)?;
            core::PageStart::After(PeopleCursor { value: value.to_owned(), id: id(digits)? })
        }
        PageStart::Row { number, of } => core::PageStart::Row { number: number.into(), of: of.into() },
    })
}

fn filter(
    search: String,
    status: Option<PeopleStatus>,
    organization_id: Option<&str>,
) -> Result<PeopleFilter, ConsoleError> {
    Ok(PeopleFilter { search, status, role: None, organization: organization(organization_id)? })
}

fn organization(id: Option<&str>) -> Result<Option<OrganizationId>, ConsoleError> {
    id.map(organization_id).transpose()
}

fn person_id(text: &str) -> Result<PersonId, ConsoleError> {
    text.parse().map_err(|()| ConsoleError::not_found("person"))
}

/// The name of an organization that people use.
pub(super) fn organization_word(organization: &OrganizationRef) -> String {
    match &organization.display_name {
        Some(name) => name.as_str().to_owned(),
        None => organization.name.to_string(),
    }
}

fn by_id(organizations: &[OrganizationRef]) -> BTreeMap<OrganizationId, &OrganizationRef> {
    organizations.iter().map(|organization| (organization.id, organization)).collect()
}

fn person(
    row: &PersonRow,
    memberships: &[Membership],
    organizations: &BTreeMap<OrganizationId, &OrganizationRef>,
) -> SomebodyView {
    let mut roles = memberships.iter().map(|membership| Role::from(membership.role));
    let first = roles.next();
    SomebodyView {
        id: row.id.to_hex(),
        name: row.name.as_str().to_owned(),
        email: row.email.to_string(),
        role: first.filter(|first| roles.all(|role| role == *first)),
        status: row.status,
        one_time_until: row.one_time.map(|one_time| moment(one_time.until)),
        memberships: memberships.iter().map(|membership| member(membership, organizations)).collect(),
        memberships_in_all: row.memberships_in_all,
        created_at: moment(row.created_at),
        last_sign_in_at: row.last_sign_in_at.map(moment),
        has_recovery_code: false,
        is_last_owner: false,
    }
}

fn member(
    membership: &Membership,
    organizations: &BTreeMap<OrganizationId, &OrganizationRef>,
) -> MembershipView {
    let organization = organizations.get(&membership.organization_id);
    MembershipView {
        organization_id: membership.organization_id.to_hex(),
        organization_name: organization.map(|organization| organization_word(organization)),
        role: membership.role.into(),
        is_active: membership.is_active,
        organization_is_active: organization.is_some_and(|organization| organization.is_active),
        since: moment(membership.since),
    }
}
