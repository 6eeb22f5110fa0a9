//! Renames by the service that stopped half-way: it copies document by document, so two collections have some in common.

use std::cmp::Reverse;

use bson::raw::cstr;
use bson::{RawDocument, RawDocumentBuf};
use futures_util::TryStreamExt;

use super::found::Draft;
use super::merge::{Merged, collection, name_of};
use super::settle::documents_in;
use super::{Depth, EvidenceRow, EvidenceWord, FindingKind, OrganizationNamed};
use crate::error::StoreError;
use crate::limits::{HALVES_COMPARED, HALVES_DOCUMENTS, HALVES_MAX};
use crate::ports::Ports;
use crate::records::CollectionKind;
use crate::values::OrganizationName;

/// Compares what may be two halves. Only some documents are compared, and only with collections that are likely: those
/// that an organization names, and those of similar names. A deep pass compares with all.
pub(super) async fn join(ports: &Ports, depth: Depth, merged: &mut Merged) -> Result<(), StoreError> {
    for (doubt, at) in std::mem::take(&mut merged.halves) {
        let Some(other) = merged.listed.get(at).map(|listed| listed.name.as_str().to_owned()) else {
            continue;
        };
        let ids = some_ids(ports, &other).await?;
        merged.found.add(match common(ports, &doubt.own, &ids).await? {
            0 => doubt.differs(),
            common => half(ports, &doubt.organization, (&doubt.own, &other), (common, ids.len()))
                .await?
                .with(EvidenceWord::CollectionName, doubt.says.clone(), Some(doubt.own.clone())),
        });
    }
    ownerless(ports, depth, merged).await
}

async fn ownerless(ports: &Ports, depth: Depth, merged: &mut Merged) -> Result<(), StoreError> {
    let drafts = merged.found.take(FindingKind::OwnerlessCollection);
    for (number, draft) in drafts.into_iter().enumerate() {
        let found =
            if number < HALVES_MAX { other_half(ports, depth, merged, &draft.subject).await? } else { None };
        merged.found.add(found.unwrap_or(draft));
    }
    Ok(())
}

/// The finding about an ownerless collection that is one half of an organization's.
async fn other_half(
    ports: &Ports,
    depth: Depth,
    merged: &Merged,
    ownerless: &str,
) -> Result<Option<Draft>, StoreError> {
    let ids = some_ids(ports, ownerless).await?;
    if ids.is_empty() {
        return Ok(None);
    }
    for own in likely(merged, ownerless, depth) {
        let common = common(ports, own, &ids).await?;
        if common == 0 {
            continue;
        }
        let name = OrganizationName::from_stored(name_of(own).to_owned());
        let Some(owner) = ports.organizations.find_by_name(&name).await? else { continue };
        let owner = OrganizationNamed { id: owner.id.to_hex(), name: name.to_string(), in_trash: false };
        return half(ports, &owner, (own, ownerless), (common, ids.len())).await.map(Some);
    }
    Ok(None)
}

/// The collections of organizations that an ownerless one can be a half of, the likeliest first.
fn likely<'a>(merged: &'a Merged, ownerless: &str, depth: Depth) -> Vec<&'a str> {
    let owned = merged.listed.iter().zip(&merged.owned);
    let own = owned.filter(|(listed, owned)| owned.by_name && listed.kind == CollectionKind::Plain);
    let mut likely: Vec<&str> = own.map(|(listed, _)| listed.name.as_str()).collect();
    likely.sort_by_cached_key(|name| Reverse(likeness(name, ownerless)));
    match depth {
        Depth::Quick => likely.truncate(HALVES_COMPARED),
        Depth::Deep => {}
    }
    likely
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
    let mut ids: Vec<_> = documents.filter_map(|document| id_of(&document)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// A BSON document of the `_id` alone.
fn id_of(document: &[u8]) -> Option<Vec<u8>> {
    let id = RawDocument::from_bytes(document).ok()?.get("_id").ok()??;
    let mut alone = RawDocumentBuf::new();
    alone.append(cstr!("_id"), id);
    Some(alone.into_bytes())
}

async fn common(ports: &Ports, own: &str, ids: &[Vec<u8>]) -> Result<usize, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    match ports.collections.documents_of(&collection(own), ids).await {
        Err(StoreError::CollectionMissing { .. }) => Ok(0),
        found => Ok(found?.len()),
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
