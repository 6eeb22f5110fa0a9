//! Interrupted operations that only a person can decide, because what exists fits neither *finished* nor *undone*.
//!
//! Every choice loses nothing: a collection with documents is used where it stands, moved, or left alone, and never
//! dropped or replaced.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};
use strum::EnumDiscriminants;

use crate::access::Operations;
use crate::clock::Clock;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, CollectionIdentity, JournalEntry, Operation, OperationPlan, Organization,
    RecoveryOutcome, TrashedCollection, set_aside,
};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, CopyId, OrganizationId, OrganizationName};

/// An interrupted operation that waits for a decision, and what exists of it now.
#[derive(Debug, Clone)]
pub struct Unsettled {
    /// The operation.
    pub entry: JournalEntry,
    /// Why it could not be resolved; `None` if nobody tried because the workspace is not writable.
    pub reason: Option<String>,
    /// What exists now.
    pub facts: Facts,
    /// How it can end.
    pub choices: Vec<Choice>,
}

/// What exists of an organization under all names that the operation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The live organization.
    pub live: Option<Organization>,
    /// Its copy in the trash.
    pub trashed: Option<Organization>,
    /// Every name that its collection may have.
    pub places: Vec<Place>,
}

/// A name that a collection may have, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name.
    pub name: CollectionName,
    /// The collection with this name.
    pub found: Option<Found>,
}

/// A collection that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The number of its documents; `None` if the store does not say.
    pub documents: Option<u64>,
    /// Whether it has none.
    pub is_empty: bool,
    /// Whether it is the collection that the operation started with; `None` if the store cannot tell.
    pub is_original: Option<bool>,
    /// Another organization with this name.
    pub belongs_to: Option<OrganizationName>,
    identity: CollectionIdentity,
}

/// How an interrupted operation can end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Where the organization ends up.
    pub destination: Destination,
    /// Which collection it has then.
    pub data: Data,
    /// Collections that belong to nobody and are left as they are.
    pub left: Vec<CollectionName>,
}

/// Where an organization ends up.
#[derive(Debug, Clone, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(UnsettledDestination),
    doc = " Where an organization is after a decision.",
    derive(Serialize),
    serde(rename_all = "snake_case")
)]
#[cfg_attr(feature = "wire", strum_discriminants(derive(specta::Type)))]
pub enum Destination {
    /// In the list, under this name.
    Live(OrganizationName),
    /// In the trash.
    Trash,
    /// Nowhere: its document is gone, and only the operation ends.
    Nowhere,
}

/// The collection that an organization ends up with.
#[derive(Debug, Clone, PartialEq, Eq, EnumDiscriminants)]
#[strum_discriminants(
    name(UnsettledData),
    doc = " The collection that an organization has after a decision.",
    derive(Serialize),
    serde(rename_all = "snake_case")
)]
#[cfg_attr(feature = "wire", strum_discriminants(derive(specta::Type)))]
pub enum Data {
    /// The one at the destination already.
    InPlace(CollectionName),
    /// One that is moved to the destination.
    Moved(CollectionName),
    /// A new, empty one.
    New,
    /// None.
    None,
}

impl Data {
    /// The name of the existing collection that is used.
    pub fn used(&self) -> Option<&CollectionName> {
        match self {
            Self::InPlace(name) | Self::Moved(name) => Some(name),
            Self::New | Self::None => None,
        }
    }
}

impl Choice {
    /// Distinguishes it from the other choices for the same facts.
    pub fn id(&self) -> String {
        let destination = match &self.destination {
            Destination::Live(name) => format!("live {name}"),
            Destination::Trash => "trash".to_owned(),
            Destination::Nowhere => "nowhere".to_owned(),
        };
        let data = match &self.data {
            Data::InPlace(_) => "in place".to_owned(),
            Data::Moved(from) => format!("moved {from}"),
            Data::New => "new".to_owned(),
            Data::None => "none".to_owned(),
        };
        format!("{destination}, {data}")
    }
}

