//! Organizations.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tauri::State;
use tenantry_core::organizations as acts;
use tenantry_core::record::random_operation;
use tenantry_core::records::{
    self as core, OrganizationFilter, OrganizationStatus, SortDirection, SortField, SortPlace, Unshowable,
};
use tenantry_core::rights::Actor;
use tenantry_core::values::{CollectionName, PasswordRules};
use tenantry_core::{AppError, FieldIssue};

use super::jobs::unless_cancelled;
use super::{moment, organization_id};
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_console::workspace::OpenWorkspace;
use tenantry_core::numbers::Count;

/// An organization.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationView {
    pub id: String,
    pub name: String,
    /// Shown instead of its name.
    pub display_name: Option<String>,
    pub status: OrganizationStatus,
    /// The address its admin signs in with.
    pub admin_email: String,
    /// The collection of its documents.
    pub collection_name: String,
    /// When it was created; `null` if unknown. A year beyond four digits has a sign and at least six digits.
    pub created_at: Option<String>,
    /// When it was last changed, likewise.
    pub updated_at: Option<String>,
    /// When it was moved to the trash, likewise; `null` also if it is not there.
    pub trashed_at: Option<String>,
    /// The person who moved it.
    pub trashed_by: Option<String>,
    /// Until when it is kept in the trash at least; `null` if it is not there, and without such a day.
    pub kept_until: Option<String>,
    /// Whether its collection was shared when it was moved there, and stayed with the other organizations.
    pub left_shared: bool,
}

/// An organization, with what a list does not have.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationDetails {
    /// The organization as in a list.
    #[serde(flatten)]
    pub organization: OrganizationView,
    /// The name of the algorithm of its admin's stored hash, if that cannot be verified here; `null` if it can.
    pub unverifiable_hash: Option<String>,
    /// Tells whether its admin's password is still this one, for a change of it; `null` in the trash.
    pub password_mark: Option<String>,
    /// Where a move has taken it, if that is why it is in the trash.
    pub moved_to: Option<MovedToView>,
}

/// Where a move has taken an organization.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MovedToView {
    /// The name of the other workspace, as people knew it then.
    pub workspace: String,
    /// The name that the organization got there.
    pub name: String,
    /// When it went.
    pub at: String,
}

/// An organization after an act on it.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActedOn {
    /// The organization.
    #[serde(flatten)]
    pub organization: OrganizationView,
    /// The act's id in the record, by which it is undone.
    pub act: String,
}

/// A request for a page.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationQuery {
    /// Which organizations.
    pub filter: OrganizationFilter,
    /// The field they are sorted by.
    pub sort: SortField,
    /// The sort direction.
    pub direction: SortDirection,
    /// Whether the same list is walked from its end to its beginning.
    pub backwards: bool,
    /// Where the page starts.
    pub start: PageStart,
    /// How many rows at most; the program answers no more than 500.
    pub limit: u32,
    /// Whether only those are listed that had an open finding in the doctor's last result.
    #[serde(default)]
    pub with_findings: bool,
}

/// Where a page starts.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PageStart {
    /// At the beginning of the walk.
    Beginning,
    /// After the row of `nextCursor` or `previousCursor`.
    After { cursor: String },
    /// At the row with a number, counted from 0 in the list's order, in a list of about `of` rows. Beyond the end, the
    /// page holds the last rows.
    Row { number: u32, of: u32 },
}

/// A page.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationPage {
    /// The rows, in the order of the walk.
    pub organizations: Vec<OrganizationView>,
    /// The place of the first row, after which a walk in the other direction goes on; `null` if the page starts at the
    /// beginning.
    pub previous_cursor: Option<String>,
    /// Where the next page starts; `null` after the last page.
    pub next_cursor: Option<String>,
}

/// The number of matching organizations by status.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationCounts {
    /// Active and deactivated.
    pub all: Count,
    /// Active; `null` if counting takes too long.
    pub active: Option<Count>,
    /// Deactivated; `null` if counting takes too long.
    pub deactivated: Option<Count>,
    /// In the trash.
    pub trashed: Count,
    /// Whether they were counted, not estimated.
    pub exact: bool,
    /// Documents that are in none of these numbers; `null` if counting takes too long.
    pub unshowable: Option<Unshowable>,
}

