//! Exports lists: chooses places, writes files and reveals them.

use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenantry_core::AppError;
use tenantry_core::export::{ExportFormat, ExportRequest, Exported};
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::rights::Actor;

use super::{Console, blocking};
use crate::error::ConsoleError;
use crate::files::{Target, confirmed, free_path};
use crate::workspace::OpenWorkspace;

/// A place for a file.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct ChosenFile {
    /// Its token, good for one export.
    pub target: String,
    /// Its path, to show.
    pub display_path: String,
    /// Whether a file is there that a person agreed to replace.
    pub exists: bool,
}

/// The list that a file contains: its name is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ExportedList {
    /// Organizations.
    Organizations,
    /// Operators of the workspace.
    Operators,
    /// People of organizations.
    People,
    /// The activity record.
    Activity,
    /// A part of the activity record that is removed afterwards.
    ActivityArchive,
    /// What the doctor found.
    Findings,
    /// The passwords that an import generates.
    GeneratedPasswords,
    /// The rows of an import that were not carried out.
    FailedRows,
    /// A certificate about what was deleted for good.
    ErasureCertificate,
}

/// A written list.
#[derive(Debug)]
pub struct ExportedFile<Contents = Exported> {
    /// Its path.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its contents.
    pub exported: Contents,
}

impl Console {
    /// Opens the platform's save dialog; `None` if the person changed their mind.
    ///
    /// # Errors
    /// None of its own.
    pub async fn choose_export_file(
        &self,
        list: ExportedList,
        format: ExportFormat,
    ) -> Result<Option<ChosenFile>, ConsoleError> {
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let (name, (kind, ending)) = (self.suggested_name(list), words(format));
        let ask = move || {
            let suggested = free_path(&folder, &name, ending);
            let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let chosen = desktop.choose_file(title(list), &folder, &name, kind, ending)?;
            Some(confirmed(chosen, ending))
        };
        Ok(blocking(ask).await?.map(|target| self.choose(target)))
    }

    /// A free name in the suggested folder for exports.
    ///
    /// # Errors
    /// None of its own.
    pub async fn default_export_file(
        &self,
        list: ExportedList,
        format: ExportFormat,
    ) -> Result<ChosenFile, ConsoleError> {
        let (folder, name) = (self.folders.exports.clone(), self.suggested_name(list));
        let (_, ending) = words(format);
        let path = blocking(move || free_path(&folder, &name, ending)).await?;
        Ok(self.choose(Target { path, may_replace: false }))
    }

    /// Writes a list of organizations to the chosen place. A cancelled or failed export leaves nothing there.
    ///
    /// # Errors
    /// `not_found` for a used place, `file_not_written`, `cancelled`, `forbidden`, `unavailable`.
    pub async fn export_organizations(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        request: ExportRequest,
        target: &str,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<ExportedFile, ConsoleError> {
        let write = |output| workspace.exports().run(actor, request, output, progress, cancellation);
        self.write_export(target, write).await
    }

    /// Has a list written to the chosen place. What is cancelled or fails leaves nothing there.
    ///
    /// # Errors
    /// `not_found` for a used place, `file_not_written`, and those of `write`.
    pub async fn write_export<Contents, Writing>(
        &self,
        target: &str,
        write: impl FnOnce(Box<dyn Write + Send>) -> Writing,
    ) -> Result<ExportedFile<Contents>, ConsoleError>
    where
        Writing: Future<Output = Result<Contents, AppError>>,
    {
        let place = self.exports.target(target).ok_or_else(|| ConsoleError::not_found("chosen file"))?;
        let path = place.path.clone();
        let not_written = |reason| ConsoleError::not_written(&path, reason);
        let unfinished = Arc::clone(&self.unfinished);
        let start = move || unfinished.start(place).and_then(|file| Ok((file.writer()?, file)));
        let (writer, file) = blocking(start).await?.map_err(not_written)?;
        let exported = write(writer).await.map_err(|error| ConsoleError::of_file(&path, error))?;
        let bytes = blocking(move || file.finish()).await?.map_err(not_written)?;
        self.exports.note_written(target, &path);
        tracing::info!(bytes, "exported a list");
        Ok(ExportedFile { path, bytes, exported })
    }

    /// Reveals an exported file in the file manager, if it was exported in this run.
    ///
    /// # Errors
    /// `not_found` for any other file.
    pub async fn reveal(&self, path: &Path) -> Result<(), ConsoleError> {
        if !self.exports.was_written(path) {
            return Err(ConsoleError::not_found("exported file"));
        }
        let (desktop, path) = (Arc::clone(&self.desktop), path.to_owned());
        Ok(blocking(move || desktop.reveal(&path)).await??)
    }

    fn suggested_name(&self, list: ExportedList) -> String {
        let word = match list {
            ExportedList::Organizations => "organizations",
            ExportedList::Operators => "operators",
            ExportedList::People => "people",
            ExportedList::Activity => "activity",
            ExportedList::ActivityArchive => "activity-archive",
            ExportedList::Findings => "findings",
            ExportedList::GeneratedPasswords => "passwords",
            ExportedList::FailedRows => "rows-to-mend",
            ExportedList::ErasureCertificate => "erasure-certificate",
        };
        format!("{word}-{}", self.clock.now().date())
    }

    fn choose(&self, target: Target) -> ChosenFile {
        ChosenFile {
            display_path: target.path.display().to_string(),
            exists: target.may_replace,
            target: self.exports.choose(target),
        }
    }
}

/// The name of a format in a save dialog, and its file name extension without the dot.
fn words(format: ExportFormat) -> (&'static str, &'static str) {
    match format {
        ExportFormat::Csv(_) => ("Comma-separated values", "csv"),
        ExportFormat::Json => ("JSON", "json"),
        ExportFormat::Ndjson => ("JSON, one object per line", "ndjson"),
        ExportFormat::Xlsx => ("Spreadsheet", "xlsx"),
    }
}

/// The title of the save dialog.
fn title(list: ExportedList) -> &'static str {
    match list {
        ExportedList::Organizations => "Export organizations",
        ExportedList::Operators => "Export operators",
        ExportedList::People => "Export people",
        ExportedList::Activity => "Export activity",
        ExportedList::ActivityArchive => "Archive activity",
        ExportedList::Findings => "Export findings",
        ExportedList::GeneratedPasswords => "Save generated passwords",
        ExportedList::FailedRows => "Save rows to mend",
        ExportedList::ErasureCertificate => "Save certificate",
    }
}