/// The text in the activity record.
impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.destination {
            Destination::Live(name) => write!(f, "in the list as {name}")?,
            Destination::Trash => f.write_str("in the trash")?,
            Destination::Nowhere => f.write_str("the organization is gone")?,
        }
        match &self.data {
            Data::InPlace(name) => write!(f, ", with {name}")?,
            Data::Moved(from) => write!(f, ", with what was {from}")?,
            Data::New => f.write_str(", with a new collection")?,
            Data::None => f.write_str(", without a collection")?,
        }
        for left in &self.left {
            write!(f, "; {left} is left")?;
        }
        Ok(())
    }
}

impl Facts {
    async fn look(ports: &Ports, operation: &Operation) -> Result<Self, StoreError> {
        let id = operation.organization_id;
        let live = ports.organizations.find(id).await?;
        let trashed = ports.organizations.find_trashed(id).await?;
        let mut places = Vec::new();
        for name in names(&operation.plan, live.as_ref(), trashed.as_ref()) {
            let collection = CollectionName::for_organization(&name);
            let belongs_to = other_owner(ports, id, &name).await?;
            let found = Found::look(ports, &collection, &operation.plan, belongs_to).await?;
            places.push(Place { name: collection, found });
        }
        let of_act = match &operation.plan {
            OperationPlan::Create { .. } | OperationPlan::Rename { .. } | OperationPlan::Mend { .. } => None,
            OperationPlan::Trash { .. }
            | OperationPlan::Restore { .. }
            | OperationPlan::DeleteForever { .. } => Some(set_aside(id, operation.plan.copy())),
            OperationPlan::Receive { incoming, .. } => Some(CollectionName::incoming(*incoming)),
        };
        for collection in of_mend(&operation.plan) {
            if places.iter().any(|place| place.name == *collection) {
                continue;
            }
            let belongs_to = match collection.organization_name() {
                Some(name) => other_owner(ports, id, &name).await?,
                None => None,
            };
            let found = Found::look(ports, collection, &operation.plan, belongs_to).await?;
            places.push(Place { name: collection.clone(), found });
        }
        let of_copy = trashed.as_ref().map(|trashed| in_trash(id, trashed));
        for collection in
            [of_act.clone(), of_copy.filter(|name| Some(name) != of_act.as_ref())].into_iter().flatten()
        {
            let found = Found::look(ports, &collection, &operation.plan, None).await?;
            places.push(Place { name: collection, found });
        }
        Ok(Self { live, trashed, places })
    }

    /// The state that a decision is conditional on: which documents and collections exist. It holds whether a tenant's
    /// collection has documents, not how many, because the tenant goes on working.
    pub fn seen(&self) -> String {
        let name = |organization: &Option<Organization>| {
            organization.as_ref().map(|organization| organization.name.to_string())
        };
        let collections: Vec<_> = self
            .places
            .iter()
            .map(|place| {
                let found = place.found.as_ref();
                (
                    place.name.to_string(),
                    found.map(|found| (&found.identity, found.is_empty, &found.belongs_to)),
                )
            })
            .collect();
        let facts = format!("{:?}", (name(&self.live), name(&self.trashed), collections));
        hex::encode(Sha256::digest(facts.as_bytes()))
    }

    /// How the operation can end. The choice that keeps the original collection comes first.
    fn choices(&self, operation: &Operation) -> Vec<Choice> {
        let mut choices = Vec::new();
        for destination in self.destinations(operation) {
            let target = self.target(operation.organization_id, &destination);
            let data = target.map_or_else(|| vec![Data::None], |target| self.data(&target, &destination));
            for data in data {
                let left = self.ownerless().filter(|(name, _)| Some(*name) != data.used());
                let left = left.map(|(name, _)| name.clone()).collect();
                choices.push(Choice { destination: destination.clone(), data, left });
            }
        }
        choices.sort_by_key(|choice| !self.keeps_original(choice));
        choices
    }

