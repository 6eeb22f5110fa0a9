//! Merges the list of names with the organizations, live and in the trash, as they come. Pure: it asks nothing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::document::{address_key, look_at, look_at_trashed, named_collection};
use super::found::{Draft, Found, named, shown};
use super::{EvidenceWord, FindingKind, OrganizationNamed};
use crate::limits::{FINDINGS_OF_A_KIND_MAX, TWINS_MAX};
use crate::records::{
    CollectionKind, ListedCollection, Shelf, StoredId, StoredOrganization, Trashed, TrashedCollection,
    set_aside,
};
use crate::values::{CollectionName, OrganizationId};

/// Merges the three inputs of a pass.
///
/// It holds the names that were listed, one digest and one id for each address, and what it found. The inputs come by
/// name, so that the next name is mostly the one after the last; what is out of order costs a search, never a finding.
pub(super) struct Merge<'a> {
    names: Names,
    operators: &'a HashMap<String, String>,
    /// A digest of each live address. Two that are the same can be one address.
    addresses: Vec<(u64, OrganizationId)>,
    /// The addresses of documents that are no organizations. They are few, and a store finds them by no id.
    addresses_of_others: Vec<(String, OrganizationNamed)>,
    /// The live organizations of the name that came last.
    of_one_name: (String, Vec<OrganizationNamed>),
    /// Those whose names are not lower-cased, by the lower-cased name. Byte order has them before their twins.
    other_case: BTreeMap<String, Vec<OrganizationNamed>>,
    doubts: Vec<Doubt>,
    found: Found,
    counts: Counts,
}

/// What a merge counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) organizations: u64,
    pub(super) trashed: u64,
    pub(super) collections: u64,
}

/// The listed names, each with what it belongs to.
struct Names {
    listed: Vec<ListedCollection>,
    owned: Vec<Owned>,
    /// Where the last name of each shelf was found.
    last: [usize; 2],
}

/// Why a collection belongs to somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Owned {
    /// A live organization has its name.
    pub(super) by_name: bool,
    /// A live organization's `collection_name` names it.
    pub(super) by_field: bool,
    /// An organization in the trash left it there or had it set aside.
    pub(super) by_trash: bool,
    /// A live organization of its name.
    pub(super) owner: Option<OrganizationId>,
}

impl Owned {
    fn is_owned(self) -> bool {
        self.by_name || self.by_field || self.by_trash
    }
}

/// An organization whose `collection_name` does not follow its name: which finding it is depends on the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) organization: OrganizationNamed,
    /// The collection of its name.
    pub(super) own: String,
    pub(super) own_exists: bool,
    /// What `collection_name` says.
    pub(super) says: Option<String>,
    /// The collection that it names, if there is such a one.
    pub(super) elsewhere: Option<usize>,
}

/// What came out of a merge.
pub(super) struct Merged {
    pub(super) listed: Vec<ListedCollection>,
    pub(super) owned: Vec<Owned>,
    /// What is certain, and what another look can show to have been a moment's state.
    pub(super) found: Found,
    /// Organizations that may have their documents in two collections: its own, and the other.
    pub(super) halves: Vec<(Doubt, usize)>,
    /// Organizations that seem to have one address, the worst first.
    pub(super) same_address: Vec<Vec<OrganizationId>>,
    /// Documents that are no organizations, with their addresses, and the organizations that seem to have the same.
    pub(super) addresses_of_others: Vec<(String, OrganizationNamed, Vec<OrganizationId>)>,
    pub(super) counts: Counts,
}

impl Merged {
    /// Whether something was found that others may have been about to change.
    pub(super) fn is_doubtful(&self) -> bool {
        !self.halves.is_empty() || self.found.is_doubtful()
    }
}

impl Names {
    fn of(mut listed: Vec<ListedCollection>) -> Self {
        // It comes sorted; a search in what is not would find some names and not others.
        listed.sort_by(|one, other| one.name.cmp(&other.name));
        let owned = vec![Owned::default(); listed.len()];
        Self { listed, owned, last: [0, 0] }
    }

    fn find(&mut self, name: &str, shelf: Shelf) -> Option<usize> {
        let last = match shelf {
            Shelf::Live => 0,
            Shelf::Trash => 1,
        };
        let next = self.last.get(last).map_or(0, |last| last + 1);
        let at = match self.listed.get(next).map(|listed| listed.name.as_str().cmp(name)) {
            Some(Ordering::Equal) => Some(next),
            Some(Ordering::Less | Ordering::Greater) | None => self.search(name),
        };
        if let (Some(place), Some(at)) = (self.last.get_mut(last), at) {
            *place = at;
        }
        at
    }