/// Whether a name is available.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct NameCheck {
    /// Whether it keeps the rules and is free.
    pub valid: bool,
    /// Whether it is free; `null` if it breaks a rule and was not looked up.
    pub available: Option<bool>,
    /// The name as it would be stored.
    pub name: String,
    /// The collection it would have.
    pub collection_name: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<FieldIssue>,
}

/// Whether a field's value is valid.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldCheck {
    /// Whether it is valid.
    pub valid: bool,
    /// What is wrong with it.
    pub problems: Vec<FieldIssue>,
}

/// The fields of a new organization.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CreateInput {
    pub name: String,
    pub display_name: Option<String>,
    /// The admin's address.
    pub email: String,
    /// The admin's password.
    pub password: String,
}

/// The changes of an organization; `null` keeps a field.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UpdateInput {
    /// The organization to change.
    pub id: String,
    /// The new name.
    pub name: Option<String>,
    /// The new display name; empty for none.
    pub display_name: Option<String>,
    /// The new admin email.
    pub email: Option<String>,
    /// The new admin password.
    pub password: Option<String>,
    /// What was shown when the person began: nothing else is overwritten. `null` overwrites whatever is there.
    pub seen: Option<SeenInput>,
}

/// What was shown of an organization before it is changed; `null` for a field that was not shown.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct SeenInput {
    /// The name.
    pub name: Option<String>,
    /// The display name; empty for none.
    pub display_name: Option<String>,
    /// The admin email.
    pub email: Option<String>,
    /// The mark of the admin password.
    pub password_mark: Option<String>,
}

/// What a rename would move.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RenamePreview {
    /// The name.
    pub from: String,
    /// The new name, as it would be stored.
    pub to: String,
    /// The collection.
    pub from_collection: String,
    /// The new collection.
    pub to_collection: String,
    /// Documents that stay in place.
    pub documents: Count,
    /// Indexes that stay.
    pub indexes: Count,
    /// Whether other organizations also use the collection, so that it stays and the renamed one starts with an empty
    /// one.
    pub shared: bool,
    /// Whether the new name is free.
    pub available: bool,
    /// The conflicts.
    pub problems: Vec<FieldIssue>,
}

/// What a removal would affect.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RemovalPreview {
    pub organization: OrganizationView,
    pub documents: Count,
    /// Their bytes; `null` if the store does not say.
    pub data_size: Option<Count>,
    /// Its collection's indexes.
    pub indexes: Count,
    /// Whether the collection exists.
    pub collection_exists: bool,
    /// Whether other organizations use the collection, or did, so that it stays where it is.
    pub shared: bool,
    /// Whether the name must be typed.
    pub confirmation_needed: bool,
    /// What else a deletion for good removes; `null` for a move to the trash.
    pub erasure: Option<ErasurePreview>,
}

/// What a deletion for good removes, and how.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ErasurePreview {
    /// When the newest document was made, by its `_id`: an estimate of the last write.
    pub last_write: Option<String>,
    /// People with a membership; `null` if the database user may not see them.
    pub people: Option<Count>,
    /// Live sessions, up to 100; likewise.
    pub sessions: Option<Count>,
    /// The commands that run, for a MongoDB shell.
    pub commands: Vec<String>,
}

/// The room of a deployment.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentRoom {
    /// What counts against the limit; `null` without a limit, and if it is not known.
    pub used: Option<Count>,
    /// How many there can be.
    pub limit: Option<u32>,
    /// The kind of that limit.
    pub limit_source: Option<core::CollectionLimit>,
    /// Whether more than nine tenths are used.
    pub nearly_full: bool,
    /// Bytes that a name can have.
    pub name_bytes: u32,
}

