//! A collection of an open workspace as a source: an organization's, or one that belongs to nobody.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use super::tenant::{ChangedMeanwhile, Tenant, TenantSource};
use crate::error::{AppError, BundleProblem, StoreError};
use crate::ports::Ports;
use crate::records::{
    CollectionDescription, CollectionIdentity, CollectionKind, CollectionStatistics, Organization,
};
use crate::values::CollectionName;

/// A collection as it was found, with its organization if it has one.
pub(crate) struct CollectionSource {
    ports: Ports,
    collection: CollectionName,
    identity: CollectionIdentity,
    found: Contents,
    tenant: Tenant,
}

/// What tells whether documents were added or removed.
#[derive(PartialEq, Eq)]
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
        let (document, (statistics, newest)) =
            futures_util::try_join!(document, contents(ports, &collection))?;
        let statistics = statistics.ok_or_else(|| missing(&collection))?;
        let document = document.ok_or(AppError::NotFound { what: "organization" })?;
        let identity = description.identity.clone();
        let found = Contents { documents: statistics.documents, newest };
        let tenant = Tenant::of(&document, description, Some(statistics.documents), statistics.data_size)?;
        Ok(Self { ports: ports.clone(), collection, identity, found, tenant })
    }

    /// A collection that belongs to no organization.
    ///
    /// # Errors
    /// `DataMissing`, `Bundle`, `Store`.
    pub(crate) async fn ownerless(ports: &Ports, collection: &CollectionName) -> Result<Self, AppError> {
        let description = described(ports, collection).await?;
        let (statistics, newest) = contents(ports, collection).await?;
        let statistics = statistics.ok_or_else(|| missing(collection))?;
        let identity = description.identity.clone();
        let found = Contents { documents: statistics.documents, newest };
        let (documents, bytes) = (Some(statistics.documents), statistics.data_size);
        let tenant = Tenant::without_organization(collection.clone(), description, documents, bytes);
        Ok(Self { ports: ports.clone(), collection: collection.clone(), identity, found, tenant })
    }

    /// Which collection it is.
    pub(crate) fn identity(&self) -> &CollectionIdentity {
        &self.identity
    }
}

fn missing(collection: &CollectionName) -> AppError {
    AppError::DataMissing { collection: collection.to_string() }
}

/// First of all: what is no collection has no statistics.
async fn described(ports: &Ports, collection: &CollectionName) -> Result<CollectionDescription, AppError> {
    let description = ports.collections.describe(collection).await?.ok_or_else(|| missing(collection))?;
    match description.kind {
        CollectionKind::Plain | CollectionKind::Capped => Ok(description),
        CollectionKind::View => Err(AppError::Bundle(BundleProblem::View)),
        CollectionKind::TimeSeries => Err(AppError::Bundle(BundleProblem::TimeSeries)),
    }
}

/// Statistics, if there is a collection that has some, and the newest document.
async fn contents(
    ports: &Ports,
    collection: &CollectionName,
) -> Result<(Option<CollectionStatistics>, Option<Vec<u8>>), StoreError> {
    let statistics = async {
        match ports.collections.statistics(collection).await {
            Ok(statistics) => Ok(Some(statistics)),
            Err(StoreError::CollectionMissing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    };
    futures_util::try_join!(statistics, ports.collections.newest(collection))
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
        let (identity, (statistics, newest)) = futures_util::try_join!(
            self.ports.collections.identity(&self.collection),
            contents(&self.ports, &self.collection),
        )?;
        let (Some(identity), Some(statistics)) = (identity, statistics) else {
            return Ok(Some(ChangedMeanwhile::Collection));
        };
        if self.identity.is_same_as(&identity) == Some(false) {
            return Ok(Some(ChangedMeanwhile::Collection));
        }
        let now = Contents { documents: statistics.documents, newest };
        Ok((now != self.found).then_some(ChangedMeanwhile::Documents))
    }
}
