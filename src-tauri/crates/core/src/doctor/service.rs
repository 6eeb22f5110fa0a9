use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use parking_lot::RwLock;
use time::OffsetDateTime;

use super::columns::{FindingColumn, FindingRow};
use super::found::sort;
use super::halves;
use super::merge::Counts;
use super::pass::{Looked, Looking};
use super::{
    Depth, DriftOfRow, Finding, FindingKind, FindingPage, FindingQuery, FindingState, MendKind, MendRequest,
    Pass, PassSummary,
};
use crate::access::Operations;
use crate::clock::Clock;
use crate::error::{AppError, StoreError};
use crate::export::{Batch, ExportFormat, Written, write_rows};
use crate::jobs::{Cancellation, ProgressSink};
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind};
use crate::rights::{Act, Actor};
use crate::values::OrganizationId;

/// Keeps the result of the last pass beyond the end of the program. It has names and addresses of organizations, and
/// never a secret.
pub trait PassKeeper: Send + Sync {
    /// Keeps this in place of the earlier one. Does not wait: the result is in memory too, so a failure is only logged.
    fn keep(&self, result: Arc<Pass>);
}

/// Runs passes and keeps the result of the last one.
pub struct DoctorService {
    ports: Ports,
    operations: Arc<Operations>,
    clock: Arc<dyn Clock>,
    keeper: Option<Arc<dyn PassKeeper>>,
    last: RwLock<Option<Arc<Pass>>>,
}

impl DoctorService {
    /// For one open workspace. The result is in memory only.
    pub fn new(ports: Ports, operations: Arc<Operations>, clock: Arc<dyn Clock>) -> Self {
        Self { ports, operations, clock, keeper: None, last: RwLock::default() }
    }

    /// Keeps results there as well.
    pub fn keep_with(&mut self, keeper: Arc<dyn PassKeeper>) {
        self.keeper = Some(keeper);
    }

    /// Begins with a result that was kept, unless there is a newer one.
    pub fn begin_with(&self, kept: Pass) {
        self.last.write().get_or_insert_with(|| Arc::new(kept));
    }

    /// Looks through the whole workspace and keeps the result in place of the last one. A cancelled pass changes
    /// nothing. It writes nothing to the store.
    ///
    /// # Errors
    /// `Cancelled`, `Forbidden`, `Store`.
    pub async fn run(
        &self,
        actor: &Actor,
        depth: Depth,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<PassSummary, AppError> {
        actor.require(Act::Findings)?;
        cancellation.checkpoint()?;
        let (checked_at, started) = (self.clock.now(), self.clock.running_for());
        let (ports, operations) = (&self.ports, self.operations.as_ref());
        let halves = &self.last().map(|last| halves::known(&last)).unwrap_or_default();
        let looking = Looking { ports, operations, depth, halves, progress, cancellation };
        let looked = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(AppError::Cancelled),
            looked = looking.look() => looked?,
        };
        let took = self.clock.running_for().saturating_sub(started);
        // Under one lock: what was mended while it looked stays mended where it did not look.
        let mut last = self.last.write();
        let pass = Arc::new(result((checked_at, took, depth), looked, last.as_deref()));
        *last = Some(Arc::clone(&pass));
        let summary = pass.summary();
        if let Some(keeper) = &self.keeper {
            keeper.keep(pass);
        }
        Ok(summary)
    }

