use std::collections::{HashMap, HashSet};

use secrecy::{ExposeSecret, SecretString};

use super::columns::{self, ImportColumns, ImportField};
use super::known::{Found, NameState, Wanted};
use super::plan::{self, ImportChoices, ImportCounts, ImportFacet, Parsed, RowPlan, Status};
use super::service::{RowAct, RowResult, RowWork};
use super::table::{ListKind, Table, TableRow};
use crate::export::without_guards;
use crate::organizations::Seen;
use crate::values::{DisplayName, OneTimePassword};

/// A file that is being imported: its rows, what a person corrected, and what would become of each row.
///
/// It has no `Debug`: a column may have passwords.
pub struct ImportDraft {
    file: String,
    kind: ListKind,
    headers: Vec<String>,
    first_has_headers: bool,
    /// The rows that may be headers, and the keys of objects.
    keys: Option<Vec<String>>,
    first: Option<TableRow>,
    rows: Vec<TableRow>,
    columns: ImportColumns,
    choices: ImportChoices,
    edits: HashMap<(usize, ImportField), SecretString>,
    left_out: HashSet<usize>,
    known: Found,
    parsed: Vec<Parsed>,
    plans: Vec<RowPlan>,
    results: HashMap<usize, RowResult>,
}

impl ImportDraft {
    pub(super) fn new(file: &str, table: Table) -> Self {
        let first_has_headers = table.keys.is_none() && columns::has_headers(&table);
        let Table { kind, keys, mut rows } = table;
        let first = first_has_headers.then(|| rows.remove(0));
        let mut draft = Self {
            file: file.chars().take(FILE_NAME_SHOWN).collect(),
            kind,
            headers: Vec::new(),
            first_has_headers,
            keys,
            first,
            rows,
            columns: ImportColumns::default(),
            choices: ImportChoices::default(),
            edits: HashMap::new(),
            left_out: HashSet::new(),
            known: Found::default(),
            parsed: Vec::new(),
            plans: Vec::new(),
            results: HashMap::new(),
        };
        draft.match_headers();
        draft.take_guards_away();
        draft.choices.generate_passwords = draft.columns.of(ImportField::Password).is_none();
        draft.read_rows();
        draft
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The kind of the file.
    pub fn kind(&self) -> ListKind {
        self.kind
    }

    /// The headers of its columns; empty where a column has none.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// Whether its first row has the headers; `None` where that is no question.
    pub fn first_row_has_headers(&self) -> Option<bool> {
        self.keys.is_none().then_some(self.first_has_headers)
    }

    /// The column of each field.
    pub fn columns(&self) -> &ImportColumns {
        &self.columns
    }

    /// What was decided for all rows.
    pub fn choices(&self) -> ImportChoices {
        self.choices
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row but its headers.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes the first row for headers, or for a row.
    pub fn set_headers(&mut self, in_first_row: bool) {
        if self.keys.is_some() || in_first_row == self.first_has_headers {
            return;
        }
        match self.first.take() {
            Some(first) => self.rows.insert(0, first),
            None if self.rows.is_empty() => return,
            None => self.first = Some(self.rows.remove(0)),
        }
        self.first_has_headers = in_first_row;
        // The rows have other places now.
        self.edits.clear();
        self.left_out.clear();
        self.match_headers();
        self.read_rows();
    }

    /// Gives a field a column, or none.
    pub fn set_column(&mut self, field: ImportField, column: Option<usize>) {
        let column = column.filter(|column| *column < self.headers.len());
        self.columns.set(field, column);
        self.edits.retain(|(_, edited), _| *edited != field);
        self.read_rows();
    }

    /// Decides for all rows.
    pub fn set_choices(&mut self, choices: ImportChoices) {
        self.choices = choices;
        self.plan();
    }

    /// Corrects a cell.
    pub fn set_cell(&mut self, row: usize, field: ImportField, text: SecretString) {
        if row < self.rows.len() {
            self.edits.insert((row, field), text);
            let parsed = self.parse(row);
            if let Some(place) = self.parsed.get_mut(row) {
                *place = parsed;
            }
            self.plan();
        }
    }

    /// Leaves a row out, or takes it in again.
    pub fn leave_out(&mut self, row: usize, out: bool) {
        if out {
            self.left_out.insert(row);
        } else {
            self.left_out.remove(&row);
        }
        self.plan();
    }

    /// The names and addresses that the plan needs to know of and does not; all of them if it is to be looked at anew.
    pub fn wanted(&self, anew: bool) -> Wanted {
        let mut wanted = Wanted::default();
        let (mut names, mut addresses) = (HashSet::new(), HashSet::new());
        for row in &self.parsed {
            if let Ok(name) = &row.name
                && (anew || !self.known.names.contains_key(name))
                && names.insert(name)
            {
                wanted.names.push(name.clone());
            }
            if let Ok(Some(email)) = &row.email {
                let key = email.matching_key();
                if (anew || !self.known.addresses.contains_key(&key)) && addresses.insert(key) {
                    wanted.addresses.push(email.clone());
                }
            }
        }
        wanted
    }

    /// Learns what the store knows, and plans again.
    pub fn learn(&mut self, found: Found) {
        self.known.merge(found);
        self.plan();
    }

    /// The text of a cell, as it is imported. Of a password: to be kept in this process.
    pub fn cell(&self, row: usize, field: ImportField) -> &str {
        if let Some(edited) = self.edits.get(&(row, field)) {
            return edited.expose_secret();
        }
        let column = self.columns.of(field);
        let cell = column.and_then(|column| self.rows.get(row)?.cells.get(column));
        cell.map_or("", String::as_str)
    }

    /// The number of a row in the file, from 1 on.
    pub fn number(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |row| row.number)
    }

    /// Whether a person corrected a cell.
    pub fn is_edited(&self, row: usize, field: ImportField) -> bool {
        self.edits.contains_key(&(row, field))
    }

    /// What becomes of a row.
    pub fn plan_of(&self, row: usize) -> Option<&RowPlan> {
        self.plans.get(row)
    }

    /// What became of a row.
    pub fn result_of(&self, row: usize) -> Option<&RowResult> {
        self.results.get(&row)
    }

    /// Whether a row's password is generated.
    pub fn is_generated(&self, row: usize) -> bool {
        self.plans.get(row) == Some(&RowPlan::Create) && self.cell(row, ImportField::Password).is_empty()
    }

    /// The rows of a facet with a text in a name or an address, in the order of the file.
    pub fn rows_of(&self, facet: ImportFacet, search: &str) -> Vec<usize> {
        let search = search.trim().to_lowercase();
        let shown = [ImportField::Name, ImportField::DisplayName, ImportField::Email];
        let has_text = |row: usize| {
            search.is_empty()
                || shown.iter().any(|field| self.cell(row, *field).to_lowercase().contains(&search))
        };
        (0..self.rows.len()).filter(|row| self.is_of(facet, *row) && has_text(*row)).collect()
    }

    fn is_of(&self, facet: ImportFacet, row: usize) -> bool {
        let plan = self.plans.get(row);
        match facet {
            ImportFacet::All => true,
            ImportFacet::Create => matches!(plan, Some(RowPlan::Create)),
            ImportFacet::Change => matches!(plan, Some(RowPlan::Change(_))),
            ImportFacet::Skip => matches!(plan, Some(RowPlan::Skip(_))),
            ImportFacet::Mend => matches!(plan, Some(RowPlan::Mend(_))),
            ImportFacet::Done => self.results.get(&row).is_some_and(RowResult::is_done),
            ImportFacet::Failed => self.results.get(&row).is_some_and(|result| !result.is_done()),
        }
    }

    /// Whether it was carried out, and nothing was changed since.
    pub fn is_carried_out(&self) -> bool {
        !self.results.is_empty()
    }

    /// How many rows of each kind there are.
    pub fn counts(&self) -> ImportCounts {
        let mut counts = ImportCounts::default();
        for (row, plan) in self.plans.iter().enumerate() {
            counts.all += 1;
            counts.generated += u32::from(self.is_generated(row));
            *match plan {
                RowPlan::Create => &mut counts.create,
                RowPlan::Change(_) => &mut counts.change,
                RowPlan::Skip(_) => &mut counts.skip,
                RowPlan::Mend(_) => &mut counts.mend,
            } += 1;
        }
        for result in self.results.values() {
            *if result.is_done() { &mut counts.done } else { &mut counts.failed } += 1;
        }
        counts
    }

    /// The rows to carry out, as they are planned now. Passwords are drawn here for those that have none.
    pub fn work(&self) -> Vec<RowWork> {
        (0..self.rows.len()).filter_map(|row| Some(RowWork { row, act: self.act(row)? })).collect()
    }

    fn act(&self, row: usize) -> Option<RowAct> {
        let (plan, parsed) = (self.plans.get(row)?, self.parsed.get(row)?);
        let name = parsed.name.as_ref().ok()?;
        let status = parsed.status.ok()?;
        match plan {
            RowPlan::Create => {
                let generated = self.is_generated(row);
                let password = match generated {
                    true => OneTimePassword::new().secret().clone(),
                    false => SecretString::from(self.cell(row, ImportField::Password)),
                };
                Some(RowAct::Create {
                    name: name.clone(),
                    display_name: parsed.display_name.clone().ok()?,
                    email: parsed.email.clone().ok()??,
                    password,
                    generated,
                    active: status != Some(Status::Deactivated),
                })
            }
            RowPlan::Change(fields) => {
                let Some(NameState::Organization(there)) = self.known.names.get(name) else { return None };
                let text = |field: ImportField| {
                    fields.contains(&field).then(|| self.cell(row, field).trim().to_owned())
                };
                Some(RowAct::Change {
                    id: there.id,
                    display_name: text(ImportField::DisplayName),
                    email: text(ImportField::Email),
                    active: fields.contains(&ImportField::Status).then_some(status == Some(Status::Active)),
                    seen: Seen {
                        display_name: Some(shown(there.display_name.as_ref())),
                        email: Some(there.admin_email.to_string()),
                        ..Seen::default()
                    },
                })
            }
            RowPlan::Skip(_) | RowPlan::Mend(_) => None,
        }
    }

    /// Notes what became of a row.
    pub fn note(&mut self, row: usize, result: RowResult) {
        self.results.insert(row, result);
    }

    /// The rows as they stand in the file, and the row above them.
    pub(super) fn raw(&self) -> (&[String], &[TableRow]) {
        (&self.headers, &self.rows)
    }

    fn match_headers(&mut self) {
        let widest = self.rows.iter().chain(&self.first).map(|row| row.cells.len()).max().unwrap_or(0);
        let known = self.keys.as_ref().or(self.first.as_ref().map(|first| &first.cells));
        let mut headers: Vec<String> =
            known.map_or_else(Vec::new, |headers| headers.iter().map(|one| one.trim().to_owned()).collect());
        headers.resize(widest.max(headers.len()), String::new());
        self.columns = ImportColumns::matched(&headers);
        self.headers = headers;
    }

    /// Our own CSV files have guards before what a spreadsheet takes for a formula. A password is never guarded there,
    /// and never changed here.
    fn take_guards_away(&mut self) {
        let is_csv = matches!(self.kind, ListKind::Csv(_));
        if is_csv && columns::are_of_an_export(&self.headers) {
            let password = self.columns.of(ImportField::Password);
            for row in &mut self.rows {
                for (column, cell) in row.cells.iter_mut().enumerate() {
                    if cell.contains('\'') && Some(column) != password {
                        *cell = without_guards(cell);
                    }
                }
            }
        }
    }

    fn read_rows(&mut self) {
        self.parsed = (0..self.rows.len()).map(|row| self.parse(row)).collect();
        self.plan();
    }

    fn parse(&self, row: usize) -> Parsed {
        Parsed::of(|field| self.cell(row, field))
    }

    fn plan(&mut self) {
        let plan = |(row, parsed): (usize, &Parsed)| {
            plan::of_row(parsed, self.left_out.contains(&row), self.choices, &self.known)
        };
        let mut plans: Vec<RowPlan> = self.parsed.iter().enumerate().map(plan).collect();
        let rows: Vec<(u32, &Parsed)> = self.rows.iter().map(|row| row.number).zip(&self.parsed).collect();
        plan::mark_twins(&mut plans, &rows);
        self.plans = plans;
        // What became of rows before is about another plan.
        self.results.clear();
    }
}

fn shown(name: Option<&DisplayName>) -> String {
    name.map_or_else(String::new, |name| name.as_str().to_owned())
}

/// Characters of a file's name that are shown and recorded.
const FILE_NAME_SHOWN: usize = 200;