    fn destinations(&self, operation: &Operation) -> Vec<Destination> {
        if self.live.is_none() && self.trashed.is_none() {
            return vec![Destination::Nowhere];
        }
        let free = |name: &OrganizationName| {
            // It already has the collection that it shares.
            if self.live.as_ref().is_some_and(|live| live.name == *name) {
                return true;
            }
            let place = self.place(&CollectionName::for_organization(name));
            place.and_then(|place| place.found.as_ref()).is_none_or(|found| found.belongs_to.is_none())
        };
        let names = names(&operation.plan, self.live.as_ref(), self.trashed.as_ref());
        let mut destinations: Vec<_> = names.into_iter().filter(free).map(Destination::Live).collect();
        if self.live.is_none() {
            destinations.push(Destination::Trash);
        }
        destinations
    }

    /// The collections that an organization can have at a destination.
    fn data(&self, target: &CollectionName, destination: &Destination) -> Vec<Data> {
        if self.place(target).is_some_and(|place| place.found.is_some()) {
            return vec![Data::InPlace(target.clone())];
        }
        let mut data: Vec<_> = self.ownerless().map(|(name, _)| Data::Moved(name.clone())).collect();
        let without = data.is_empty();
        if matches!(destination, Destination::Live(_)) {
            data.push(Data::New);
        }
        if without || matches!(destination, Destination::Trash) {
            data.push(Data::None);
        }
        data
    }

    /// The collections that belong to no other organization.
    fn ownerless(&self) -> impl Iterator<Item = (&CollectionName, &Found)> {
        let found = self.places.iter().filter_map(|place| Some((&place.name, place.found.as_ref()?)));
        found.filter(|(_, found)| found.belongs_to.is_none())
    }

    fn keeps_original(&self, choice: &Choice) -> bool {
        let place = choice.data.used().and_then(|used| self.place(used));
        place.and_then(|place| place.found.as_ref()).is_some_and(|found| found.is_original == Some(true))
    }

    /// The name of the organization's collection at a destination.
    fn target(&self, id: OrganizationId, destination: &Destination) -> Option<CollectionName> {
        match destination {
            Destination::Live(name) => Some(CollectionName::for_organization(name)),
            // An organization in the trash that left its collection to others has none there.
            Destination::Trash => {
                let has_place = |trashed: &&Organization| {
                    trashed.trashed.as_ref().is_none_or(|note| note.collection != TrashedCollection::Shared)
                };
                self.trashed.as_ref().filter(has_place).map(|trashed| in_trash(id, trashed))
            }
            Destination::Nowhere => None,
        }
    }

    fn place(&self, name: &CollectionName) -> Option<&Place> {
        self.places.iter().find(|place| place.name == *name)
    }
}

impl Found {
    async fn look(
        ports: &Ports,
        name: &CollectionName,
        plan: &OperationPlan,
        belongs_to: Option<OrganizationName>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(identity) = ports.collections.identity(name).await? else { return Ok(None) };
        let documents = match ports.collections.statistics(name).await {
            Ok(statistics) => Some(statistics.documents),
            Err(error) if error.is_unclear() => return Err(error),
            Err(_) => None,
        };
        Ok(Some(Self {
            documents,
            is_empty: ports.collections.is_empty(name).await?,
            is_original: plan.collection().and_then(|original| original.is_same_as(&identity)),
            belongs_to,
            identity,
        }))
    }
}

