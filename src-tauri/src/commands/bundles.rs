//! Bundles: backing up, verifying, restoring, and organizations that are copied or moved to another workspace.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::console::{BackedUp, ChosenFolder, UnfinishedMove};
use tenantry_console::error::ConsoleError;
use tenantry_console::moving::{MoveEnd, MoveKind, MovePlan, MoveRequest, PeopleBrought, Standing};
use tenantry_core::bundle::masking::{Looks, MaskingChoices, MaskingPreview};
use tenantry_core::bundle::{
    AdminPassword, BundleReader, ChangedMeanwhile, ReceivePlan, ReceiveRequest, Received, TenantSource,
};
use tenantry_core::error::AppError;
use tenantry_core::numbers::Count;
use tenantry_core::records::Environment;
use tenantry_core::rights::Act;
use tenantry_core::values::FieldIssue;

use super::jobs::{ChannelProgress, JobProgress};
use super::organizations::OrganizationView;
use super::{moment, organization_id};

/// What is backed up, and where to.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BackUpInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The organizations.
    pub ids: Vec<String>,
    /// The token of the chosen folder.
    pub target: String,
}

/// What became of one organization.
#[derive(Debug, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BackUpResult {
    /// Its id.
    pub id: String,
    /// Its name, if it is written.
    pub name: Option<String>,
    /// The file, if it is written.
    pub path: Option<String>,
    /// The size of the file.
    pub bytes: Option<Count>,
    /// Documents in it.
    pub documents: Option<Count>,
    /// What others changed meanwhile.
    pub changed: Option<ChangedMeanwhile>,
    /// Why it is not written; `null` also if it was not begun.
    pub problem: Option<ConsoleError>,
}

/// What became of all of them.
#[derive(Debug, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BackUpReport {
    /// One result for each, in the order of the input.
    pub results: Vec<BackUpResult>,
    /// Whether it was cancelled before the last one.
    pub cancelled: bool,
    /// How long it took.
    pub milliseconds: Count,
}

/// A bundle that a person chose.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChosenBundle {
    /// Its token.
    pub source: String,
    /// Its path, to show.
    pub display_path: String,
    /// Its size.
    pub bytes: Count,
}

/// What a bundle says of itself.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct BundleFactsView {
    /// The name of the collection, if it belongs to no organization.
    pub collection: Option<String>,
    /// The organization's name. Without an organization, the one that goes with the collection's, if there is one.
    pub name: String,
    /// Its display name.
    pub display_name: Option<String>,
    /// Its admin's address.
    pub email: String,
    /// The workspace that it comes from.
    pub workspace: String,
    /// When it was written.
    pub written_at: String,
    /// Documents in it.
    pub documents: Count,
    /// Their bytes.
    pub bytes: Count,
    /// Indexes of the collection.
    pub indexes: u32,
}

impl From<&BundleReader> for BundleFactsView {
    fn from(bundle: &BundleReader) -> Self {
        let manifest = bundle.manifest();
        Self {
            collection: manifest.collection.clone(),
            name: bundle.tenant().name(),
            display_name: manifest.display_name.clone(),
            email: bundle.tenant().admin_email(),
            workspace: manifest.workspace.clone(),
            written_at: manifest.written_at.clone(),
            documents: Count::from(manifest.documents),
            bytes: Count::from(manifest.bytes),
            indexes: manifest.indexes,
        }
    }
}

/// A chosen bundle to read.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct VerifyInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The token of the chosen file.
    pub source: String,
}

/// A bundle that is whole.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct VerifiedView {
    /// The organization's name.
    pub name: String,
    /// Documents that were read.
    pub documents: Count,
    /// Their bytes.
    pub bytes: Count,
    /// How long it took.
    pub milliseconds: Count,
}

/// What would happen if an organization came in.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceivePlanView {
    /// Whether it keeps the id that it had.
    pub keeps_id: bool,
    /// The name that it gets.
    pub name: String,
    /// Its collection; `null` if the name is no name.
    pub collection: Option<String>,
    /// What is in the way.
    pub problems: Vec<FieldIssue>,
    /// Documents that come in, if they were counted.
    pub documents: Option<Count>,
    /// Their bytes, if known.
    pub bytes: Option<Count>,
    /// Indexes that are made.
    pub indexes: u32,
    /// Whether the collection has options of its own.
    pub has_options: bool,
    /// How many more collections and indexes the deployment takes; `null` if that is not known.
    pub room: Option<Count>,
}

