use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use secrecy::SecretString;

use super::known::{AddressState, Found, NameState, Wanted};
use crate::access::Operations;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::limits::{BULK_AT_ONCE, IMPORT_ASKED_AT_ONCE};
use crate::organizations::{OrganizationService, Seen, UpdateRequest};
use crate::ports::Ports;
use crate::record::random_operation;
use crate::records::{ActivityEntry, ActivityKind, Outcome};
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{CollectionName, DisplayName, EmailAddress, OrganizationId, OrganizationName, Password};

/// What is done for a row.
#[derive(Debug, Clone)]
pub enum RowAct {
    /// An organization is created, as the dialog creates one.
    Create {
        /// Its name.
        name: OrganizationName,
        /// Its display name.
        display_name: Option<DisplayName>,
        /// Its admin's address.
        email: EmailAddress,
        /// Its admin's password.
        password: SecretString,
        /// Whether the password was drawn here.
        generated: bool,
        /// Whether it stays active.
        active: bool,
    },
    /// An organization is changed; `None` keeps a field.
    Change {
        /// Which one.
        id: OrganizationId,
        /// Its new display name.
        display_name: Option<String>,
        /// Its admin's new address.
        email: Option<String>,
        /// Whether it is active.
        active: Option<bool>,
        /// What the plan was made on: nothing else is overwritten.
        seen: Seen,
    },
}

/// A row that is to be carried out.
#[derive(Debug, Clone)]
pub struct RowWork {
    /// Its place among the rows, from 0 on.
    pub row: usize,
    /// What is done.
    pub act: RowAct,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowResult {
    /// Its organization was created.
    Created,
    /// Its organization was changed.
    Changed,
    /// Its organization was created, and could not be deactivated.
    NotDeactivated(AppError),
    /// Nothing was done, or not all of a change; after a lost response, that is not known.
    Failed(AppError),
    /// The import ended before.
    NotTried,
}

impl RowResult {
    /// Whether everything was done.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Created | Self::Changed => true,
            Self::NotDeactivated(_) | Self::Failed(_) | Self::NotTried => false,
        }
    }
}

/// What an import came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Imported {
    /// Organizations that were created.
    pub created: u32,
    /// Organizations that were changed.
    pub changed: u32,
    /// Rows that failed.
    pub failed: u32,
    /// Rows that were not tried.
    pub not_tried: u32,
    /// Rows whose response was lost: their organization may be there.
    pub unclear: u32,
    /// Whether a person cancelled it. What was done before stays.
    pub cancelled: bool,
    /// What ended it before its end: it would have met every further row.
    pub stopped: Option<AppError>,
}

/// Imports organizations.
pub struct ImportService {
    ports: Ports,
    operations: Arc<Operations>,
    hasher: PasswordHasher,
}

impl ImportService {
    /// For one open workspace.
    pub fn new(ports: Ports, operations: Arc<Operations>, hasher: PasswordHasher) -> Self {
        Self { ports, operations, hasher }
    }