/// The names under which the organization can be in the list.
fn names(
    plan: &OperationPlan,
    live: Option<&Organization>,
    trashed: Option<&Organization>,
) -> Vec<OrganizationName> {
    let mut names = vec![plan.name().clone()];
    let to = match plan {
        OperationPlan::Rename { to, .. } => Some(to),
        OperationPlan::Create { .. }
        | OperationPlan::Trash { .. }
        | OperationPlan::Restore { .. }
        | OperationPlan::DeleteForever { .. }
        | OperationPlan::Receive { .. }
        | OperationPlan::Mend { .. } => None,
    };
    let known = [to, live.map(|live| &live.name), trashed.map(|trashed| &trashed.name)];
    for name in known.into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The collections that a mend is about, which no name of the organization need lead to.
fn of_mend(plan: &OperationPlan) -> impl Iterator<Item = &CollectionName> {
    let (from, to) = match plan {
        OperationPlan::Mend { from, to, .. } => (from.as_ref(), to.as_ref()),
        OperationPlan::Create { .. }
        | OperationPlan::Rename { .. }
        | OperationPlan::Trash { .. }
        | OperationPlan::Restore { .. }
        | OperationPlan::DeleteForever { .. }
        | OperationPlan::Receive { .. } => (None, None),
    };
    from.into_iter().chain(to)
}

/// The mark of its copy in the trash.
fn copy_of(trashed: &Organization) -> Option<CopyId> {
    trashed.trashed.as_ref().and_then(|trashed| trashed.copy)
}

/// The name of its collection while it is in the trash.
fn in_trash(id: OrganizationId, trashed: &Organization) -> CollectionName {
    set_aside(id, copy_of(trashed))
}

/// Another organization whose documents are in the collection of this name.
async fn other_owner(
    ports: &Ports,
    id: OrganizationId,
    name: &OrganizationName,
) -> Result<Option<OrganizationName>, StoreError> {
    let owners = ports.organizations.owners(name).await?;
    let Some(other) = owners.into_iter().find(|owner| *owner != id) else { return Ok(None) };
    let found = match ports.organizations.find(other).await? {
        None => ports.organizations.find_trashed(other).await?,
        live => live,
    };
    Ok(Some(found.map_or_else(|| name.clone(), |found| found.name)))
}

/// Lists interrupted operations and carries out a person's decisions about them.
pub struct AttentionService {
    ports: Ports,
    operations: Arc<Operations>,
    clock: Arc<dyn Clock>,
}

impl AttentionService {
    /// For one open workspace.
    pub fn new(ports: Ports, operations: Arc<Operations>, clock: Arc<dyn Clock>) -> Self {
        Self { ports, operations, clock }
    }

    /// The interrupted operations that wait for a decision, after resolving those that can be resolved, if the
    /// workspace is writable.
    ///
    /// # Errors
    /// `Forbidden` to anyone but an operator; `Store`.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Unsettled>, AppError> {
        actor.require(Act::Restore)?;
        let mut reasons = HashMap::new();
        match self.operations.recover().await {
            Ok(recovered) => reasons.extend(recovered.into_iter().filter_map(|one| match one.outcome {
                RecoveryOutcome::NeedsAttention { reason } => Some((one.operation.organization_id, reason)),
                RecoveryOutcome::Finished
                | RecoveryOutcome::Undone
                | RecoveryOutcome::CollectionGone { .. }
                | RecoveryOutcome::InProgressElsewhere => None,
            })),
            Err(AppError::Store(StoreError::ReadOnly { .. })) => {}
            Err(error) => return Err(error),
        }
        let mut unsettled = Vec::new();
        for entry in self.ports.journal.unfinished().await? {
            if !self.operations.is_abandoned(&entry) {
                continue;
            }
            let facts = Facts::look(&self.ports, &entry.operation).await?;
            let choices = facts.choices(&entry.operation);
            let reason = reasons.remove(&entry.operation.organization_id);
            unsettled.push(Unsettled { entry, reason, facts, choices });
        }
        Ok(unsettled)
    }

    /// Ends an interrupted operation as a person decided, if what exists is still what they were shown.
    ///
    /// # Errors
    /// `Forbidden` to anyone but an operator; `NotFound` if the operation has ended; `Busy` while someone may be
    /// working on it; `FactsChanged` if something else exists than was shown: nothing was done; `Conflict`, `Store`.
    pub async fn decide(
        &self,
        actor: &Actor,
        id: OrganizationId,
        seen: &str,
        choice: &str,
    ) -> Result<Choice, AppError> {
        actor.require(Act::Restore)?;
        let runner = self.operations.admit()?;
        let held = runner.hold(id).await?;
        let operation = held.operation();
        let decided = async {
            let (facts, chosen) = choose(runner.ports(), operation, seen, choice).await?;
            let carried_out = self.carry_out(runner.ports(), operation, &facts, &chosen);
            runner.ports().recorded(entry(actor, operation, &chosen), carried_out).await?;
            Ok(chosen)
        }
        .await;
        held.release(&decided).await;
        decided
    }

    /// Moves the collection first, as every operation does: after a crash in between, the operation waits for a
    /// decision again.
    async fn carry_out(
        &self,
        ports: &Ports,
        operation: &Operation,
        facts: &Facts,
        chosen: &Choice,
    ) -> Result<(), AppError> {
        let id = operation.organization_id;
        if let Some(target) = facts.target(id, &chosen.destination) {
            match &chosen.data {
                Data::Moved(from) => {
                    let place = facts.place(from).and_then(|place| place.found.as_ref());
                    let which = &place.ok_or(AppError::FactsChanged)?.identity;
                    ports.collections.rename(from, &target, which).await?;
                }
                Data::New => ports.collections.create(&target).await?,
                Data::InPlace(_) | Data::None => {}
            }
        }
        let Destination::Live(name) = &chosen.destination else { return Ok(()) };
        match (&facts.live, &facts.trashed) {
            (Some(live), _) if live.name != *name => {
                ports.organizations.set_name(live, name, self.clock.now()).await.map_err(taken)?;
            }
            (None, Some(trashed)) => {
                let (copy, now) = (copy_of(trashed), self.clock.now());
                ports.organizations.copy_from_trash(id, copy, name, now).await.map_err(taken)?;
            }
            (Some(_), _) | (None, None) => {}
        }
        if let Some(trashed) = &facts.trashed {
            ports.organizations.remove_trashed(id, copy_of(trashed)).await?;
        }
        Ok(())
    }
}