impl From<ReceivePlan> for ReceivePlanView {
    fn from(plan: ReceivePlan) -> Self {
        Self {
            keeps_id: plan.keeps_id,
            name: plan.name,
            collection: plan.collection.map(|collection| collection.to_string()),
            problems: plan.problems,
            documents: plan.documents.map(Count::from),
            bytes: plan.bytes.map(Count::from),
            indexes: plan.indexes,
            has_options: plan.has_options,
            room: plan.room.map(Count::from),
        }
    }
}

/// How a bundle is restored.
#[derive(Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct RestoreBundleInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The token of the chosen file.
    pub source: String,
    /// The name that it gets.
    pub name: String,
    /// Its admin's address.
    pub email: String,
    /// Its admin's new password.
    pub password: String,
}

/// An organization that came in.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedView {
    /// The organization.
    pub organization: OrganizationView,
    /// Documents that were written and compared.
    pub documents: Count,
    /// Their bytes.
    pub bytes: Count,
    /// Indexes of the collection.
    pub indexes: u32,
    /// Indexes of the workspace's template that the collection lacks.
    pub lacks: u32,
    /// What others changed at the source meanwhile.
    pub changed: Option<ChangedMeanwhile>,
}

impl From<Received> for ReceivedView {
    fn from(received: Received) -> Self {
        Self {
            organization: received.organization.into(),
            documents: Count::from(received.documents),
            bytes: Count::from(received.bytes),
            indexes: received.indexes,
            lacks: received.lacks,
            changed: received.changed,
        }
    }
}

/// A copy or a move.
#[derive(Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoveInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The organization.
    pub id: String,
    /// Whether it leaves.
    pub kind: MoveKind,
    /// The open workspace where it goes.
    pub target: String,
    /// The name that it gets there.
    pub name: String,
    /// Its admin's address there.
    pub email: String,
    /// The new password of a copy's admin.
    pub password: Option<String>,
    /// How the documents of a copy are masked, if they are.
    pub masking: Option<MaskingChoices>,
    /// The typed name, where it is asked for.
    pub confirmation: Option<String>,
}

impl MoveInput {
    fn request(&self) -> Result<MoveRequest, ConsoleError> {
        Ok(MoveRequest {
            id: organization_id(&self.id)?,
            kind: self.kind,
            name: self.name.clone(),
            email: self.email.clone(),
            password: self.password.clone().map(SecretString::from),
            masking: self.masking.clone(),
            confirmation: self.confirmation.clone(),
        })
    }
}

/// What a copy or move would do.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MovePlanView {
    /// How it comes in there.
    pub receive: ReceivePlanView,
    /// The environment of the workspace that it comes from.
    pub source: Environment,
    /// The environment of the workspace where it goes.
    pub target: Environment,
    /// People that come along.
    pub people: Count,
    /// Whether the name must be typed.
    pub confirmation_needed: bool,
}

impl From<MovePlan> for MovePlanView {
    fn from(plan: MovePlan) -> Self {
        Self {
            receive: plan.receive.into(),
            source: plan.source,
            target: plan.target,
            people: Count::from(plan.people),
            confirmation_needed: plan.confirmation_needed,
        }
    }
}

/// A person who came along with a one-time password.
#[derive(Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct InvitedView {
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The one-time password, shown once.
    pub password: String,
}

/// What became of a copy or move.
#[derive(Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    /// What came in; `null` if it stopped half-way.
    pub received: Option<ReceivedView>,
    /// How many people came along.
    pub people: Count,
    /// Those of them with a one-time password.
    pub invited: Vec<InvitedView>,
    /// The addresses of those who did not come along.
    pub left: Vec<String>,
    /// What takes it back; `null` for a copy, and for a move that was undone.
    pub note: Option<String>,
    /// Why it stopped half-way: it can be finished or taken back. Without a note it was undone, and what came in is in
    /// the trash of the other workspace.
    pub unfinished: Option<ConsoleError>,
}

impl MoveReport {
    fn stopped(note: Option<String>, cause: AppError) -> Self {
        Self {
            received: None,
            people: Count::from(0_u64),
            invited: Vec::new(),
            left: Vec::new(),
            note,
            unfinished: Some(cause.into()),
        }
    }
}

