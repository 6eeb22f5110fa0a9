use std::collections::BTreeSet;

use bson::oid::ObjectId;
use proptest::prelude::*;

use super::*;
use crate::doctor::found::id_text;
use crate::records::{OddField, StoredText};
use crate::values::{CopyId, HashScheme, StoredDate};

/// What an organization looks like in a made-up workspace.
#[derive(Debug, Clone)]
struct Made {
    name: Option<usize>,
    /// Which collection its field names: its own, none, another type, or that of a name.
    says: Says,
    address: usize,
    is_other: bool,
}

#[derive(Debug, Clone)]
enum Says {
    Own,
    Absent,
    Number,
    Of(usize),
}

const NAMES: [&str; 7] = ["acme", "Acme", "ACME", "birch", "birch-2", "org_acme", "zeta"];
const ADDRESSES: [&str; 6] = ["a@x.example", "A@x.example", " a@X.example", "b@x.example", "", "no address"];

fn made() -> impl Strategy<Value = Made> {
    let name = prop_oneof![1 => Just(None), 9 => (0..NAMES.len()).prop_map(Some)];
    let says = prop_oneof![
        6 => Just(Says::Own),
        1 => Just(Says::Absent),
        1 => Just(Says::Number),
        4 => (0..NAMES.len()).prop_map(Says::Of),
    ];
    (name, says, 0..ADDRESSES.len(), prop::bool::weighted(0.1))
        .prop_map(|(name, says, address, is_other)| Made { name, says, address, is_other })
}

fn organization_id(number: usize) -> OrganizationId {
    let mut bytes = [0; 12];
    bytes[11] = u8::try_from(number).expect("few");
    ObjectId::from_bytes(bytes).into()
}

fn copy(number: usize) -> CopyId {
    format!("{number:024x}").parse().expect("an id")
}

impl Made {
    fn row(&self, number: usize) -> StoredOrganization {
        let name = self.name.map(|name| NAMES[name]);
        let text = |text: &str| StoredText::Text(text.to_owned());
        StoredOrganization {
            id: match self.is_other {
                false => StoredId::Organization(organization_id(number)),
                true => StoredId::Other { kind: "string".to_owned(), text: format!("other-{number}") },
            },
            name: name.map_or(StoredText::Absent, text),
            display_name: None,
            collection_name: match (&self.says, name) {
                (Says::Own, Some(name)) => text(&format!("org_{name}")),
                (Says::Own | Says::Absent, _) => StoredText::Absent,
                (Says::Number, _) => StoredText::Other { kind: "int".to_owned() },
                (Says::Of(other), _) => text(&format!("org_{}", NAMES[*other])),
            },
            admin_email: text(ADDRESSES[self.address]),
            hash: HashScheme::Bcrypt { cost: 12 },
            is_active: true,
            created_at: StoredDate::UNKNOWN,
            updated_at: StoredDate::UNKNOWN,
            odd: Vec::<OddField>::new(),
            trashed: None,
        }
    }
}

/// In the trash: its name, what became of its collection, and whether that is there.
#[derive(Debug, Clone)]
struct MadeTrash {
    name: usize,
    collection: TrashedCollection,
    exists: bool,
}

fn made_trash() -> impl Strategy<Value = MadeTrash> {
    let collection = prop_oneof![
        Just(TrashedCollection::Moved),
        Just(TrashedCollection::Missing),
        Just(TrashedCollection::Shared)
    ];
    (0..NAMES.len(), collection, any::<bool>()).prop_map(|(name, collection, exists)| MadeTrash {
        name,
        collection,
        exists,
    })
}

impl MadeTrash {
    fn row(&self, number: usize) -> StoredOrganization {
        let made = Made { name: Some(self.name), says: Says::Own, address: 0, is_other: false };
        let trashed = Trashed {
            at: StoredDate::from_milliseconds(0),
            by: "olivia@example.com".to_owned(),
            collection: self.collection,
            copy: Some(copy(number)),
        };
        StoredOrganization { trashed: Some(trashed), ..made.row(100 + number) }
    }
}

/// The collections of a made-up workspace: of names, in the trash, and others.
fn listed(of_names: &BTreeSet<usize>, trash: &[MadeTrash], lost: &BTreeSet<usize>) -> Vec<ListedCollection> {
    let of_names = of_names.iter().map(|name| format!("org_{}", NAMES[*name]));
    let of_trash = trash.iter().enumerate().filter(|(_, made)| made.exists);
    let of_trash = of_trash.map(|(number, _)| set_aside(organization_id(100 + number), Some(copy(number))));
    let lost = lost.iter().map(|number| format!("console_trash_{:024x}", 1_000 + number));
    let names = of_names.chain(of_trash.map(|name| name.as_str().to_owned())).chain(lost);
    let others = ["console_dropped_1", "console_incoming_1", "console_twins_1"].map(str::to_owned);
    let names = names.chain(others).collect::<BTreeSet<_>>();
    let listed =
        |name| ListedCollection { name: CollectionName::from_stored(name), kind: CollectionKind::Plain };
    names.into_iter().map(listed).collect()
}

