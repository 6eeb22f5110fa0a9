use std::cmp::Ordering;
use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use futures_util::stream::{BoxStream, TryReadyChunksError};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::writing::{Batch, Written, without_repetition, write_rows};
use super::{ExportColumn, ExportFormat, ExportRow};
use crate::collections::BackgroundReads;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, ProgressSink};
use crate::limits::{STATISTICS_AT_ONCE, SUMMARY_MAX};
use crate::organizations::narrowed;
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, Organization, OrganizationFilter, OrganizationQuery, PageStart,
    SortDirection, SortField, StatusFilter,
};
use crate::rights::{Act, Actor};
use crate::values::OrganizationId;

/// Up to so many selected organizations are found by their ids; for more, the list is read.
const FOUND_ONE_BY_ONE: usize = 1_000;

/// The organizations that a file contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportScope {
    /// All except those in the trash.
    All,
    /// Those that a list with this filter shows.
    Filtered(OrganizationFilter),
    /// These, live ones before those in the trash. Those that no longer exist are left out.
    Selected(Vec<OrganizationId>),
}

/// A request for an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    /// Which organizations.
    pub scope: ExportScope,
    /// The columns in this order; a column named twice is written once.
    pub columns: Vec<ExportColumn>,
    /// The kind of file.
    pub format: ExportFormat,
    /// The field they are sorted by.
    pub sort: SortField,
    /// The sort direction.
    pub direction: SortDirection,
}

/// The outcome of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Rows in the file.
    pub rows: u64,
    /// Cells that were cut because the format cannot hold all of their text.
    pub cut_cells: u64,
    /// Documents in `organizations` that no list and no file contains; zero if they could not be counted in time.
    pub unshowable: u64,
}

/// Exports lists of organizations.
pub struct ExportService {
    ports: Ports,
    background: Arc<BackgroundReads>,
}

impl ExportService {
    /// For one open workspace.
    pub fn new(ports: Ports, background: Arc<BackgroundReads>) -> Self {
        Self { ports, background }
    }

    /// Writes the organizations that the scope and the session allow to `output`. An organization's admin gets at most
    /// their own.
    ///
    /// An organization that stays as it is from beginning to end is in the file exactly once. Rows are read while those
    /// before them are written, and memory grows neither with their number nor with their size. After an error
    /// `output` is worthless; the caller replaces the target whole or not at all.
    ///
    /// # Errors
    /// `Cancelled`, `FileNotWritten`, `Forbidden`, `Store`.
    pub async fn run(
        &self,
        actor: &Actor,
        request: ExportRequest,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Exported, AppError> {
        actor.require_some(Act::List)?;
        let columns = without_repetition(request.columns);
        let source = Source::of(actor, request.scope, request.sort, request.direction);
        cancellation.checkpoint()?;
        let with_statistics = columns.iter().any(|column| column.needs_statistics());
        let mut unshowable = 0;
        let total = async {
            let (total, others) = self.total(&source).await?;
            unshowable = others;
            Ok(total)
        };
        let rows = self.rows(&source, with_statistics);
        let file = (request.format, columns.as_slice(), output);
        let Written { rows, cut_cells } = write_rows(file, total, rows, progress, cancellation).await?;
        // Before the file is moved into place: without an entry there is none.
        self.record(actor, ActivityKind::ListExported, rows, request.format).await?;
        Ok(Exported { rows, cut_cells, unshowable })
    }

    /// The number of rows to come, and of documents that are no rows. `None` if counting takes too long: the rows are
    /// read anyway.
    async fn total(&self, source: &Source) -> Result<(Option<u64>, u64), AppError> {
        let filter = match &source.scope {
            ExportScope::All => &everything(None),
            ExportScope::Filtered(filter) => filter,
            ExportScope::Selected(ids) => return Ok((Some(ids.len() as u64), 0)),
        };
        let counts = match self.ports.organizations.count(filter).await {
            Err(StoreError::TookTooLong) => return Ok((None, 0)),
            counts => counts?,
        };
        let unshowable = counts.unshowable.as_ref();
        let live = unshowable.map_or(0, |unshowable| unshowable.live);
        Ok(match filter.status {
            StatusFilter::All => (Some(counts.live), live),
            StatusFilter::Active => (counts.active(), live),
            StatusFilter::Deactivated => (counts.deactivated, live),
            StatusFilter::Trashed => {
                (Some(counts.trashed), unshowable.map_or(0, |unshowable| unshowable.trashed))
            }
        })
    }

    /// The rows to write, in order.
    fn rows<'a>(
        &'a self,
        source: &'a Source,
        with_statistics: bool,
    ) -> BoxStream<'a, Result<Batch<ExportRow>, StoreError>> {
        let organizations = self.organizations(source);
        if !with_statistics {
            return organizations.map_ok(|batch| Batch::made(batch, without_statistics)).boxed();
        }
        // Asked for across batches, so that reading goes on meanwhile.
        organizations
            .map_ok(|batch| stream::iter(batch.into_iter().map(Ok)))
            .try_flatten()
            .map(move |organization| async move { self.with_statistics(organization?).await })
            .buffered(STATISTICS_AT_ONCE)
            .try_ready_chunks(SUMMARY_MAX)
            .map_ok(Batch::from)
            .map_err(|TryReadyChunksError(_, error)| error)
            .boxed()
    }

    /// The organizations to write, in order.
    fn organizations<'a>(
        &'a self,
        source: &'a Source,
    ) -> BoxStream<'a, Result<Vec<Organization>, StoreError>> {
        match &source.scope {
            ExportScope::All => self.list(source, everything(None)),
            ExportScope::Filtered(filter) => self.list(source, filter.clone()),
            ExportScope::Selected(ids) if ids.len() > FOUND_ONE_BY_ONE => {
                // A query per organization would be too many, and sorting them would hold all of them in memory.
                let trash = OrganizationFilter { status: StatusFilter::Trashed, ..everything(None) };
                let lists = self.list(source, everything(None)).chain(self.list(source, trash));
                let chosen: HashSet<_> = ids.iter().copied().collect();
                stream::try_unfold((lists, chosen), |(mut lists, mut chosen)| async move {
                    if chosen.is_empty() {
                        return Ok(None);
                    }
                    let Some(mut batch) = lists.try_next().await? else { return Ok(None) };
                    batch.retain(|organization| chosen.remove(&organization.id));
                    Ok(Some((batch, (lists, chosen))))
                })
                .boxed()
            }
            ExportScope::Selected(ids) => stream::once(self.few(source, ids)).boxed(),
        }
    }

    fn list(
        &self,
        source: &Source,
        filter: OrganizationFilter,
    ) -> BoxStream<'_, Result<Vec<Organization>, StoreError>> {
        self.ports.organizations.rows(&OrganizationQuery {
            filter,
            sort: source.sort,
            direction: source.direction,
            backwards: false,
            start: PageStart::Beginning,
            limit: u32::MAX,
        })
    }

    async fn few(&self, source: &Source, ids: &[OrganizationId]) -> Result<Vec<Organization>, StoreError> {
        let mut organizations: Vec<Organization> = stream::iter(ids.to_vec())
            .map(|id| {
                let store = Arc::clone(&self.ports.organizations);
                async move {
                    match store.find(id).await? {
                        Some(organization) => Ok(Some(organization)),
                        None => store.find_trashed(id).await,
                    }
                }
            })
            .buffered(STATISTICS_AT_ONCE)
            .try_filter_map(|found| async move { Ok::<_, StoreError>(found) })
            .try_collect()
            .await?;
        organizations.sort_by(|one, other| source.compare(one, other));
        organizations.dedup_by_key(|organization| organization.id);
        Ok(organizations)
    }

    async fn with_statistics(&self, organization: Organization) -> Result<ExportRow, StoreError> {
        let (store, collection) = (self.ports.collections.as_ref(), organization.collection());
        match self.background.for_file(store, &collection).await {
            Ok(statistics) => Ok(ExportRow {
                organization,
                documents: Some(statistics.documents),
                data_size: statistics.data_size,
            }),
            Err(StoreError::CollectionMissing { .. }) => Ok(without_statistics(organization)),
            // Empty cells would look like "no collection" in a file that seems complete.
            Err(error) => Err(error),
        }
    }

    pub(super) async fn record(
        &self,
        actor: &Actor,
        kind: ActivityKind,
        rows: u64,
        format: ExportFormat,
    ) -> Result<(), AppError> {
        let detail = format!("{rows} rows as {}", format.extension());
        self.ports.record_first(&ActivityEntry::of(actor, kind).with_detail(detail)).await.map(drop)
    }
}