impl From<MoveEnd> for MoveReport {
    fn from(end: MoveEnd) -> Self {
        match end {
            MoveEnd::Done(moved) => {
                let PeopleBrought { brought, invited, left } = moved.people;
                Self {
                    received: Some(moved.received.into()),
                    people: Count::from(brought),
                    invited: invited.into_iter().map(InvitedView::from).collect(),
                    left,
                    note: moved.note,
                    unfinished: None,
                }
            }
            MoveEnd::Unfinished { note, cause } => Self::stopped(Some(note), cause),
            MoveEnd::InTrash { cause } => Self::stopped(None, cause),
        }
    }
}

impl From<tenantry_console::moving::Invited> for InvitedView {
    fn from(invited: tenantry_console::moving::Invited) -> Self {
        let password = invited.one_time.secret().expose_secret().to_owned();
        Self { name: invited.name, email: invited.email, password }
    }
}

/// A move that stopped half-way.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct UnfinishedMoveView {
    /// Its id.
    pub id: String,
    /// The name of the workspace that it comes from.
    pub source: String,
    /// The organization's name there.
    pub source_name: String,
    /// The name of the workspace where it goes.
    pub target: String,
    /// The organization's name there.
    pub target_name: String,
    /// Who began it.
    pub by: String,
    /// When it began.
    pub begun_at: String,
    /// Where the organization is; `null` if that is not known yet.
    pub standing: Option<Standing>,
    /// The workspace that must be open first, with somebody signed in.
    pub missing: Option<String>,
}

impl From<UnfinishedMove> for UnfinishedMoveView {
    fn from(UnfinishedMove { note, standing }: UnfinishedMove) -> Self {
        let (standing, missing) = match standing {
            Ok(standing) => (Some(standing), None),
            Err(missing) => (None, Some(missing)),
        };
        Self {
            id: note.id,
            source: note.source.workspace_name,
            source_name: note.source.name,
            target: note.target.workspace_name,
            target_name: note.target.name,
            by: note.by,
            begun_at: moment(note.begun_at),
            standing,
            missing,
        }
    }
}

/// How an unfinished move ended.
#[derive(Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct MoveEnded {
    /// Where the organization is now.
    pub standing: Standing,
    /// People who came along with a one-time password.
    pub invited: Vec<InvitedView>,
    /// The addresses of those who did not come along.
    pub left: Vec<String>,
}

/// A field that masking replaces.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct MaskedFieldView {
    /// Its path.
    pub path: String,
    /// Why.
    pub looks: Looks,
    /// How many of its values.
    pub values: u32,
}

/// A replaced value.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct ReplacedView {
    /// The path of its field.
    pub path: String,
    /// The value in the source.
    pub before: String,
    /// The value in a copy.
    pub after: String,
}

/// A document of a preview.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct MaskedDocumentView {
    /// Its `_id`.
    pub id: String,
    /// What is replaced in it.
    pub replaced: Vec<ReplacedView>,
}

/// What masking does to the first documents.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct MaskingPreviewView {
    /// The masked fields.
    pub fields: Vec<MaskedFieldView>,
    /// The documents.
    pub documents: Vec<MaskedDocumentView>,
}

impl From<MaskingPreview> for MaskingPreviewView {
    fn from(preview: MaskingPreview) -> Self {
        let fields = preview.fields.into_iter().map(|field| MaskedFieldView {
            path: field.path,
            looks: field.looks,
            values: field.values,
        });
        let documents = preview.documents.into_iter().map(|document| MaskedDocumentView {
            id: document.id,
            replaced: document
                .replaced
                .into_iter()
                .map(|value| ReplacedView { path: value.path, before: value.before, after: value.after })
                .collect(),
        });
        Self { fields: fields.collect(), documents: documents.collect() }
    }
}

/// The suggested folder for bundles.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn default_bundle_folder(
    console: State<'_, Console>,
    workspace: String,
) -> Result<ChosenFolder, ConsoleError> {
    let (_, actor) = console.reader(&workspace).await?;
    actor.require_some(Act::BackUp)?;
    Ok(console.default_bundle_folder())
}

