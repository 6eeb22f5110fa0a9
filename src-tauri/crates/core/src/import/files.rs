//! The files that an import leaves: generated passwords, and rows to mend and import again.

use std::io::{self, Write};

use secrecy::{ExposeSecret, SecretString};

use super::columns::ImportField;
use super::draft::ImportDraft;
use super::plan::{CellProblem, RowPlan};
use super::service::{RowAct, RowResult, RowWork};
use crate::error::{AppError, ConflictOn};
use crate::export::{Cell, Column, CsvLayout, CsvLines, CsvSeparator, ExportFormat, row_writer};
use crate::values::{DisplayName, EmailAddress, FieldIssue, FieldRule, OrganizationName, Password};

/// A password that was drawn for an organization that is about to be created.
#[derive(Debug, Clone)]
pub struct GeneratedPassword {
    name: OrganizationName,
    email: EmailAddress,
    password: SecretString,
}

impl GeneratedPassword {
    /// Those of the rows that are about to be carried out.
    pub fn of(work: &[RowWork]) -> Vec<Self> {
        let of_row = |work: &RowWork| match &work.act {
            RowAct::Create { name, email, password, generated: true, .. } => {
                Some(Self { name: name.clone(), email: email.clone(), password: password.clone() })
            }
            RowAct::Create { .. } | RowAct::Change { .. } => None,
        };
        work.iter().filter_map(of_row).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum PasswordColumn {
    Name,
    Email,
    Password,
}

impl Column for PasswordColumn {
    type Row = GeneratedPassword;

    const SHEET: &'static str = "Passwords";

    fn header(self) -> &'static str {
        match self {
            Self::Name => "organization_name",
            Self::Email => "admin_email",
            Self::Password => "password",
        }
    }

    fn width(self) -> u16 {
        32
    }

    fn cell<'row>(self, row: &'row GeneratedPassword, _made: &'row mut String) -> Cell<'row> {
        Cell::Text(match self {
            Self::Name => row.name.as_str(),
            Self::Email => row.email.as_str(),
            Self::Password => row.password.expose_secret(),
        })
    }
}

/// Writes generated passwords as a CSV file.
///
/// # Errors
/// Those of the output.
pub fn write_passwords(passwords: &[GeneratedPassword], output: Box<dyn Write + Send>) -> io::Result<()> {
    let columns = [PasswordColumn::Name, PasswordColumn::Email, PasswordColumn::Password];
    let layout = CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: false };
    let mut writer = row_writer(ExportFormat::Csv(layout), &columns, output)?;
    for password in passwords {
        writer.write_row(password)?;
    }
    writer.finish().map(drop)
}

/// The rows that were not carried out, in the layout of their file, with a column that says why.
///
/// A password is not among them: it is in the file that it came from, and no second file has it.
pub struct FailedRows {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl FailedRows {
    /// Those of a draft: rows with problems, rows that failed, and rows that were not tried.
    pub fn of(draft: &ImportDraft) -> Self {
        let (headers, raw) = draft.raw();
        let mut headers = headers.to_vec();
        // A cell that a person added to a file without its column.
        let columns = draft.columns();
        let is_added = |field: &ImportField| {
            *field != ImportField::Password
                && columns.of(*field).is_none()
                && (0..raw.len()).any(|row| draft.is_edited(row, *field))
        };
        let added: Vec<ImportField> = ImportField::ALL.iter().copied().filter(is_added).collect();
        let width = headers.len();
        headers.extend(added.iter().map(|field| header(*field).to_owned()));
        headers.push("problem".to_owned());
        let rows = (0..raw.len()).filter_map(|row| {
            let problem = problem(draft, row)?;
            let mut cells: Vec<String> = raw.get(row)?.cells.clone();
            cells.resize(width, String::new());
            for field in ImportField::ALL {
                if let Some(cell) = columns.of(*field).and_then(|column| cells.get_mut(column)) {
                    *cell = match field {
                        ImportField::Password => String::new(),
                        _ => draft.cell(row, *field).to_owned(),
                    };
                }
            }
            cells.extend(added.iter().map(|field| draft.cell(row, *field).to_owned()));
            cells.push(problem);
            Some(cells)
        });
        let rows = rows.collect();
        Self { headers, rows }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes them as a CSV file that opens in a spreadsheet.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, output: Box<dyn Write + Send>) -> io::Result<()> {
        let mut lines = CsvLines::start(output)?;
        lines.line(self.headers.iter().map(String::as_str))?;
        for row in &self.rows {
            lines.line(row.iter().map(String::as_str))?;
        }
        lines.finish()
    }
}

/// The header of a field in our own exports.
fn header(field: ImportField) -> &'static str {
    match field {
        ImportField::Name => "organization_name",
        ImportField::DisplayName => "display_name",
        ImportField::Email => "admin_email",
        ImportField::Password => "password",
        ImportField::Status => "status",
    }
}

/// Why a row was not carried out; `None` if it was, or was passed over.
fn problem(draft: &ImportDraft, row: usize) -> Option<String> {
    if let Some(result) = draft.result_of(row) {
        return match result {
            RowResult::Created | RowResult::Changed => None,
            RowResult::NotTried => Some("It was not tried.".to_owned()),
            RowResult::NotDeactivated(error) => {
                Some(format!("It was created, and not deactivated: {}", sentence(error)))
            }
            RowResult::Failed(error) => Some(sentence(error)),
        };
    }
    match draft.plan_of(row)? {
        RowPlan::Mend(problems) => {
            let words = problems.iter().map(|problem| words(draft, row, problem));
            Some(words.collect::<Vec<_>>().join(" "))
        }
        RowPlan::Create | RowPlan::Change(_) | RowPlan::Skip(_) => None,
    }
}

fn sentence(error: &AppError) -> String {
    match error {
        AppError::Conflict(on) => FieldIssue::from(*on).message,
        AppError::InvalidInput(issues) => {
            issues.iter().map(|issue| issue.message.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other}."),
    }
}

/// The broken rule of a cell, as a sentence.
fn words(draft: &ImportDraft, row: usize, problem: &CellProblem) -> String {
    let cell = draft.cell(row, problem.field);
    let issues = match (problem.rule, problem.field) {
        (FieldRule::Twin, field) => {
            let other = problem.other_row.unwrap_or_default();
            let what = if field == ImportField::Name { "name" } else { "address" };
            return format!("Row {other} of the file has this {what} as well.");
        }
        (FieldRule::UnknownWord, _) => return "The status is active or deactivated.".to_owned(),
        (FieldRule::Taken, ImportField::Email) => vec![FieldIssue::from(ConflictOn::Email)],
        (FieldRule::Taken, _) => vec![FieldIssue::from(ConflictOn::Name)],
        (FieldRule::CollectionTaken, _) => vec![FieldIssue::from(ConflictOn::Collection)],
        (_, ImportField::Name) => OrganizationName::parse(cell).err().into_iter().collect(),
        (_, ImportField::DisplayName) => DisplayName::parse(cell).err().into_iter().collect(),
        (_, ImportField::Email) => EmailAddress::parse(cell).err().into_iter().collect(),
        (rule, ImportField::Password) => {
            let issues = Password::parse(&SecretString::from(cell)).err().unwrap_or_default();
            issues.into_iter().filter(|issue| issue.rule == rule).collect()
        }
        (_, ImportField::Status) => Vec::new(),
    };
    issues.into_iter().map(|issue| issue.message).collect::<Vec<_>>().join(" ")
}
