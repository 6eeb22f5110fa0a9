//! One open workspace: its services, what was found when it was opened, and who is signed in to it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use tenantry_core::access::{AccessService, AccessState, Prepared};
use tenantry_core::activity::RecordService;
use tenantry_core::attention::AttentionService;
use tenantry_core::bundle::{BundleService, Origin, PendingBundle};
use tenantry_core::collections::CollectionService;
use tenantry_core::doctor::{
    ComparePlace, Comparison, DoctorService, DryRun, Finding, MendRequest, Mended, PassKeeper,
};
use tenantry_core::erasure::ErasureService;
use tenantry_core::error::SessionProblem;
use tenantry_core::export::ExportService;
use tenantry_core::import::ImportService;
use tenantry_core::jobs::{Cancellation, ProgressSink};
use tenantry_core::organizations::{OrganizationService, UpdateRequest};
use tenantry_core::people::{OperatorService, PeopleService};
use tenantry_core::records::{
    Organization, OrganizationCounts, OrganizationFilter, Recovered, Restriction, ServerFacts, StatusFilter,
    StoreHealth,
};
use tenantry_core::rights::{Act, Actor};
use tenantry_core::samples::SampleReport;
use tenantry_core::sessions::{Claimed, Freshness, Session, SessionService};
use tenantry_core::settings::SettingsService;
use tenantry_core::template::TemplateService;
use tenantry_core::values::OrganizationId;
use tenantry_core::{AppError, Ports, StoreError};

use crate::compose::{Opened, Services};
use crate::importing::ImportDesk;
use crate::presence::{Presence, SessionNews};
use crate::profiles::BUILT_IN;

/// How often an unlocked workspace is looked at. A look asks the clock only.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A workspace that is open: its services, what was found when it was opened, and who is signed in to it.
pub struct OpenWorkspace {
    /// `built-in`, or the profile's id.
    pub id: String,
    /// The server or file, as it was when it was opened.
    pub server: ServerFacts,
    services: Services,
    warnings: Vec<String>,
    prepared: Mutex<Prepared>,
    restrictions: Mutex<Vec<Restriction>>,
    claimed: Mutex<bool>,
    session: Mutex<Option<Session>>,
    /// Whether its person is there.
    pub presence: Presence,
    /// The file with organizations that is being imported.
    pub import: ImportDesk,
}

/// What asking for a workspace's health found.
pub struct Health {
    /// How the store is; nothing but what was known of its server where it does not answer.
    pub store: StoreHealth,
    /// Its organizations.
    pub counts: OrganizationCounts,
    /// Why it does not answer.
    pub problem: Option<StoreError>,
}

impl OpenWorkspace {
    /// A workspace that was just opened: nobody is signed in.
    pub fn new(id: &str, opened: Opened) -> Self {
        let Opened { services, server, claimed, prepared, warnings, restrictions } = opened;
        Self {
            id: id.to_owned(),
            services,
            server,
            warnings,
            prepared: Mutex::new(prepared),
            restrictions: Mutex::new(restrictions),
            claimed: Mutex::new(claimed),
            session: Mutex::default(),
            presence: Presence::default(),
            import: ImportDesk::default(),
        }
    }

    /// Signing in and sessions.
    pub fn sessions(&self) -> &SessionService {
        &self.services.sessions
    }

    /// The workspace's settings.
    pub fn settings(&self) -> &SettingsService {
        &self.services.settings
    }

    /// Organizations.
    pub fn organizations(&self) -> &OrganizationService {
        &self.services.organizations
    }

    /// Tenant collections.
    pub fn collections(&self) -> &CollectionService {
        &self.services.collections
    }

    /// Operators.
    pub fn operators(&self) -> &OperatorService {
        &self.services.operators
    }

    /// People of organizations.
    pub fn people(&self) -> &PeopleService {
        &self.services.people
    }

