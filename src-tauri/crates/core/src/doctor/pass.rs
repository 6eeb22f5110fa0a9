//! One pass over a workspace: what it asks, in which order, and how far it has come.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::document::address_key;
use super::found::{Draft, Found};
use super::merge::{Counts, Merge, Merged, name_of};
use super::settle::{Busy, settle, twin_addresses};
use super::{Depth, Difference, EvidenceRow, EvidenceWord, FindingKind, OrganizationNamed, Wanted, halves};
use crate::access::Operations;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::limits::STATISTICS_AT_ONCE;
use crate::ports::Ports;
use crate::records::{CollectionKind, JournalEntry, ListedCollection, Shelf};
use crate::values::OrganizationId;

/// What a pass needs.
pub(super) struct Looking<'a> {
    pub(super) ports: &'a Ports,
    pub(super) operations: &'a Operations,
    pub(super) depth: Depth,
    pub(super) progress: &'a dyn ProgressSink,
    pub(super) cancellation: &'a Cancellation,
}

impl Looking<'_> {
    /// Looks through the whole workspace. The names are read before the organizations: a collection is made after its
    /// document, so that it is never taken for an ownerless one.
    pub(super) async fn look(&self) -> Result<(Found, Counts), AppError> {
        let ports = self.ports;
        let (operators, before, unprepared) = futures_util::join!(
            self.operators(),
            ports.journal.unfinished(),
            allowed(ports.health.unprepared())
        );
        let (operators, before) = (operators?, before?);
        let listed = ports.collections.list().await?;
        let expected = listed.len() as u64;
        let mut merge = Merge::of(listed, &operators);
        let shelf = |shelf| ports.organizations.scan(shelf).map_ok(move |batch| (shelf, batch));
        let mut rows = stream::select(shelf(Shelf::Live), shelf(Shelf::Trash));
        while let Some((shelf, batch)) = rows.try_next().await? {
            self.cancellation.checkpoint()?;
            batch.iter().for_each(|row| merge.add(shelf, row));
            self.told(merge.seen(), expected);
        }
        let mut merged = merge.finish();
        let mut busy = Busy::default();
        busy.add(&before);
        if merged.is_doubtful() {
            settle(ports, &mut busy, &mut merged).await?;
        }
        twin_addresses(ports, &mut merged).await?;
        halves::join(ports, self.depth, &mut merged).await?;
        if self.depth == Depth::Deep {
            self.describe(&mut merged).await?;
        }
        for entry in &before {
            if self.operations.is_abandoned(entry) {
                merged.found.add(interrupted(entry));
            }
        }
        for missing in unprepared?.unwrap_or_default() {
            merged.found.add(master_index(&missing));
        }
        Ok((merged.found, merged.counts))
    }

    /// The operators' addresses by their keys; none if the database user is not allowed to read them.
    async fn operators(&self) -> Result<HashMap<String, String>, StoreError> {
        let operators = allowed(self.ports.accounts.operators()).await?.unwrap_or_default();
        let address = |email: &str| (address_key(email), email.to_owned());
        Ok(operators.iter().map(|operator| address(operator.email.as_str())).collect())
    }

    /// Asks for validator, indexes and options of each tenant collection, a few at a time.
    async fn describe(&self, merged: &mut Merged) -> Result<(), AppError> {
        let Merged { listed, owned, found, counts, .. } = merged;
        let listed: &[ListedCollection] = listed;
        let tenants: Vec<(usize, OrganizationId)> = owned
            .iter()
            .enumerate()
            .filter_map(|(at, owned)| Some((at, owned.owner?)))
            .filter(|(at, _)| listed.get(*at).is_some_and(|listed| listed.kind == CollectionKind::Plain))
            .collect();
        let settings = &self.ports.settings;
        let (template, accepted) = futures_util::try_join!(settings.template(), settings.accepted())?;
        let wanted = Wanted::of_template(&template.unwrap_or_default());
        let accepted: HashMap<OrganizationId, BTreeSet<String>> =
            accepted.into_iter().map(|accepted| (accepted.organization, accepted.differences)).collect();
        let (mut done, seen) = (0, counts.organizations + counts.trashed);
        let expected = seen + tenants.len() as u64;
        let mut described = stream::iter(tenants)
            .map(|(at, owner)| async move {
                let Some(collection) = listed.get(at) else { return Ok(None) };
                let description = self.ports.collections.describe(&collection.name).await?;
                Ok::<_, StoreError>(description.map(|description| (collection, owner, description)))
            })
            .buffered(STATISTICS_AT_ONCE);
        while let Some(described) = described.try_next().await? {
            self.cancellation.checkpoint()?;
            done += 1;
            // One that was dropped meanwhile is a finding of the next pass.
            if let Some((collection, owner, description)) = described {
                let mut differences = wanted.differences(&description);
                if let Some(accepted) = accepted.get(&owner) {
                    differences.retain(|difference| !accepted.contains(&difference.accepted_as()));
                }
                compare((collection.name.as_str(), owner), description.kind, &differences, found);
            }
            self.told(seen + done, expected);
        }
        Ok(())
    }

    fn told(&self, done: u64, expected: u64) {
        self.progress.report(Progress { done, total: Some(expected.max(done)) });
    }
}

/// The answer, or none if the database user is not allowed to ask.
async fn allowed<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<Option<T>, StoreError> {
    match answer.await {
        Ok(answer) => Ok(Some(answer)),
        Err(StoreError::Denied { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds what differs between a collection and the template.
fn compare(
    (name, owner): (&str, OrganizationId),
    kind: CollectionKind,
    differences: &[Difference],
    found: &mut Found,
) {
    let organization =
        || OrganizationNamed { id: owner.to_hex(), name: name_of(name).to_owned(), in_trash: false };
    let about = |kind| Draft::about(kind, organization()).and_collection(name);
    if kind == CollectionKind::Capped {
        let (plain, capped) = (Some("collection".to_owned()), Some("capped".to_owned()));
        found.add(about(FindingKind::CappedCollection).with(EvidenceWord::CollectionKind, plain, capped));
    }
    for kind in [FindingKind::ValidatorDiffers, FindingKind::IndexMissing, FindingKind::IndexDiffers] {
        let mut of_kind = differences.iter().filter(|difference| difference.kind() == kind).peekable();
        if of_kind.peek().is_some() {
            found.add(of_kind.fold(about(kind), with_difference));
        }
    }
}

fn with_difference(draft: Draft, difference: &Difference) -> Draft {
    let what = if difference.index.is_some() { EvidenceWord::Index } else { EvidenceWord::Validator };
    draft.with(what, difference.wanted.clone(), difference.found.clone())
}

/// An operation that nobody carries on.
fn interrupted(entry: &JournalEntry) -> Draft {
    let operation = &entry.operation;
    let organization = OrganizationNamed {
        id: operation.organization_id.to_hex(),
        name: operation.plan.name().to_string(),
        in_trash: false,
    };
    let act = format!("{}, {}", operation.plan.act(), operation.actor);
    Draft::about(FindingKind::InterruptedOperation, organization).with(
        EvidenceWord::Operation,
        Some(act),
        None,
    )
}

fn master_index(missing: &str) -> Draft {
    Draft {
        collections: Vec::new(),
        evidence: Vec::new(),
        ..Draft::of_collection(FindingKind::MissingMasterIndex, missing)
    }
    .with_row(EvidenceRow {
        what: EvidenceWord::MasterIndex,
        organization: None,
        metadata: Some(missing.to_owned()),
        storage: None,
    })
}
