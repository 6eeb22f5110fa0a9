use std::sync::Arc;

use secrecy::SecretString;
use time::OffsetDateTime;

use super::choices::organization_of;
use super::commands::Dialect;
use super::plan::Plan;
use crate::access::Operations;
use crate::bundle::KeptBundle;
use crate::capacity::CapacityService;
use crate::clock::Clock;
use crate::doctor::{DryRun, Finding, MendChoices, MendKind, MendRequest};
use crate::error::{AppError, ConflictOn};
use crate::jobs::Cancellation;
use crate::ports::Ports;
use crate::record::random_operation;
use crate::records::{ActivityKind, RecordQuery, StoredOrganization};
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{EmailAddress, OrganizationId, OrganizationName};

/// Entries of the record that are looked at for the one of a mend that was just done.
const NEWEST: u32 = 50;

/// Puts right what the doctor found. A mend looks again before it does anything: it is done only while what was found
/// is still there.
pub struct MendService {
    pub(super) ports: Ports,
    pub(super) operations: Arc<Operations>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    pub(super) capacity: Arc<CapacityService>,
}

/// A finding that was mended.
#[derive(Debug, Clone)]
pub struct Mended {
    /// The number of the entry in the record.
    pub entry: u64,
    /// When it was mended.
    pub at: OffsetDateTime,
    /// A password that was generated, to show once.
    pub one_time: Option<SecretString>,
    /// The file that has what was dropped.
    pub file: Option<KeptBundle>,
    /// Whether something of the finding is left to mend.
    pub stays_open: bool,
}

impl MendService {
    /// For one open workspace.
    pub fn new(
        ports: Ports,
        operations: Arc<Operations>,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
        capacity: Arc<CapacityService>,
    ) -> Self {
        Self { ports, operations, clock, hasher, capacity }
    }

    /// What a mend would send, in the order in which it would. Nothing is written.
    ///
    /// # Errors
    /// As [`mend`](Self::mend).
    pub async fn dry_run(
        &self,
        actor: &Actor,
        finding: &Finding,
        request: &MendRequest,
    ) -> Result<DryRun, AppError> {
        actor.require(Act::Mend)?;
        let plan = self.plan(finding, request.mend, &request.choices).await?;
        let server = self.ports.health.server().await?;
        let commands = Dialect::of(&server).commands(&plan);
        Ok(DryRun { commands, can_be_undone: plan.can_be_undone })
    }

    /// Mends a finding. The entry in the record comes first; a mend of more than one thing is in the journal until it
    /// is done.
    ///
    /// # Errors
    /// `FactsChanged` if what was found is not there any more; `NotFound` for what cannot be mended so; `InvalidInput`
    /// and `Conflict` for a choice that cannot be; `Forbidden`, `Busy`, `NoRoom`, `Cancelled`, `Store`.
    pub async fn mend(
        &self,
        actor: &Actor,
        finding: &Finding,
        request: &MendRequest,
        cancellation: &Cancellation,
    ) -> Result<Mended, AppError> {
        actor.require(Act::Mend)?;
        self.operations.admit()?;
        cancellation.checkpoint()?;
        if request.mend == MendKind::SetAside {
            // Only with a file.
            return Err(AppError::NotFound { what: "file" });
        }
        let plan = self.plan(finding, request.mend, &request.choices).await?;
        let mut mended = self.carry_out(actor, &plan, cancellation).await?;
        if request.mend == MendKind::DecideTwins {
            mended.stays_open = self.has_twins(finding).await;
        }
        Ok(mended)
    }

    /// Carries out what was planned, recorded first.
    pub(super) async fn carry_out(
        &self,
        actor: &Actor,
        plan: &Plan,
        cancellation: &Cancellation,
    ) -> Result<Mended, AppError> {
        let runner = self.operations.admit()?;
        let operation = random_operation();
        let entry = plan.entry(actor).of_operation(operation.as_str());
        let (now, operation) = (self.clock.now(), operation.as_str());
        match &plan.journaled {
            Some(journaled) => {
                let steps = |ports: Ports, ()| async move {
                    for step in &plan.steps {
                        step.carry_out((&ports, operation), now, cancellation).await?;
                    }
                    Ok(())
                };
                runner.run(journaled.plan(), entry, journaled.id, async { Ok(()) }, steps).await?;
            }
            None => {
                let ports = runner.ports();
                let steps = async {
                    for step in &plan.steps {
                        step.carry_out((ports, operation), now, cancellation).await?;
                    }
                    Ok(())
                };
                ports.recorded(entry, steps).await?;
            }
        }
        let (collections, indexes) = plan.makes();
        self.capacity.made(collections, indexes);
        let one_time = plan.one_time.as_ref().map(|one_time| one_time.secret().clone());
        let entry = self.entry_of(operation).await;
        Ok(Mended { entry, at: now, one_time, file: None, stays_open: false })
    }

