//! What the two sides of a copy or move need besides sending and receiving.

use bson::{RawDocument, RawDocumentBuf};
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

use super::BundleService;
use super::masking::{Masking, MaskingChoices, MaskingPreview, PREVIEWED};
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::records::{ActivityEntry, ActivityKind, Organization, Outcome};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId, PasswordHash};

/// Where an organization goes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Destination {
    /// The id of all entries about it.
    pub operation: String,
    /// The name of the other workspace, as people know it.
    pub workspace: String,
    /// The name that the organization gets there.
    pub name: String,
    /// Whether it leaves; otherwise a copy goes.
    pub leaves: bool,
}

/// The content of a collection: two with equal ones have the same documents, byte for byte, in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// The number of documents.
    pub documents: u64,
    /// The sum of their digests, as four numbers that wrap around.
    sum: [u64; 4],
}

impl Fingerprint {
    /// Adds a document in BSON.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are no document.
    pub fn add(&mut self, document: &[u8]) -> Result<(), StoreError> {
        let unreadable = || StoreError::Corrupt { what: "a document".to_owned() };
        let raw = RawDocument::from_bytes(document).map_err(|_| unreadable())?;
        let digest = match with_id_first(raw).map_err(|_| unreadable())? {
            Some(sorted) => Sha256::digest(sorted.as_bytes()),
            None => Sha256::digest(document),
        };
        for (sum, part) in self.sum.iter_mut().zip(digest.chunks(8)) {
            let number = part.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            *sum = sum.wrapping_add(number);
        }
        self.documents += 1;
        Ok(())
    }
}

/// A server stores `_id` first, wherever it stood. `None` if it stands there already.
fn with_id_first(document: &RawDocument) -> Result<Option<RawDocumentBuf>, bson::error::Error> {
    let is_id = |name: &str| name == "_id";
    let first = document.iter().next().transpose()?;
    if first.is_none_or(|(name, _)| is_id(name.as_str())) {
        return Ok(None);
    }
    let Some(id) = document.get("_id")? else { return Ok(None) };
    let mut sorted = RawDocumentBuf::new();
    sorted.append(bson::raw::cstr!("_id"), id);
    for element in document {
        let (name, value) = element?;
        if !is_id(name.as_str()) {
            sorted.append(name, value);
        }
    }
    Ok(Some(sorted))
}

impl BundleService {
    /// The hash of an admin's password, for a move: it goes through memory only.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Store`.
    pub async fn kept_password(&self, actor: &Actor, id: OrganizationId) -> Result<PasswordHash, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        let found = self.ports.organizations.find_credentials_of(id).await?;
        Ok(found.ok_or(AppError::NotFound { what: "organization" })?.password_hash)
    }

    /// Records that an organization goes to another workspace, before it does.
    ///
    /// # Errors
    /// `Forbidden`; those of the record, and then it must stay.
    pub async fn record_leaving(
        &self,
        actor: &Actor,
        organization: &Organization,
        to: &Destination,
    ) -> Result<(), AppError> {
        actor.require_on(Act::RestoreBundle, organization.id)?;
        self.ports.record_first(&leaving(actor, organization.id, organization.name.as_str(), to)).await?;
        Ok(())
    }

    /// Records that an organization did not leave after all, or that this is not known.
    pub async fn record_stay(
        &self,
        actor: &Actor,
        (id, name): (OrganizationId, &str),
        to: &Destination,
        (outcome, why): (Outcome, &str),
    ) {
        let entry = leaving(actor, id, name, to);
        let entry = ActivityEntry { changes: Vec::new(), ..entry }.ended(outcome).with_detail(why);
        self.ports.record(&entry).await;
    }

    /// The content of a collection. Reads all of it.
    ///
    /// # Errors
    /// `Cancelled`, `Store`.
    pub async fn fingerprint(
        &self,
        collection: &CollectionName,
        total: Option<u64>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Fingerprint, AppError> {
        let mut found = Fingerprint::default();
        let mut bytes = 0;
        let mut documents = self.ports.collections.documents(collection);
        while let Some(batch) = documents.try_next().await? {
            cancellation.checkpoint()?;
            for document in &batch {
                found.add(document)?;
                bytes += document.len() as u64;
            }
            progress.report(Progress { done: found.documents, total });
            progress.report_bytes(bytes);
        }
        Ok(found)
    }

    /// What masking does to the first documents of an organization. Looking at documents is recorded.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `DataMissing`, `Store`.
    pub async fn preview_masking(
        &self,
        actor: &Actor,
        id: OrganizationId,
        choices: &MaskingChoices,
    ) -> Result<MaskingPreview, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        let found = self.ports.organizations.find(id).await?;
        let organization = found.ok_or(AppError::NotFound { what: "organization" })?;
        let entry = ActivityEntry::of(actor, ActivityKind::DocumentsRead)
            .about(id, &organization.name)
            .with_detail(format!("the first {PREVIEWED}, to see how a copy is masked"));
        let read = async {
            let first = self.ports.collections.documents(&organization.collection()).try_next().await?;
            Ok(Masking::new(choices).preview(&first.unwrap_or_default())?)
        };
        self.ports.recorded(entry, read).await
    }
}

fn leaving(actor: &Actor, id: OrganizationId, name: &str, to: &Destination) -> ActivityEntry {
    let word = if to.leaves { "moved" } else { "copied" };
    ActivityEntry::of(actor, ActivityKind::OrganizationMoved)
        .about(id, name)
        .on(&to.workspace)
        .changed("name", Some(name.to_owned()), Some(to.name.clone()))
        .with_detail(word)
        .of_operation(to.operation.clone())
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    fn fingerprint(documents: &[bson::Document]) -> Fingerprint {
        let mut found = Fingerprint::default();
        documents.iter().for_each(|document| found.add(&document.to_vec().unwrap()).unwrap());
        found
    }

    #[test]
    fn a_fingerprint_knows_documents_and_not_their_order() {
        let (one, other) = (doc! {"_id": 1, "a": 1}, doc! {"_id": 2, "a": 1});
        let both = fingerprint(&[one.clone(), other.clone()]);
        assert_eq!(fingerprint(&[other.clone(), one.clone()]), both);
        assert_eq!(
            fingerprint(&[doc! {"a": 1, "_id": 1}, other.clone()]),
            both,
            "a server puts the id first"
        );
        assert_ne!(fingerprint(&[one.clone(), doc! {"_id": 2, "a": 2}]), both);
        assert_ne!(fingerprint(&[one.clone(), one.clone()]), both);
        assert_ne!(fingerprint(&[one]), both);
        assert!(Fingerprint::default().add(b"no document").is_err());
    }
}
