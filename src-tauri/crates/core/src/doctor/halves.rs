//! Renames by the service that stopped half-way: it copies document by document, so two collections have some in
//! common.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::found::Draft;
use super::merge::{Merged, collection, name_of};
use super::settle::documents_in;
use super::{Depth, EvidenceRow, EvidenceWord, Finding, FindingKind, OrganizationNamed, Pass};
use crate::document_ids::id_of;
use crate::error::StoreError;
use crate::limits::{DOUBTS_AT_ONCE, HALVES_COMPARED, HALVES_DOCUMENTS, HALVES_MAX};
use crate::ports::Ports;
use crate::records::{CollectionKind, ListedCollection};
use crate::values::OrganizationName;

/// Compares what may be two halves. Only some documents are compared, and only with collections that are likely: those
/// that an organization names, those of similar names, and the `known` pairs of an earlier pass. A deep pass compares
/// with all.
pub(super) async fn join(
    ports: &Ports,
    depth: Depth,
    known: &[Known],
    merged: &mut Merged,
) -> Result<(), StoreError> {
    for (doubt, at) in std::mem::take(&mut merged.halves) {
        let Some(other) = merged.listed.get(at).map(|listed| listed.name.as_str().to_owned()) else {
            continue;
        };
        let ids = some_ids(ports, &other).await?;
        merged.found.add(match has(ports, &doubt.own, &ids).await?.len() {
            0 => doubt.differs(),
            common => half(ports, &doubt.organization, (&doubt.own, &other), (common, ids.len()))
                .await?
                .with(EvidenceWord::CollectionName, doubt.says.clone(), Some(doubt.own.clone())),
        });
    }
    ownerless(ports, depth, known, merged).await
}

/// The collection of an organization and another one that an earlier pass found to be a half of it.
pub(super) type Known = (String, String);

/// The halves that a result tells of.
pub(super) fn known(pass: &Pass) -> Vec<Known> {
    let halves = pass.findings.iter().filter(|finding| finding.kind == FindingKind::HalfRenamed);
    let pair = |finding: &Finding| match finding.collections.as_slice() {
        [own, other, ..] => Some((own.clone(), other.clone())),
        [] | [_] => None,
    };
    halves.filter_map(pair).collect()
}

/// An ownerless collection that can be a half of another.
struct Half {
    draft: Draft,
    /// Ids of some of its documents.
    ids: Vec<Vec<u8>>,
    /// The collection with most documents in common, and how many.
    best: Option<(usize, usize)>,
}

async fn ownerless(
    ports: &Ports,
    depth: Depth,
    known: &[Known],
    merged: &mut Merged,
) -> Result<(), StoreError> {
    let mut drafts = merged.found.take(FindingKind::OwnerlessCollection).into_iter();
    let mut halves = Vec::new();
    for draft in drafts.by_ref().take(HALVES_MAX) {
        let ids = some_ids(ports, &draft.subject).await?;
        halves.push(Half { draft, ids, best: None });
    }
    compare(ports, likely(merged, &halves, (depth, known)), merged, &mut halves).await?;
    for Half { draft, ids, best } in halves {
        let own =
            best.and_then(|(at, common)| Some((merged.listed.get(at)?.name.as_str().to_owned(), common)));
        let found = match own {
            Some((own, common)) => other_half(ports, &own, &draft.subject, (common, ids.len())).await?,
            None => None,
        };
        merged.found.add(found.unwrap_or(draft));
    }
    drafts.for_each(|draft| merged.found.add(draft));
    Ok(())
}

/// Asks each of these collections once for the documents of all that it can be a half of.
async fn compare(
    ports: &Ports,
    likely: Vec<(usize, Vec<usize>)>,
    merged: &Merged,
    halves: &mut [Half],
) -> Result<(), StoreError> {
    let listed: &[ListedCollection] = &merged.listed;
    let all_ids: Vec<Vec<Vec<u8>>> = halves.iter().map(|half| half.ids.clone()).collect();
    let all_ids: &[Vec<Vec<u8>>] = &all_ids;
    let mut asked = stream::iter(likely)
        .map(|(own, of)| async move {
            let ids = of.iter().filter_map(|half| all_ids.get(*half)).flatten().cloned();
            let ids: Vec<_> = ids.collect::<BTreeSet<_>>().into_iter().collect();
            let name = listed.get(own).map(|listed| listed.name.as_str()).unwrap_or_default();
            Ok::<_, StoreError>((own, of, has(ports, name, &ids).await?))
        })
        .buffered(DOUBTS_AT_ONCE);
    while let Some((own, of, found)) = asked.try_next().await? {
        for half in of {
            let Some(half) = halves.get_mut(half) else { continue };
            let common = half.ids.iter().filter(|id| found.contains(*id)).count();
            if common > half.best.map_or(0, |(_, most)| most) {
                half.best = Some((own, common));
            }
        }
    }
    Ok(())
}

