//! The steps by which an organization comes in.

use bson::{Bson, Document, doc};
use futures_util::TryStreamExt;
use time::OffsetDateTime;

use super::fingerprint::Fingerprint;
use super::progress::Told;
use super::tenant::{Tenant, TenantSource};
use crate::error::{AppError, BundleProblem, ConflictOn, StoreError, UniqueField};
use crate::jobs::{Cancellation, ProgressSink};
use crate::ports::Ports;
use crate::records::{CollectionDescription, IndexDescription};
use crate::values::{CollectionName, CopyId, EmailAddress, OrganizationId, OrganizationName, PasswordHash};

const VALIDATOR: &str = "validator";

/// An organization that is to come in.
pub(super) struct Newcomer<'a> {
    pub(super) source: &'a dyn TenantSource,
    pub(super) id: OrganizationId,
    pub(super) name: &'a OrganizationName,
    pub(super) admin_email: &'a EmailAddress,
    pub(super) incoming: CopyId,
    pub(super) at: OffsetDateTime,
}

/// All documents of a collection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) fingerprint: Fingerprint,
    pub(super) bytes: u64,
}

impl Sum {
    fn add(&mut self, batch: &[Vec<u8>]) -> Result<(), StoreError> {
        for document in batch {
            self.bytes += document.len() as u64;
            self.fingerprint.add(document)?;
        }
        Ok(())
    }
}

