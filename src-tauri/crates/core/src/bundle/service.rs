use std::io::Write;
use std::sync::Arc;

use secrecy::SecretString;

use super::BundleProgress;
use super::collection_source::CollectionSource;
use super::fingerprint::Fingerprint;
use super::keeping::{KeptBundle, PendingBundle, ProvenBundle, contents};
use super::manifest::Manifest;
use super::reading::BundleReader;
use super::receiving::{Newcomer, Sum};
use super::tenant::{ChangedMeanwhile, Tenant, TenantSource};
use super::writing::{Occasion, Origin, write_bundle};
use crate::access::Operations;
use crate::capacity::{CapacityService, require_index_room};
use crate::clock::Clock;
use crate::error::{AppError, ConflictOn, StoreError};
use crate::jobs::{Cancellation, JobStep, ProgressSink};
use crate::ports::Ports;
use crate::record::random_operation;
use crate::records::{ActivityEntry, ActivityKind, OperationPlan, Organization};
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{
    CollectionName, CopyId, EmailAddress, FieldIssue, OrganizationId, OrganizationName, Password,
    PasswordHash,
};

/// Writes bundles, and takes in organizations from them or from another workspace.
pub struct BundleService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    pub(super) operations: Arc<Operations>,
    capacity: CapacityService,
}

/// A bundle that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBundle {
    /// The organization in it.
    pub organization: Organization,
    /// Documents in it.
    pub documents: u64,
    /// Their bytes as BSON.
    pub bytes: u64,
    /// Indexes of the collection, with that of `_id`.
    pub indexes: u32,
    /// What others changed meanwhile.
    pub changed: Option<ChangedMeanwhile>,
}

/// How an organization comes in.
#[derive(Debug)]
pub struct ReceiveRequest {
    /// The name that it gets, as typed.
    pub name: String,
    /// Its admin's address, as typed.
    pub email: String,
    /// Its admin's password.
    pub password: AdminPassword,
    /// Whether it is another organization than the one that it comes from: it gets an id of its own. Otherwise it keeps
    /// its id, if that is free here.
    pub is_copy: bool,
}

/// The password of the admin of an organization that comes in.
#[derive(Debug)]
pub enum AdminPassword {
    /// A new one, as typed or generated.
    New(SecretString),
    /// The one that the admin has, for a move from one open workspace to another. It is never in a file.
    Kept(PasswordHash),
}

/// What would happen if an organization came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivePlan {
    /// The id that it gets.
    pub id: OrganizationId,
    /// Whether that is the id that it had.
    pub keeps_id: bool,
    /// The name that it gets; as typed if that is no name.
    pub name: String,
    /// Its collection; `None` if the name is no name.
    pub collection: Option<CollectionName>,
    /// Its admin's address.
    pub email: String,
    /// What is in the way: the fields with the rules that they break.
    pub problems: Vec<FieldIssue>,
    /// Documents that come in, if they were counted.
    pub documents: Option<u64>,
    /// Their bytes as BSON, if known.
    pub bytes: Option<u64>,
    /// Indexes that are made, with that of `_id`.
    pub indexes: u32,
    /// Whether the collection has options of its own, such as a validator.
    pub has_options: bool,
    /// How many more collections and indexes the deployment takes; `None` if it has no limit, or that is not known.
    pub room: Option<u64>,
}

/// An organization that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The organization.
    pub organization: Organization,
    /// Documents that were written, and read back the same.
    pub documents: u64,
    /// Their bytes as BSON.
    pub bytes: u64,
    /// Indexes of the collection, with that of `_id`.
    pub indexes: u32,
    /// Indexes of the workspace's template that the collection lacks: it has what it had, and the doctor tells.
    pub lacks: u32,
    /// The content of its collection when it came in.
    pub fingerprint: Fingerprint,
    /// What others changed at the source meanwhile: a move must not give up the source then.
    pub changed: Option<ChangedMeanwhile>,
}

