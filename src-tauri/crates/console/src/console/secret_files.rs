//! Files with secrets that a person asked for: a recovery code, and one-time passwords. Each is written once, from the
//! window's only copy, to a place that the person chooses in a dialog, and readable by this user alone.

use std::io::Write;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::error::FileProblem;
use tenantry_core::export::{Cell, Column, CsvLayout, CsvSeparator, ExportFormat, row_writer};

use super::{Console, blocking};
use crate::error::ConsoleError;
use crate::files::{confirmed, free_path};

/// A one-time password with whom it is for.
pub struct OneTimeRow {
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: SecretString,
}

/// What a person saves.
pub enum SecretFile {
    /// The recovery code of an owner.
    RecoveryCode {
        /// The code in groups of four.
        code: SecretString,
        /// The address of its owner.
        owner: String,
        /// The workspace that it is for.
        workspace: String,
    },
    /// One-time passwords as a CSV file.
    OneTimePasswords(Vec<OneTimeRow>),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum OneTimeColumn {
    Name,
    Email,
    Password,
}

impl Column for OneTimeColumn {
    type Row = OneTimeRow;

    const SHEET: &'static str = "One-time passwords";

    fn header(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Password => "one_time_password",
        }
    }

    fn width(self) -> u16 {
        32
    }

    fn cell<'row>(self, row: &'row OneTimeRow, _: &'row mut String) -> Cell<'row> {
        Cell::Text(match self {
            Self::Name => &row.name,
            Self::Email => &row.email,
            Self::Password => row.password.expose_secret(),
        })
    }
}

impl SecretFile {
    /// The title of the dialog, the suggested name, the kind of file and its ending.
    fn words(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::RecoveryCode { .. } => ("Save recovery code", "tenantry-recovery-code", "Text", "txt"),
            Self::OneTimePasswords(_) => {
                ("Save one-time passwords", "one-time-passwords", "Comma-separated values", "csv")
            }
        }
    }

    fn write(self, mut output: Box<dyn Write + Send>) -> std::io::Result<()> {
        match self {
            Self::RecoveryCode { code, owner, workspace } => {
                writeln!(output, "Tenantry recovery code\n\nWorkspace: {workspace}\nOwner: {owner}\n")?;
                writeln!(output, "{}\n", code.expose_secret())?;
                writeln!(output, "It signs its owner in once, without the password. Keep it secret.")?;
                output.flush()
            }
            Self::OneTimePasswords(rows) => {
                let layout = CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true };
                let columns = [OneTimeColumn::Name, OneTimeColumn::Email, OneTimeColumn::Password];
                let mut writer = row_writer(ExportFormat::Csv(layout), &columns, output)?;
                rows.iter().try_for_each(|row| writer.write_row(row))?;
                writer.finish().map(drop)
            }
        }
    }
}

impl Console {
    /// Asks for a place and writes the file. Returns its path; `None` if the person changed their mind.
    ///
    /// # Errors
    /// `no_workspace`, `not_signed_in`, `file_not_written`.
    pub async fn save_secret_file(
        &self,
        workspace: &str,
        file: SecretFile,
    ) -> Result<Option<String>, ConsoleError> {
        self.open.load(workspace)?.session().ok_or(ConsoleError::NotSignedIn)?;
        let (desktop, folder) = (Arc::clone(&self.desktop), self.folders.exports.clone());
        let (title, name, kind, ending) = file.words();
        let ask = move || {
            let suggested = free_path(&folder, name, ending);
            let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Some(confirmed(desktop.choose_file(title, &folder, &name, kind, ending)?, ending))
        };
        let Some(target) = blocking(ask).await? else { return Ok(None) };
        let path = target.path.clone();
        let unfinished = Arc::clone(&self.unfinished);
        let write = move || {
            let pending = unfinished.start(target)?;
            file.write(pending.writer()?).map_err(|error| FileProblem::from(&error))?;
            pending.finish()
        };
        blocking(write).await?.map_err(|reason| ConsoleError::not_written(&path, reason))?;
        Ok(Some(path.display().to_string()))
    }
}