/// The list to read, and its order.
struct Source {
    scope: ExportScope,
    sort: SortField,
    direction: SortDirection,
}

impl Source {
    /// Limited to what the session is allowed to see.
    fn of(actor: &Actor, scope: ExportScope, sort: SortField, direction: SortDirection) -> Self {
        let scope = match (scope, actor.organization_scope()) {
            (ExportScope::All, None) => ExportScope::All,
            (ExportScope::All, Some(own)) => ExportScope::Filtered(everything(Some(vec![own]))),
            (ExportScope::Filtered(filter), _) => ExportScope::Filtered(narrowed(actor, filter)),
            (ExportScope::Selected(mut ids), own) => {
                ids.retain(|id| own.is_none_or(|own| own == *id));
                ExportScope::Selected(ids)
            }
        };
        Self { scope, sort, direction }
    }

    /// The order of a store's pages, live ones first.
    fn compare(&self, one: &Organization, other: &Organization) -> Ordering {
        let by_field = match self.sort {
            // A collection name is its organization's name behind a fixed prefix.
            SortField::Name | SortField::CollectionName => one.name.cmp(&other.name),
            SortField::Status => one.is_active.cmp(&other.is_active),
            SortField::AdminEmail => one.admin_email.as_str().cmp(other.admin_email.as_str()),
            SortField::CreatedAt => one.created_at.cmp(&other.created_at),
            SortField::UpdatedAt => one.updated_at.cmp(&other.updated_at),
        };
        let ordering = by_field.then(one.id.cmp(&other.id));
        one.trashed.is_some().cmp(&other.trashed.is_some()).then(match self.direction {
            SortDirection::Ascending => ordering,
            SortDirection::Descending => ordering.reverse(),
        })
    }
}

fn everything(only: Option<Vec<OrganizationId>>) -> OrganizationFilter {
    OrganizationFilter { search: String::new(), status: StatusFilter::All, only }
}

fn without_statistics(organization: Organization) -> ExportRow {
    ExportRow { organization, documents: None, data_size: None }
}
