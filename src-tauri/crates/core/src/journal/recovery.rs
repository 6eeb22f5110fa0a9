//! Finishes or undoes an operation by looking at what exists. Every step can be repeated, so a crash in here is
//! resolved by the next look.

use time::OffsetDateTime;

use super::mending::{Mending, settle_mend};
use super::settled::{Asked, Settled, discard, is_anothers, is_for_good, is_owned_by_other, is_taken};
use super::whereabouts::{Move, Whereabouts};
use crate::error::{StoreError, UniqueField};
use crate::limits::PAGE_MAX;
use crate::ports::Ports;
use crate::records::{
    CollectionIdentity, MendWord, Operation, OperationPlan, Organization, PageStart, PeopleFilter,
    PeopleQuery, PeopleSort, SessionsOf, SortDirection, set_aside,
};
use crate::rights::Account;
use crate::values::{CollectionName, CopyId, OrganizationId, OrganizationName};

pub(super) async fn settle(
    ports: &Ports,
    operation: &Operation,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    end_deletions(ports, operation, &operation.plan.homes()).await?;
    let id = operation.organization_id;
    match &operation.plan {
        OperationPlan::Create { name } => settle_create(ports, operation, name, asked).await,
        OperationPlan::Rename { from, to, collection } => {
            settle_rename(ports, operation, (from, to), collection.as_ref(), asked, now).await
        }
        OperationPlan::Trash { name, trashed, collection } => {
            settle_trash((ports, operation), trashed.copy, name, collection.as_ref(), asked, now).await
        }
        OperationPlan::Restore { name, copy, collection } => {
            settle_restore((ports, operation), *copy, name, collection.as_ref(), asked, now).await
        }
        OperationPlan::DeleteForever { copy, collection, .. } => {
            settle_delete_forever(ports, (id, *copy), collection.as_ref()).await
        }
        OperationPlan::Receive { incoming, .. } => settle_receive(ports, operation, *incoming, asked).await,
        OperationPlan::Mend { mend, name, from, to, collection } => {
            let (from, to, collection) = (from.as_ref(), to.as_ref(), collection.as_ref());
            let mending = Mending { ports, operation, id, name, from, to, collection };
            settle_mend(*mend, &mending, asked, now).await
        }
    }
}