fn merged(
    listed: Vec<ListedCollection>,
    live: &[StoredOrganization],
    trash: &[StoredOrganization],
) -> Merged {
    let operators = HashMap::new();
    let mut merge = Merge::of(listed, &operators);
    live.iter().for_each(|row| merge.add(Shelf::Live, row));
    trash.iter().for_each(|row| merge.add(Shelf::Trash, row));
    merge.finish()
}

/// Everything that a merge says, in words.
fn said(mut merged: Merged) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for kind in FindingKind::ALL {
        for draft in merged.found.take(*kind) {
            let mut who: Vec<_> = draft.organizations.iter().map(|one| one.id.clone()).collect();
            who.sort();
            said.insert(format!("{} {} {}", kind.as_str(), draft.key, who.join(" ")));
        }
    }
    for (doubt, at) in &merged.halves {
        said.insert(format!("halves {} {}", doubt.organization.id, merged.listed[*at].name));
    }
    for same in &merged.same_address {
        let mut same: Vec<_> = same.iter().map(|id| id.to_hex()).collect();
        same.sort();
        said.insert(format!("address {}", same.join(" ")));
    }
    for (address, other, same) in &merged.addresses_of_others {
        let mut same: Vec<_> = same.iter().map(|id| id.to_hex()).collect();
        same.sort();
        said.insert(format!("address of {} {address}: {}", other.id, same.join(" ")));
    }
    said
}

/// The same, found by comparing each with each.
fn naive(
    listed: &[ListedCollection],
    live: &[StoredOrganization],
    trash: &[StoredOrganization],
) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    let exists = |name: &str| listed.iter().any(|listed| listed.name.as_str() == name);
    let own = |row: &StoredOrganization| row.name.as_str().map(|name| format!("org_{name}"));
    let says = |row: &StoredOrganization| row.collection_name.as_str().map(str::to_owned);
    let has_name = |name: &str| live.iter().any(|row| own(row).as_deref() == Some(name));
    let mut say = |kind: &str, key: &str, who: &str| said.insert(format!("{kind} {key} {who}"));
    for row in live {
        let (id, own, says) = (id_text(&row.id), own(row), says(row));
        let is_other = matches!(row.id, StoredId::Other { .. });
        if is_other {
            say("foreign_id", &id, &id);
        }
        match row.name.as_str() {
            None => {
                say("invalid_name", &id, &id);
            }
            Some(name) if name != name.to_ascii_lowercase() => {
                say("name_form", &id, &id);
            }
            Some(_) => {}
        }
        let address = row.admin_email.as_str().expect("a text");
        match crate::values::EmailAddress::parse(address) {
            Err(_) => {
                say("invalid_address", &id, &id);
            }
            Ok(right) if right.as_str() != address => {
                say("address_form", &id, &id);
            }
            Ok(_) => {}
        }
        let Some(own) = own.filter(|_| !is_other) else { continue };
        let other = says.clone().filter(|says| *says != own && exists(says));
        let is_free = other.as_deref().is_some_and(|other| !has_name(other));
        match (exists(&own), other) {
            (true, Some(other)) if is_free => {
                say("halves", &id, &other);
            }
            (false, Some(_)) if is_free => {
                say("collection_elsewhere", &id, &id);
            }
            (true, _) if says.as_deref() != Some(own.as_str()) => {
                say("collection_name_differs", &id, &id);
            }
            (true, _) => {}
            (false, _) => {
                say("missing_collection", &id, &id);
            }
        }
    }
    for row in trash {
        let StoredId::Organization(id) = row.id else { panic!("made so") };
        let note = row.trashed.as_ref().expect("made so");
        if note.collection == TrashedCollection::Moved && !exists(set_aside(id, note.copy).as_str()) {
            say("missing_trashed_collection", &id.to_hex(), &id.to_hex());
        }
    }
    for listed in listed {
        let name = listed.name.as_str();
        let by_field = live.iter().any(|row| says(row).as_deref() == Some(name));
        let by_trash = trash.iter().any(|row| {
            let note = row.trashed.as_ref().expect("made so");
            match note.collection {
                TrashedCollection::Shared => own(row).as_deref() == Some(name),
                TrashedCollection::Moved | TrashedCollection::Missing => {
                    row.id.organization().is_some_and(|id| set_aside(id, note.copy).as_str() == name)
                }
            }
        });
        if !has_name(name) && !by_field && !by_trash {
            let kind = match name.split_once('_').expect("a prefix") {
                ("org", _) => "ownerless_collection",
                (_, rest) if rest.starts_with("trash") => "ownerless_trash",
                (_, rest) if rest.starts_with("dropped") => "leftover_dropped",
                (_, rest) if rest.starts_with("incoming") => "leftover_incoming",
                (..) => "kept_twins",
            };
            say(kind, name, "");
        }
    }
    for row in live {
        let lower = |row: &StoredOrganization| row.name.as_str().map(str::to_ascii_lowercase);
        let Some(name) = lower(row) else { continue };
        let mut twins: Vec<_> = live
            .iter()
            .filter(|other| lower(other).as_ref() == Some(&name))
            .map(|row| id_text(&row.id))
            .collect();
        twins.sort();
        if twins.len() > 1 {
            say("twin_names", &name, &twins.join(" "));
        }
    }
    for row in live {
        let key = |row: &StoredOrganization| address_key(row.admin_email.as_str().expect("a text"));
        let same = live.iter().filter(|other| key(other) == key(row));
        let mut same: Vec<_> = same.filter_map(|row| row.id.organization()).map(|id| id.to_hex()).collect();
        same.sort();
        if key(row).is_empty() {
            continue;
        }
        match row.id {
            StoredId::Organization(_) if same.len() > 1 => {
                said_address(&mut say, &same);
            }
            StoredId::Organization(_) => {}
            StoredId::Other { .. } => {
                say("address of", &id_text(&row.id), &format!("{}: {}", key(row), same.join(" ")));
            }
        }
    }
    said
}

