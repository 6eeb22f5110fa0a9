//! What this computer knows of the record of a workspace, and what it writes of it.

use std::fs::File;
use std::io::BufReader;

use tenantry_core::activity::read_archive;
use tenantry_core::error::FileProblem;
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::record::Verified;
use tenantry_core::records::Head;
use tenantry_core::rights::Actor;

use super::{Console, ExportedFile, blocking};
use crate::error::ConsoleError;
use crate::profiles::RecordAnchor;
use crate::workspace::OpenWorkspace;

impl Console {
    /// The newest entry of a workspace's record when it was verified last on this computer.
    pub fn record_anchor(&self, workspace: &str) -> Option<RecordAnchor> {
        self.profiles.settings().verified.remove(workspace)
    }

    /// Verifies the record, also against what was seen before on this computer, and remembers its newest entry if it is
    /// good.
    ///
    /// # Errors
    /// `cancelled`, `forbidden`, `unavailable`.
    pub async fn verify_record(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Verified, ConsoleError> {
        let seen = self.record_anchor(&workspace.id).map(|anchor| anchor.head);
        let found = workspace.record().verify(actor, seen.as_ref(), progress, cancellation).await?;
        if let (None, Some(head)) = (&found.damage, &found.head) {
            let anchor = RecordAnchor { head: head.clone(), at: self.clock.now(), entries: found.count };
            let kept = self.profiles.change_settings(|settings| {
                settings.verified.insert(workspace.id.clone(), anchor);
            });
            if let Err(error) = kept {
                tracing::warn!(%error, "what was verified is not remembered on this computer");
            }
        }
        Ok(found)
    }

    /// Moves the entries up to `last` to the chosen place: writes the file, reads it back, and removes them. Returns
    /// how many.
    ///
    /// # Errors
    /// `not_found` for a used place, `file_not_written`, `record_broken`, `facts_changed`, `cancelled`, `forbidden`,
    /// `unavailable`. Before the file is whole and found good, nothing is removed.
    pub async fn archive_record(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        last: &Head,
        target: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<ExportedFile<u64>, ConsoleError> {
        let (record, name) = (workspace.record(), self.name_of(&workspace.id));
        let write = |output| record.write_archive(actor, &name, last, output, progress, cancellation);
        let written = self.write_export(target, write).await?;
        let path = written.path.clone();
        let read = move || File::open(&path).and_then(|file| read_archive(BufReader::new(file)));
        match blocking(read).await? {
            Ok(facts) if facts == written.exported => {}
            Ok(_) | Err(_) => return Err(ConsoleError::not_written(&written.path, FileProblem::Other)),
        }
        cancellation.checkpoint()?;
        let file = written.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let removed = record.remove_archived(actor, &written.exported, &file).await?;
        tracing::info!(removed, "archived entries of the record");
        Ok(ExportedFile { path: written.path, bytes: written.bytes, exported: removed })
    }

    /// The name of a workspace, as a person gave it.
    fn name_of(&self, workspace: &str) -> String {
        self.profiles.find(workspace).map_or_else(|| workspace.to_owned(), |profile| profile.name)
    }
}