    /// Sets a one-time password for an owner, without a session: for whoever holds the connection.
    ///
    /// # Errors
    /// As [`OwnerReset::reset`](tenantry_core::people::OwnerReset::reset).
    pub async fn reset_owner(&self, email: &str) -> Result<SecretString, AppError> {
        Ok(self.services.owner_reset.reset(email).await?.secret().clone())
    }

    /// Bundles, and organizations that come in.
    pub fn bundles(&self) -> &BundleService {
        &self.services.bundles
    }

    /// Certificates about what was deleted for good.
    pub fn erasure(&self) -> &ErasureService {
        &self.services.erasure
    }

    /// Exports of lists.
    pub fn exports(&self) -> &ExportService {
        &self.services.exports
    }

    /// The doctor.
    pub fn doctor(&self) -> &DoctorService {
        &self.services.doctor
    }

    /// Keeps the doctor's results there as well.
    pub(crate) fn keep_findings(&mut self, keeper: Arc<dyn PassKeeper>) {
        self.services.doctor.keep_with(keeper);
    }

    /// Imports of organizations.
    pub fn imports(&self) -> &ImportService {
        &self.services.imports
    }

    /// The record of what was done.
    pub fn record(&self) -> &RecordService {
        &self.services.record
    }

    /// Locking and unlocking.
    pub fn access(&self) -> &AccessService {
        &self.services.access
    }

    /// Interrupted acts that wait for a decision.
    pub fn attention(&self) -> &AttentionService {
        &self.services.attention
    }

    /// The store itself, behind its gate.
    pub fn ports(&self) -> &Ports {
        &self.services.ports
    }

    /// What a crash had left, as it was found when the workspace could last be written to.
    pub fn recovered(&self) -> Vec<Recovered> {
        self.prepared.lock().recovered.clone()
    }

    /// What a person should know of it.
    pub fn warnings(&self) -> Vec<String> {
        let prepared = self.prepared.lock();
        prepared.warnings.iter().chain(&self.warnings).cloned().collect()
    }

    /// What the database user can't do, as it was found out last.
    pub fn restrictions(&self) -> Vec<Restriction> {
        self.restrictions.lock().clone()
    }

    /// Whether it has an operator.
    pub fn is_claimed(&self) -> bool {
        *self.claimed.lock()
    }

    /// The session as it was when somebody signed in; it may have ended since.
    pub fn session(&self) -> Option<Session> {
        self.session.lock().clone()
    }

    /// Takes a session in place of the one that is there; answers that one. What another account unlocked is locked.
    pub async fn keep_session(&self, session: Session) -> Option<Session> {
        let actor = session.actor.clone();
        let earlier = self.session.lock().replace(session);
        self.presence.begin();
        self.services.access.signed_in(&actor).await;
        earlier
    }

