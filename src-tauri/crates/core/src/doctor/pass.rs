//! One pass over a workspace: what it asks, in which order, and how far it has come.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::document::address_key;
use super::found::{Draft, Found};
use super::halves::{self, Known};
use super::merge::{Counts, Merge, Merged, Owned, name_of};
use super::settle::{Busy, settle, twin_addresses};
use super::{
    Depth, Difference, EvidenceRow, EvidenceWord, Finding, FindingKind, OrganizationNamed, Pass, Wanted,
};
use crate::access::Operations;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::limits::{DOUBTS_AT_ONCE, STATISTICS_AT_ONCE, TWINS_MAX};
use crate::ports::Ports;
use crate::records::{CollectionKind, JournalEntry, ListedCollection, Operator, Person, Shelf};
use crate::values::OrganizationId;

/// What a pass needs.
pub(super) struct Looking<'a> {
    pub(super) ports: &'a Ports,
    pub(super) operations: &'a Operations,
    pub(super) depth: Depth,
    /// The halves that the last result tells of.
    pub(super) halves: &'a [Known],
    pub(super) progress: &'a dyn ProgressSink,
    pub(super) cancellation: &'a Cancellation,
}

/// What a pass saw.
pub(super) struct Looked {
    pub(super) found: Found,
    pub(super) counts: Counts,
    listed: Vec<ListedCollection>,
    owned: Vec<Owned>,
}

impl Looked {
    /// The findings of an earlier deep pass that a quick one keeps: about organizations that still have a collection,
    /// under the names that both have now.
    pub(super) fn keep(&self, earlier: &Pass) -> Vec<Finding> {
        let deep = earlier.findings.iter().filter(|finding| finding.kind.depth() == Depth::Deep);
        let mut of_owner: HashMap<OrganizationId, Vec<&Finding>> = HashMap::new();
        for finding in deep {
            let owner = finding.organizations.first().and_then(|owner| owner.id.parse().ok());
            if let Some(owner) = owner {
                of_owner.entry(owner).or_default().push(finding);
            }
        }
        if of_owner.is_empty() {
            return Vec::new();
        }
        let owned = self.listed.iter().zip(&self.owned);
        let there = owned.filter_map(|(listed, owned)| Some((&listed.name, of_owner.remove(&owned.owner?)?)));
        there
            .flat_map(|(name, kept)| kept.into_iter().map(|kept| under_its_name(kept, name.as_str())))
            .collect()
    }
}

/// The same finding about the collection of this name.
fn under_its_name(finding: &Finding, collection: &str) -> Finding {
    let name = name_of(collection).to_owned();
    let organizations = finding.organizations.iter();
    Finding {
        subject: name.clone(),
        organizations: organizations
            .map(|one| OrganizationNamed { name: name.clone(), ..one.clone() })
            .collect(),
        collections: vec![collection.to_owned()],
        ..finding.clone()
    }
}

impl Looking<'_> {
    /// Looks through the whole workspace. The names are read before the organizations: a collection is made after its
    /// document, so that it is never taken for an ownerless one.
    pub(super) async fn look(&self) -> Result<Looked, AppError> {
        let ports = self.ports;
        let (operators, before, unprepared) = futures_util::join!(
            self.operators(),
            ports.journal.unfinished(),
            allowed(ports.health.unprepared())
        );
        let (operators, before) = (operators?, before?);
        let (listed, people) = futures_util::join!(ports.collections.list(), self.people_of(&operators));
        let (listed, people) = (listed?, people?);
        let expected = listed.len() as u64;
        let operators = operators.iter().map(|one| (address_key(one.email.as_str()), one.email.to_string()));
        let operators = operators.collect();
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
        halves::join(ports, self.depth, self.halves, &mut merged).await?;
        for person in people {
            merged.found.add(self.operators_person(person).await?);
        }
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
        let Merged { found, counts, listed, owned, .. } = merged;
        Ok(Looked { found, counts, listed, owned })
    }

    /// The operators; none if the database user is not allowed to read them.
    async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        Ok(allowed(self.ports.accounts.operators()).await?.unwrap_or_default())
    }

    /// The people who have an operator's address: one question for each operator, of whom there are few.
    async fn people_of(&self, operators: &[Operator]) -> Result<Vec<(Person, String)>, StoreError> {
        let emails: Vec<_> = operators.iter().map(|operator| operator.email.clone()).collect();
        let mut asked = stream::iter(emails)
            .map(|email| async move {
                let person = allowed(self.ports.people.find_by_email(&email)).await?.flatten();
                Ok::<_, StoreError>(person.map(|person| (person, email.as_str().to_owned())))
            })
            .buffered(DOUBTS_AT_ONCE);
        let mut people = Vec::new();
        while let Some(person) = asked.try_next().await? {
            people.extend(person);
        }
        Ok(people)
    }

    /// The finding about a person who has an operator's address, with the live organizations of that person.
    async fn operators_person(&self, (person, operator): (Person, String)) -> Result<Draft, StoreError> {
        let ids = person.memberships.iter().map(|membership| membership.organization_id);
        let ids: Vec<_> = ids.take(TWINS_MAX).collect();
        let organizations = self.ports.organizations.find_several(&ids).await?.into_iter();
        let organizations: Vec<_> = organizations
            .map(|one| OrganizationNamed { id: one.id.to_hex(), name: one.name.to_string(), in_trash: false })
            .collect();
        let address = person.email.to_string();
        let about = organizations.iter().map(|one| Some(one.id.clone())).collect::<Vec<_>>();
        let about = if about.is_empty() { vec![None] } else { about };
        let draft = Draft::of_twins(FindingKind::OperatorsPerson, &address, organizations);
        let draft = about.into_iter().fold(draft, |draft, organization| {
            let (what, metadata) = (EvidenceWord::Person, Some(address.clone()));
            draft.with_row(EvidenceRow { what, organization, metadata, storage: None })
        });
        let (what, metadata) = (EvidenceWord::Operator, Some(operator));
        Ok(draft.with_row(EvidenceRow { what, organization: None, metadata, storage: None }))
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
    let draft = draft.with(what, difference.wanted.clone(), difference.found.clone());
    match &difference.expires_after {
        Some(seconds) => draft.with(EvidenceWord::ExpiresAfter, Some(seconds.clone()), None),
        None => draft,
    }
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
