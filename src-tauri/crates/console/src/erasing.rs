//! Deletes for good, after a backup that was written and verified.

use std::path::PathBuf;

use tenantry_core::AppError;
use tenantry_core::bundle::PendingBundle;
use tenantry_core::erasure::Certificate;
use tenantry_core::jobs::{Cancellation, JobStep, ProgressSink};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;

use crate::console::{Console, ExportedFile};
use crate::error::ConsoleError;
use crate::workspace::OpenWorkspace;

/// An organization that was deleted for good.
#[derive(Debug)]
pub struct Erased {
    /// The backup.
    pub backup: Option<PathBuf>,
    /// What shows that nothing is left. Without it the organization is deleted all the same.
    pub certificate: Result<Certificate, AppError>,
}

impl Console {
    /// Deletes an organization in the trash whose documents were `seen` in that collection. With a folder for a backup,
    /// nothing is deleted before the file was written and read back.
    ///
    /// # Errors
    /// `changed_meanwhile` if it is another copy or others wrote to it, and the others of `BundleService::keep`; those
    /// of [`delete_seen`](tenantry_core::organizations::OrganizationService::delete_seen): nothing was deleted.
    #[expect(clippy::too_many_arguments, reason = "a job with what is typed and where its file goes")]
    pub async fn erase(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        (id, seen): (OrganizationId, &str),
        confirmation: &str,
        backup: Option<&str>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Erased, ConsoleError> {
        // Before a file is written for an act that is refused.
        workspace.organizations().require_typed_name(actor, (id, seen), confirmation).await?;
        let backup = match backup {
            None => {
                cancellation.checkpoint()?;
                None
            }
            Some(folder) => {
                Some(self.back_up_first(workspace, actor, id, folder, progress, cancellation).await?)
            }
        };
        progress.begin(JobStep::Ending);
        workspace.organizations().delete_seen(actor, (id, Some(seen)), confirmation).await?;
        Ok(Erased { backup, certificate: workspace.erasure().certificate(actor, id).await })
    }

    /// Writes a backup. A file that was not read back to its end, because of its damage or because the person
    /// cancelled, does not stay: somebody would rely on it.
    async fn back_up_first(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: OrganizationId,
        folder: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<PathBuf, ConsoleError> {
        let organization = workspace.organizations().get(actor, &id.to_string()).await?;
        let origin = self.origin_of(workspace).await?;
        let file = self.start_bundle(folder, organization.name.as_str()).await?;
        let path = file.path().to_owned();
        let file: Box<dyn PendingBundle> = Box::new(file);
        let kept = workspace.bundles().keep(actor, id, (file, &origin), progress, cancellation).await;
        kept.map_err(|error| ConsoleError::of_file(&path, error))?;
        self.exports.note_shown(&path);
        Ok(path)
    }

    /// Writes the certificate about a deletion to the chosen place.
    ///
    /// # Errors
    /// `facts_changed` without such a deletion; those of [`write_export`](Self::write_export).
    pub async fn save_certificate(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: OrganizationId,
        target: &str,
    ) -> Result<PathBuf, ConsoleError> {
        let certificate = workspace.erasure().certificate(actor, id).await?;
        let write = |mut output: Box<dyn std::io::Write + Send>| async move {
            let json = serde_json::to_string_pretty(&certificate.to_json())
                .map_err(|error| AppError::Unexpected { detail: error.to_string() })?;
            let written = output.write_all(json.as_bytes()).and_then(|()| output.flush());
            written.map_err(|error| AppError::FileNotWritten((&error).into()))
        };
        let ExportedFile { path, .. } = self.write_export(target, write).await?;
        Ok(path)
    }
}