    /// Checks the right to import, before anything is read for it.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn require(&self, actor: &Actor) -> Result<(), AppError> {
        actor.require(Act::Import)
    }

    /// Asks what the workspace has already, in batches: three queries for a thousand rows and one for all.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn look(&self, actor: &Actor, wanted: Wanted) -> Result<Found, AppError> {
        actor.require(Act::Import)?;
        let mut found = Found::default();
        if wanted.is_empty() {
            return Ok(found);
        }
        let operators = self.ports.accounts.operators().await?;
        let longest = wanted.names.len().max(wanted.addresses.len());
        for start in (0..longest).step_by(IMPORT_ASKED_AT_ONCE) {
            let part = start..start + IMPORT_ASKED_AT_ONCE;
            let names: Vec<_> = wanted.names.iter().take(part.end).skip(part.start).cloned().collect();
            let emails: Vec<_> = wanted.addresses.iter().take(part.end).skip(part.start).cloned().collect();
            found.merge(self.look_at(names, &emails).await?);
        }
        for operator in operators {
            // Only addresses that were asked about.
            if let Some(state) = found.addresses.get_mut(&operator.email.matching_key()) {
                *state = AddressState::Operator;
            }
        }
        Ok(found)
    }

    async fn look_at(
        &self,
        names: Vec<OrganizationName>,
        emails: &[EmailAddress],
    ) -> Result<Found, StoreError> {
        let collections: Vec<_> = names.iter().map(CollectionName::for_organization).collect();
        let (claims, existing) =
            futures_util::try_join!(self.ports.organizations.find_claims(&names, emails), async {
                match collections.is_empty() {
                    true => Ok(Vec::new()),
                    false => self.ports.collections.existing(&collections).await,
                }
            },)?;
        let mut found = Found::default();
        for (name, collection) in names.into_iter().zip(&collections) {
            let is_taken = claims.names.contains(&name) || existing.contains(collection);
            let state = if is_taken { NameState::CollectionTaken } else { NameState::Free };
            found.names.insert(name, state);
        }
        found.addresses.extend(emails.iter().map(|email| (email.matching_key(), AddressState::Free)));
        for organization in claims.organizations {
            if let Some(state) = found.addresses.get_mut(&organization.admin_email.matching_key()) {
                *state = AddressState::Organization(organization.id);
            }
            if let Some(state) = found.names.get_mut(&organization.name) {
                *state = NameState::Organization(Box::new(organization));
            }
        }
        Ok(found)
    }

    /// Carries rows out, several at a time, each by the act that exists for one organization. What was done stays,
    /// whatever becomes of the others; `done` is told of each row.
    ///
    /// Recorded first, as a whole and each organization by itself. Hashes passwords on all processors but one.
    ///
    /// # Errors
    /// `Forbidden`; `NoRoom` if the deployment has no room for all of them; `Store` if the workspace is closed for
    /// writing or the record can't be written: nothing was done.
    pub async fn run(
        &self,
        organizations: &OrganizationService,
        actor: &Actor,
        (file, work): (&str, Vec<RowWork>),
        done: &(dyn Fn(usize, RowResult) + Sync),
        (progress, cancellation): (&dyn ProgressSink, &Cancellation),
    ) -> Result<Imported, AppError> {
        actor.require(Act::Import)?;
        if work.is_empty() {
            return Ok(Imported::default());
        }
        // Before the record, which a closed gate lets through.
        self.operations.admit()?;
        let creates = work.iter().filter(|work| matches!(work.act, RowAct::Create { .. })).count();
        organizations.capacity().require(None, creates as u64).await?;
        let entry = ActivityEntry::of(actor, ActivityKind::OrganizationsImported)
            .on(file)
            .with_detail(format!("{creates} to create, {} to change", work.len() - creates))
            .of_operation(random_operation());
        self.ports.record_first(&entry).await?;
        let total = Some(work.len() as u64);
        progress.report(Progress { done: 0, total });
        let run = Run {
            service: self,
            organizations,
            actor: &actor.because(format!("import of {file}")),
            cancellation,
            is_over: AtomicBool::new(false),
            stopped: Mutex::new(None),
        };
        let imported = Mutex::new(Imported::default());
        let ended = AtomicU64::new(0);
        stream::iter(work)
            .for_each_concurrent(BULK_AT_ONCE, |RowWork { row, act }| {
                let (run, imported, ended) = (&run, &imported, &ended);
                async move {
                    let result = run.row(act).await;
                    imported.lock().count(&result);
                    done(row, result);
                    let done = ended.fetch_add(1, Ordering::Relaxed) + 1;
                    progress.report(Progress { done, total });
                }
            })
            .await;
        let mut imported = imported.into_inner();
        imported.stopped = run.stopped.into_inner();
        imported.cancelled = imported.not_tried > 0 && cancellation.checkpoint().is_err();
        self.record_end(entry, &imported).await;
        Ok(imported)
    }

    /// The entry of what was planned stands alone if all of it was done.
    async fn record_end(&self, entry: ActivityEntry, imported: &Imported) {
        let Imported { created, changed, failed, not_tried, .. } = *imported;
        if failed + not_tried == 0 {
            return;
        }
        let told = format!("{created} created, {changed} changed, {failed} failed, {not_tried} not tried");
        let nothing = created + changed + imported.unclear == 0;
        let outcome = if nothing { Outcome::Undone } else { Outcome::Failed };
        self.ports.record(&entry.ended(outcome).with_detail(told)).await;
    }
}

/// One import that is being carried out.
struct Run<'run> {
    service: &'run ImportService,
    organizations: &'run OrganizationService,
    actor: &'run Actor,
    cancellation: &'run Cancellation,
    is_over: AtomicBool,
    stopped: Mutex<Option<AppError>>,
}