/// Opens the platform's dialog for a folder; `null` if the person changed their mind.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn choose_bundle_folder(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<ChosenFolder>, ConsoleError> {
    let (_, actor) = console.reader(&workspace).await?;
    actor.require_some(Act::BackUp)?;
    console.choose_bundle_folder().await
}

/// Writes a file for each organization into the chosen folder. A cancelled or failed one leaves no file.
///
/// # Errors
/// `not_found` for a folder that was not chosen, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn back_up(
    console: State<'_, Console>,
    workspace: String,
    input: BackUpInput,
    progress: Channel<JobProgress>,
) -> Result<BackUpReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let ids = input.ids.iter().map(|id| organization_id(id)).collect::<Result<Vec<_>, _>>()?;
    let job = console.jobs.begin_in(&workspace, &input.job);
    let (target, progress) = (&input.target, ChannelProgress::new(progress));
    let results = console.back_up(&open, &actor, &ids, target, &progress, job.cancellation()).await?;
    let cancelled = results.iter().any(|(_, result)| matches!(result, BackedUp::NotBegun));
    let results = results.into_iter().map(|(id, result)| {
        let none = BackUpResult {
            id: id.to_string(),
            name: None,
            path: None,
            bytes: None,
            documents: None,
            changed: None,
            problem: None,
        };
        match result {
            BackedUp::Written { path, bytes, bundle } => BackUpResult {
                name: Some(bundle.organization.name.to_string()),
                path: Some(path.display().to_string()),
                bytes: Some(Count::from(bytes)),
                documents: Some(Count::from(bundle.documents)),
                changed: bundle.changed,
                ..none
            },
            BackedUp::Failed(problem) => BackUpResult { problem: Some(problem), ..none },
            BackedUp::NotBegun => none,
        }
    });
    Ok(BackUpReport { results: results.collect(), cancelled, milliseconds: Count::from(started.elapsed()) })
}

/// Lets a person choose a bundle; `null` if they changed their mind.
///
/// # Errors
/// `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn choose_bundle(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<ChosenBundle>, ConsoleError> {
    let (_, actor) = console.reader(&workspace).await?;
    actor.require_some(Act::BackUp)?;
    let chosen = console.choose_bundle().await?;
    Ok(chosen.map(|chosen| ChosenBundle {
        source: chosen.source,
        display_path: chosen.display_path,
        bytes: Count::from(chosen.bytes),
    }))
}

/// What a chosen bundle says of itself. Its documents are not read.
///
/// # Errors
/// `not_found` for a file that was not chosen, `bundle_refused`, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn read_bundle(
    console: State<'_, Console>,
    workspace: String,
    source: String,
) -> Result<BundleFactsView, ConsoleError> {
    let (_, actor) = console.reader(&workspace).await?;
    actor.require_some(Act::BackUp)?;
    Ok(BundleFactsView::from(&console.open_bundle(&source).await?))
}

/// Reads a whole bundle: every line, all counts and checksums. Reports the first damage.
///
/// # Errors
/// `not_found` for a file that was not chosen, `bundle_refused`, `cancelled`, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn verify_bundle(
    console: State<'_, Console>,
    workspace: String,
    input: VerifyInput,
    progress: Channel<JobProgress>,
) -> Result<VerifiedView, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    actor.require_some(Act::BackUp)?;
    let job = console.jobs.begin_in(&workspace, &input.job);
    let progress = ChannelProgress::new(progress);
    let verified = console.verify_bundle(&open, &actor, &input.source, &progress, job.cancellation()).await?;
    let manifest = verified.manifest();
    Ok(VerifiedView {
        name: manifest.collection.clone().unwrap_or_else(|| manifest.organization_name.clone()),
        documents: Count::from(manifest.documents),
        bytes: Count::from(manifest.bytes),
        milliseconds: Count::from(started.elapsed()),
    })
}

/// What would happen if a bundle were restored under this name, for this address.
///
/// # Errors
/// `not_found` for a file that was not chosen, `bundle_refused`, `forbidden`, those of a session.
#[tauri::command]
#[specta::specta]
pub async fn plan_restore(
    console: State<'_, Console>,
    workspace: String,
    source: String,
    name: String,
    email: String,
) -> Result<ReceivePlanView, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    let request = restoring(name, email, String::new());
    Ok(console.plan_restore(&open, &actor, &source, &request).await?.into())
}