/// Ends what was interrupted in the deletion of a collection that was moved aside for it: an empty one goes, any other
/// returns to its name. One that was put into a file returns even if it is empty: it may have indexes of its own.
async fn end_deletions(
    ports: &Ports,
    operation: &Operation,
    homes: &[CollectionName],
) -> Result<(), StoreError> {
    let mark = operation.mark();
    let returns = matches!(operation.plan, OperationPlan::Mend { mend: MendWord::SetAside, .. });
    let asides: Vec<_> = homes.iter().map(|home| home.dropped(&mark)).collect();
    let found = ports.collections.existing(&asides).await?;
    for (home, aside) in homes.iter().zip(&asides).filter(|(_, aside)| found.contains(aside)) {
        let Some(which) = ports.collections.identity(aside).await? else { continue };
        let ended = match !returns && ports.collections.is_empty(aside).await? {
            true => ports.collections.delete(aside, &which).await,
            false => ports.collections.rename(aside, home, &which).await,
        };
        match ended {
            Ok(()) | Err(StoreError::CollectionMissing { .. }) => {}
            Err(error) if is_for_good(&error) || matches!(error, StoreError::CollectionExists { .. }) => {
                tracing::warn!(%aside, %home, %error, "a collection that was about to be deleted stays");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The document decides: it alone makes the organization, and the collection, created at the same time, follows it.
/// Without a document, an empty collection that nobody owns is removed: it was made by the step, or is as empty as what
/// the step would have made. Only the run that inserted the document removes it again.
async fn settle_create(
    ports: &Ports,
    operation: &Operation,
    name: &OrganizationName,
    asked: Asked<'_>,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    let Some(organization) = ports.organizations.find(id).await? else {
        discard(ports, operation, name).await?;
        return Ok(Settled::Undone);
    };
    if organization.name != *name {
        // Other software renamed it meanwhile; its collection is that software's business.
        return Ok(Settled::Finished);
    }
    let collection = organization.collection();
    if is_anothers(ports, id, &collection, asked).await? {
        ports.organizations.remove(&organization).await?;
        discard(ports, operation, name).await?;
        return Ok(Settled::Undone);
    }
    let refusal = match ports.collections.create(&collection).await {
        Ok(()) => return Ok(Settled::Finished),
        Err(error) if error.is_unclear() => return Err(error),
        Err(error) => error,
    };
    if matches!(asked, Asked::AtOnce(_)) && ports.collections.is_empty(&collection).await? {
        ports.organizations.remove(&organization).await?;
        discard(ports, operation, name).await?;
        return Ok(Settled::Undone);
    }
    // A server checks the permission to create before it notices that there is nothing to do.
    if ports.collections.exists(&collection).await? {
        return Ok(Settled::Finished);
    }
    let reason = format!("its collection {collection} is missing and can't be created: {refusal}");
    Ok(Settled::Undecided { reason })
}

/// The collection decides: it is moved first, and after that the rename goes forward unless the name was taken. If it
/// was shared or missing, the document decides.
async fn settle_rename(
    ports: &Ports,
    operation: &Operation,
    (from, to): (&OrganizationName, &OrganizationName),
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    let names = [from, to].map(CollectionName::for_organization);
    let live = ports.organizations.find(id).await?;
    if live.as_ref().is_some_and(|organization| organization.name == *to) {
        return Ok(Settled::Finished);
    }
    let Some(collection) = collection else {
        // An empty collection was created for the new name, and nobody has it now.
        discard(ports, operation, to).await?;
        return Ok(Settled::Undone);
    };
    let moved = Move::of((ports, operation), collection, &names);
    let Some(organization) = live else { return settle_orphan(id, &moved).await };
    if organization.name != *from {
        let home = ports.collections.identity(&organization.collection()).await?;
        if home.is_some_and(|home| collection.is_same_as(&home) == Some(true)) {
            // Another console renamed it meanwhile, with its collection: nothing of this rename is left.
            return Ok(Settled::Undone);
        }
    }
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    if organization.name != *from {
        let reason = format!("the organization was named {} by other software meanwhile", organization.name);
        return Ok(Settled::Undecided { reason });
    }
    let source = moved.source();
    let is_ownerless = !is_owned_by_other(ports, id, from).await?;
    // The service recreates a collection when a tenant writes to a missing one.
    if is_ownerless && !ports.collections.is_empty(source).await? {
        let reason = format!("{source} was made anew meanwhile and has documents of its own");
        return Ok(Settled::Undecided { reason });
    }
    match ports.organizations.set_name(&organization, to, now).await {
        Ok(()) => {
            discard(ports, operation, from).await?;
            Ok(Settled::Finished)
        }
        Err(error) if is_taken(&error) || asked.ends_with(&error) => {
            if !is_ownerless {
                let reason =
                    format!("{source}, where its documents came from, is of another organization now");
                return Ok(Settled::Undecided { reason });
            }
            moved.back(to).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// Other software deleted the organization, or another console that took over the operation moved it to the trash.
/// Moves the collection after it, or tells the person where it is: nobody would look for it there.
async fn settle_orphan(id: OrganizationId, moved: &Move<'_>) -> Result<Settled, StoreError> {
    if moved.look().await? != Whereabouts::Target {
        return Ok(Settled::Undone);
    }
    if moved.bring_home(id).await? {
        return Ok(Settled::Undone);
    }
    let reason = format!("its documents are left in {}, where nobody looks for them", moved.target());
    Ok(Settled::Undecided { reason })
}

/// How an operation ends whose collection was not moved, or not recognizably; `None` if it was moved and the operation
/// goes on.
fn without_move(found: Whereabouts, asked: Asked<'_>) -> Option<Settled> {
    match found {
        Whereabouts::Target => None,
        Whereabouts::Source => Some(Settled::Undone),
        Whereabouts::Gone if asked.says_unmoved() => Some(Settled::Undone),
        Whereabouts::Gone => Some(Settled::Gone { finished: false }),
        Whereabouts::Unclear { .. } if asked.says_unmoved() => Some(Settled::Undone),
        Whereabouts::Unclear { reason } => Some(Settled::Undecided { reason }),
    }
}

/// The live organization, and the one in the trash if it is this copy.
async fn both_sides(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
) -> Result<(Option<Organization>, Option<Organization>), StoreError> {
    let live = ports.organizations.find(id).await?;
    let is_it = |found: &Organization| found.trashed.as_ref().is_some_and(|trashed| trashed.copy == copy);
    Ok((live, ports.organizations.find_trashed(id).await?.filter(is_it)))
}

/// The operation's own copy in the trash decides: it comes first, and after that the operation goes forward, unless the
/// collection cannot be moved at all.
async fn settle_trash(
    (ports, operation): (&Ports, &Operation),
    copy: Option<CopyId>,
    name: &OrganizationName,
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    let names = [CollectionName::for_organization(name), set_aside(id, copy)];
    let moved = collection.map(|collection| Move::of((ports, operation), collection, &names));
    let (_, copied) = both_sides(ports, (id, copy)).await?;
    if copied.is_none() {
        // Not copied, or restored since: a late move may have taken the collection from a live organization.
        return match &moved {
            Some(moved) => settle_orphan(id, moved).await,
            None => Ok(Settled::Undone),
        };
    }
    match ports.organizations.remove_copied(id, copy).await {
        Ok(()) => {}
        Err(error) if asked.ends_with(&error) && ports.organizations.find(id).await?.is_some() => {
            ports.organizations.remove_trashed(id, copy).await?;
            return Ok(Settled::Undone);
        }
        Err(error) => return Err(error),
    }
    let Some(moved) = moved else { return Ok(Settled::Finished) };
    match moved.look().await? {
        Whereabouts::Source => {}
        Whereabouts::Target => return Ok(Settled::Finished),
        Whereabouts::Gone => return settle_without_collection(ports, (id, copy), name).await,
        Whereabouts::Unclear { reason } => return Ok(Settled::Undecided { reason }),
    }
    // The name was free for a moment. The collection of an organization that took it must not be moved.
    if is_owned_by_other(ports, id, name).await? {
        let reason = format!("another organization has {} now", moved.source());
        return Ok(Settled::Undecided { reason });
    }
    let Err(refusal) = moved.forward().await else { return Ok(Settled::Finished) };
    // An earlier attempt whose response was lost may have moved it in between; this attempt then found nothing to move.
    match moved.look().await? {
        Whereabouts::Target => Ok(Settled::Finished),
        Whereabouts::Source if is_for_good(&refusal) => {
            // The documents stayed, so the organization returns.
            ports.organizations.copy_from_trash(id, copy, name, now).await?;
            ports.organizations.remove_trashed(id, copy).await?;
            Ok(Settled::Undone)
        }
        Whereabouts::Source => Err(refusal),
        Whereabouts::Gone => settle_without_collection(ports, (id, copy), name).await,
        Whereabouts::Unclear { reason } => Ok(Settled::Undecided { reason }),
    }
}

/// Only the copy in the trash is left, unless it was copied under another name than the operation started with: then
/// its collection followed that name, and nobody would look for it there.
async fn settle_without_collection(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
    name: &OrganizationName,
) -> Result<Settled, StoreError> {
    let (_, copied) = both_sides(ports, (id, copy)).await?;
    match copied.filter(|copied| copied.name != *name) {
        Some(copied) => {
            let reason = format!("it was named {} meanwhile, and its collection with it", copied.name);
            Ok(Settled::Undecided { reason })
        }
        None => Ok(Settled::Gone { finished: true }),
    }
}

/// The document decides, then the collection: both return to the list, or the collection returns to the trash.
async fn settle_restore(
    (ports, operation): (&Ports, &Operation),
    copy: Option<CopyId>,
    name: &OrganizationName,
    collection: Option<&CollectionIdentity>,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    let names = [set_aside(id, copy), CollectionName::for_organization(name)];
    let moved = collection.map(|collection| Move::of((ports, operation), collection, &names));
    let (live, copied) = both_sides(ports, (id, copy)).await?;
    if let Some(live) = &live {
        let Some(copied) = &copied else { return Ok(Settled::Finished) };
        if live.is_restored_from(copied) {
            ports.organizations.remove_trashed(id, copy).await?;
            return Ok(Settled::Finished);
        }
    }
    // From here on a live one is another that other software brought back: the copy stays, and its collection with it.
    let Some(moved) = moved else {
        // An empty collection was created for the name, and nobody has it now.
        discard(ports, operation, name).await?;
        return Ok(Settled::Undone);
    };
    if copied.is_none() {
        // Another console took over: it deleted it for good, or restored it and moved it to the trash again.
        return settle_orphan(id, &moved).await;
    }
    if let Some(settled) = without_move(moved.look().await?, asked) {
        return Ok(settled);
    }
    match ports.organizations.copy_from_trash(id, copy, name, now).await {
        Ok(()) => {
            ports.organizations.remove_trashed(id, copy).await?;
            Ok(Settled::Finished)
        }
        Err(error) if is_taken(&error) || is_twice(&error) || asked.ends_with(&error) => {
            moved.back(name).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// Whether another document of the same id is live.
fn is_twice(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate { field: UniqueField::Id })
}

/// The collection decides, or the copy in the trash if there was no collection: stores drop a collection whole or not
/// at all. Recovery deletes nothing more: the person who confirmed the deletion saw it fail.
async fn settle_delete_forever(
    ports: &Ports,
    (id, copy): (OrganizationId, Option<CopyId>),
    collection: Option<&CollectionIdentity>,
) -> Result<Settled, StoreError> {
    let (live, copied) = both_sides(ports, (id, copy)).await?;
    let is_there = match (&copied, collection) {
        // Restored meanwhile, and perhaps moved to the trash again, by a console that took over.
        (None, _) => live.is_some() || ports.organizations.find_trashed(id).await?.is_some(),
        (Some(_), Some(_)) => ports.collections.identity(&set_aside(id, copy)).await?.is_some(),
        (Some(_), None) => true,
    };
    if is_there {
        return Ok(Settled::Undone);
    }
    if copied.is_some() {
        ports.organizations.remove_trashed(id, copy).await?;
    }
    forget_tenant(ports, id).await?;
    Ok(Settled::Finished)
}

/// The document decides: it comes after all of its documents were compared, and then the collection follows it. Without
/// it, the collection that was being filled is dropped: its name is random, so that it is nobody else's, and what it
/// was filled from is still there.
async fn settle_receive(
    ports: &Ports,
    operation: &Operation,
    incoming: CopyId,
    asked: Asked<'_>,
) -> Result<Settled, StoreError> {
    let id = operation.organization_id;
    let waiting = CollectionName::incoming(incoming);
    let found = ports.collections.identity(&waiting).await?;
    let Some(organization) = ports.organizations.find(id).await? else {
        let Some(which) = found else { return Ok(Settled::Undone) };
        if ports.organizations.find_trashed(id).await?.is_some() {
            let reason = format!("it is in the trash, and its documents are left in {waiting}");
            return Ok(Settled::Undecided { reason });
        }
        ports.collections.delete(&waiting, &which).await?;
        return Ok(Settled::Undone);
    };
    let home = organization.collection();
    // Other software may have renamed it.
    end_deletions(ports, operation, std::slice::from_ref(&home)).await?;
    let Some(which) = found else {
        return match (ports.collections.exists(&home).await?, asked.says_unmoved()) {
            (true, false) => Ok(Settled::Finished),
            (false, false) => Ok(Settled::Gone { finished: true }),
            (true, true) => {
                // Another console finished it while this computer slept, or others made that collection since.
                let reason = format!("{home} is there, and whether it is what came in can't be told");
                Ok(Settled::Undecided { reason })
            }
            (false, true) => {
                // Another console dropped it while this computer slept. What it was filled from is still there.
                ports.organizations.remove(&organization).await?;
                Ok(Settled::Undone)
            }
        };
    };
    match ports.collections.rename(&waiting, &home, &which).await {
        Ok(()) => Ok(Settled::Finished),
        Err(StoreError::CollectionExists { .. }) => {
            // The service makes a collection when a tenant writes to a missing one.
            if ports.collections.delete_empty(&home, &operation.mark()).await? {
                ports.collections.rename(&waiting, &home, &which).await?;
                return Ok(Settled::Finished);
            }
            // Nothing is removed: others can have brought the organization back with its document.
            let reason =
                format!("{home} was made meanwhile and has documents; those received are in {waiting}");
            Ok(Settled::Undecided { reason })
        }
        Err(error) if asked.ends_with(&error) => {
            ports.organizations.remove(&organization).await?;
            ports.collections.delete(&waiting, &which).await?;
            Ok(Settled::Undone)
        }
        Err(error) => Err(error),
    }
}

/// Forgets what else was kept of an organization that is deleted for good: memberships of its people, sessions, failed
/// sign-ins. Call it after the copy in the trash was removed: from then on nobody can bring it back, and as long as it
/// is anywhere, nothing is taken away.
pub(crate) async fn forget_tenant(ports: &Ports, id: OrganizationId) -> Result<(), StoreError> {
    let (live, trashed, only_here) = futures_util::try_join!(
        ports.organizations.find(id),
        ports.organizations.find_trashed(id),
        only_members(ports, id),
    )?;
    if live.is_some() || trashed.is_some() {
        return Ok(());
    }
    let own = Account::Organization(id).key();
    let failing = async {
        match only_here.is_empty() {
            true => Ok(Vec::new()),
            false => ports.accounts.sign_in_attempts(&only_here).await,
        }
    };
    let of_organization = SessionsOf::Organization(id);
    let (left, ended, forgotten, failing) = futures_util::join!(
        ports.people.leave_all(id),
        ports.sessions.end(&of_organization, None),
        ports.accounts.clear_failed_sign_ins(&own),
        failing,
    );
    for answer in [left, ended.map(drop), forgotten] {
        unless_denied(answer)?;
    }
    for attempts in unless_denied(failing)? {
        unless_denied(ports.accounts.clear_failed_sign_ins(&attempts.account).await)?;
    }
    Ok(())
}

/// Whoever may not write them has none, and a membership in nothing opens nothing.
fn unless_denied<T: Default>(answer: Result<T, StoreError>) -> Result<T, StoreError> {
    match answer {
        Err(StoreError::Denied { .. }) => Ok(T::default()),
        answer => answer,
    }
}

/// The keys of the people who are in no other organization, and go with this one.
async fn only_members(ports: &Ports, id: OrganizationId) -> Result<Vec<String>, StoreError> {
    let mut query = PeopleQuery {
        filter: PeopleFilter { search: String::new(), status: None, role: None, organization: Some(id) },
        sort: PeopleSort::Name,
        direction: SortDirection::Ascending,
        backwards: false,
        start: PageStart::Beginning,
        limit: PAGE_MAX,
    };
    let mut keys = Vec::new();
    loop {
        // Their status is of no interest, so any moment will do.
        let page = match ports.people.page(&query, OffsetDateTime::UNIX_EPOCH).await {
            Err(StoreError::Denied { .. }) => return Ok(keys),
            page => page?,
        };
        let alone = page.people.iter().filter(|person| person.memberships_in_all == 1);
        keys.extend(alone.map(|person| Account::key_of_person(person.id)));
        match page.next {
            Some(next) => query.start = PageStart::After(next),
            None => return Ok(keys),
        }
    }
}