    fn search(&self, name: &str) -> Option<usize> {
        self.listed.binary_search_by(|listed| listed.name.as_str().cmp(name)).ok()
    }

    fn mark(&mut self, at: Option<usize>, mark: impl FnOnce(&mut Owned)) {
        if let Some(owned) = at.and_then(|at| self.owned.get_mut(at)) {
            mark(owned);
        }
    }
}

impl<'a> Merge<'a> {
    /// With the names that were listed, and the operators' addresses by their keys.
    pub(super) fn of(listed: Vec<ListedCollection>, operators: &'a HashMap<String, String>) -> Self {
        let counts = Counts { collections: listed.len() as u64, ..Counts::default() };
        Self {
            names: Names::of(listed),
            operators,
            addresses: Vec::new(),
            addresses_of_others: Vec::new(),
            of_one_name: (String::new(), Vec::new()),
            other_case: BTreeMap::new(),
            doubts: Vec::new(),
            found: Found::default(),
            counts,
        }
    }

    /// Takes the next document of a shelf.
    pub(super) fn add(&mut self, shelf: Shelf, row: &StoredOrganization) {
        match shelf {
            Shelf::Live => self.add_live(row),
            Shelf::Trash => self.add_trashed(row),
        }
    }

    /// Documents that it has seen.
    pub(super) fn seen(&self) -> u64 {
        self.counts.organizations + self.counts.trashed
    }