/// Restores a bundle. What is cancelled or fails leaves nothing.
///
/// # Errors
/// `not_found` for a file that was not chosen, `bundle_refused`, `invalid_input`, `conflict`, `cancelled`, `busy`,
/// `forbidden`, those of a session and of the store.
#[tauri::command]
#[specta::specta]
pub async fn restore_bundle(
    console: State<'_, Console>,
    workspace: String,
    input: RestoreBundleInput,
    progress: Channel<JobProgress>,
) -> Result<ReceivedView, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let RestoreBundleInput { job, source, name, email, password } = input;
    let job = console.jobs.begin_in(&workspace, &job);
    let (request, progress) = (restoring(name, email, password), ChannelProgress::new(progress));
    let received =
        console.restore_bundle(&open, &actor, &source, request, &progress, job.cancellation()).await?;
    Ok(received.into())
}

/// What a copy or move would do.
///
/// # Errors
/// `not_found`, `data_missing`, `bundle_refused`, `forbidden` on either side, those of a session in either workspace.
#[tauri::command]
#[specta::specta]
pub async fn plan_move(
    console: State<'_, Console>,
    workspace: String,
    input: MoveInput,
) -> Result<MovePlanView, ConsoleError> {
    Ok(console.plan_move(&workspace, &input.target, &input.request()?).await?.into())
}

/// Copies or moves an organization to another open workspace. What is refused, cancelled or fails leaves it as it was,
/// unless the report says that it stopped half-way.
///
/// # Errors
/// Those of `plan_move`, `invalid_input`, `conflict`, `confirmation_mismatch`, `cancelled`, `changed_meanwhile`,
/// `busy`, those of the stores.
#[tauri::command]
#[specta::specta]
pub async fn move_organization(
    console: State<'_, Console>,
    workspace: String,
    input: MoveInput,
    progress: Channel<JobProgress>,
) -> Result<MoveReport, ConsoleError> {
    let (request, target) = (input.request()?, &input.target);
    let job = console.jobs.begin_between([&workspace, target], &input.job);
    let progress = ChannelProgress::new(progress);
    let ended = console.move_organization(&workspace, target, request, &progress, job.cancellation()).await?;
    Ok(ended.into())
}

/// What masking does to the first documents of an organization. Looking at them is recorded.
///
/// # Errors
/// `not_found`, `data_missing`, `forbidden`, those of a session and of the store.
#[tauri::command]
#[specta::specta]
pub async fn preview_masking(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    choices: MaskingChoices,
) -> Result<MaskingPreviewView, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(console.preview_masking(&open, &actor, organization_id(&id)?, &choices).await?.into())
}

/// The moves from or to this workspace that stopped half-way, for who may end them.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn list_unfinished_moves(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Vec<UnfinishedMoveView>, ConsoleError> {
    let moves = console.unfinished_moves(&workspace).await?;
    Ok(moves.into_iter().map(UnfinishedMoveView::from).collect())
}

/// Finishes a move that stopped half-way; one that is over ends as it is.
///
/// # Errors
/// `facts_changed` if it is over, `changed_meanwhile` if both sides differ by now, `busy`, `forbidden`, those of a
/// session in either workspace and of the stores.
#[tauri::command]
#[specta::specta]
pub async fn finish_move(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<MoveEnded, ConsoleError> {
    let (standing, people) = console.finish_move(&workspace, &id).await?;
    let invited = people.invited.into_iter().map(InvitedView::from).collect();
    Ok(MoveEnded { standing, invited, left: people.left })
}

/// Takes a move back: one that stopped half-way, or one of this run.
///
/// # Errors
/// `facts_changed` if it is over, `conflict` if the name or address was taken meanwhile, `busy`, `forbidden`, those of
/// a session in either workspace and of the stores.
#[tauri::command]
#[specta::specta]
pub async fn take_back_move(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<MoveEnded, ConsoleError> {
    let standing = console.take_back_move(&workspace, &id).await?;
    Ok(MoveEnded { standing, invited: Vec::new(), left: Vec::new() })
}

fn restoring(name: String, email: String, password: String) -> ReceiveRequest {
    let password = AdminPassword::New(SecretString::from(password));
    ReceiveRequest { name, email, password, is_copy: false }
}