impl Run<'_> {
    async fn row(&self, act: RowAct) -> RowResult {
        if self.is_over.load(Ordering::Relaxed) || self.cancellation.checkpoint().is_err() {
            return RowResult::NotTried;
        }
        let result = match act {
            RowAct::Create { name, display_name, email, password, active, generated: _ } => {
                self.create((name, display_name, email), &password, active).await
            }
            RowAct::Change { id, display_name, email, active, seen } => {
                match self.change(id, (display_name, email, active), seen).await {
                    Ok(()) => RowResult::Changed,
                    Err(error) => RowResult::Failed(error),
                }
            }
        };
        match &result {
            RowResult::Failed(AppError::Cancelled) => return RowResult::NotTried,
            RowResult::Failed(error) | RowResult::NotDeactivated(error) if meets_all(error) => {
                self.is_over.store(true, Ordering::Relaxed);
                self.stopped.lock().get_or_insert_with(|| error.clone());
            }
            RowResult::Created
            | RowResult::Changed
            | RowResult::Failed(_)
            | RowResult::NotDeactivated(_)
            | RowResult::NotTried => {}
        }
        result
    }

    async fn create(
        &self,
        fields: (OrganizationName, Option<DisplayName>, EmailAddress),
        password: &SecretString,
        active: bool,
    ) -> RowResult {
        let hash = async {
            let password = Password::parse(password).map_err(AppError::InvalidInput)?;
            // The turn may take a while: nothing was written yet.
            tokio::select! {
                () = self.cancellation.cancelled() => Err(AppError::Cancelled),
                hash = self.service.hasher.hash_in_background(&password) => hash,
            }
        };
        let created = match self.organizations.create_parsed(self.actor, fields, hash).await {
            Ok(created) => created,
            Err(error) => return RowResult::Failed(error),
        };
        if active {
            return RowResult::Created;
        }
        match self.organizations.deactivate(self.actor, created.id).await {
            Ok(_) => RowResult::Created,
            Err(error) => RowResult::NotDeactivated(error),
        }
    }

    async fn change(
        &self,
        id: OrganizationId,
        (display_name, email, active): (Option<String>, Option<String>, Option<bool>),
        seen: Seen,
    ) -> Result<(), AppError> {
        if display_name.is_some() || email.is_some() {
            let request = UpdateRequest { id, name: None, display_name, email, password: None, seen };
            self.organizations.update(self.actor, request).await?;
        }
        match active {
            Some(true) => self.organizations.reactivate(self.actor, id).await.map(drop),
            Some(false) => self.organizations.deactivate(self.actor, id).await.map(drop),
            None => Ok(()),
        }
    }
}

impl Imported {
    fn count(&mut self, result: &RowResult) {
        match result {
            RowResult::Created => self.created += 1,
            RowResult::Changed => self.changed += 1,
            RowResult::NotDeactivated(_) => {
                self.created += 1;
                self.failed += 1;
            }
            RowResult::Failed(error) => {
                self.failed += 1;
                let is_unclear = matches!(error, AppError::Store(error) if error.is_unclear());
                self.unclear += u32::from(is_unclear || matches!(error, AppError::PartlyDone { .. }));
            }
            RowResult::NotTried => self.not_tried += 1,
        }
    }
}

/// Whether a failure would meet every further row as well.
fn meets_all(error: &AppError) -> bool {
    match error {
        AppError::Session(_) | AppError::Forbidden | AppError::NoRoom { .. } => true,
        AppError::Store(error) => match error {
            StoreError::ReadOnly { .. }
            | StoreError::Full
            | StoreError::LimitReached { .. }
            | StoreError::Denied { .. }
            | StoreError::SignInRefused
            | StoreError::Unavailable { .. }
            | StoreError::TookTooLong
            | StoreError::File { .. }
            | StoreError::Newer { .. }
            | StoreError::ConnectionString { .. } => true,
            StoreError::Duplicate { .. }
            | StoreError::NotFound { .. }
            | StoreError::Changed { .. }
            | StoreError::LastOwner
            | StoreError::CollectionExists { .. }
            | StoreError::CollectionMissing { .. }
            | StoreError::RuleBroken { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Unexpected { .. } => false,
        },
        AppError::InvalidInput(_)
        | AppError::Conflict(_)
        | AppError::NotFound { .. }
        | AppError::CredentialsRefused { .. }
        | AppError::OrganizationInactive
        | AppError::AccountInactive
        | AppError::OneTimePasswordExpired
        | AppError::Throttled { .. }
        | AppError::AlreadyClaimed
        | AppError::Busy { .. }
        | AppError::PartlyDone { .. }
        | AppError::UndoRefused(_)
        | AppError::RecordBroken { .. }
        | AppError::FactsChanged
        | AppError::ChangedElsewhere(_)
        | AppError::Bundle(_)
        | AppError::ConfirmationMismatch
        | AppError::DataMissing { .. }
        | AppError::Cancelled
        | AppError::FileNotWritten(_)
        | AppError::ListRefused(_)
        | AppError::Unexpected { .. } => false,
    }
}
