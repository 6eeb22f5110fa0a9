//! An organization of an open workspace as a source.

use async_trait::async_trait;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use super::tenant::{ChangedMeanwhile, Tenant, TenantSource};
use crate::error::{AppError, BundleProblem, StoreError};
use crate::ports::Ports;
use crate::records::{CollectionIdentity, CollectionKind, CollectionStatistics, Organization};
use crate::values::CollectionName;

/// An organization with its collection as it was found.
pub(super) struct OrganizationSource {
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

impl OrganizationSource {
    /// # Errors
    /// `DataMissing`, `Bundle`, `NotFound`, `Store`.
    pub(super) async fn find(ports: &Ports, organization: &Organization) -> Result<Self, AppError> {
        let collection = organization.collection();
        let missing = || AppError::DataMissing { collection: collection.to_string() };
        // First: what is no collection has no statistics.
        let description = ports.collections.describe(&collection).await?.ok_or_else(missing)?;
        match description.kind {
            CollectionKind::Plain | CollectionKind::Capped => {}
            CollectionKind::View => return Err(AppError::Bundle(BundleProblem::View)),
            CollectionKind::TimeSeries => return Err(AppError::Bundle(BundleProblem::TimeSeries)),
        }
        let document = async {
            match &organization.trashed {
                None => ports.organizations.document(organization.id).await,
                Some(_) => ports.organizations.trashed_document(organization.id).await,
            }
        };
        let (document, (statistics, newest)) =
            futures_util::try_join!(document, contents(ports, &collection))?;
        let statistics = statistics.ok_or_else(missing)?;
        let document = document.ok_or(AppError::NotFound { what: "organization" })?;
        let identity = description.identity.clone();
        let found = Contents { documents: statistics.documents, newest };
        let tenant = Tenant::of(&document, description, Some(statistics.documents), statistics.data_size)?;
        Ok(Self { ports: ports.clone(), collection, identity, found, tenant })
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
impl TenantSource for OrganizationSource {
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