    /// Organizations that it holds by name: everything but names of collections and digests.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let other_case: usize = self.other_case.values().map(Vec::len).sum();
        let waiting =
            self.of_one_name.1.len() + other_case + self.addresses_of_others.len() + self.doubts.len();
        waiting + self.found.held()
    }

    fn add_live(&mut self, row: &StoredOrganization) {
        self.counts.organizations += 1;
        look_at(row, self.operators, &mut self.found);
        self.note_name(row);
        self.note_address(row);
        self.note_collection(row);
    }

    fn note_collection(&mut self, row: &StoredOrganization) {
        let says = named_collection(row);
        let Some(name) = row.name.as_str() else {
            // Without a name, only the field leads to a collection.
            let at = says.and_then(|says| self.names.search(says));
            self.names.mark(at, |owned| owned.by_field = true);
            return;
        };
        let mut own = String::with_capacity(name.len() + 4);
        own.push_str("org_");
        own.push_str(name);
        let at = self.names.find(&own, Shelf::Live);
        self.names.mark(at, |owned| {
            owned.by_name = true;
            owned.owner = row.id.organization();
        });
        if let Some(listed) = at.and_then(|at| self.names.listed.get(at)) {
            note_kind(listed.kind, &own, row, &mut self.found);
        }
        if says == Some(own.as_str()) && at.is_some() {
            return;
        }
        let elsewhere = says.filter(|says| *says != own).and_then(|says| self.names.search(says));
        self.names.mark(elsewhere, |owned| owned.by_field = true);
        if let StoredId::Other { .. } = row.id {
            // No organization: what it lacks is told by its id.
            return;
        }
        let doubt = Doubt {
            organization: named(row),
            own,
            own_exists: at.is_some(),
            says: shown(&row.collection_name),
            elsewhere,
        };
        match (doubt.own_exists, doubt.elsewhere) {
            (false, None) => self.found.add(doubt.missing()),
            (true, None) => self.found.add(doubt.differs()),
            (_, Some(_)) => self.doubts.push(doubt),
        }
    }

    fn note_name(&mut self, row: &StoredOrganization) {
        let Some(name) = row.name.as_str() else { return };
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            // Enough to show that something is wrong; each such name is a finding of its own.
            if self.other_case.len() < FINDINGS_OF_A_KIND_MAX {
                push_twin(self.other_case.entry(name.to_ascii_lowercase()).or_default(), row);
            }
            return;
        }
        if self.of_one_name.0 != name || self.of_one_name.1.is_empty() {
            self.end_name();
            self.of_one_name.0.clear();
            self.of_one_name.0.push_str(name);
        }
        push_twin(&mut self.of_one_name.1, row);
    }

    /// Ends the group of the last name.
    fn end_name(&mut self) {
        let (name, mut same) = std::mem::take(&mut self.of_one_name);
        if !self.other_case.is_empty()
            && let Some(others) = self.other_case.remove(&name)
        {
            same.extend(others);
        }
        self.add_twins(&name, same);
    }

    fn add_twins(&mut self, name: &str, mut same: Vec<OrganizationNamed>) {
        // A document that was renamed while it was read can come twice.
        same.sort();
        same.dedup_by(|one, other| one.id == other.id);
        if same.len() < 2 {
            return;
        }
        let mut draft = Draft::of_twins(FindingKind::TwinNames, name, same);
        for twin in draft.organizations.clone() {
            let collection = format!("org_{}", twin.name);
            let storage = self.names.search(&collection).map(|_| collection.clone());
            if storage.is_some() && !draft.collections.contains(&collection) {
                draft = draft.and_collection(&collection);
            }
            draft = draft.with_row(super::EvidenceRow {
                what: EvidenceWord::Name,
                organization: Some(twin.id),
                metadata: Some(twin.name),
                storage,
            });
        }
        self.found.add(draft);
    }

    fn note_address(&mut self, row: &StoredOrganization) {
        let Some(address) = row.admin_email.as_str().map(address_key).filter(|address| !address.is_empty())
        else {
            return;
        };
        match row.id {
            StoredId::Organization(id) => self.addresses.push((digest(&address), id)),
            StoredId::Other { .. } if self.addresses_of_others.len() < FINDINGS_OF_A_KIND_MAX => {
                self.addresses_of_others.push((address, named(row)));
            }
            StoredId::Other { .. } => {}
        }
    }

    fn add_trashed(&mut self, row: &StoredOrganization) {
        self.counts.trashed += 1;
        look_at_trashed(row, &mut self.found);
        let StoredId::Organization(id) = row.id else { return };
        let note = row.trashed.as_ref();
        let aside = set_aside(id, note.and_then(|trashed| trashed.copy));
        match note {
            Some(Trashed { collection: TrashedCollection::Shared, .. }) => {
                let shared = row.name.as_str().map(|name| format!("org_{name}"));
                let at = shared.and_then(|shared| self.names.find(&shared, Shelf::Trash));
                self.names.mark(at, |owned| owned.by_trash = true);
            }
            Some(Trashed { collection: TrashedCollection::Moved, at, .. }) => {
                let place = self.names.search(aside.as_str());
                self.names.mark(place, |owned| owned.by_trash = true);
                if place.is_none() {
                    let draft = Draft::about(FindingKind::MissingTrashedCollection, named(row))
                        .with(EvidenceWord::Collection, Some(aside.as_str().to_owned()), None)
                        .with(EvidenceWord::TrashedAt, at.iso_8601(), None);
                    self.found.add(draft);
                }
            }
            Some(Trashed { collection: TrashedCollection::Missing, .. }) | None => {
                let place = self.names.search(aside.as_str());
                self.names.mark(place, |owned| owned.by_trash = true);
            }
        }
    }

    /// What came out.
    pub(super) fn finish(mut self) -> Merged {
        self.end_name();
        for (name, same) in std::mem::take(&mut self.other_case) {
            self.add_twins(&name, same);
        }
        let mut halves = Vec::new();
        for doubt in std::mem::take(&mut self.doubts) {
            let others =
                doubt.elsewhere.filter(|at| self.names.owned.get(*at).is_some_and(|owned| owned.by_name));
            match (doubt.own_exists, doubt.elsewhere, others) {
                // What it names is another organization's.
                (true, _, Some(_)) | (true, None, _) => self.found.add(doubt.differs()),
                (false, _, Some(_)) | (false, None, _) => self.found.add(doubt.missing()),
                (true, Some(at), None) => halves.push((doubt, at)),
                (false, Some(_), None) => self.found.add(doubt.elsewhere()),
            }
        }
        self.add_ownerless();
        self.addresses.sort_unstable();
        // A document that was renamed while it was read can come twice.
        self.addresses.dedup();
        let others = std::mem::take(&mut self.addresses_of_others);
        let with_same = |(address, other): (String, OrganizationNamed)| {
            let same = of_digest(&self.addresses, digest(&address));
            (address, other, same)
        };
        Merged {
            addresses_of_others: others.into_iter().map(with_same).collect(),
            same_address: same_addresses(&self.addresses),
            listed: self.names.listed,
            owned: self.names.owned,
            found: self.found,
            halves,
            counts: self.counts,
        }
    }

    fn add_ownerless(&mut self) {
        for (listed, owned) in self.names.listed.iter().zip(&self.names.owned) {
            if owned.is_owned() {
                continue;
            }
            if let Some(kind) = kind_of_ownerless(listed) {
                self.found.add(Draft::of_collection(kind, listed.name.as_str()));
            }
        }
    }
}