impl From<core::Organization> for OrganizationView {
    fn from(organization: core::Organization) -> Self {
        Self {
            id: organization.id.to_hex(),
            name: organization.name.to_string(),
            display_name: organization.display_name.as_ref().map(|name| name.as_str().to_owned()),
            status: organization.status(),
            admin_email: organization.admin_email.to_string(),
            collection_name: organization.collection().to_string(),
            created_at: organization.created_at.iso_8601(),
            updated_at: organization.updated_at.iso_8601(),
            left_shared: organization
                .trashed
                .as_ref()
                .is_some_and(|trashed| trashed.collection == core::TrashedCollection::Shared),
            kept_until: None,
            trashed_at: organization.trashed.as_ref().and_then(|trashed| trashed.at.iso_8601()),
            trashed_by: organization.trashed.map(|trashed| trashed.by),
        }
    }
}

impl OrganizationView {
    /// The view of an organization, with the day until which it is kept in the trash.
    pub(super) fn in_trash(organization: core::Organization, settings: &core::WorkspaceSettings) -> Self {
        let kept_until = organization.kept_until(settings).map(moment);
        Self { kept_until, ..Self::from(organization) }
    }
}

impl OrganizationPage {
    fn of(page: core::OrganizationPage, settings: &core::WorkspaceSettings) -> Self {
        let view = |organization| OrganizationView::in_trash(organization, settings);
        Self {
            organizations: page.organizations.into_iter().map(view).collect(),
            previous_cursor: page.previous.as_ref().map(written),
            next_cursor: page.next.as_ref().map(written),
        }
    }
}

impl From<core::OrganizationCounts> for OrganizationCounts {
    fn from(counts: core::OrganizationCounts) -> Self {
        Self {
            all: Count::from(counts.live),
            active: counts.active().map(Count::from),
            deactivated: counts.deactivated.map(Count::from),
            trashed: Count::from(counts.trashed),
            exact: counts.exact,
            unshowable: counts.unshowable,
        }
    }
}

impl From<SeenInput> for acts::Seen {
    fn from(seen: SeenInput) -> Self {
        let SeenInput { name, display_name, email, password_mark } = seen;
        Self { name, display_name, email, password_mark }
    }
}

impl From<acts::NameAvailability> for NameCheck {
    fn from(availability: acts::NameAvailability) -> Self {
        Self {
            valid: availability.taken_by.is_none(),
            available: Some(availability.taken_by.is_none()),
            name: availability.name.to_string(),
            collection_name: Some(availability.collection.to_string()),
            problems: availability.taken_by.map(FieldIssue::from).into_iter().collect(),
        }
    }
}

impl From<acts::RenamePreview> for RenamePreview {
    fn from(preview: acts::RenamePreview) -> Self {
        let statistics = preview.statistics.as_ref();
        Self {
            from: preview.organization.name.to_string(),
            to: preview.availability.name.to_string(),
            from_collection: CollectionName::for_organization(&preview.organization.name).to_string(),
            to_collection: preview.availability.collection.to_string(),
            documents: Count::from(statistics.map_or(0, |statistics| statistics.documents)),
            indexes: Count::from(statistics.map_or(0, |statistics| statistics.indexes.len())),
            shared: preview.shared,
            available: preview.availability.taken_by.is_none(),
            problems: preview.availability.taken_by.map(FieldIssue::from).into_iter().collect(),
        }
    }
}

impl From<acts::RemovalPreview> for RemovalPreview {
    fn from(preview: acts::RemovalPreview) -> Self {
        let statistics = preview.statistics.as_ref();
        Self {
            documents: Count::from(statistics.map_or(0, |statistics| statistics.documents)),
            data_size: statistics.and_then(|statistics| statistics.data_size).map(Count::from),
            indexes: Count::from(statistics.map_or(0, |statistics| statistics.indexes.len())),
            collection_exists: statistics.is_some(),
            shared: preview.shared,
            confirmation_needed: preview.confirmation_needed,
            erasure: preview.erasure.map(|erasure| ErasurePreview {
                last_write: erasure.last_write.map(moment),
                people: erasure.extent.people.map(Count::from),
                sessions: erasure.extent.sessions.map(Count::from),
                commands: erasure.commands,
            }),
            organization: OrganizationView::from(preview.organization),
        }
    }
}

