//! Deletes for good, after a backup that was written and verified.

use std::path::PathBuf;

use tenantry_core::AppError;
use tenantry_core::erasure::Certificate;
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::rights::Actor;
use tenantry_core::values::OrganizationId;

use crate::console::{BackedUp, Console, ExportedFile};
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
    /// Deletes an organization in the trash. With a folder for a backup, nothing is deleted before the file was
    /// written and read back.
    ///
    /// # Errors
    /// Those of [`back_up`](Self::back_up) and of
    /// [`delete_forever`](tenantry_core::organizations::OrganizationService::delete_forever): nothing was deleted.
    #[expect(clippy::too_many_arguments, reason = "a job with what is typed and where its file goes")]
    pub async fn erase(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: OrganizationId,
        confirmation: &str,
        backup: Option<&str>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Erased, ConsoleError> {
        // Before a file is written for an act that is refused.
        workspace.organizations().require_typed_name(actor, id, confirmation).await?;
        let backup = match backup {
            None => None,
            Some(folder) => {
                let written =
                    self.back_up(workspace, actor, &[id], folder, progress, cancellation).await?.pop();
                match written {
                    Some((_, BackedUp::Written { path, .. })) => {
                        self.verify_written(workspace, actor, &path, progress, cancellation).await?;
                        Some(path)
                    }
                    Some((_, BackedUp::Failed(problem))) => return Err(problem),
                    Some((_, BackedUp::NotBegun)) | None => return Err(ConsoleError::Cancelled),
                }
            }
        };
        workspace.organizations().delete_forever(actor, id, confirmation).await?;
        Ok(Erased { backup, certificate: workspace.erasure().certificate(actor, id).await })
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