    /// The last result, as far as the session reaches; `None` before the first pass.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn summary(&self, actor: &Actor) -> Result<Option<PassSummary>, AppError> {
        Ok(self.within_reach(actor)?.map(|pass| pass.summary()))
    }

    /// A page of the last result, as far as the session reaches.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn page(&self, actor: &Actor, query: &FindingQuery) -> Result<FindingPage, AppError> {
        let pass = self.within_reach(actor)?;
        Ok(pass.map_or_else(FindingPage::default, |pass| pass.page(query)))
    }

    /// One finding of the last result, if it has it and the session reaches it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn finding(&self, actor: &Actor, id: &str) -> Result<Option<Finding>, AppError> {
        let pass = self.within_reach(actor)?;
        Ok(pass.and_then(|pass| pass.findings.iter().find(|finding| finding.id == id).cloned()))
    }

    /// The open findings of these organizations; those without one are left out.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn drift(&self, actor: &Actor, ids: &[String]) -> Result<Vec<DriftOfRow>, AppError> {
        Ok(self.within_reach(actor)?.map(|pass| pass.drift(ids)).unwrap_or_default())
    }

    /// The live organizations with an open finding.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn with_findings(&self, actor: &Actor) -> Result<Vec<OrganizationId>, AppError> {
        let pass = self.within_reach(actor)?;
        Ok(pass.map(|pass| pass.affected().into_iter().collect()).unwrap_or_default())
    }

    /// Writes the findings of the last result that the question and the session allow to `output`.
    ///
    /// After an error `output` is worthless; the caller replaces the target whole or not at all.
    ///
    /// # Errors
    /// `Cancelled`, `FileNotWritten`, `Forbidden`, `Store`.
    pub async fn export(
        &self,
        actor: &Actor,
        query: &FindingQuery,
        format: ExportFormat,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Written, AppError> {
        let pass = self.within_reach(actor)?;
        cancellation.checkpoint()?;
        let search = query.search.trim().to_lowercase();
        let findings = pass.as_ref().map(|pass| pass.findings.as_slice()).unwrap_or_default();
        let matching = findings.iter().enumerate().filter(|(_, finding)| finding.matches(query, &search));
        let matching: Vec<_> = matching.map(|(at, _)| at).collect();
        let total = matching.len() as u64;
        let batches: Vec<Vec<usize>> = matching.chunks(ROWS_AT_ONCE).map(<[usize]>::to_vec).collect();
        let rows = stream::iter(batches).map(|batch| {
            let of_batch = batch.into_iter().filter_map(|at| findings.get(at));
            Ok::<_, StoreError>(Batch::from(of_batch.flat_map(FindingRow::of).collect::<Vec<_>>()))
        });
        let file = (format, FindingColumn::ALL, output);
        let written = write_rows(file, async { Ok(None) }, rows.boxed(), progress, cancellation).await?;
        let extension = format.extension();
        let entry = ActivityEntry::of(actor, ActivityKind::ListExported);
        // Before the file is moved into place: without an entry there is none.
        self.ports.activity.append(&entry.with_detail(format!("{total} findings as {extension}"))).await?;
        Ok(written)
    }

    /// Notes that a finding was mended, until the next pass. A collection that was attached is what its organization
    /// lacked: both findings of it are mended.
    pub fn note_mended(&self, finding: &Finding, request: &MendRequest, at: OffsetDateTime, entry: u32) {
        let state = FindingState::Mended { mend: request.mend, at, entry };
        self.note(state, |one| one.id == finding.id || attaches(request, one));
    }

    /// Notes that a mend was undone: what this entry of the record mended is open again.
    pub fn note_undone(&self, undone: u64) {
        self.note(
            FindingState::Open,
            |one| matches!(one.state, FindingState::Mended { entry, .. } if u64::from(entry) == undone),
        );
    }

    /// Under one lock: several mends end at the same moment.
    fn note(&self, state: FindingState, is_it: impl Fn(&Finding) -> bool) {
        let mut last = self.last.write();
        let Some(pass) = last.as_mut() else { return };
        if !pass.findings.iter().any(&is_it) {
            return;
        }
        for finding in Arc::make_mut(pass).findings.iter_mut().filter(|finding| is_it(finding)) {
            finding.state = state.clone();
        }
        if let Some(keeper) = &self.keeper {
            keeper.keep(Arc::clone(pass));
        }
    }

    /// The last result, whoever sees it.
    pub(crate) fn last(&self) -> Option<Arc<Pass>> {
        self.last.read().clone()
    }

    fn within_reach(&self, actor: &Actor) -> Result<Option<Arc<Pass>>, AppError> {
        actor.require_some(Act::Findings)?;
        let last = self.last();
        Ok(match actor.organization_scope() {
            None => last,
            Some(id) => last.map(|pass| Arc::new(pass.of_organization(&id.to_hex()))),
        })
    }
}

/// Whether a finding is the other side of an attachment: the organization that lacked this collection, or the
/// collection that nobody owned.
fn attaches(request: &MendRequest, finding: &Finding) -> bool {
    let choices = &request.choices;
    request.mend == MendKind::AttachCollection
        && match finding.kind {
            FindingKind::MissingCollection | FindingKind::MissingTrashedCollection => {
                finding.organizations.iter().any(|one| Some(&one.id) == choices.organization.as_ref())
            }
            FindingKind::OwnerlessCollection | FindingKind::OwnerlessTrash => {
                finding.collections.iter().any(|one| Some(one) == choices.collection.as_ref())
            }
            _ => false,
        }
}

/// The result of a pass. A quick one keeps what the last deep one found, mended or not: it did not look for that.
fn result(
    (checked_at, took, depth): (OffsetDateTime, Duration, Depth),
    looked: Looked,
    earlier: Option<&Pass>,
) -> Pass {
    let known = earlier.map(Pass::known).unwrap_or_default();
    let deeper = earlier.filter(|_| depth == Depth::Quick);
    let kept = deeper.map(|earlier| looked.keep(earlier)).unwrap_or_default();
    let Counts { organizations, trashed, collections } = looked.counts;
    let (mut findings, mut left_off) = looked.found.finish(&known, checked_at);
    if !kept.is_empty() {
        let found: HashSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
        findings.extend(kept.into_iter().filter(|kept| !found.contains(&kept.id)));
        sort(&mut findings);
    }
    let deep_left_off = deeper.into_iter().flat_map(|earlier| &earlier.left_off);
    left_off.extend(deep_left_off.filter(|(kind, _)| kind.depth() == Depth::Deep));
    Pass {
        checked_at,
        took,
        depth,
        organizations,
        trashed,
        collections,
        findings,
        left_off,
        earlier_deep: deeper.and_then(Pass::deep_checked_at),
    }
}

/// Findings of one batch of a file.
const ROWS_AT_ONCE: usize = 500;