/// Has an act done under an id of its own in the record.
async fn acting(
    actor: &Actor,
    act: impl AsyncFnOnce(&Actor) -> Result<core::Organization, AppError>,
) -> Result<ActedOn, ConsoleError> {
    let id = random_operation();
    let organization = OrganizationView::from(act(&actor.in_operation(id.clone())).await?);
    Ok(ActedOn { organization, act: id })
}

fn query(query: OrganizationQuery) -> Result<core::OrganizationQuery, ConsoleError> {
    let start = match query.start {
        PageStart::Beginning => core::PageStart::Beginning,
        PageStart::After { cursor } => core::PageStart::After(self::cursor(&cursor)?),
        PageStart::Row { number, of } => core::PageStart::Row { number: number.into(), of: of.into() },
    };
    Ok(core::OrganizationQuery {
        filter: query.filter,
        sort: query.sort,
        direction: query.direction,
        backwards: query.backwards,
        start,
        limit: query.limit,
    })
}

/// Writes a cursor: the id's 24 hex digits, a sign for the kind of place, and the sort value.
fn written(cursor: &core::Cursor) -> String {
    let (sign, value) = match &cursor.place {
        SortPlace::Below => ('<', ""),
        SortPlace::Value(value) => ('=', value.as_str()),
        SortPlace::Above => ('>', ""),
        SortPlace::Apart => ('*', ""),
    };
    format!("{}{sign}{value}", cursor.id.to_hex())
}

fn cursor(text: &str) -> Result<core::Cursor, ConsoleError> {
    let no_cursor = || ConsoleError::not_found("page");
    let (id, place) = text.split_at_checked(24).ok_or_else(no_cursor)?;
    let place = match (place.split_at_checked(1), place) {
        (Some(("=", value)), _) => SortPlace::Value(value.to_owned()),
        (_, "<") => SortPlace::Below,
        (_, ">") => SortPlace::Above,
        (_, "*") => SortPlace::Apart,
        _ => return Err(no_cursor()),
    };
    Ok(core::Cursor { id: organization_id(id)?, place })
}

/// The filter of a list; `with_findings` leaves those that had an open finding in the doctor's last result.
pub(super) fn listed(
    workspace: &OpenWorkspace,
    actor: &Actor,
    filter: OrganizationFilter,
    with_findings: bool,
) -> Result<OrganizationFilter, ConsoleError> {
    let only = if with_findings { Some(workspace.doctor().with_findings(actor)?) } else { filter.only };
    Ok(OrganizationFilter { only, ..filter })
}

/// A page of the organizations that the session is allowed to see. A search that takes long has its first hit alone on
/// its first page. With a `job` it can be cancelled.
///
/// # Errors
/// Those of a session, `unavailable`, `cancelled`.
#[tauri::command]
#[specta::specta]
pub async fn list_organizations(
    console: State<'_, Console>,
    workspace: String,
    query: OrganizationQuery,
    job: Option<String>,
) -> Result<OrganizationPage, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        let with_findings = query.with_findings;
        let mut query = self::query(query)?;
        query.filter = listed(&workspace, &actor, query.filter, with_findings)?;
        let page = workspace.organizations().page(&actor, query).await?;
        Ok(OrganizationPage::of(page, &workspace.settings().current()))
    })
    .await
}

/// How many organizations match a search, by status. With a `job` it can be cancelled.
///
/// # Errors
/// Those of a session, `unavailable`, `cancelled`.
#[tauri::command]
#[specta::specta]
pub async fn count_organizations(
    console: State<'_, Console>,
    workspace: String,
    search: String,
    job: Option<String>,
) -> Result<OrganizationCounts, ConsoleError> {
    unless_cancelled(&console, &workspace, job, async {
        let (workspace, actor) = console.reader(&workspace).await?;
        Ok(OrganizationCounts::from(workspace.organizations().count(&actor, search).await?))
    })
    .await
}