impl Newcomer<'_> {
    /// Fills a collection under a name of its own, makes its indexes, compares what is there with what was read,
    /// inserts the document and only then gives the collection its name.
    pub(super) async fn come_in(
        &self,
        ports: &Ports,
        password: &PasswordHash,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Sum, AppError> {
        let (waiting, home) =
            (CollectionName::incoming(self.incoming), CollectionName::for_organization(self.name));
        let tenant = self.source.tenant();
        let validator = validator(&tenant.description);
        ports.collections.create_as(&waiting, &empty_like(&tenant.description)).await?;
        let filled = self.fill(ports, &waiting, progress, cancellation).await?;
        // After the documents: building an index once is quicker than changing it for each, and a document that an
        // index refuses is told as such.
        let own = tenant.description.indexes.iter().filter(|index| !is_of_id(&index.definition));
        let (expiring, lasting): (Vec<_>, Vec<_>) = own.partition(|index| index.expires());
        index(ports, &waiting, &lasting, cancellation).await?;
        if self.read_back(ports, &waiting, cancellation).await? != filled {
            return Err(AppError::Bundle(BundleProblem::ReadBackOtherwise));
        }
        // After the comparison: as soon as they are there, the server deletes old documents.
        index(ports, &waiting, &expiring, cancellation).await?;
        if let Some(validator) = validator {
            ports.collections.set_validator(&waiting, &validator).await?;
        }
        let which = ports.collections.identity(&waiting).await?;
        let which = which.ok_or(StoreError::CollectionMissing { collection: waiting.to_string() })?;
        if ports.collections.exists(&home).await? {
            return Err(AppError::Conflict(ConflictOn::Collection));
        }
        cancellation.checkpoint()?;
        let document = self.document(tenant, password)?;
        ports.organizations.insert_document(&document).await.map_err(taken)?;
        ports.collections.rename(&waiting, &home, &which).await.map_err(taken)?;
        Ok(filled)
    }

    async fn fill(
        &self,
        ports: &Ports,
        waiting: &CollectionName,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Sum, AppError> {
        let mut told = Told::new(progress, self.source.tenant().documents);
        let mut documents = self.source.documents();
        let mut sum = Sum::default();
        let mut next = documents.try_next().await?;
        while let Some(batch) = next {
            sum.add(&batch)?;
            let written =
                async { ports.collections.insert_documents(waiting, &batch).await.map_err(AppError::from) };
            let reading = async {
                tokio::select! {
                    () = cancellation.cancelled() => Err(AppError::Cancelled),
                    batch = documents.try_next() => batch,
                }
            };
            // The next batch is read while this one is written. A write is waited for in any case: what a server still
            // has to do would make the collection anew after it was dropped.
            let (written, read) = futures_util::join!(written, reading);
            written?;
            told.add(&batch);
            next = read?;
        }
        told.end();
        Ok(sum)
    }

    async fn read_back(
        &self,
        ports: &Ports,
        waiting: &CollectionName,
        cancellation: &Cancellation,
    ) -> Result<Sum, AppError> {
        let mut documents = ports.collections.documents(waiting);
        let mut sum = Sum::default();
        loop {
            let batch = tokio::select! {
                () = cancellation.cancelled() => return Err(AppError::Cancelled),
                batch = documents.try_next() => batch?,
            };
            match batch {
                Some(batch) => sum.add(&batch)?,
                None => return Ok(sum),
            }
        }
    }

    /// The organization's document as it is inserted: that of the source, with what is new about it.
    fn document(&self, tenant: &Tenant, password: &PasswordHash) -> Result<Vec<u8>, AppError> {
        let now = milliseconds(self.at);
        let mut fields = tenant.fields();
        fields.remove("_id");
        let mut document = doc! {
            "_id": self.id.object_id(),
            "organization_name": self.name.as_str(),
            "admin_email": self.admin_email.as_str(),
            "admin_password": password.expose(),
            "collection_name": CollectionName::for_organization(self.name).as_str(),
            // What is no date can't be one here; it stays readable where the organization comes from.
            "created_at": match fields.get("created_at") {
                Some(Bson::DateTime(at)) => *at,
                _ => now,
            },
            "updated_at": now,
            "is_active": is_active(fields.get("is_active")),
        };
        for (field, value) in fields {
            if !document.contains_key(&field) {
                document.insert(field, value);
            }
        }
        // Higher than that of any session that the organization had before, here or elsewhere.
        let version = self.at.unix_timestamp();
        match document.get_document_mut("console") {
            Ok(console) => drop(console.insert("session_version", version)),
            Err(_) => drop(document.insert("console", doc! { "session_version": version })),
        }
        document.to_vec().map_err(|_| AppError::Bundle(BundleProblem::NotADocument))
    }
}

/// As the service takes it.
fn is_active(stored: Option<&Bson>) -> bool {
    match stored {
        None => true,
        Some(Bson::Boolean(is_active)) => *is_active,
        Some(Bson::Null) => false,
        Some(Bson::Int32(number)) => *number != 0,
        Some(Bson::Int64(number)) => *number != 0,
        Some(Bson::Double(number)) => *number != 0.0,
        Some(_) => true,
    }
}

fn milliseconds(at: OffsetDateTime) -> bson::DateTime {
    let milliseconds = at.unix_timestamp_nanos() / 1_000_000;
    bson::DateTime::from_millis(i64::try_from(milliseconds).unwrap_or_default())
}

/// A collection as it is while it is filled: without indexes, and with a validator that refuses nothing. The documents
/// may be older than the validator, and were not refused where they come from.
fn empty_like(description: &CollectionDescription) -> CollectionDescription {
    let mut options = options(description);
    if options.contains_key(VALIDATOR) {
        options.insert(VALIDATOR, Document::new());
    }
    let options = options.to_vec().unwrap_or_else(|_| description.options.clone());
    let of_id = description.indexes.iter().filter(|index| is_of_id(&index.definition)).cloned();
    CollectionDescription { options, indexes: of_id.collect(), ..description.clone() }
}

/// The validator as BSON, if there is one that refuses anything.
fn validator(description: &CollectionDescription) -> Option<Vec<u8>> {
    let options = options(description);
    let validator = options.get_document(VALIDATOR).ok()?;
    if validator.is_empty() { None } else { validator.to_vec().ok() }
}

fn options(description: &CollectionDescription) -> Document {
    super::tenant::decoded(&description.options).unwrap_or_default()
}

async fn index(
    ports: &Ports,
    name: &CollectionName,
    indexes: &[&IndexDescription],
    cancellation: &Cancellation,
) -> Result<(), AppError> {
    for index in indexes {
        tokio::select! {
            () = cancellation.cancelled() => return Err(AppError::Cancelled),
            made = ports.collections.create_index(name, index) => made?,
        }
    }
    Ok(())
}

/// Whether it is the index that every collection has.
fn is_of_id(definition: &[u8]) -> bool {
    let key = |definition: &Document| {
        let key = definition.get_document("key").ok()?;
        Some(key.len() == 1 && key.contains_key("_id"))
    };
    super::tenant::decoded(definition).ok().as_ref().and_then(key).unwrap_or(false)
}

/// Someone else took the name, the address, the id or the collection first.
fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate { field: UniqueField::Name | UniqueField::Id } => {
            AppError::Conflict(ConflictOn::Name)
        }
        StoreError::Duplicate { field: UniqueField::Email } => AppError::Conflict(ConflictOn::Email),
        StoreError::CollectionExists { .. } => AppError::Conflict(ConflictOn::Collection),
        other => AppError::Store(other),
    }
}
