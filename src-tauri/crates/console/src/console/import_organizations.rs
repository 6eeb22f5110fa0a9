//! Imports organizations from a file that a person chose, and writes the files that an import leaves.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use tenantry_core::error::{AppError, FileProblem, ListProblem, ListRefusal};
use tenantry_core::import::{
    FailedRows, GeneratedPassword, ImportChoices, ImportField, Imported, RowResult, read, write_passwords,
};
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::limits::IMPORT_BYTES_MAX;
use tenantry_core::rights::Actor;

use super::{Console, ExportedFile, blocking};
use crate::error::ConsoleError;
use crate::importing::{Import, ImportState};
use crate::workspace::OpenWorkspace;

/// What a person changes of an import before it is carried out.
pub enum ImportChange {
    /// Whether the first row has the headers.
    Headers {
        /// Whether it has.
        in_first_row: bool,
    },
    /// The column of a field, or none.
    Column {
        /// The field.
        field: ImportField,
        /// Its column.
        column: Option<usize>,
    },
    /// What is decided for all rows.
    Choices(ImportChoices),
    /// A cell.
    Cell {
        /// The row, from 0 on.
        row: usize,
        /// The field.
        field: ImportField,
        /// Its text.
        text: SecretString,
    },
    /// Whether a row is left out.
    LeftOut {
        /// The row, from 0 on.
        row: usize,
        /// Whether it is.
        out: bool,
    },
    /// Nothing: the workspace is asked anew.
    Again,
}

/// The plan that a person saw: rows that are created, and rows that change an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenPlan {
    /// Organizations to create.
    pub create: u32,
    /// Organizations to change.
    pub change: u32,
}

impl Console {
    /// Lets a person choose a file with organizations and reads it; `None` if they changed their mind.
    ///
    /// # Errors
    /// `list_refused`, `forbidden`, `unavailable`.
    pub async fn choose_organizations(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
    ) -> Result<Option<Arc<Import>>, ConsoleError> {
        workspace.imports().require(actor)?;
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let choose = move || desktop.choose_existing("Import organizations", &folder);
        let Some(path) = blocking(choose).await? else { return Ok(None) };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let content = blocking(move || read_file(path)).await?.map_err(|error| {
            tracing::warn!(kind = ?error.kind(), "a file with organizations could not be read");
            AppError::ListRefused(ListRefusal { problem: ListProblem::Unreadable, row: None })
        })?;
        self.read_organizations(workspace, actor, name, content).await.map(Some)
    }

    /// Reads the content of a file with organizations, which takes the place of the one before.
    ///
    /// # Errors
    /// As [`choose_organizations`](Self::choose_organizations).
    pub async fn read_organizations(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        name: String,
        content: Vec<u8>,
    ) -> Result<Arc<Import>, ConsoleError> {
        workspace.imports().require(actor)?;
        let mut draft = blocking(move || read(&name, content)).await?.map_err(AppError::ListRefused)?;
        draft.learn(workspace.imports().look(actor, draft.wanted(true)).await?);
        Ok(workspace.import.begin(actor.account(), draft))
    }

    /// Changes an import and plans it again; asks the workspace about names and addresses that are new.
    ///
    /// # Errors
    /// `not_found`, `busy` while rows are being carried out, `forbidden`, `unavailable`.
    pub async fn change_import(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: &str,
        change: ImportChange,
    ) -> Result<Arc<Import>, ConsoleError> {
        workspace.imports().require(actor)?;
        let import = workspace.import.load(actor.account(), id)?;
        let wanted = import.change(|ImportState { draft, failures, .. }| {
            // What was carried out is in the workspace now.
            let anew = draft.is_carried_out() || matches!(change, ImportChange::Again);
            match change {
                ImportChange::Headers { in_first_row } => draft.set_headers(in_first_row),
                ImportChange::Column { field, column } => draft.set_column(field, column),
                ImportChange::Choices(choices) => draft.set_choices(choices),
                ImportChange::Cell { row, field, text } => draft.set_cell(row, field, text),
                ImportChange::LeftOut { row, out } => draft.leave_out(row, out),
                ImportChange::Again => {}
            }
            failures.clear();
            draft.wanted(anew)
        })?;
        self.look(workspace, actor, &import, wanted).await?;
        Ok(import)
    }

    async fn look(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        import: &Import,
        wanted: tenantry_core::import::Wanted,
    ) -> Result<(), ConsoleError> {
        let found = workspace.imports().look(actor, wanted).await?;
        import.change(|state| state.draft.learn(found))
    }