/// The organization with this id or this name, in any letter case.
///
/// # Errors
/// `not_found`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn get_organization(
    console: State<'_, Console>,
    workspace: String,
    name_or_id: String,
) -> Result<OrganizationDetails, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let organizations = &workspace.organizations();
    let organization = organizations.get(&actor, &name_or_id).await?;
    let password = organizations.stored_password(&actor, organization.id).await?;
    let unverifiable = password.as_ref().and_then(|password| password.unverifiable);
    let moved_to = workspace.bundles().moved_to(&actor, &organization).await?;
    Ok(OrganizationDetails {
        organization: OrganizationView::in_trash(organization, &workspace.settings().current()),
        unverifiable_hash: unverifiable.map(|hash| hash.to_string()),
        password_mark: password.map(|password| password.mark),
        moved_to: moved_to.map(|moved| MovedToView {
            workspace: moved.workspace,
            name: moved.name,
            at: moment(moved.at),
        }),
    })
}

/// Whether a name keeps the rules and is free.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn check_organization_name(
    console: State<'_, Console>,
    workspace: String,
    name: String,
    for_id: Option<String>,
) -> Result<NameCheck, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let for_id = for_id.as_deref().map(organization_id).transpose()?;
    match workspace.organizations().availability(&actor, &name, for_id).await {
        Ok(availability) => Ok(NameCheck::from(availability)),
        Err(AppError::InvalidInput(issues)) => Ok(NameCheck {
            valid: false,
            available: None,
            name: name.trim().to_lowercase(),
            collection_name: None,
            problems: issues,
        }),
        Err(error) => Err(error.into()),
    }
}

/// Whether an address keeps the rules and is free.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn check_admin_email(
    console: State<'_, Console>,
    workspace: String,
    email: String,
    for_id: Option<String>,
) -> Result<FieldCheck, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let for_id = for_id.as_deref().map(organization_id).transpose()?;
    let problems = match workspace.organizations().require_usable_email(&actor, &email, for_id).await {
        Ok(()) => Vec::new(),
        Err(AppError::InvalidInput(issues)) => issues,
        Err(AppError::Conflict(on)) => vec![FieldIssue::from(on)],
        Err(error) => return Err(error.into()),
    };
    Ok(FieldCheck { valid: problems.is_empty(), problems })
}

/// The rules that a password keeps. Needs no workspace: the first operator's is checked before there is one.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn check_password(password: String) -> Result<PasswordRules, ConsoleError> {
    let rules = PasswordRules::of(&password);
    drop(SecretString::from(password));
    Ok(rules)
}

/// The room that the deployment has, as it was at most a minute ago; `null` if it is not known.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn deployment_room(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<DeploymentRoom>, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let room = workspace.organizations().room(&actor).await?;
    Ok(room.map(|room| DeploymentRoom {
        used: room.used().map(Count::from),
        limit: room.limit.map(core::CollectionLimit::number),
        limit_source: room.limit,
        nearly_full: room.is_nearly_full(),
        name_bytes: room.name_bytes,
    }))
}

/// Creates an organization with its admin and its collection.
///
/// # Errors
/// `invalid_input`, `conflict`, `forbidden`, `busy`, those of a session, `unavailable`, `denied_by_database`.
#[tauri::command]
#[specta::specta]
pub async fn create_organization(
    console: State<'_, Console>,
    workspace: String,
    input: CreateInput,
) -> Result<OrganizationView, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let request = acts::CreateRequest {
        name: input.name,
        display_name: input.display_name.unwrap_or_default(),
        email: input.email,
        password: SecretString::from(input.password),
    };
    Ok(OrganizationView::from(workspace.organizations().create(&actor, request).await?))
}

/// Changes an organization. A person who changes their own password stays signed in.
///
/// # Errors
/// As [`create_organization`], `not_found`, `changed_elsewhere`, and `partly_done`.
#[tauri::command]
#[specta::specta]
pub async fn update_organization(
    console: State<'_, Console>,
    workspace: String,
    input: UpdateInput,
) -> Result<ActedOn, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let request = acts::UpdateRequest {
        id: organization_id(&input.id)?,
        name: input.name,
        display_name: input.display_name,
        email: input.email,
        password: input.password.map(SecretString::from),
        seen: input.seen.map(acts::Seen::from).unwrap_or_default(),
    };
    acting(&actor, async |actor| workspace.update_organization(actor, request).await).await
}

