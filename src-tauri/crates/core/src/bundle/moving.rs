//! What the two sides of a copy or move need besides sending and receiving.

use futures_util::TryStreamExt;
use time::OffsetDateTime;

use super::BundleService;
use super::fingerprint::Fingerprint;
use super::masking::{Masking, MaskingChoices, MaskingPreview, PREVIEWED};
use super::tenant::moving;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::limits::PAGE_MAX;
use crate::records::{
    ActivityEntry, ActivityKind, Organization, Outcome, PageStart, PeopleFilter, PeopleQuery, PeopleSort,
    RecordQuery, Recorded, SortDirection,
};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId, PasswordHash};

/// The detail of an entry about an organization that leaves.
const MOVED: &str = "moved";
/// How many entries about moves and restores are looked at: an earlier move is not why it is in the trash.
const MOVES_LOOKED_AT: u32 = 20;

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

/// Where a move has taken an organization that is in the trash since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTo {
    /// The name of the other workspace, as people knew it then.
    pub workspace: String,
    /// The name that the organization got there.
    pub name: String,
    /// When it went.
    pub at: OffsetDateTime,
}

impl BundleService {
    /// Where a move has taken an organization, if that is why it is in the trash: restoring it takes the move back at
    /// this end. `None` for a live one, and for whoever may not read the record.
    ///
    /// # Errors
    /// `Store`.
    pub async fn moved_to(
        &self,
        actor: &Actor,
        organization: &Organization,
    ) -> Result<Option<MovedTo>, AppError> {
        if organization.trashed.is_none() || actor.require_on(Act::Activity, organization.id).is_err() {
            return Ok(None);
        }
        let query = RecordQuery {
            kinds: vec![ActivityKind::OrganizationMoved, ActivityKind::OrganizationRestored],
            organization: Some(organization.id),
            limit: MOVES_LOOKED_AT,
            ..RecordQuery::default()
        };
        let page = match self.ports.activity.page(&query).await {
            Err(StoreError::Denied { .. }) => return Ok(None),
            page => page?,
        };
        Ok(last_move(&page.entries))
    }

    /// The hash of an admin's password, for a move: it goes through memory only.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Store`.
    pub async fn kept_password(&self, actor: &Actor, id: OrganizationId) -> Result<PasswordHash, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        let found = self.ports.organizations.find_credentials_of(id).await?;
        Ok(found.ok_or(AppError::NotFound { what: "organization" })?.password_hash)
    }

    /// What a move takes along of an organization's own document, live or in the trash, with the hash of its admin's
    /// password.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Bundle` if it is no document, `Store`.
    pub async fn own_fingerprint(&self, actor: &Actor, id: OrganizationId) -> Result<Fingerprint, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        let found = match self.ports.organizations.document(id).await? {
            None => self.ports.organizations.trashed_document(id).await?,
            live => live,
        };
        moving(&found.ok_or(AppError::NotFound { what: "organization" })?)
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
    /// `Cancelled`, `Store`: `CollectionMissing` if there is none.
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

    /// Masking for a copy of an organization, which knows its people by name. A database user who may not read people
    /// does without.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn masking_of(
        &self,
        actor: &Actor,
        id: OrganizationId,
        choices: &MaskingChoices,
    ) -> Result<Masking, AppError> {
        actor.require_on(Act::RestoreBundle, id)?;
        self.masking(id, choices).await
    }

    async fn masking(&self, id: OrganizationId, choices: &MaskingChoices) -> Result<Masking, AppError> {
        let mut query = PeopleQuery {
            filter: PeopleFilter { organization: Some(id), ..PeopleFilter::default() },
            sort: PeopleSort::Email,
            direction: SortDirection::Ascending,
            backwards: false,
            start: PageStart::Beginning,
            limit: PAGE_MAX,
        };
        let mut masking = Masking::new(choices);
        if !choices.automatic {
            // Only chosen fields are masked, and nothing within text.
            return Ok(masking);
        }
        loop {
            let page = match self.ports.people.page(&query, self.clock.now()).await {
                Err(StoreError::Denied { .. }) => return Ok(masking),
                page => page?,
            };
            masking = masking.knowing(page.people.iter().map(|person| person.name.as_str()));
            let Some(next) = page.next else { return Ok(masking) };
            query.start = PageStart::After(next);
        }
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
            let masking = self.masking(id, choices).await?;
            let first = self.ports.collections.documents(&organization.collection()).try_next().await?;
            Ok(masking.preview(&first.unwrap_or_default())?)
        };
        self.ports.recorded(entry, read).await
    }
}

/// What the newest entries about moves and restores say. A move that failed may have been finished later, and one that
/// was undone was not: its end has an entry that is newer than its beginning.
fn last_move(entries: &[Recorded]) -> Option<MovedTo> {
    for Recorded { entry, at, .. } in entries {
        let leaves = entry.detail.as_deref() == Some(MOVED);
        match (entry.kind, entry.outcome) {
            (ActivityKind::OrganizationMoved, Outcome::Done) if leaves => {
                // A name that stays is no change.
                let name = entry.changes.iter().find(|change| change.field == "name");
                let name = name.and_then(|name| name.after.clone());
                return Some(MovedTo {
                    workspace: entry.subject.clone()?,
                    name: name.or_else(|| entry.organization_name.clone())?,
                    at: *at,
                });
            }
            // A copy that failed is told like a move that failed.
            (ActivityKind::OrganizationMoved, Outcome::Undone) if is_move(entry, entries) => return None,
            (ActivityKind::OrganizationRestored, Outcome::Done) => return None,
            _ => {}
        }
    }
    None
}

/// Whether the operation of an entry has begun as a move.
fn is_move(end: &ActivityEntry, entries: &[Recorded]) -> bool {
    let is_its =
        |entry: &ActivityEntry| entry.operation == end.operation && entry.detail.as_deref() == Some(MOVED);
    entries.iter().any(|recorded| is_its(&recorded.entry))
}

fn leaving(actor: &Actor, id: OrganizationId, name: &str, to: &Destination) -> ActivityEntry {
    let word = if to.leaves { MOVED } else { "copied" };
    ActivityEntry::of(actor, ActivityKind::OrganizationMoved)
        .about(id, name)
        .on(&to.workspace)
        .changed("name", Some(name.to_owned()), Some(to.name.clone()))
        .with_detail(word)
        .of_operation(to.operation.clone())
}
