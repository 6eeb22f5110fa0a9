//! What the two sides of a copy or move need besides sending and receiving.

use futures_util::TryStreamExt;

use super::BundleService;
use super::fingerprint::Fingerprint;
use super::masking::{Masking, MaskingChoices, MaskingPreview, PREVIEWED};
use crate::error::AppError;
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
