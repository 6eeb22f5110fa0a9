use std::collections::HashSet;
use std::sync::Arc;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Certificate, ErasedIn, key_of};
use crate::clock::Clock;
use crate::error::{AppError, StoreError};
use crate::limits::PAGE_MAX;
use crate::ports::Ports;
use crate::records::{
    ActivityKind, Outcome, PeopleFilter, RecordCursor, RecordQuery, Recorded, SessionQuery, SessionsOf,
};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// Pages of the record that are counted at most.
const PAGES_MAX: u32 = 40;
/// Bundles that a certificate names.
const BUNDLES_NAMED: usize = 10;

/// Makes certificates about organizations that were deleted for good, and finds those that were made.
pub struct ErasureService {
    ports: Ports,
    clock: Arc<dyn Clock>,
}

impl ErasureService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock }
    }

    /// The certificate about the last deletion of an organization: the one in the record, or a new one, also after a
    /// crash between both. What was removed comes from the entry about the deletion, which is written before it.
    ///
    /// # Errors
    /// `FactsChanged` if the record has no such deletion, and while the organization is anywhere; `NotFound`,
    /// `Forbidden`, `Store`.
    pub async fn certificate(&self, actor: &Actor, id: OrganizationId) -> Result<Certificate, AppError> {
        actor.require_on(Act::DeleteForever, id)?;
        let missing = || AppError::FactsChanged;
        let query = RecordQuery {
            kinds: vec![ActivityKind::OrganizationErased, ActivityKind::OrganizationDeleted],
            organization: Some(id),
            limit: PAGE_MAX,
            ..RecordQuery::default()
        };
        let found = self.ports.activity.page(&query).await?.entries;
        let newest = found.iter().find(|found| found.entry.outcome == Outcome::Done).ok_or_else(missing)?;
        if let Some(made) = Certificate::of(newest) {
            return Ok(made);
        }
        let deleted = found.iter().find(|found| {
            found.entry.kind == ActivityKind::OrganizationDeleted && found.entry.outcome == Outcome::Done
        });
        let deleted = deleted.ok_or_else(missing)?;
        let certificate = self.look(actor, id, deleted).await?;
        self.ports.record_first(&certificate.entry(actor)).await?;
        Ok(certificate)
    }

    async fn look(
        &self,
        actor: &Actor,
        id: OrganizationId,
        deleted: &Recorded,
    ) -> Result<Certificate, AppError> {
        let name = deleted.entry.organization_name.clone().unwrap_or_default();
        let was = |field: &str| {
            let fact = deleted.entry.changes.iter().find(|change| change.field == field);
            fact.and_then(|fact| fact.before.clone())
        };
        let owner = OrganizationName::from_stored(name.clone());
        let live_name = CollectionName::for_organization(&owner);
        let set_aside = was("collection").map(CollectionName::from_stored);
        let members =
            PeopleFilter { search: String::new(), status: None, role: None, organization: Some(id) };
        let sessions = SessionQuery {
            of: SessionsOf::Organization(id),
            live_at: OffsetDateTime::UNIX_EPOCH,
            after: None,
            limit: 100,
        };
        let keys = [key_of(id)];
        let still_aside = async {
            match &set_aside {
                Some(name) => self.ports.collections.exists(name).await,
                None => Ok(false),
            }
        };
        let (live, trashed, aside, in_place, owners, people, sessions, attempts) = futures_util::try_join!(
            self.ports.organizations.find(id),
            self.ports.organizations.find_trashed(id),
            still_aside,
            self.ports.collections.exists(&live_name),
            self.ports.organizations.owners(&owner),
            none_if_denied(self.ports.people.count(&members, self.clock.now())),
            none_if_denied(self.ports.sessions.page(&sessions)),
            none_if_denied(self.ports.accounts.sign_in_attempts(&keys)),
        )?;
        if live.is_some() || trashed.is_some() {
            return Err(AppError::FactsChanged);
        }
        let (entries, bundles) = self.about(id).await?;
        let mut certificate = Certificate::begin(id, name, actor, moment(self.clock.now()));
        certificate.deleted(deleted, moment(deleted.at));
        certificate.collection(set_aside.as_ref().map(CollectionName::as_str));
        let some = |count: u64| (count > 0).then(|| count.to_string());
        let count = |length: usize| some(u64::try_from(length).unwrap_or(u64::MAX));
        certificate.place(ErasedIn::Document, None, None);
        certificate.place(ErasedIn::Trash, Some("1".to_owned()), None);
        let others = in_place.then(|| match owners.is_empty() {
            true => "a collection without an owner".to_owned(),
            false => "the collection of another organization".to_owned(),
        });
        certificate.place(ErasedIn::Collection, None, others);
        let kept = aside.then(|| "the collection".to_owned());
        certificate.place(ErasedIn::CollectionInTrash, was("documents"), kept);
        certificate.place(ErasedIn::People, was("people"), people.and_then(|counts| some(counts.all)));
        certificate.place(
            ErasedIn::Sessions,
            was("sessions"),
            sessions.and_then(|sessions| count(sessions.len())),
        );
        let attempts = attempts.and_then(|attempts| count(attempts.len()));
        certificate.place(ErasedIn::SignInAttempts, was("sign_in_attempts"), attempts);
        certificate.remains(entries, &bundles);
        Ok(certificate)
    }

    /// The number of entries about an organization, with the one to come, and the bundles among them.
    async fn about(&self, id: OrganizationId) -> Result<(u64, Vec<String>), AppError> {
        let mut query = RecordQuery { organization: Some(id), limit: PAGE_MAX, ..RecordQuery::default() };
        let (mut entries, mut bundles) = (1_u64, Vec::new());
        // The entry about the end of an operation is newer than the one about its beginning.
        let mut removed = HashSet::new();
        for _ in 0..PAGES_MAX {
            let page = self.ports.activity.page(&query).await?;
            entries += u64::try_from(page.entries.len()).unwrap_or(0);
            let about = page.entries.iter().filter(|entry| entry.entry.kind == ActivityKind::BundleWritten);
            let written = about.filter(|Recorded { entry, .. }| {
                let is_written = entry.outcome == Outcome::Done;
                if !is_written {
                    removed.extend(entry.operation.clone());
                }
                is_written && !entry.operation.as_ref().is_some_and(|one| removed.contains(one))
            });
            let named = written.map(|Recorded { entry, number, .. }| {
                let file = entry.changes.iter().find(|change| change.field == "file");
                let path = file.and_then(|change| change.after.as_deref());
                let name = path.and_then(|path| path.rsplit(['/', '\\']).next());
                let what = name.or(entry.subject.as_deref()).or(entry.detail.as_deref());
                what.map_or_else(|| format!("entry {number}"), str::to_owned)
            });
            bundles.extend(named.map(|name| name.chars().take(90).collect::<String>()));
            match page.next {
                Some(next @ RecordCursor::Before(_)) => query.after = Some(next),
                Some(RecordCursor::Earlier(_)) | None => break,
            }
        }
        let more = bundles.len().saturating_sub(BUNDLES_NAMED);
        bundles.truncate(BUNDLES_NAMED);
        if more > 0 {
            bundles.push(format!("{more} more"));
        }
        Ok((entries, bundles))
    }
}

/// Whoever may not read them has none to show.
async fn none_if_denied<T>(
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<Option<T>, StoreError> {
    match read.await {
        Err(StoreError::Denied { .. }) => Ok(None),
        read => read.map(Some),
    }
}

fn moment(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}
