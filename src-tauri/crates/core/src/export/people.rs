//! Lists of operators and of people of organizations.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use time::OffsetDateTime;

use super::service::ExportService;
use super::writing::{Batch, Written, without_repetition, write_rows};
use super::{Cell, Column, ExportFormat, Exported};
use crate::error::AppError;
use crate::jobs::{Cancellation, ProgressSink};
use crate::limits::{PAGE_MAX, STATISTICS_AT_ONCE};
use crate::people::{OperatorService, PeopleService};
use crate::records::{
    ActivityKind, Membership, OperatorRow, OperatorsQuery, OrganizationRef, PageStart, PeopleCounts,
    PeopleFilter, PeopleQuery, PeopleSort, PeopleStatus, PersonRow, SortDirection,
};
use crate::rights::{Actor, Role};

/// A column of a list of operators or people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum PeopleColumn {
    /// The id, as 24 hex digits.
    Id,
    /// The name.
    Name,
    /// The address that they sign in with.
    Email,
    /// The role, or each of a person's different roles.
    Role,
    /// The names of a person's organizations, each with the role there; empty for operators.
    Organizations,
    /// `active`, `invited`, `expired` or `deactivated`.
    Status,
    /// When they last signed in, UTC; empty for never.
    LastSignIn,
    /// Until when the one-time password can be used, UTC; empty without one.
    OneTimeUntil,
    /// When they were added, UTC.
    CreatedAt,
}

impl Column for PeopleColumn {
    type Row = SomebodyRow;

    const SHEET: &'static str = "People";

    fn header(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Email => "email",
            Self::Role => "role",
            Self::Organizations => "organizations",
            Self::Status => "status",
            Self::LastSignIn => "last_sign_in_at",
            Self::OneTimeUntil => "one_time_password_until",
            Self::CreatedAt => "created_at",
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Status => 12,
            Self::Role | Self::LastSignIn | Self::OneTimeUntil | Self::CreatedAt => 20,
            Self::Id => 26,
            Self::Name | Self::Email => 32,
            Self::Organizations => 48,
        }
    }

    fn cell<'row>(self, row: &'row SomebodyRow, _: &'row mut String) -> Cell<'row> {
        let moment = |at: Option<OffsetDateTime>| at.map_or(Cell::Empty, |at| Cell::Moment(at.into()));
        match self {
            Self::Id => Cell::Text(&row.id),
            Self::Name => Cell::Text(&row.name),
            Self::Email => Cell::Text(&row.email),
            Self::Role => Cell::Text(&row.role),
            Self::Organizations => Cell::Text(&row.organizations),
            Self::Status => Cell::Text(status_word(row.status)),
            Self::LastSignIn => moment(row.last_sign_in_at),
            Self::OneTimeUntil => moment(row.one_time_until),
            Self::CreatedAt => moment(Some(row.created_at)),
        }
    }
}

/// An operator or a person as a row of a file. It has no place for a password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SomebodyRow {
    id: String,
    name: String,
    email: String,
    role: String,
    organizations: String,
    status: PeopleStatus,
    last_sign_in_at: Option<OffsetDateTime>,
    one_time_until: Option<OffsetDateTime>,
    created_at: OffsetDateTime,
}

/// A request for a file of people.
#[derive(Debug, Clone)]
pub struct ExportPeople {
    /// Which people.
    pub filter: PeopleFilter,
    /// Of these only those with such an id; `None` for all of them.
    pub only: Option<BTreeSet<String>>,
    /// The column they are sorted by.
    pub sort: PeopleSort,
    /// The sort direction.
    pub direction: SortDirection,
    /// The columns in this order; a column named twice is written once.
    pub columns: Vec<PeopleColumn>,
    /// The kind of file.
    pub format: ExportFormat,
}

/// A request for a file of operators; see [`ExportPeople`].
#[derive(Debug, Clone)]
pub struct ExportOperators {
    /// Searched in name and address.
    pub search: String,
    /// By status; `None` finds all.
    pub status: Option<PeopleStatus>,
    /// Of these only those with such an id; `None` for all of them.
    pub only: Option<BTreeSet<String>>,
    /// The column they are sorted by.
    pub sort: PeopleSort,
    /// The sort direction.
    pub direction: SortDirection,
    /// The columns in this order.
    pub columns: Vec<PeopleColumn>,
    /// The kind of file.
    pub format: ExportFormat,
}

