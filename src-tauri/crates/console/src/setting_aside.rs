//! Mends of what the doctor found, with the file of one that sets a collection aside.

use std::path::Path;

use tenantry_core::bundle::{BundleInput, PendingBundle};
use tenantry_core::doctor::{DryRun, MendKind, MendRequest, MendService, Mended};
use tenantry_core::error::FileProblem;
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::rights::{Act, Actor};

use crate::console::Console;
use crate::error::ConsoleError;
use crate::files::{PendingFile, sync_folder};
use crate::workspace::OpenWorkspace;

impl PendingBundle for PendingFile {
    fn place(&self) -> String {
        self.path().display().to_string()
    }

    fn writer(&self) -> Result<Box<dyn std::io::Write + Send>, FileProblem> {
        Self::writer(self)
    }

    fn reader(&self) -> Result<Box<dyn BundleInput>, FileProblem> {
        Ok(Box::new(self.read_back()?))
    }

    fn finish(self: Box<Self>) -> Result<u64, FileProblem> {
        let path = self.path().to_owned();
        let bytes = Self::finish(*self)?;
        // Its name, too: what it stands in for is about to be given up. Without that the file is none to rely on.
        let synced = sync_folder(path.parent().unwrap_or(Path::new(".")));
        synced.map(|()| bytes).inspect_err(|_| {
            if let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(%error, "a bundle whose folder was not brought to the disk stays");
            }
        })
    }
}

impl Console {
    /// What a mend of a finding would send. For one with a file, `target` is the token of the chosen folder.
    ///
    /// # Errors
    /// Those of [`OpenWorkspace::dry_run`]; `not_found` for a folder that was not chosen.
    pub async fn dry_run_mend(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        request: &MendRequest,
    ) -> Result<DryRun, ConsoleError> {
        actor.require_some(Act::Mend)?;
        let mut shown = request.clone();
        shown.choices.target = match (request.mend, &request.choices.target) {
            (MendKind::SetAside, Some(folder)) => {
                let finding = workspace.finding(actor, &request.finding)?;
                let name = MendService::collection_to_set_aside(&finding)?;
                let path = self.place_of_bundle(folder, name.as_str()).await?;
                Some(path.display().to_string())
            }
            _ => None,
        };
        Ok(workspace.dry_run(actor, &shown).await?)
    }

    /// Mends a finding. One that sets a collection aside writes a file to the chosen folder, never over another one;
    /// what is cancelled or fails before the collection is dropped leaves no file, unless the error says that it stays.
    ///
    /// # Errors
    /// Those of [`OpenWorkspace::mend`]; `not_found` for a folder that was not chosen, `file_not_written`,
    /// `bundle_refused`.
    pub async fn mend(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        request: &MendRequest,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Mended, ConsoleError> {
        if request.mend != MendKind::SetAside {
            return Ok(workspace.mend(actor, request, cancellation).await?);
        }
        actor.require_some(Act::Mend)?;
        let finding = workspace.finding(actor, &request.finding)?;
        let name = MendService::collection_to_set_aside(&finding)?;
        let folder = request.choices.target.as_deref().unwrap_or_default();
        let origin = self.origin_of(workspace).await?;
        let file = self.start_bundle(folder, name.as_str()).await?;
        let path = file.path().to_owned();
        // Also for a file that stays because the collection changed.
        self.exports.note_shown(&path);
        let file: Box<dyn PendingBundle> = Box::new(file);
        let done = workspace.set_aside(actor, request, (file, &origin), progress, cancellation).await;
        done.map_err(|error| ConsoleError::of_file(&path, error))
    }
}