/// What a collection is that belongs to nobody.
pub(super) fn kind_of_ownerless(listed: &ListedCollection) -> Option<FindingKind> {
    match listed.kind {
        CollectionKind::View => return Some(FindingKind::ViewCollection),
        CollectionKind::TimeSeries => return Some(FindingKind::TimeSeriesCollection),
        CollectionKind::Plain | CollectionKind::Capped => {}
    }
    let kinds = [
        ("org_", FindingKind::OwnerlessCollection),
        ("console_trash_", FindingKind::OwnerlessTrash),
        ("console_dropped_", FindingKind::LeftoverDropped),
        ("console_incoming_", FindingKind::LeftoverIncoming),
        ("console_twins_", FindingKind::KeptTwins),
    ];
    let kind = kinds.into_iter().find(|(prefix, _)| listed.name.as_str().starts_with(prefix));
    kind.map(|(_, kind)| kind)
}

/// Tells of an organization's collection that is none of the usual kind.
fn note_kind(kind: CollectionKind, own: &str, row: &StoredOrganization, found: &mut Found) {
    let (kind, word) = match kind {
        CollectionKind::Plain => return,
        CollectionKind::Capped => (FindingKind::CappedCollection, "capped"),
        CollectionKind::View => (FindingKind::ViewCollection, "view"),
        CollectionKind::TimeSeries => (FindingKind::TimeSeriesCollection, "timeseries"),
    };
    let draft = Draft::about(kind, named(row)).and_collection(own);
    found.add(draft.with(EvidenceWord::CollectionKind, Some("collection".to_owned()), Some(word.to_owned())));
}

impl Doubt {
    fn about(&self, kind: FindingKind) -> Draft {
        Draft::about(kind, self.organization.clone())
    }

    /// The organization has no collection.
    pub(super) fn missing(&self) -> Draft {
        let draft = self.about(FindingKind::MissingCollection).and_collection(&self.own).with(
            EvidenceWord::Collection,
            Some(self.own.clone()),
            None,
        );
        if self.says.as_deref() == Some(&self.own) {
            return draft;
        }
        draft.with(EvidenceWord::CollectionName, self.says.clone(), None)
    }

    /// The organization's `collection_name` says something else than its name.
    pub(super) fn differs(&self) -> Draft {
        self.about(FindingKind::CollectionNameDiffers).and_collection(&self.own).with(
            EvidenceWord::CollectionName,
            self.says.clone(),
            Some(self.own.clone()),
        )
    }

    /// The organization's documents are where its `collection_name` says.
    fn elsewhere(&self) -> Draft {
        let draft = self
            .about(FindingKind::CollectionElsewhere)
            .and_collection(&self.own)
            .with(EvidenceWord::Collection, Some(self.own.clone()), None)
            .with(EvidenceWord::CollectionName, self.says.clone(), self.says.clone());
        match &self.says {
            Some(says) => draft.and_collection(says),
            None => draft,
        }
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The organizations of a digest, in sorted ones.
fn of_digest(addresses: &[(u64, OrganizationId)], digest: u64) -> Vec<OrganizationId> {
    let from = addresses.partition_point(|(known, _)| *known < digest);
    let same = addresses.iter().skip(from).take_while(|(known, _)| *known == digest);
    same.take(TWINS_MAX).map(|(_, id)| *id).collect()
}

/// The organizations whose digests are the same, of sorted ones.
fn same_addresses(addresses: &[(u64, OrganizationId)]) -> Vec<Vec<OrganizationId>> {
    addresses
        .chunk_by(|(one, _), (other, _)| one == other)
        .filter(|same| same.len() > 1)
        .map(|same| same.iter().take(TWINS_MAX).map(|(_, id)| *id).collect())
        .collect()
}

/// Keeps an organization of a name, unless enough are kept.
fn push_twin(twins: &mut Vec<OrganizationNamed>, row: &StoredOrganization) {
    if twins.len() < TWINS_MAX {
        twins.push(named(row));
    }
}

/// The name of the organization that a tenant collection is for.
pub(super) fn name_of(collection: &str) -> &str {
    collection.strip_prefix("org_").unwrap_or(collection)
}

/// The name of the collection as a store takes it.
pub(super) fn collection(name: &str) -> CollectionName {
    CollectionName::from_stored(name.to_owned())
}

#[cfg(test)]
mod tests;