impl BundleService {
    /// For one open workspace.
    pub fn new(
        ports: Ports,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
        operations: Arc<Operations>,
    ) -> Self {
        let capacity = CapacityService::new(ports.clone(), Arc::clone(&clock));
        Self { ports, clock, hasher, operations, capacity }
    }

    /// An organization of this workspace as a source, for a bundle or for another workspace. It can be in the trash.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `DataMissing`, `Bundle` for a view or a time-series collection, `Store`.
    pub async fn source(&self, actor: &Actor, id: OrganizationId) -> Result<Box<dyn TenantSource>, AppError> {
        actor.require_on(Act::BackUp, id)?;
        let organization = self.load(id).await?;
        let source = CollectionSource::of_organization(&self.ports, &organization).await?;
        Ok(Box::new(source.measured().await?))
    }

    /// Writes an organization to a bundle, for which the record names the `place`. What is cancelled or fails leaves an
    /// output that is worthless: the caller replaces the target whole or not at all.
    ///
    /// # Errors
    /// Those of [`source`](Self::source), `Cancelled`, `FileNotWritten`.
    pub async fn write(
        &self,
        actor: &Actor,
        id: OrganizationId,
        origin: &Origin,
        (place, output): (&str, impl Write + Send + 'static),
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<WrittenBundle, AppError> {
        actor.require_on(Act::BackUp, id)?;
        let organization = self.load(id).await?;
        let source = CollectionSource::of_organization(&self.ports, &organization).await?;
        let record = ActivityEntry::of(actor, ActivityKind::BundleWritten).about(id, &organization.name);
        let record = record.changed("file", None, Some(place.to_owned()));
        let occasion = Occasion { origin, by: actor.email(), at: self.clock.now() };
        let written = write_bundle(&source, occasion, Box::new(output), progress, cancellation);
        let Manifest { documents, bytes, indexes, changed_meanwhile: changed, .. } =
            self.ports.recorded(record, written).await?;
        Ok(WrittenBundle { organization, documents, bytes, indexes, changed })
    }

    /// Writes an organization to a bundle that stands in for it: it is read back from the disk before it is in its
    /// place. What is cancelled, fails or was changed by others meanwhile leaves no file.
    ///
    /// # Errors
    /// Those of [`write`](Self::write); `Store` with `Changed` after a change by others.
    pub async fn keep(
        &self,
        actor: &Actor,
        id: OrganizationId,
        (file, origin): (Box<dyn PendingBundle>, &Origin),
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<KeptBundle, AppError> {
        actor.require_on(Act::BackUp, id)?;
        let organization = self.load(id).await?;
        let source = CollectionSource::of_organization(&self.ports, &organization).await?;
        let occasion = Occasion { origin, by: actor.email(), at: self.clock.now() };
        let bundle = ProvenBundle::write(&source, occasion, file, progress, cancellation).await?;
        progress.begin(JobStep::Comparing);
        let is_same = contents(&source, progress, cancellation).await? == bundle.contents;
        if !is_same || source.changed().await?.is_some() {
            return Err(StoreError::Changed { what: "the collection" }.into());
        }
        cancellation.checkpoint()?;
        let record = bundle.entry(actor, &random_operation()).about(id, &organization.name);
        self.ports.recorded(record, bundle.keep()).await
    }

    /// Reads every line of a bundle and compares all counts and checksums.
    ///
    /// # Errors
    /// `Forbidden`, `Bundle` with the first damage, `Cancelled`.
    pub async fn verify(
        &self,
        actor: &Actor,
        bundle: &BundleReader,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<BundleProgress, AppError> {
        actor.require_some(Act::BackUp)?;
        bundle.verify(progress, cancellation).await
    }

    /// What would happen if an organization came in. Writes nothing.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn plan(
        &self,
        actor: &Actor,
        source: &dyn TenantSource,
        request: &ReceiveRequest,
    ) -> Result<ReceivePlan, AppError> {
        actor.require(Act::RestoreBundle)?;
        let tenant = source.tenant();
        let typed = Typed::of(request);
        let mut problems = typed.issues.clone();
        let free_name = async {
            match &typed.name {
                Some(name) => self.require_free_name(name).await,
                None => Ok(()),
            }
        };
        let free_email = async {
            match &typed.email {
                Some(email) => self.require_free_email(email).await,
                None => Ok(()),
            }
        };
        let (name, email, short, id) = futures_util::join!(
            free_name,
            free_email,
            self.capacity.require(typed.name.as_ref(), 0),
            self.id_for(tenant, request.is_copy),
        );
        let room = self.capacity.current().await;
        for free in [name, email] {
            match free {
                Ok(()) => {}
                Err(AppError::Conflict(taken)) => problems.push(taken.into()),
                Err(error) => return Err(error),
            }
        }
        let indexes = u32::try_from(tenant.description.indexes.len()).unwrap_or(u32::MAX);
        if let Err(AppError::InvalidInput(too_long)) = short {
            problems.extend(too_long);
        }
        let room = room.and_then(|room| {
            let limit = u64::from(room.limit?.number());
            Some(limit.saturating_sub(room.used()?))
        });
        let id = id?;
        Ok(ReceivePlan {
            id,
            keeps_id: tenant.id() == Some(id),
            name: typed.name.as_ref().map_or_else(|| request.name.clone(), ToString::to_string),
            collection: typed.name.as_ref().map(CollectionName::for_organization),
            email: typed.email.as_ref().map_or_else(|| request.email.clone(), ToString::to_string),
            problems,
            documents: tenant.documents,
            bytes: tenant.bytes,
            indexes,
            has_options: tenant.has_options(),
            room,
        })
    }

    /// Takes an organization in: fills a collection, compares its documents with those of the source, and only then
    /// makes it an organization. What is cancelled or fails leaves nothing here, and the source as it was.
    ///
    /// # Errors
    /// `Forbidden`, `InvalidInput`, `Conflict`, `Bundle` for damage of the source or documents that were read back
    /// otherwise than they were written, `NoRoom`, `Cancelled`, `Busy`, `Store`.
    pub async fn receive(
        &self,
        actor: &Actor,
        source: &dyn TenantSource,
        request: ReceiveRequest,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Received, AppError> {
        actor.require(Act::RestoreBundle)?;
        let Typed { name, email, password, issues } = Typed::of(&request);
        let (Some(name), Some(email), Some(password)) = (name, email, password) else {
            return Err(AppError::InvalidInput(issues));
        };
        let runner = self.operations.admit()?;
        let tenant = source.tenant();
        let indexes = tenant.description.indexes.len() as u64;
        require_index_room(0, indexes)?;
        let id = self.id_for(tenant, request.is_copy).await?;
        let newcomer = Newcomer {
            source,
            id,
            name: &name,
            admin_email: &email,
            incoming: CopyId::new(),
            at: self.clock.now(),
        };
        let look = async {
            let (name, email, room) = futures_util::join!(
                self.require_free_name(&name),
                self.require_free_email(&email),
                self.capacity.require(Some(&name), 1),
            );
            name.and(email).and(room)
        };
        let hashed = async {
            let hash = async {
                match &password {
                    Given::New(password) => self.hasher.hash(password).await,
                    Given::Kept(hash) => Ok(hash.clone()),
                }
            };
            let (hash, ()) = futures_util::try_join!(hash, look)?;
            Ok(hash)
        };
        let steps = |ports: Ports, hash: PasswordHash| {
            let newcomer = &newcomer;
            async move {
                let sum = newcomer.come_in(&ports, &hash, progress, cancellation).await?;
                // What was read last may already be of a changed collection.
                let changed = source.changed().await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "whether the source changed is not known");
                    Some(ChangedMeanwhile::Collection)
                });
                Ok((sum, changed))
            }
        };
        let record = ActivityEntry::of(actor, ActivityKind::OrganizationReceived)
            .about(id, &name)
            .changed("name", None, Some(name.to_string()))
            .changed("email", None, Some(email.to_string()));
        let record = match tenant.documents {
            Some(documents) => record.with_detail(format!("{documents} documents")),
            None => record,
        };
        let plan = OperationPlan::Receive { name: name.clone(), incoming: newcomer.incoming };
        let done = runner.run(plan, record, id, hashed, steps).await?;
        self.capacity.made(1, indexes);
        let (organization, lacks) = futures_util::join!(self.load(id), self.lacked_by(tenant));
        let organization = organization?;
        // The journal finished it after a lost response: what was compared was compared, but the numbers are lost.
        let (Sum { fingerprint, bytes }, changed) =
            done.unwrap_or((Sum::default(), Some(ChangedMeanwhile::Collection)));
        let documents = fingerprint.documents;
        let indexes = u32::try_from(indexes).unwrap_or(u32::MAX);
        Ok(Received { organization, documents, bytes, indexes, lacks, fingerprint, changed })
    }

    /// How many indexes of the template a tenant's collection lacks; none if the template can't be read, because the
    /// organization is in.
    async fn lacked_by(&self, tenant: &Tenant) -> u32 {
        match self.ports.settings.template().await {
            Ok(template) => {
                let lacked = template.unwrap_or_default().lacked_by(&tenant.description);
                u32::try_from(lacked.len()).unwrap_or(u32::MAX)
            }
            Err(error) => {
                tracing::debug!(%error, "the template could not be read");
                0
            }
        }
    }

    /// The id that an organization gets here: its own, if nobody has that here.
    async fn id_for(&self, tenant: &Tenant, is_copy: bool) -> Result<OrganizationId, AppError> {
        let Some(own) = tenant.id().filter(|_| !is_copy) else { return Ok(OrganizationId::new()) };
        let (live, trashed) = futures_util::try_join!(
            self.ports.organizations.find(own),
            self.ports.organizations.find_trashed(own),
        )?;
        Ok(if live.is_none() && trashed.is_none() { own } else { OrganizationId::new() })
    }

    /// The organization, live or in the trash.
    async fn load(&self, id: OrganizationId) -> Result<Organization, AppError> {
        let found = match self.ports.organizations.find(id).await? {
            None => self.ports.organizations.find_trashed(id).await?,
            live => live,
        };
        found.ok_or(AppError::NotFound { what: "organization" })
    }

    /// Checks early, to name the field. The unique index decides.
    async fn require_free_name(&self, name: &OrganizationName) -> Result<(), AppError> {
        let collection = CollectionName::for_organization(name);
        let (exists, owners, named) = futures_util::try_join!(
            self.ports.collections.exists(&collection),
            self.ports.organizations.owners(name),
            self.ports.organizations.find_by_name(name),
        )?;
        match named {
            Some(_) => Err(AppError::Conflict(ConflictOn::Name)),
            None if exists || !owners.is_empty() => Err(AppError::Conflict(ConflictOn::Collection)),
            None => Ok(()),
        }
    }

    /// Checks early, to name the field.
    async fn require_free_email(&self, email: &EmailAddress) -> Result<(), AppError> {
        let (found, operator) = futures_util::try_join!(
            self.ports.organizations.find_credentials(email),
            self.ports.accounts.find_operator_by_email(email),
        )?;
        let is_free = found.is_empty() && operator.is_none();
        if is_free { Ok(()) } else { Err(AppError::Conflict(ConflictOn::Email)) }
    }
}

/// The fields of a request, parsed.
struct Typed {
    name: Option<OrganizationName>,
    email: Option<EmailAddress>,
    password: Option<Given>,
    issues: Vec<FieldIssue>,
}

enum Given {
    New(Password),
    Kept(PasswordHash),
}

impl Typed {
    fn of(request: &ReceiveRequest) -> Self {
        let mut issues = Vec::new();
        let name = OrganizationName::parse(&request.name).map_err(|issue| issues.push(issue)).ok();
        let email = EmailAddress::parse(&request.email).map_err(|issue| issues.push(issue)).ok();
        let password = match &request.password {
            AdminPassword::Kept(hash) => Some(Given::Kept(hash.clone())),
            AdminPassword::New(text) => Password::parse(text)
                .map(Given::New)
                .map_err(|more: Vec<FieldIssue>| issues.extend(more))
                .ok(),
        };
        Self { name, email, password, issues }
    }
}