/// What exists, and the choice, if both are what a person was shown.
async fn choose(
    ports: &Ports,
    operation: &Operation,
    seen: &str,
    choice: &str,
) -> Result<(Facts, Choice), AppError> {
    let facts = Facts::look(ports, operation).await?;
    if facts.seen() != seen {
        return Err(AppError::FactsChanged);
    }
    let chosen = facts.choices(operation).into_iter().find(|known| known.id() == choice);
    let chosen = chosen.ok_or(AppError::FactsChanged)?;
    Ok((facts, chosen))
}

/// The entry about a decision.
fn entry(actor: &Actor, operation: &Operation, chosen: &Choice) -> ActivityEntry {
    let name = match &chosen.destination {
        Destination::Live(name) => name,
        Destination::Trash | Destination::Nowhere => operation.plan.name(),
    };
    let entry = ActivityEntry::of(actor, ActivityKind::OperationDecided)
        .about(operation.organization_id, name)
        .with_detail(format!("{}, begun by {}: {chosen}", operation.plan.act(), operation.actor));
    ActivityEntry { operation: operation.record.clone(), ..entry }
}

/// Someone else took the name or the address first.
fn taken(error: StoreError) -> AppError {
    match error {
        StoreError::Duplicate { field: UniqueField::Name | UniqueField::Id } => {
            AppError::Conflict(ConflictOn::Name)
        }
        StoreError::Duplicate { field: UniqueField::Email } => AppError::Conflict(ConflictOn::Email),
        other => AppError::Store(other),
    }
}
