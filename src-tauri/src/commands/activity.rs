//! The record: pages, details, undo, verification, exports and archives.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_console::profiles::RecordAnchor;
use tenantry_core::activity::{ArchivePlan, EntryDetails, RecordExport, RecordFacet, Undo};
use tenantry_core::export::CsvLayout;
use tenantry_core::numbers::Count;
use tenantry_core::record::DamageKind;
use tenantry_core::records::{
    ActivityKind, Change, Head, Outcome, RecordCursor, RecordPage, RecordQuery, Recorded,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::exports::{ExportFormat, ExportReport};
use super::jobs::{ChannelProgress, JobProgress};
use super::organizations::OrganizationView;
use super::{moment, organization_id};

/// Which entries to show.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityFilter {
    /// The part of the record.
    pub facet: RecordFacet,
    /// A text that the entries contain.
    pub search: String,
    /// By a person or about them, by address.
    pub person: Option<String>,
    /// About an organization, by id.
    pub organization: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// From this moment on.
    pub from: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
}

/// A part of the record.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityQuery {
    /// Which entries.
    pub filter: ActivityFilter,
    /// Where to go on; the newest entries without it.
    pub cursor: Option<String>,
    /// Those with a higher number.
    pub newer_than: Option<u32>,
    /// How many at most.
    pub limit: u32,
}

/// An entry of the record.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Its id.
    pub id: String,
    /// Its number; 0 in entries of earlier versions.
    pub number: Count,
    /// When it was written.
    pub at: String,
    /// The person's address; `tenantry` for Tenantry itself.
    pub actor: String,
    /// The word of the person's role.
    pub role: Option<String>,
    /// The computer.
    pub device: Option<String>,
    /// What happened.
    pub kind: ActivityKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The organization's id.
    pub organization_id: Option<String>,
    /// The organization's name at that time.
    pub organization_name: Option<String>,
    /// The person or thing it is about.
    pub subject: Option<String>,
    /// The fields that changed.
    pub changes: Vec<ChangeView>,
    /// Why.
    pub reason: Option<String>,
    /// More for the reader.
    pub detail: Option<String>,
    /// Its digest; empty in entries of earlier versions.
    pub hash: String,
    /// The digest of the entry before.
    pub previous: String,
}

/// A field that changed; without values if it is a secret.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct ChangeView {
    /// The field.
    pub field: String,
    /// Its value before.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
}

/// Entries, newest first.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityPage {
    /// The entries; there can be fewer than asked for before the end.
    pub entries: Vec<EntryView>,
    /// Where the next page begins; `null` at the end.
    pub next: Option<String>,
}

/// An entry with what belongs to it.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityDetails {
    /// The entry.
    pub entry: EntryView,
    /// The other entries of its operation, newest first.
    pub operation: Vec<EntryView>,
    /// Whether it can be undone; `null` if it has no undo.
    pub undo: Option<Undo>,
}

/// The choices for an export of the record.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityExportInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// Which entries.
    pub filter: ActivityFilter,
    /// The kind of file.
    pub format: ExportFormat,
    /// The layout of a CSV file.
    pub csv: CsvLayout,
    /// The token of the chosen place.
    pub target: String,
}

/// The entries that would be archived.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ArchivePlanView {
    /// How many.
    pub entries: Count,
    /// When the first was written.
    pub from: String,
    /// When the last was written.
    pub until: String,
    /// The last.
    pub last: Head,
}

/// The choices for an archive.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveInput {
    /// The job's name, made by the window for Cancel.
    pub job: String,
    /// The last entry, as it was shown.
    pub last: Head,
    /// The token of the chosen place.
    pub target: String,
}

/// The newest entry of the record when it was verified last on this computer.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct AnchorView {
    /// The entry's number.
    pub number: Count,
    /// When it was verified.
    pub at: String,
    /// How many entries there were.
    pub entries: Count,
}

/// What a verification found.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct VerificationView {
    /// How many entries there are.
    pub entries: Count,
    /// When it ended.
    pub at: String,
    /// The first entry that is not as it was written; `null` if all are.
    pub broken: Option<BreakView>,
}

/// An entry that is not as it was written.
#[derive(Debug, Clone, Serialize, specta::Type)]
pub struct BreakView {
    /// Its number.
    pub number: Count,
    /// What was done to it.
    pub problem: DamageKind,
}

impl From<RecordAnchor> for AnchorView {
    fn from(anchor: RecordAnchor) -> Self {
        Self {
            number: Count::from(anchor.head.number),
            at: moment(anchor.at),
            entries: Count::from(anchor.entries),
        }
    }
}

impl ActivityFilter {
    fn query(self) -> Result<RecordQuery, ConsoleError> {
        let moment =
            |text: Option<String>| -> Option<OffsetDateTime> { OffsetDateTime::parse(&text?, &Rfc3339).ok() };
        Ok(self.facet.narrow(RecordQuery {
            person: self.person,
            organization: self.organization.as_deref().map(organization_id).transpose()?,
            outcome: self.outcome,
            from: moment(self.from),
            until: moment(self.until),
            text: self.search.trim().to_owned(),
            ..RecordQuery::default()
        }))
    }
}

impl TryFrom<ActivityQuery> for RecordQuery {
    type Error = ConsoleError;

    fn try_from(query: ActivityQuery) -> Result<Self, ConsoleError> {
        Ok(Self {
            newer_than: query.newer_than.map(u64::from),
            after: query.cursor.as_deref().and_then(RecordCursor::from_text),
            limit: query.limit,
            ..query.filter.query()?
        })
    }
}