/// What a rename would move.
///
/// # Errors
/// `invalid_input`, `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn preview_rename(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    name: String,
) -> Result<RenamePreview, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let id = organization_id(&id)?;
    Ok(RenamePreview::from(workspace.organizations().preview_rename(&actor, id, &name).await?))
}

/// Prevents an organization's people from signing in.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn deactivate_organization(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<ActedOn, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let id = organization_id(&id)?;
    acting(&actor, async |actor| workspace.organizations().deactivate(actor, id).await).await
}

/// Lets an organization's people sign in again.
///
/// # Errors
/// As [`deactivate_organization`].
#[tauri::command]
#[specta::specta]
pub async fn reactivate_organization(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<ActedOn, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let id = organization_id(&id)?;
    acting(&actor, async |actor| workspace.organizations().reactivate(actor, id).await).await
}

/// What a removal would affect: to the trash for a live organization, for good for one in the trash.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn preview_removal(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<RemovalPreview, ConsoleError> {
    let (workspace, actor) = console.reader(&workspace).await?;
    let id = organization_id(&id)?;
    Ok(RemovalPreview::from(workspace.organizations().preview_removal(&actor, id).await?))
}

/// Moves an organization to the trash.
///
/// # Errors
/// `confirmation_mismatch`, `not_found`, `forbidden`, `busy`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn delete_organization(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    confirmation: Option<String>,
) -> Result<ActedOn, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let id = organization_id(&id)?;
    let confirmation = confirmation.as_deref();
    acting(&actor, async |actor| workspace.organizations().trash(actor, id, confirmation).await).await
}

/// Restores an organization from the trash, under another name if the old one is taken.
///
/// # Errors
/// `conflict`, `invalid_input`, `not_found`, `forbidden`, `busy`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn restore_organization(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    name: Option<String>,
) -> Result<ActedOn, ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    let id = organization_id(&id)?;
    let name = name.as_deref();
    acting(&actor, async |actor| workspace.organizations().restore(actor, id, name).await).await
}

/// Deletes an organization in the trash with all its documents.
///
/// # Errors
/// `confirmation_mismatch`, `not_found`, `forbidden`, `busy`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn delete_organization_forever(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    confirmation: String,
) -> Result<(), ConsoleError> {
    let (workspace, actor) = console.writer(&workspace).await?;
    workspace.organizations().delete_forever(&actor, organization_id(&id)?, &confirmation).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let id = tenantry_core::values::OrganizationId::new();
        let value = |value: &str| SortPlace::Value(value.to_owned());
        for place in
            [value("ünï:code"), value(""), value("<"), SortPlace::Below, SortPlace::Above, SortPlace::Apart]
        {
            let cursor = core::Cursor { place, id };
            let page = core::OrganizationPage {
                organizations: Vec::new(),
                previous: Some(cursor.clone()),
                next: Some(cursor.clone()),
            };
            let page = OrganizationPage::of(page, &core::WorkspaceSettings::default());
            assert_eq!(self::cursor(&page.next_cursor.unwrap()).unwrap(), cursor);
            assert_eq!(self::cursor(&page.previous_cursor.unwrap()).unwrap(), cursor);
        }
    }

    #[test]
    fn a_cursor_that_is_none_is_refused() {
        let digits = "650000000000000000000101";
        for text in [
            "",
            "short",
            "zzzzzzzzzzzzzzzzzzzzzzzz=acme",
            "ünïünïünïünïünïünïüü",
            digits,
            &format!("{digits}acme"),
            &format!("{digits}<acme"),
            &format!("{digits}ü"),
        ] {
            assert!(cursor(text).is_err(), "{text:?} was taken for a place in a list");
        }
    }
}
