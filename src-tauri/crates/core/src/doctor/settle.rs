//! Looks again at what a pass doubts: it read for a while, and others worked meanwhile.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::document::address_key;
use super::found::Draft;
use super::merge::{Merged, collection, name_of};
use super::{EvidenceRow, EvidenceWord, FindingKind, OrganizationNamed};
use crate::error::StoreError;
use crate::limits::{DOUBTS_AT_ONCE, DOUBTS_MAX, FINDINGS_OF_A_KIND_MAX};
use crate::ports::Ports;
use crate::records::{JournalEntry, ListedCollection, Operation, OperationPlan, Organization, set_aside};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

/// Organizations of one question.
const AT_ONCE: usize = 500;

/// Organizations and collections that an operation is about: it is not for the doctor what becomes of them.
#[derive(Debug, Default)]
pub(super) struct Busy {
    organizations: HashSet<OrganizationId>,
    collections: BTreeSet<String>,
    deletes: bool,
}

impl Busy {
    pub(super) fn add(&mut self, entries: &[JournalEntry]) {
        for JournalEntry { operation, .. } in entries {
            self.organizations.insert(operation.organization_id);
            self.deletes |= matches!(operation.plan, OperationPlan::DeleteForever { .. });
            let names = collections_of(operation).into_iter();
            self.collections.extend(names.map(|name| name.as_str().to_owned()));
        }
    }

    fn has(&self, organization: &OrganizationNamed) -> bool {
        organization.id.parse().is_ok_and(|id| self.organizations.contains(&id))
    }
}

/// The names that a collection of the operation can have.
fn collections_of(operation: &Operation) -> Vec<CollectionName> {
    let (plan, mark) = (&operation.plan, operation.mark());
    let homes = plan.homes();
    let mut names: Vec<_> = homes.iter().map(|home| home.dropped(&mark)).collect();
    names.extend(homes);
    match plan {
        OperationPlan::Receive { incoming, .. } => names.push(CollectionName::incoming(*incoming)),
        OperationPlan::Trash { .. } | OperationPlan::Restore { .. } | OperationPlan::DeleteForever { .. } => {
            names.push(set_aside(operation.organization_id, plan.copy()));
        }
        OperationPlan::Create { .. } | OperationPlan::Rename { .. } | OperationPlan::Mend { .. } => {}
    }
    names
}

/// The names as they are now.
struct Names(Vec<ListedCollection>);

impl Names {
    fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|listed| listed.name.as_str().cmp(name)).is_ok()
    }
}

/// Keeps of what was found what is still so.
pub(super) async fn settle(ports: &Ports, busy: &mut Busy, merged: &mut Merged) -> Result<(), StoreError> {
    let (again, unfinished) = futures_util::join!(ports.collections.list(), ports.journal.unfinished());
    let mut again = again?;
    again.sort_by(|one, other| one.name.cmp(&other.name));
    let names = Names(again);
    busy.add(&unfinished?);
    live(ports, busy, &names, merged).await?;
    trashed(ports, busy, &names, merged).await?;
    ownerless(ports, busy, &names, merged).await?;
    twin_names(ports, merged).await?;
    merged.halves.retain(|(doubt, at)| {
        let other = merged.listed.get(*at).is_some_and(|listed| names.has(listed.name.as_str()));
        other && names.has(&doubt.own) && !busy.has(&doubt.organization)
    });
    Ok(())
}

/// Organizations without a collection of their name.
async fn live(ports: &Ports, busy: &Busy, names: &Names, merged: &mut Merged) -> Result<(), StoreError> {
    for kind in [FindingKind::MissingCollection, FindingKind::CollectionElsewhere] {
        for drafts in merged.found.take(kind).chunks(AT_ONCE) {
            let now = read_again(ports, ids_of(drafts)).await?;
            for draft in drafts {
                let Some(seen) = draft.organizations.first() else { continue };
                let name = seen.id.parse().ok().and_then(|id| now.get(&id)).map(|now| now.name.as_str());
                let own = draft.collections.first().is_some_and(|own| names.has(own));
                if name == Some(&seen.name) && !own && !busy.has(seen) {
                    merged.found.add(draft.clone());
                }
            }
        }
    }
    Ok(())
}

/// Organizations in the trash without a collection.
async fn trashed(ports: &Ports, busy: &Busy, names: &Names, merged: &mut Merged) -> Result<(), StoreError> {
    let drafts = merged.found.take(FindingKind::MissingTrashedCollection);
    let mut looked = stream::iter(drafts)
        .map(|draft| async move {
            let seen = draft.organizations.first();
            let id = seen.and_then(|seen| seen.id.parse().ok());
            let now = match id {
                Some(id) => ports.organizations.find_trashed(id).await?,
                None => None,
            };
            Ok::<_, StoreError>((draft, now))
        })
        .buffered(DOUBTS_AT_ONCE);
    while let Some((draft, now)) = looked.try_next().await? {
        let Some(now) = now else { continue };
        let aside = now.collection();
        let is_same = draft.evidence.iter().any(|row| row.metadata.as_deref() == Some(aside.as_str()));
        let is_busy = draft.organizations.first().is_some_and(|seen| busy.has(seen));
        if is_same && !names.has(aside.as_str()) && !is_busy {
            merged.found.add(draft);
        }
    }
    Ok(())
}