fn said_address(say: &mut impl FnMut(&str, &str, &str) -> bool, same: &[String]) {
    let (first, rest) = same.split_first().expect("some");
    say("address", first, &rest.join(" "));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_merge_says_what_comparing_each_with_each_says(
        live in prop::collection::vec(made(), 0..12),
        trash in prop::collection::vec(made_trash(), 0..5),
        of_names in prop::collection::btree_set(0..NAMES.len(), 0..=NAMES.len()),
        lost in prop::collection::btree_set(0..3_usize, 0..3),
    ) {
        let listed = listed(&of_names, &trash, &lost);
        let rows = live.iter().enumerate().map(|(number, made)| made.row(number));
        let mut rows: Vec<_> = rows.collect();
        // As a store sorts them: what is no text first, then byte order.
        rows.sort_by_key(|row| row.name.as_str().map(str::to_owned));
        let mut trash: Vec<_> = trash.iter().enumerate().map(|(number, made)| made.row(number)).collect();
        trash.sort_by_key(|row| row.name.as_str().map(str::to_owned));
        let expected = naive(&listed, &rows, &trash);
        prop_assert_eq!(said(merged(listed, &rows, &trash)), expected);
    }
}

#[test]
fn a_merge_holds_no_organization_of_a_sound_workspace_but_the_last() {
    const MANY: usize = 100_000;
    let id = |number: usize| -> OrganizationId { format!("{number:024x}").parse().expect("an id") };
    let name = |number: usize| format!("organization-{number:06}");
    let listed = (0..MANY).map(|number| ListedCollection {
        name: CollectionName::from_stored(format!("org_{}", name(number))),
        kind: CollectionKind::Plain,
    });
    let operators = HashMap::new();
    let mut merge = Merge::of(listed.collect(), &operators);
    for number in 0..MANY {
        let text = |text: String| StoredText::Text(text);
        let row = StoredOrganization {
            id: StoredId::Organization(id(number)),
            name: text(name(number)),
            collection_name: text(format!("org_{}", name(number))),
            admin_email: text(format!("admin@{}.example", name(number))),
            ..Made { name: Some(0), says: Says::Own, address: 0, is_other: false }.row(0)
        };
        merge.add(Shelf::Live, &row);
        assert!(merge.held() <= 1, "{} organizations are held after {number}", merge.held());
    }
    assert!(size_of_val(merge.addresses.as_slice()) <= MANY * 24, "more than a digest and an id each");
    let merged = merge.finish();
    assert_eq!(merged.counts, Counts { organizations: MANY as u64, trashed: 0, collections: MANY as u64 });
    assert!(said(merged).is_empty());
}
