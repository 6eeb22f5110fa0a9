//! What becomes of a row: the rules of a form for each of its cells, and what the workspace has already.

use std::collections::HashMap;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::columns::ImportField;
use super::known::{AddressState, Found, NameState};
use crate::records::Organization;
use crate::values::{DisplayName, EmailAddress, FieldIssue, FieldRule, OrganizationName, Password};

/// What a person decides for all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportChoices {
    /// Whether organizations that are there already are changed where a row differs.
    pub change_existing: bool,
    /// Whether new organizations whose row has no password get a random one.
    pub generate_passwords: bool,
}

/// What is wrong with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub struct CellProblem {
    /// The cell.
    pub field: ImportField,
    /// The rule that it breaks.
    pub rule: FieldRule,
    /// The other row with the same value, by its number in the file.
    pub other_row: Option<u32>,
}

/// Why a row is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum SkipReason {
    /// The organization is there, as the row has it.
    Same,
    /// The organization is there, and differs: changing it was not asked for.
    Exists,
    /// The row is about an organization in the trash.
    Trashed,
    /// A person left it out.
    LeftOut,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowPlan {
    /// An organization is created.
    Create,
    /// These fields of the organization with its name are changed.
    Change(Vec<ImportField>),
    /// Nothing.
    Skip(SkipReason),
    /// Nothing, until these problems are mended.
    Mend(Vec<CellProblem>),
}

/// The rows by what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum ImportFacet {
    /// All of them.
    All,
    /// Those that are created.
    Create,
    /// Those that change an organization.
    Change,
    /// Those that are passed over.
    Skip,
    /// Those with problems.
    Mend,
    /// Those that were carried out.
    Done,
    /// Those that failed, or were not tried.
    Failed,
}

/// How many rows of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportCounts {
    /// All rows.
    pub all: u32,
    /// Rows that are created.
    pub create: u32,
    /// Rows that change an organization.
    pub change: u32,
    /// Rows that are passed over.
    pub skip: u32,
    /// Rows with problems.
    pub mend: u32,
    /// Rows that were carried out.
    pub done: u32,
    /// Rows that failed, or were not tried.
    pub failed: u32,
    /// Rows whose password is generated.
    pub generated: u32,
}

/// The status that a row asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    Deactivated,
    Trashed,
}

/// The cells of a row, parsed by the rules of a form.
pub(super) struct Parsed {
    pub(super) name: Result<OrganizationName, FieldRule>,
    pub(super) display_name: Result<Option<DisplayName>, FieldRule>,
    /// `None` if the cell is empty.
    pub(super) email: Result<Option<EmailAddress>, FieldRule>,
    /// Whether there is a password, and what is wrong with it.
    pub(super) password: Result<bool, Vec<FieldRule>>,
    /// `None` if the cell is empty.
    pub(super) status: Result<Option<Status>, FieldRule>,
}

impl Parsed {
    /// `cell` has the text of each field; empty without a column.
    pub(super) fn of<'row>(cell: impl Fn(ImportField) -> &'row str) -> Self {
        let rule = |issue: FieldIssue| issue.rule;
        let (email, password) = (cell(ImportField::Email), cell(ImportField::Password));
        Self {
            name: OrganizationName::parse(cell(ImportField::Name)).map_err(rule),
            display_name: DisplayName::parse(cell(ImportField::DisplayName)).map_err(rule),
            email: match email.trim() {
                "" => Ok(None),
                text => EmailAddress::parse(text).map(Some).map_err(rule),
            },
            password: match password {
                "" => Ok(false),
                text => match Password::parse(&SecretString::from(text)) {
                    Ok(_) => Ok(true),
                    Err(issues) => Err(issues.into_iter().map(rule).collect()),
                },
            },
            status: status(cell(ImportField::Status)),
        }
    }

    fn is_trashed(&self) -> bool {
        self.status == Ok(Some(Status::Trashed))
    }
}

fn status(text: &str) -> Result<Option<Status>, FieldRule> {
    Ok(Some(match text.trim().to_lowercase().as_str() {
        "" => return Ok(None),
        "active" | "activated" | "enabled" | "true" | "yes" | "1" => Status::Active,
        "deactivated" | "inactive" | "disabled" | "false" | "no" | "0" => Status::Deactivated,
        "trashed" => Status::Trashed,
        _ => return Err(FieldRule::UnknownWord),
    }))
}

fn problem(field: ImportField, rule: FieldRule) -> CellProblem {
    CellProblem { field, rule, other_row: None }
}

/// The plan of a row by itself: twins in the file are looked for afterwards.
pub(super) fn of_row(row: &Parsed, left_out: bool, choices: ImportChoices, known: &Found) -> RowPlan {
    if left_out {
        return RowPlan::Skip(SkipReason::LeftOut);
    }
    if row.is_trashed() {
        return RowPlan::Skip(SkipReason::Trashed);
    }
    let state = row.name.as_ref().ok().and_then(|name| known.names.get(name));
    match state {
        Some(NameState::Organization(there)) => of_existing(row, there, choices, known),
        Some(NameState::CollectionTaken) => {
            let mut problems = of_new(row, choices, known);
            problems.insert(0, problem(ImportField::Name, FieldRule::CollectionTaken));
            RowPlan::Mend(problems)
        }
        Some(NameState::Free) | None => match of_new(row, choices, known) {
            problems if problems.is_empty() => RowPlan::Create,
            problems => RowPlan::Mend(problems),
        },
    }
}