    /// Carries out an import as the person saw it planned. Generated passwords are written to the chosen place before
    /// the first organization is created; the file is removed again if none was.
    ///
    /// # Errors
    /// `facts_changed` if the workspace has changed so that the plan is another; `not_found`, `busy`,
    /// `file_not_written`, `read_only`, `forbidden`, `unavailable`: nothing was done.
    pub async fn run_import(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        (id, seen): (&str, SeenPlan),
        passwords: Option<&str>,
        (progress, cancellation): (&dyn ProgressSink, &Cancellation),
    ) -> Result<(Imported, Option<PathBuf>), ConsoleError> {
        let import = workspace.import.load(actor.account(), id)?;
        let wanted = import.change(|state| state.draft.wanted(true))?;
        self.look(workspace, actor, &import, wanted).await?;
        let (file, work) = import.change(|state| {
            let counts = state.draft.counts();
            if (SeenPlan { create: counts.create, change: counts.change }) != seen {
                return Err(AppError::FactsChanged);
            }
            state.is_running = true;
            Ok((state.draft.file().to_owned(), state.draft.work()))
        })??;
        let _running = Running(&import);
        let written = self.write_generated(GeneratedPassword::of(&work), passwords).await?;
        let done = |row: usize, result: RowResult| {
            let failure = match &result {
                RowResult::Failed(error) | RowResult::NotDeactivated(error) => {
                    Some(ConsoleError::from(error.clone()))
                }
                RowResult::Created | RowResult::Changed | RowResult::NotTried => None,
            };
            import.with(|state| {
                state.failures.extend(failure.map(|failure| (row, failure)));
                state.draft.note(row, result);
            });
        };
        let organizations = workspace.organizations();
        let run =
            workspace.imports().run(organizations, actor, (&file, work), &done, (progress, cancellation));
        let imported = run.await;
        let nothing_was_created =
            imported.as_ref().map_or(true, |imported| imported.created + imported.unclear == 0);
        match written {
            Some(path) if nothing_was_created => {
                self.remove_written(path).await;
                Ok((imported?, None))
            }
            written => Ok((imported?, written)),
        }
    }

    /// Writes generated passwords to the chosen place; `None` if there are none.
    async fn write_generated(
        &self,
        passwords: Vec<GeneratedPassword>,
        target: Option<&str>,
    ) -> Result<Option<PathBuf>, ConsoleError> {
        if passwords.is_empty() {
            return Ok(None);
        }
        let target = target.ok_or_else(|| ConsoleError::not_found("chosen file"))?;
        let write = |output| in_one_go(output, move |output| write_passwords(&passwords, output));
        Ok(Some(self.write_export(target, write).await?.path))
    }

    async fn remove_written(&self, path: PathBuf) {
        let removed = blocking(move || std::fs::remove_file(path)).await;
        if !matches!(removed, Ok(Ok(()))) {
            tracing::warn!("a file with passwords of organizations that were not created is left");
        }
    }

    /// Writes the rows that were not carried out to the chosen place, to mend and import again.
    ///
    /// # Errors
    /// `not_found`, `file_not_written`.
    pub async fn write_failed_rows(
        &self,
        workspace: &OpenWorkspace,
        actor: &Actor,
        id: &str,
        target: &str,
    ) -> Result<ExportedFile<u64>, ConsoleError> {
        workspace.imports().require(actor)?;
        let import = workspace.import.load(actor.account(), id)?;
        let rows = import.with(|state| FailedRows::of(&state.draft));
        let count = rows.len() as u64;
        let write = |output| in_one_go(output, move |output| rows.write(output));
        let ExportedFile { path, bytes, exported: () } = self.write_export(target, write).await?;
        Ok(ExportedFile { path, bytes, exported: count })
    }
}

/// Rows are being carried out as long as this lives.
struct Running<'import>(&'import Import);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.with(|state| state.is_running = false);
    }
}

async fn in_one_go(
    output: Box<dyn Write + Send>,
    write: impl FnOnce(Box<dyn Write + Send>) -> io::Result<()> + Send + 'static,
) -> Result<(), AppError> {
    let written = tokio::task::spawn_blocking(move || write(output)).await;
    let failed = |problem| AppError::FileNotWritten(problem);
    written.map_err(|_| failed(FileProblem::Other))?.map_err(|error| failed(FileProblem::from(&error)))
}

fn read_file(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let mut content = Vec::new();
    // One byte above the limit tells the reader that it is too long.
    file.take(IMPORT_BYTES_MAX + 1).read_to_end(&mut content)?;
    Ok(content)
}
