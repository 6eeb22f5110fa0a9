//! Deleting for good: with a backup before it and a certificate after it, and what the trash was kept long enough.

use serde::{Deserialize, Serialize};
use tauri::State;
use tauri::ipc::Channel;
use tenantry_console::Console;
use tenantry_console::erasing::Erased;
use tenantry_console::error::ConsoleError;
use tenantry_core::erasure::{Certificate, ErasedPlace};

use super::jobs::{ChannelProgress, JobProgress};
use super::organization_id;
use super::organizations::OrganizationView;

/// What is deleted for good.
#[derive(Debug, Clone, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct EraseInput {
    /// The job's name, made by the window for Cancel, which is good until the backup is written.
    pub job: String,
    /// The organization.
    pub id: String,
    /// The collection of its documents, as it was shown: it tells which copy in the trash is meant.
    pub collection: String,
    /// Its typed name.
    pub confirmation: String,
    /// The token of the chosen folder for a backup, which is written and verified first.
    pub backup: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ErasedView {
    /// The backup.
    pub backup: Option<String>,
    /// What shows that nothing is left; `null` if it could not be made yet.
    pub certificate: Option<CertificateView>,
    /// Why not.
    pub problem: Option<ConsoleError>,
}

/// What shows that nothing is left of an organization.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CertificateView {
    /// The organization's id.
    pub organization_id: String,
    /// Its name.
    pub name: String,
    /// Who deleted it.
    pub deleted_by: String,
    /// When.
    pub deleted_at: String,
    /// The number of the record's entry about it.
    pub deleted_entry: String,
    /// Who asked for the certificate.
    pub issued_by: String,
    /// When the reads were made.
    pub issued_at: String,
    /// Every place.
    pub places: Vec<ErasedPlace>,
    /// The number of entries about it in the record, which stay.
    pub record_entries: String,
    /// The bundles that the record knows of.
    pub bundles: Vec<String>,
    /// SHA-256 of the facts, as in the record.
    pub digest: String,
}

impl From<&Certificate> for CertificateView {
    fn from(certificate: &Certificate) -> Self {
        Self {
            organization_id: certificate.organization.to_string(),
            name: certificate.name.clone(),
            deleted_by: certificate.deleted_by().to_owned(),
            deleted_at: certificate.deleted_at().to_owned(),
            deleted_entry: certificate.deleted_entry().to_owned(),
            issued_by: certificate.issued_by.clone(),
            issued_at: certificate.issued_at().to_owned(),
            places: certificate.places(),
            record_entries: certificate.record_entries().to_owned(),
            bundles: certificate.bundles().into_iter().map(str::to_owned).collect(),
            digest: certificate.digest(),
        }
    }
}

/// Deletes an organization in the trash with all its documents, after its backup was written and verified.
///
/// # Errors
/// `confirmation_mismatch`, `not_found`, `forbidden`, `busy`, those of a backup, `cancelled`, those of a session,
/// `changed_meanwhile`, `unavailable`: nothing was deleted.
#[tauri::command]
#[specta::specta]
pub async fn erase_organization(
    console: State<'_, Console>,
    workspace: String,
    input: EraseInput,
    progress: Channel<JobProgress>,
) -> Result<ErasedView, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let (id, backup) = (organization_id(&input.id)?, input.backup.as_deref());
    let seen = (id, input.collection.as_str());
    let job = console.jobs.begin_in(&workspace, &input.job);
    let (progress, confirmation) = (ChannelProgress::new(progress), &input.confirmation);
    let erased =
        console.erase(&open, &actor, seen, confirmation, backup, &progress, job.cancellation()).await?;
    let Erased { backup, certificate } = erased;
    let backup = backup.map(|path| path.display().to_string());
    Ok(match certificate {
        Ok(certificate) => {
            ErasedView { backup, certificate: Some(CertificateView::from(&certificate)), problem: None }
        }
        Err(problem) => ErasedView { backup, certificate: None, problem: Some(problem.into()) },
    })
}

/// The certificate about an organization that was deleted for good: from the record, or made now.
///
/// # Errors
/// `facts_changed` if it was not deleted, `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn erasure_certificate(
    console: State<'_, Console>,
    workspace: String,
    id: String,
) -> Result<CertificateView, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let certificate = open.erasure().certificate(&actor, organization_id(&id)?).await?;
    Ok(CertificateView::from(&certificate))
}

/// Writes the certificate to the chosen place; the path.
///
/// # Errors
/// As [`erasure_certificate`]; `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn save_erasure_certificate(
    console: State<'_, Console>,
    workspace: String,
    id: String,
    target: String,
) -> Result<String, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    let path = console.save_certificate(&open, &actor, organization_id(&id)?, &target).await?;
    Ok(path.display().to_string())
}

/// The organizations in the trash that were kept for as long as the workspace's settings say, the longest first.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn list_kept_long_enough(
    console: State<'_, Console>,
    workspace: String,
) -> Result<Vec<OrganizationView>, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    let settings = open.settings().current();
    let found = open.organizations().kept_long_enough(&actor, &settings).await?;
    Ok(found.into_iter().map(|each| OrganizationView::in_trash(each, &settings)).collect())
}
