use std::io::Write;
use std::sync::Arc;

use secrecy::SecretString;

use super::tenant::{ChangedMeanwhile, TenantSource};
use crate::access::Operations;
use crate::clock::Clock;
use crate::error::AppError;
use crate::jobs::{Cancellation, ProgressSink};
use crate::ports::Ports;
use crate::records::Organization;
use crate::rights::{Act, Actor};
use crate::sessions::PasswordHasher;
use crate::values::{CollectionName, FieldIssue, OrganizationId, PasswordHash};

/// Writes bundles, and takes in organizations from them or from another workspace.
pub struct BundleService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: PasswordHasher,
    pub(super) operations: Arc<Operations>,
}

/// Where and by which program a bundle is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The name of the workspace, as people know it.
    pub workspace: String,
    /// The version of the program.
    pub program: String,
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
        Self { ports, clock, hasher, operations }
    }

    /// An organization of this workspace as a source, for a bundle or for another workspace.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `DataMissing`, `Bundle` for a view or a time-series collection, `Store`.
    pub async fn source(&self, actor: &Actor, id: OrganizationId) -> Result<Box<dyn TenantSource>, AppError> {
        actor.require_on(Act::BackUp, id)?;
        Err(self.unfinished())
    }

    /// Writes an organization to a bundle. What is cancelled or fails leaves an output that is worthless: the caller
    /// replaces the target whole or not at all.
    ///
    /// # Errors
    /// Those of [`source`](Self::source), `Cancelled`, `FileNotWritten`.
    pub async fn write(
        &self,
        actor: &Actor,
        id: OrganizationId,
        _origin: &Origin,
        _output: Box<dyn Write + Send>,
        _progress: &dyn ProgressSink,
        _cancellation: &Cancellation,
    ) -> Result<WrittenBundle, AppError> {
        self.source(actor, id).await?;
        Err(self.unfinished())
    }

    /// What would happen if an organization came in. Writes nothing.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn plan(
        &self,
        actor: &Actor,
        _source: &dyn TenantSource,
        _request: &ReceiveRequest,
    ) -> Result<ReceivePlan, AppError> {
        actor.require(Act::RestoreBundle)?;
        Err(self.unfinished())
    }

    /// Takes an organization in: fills a collection, compares its documents with those of the source, and only then
    /// makes it an organization. What is cancelled or fails leaves nothing here, and the source as it was.
    ///
    /// # Errors
    /// `Forbidden`, `InvalidInput`, `Conflict`, `Bundle` for damage of the source or documents that were read back
    /// otherwise than they were written, `Cancelled`, `Busy`, `Store`.
    pub async fn receive(
        &self,
        actor: &Actor,
        _source: &dyn TenantSource,
        _request: ReceiveRequest,
        _progress: &dyn ProgressSink,
        _cancellation: &Cancellation,
    ) -> Result<Received, AppError> {
        actor.require(Act::RestoreBundle)?;
        Err(self.unfinished())
    }

    fn unfinished(&self) -> AppError {
        let _ = (&self.ports, &self.clock, &self.hasher, &self.operations);
        AppError::Unexpected { detail: "bundles are not there yet".to_owned() }
    }
}