impl From<Recorded> for EntryView {
    fn from(recorded: Recorded) -> Self {
        let Recorded { number, id, at, previous, hash, entry } = recorded;
        Self {
            id,
            number: Count::from(number),
            at: moment(at),
            actor: entry.actor,
            role: entry.role,
            device: entry.device.map(|device| device.as_str().to_owned()),
            kind: entry.kind,
            outcome: entry.outcome,
            organization_id: entry.organization_id.map(|id| id.to_hex()),
            organization_name: entry.organization_name,
            subject: entry.subject,
            changes: entry.changes.into_iter().map(ChangeView::from).collect(),
            reason: entry.reason,
            detail: entry.detail,
            hash,
            previous,
        }
    }
}

impl From<Change> for ChangeView {
    fn from(Change { field, before, after }: Change) -> Self {
        Self { field, before, after }
    }
}

impl From<RecordPage> for ActivityPage {
    fn from(page: RecordPage) -> Self {
        Self {
            entries: page.entries.into_iter().map(EntryView::from).collect(),
            next: page.next.map(|next| next.to_text()),
        }
    }
}

impl From<EntryDetails> for ActivityDetails {
    fn from(details: EntryDetails) -> Self {
        Self {
            entry: details.recorded.into(),
            operation: details.operation.into_iter().map(EntryView::from).collect(),
            undo: details.undo,
        }
    }
}

impl From<ArchivePlan> for ArchivePlanView {
    fn from(plan: ArchivePlan) -> Self {
        Self {
            entries: Count::from(plan.entries),
            from: moment(plan.from),
            until: moment(plan.until),
            last: plan.last,
        }
    }
}

/// A part of the record, newest first, as far as the session may see it.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn list_activity(
    console: State<'_, Console>,
    workspace: String,
    query: ActivityQuery,
) -> Result<ActivityPage, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.record().page(&actor, query.try_into()?).await?.into())
}

/// An entry with the others of its operation, and whether it can be undone now.
///
/// # Errors
/// `not_found`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn activity_entry(
    console: State<'_, Console>,
    workspace: String,
    number: u32,
) -> Result<ActivityDetails, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.record().details(&actor, number.into()).await?.into())
}

/// Undoes the act of an entry, if what it left is still there.
///
/// # Errors
/// `undo_refused` with the reason; those of the act that undoes it.
#[tauri::command]
#[specta::specta]
pub async fn undo_activity(
    console: State<'_, Console>,
    workspace: String,
    number: u32,
    confirmation: Option<String>,
) -> Result<(), ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    open.undo(&actor, number.into(), confirmation.as_deref()).await?;
    Ok(())
}

/// Undoes an act on an organization that was done just now, by the act's id.
///
/// # Errors
/// As [`undo_activity`].
#[tauri::command]
#[specta::specta]
pub async fn undo_act(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    act: String,
    confirmation: Option<String>,
) -> Result<OrganizationView, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let undone = open.undo_act(&actor, organization_id(&id)?, &act, confirmation.as_deref()).await?;
    Ok(OrganizationView::from(undone))
}

/// What the last verification on this computer found; `null` if there was none.
///
/// # Errors
/// Those of a session.
#[tauri::command]
#[specta::specta]
pub async fn record_anchor(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Option<AnchorView>, ConsoleError> {
    console.reader(&workspace).await?;
    Ok(console.record_anchor(&workspace).map(AnchorView::from))
}

/// Walks the whole record and names the first entry that is not as it was written.
///
/// # Errors
/// `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn verify_record(
    console: State<'_, Console>,
    workspace: String,
    job: String,
    progress: Channel<JobProgress>,
) -> Result<VerificationView, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    let job = console.jobs.begin_in(&workspace, &job);
    let progress = ChannelProgress::new(progress);
    let found = console.verify_record(&open, &actor, &progress, job.cancellation()).await?;
    Ok(VerificationView {
        entries: Count::from(found.count),
        at: moment(console.clock.now()),
        broken: found
            .damage
            .map(|damage| BreakView { number: Count::from(damage.number), problem: damage.kind }),
    })
}

/// Writes entries to the chosen place, with the proof behind them. A cancelled or failed export leaves nothing there.
///
/// # Errors
/// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn export_activity(
    console: State<'_, Console>,
    workspace: String,
    input: ActivityExportInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.reader(&workspace).await?;
    let request = RecordExport { query: input.filter.query()?, format: input.format.with(input.csv) };
    let job = console.jobs.begin_in(&workspace, &input.job);
    let progress = ChannelProgress::new(progress);
    let write = |output| open.record().export(&actor, request, output, &progress, job.cancellation());
    let written = console.write_export(&input.target, write).await?;
    Ok(ExportReport::of(&written.path, written.bytes, started)
        .with(written.exported.rows, written.exported.cut_cells))
}

/// The entries that are older than some months; `null` if there are none.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn preview_archive(
    console: State<'_, Console>,
    workspace: String,
    months: u32,
) -> Result<Option<ArchivePlanView>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.record().plan_archive(&actor, months).await?.map(ArchivePlanView::from))
}

/// Writes old entries to the chosen place, reads the file back, and removes them from the record.
///
/// # Errors
/// `record_broken`, `facts_changed`, `file_not_written`, `cancelled`, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn archive_activity(
    console: State<'_, Console>,
    workspace: String,
    input: ArchiveInput,
    progress: Channel<JobProgress>,
) -> Result<ExportReport, ConsoleError> {
    let started = Instant::now();
    let (open, actor) = console.writer(&workspace).await?;
    let job = console.jobs.begin_in(&workspace, &input.job);
    let progress = ChannelProgress::new(progress);
    let written = console
        .archive_record(&open, &actor, &input.last, &input.target, &progress, job.cancellation())
        .await?;
    Ok(ExportReport::of(&written.path, written.bytes, started).with(written.exported, 0))
}