    /// Ends the session, if there is one, and what it unlocked. It is forgotten here even when the store can't be told.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn sign_out(&self) -> Result<(), AppError> {
        let session = self.session.lock().take();
        self.presence.set_locked(false);
        self.import.clear();
        self.services.access.signed_out().await;
        match session {
            Some(session) => self.services.sessions.sign_out(&session.token).await,
            None => Ok(()),
        }
    }

    /// Finds out whether the session is good, and its window is not locked. One that is not good is forgotten.
    ///
    /// # Errors
    /// `Session`, `Store`.
    pub async fn authorize(&self, freshness: Freshness) -> Result<Actor, AppError> {
        if self.presence.is_locked() {
            return Err(AppError::Session(SessionProblem::Locked));
        }
        self.authorize_locked(freshness).await
    }

    /// As [`authorize`](Self::authorize), also while the window is locked.
    async fn authorize_locked(&self, freshness: Freshness) -> Result<Actor, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        // Before anything is done: operators may have decided something else on another computer.
        let (authorized, (), ()) = tokio::join!(
            self.services.sessions.authorize(&session.token, freshness),
            self.services.access.follow_lately(),
            self.services.settings.follow_lately(),
        );
        if let Err(AppError::Session(_)) = &authorized {
            self.forget_session(&session).await;
        }
        authorized
    }

    /// Forgets a session that has ended, and what it unlocked. Only this one: a newer may have taken its place. Returns
    /// whether it was there.
    pub(crate) async fn forget_session(&self, session: &Session) -> bool {
        let is_it = |kept: &mut Session| kept.token.expose_secret() == session.token.expose_secret();
        let taken = self.session.lock().take_if(is_it).is_some();
        if taken {
            self.services.access.signed_out().await;
        }
        taken
    }

    /// Locks the window: until its person gives the password, no call but that one is answered.
    pub fn lock_window(&self) {
        if self.session.lock().is_some() {
            self.presence.set_locked(true);
        }
    }

    /// Unlocks the window with the password of its person.
    ///
    /// # Errors
    /// `CredentialsRefused`, `Throttled`, `Session`, `Store`.
    pub async fn unlock_window(&self, password: &SecretString) -> Result<Session, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        let confirmed = self.services.sessions.confirm(&session.token, password).await;
        if let Err(AppError::Session(_)) = &confirmed {
            self.forget_session(&session).await;
        }
        confirmed?;
        self.presence.begin();
        self.session().ok_or(AppError::Session(SessionProblem::Missing))
    }

    /// Lets the session go on for another whole life. Who signed out meanwhile stays signed out.
    ///
    /// # Errors
    /// `Forbidden` if sessions are not renewed in this workspace; `Session`, `Store`.
    pub async fn renew_session(&self) -> Result<Session, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        let next = self.services.sessions.prolong(&session).await?;
        let mut place = self.session.lock();
        match place.as_mut().filter(|kept| kept.token.expose_secret() == session.token.expose_secret()) {
            Some(kept) => kept.clone_from(&next),
            None => return Err(AppError::Session(SessionProblem::Missing)),
        }
        drop(place);
        self.presence.tell(SessionNews::Renewed(next.expires_at));
        Ok(next)
    }

    /// Lets the session go on that changed its own organization, if it is still the one that is kept: who signed out
    /// meanwhile stays signed out. The change is made, so what keeps the session from going on is no failure of it: the
    /// session then ends, and says so with the next call.
    pub async fn carry_session_on(&self, session: &Session, changed: &Organization, password_was_set: bool) {
        match self.services.sessions.carry_on(session, changed, password_was_set).await {
            Ok(Some(next)) => {
                if let Some(kept) = &mut *self.session.lock()
                    && kept.token.expose_secret() == session.token.expose_secret()
                {
                    *kept = next;
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the session could not be carried on"),
        }
    }

    /// Changes the password of whoever is signed in, who stays signed in.
    ///
    /// # Errors
    /// As [`SessionService::change_own_password`]; `Session` if nobody is signed in.
    pub async fn change_own_password(
        &self,
        present: &SecretString,
        password: &SecretString,
    ) -> Result<Session, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        self.authorize(Freshness::Now).await?;
        let next = self.services.sessions.change_own_password(&session, present, password).await?;
        if let Some(kept) = &mut *self.session.lock()
            && kept.token.expose_secret() == session.token.expose_secret()
        {
            *kept = next.clone();
        }
        Ok(next)
    }

    /// Makes the first operator and signs in.
    ///
    /// # Errors
    /// `InvalidInput`, `AlreadyClaimed`, `Store`.
    pub async fn claim(&self, name: &str, email: &str, password: &SecretString) -> Result<Claimed, AppError> {
        let claimed = self.services.sessions.claim(name, email, password).await;
        if matches!(claimed, Ok(_) | Err(AppError::AlreadyClaimed)) {
            *self.claimed.lock() = true;
        }
        let claimed = claimed?;
        self.keep_session(claimed.session.clone()).await;
        Ok(claimed)
    }

    /// The session as the account is now; `None` when there is none, or it ended.
    ///
    /// # Errors
    /// `Store`.
    pub async fn current_session(&self) -> Result<Option<Session>, AppError> {
        match self.authorize_locked(Freshness::Recent).await {
            Ok(actor) => Ok(self.session().map(|session| Session { actor, ..session })),
            Err(AppError::Session(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes an organization. Whoever changes their own password stays signed in.
    ///
    /// # Errors
    /// As [`OrganizationService::update`].
    pub async fn update_organization(
        &self,
        actor: &Actor,
        request: UpdateRequest,
    ) -> Result<Organization, AppError> {
        let session = self.session();
        let password_is_set = request.password.is_some();
        let changed = self.services.organizations.update(actor, request).await?;
        if let Some(session) = session {
            self.carry_session_on(&session, &changed, password_is_set).await;
        }
        Ok(changed)
    }

    /// What a mend of a finding would send.
    ///
    /// # Errors
    /// As [`MendService::dry_run`](tenantry_core::doctor::MendService::dry_run); `NotFound` if the last result does not
    /// have the finding.
    pub async fn dry_run(&self, actor: &Actor, request: &MendRequest) -> Result<DryRun, AppError> {
        actor.require_some(Act::Mend)?;
        let finding = self.finding(actor, &request.finding)?;
        self.services.mends.dry_run(actor, &finding, request).await
    }

    /// One step of a comparison of both sides of a finding.
    ///
    /// # Errors
    /// As [`MendService::compare`](tenantry_core::doctor::MendService::compare); `NotFound` if the last result does not
    /// have the finding.
    pub async fn compare(
        &self,
        actor: &Actor,
        finding: &str,
        at: Option<ComparePlace>,
    ) -> Result<Comparison, AppError> {
        actor.require_some(Act::Mend)?;
        let finding = self.finding(actor, finding)?;
        self.services.mends.compare(actor, &finding, at).await
    }

    /// Mends a finding, and notes it in the last result.
    ///
    /// # Errors
    /// As [`MendService::mend`](tenantry_core::doctor::MendService::mend); `NotFound` if the last result does not have
    /// the finding.
    pub async fn mend(
        &self,
        actor: &Actor,
        request: &MendRequest,
        cancellation: &Cancellation,
    ) -> Result<Mended, AppError> {
        actor.require_some(Act::Mend)?;
        let finding = self.finding(actor, &request.finding)?;
        let mended = self.services.mends.mend(actor, &finding, request, cancellation).await?;
        if !mended.stays_open {
            let entry = u32::try_from(mended.entry).unwrap_or(u32::MAX);
            self.services.doctor.note_mended(&finding, request, mended.at, entry);
        }
        Ok(mended)
    }

    /// Sets the collection of a finding aside in a file, and notes it in the last result.
    ///
    /// # Errors
    /// As [`MendService::set_aside`](tenantry_core::doctor::MendService::set_aside); `NotFound` if the last result does
    /// not have the finding.
    pub async fn set_aside(
        &self,
        actor: &Actor,
        request: &MendRequest,
        to: (Box<dyn PendingBundle>, &Origin),
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Mended, AppError> {
        actor.require_some(Act::Mend)?;
        let finding = self.finding(actor, &request.finding)?;
        let mended = self.services.mends.set_aside(actor, &finding, to, progress, cancellation).await?;
        let entry = u32::try_from(mended.entry).unwrap_or(u32::MAX);
        self.services.doctor.note_mended(&finding, request, mended.at, entry);
        Ok(mended)
    }

    pub(crate) fn finding(&self, actor: &Actor, id: &str) -> Result<Finding, AppError> {
        let found = self.services.doctor.finding(actor, id)?;
        found.ok_or(AppError::NotFound { what: "finding" })
    }

    /// The template of tenant collections.
    pub fn template(&self) -> &TemplateService {
        self.services.organizations.template()
    }

    /// Undoes the act of an entry of the record. Who undoes a change of their own organization stays signed in.
    ///
    /// # Errors
    /// As [`RecordService::undo`].
    pub async fn undo(
        &self,
        actor: &Actor,
        number: u64,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        let session = self.session();
        let Services { record, organizations, mends, .. } = &self.services;
        let changed = record.undo((organizations, mends), actor, number, confirmation).await?;
        self.services.doctor.note_undone(number);
        if let Some(session) = session {
            self.carry_session_on(&session, &changed, false).await;
        }
        Ok(changed)
    }

    /// Undoes an act that was done just now, by its id in the record. As [`undo`](Self::undo).
    ///
    /// # Errors
    /// As [`RecordService::undo_act`].
    pub async fn undo_act(
        &self,
        actor: &Actor,
        id: OrganizationId,
        act: &str,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        let session = self.session();
        let Services { record, organizations, mends, .. } = &self.services;
        let changed = record.undo_act((organizations, mends), actor, id, act, confirmation).await?;
        if let Some(session) = session {
            self.carry_session_on(&session, &changed, false).await;
        }
        Ok(changed)
    }

    /// Adds invented organizations, which the built-in workspace alone takes.
    ///
    /// # Errors
    /// `Forbidden` in any other workspace and to anybody but an operator; `Cancelled`, `Store`.
    pub async fn load_samples(
        &self,
        actor: &Actor,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<SampleReport, AppError> {
        if self.id != BUILT_IN {
            return Err(AppError::Forbidden);
        }
        self.services.samples.load(actor, &self.services.hasher, progress, cancellation).await
    }

    /// Permits writing for ten minutes, and does what waited for it. Recorded with the reason.
    ///
    /// # Errors
    /// As [`AccessService::unlock`].
    pub async fn unlock(self: &Arc<Self>, actor: &Actor, reason: &str) -> Result<AccessState, AppError> {
        let (access, prepared) = self.services.access.unlock(actor, reason).await?;
        if access.unlocked.is_some() {
            *self.prepared.lock() = prepared;
            tokio::spawn(lock_in_time(Arc::downgrade(self)));
        }
        Ok(access)
    }

    /// Ends an interrupted act as a person decided, if what exists is still what they were shown.
    ///
    /// # Errors
    /// As [`AttentionService::decide`].
    pub async fn decide_unsettled(
        &self,
        actor: &Actor,
        id: OrganizationId,
        seen: &str,
        choice: &str,
    ) -> Result<(), AppError> {
        self.services.attention.decide(actor, id, seen, choice).await?;
        self.prepared.lock().recovered.retain(|recovered| recovered.operation.organization_id != id);
        Ok(())
    }

    /// How the workspace is: its server, its organizations, and what the database user may do. A workspace that does
    /// not answer is an answer.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn health(&self, actor: &Actor) -> Result<Health, AppError> {
        actor.require_some(Act::Health)?;
        let everything = OrganizationFilter { search: String::new(), status: StatusFilter::All, only: None };
        let ports = &self.services.ports;
        match tokio::join!(ports.health.health(), ports.organizations.count(&everything)) {
            (Ok(store), Ok(counts)) => {
                self.restrictions.lock().clone_from(&store.restrictions);
                Ok(Health { store, counts, problem: None })
            }
            (Err(problem), _) | (_, Err(problem)) if problem.is_unclear() => {
                let server = ServerFacts { round_trip: None, ..self.server.clone() };
                let (store, counts) = (StoreHealth::unknown(server), OrganizationCounts::default());
                Ok(Health { store, counts, problem: Some(problem) })
            }
            (Err(error), _) | (_, Err(error)) => Err(error.into()),
        }
    }
}

/// Puts it on record when an unlocked workspace locks by itself. That it is locked needs nobody's look: the gate asks
/// the clock. Does not keep the workspace open.
async fn lock_in_time(workspace: Weak<OpenWorkspace>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(workspace) = workspace.upgrade() else { return };
        if workspace.access().state().await.unlocked.is_none() {
            return;
        }
    }
}
