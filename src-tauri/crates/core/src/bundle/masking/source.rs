use async_trait::async_trait;
use bson::Document;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Masking, read, unreadable};
use crate::bundle::{ChangedMeanwhile, Tenant, TenantSource};
use crate::error::{AppError, StoreError};

/// The fields of an organization's document that say which organization it is, and are of no person.
const KEPT: [&str; 8] = [
    "_id",
    "organization_name",
    "collection_name",
    "admin_email",
    "created_at",
    "updated_at",
    "is_active",
    "console",
];

/// A tenant whose documents are masked on their way.
pub struct MaskedSource {
    inner: Box<dyn TenantSource>,
    masking: Masking,
    tenant: Tenant,
}

impl MaskedSource {
    /// Masks what comes from a source.
    ///
    /// # Errors
    /// `Store`: `Corrupt` if the organization's document can't be read.
    pub fn new(inner: Box<dyn TenantSource>, masking: Masking) -> Result<Self, AppError> {
        let tenant = inner.tenant();
        let mut kept = Document::new();
        let mut other = Document::new();
        for (field, value) in read(&tenant.document)? {
            let side = if KEPT.contains(&field.as_str()) { &mut kept } else { &mut other };
            side.insert(field, value);
        }
        let other = masking.mask(&bytes(&other)?)?;
        kept.extend(read(&other)?);
        let tenant = Tenant { document: bytes(&kept)?, ..tenant.clone() };
        Ok(Self { inner, masking, tenant })
    }
}

fn bytes(document: &Document) -> Result<Vec<u8>, StoreError> {
    document.to_vec().map_err(|_| unreadable())
}

#[async_trait]
impl TenantSource for MaskedSource {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn documents(&self) -> BoxStream<'_, Result<Vec<Vec<u8>>, AppError>> {
        let batches = self.inner.documents().map(|batch| {
            let masked = batch?.iter().map(|document| self.masking.mask(document)).collect::<Result<_, _>>();
            Ok(masked?)
        });
        batches.boxed()
    }

    async fn changed(&self) -> Result<Option<ChangedMeanwhile>, AppError> {
        self.inner.changed().await
    }
}