    /// The number of the entry of an operation; 0 if it cannot be found, because the mend is done in any case.
    pub(super) async fn entry_of(&self, operation: &str) -> u64 {
        let kinds = vec![ActivityKind::Mended];
        let query = RecordQuery { kinds, limit: NEWEST, ..RecordQuery::default() };
        let page = self.ports.activity.page(&query).await;
        let found = page.ok().and_then(|page| {
            page.entries.into_iter().rfind(|entry| entry.entry.operation.as_deref() == Some(operation))
        });
        found.map_or(0, |entry| entry.number)
    }

    async fn plan(&self, finding: &Finding, mend: MendKind, choices: &MendChoices) -> Result<Plan, AppError> {
        if !finding.kind.mends().contains(&mend) {
            return Err(AppError::NotFound { what: "mend" });
        }
        match mend {
            MendKind::AttachCollection => self.attach_collection(finding, choices).await,
            MendKind::CreateOrganization => self.create_organization(finding, choices).await,
            MendKind::SetAside => self.plan_set_aside(finding, choices).await,
            MendKind::DropLeftover => self.drop_leftover(finding, choices).await,
            MendKind::CreateCollection => self.create_collection(finding, choices).await,
            MendKind::JoinHalves => self.join_halves(finding, choices).await,
            MendKind::DecideTwins => self.decide_twins(finding, choices).await,
            MendKind::SetCollectionName => self.set_collection_name(finding, choices).await,
            MendKind::MoveCollection => self.move_collection(finding, choices).await,
            MendKind::SeparateTwins => self.separate_twins(finding, choices).await,
            MendKind::RenameOrganization => self.rename_organization(finding, choices).await,
            MendKind::ChangeAddress => self.change_address(finding, choices).await,
            MendKind::CorrectName => self.correct_name(finding, choices).await,
            MendKind::CorrectAddress => self.correct_address(finding, choices).await,
            MendKind::CorrectDates => self.correct_dates(finding, choices).await,
            MendKind::CorrectActive => self.correct_active(finding, choices).await,
            MendKind::SetOneTimePassword => self.set_one_time_password(finding, choices).await,
            MendKind::CreateMasterIndexes => self.create_master_indexes().await,
            MendKind::CreateIndexes
            | MendKind::ReplaceIndexes
            | MendKind::SetValidator
            | MendKind::AcceptAsIs => self.to_template(mend, finding, choices).await,
            // The attention service decides about interrupted operations.
            MendKind::DecideOperation => Err(AppError::NotFound { what: "mend" }),
        }
    }

    /// The organization that a finding is about, once nothing is left of an earlier operation on it.
    pub(super) async fn organization(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<(OrganizationId, StoredOrganization), AppError> {
        let id = organization_of(finding, choices)?;
        Ok((id, self.load(id).await?))
    }

    /// The live document as it is stored, once nothing is left of an earlier operation on it.
    pub(super) async fn load(&self, id: OrganizationId) -> Result<StoredOrganization, AppError> {
        let look = || async move {
            let found = self.ports.organizations.stored(id).await?;
            found.ok_or(AppError::NotFound { what: "organization" })
        };
        self.operations.settled(id, look).await
    }

    /// Checks early, to name the field. The unique index, or the check after the write, decides.
    pub(super) async fn require_free(
        &self,
        name: Option<&OrganizationName>,
        email: Option<&EmailAddress>,
        owner: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        if let Some(name) = name
            && let Some(found) = self.ports.organizations.find_by_name(name).await?
            && Some(found.id) != owner
        {
            return Err(AppError::Conflict(ConflictOn::Name));
        }
        let Some(email) = email else { return Ok(()) };
        let (found, operator) = futures_util::join!(
            self.ports.organizations.find_credentials(email),
            self.ports.accounts.find_operator_by_email(email),
        );
        let is_taken = found?.iter().any(|found| Some(found.organization.id) != owner) || operator?.is_some();
        if is_taken { Err(AppError::Conflict(ConflictOn::Email)) } else { Ok(()) }
    }
}