/// What a row lacks for a new organization, as the dialog would say it.
fn of_new(row: &Parsed, choices: ImportChoices, known: &Found) -> Vec<CellProblem> {
    let mut problems = Vec::new();
    problems.extend(row.name.as_ref().err().map(|rule| problem(ImportField::Name, *rule)));
    problems.extend(row.display_name.as_ref().err().map(|rule| problem(ImportField::DisplayName, *rule)));
    problems.extend(match &row.email {
        Ok(None) => Some(problem(ImportField::Email, FieldRule::Required)),
        Ok(Some(email)) => match known.addresses.get(&email.matching_key()) {
            Some(AddressState::Organization(_) | AddressState::Operator) => {
                Some(problem(ImportField::Email, FieldRule::Taken))
            }
            Some(AddressState::Free) | None => None,
        },
        Err(rule) => Some(problem(ImportField::Email, *rule)),
    });
    match &row.password {
        Ok(true) => {}
        Ok(false) if choices.generate_passwords => {}
        Ok(false) => problems.push(problem(ImportField::Password, FieldRule::Required)),
        Err(rules) => problems.extend(rules.iter().map(|rule| problem(ImportField::Password, *rule))),
    }
    problems.extend(row.status.as_ref().err().map(|rule| problem(ImportField::Status, *rule)));
    problems
}

/// An empty cell keeps what is there, and a password is never changed.
fn of_existing(row: &Parsed, there: &Organization, choices: ImportChoices, known: &Found) -> RowPlan {
    let (mut changes, mut problems) = (Vec::new(), Vec::new());
    match &row.display_name {
        Ok(name) if name.is_some() && *name != there.display_name => changes.push(ImportField::DisplayName),
        Ok(_) => {}
        Err(rule) => problems.push(problem(ImportField::DisplayName, *rule)),
    }
    match &row.email {
        Ok(Some(email)) if *email != there.admin_email => {
            changes.push(ImportField::Email);
            let is_free = match known.addresses.get(&email.matching_key()) {
                Some(AddressState::Organization(id)) => *id == there.id,
                Some(AddressState::Operator) => false,
                Some(AddressState::Free) | None => true,
            };
            if !is_free {
                problems.push(problem(ImportField::Email, FieldRule::Taken));
            }
        }
        Ok(_) => {}
        Err(rule) => problems.push(problem(ImportField::Email, *rule)),
    }
    match &row.status {
        Ok(Some(status)) if (*status == Status::Active) != there.is_active => {
            changes.push(ImportField::Status);
        }
        Ok(_) => {}
        Err(rule) => problems.push(problem(ImportField::Status, *rule)),
    }
    if changes.is_empty() && problems.is_empty() {
        RowPlan::Skip(SkipReason::Same)
    } else if !choices.change_existing {
        RowPlan::Skip(SkipReason::Exists)
    } else if problems.is_empty() {
        RowPlan::Change(changes)
    } else {
        RowPlan::Mend(problems)
    }
}

/// Marks the rows that would write a name or an address that another row would write as well: each of them, since
/// nobody can tell which one is meant. `rows` are the numbers in the file, and the parsed cells.
pub(super) fn mark_twins(plans: &mut [RowPlan], rows: &[(u32, &Parsed)]) {
    let names = |row: &Parsed| row.name.as_ref().ok().map(|name| name.as_str().to_owned());
    let addresses = |row: &Parsed| match &row.email {
        Ok(Some(email)) => Some(email.matching_key()),
        Ok(None) | Err(_) => None,
    };
    let of_names = twins(plans, rows, names, |_| true);
    let of_addresses = twins(plans, rows, addresses, |plan| match plan {
        RowPlan::Change(fields) => fields.contains(&ImportField::Email),
        RowPlan::Create | RowPlan::Skip(_) | RowPlan::Mend(_) => true,
    });
    let found = of_names.into_iter().map(|twin| (ImportField::Name, twin));
    let found = found.chain(of_addresses.into_iter().map(|twin| (ImportField::Email, twin)));
    for (field, (index, other_row)) in found {
        let Some(plan) = plans.get_mut(index) else { continue };
        let twin = CellProblem { field, rule: FieldRule::Twin, other_row: Some(other_row) };
        match plan {
            RowPlan::Mend(problems) => problems.push(twin),
            RowPlan::Create | RowPlan::Change(_) | RowPlan::Skip(_) => *plan = RowPlan::Mend(vec![twin]),
        }
    }
}

/// The rows whose value another row has as well, each with the number of another.
fn twins(
    plans: &[RowPlan],
    rows: &[(u32, &Parsed)],
    value: impl Fn(&Parsed) -> Option<String>,
    writes: impl Fn(&RowPlan) -> bool,
) -> Vec<(usize, u32)> {
    let mut holders: HashMap<String, Vec<(usize, u32)>> = HashMap::new();
    for (index, (plan, (number, row))) in plans.iter().zip(rows).enumerate() {
        if matches!(plan, RowPlan::Skip(_)) || !writes(plan) {
            continue;
        }
        if let Some(value) = value(row) {
            holders.entry(value).or_default().push((index, *number));
        }
    }
    let mut twins = Vec::new();
    for rows in holders.into_values() {
        let [first, second, ..] = rows.as_slice() else { continue };
        twins.push((first.0, second.1));
        twins.extend(rows.iter().skip(1).map(|(index, _)| (*index, first.1)));
    }
    twins
}