impl ExportService {
    /// Writes the people that the filter finds and the session may see, with all of their organizations. A person who
    /// stays as they are from beginning to end is in the file exactly once. Memory does not grow with their number.
    ///
    /// # Errors
    /// `Cancelled`, `FileNotWritten`, `Forbidden`, `NotFound`, `Store`.
    pub async fn run_people(
        &self,
        actor: &Actor,
        people: &PeopleService,
        request: ExportPeople,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Exported, AppError> {
        let ExportPeople { filter, only, sort, direction, columns, format } = request;
        let columns = without_repetition(columns);
        let whole =
            columns.iter().any(|column| matches!(column, PeopleColumn::Organizations | PeopleColumn::Role));
        let (all, status) = (filter.clone(), filter.status);
        let only = only.as_ref();
        let total = async {
            Ok(match only {
                Some(only) => Some(only.len() as u64),
                None => Some(number_of(people.count(actor, all).await?, status)),
            })
        };
        let rows = pages(|start| {
            let query = PeopleQuery {
                filter: filter.clone(),
                sort,
                direction,
                backwards: false,
                start,
                limit: PAGE_MAX,
            };
            async move {
                let mut page = people.page(actor, query).await?;
                if let Some(only) = only {
                    page.people.retain(|row| only.contains(&row.id.to_hex()));
                }
                let organizations = &page.organizations;
                let rows = stream::iter(page.people)
                    .map(|row| async move {
                        // A list tells the first few organizations only.
                        if whole && row.memberships.len() < row.memberships_in_all as usize {
                            let person = people.get(actor, row.id).await?;
                            return Ok::<_, AppError>(person_row(
                                &row,
                                &person.memberships,
                                &person.organizations,
                            ));
                        }
                        Ok(person_row(&row, &row.memberships, organizations))
                    })
                    .buffered(STATISTICS_AT_ONCE)
                    .try_collect::<Vec<_>>()
                    .await?;
                Ok((rows, page.next))
            }
        });
        let file = (format, columns.as_slice(), output);
        let Written { rows, cut_cells } = write_rows(file, total, rows, progress, cancellation).await?;
        self.record(actor, ActivityKind::PeopleExported, rows, format).await?;
        Ok(Exported { rows, cut_cells, unshowable: 0 })
    }

    /// Writes the operators that the search finds, likewise.
    ///
    /// # Errors
    /// `Cancelled`, `FileNotWritten`, `Forbidden`, `Store`.
    pub async fn run_operators(
        &self,
        actor: &Actor,
        operators: &OperatorService,
        request: ExportOperators,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Exported, AppError> {
        let ExportOperators { search, status, only, sort, direction, columns, format } = request;
        let columns = without_repetition(columns);
        let only = only.as_ref();
        let total = async {
            Ok(match only {
                Some(only) => Some(only.len() as u64),
                None => Some(number_of(operators.count(actor, &search).await?, status)),
            })
        };
        let rows = pages(|start| {
            let search = search.clone();
            let query =
                OperatorsQuery { search, status, sort, direction, backwards: false, start, limit: PAGE_MAX };
            async move {
                let mut page = operators.page(actor, &query).await?;
                if let Some(only) = only {
                    page.operators.retain(|row| only.contains(&row.id.to_hex()));
                }
                Ok((page.operators.iter().map(operator_row).collect(), page.next))
            }
        });
        let file = (format, columns.as_slice(), output);
        let Written { rows, cut_cells } = write_rows(file, total, rows, progress, cancellation).await?;
        self.record(actor, ActivityKind::PeopleExported, rows, format).await?;
        Ok(Exported { rows, cut_cells, unshowable: 0 })
    }
}

/// The rows of all pages, one after the other.
fn pages<'a, Cursor: Send + 'a, Reading>(
    read: impl Fn(PageStart<Cursor>) -> Reading + Send + 'a,
) -> BoxStream<'a, Result<Batch<SomebodyRow>, AppError>>
where
    Reading: Future<Output = Result<(Vec<SomebodyRow>, Option<Cursor>), AppError>> + Send + 'a,
{
    stream::try_unfold((Some(PageStart::Beginning), read), |(start, read)| async move {
        let Some(start) = start else { return Ok(None) };
        let (rows, next) = read(start).await?;
        Ok(Some((Batch::from(rows), (next.map(PageStart::After), read))))
    })
    .boxed()
}

fn number_of(counts: PeopleCounts, status: Option<PeopleStatus>) -> u64 {
    match status {
        None => counts.all,
        Some(PeopleStatus::Active) => counts.active,
        Some(PeopleStatus::Invited) => counts.invited,
        Some(PeopleStatus::Expired) => counts.expired,
        Some(PeopleStatus::Deactivated) => counts.deactivated,
    }
}

fn person_row(row: &PersonRow, memberships: &[Membership], organizations: &[OrganizationRef]) -> SomebodyRow {
    let names: BTreeMap<_, _> =
        organizations.iter().map(|organization| (organization.id, organization.name.as_str())).collect();
    let roles: BTreeSet<_> =
        memberships.iter().map(|membership| Role::from(membership.role).as_str()).collect();
    let named = |membership: &Membership| {
        let name = names.get(&membership.organization_id).copied().unwrap_or("in the trash");
        format!("{name} ({})", Role::from(membership.role).as_str())
    };
    SomebodyRow {
        id: row.id.to_hex(),
        name: row.name.as_str().to_owned(),
        email: row.email.to_string(),
        role: roles.into_iter().collect::<Vec<_>>().join(", "),
        organizations: memberships.iter().map(named).collect::<Vec<_>>().join(", "),
        status: row.status,
        last_sign_in_at: row.last_sign_in_at,
        one_time_until: row.one_time.map(|one_time| one_time.until),
        created_at: row.created_at,
    }
}

fn operator_row(row: &OperatorRow) -> SomebodyRow {
    SomebodyRow {
        id: row.id.to_hex(),
        name: row.name.as_str().to_owned(),
        email: row.email.to_string(),
        role: Role::from(row.role).as_str().to_owned(),
        organizations: String::new(),
        status: row.status,
        last_sign_in_at: row.last_sign_in_at,
        one_time_until: row.one_time.map(|one_time| one_time.until),
        created_at: row.created_at,
    }
}

fn status_word(status: PeopleStatus) -> &'static str {
    match status {
        PeopleStatus::Active => "active",
        PeopleStatus::Invited => "invited",
        PeopleStatus::Expired => "expired",
        PeopleStatus::Deactivated => "deactivated",
    }
}
