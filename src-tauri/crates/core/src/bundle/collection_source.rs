//! A collection of an open workspace as a source: an organization's, or one that belongs to nobody.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use super::tenant::{ChangedMeanwhile, Tenant, TenantSource};
use crate::document_ids::id_of;
use crate::error::{AppError, BundleProblem, StoreError};
use crate::ports::Ports;
use crate::records::{CollectionDescription, CollectionIdentity, CollectionKind, Organization};
use crate::values::CollectionName;

/// A collection as it was found, with its organization if it has one.
pub(crate) struct CollectionSource {
    ports: Ports,
    collection: CollectionName,
    identity: CollectionIdentity,
    found: Contents,
    tenant: Tenant,
}

/// What tells whether documents were added or removed, without reading them.
struct Contents {
    documents: u64,
    newest: Option<Vec<u8>>,
}

impl CollectionSource {
    /// The collection of an organization, live or in the trash.
    ///
    /// # Errors
    /// `DataMissing`, `Bundle`, `NotFound`, `Store`.
    pub(crate) async fn of_organization(
        ports: &Ports,
        organization: &Organization,
    ) -> Result<Self, AppError> {
        let collection = organization.collection();
        let description = described(ports, &collection).await?;
        let document = async {
            match &organization.trashed {
                None => ports.organizations.document(organization.id).await,
                Some(_) => ports.organizations.trashed_document(organization.id).await,
            }
        };
        let (document, found) = futures_util::try_join!(document, Contents::of(ports, &collection))?;
        let document = document.ok_or(AppError::NotFound { what: "organization" })?;
        let identity = description.identity.clone();
        let tenant = Tenant::of(&document, description, Some(found.documents), None)?;
        Ok(Self { ports: ports.clone(), collection, identity, found, tenant })
    }

    /// A collection that belongs to no organization.
    ///
    /// # Errors
    /// `DataMissing`, `Bundle`, `Store`.
    pub(crate) async fn ownerless(ports: &Ports, collection: &CollectionName) -> Result<Self, AppError> {
        let description = described(ports, collection).await?;
        let found = Contents::of(ports, collection).await?;
        let identity = description.identity.clone();
        let documents = Some(found.documents);
        let tenant = Tenant::without_organization(collection.clone(), description, documents, None);
        Ok(Self { ports: ports.clone(), collection: collection.clone(), identity, found, tenant })
    }

    /// The same with the number and the size of its documents for a plan. Some servers read all of them for it.
    ///
    /// # Errors
    /// `Store`.
    pub(crate) async fn measured(mut self) -> Result<Self, AppError> {
        let statistics = self.ports.collections.statistics(&self.collection).await?;
        (self.tenant.documents, self.tenant.bytes) = (Some(statistics.documents), statistics.data_size);
        Ok(self)
    }

    /// Which collection it is.
    pub(crate) fn identity(&self) -> &CollectionIdentity {
        &self.identity
    }
}

fn missing(collection: &CollectionName) -> AppError {
    AppError::DataMissing { collection: collection.to_string() }
}

async fn described(ports: &Ports, collection: &CollectionName) -> Result<CollectionDescription, AppError> {
    let description = ports.collections.describe(collection).await?.ok_or_else(|| missing(collection))?;
    match description.kind {
        CollectionKind::Plain | CollectionKind::Capped => Ok(description),
        CollectionKind::View => Err(AppError::Bundle(BundleProblem::View)),
        CollectionKind::TimeSeries => Err(AppError::Bundle(BundleProblem::TimeSeries)),
    }
}

impl Contents {
    async fn of(ports: &Ports, collection: &CollectionName) -> Result<Self, StoreError> {
        let (documents, newest) = futures_util::try_join!(
            ports.collections.count(collection),
            ports.collections.newest(collection)
        )?;
        Ok(Self { documents, newest })
    }

    /// Whether as many are there, and the newest is as it was and still the newest. A look by `_id` costs nothing;
    /// asking for the newest again may cost a server a look at each.
    async fn are_in(&self, ports: &Ports, collection: &CollectionName) -> Result<bool, StoreError> {
        let collections = &ports.collections;
        let newest = async {
            let Some(newest) = &self.newest else { return Ok(true) };
            let id = id_of(newest)?;
            let ids = std::slice::from_ref(&id);
            let looked = futures_util::try_join!(
                collections.documents_of(collection, ids),
                collections.documents_after(collection, Some(&id), 1),
            );
            match looked {
                Ok((found, newer)) => Ok(newer.is_empty() && found == [newest.as_slice()]),
                Err(StoreError::CollectionMissing { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        };
        let (documents, is_newest) = futures_util::try_join!(collections.count(collection), newest)?;
        Ok(is_newest && documents == self.documents)
    }
}

#[async_trait]
impl TenantSource for CollectionSource {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn documents(&self) -> BoxStream<'_, Result<Vec<Vec<u8>>, AppError>> {
        Box::pin(self.ports.collections.documents(&self.collection).map_err(AppError::from))
    }

    async fn changed(&self) -> Result<Option<ChangedMeanwhile>, AppError> {
        let (identity, is_same) = futures_util::try_join!(
            self.ports.collections.identity(&self.collection),
            self.found.are_in(&self.ports, &self.collection),
        )?;
        let is_it = identity.is_some_and(|identity| self.identity.is_same_as(&identity) != Some(false));
        Ok(match (is_it, is_same) {
            (false, _) => Some(ChangedMeanwhile::Collection),
            (true, false) => Some(ChangedMeanwhile::Documents),
            (true, true) => None,
        })
    }
}