/// Collections of nobody.
async fn ownerless(ports: &Ports, busy: &Busy, names: &Names, merged: &mut Merged) -> Result<(), StoreError> {
    let drafts = merged.found.take(FindingKind::OwnerlessCollection);
    let mut looked = stream::iter(drafts.into_iter().enumerate())
        .map(|(number, draft)| async move {
            // A document that was renamed meanwhile may have slipped through; so many have not.
            if number >= DOUBTS_MAX {
                return Ok((draft, true));
            }
            let name = OrganizationName::from_stored(name_of(&draft.subject).to_owned());
            let nobody = ports.organizations.owners(&name).await?.is_empty();
            Ok::<_, StoreError>((draft, nobody))
        })
        .buffered(DOUBTS_AT_ONCE);
    while let Some((draft, nobody)) = looked.try_next().await? {
        if nobody && names.has(&draft.subject) && !busy.collections.contains(&draft.subject) {
            merged.found.add(draft);
        }
    }
    let others = [
        (FindingKind::OwnerlessTrash, false),
        (FindingKind::LeftoverDropped, busy.deletes),
        (FindingKind::LeftoverIncoming, false),
        (FindingKind::KeptTwins, false),
    ];
    for (kind, is_busy) in others {
        for draft in merged.found.take(kind) {
            if names.has(&draft.subject) && !is_busy && !busy.collections.contains(&draft.subject) {
                merged.found.add(draft);
            }
        }
    }
    Ok(())
}

async fn twin_names(ports: &Ports, merged: &mut Merged) -> Result<(), StoreError> {
    for drafts in merged.found.take(FindingKind::TwinNames).chunks(AT_ONCE) {
        let now = read_again(ports, ids_of(drafts)).await?;
        for draft in drafts {
            let mut draft = draft.clone();
            draft.organizations.retain(|twin| match twin.id.parse() {
                Ok(id) => now.get(&id).is_some_and(|now| now.name.as_str() == twin.name),
                Err(()) => true,
            });
            let twins: HashSet<_> = draft.organizations.iter().map(|twin| twin.id.clone()).collect();
            draft.evidence.retain(|row| row.organization.as_ref().is_none_or(|id| twins.contains(id)));
            if draft.organizations.len() > 1 {
                merged.found.add(draft);
            }
        }
    }
    Ok(())
}

/// Organizations of one address: their digests were the same when they were read.
pub(super) async fn twin_addresses(ports: &Ports, merged: &mut Merged) -> Result<(), StoreError> {
    let mut twins: HashMap<String, BTreeSet<(OrganizationNamed, String)>> = HashMap::new();
    let same: Vec<_> = std::mem::take(&mut merged.same_address);
    let others = std::mem::take(&mut merged.addresses_of_others);
    let ids = same.into_iter().take(FINDINGS_OF_A_KIND_MAX).flatten();
    let ids: Vec<_> = ids.chain(others.iter().flat_map(|(_, _, same)| same.iter().copied())).collect();
    for ids in ids.chunks(AT_ONCE) {
        for (id, now) in read_again(ports, ids.to_vec()).await? {
            let address = now.admin_email.as_str().to_owned();
            let twin = OrganizationNamed { id: id.to_hex(), name: now.name.to_string(), in_trash: false };
            twins.entry(address_key(&address)).or_default().insert((twin, address));
        }
    }
    for (address, other, _) in others {
        twins.entry(address.clone()).or_default().insert((other, address));
    }
    for (address, twins) in twins {
        if twins.len() < 2 {
            continue;
        }
        let organizations = twins.iter().map(|(twin, _)| twin.clone()).collect();
        let draft = Draft::of_twins(FindingKind::TwinAddresses, &address, organizations);
        merged.found.add(twins.into_iter().fold(draft, |draft, (twin, address)| {
            draft.with_row(EvidenceRow {
                what: EvidenceWord::Address,
                organization: Some(twin.id),
                metadata: Some(address),
                storage: None,
            })
        }));
    }
    Ok(())
}

fn ids_of(drafts: &[Draft]) -> Vec<OrganizationId> {
    let organizations = drafts.iter().flat_map(|draft| &draft.organizations);
    organizations.filter_map(|organization| organization.id.parse().ok()).collect()
}

/// The organizations as they are now.
async fn read_again(
    ports: &Ports,
    mut ids: Vec<OrganizationId>,
) -> Result<HashMap<OrganizationId, Organization>, StoreError> {
    ids.sort_unstable();
    ids.dedup();
    let mut now = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let found = ports.organizations.find_several(ids).await?;
        now.extend(found.into_iter().map(|found| (found.id, found)));
    }
    Ok(now)
}

/// The number of documents, if the store says it.
pub(super) async fn documents_in(ports: &Ports, name: &str) -> Result<Option<String>, StoreError> {
    match ports.collections.statistics(&collection(name)).await {
        Ok(statistics) => Ok(Some(statistics.documents.to_string())),
        Err(error) if error.is_unclear() => Err(error),
        Err(_) => Ok(None),
    }
}