/// The finding about an ownerless collection that has documents of an organization's; `None` if that organization is
/// gone by now.
async fn other_half(
    ports: &Ports,
    own: &str,
    ownerless: &str,
    compared: (usize, usize),
) -> Result<Option<Draft>, StoreError> {
    let name = OrganizationName::from_stored(name_of(own).to_owned());
    let Some(owner) = ports.organizations.find_by_name(&name).await? else { return Ok(None) };
    let owner = OrganizationNamed { id: owner.id.to_hex(), name: name.to_string(), in_trash: false };
    half(ports, &owner, (own, ownerless), compared).await.map(Some)
}

/// The collections of organizations, each with the ownerless ones that can be a half of it: all, or those of the most
/// similar names and the known ones.
fn likely(merged: &Merged, halves: &[Half], (depth, known): (Depth, &[Known])) -> Vec<(usize, Vec<usize>)> {
    let owned = merged.listed.iter().zip(&merged.owned).enumerate();
    let own = owned.filter(|(_, (listed, owned))| owned.by_name && listed.kind == CollectionKind::Plain);
    let own: Vec<(usize, &str)> = own.map(|(at, (listed, _))| (at, listed.name.as_str())).collect();
    let with_documents = halves.iter().enumerate().filter(|(_, half)| !half.ids.is_empty());
    let mut likely: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, half) in with_documents {
        let other = half.draft.subject.as_str();
        let is_known = |name: &str| known.iter().any(|(own, half)| own == name && half == other);
        let mut alike: Vec<_> =
            own.iter().map(|(at, name)| (Reverse((is_known(name), likeness(name, other))), *at)).collect();
        if depth == Depth::Quick && alike.len() > HALVES_COMPARED {
            alike.select_nth_unstable(HALVES_COMPARED);
            alike.truncate(HALVES_COMPARED);
        }
        for (_, at) in alike {
            likely.entry(at).or_default().push(number);
        }
    }
    likely.into_iter().collect()
}

/// How many letters two names have in common at their beginning and their end.
fn likeness(one: &str, other: &str) -> usize {
    let same = |(one, other): &(u8, u8)| one == other;
    let beginning = one.bytes().zip(other.bytes()).take_while(same).count();
    let end = one.bytes().rev().zip(other.bytes().rev()).take_while(same).count();
    (beginning + end).min(one.len()).min(other.len())
}

/// The ids of some documents: the newest, and the first ones.
async fn some_ids(ports: &Ports, name: &str) -> Result<Vec<Vec<u8>>, StoreError> {
    let name = collection(name);
    let newest = match ports.collections.newest(&name).await {
        Err(StoreError::CollectionMissing { .. }) => None,
        newest => newest?,
    };
    let Some(newest) = newest else { return Ok(Vec::new()) };
    let first = match ports.collections.documents(&name).try_next().await {
        Err(StoreError::CollectionMissing { .. }) => None,
        first => first?,
    };
    let documents = first.into_iter().flatten().take(HALVES_DOCUMENTS - 1).chain([newest]);
    let mut ids: Vec<_> = documents.filter_map(|document| id_of(&document).ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// Which of these ids a collection has.
async fn has(ports: &Ports, own: &str, ids: &[Vec<u8>]) -> Result<BTreeSet<Vec<u8>>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    match ports.collections.documents_of(&collection(own), ids).await {
        Err(StoreError::CollectionMissing { .. }) => Ok(BTreeSet::new()),
        found => Ok(found?.iter().filter_map(|document| id_of(document).ok()).collect()),
    }
}

async fn half(
    ports: &Ports,
    organization: &OrganizationNamed,
    (own, other): (&str, &str),
    (common, compared): (usize, usize),
) -> Result<Draft, StoreError> {
    let (of_own, of_other) = (documents_in(ports, own).await?, documents_in(ports, other).await?);
    let other_collection = EvidenceRow {
        what: EvidenceWord::Collection,
        organization: None,
        metadata: None,
        storage: Some(other.to_owned()),
    };
    Ok(Draft {
        key: format!("{}/{other}", organization.id),
        ..Draft::about(FindingKind::HalfRenamed, organization.clone())
    }
    .and_collection(own)
    .and_collection(other)
    .with(EvidenceWord::Collection, Some(own.to_owned()), Some(own.to_owned()))
    .with_row(other_collection)
    .with(EvidenceWord::Documents, of_own, of_other)
    .with(EvidenceWord::CommonDocuments, Some(compared.to_string()), Some(common.to_string())))
}
