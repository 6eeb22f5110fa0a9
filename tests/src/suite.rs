//! The contract of the ports, as facts that every store must keep. Each function takes the ports of an empty, prepared
//! store; `tests/contract.rs` runs all of them on all stores.

pub mod access;
pub mod accounts;
pub mod activity;
pub mod collections;
pub mod contents;
pub mod health;
pub mod journal;
pub mod organizations;
pub mod people;
pub mod permits;
pub mod rows;
pub mod sessions;
pub mod settings;
pub mod stored;

use tenantry_core::error::StoreError;
use tenantry_core::ports::Ports;
use tenantry_core::records::{ActivityEntry, CollectionIdentity, NewOrganization, Organization, RecordQuery};
use tenantry_core::values::{
    CollectionName, Device, DisplayName, EmailAddress, HashRenewal, OrganizationId, OrganizationName,
    PasswordHash,
};
use time::{Duration, OffsetDateTime};

/// A moment in whole milliseconds, the resolution of a stored date: `minute` minutes into the tests' time.
pub fn moment(minute: i64) -> OffsetDateTime {
    // 2026-03-01T12:00:00.123Z: not a whole second, so that cut-off milliseconds are found.
    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(1_772_366_400_123) + Duration::minutes(minute)
}

/// A computer.
pub fn device() -> Device {
    Device::named("dana", "mars", "Linux")
}

/// A parsed organization name.
pub fn name(text: &str) -> OrganizationName {
    OrganizationName::parse(text).expect("a good name")
}

/// A parsed address.
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("a good address")
}

/// A parsed display name.
pub fn display_name(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("a good display name").expect("not empty")
}

/// The form of a stored hash. No password has it: a port never verifies.
pub fn hash(last: &str) -> PasswordHash {
    PasswordHash::from_stored(format!("$2b$12$0123456789012345678901{last:.>31}"))
}

/// The note that the hash of one word replaced the other's.
pub fn renewal(from: &str, to: &str) -> HashRenewal {
    HashRenewal::new(&hash(from), None, &hash(to))
}

/// An organization of this name with the admin `admin@<name>.example.com`.
pub fn organization(text: &str) -> NewOrganization {
    NewOrganization {
        id: OrganizationId::new(),
        name: name(text),
        display_name: None,
        admin_email: email(&format!("admin@{text}.example.com")),
        admin_password: hash("a"),
        created_at: moment(0),
    }
}

/// Inserts an organization of this name; returns it.
pub async fn insert(ports: &Ports, text: &str) -> NewOrganization {
    let new = organization(text);
    ports.organizations.insert(&new).await.expect("a free name and address are inserted");
    new
}

/// Its tenant collection's name.
pub fn collection(text: &str) -> CollectionName {
    CollectionName::for_organization(&name(text))
}

/// Matches whatever collection has the name.
pub const ANY: CollectionIdentity = CollectionIdentity(None);

/// Renames whatever collection has the name.
///
/// # Errors
/// As the port's.
pub async fn move_collection(
    ports: &Ports,
    from: &CollectionName,
    to: &CollectionName,
) -> Result<(), StoreError> {
    ports.collections.rename(from, to, &ANY).await
}

/// Deletes whatever collection has the name.
///
/// # Errors
/// As the port's.
pub async fn delete_collection(ports: &Ports, name: &CollectionName) -> Result<(), StoreError> {
    ports.collections.delete(name, &ANY).await
}

/// The live organization as it is, or one that does not exist.
pub async fn seen(ports: &Ports, id: OrganizationId) -> Organization {
    let found = ports.organizations.find(id).await.expect("a look-up answers");
    found.unwrap_or_else(|| Organization {
        id,
        name: name("nobody"),
        display_name: None,
        admin_email: email("nobody@example.com"),
        is_active: true,
        created_at: moment(0).into(),
        updated_at: moment(0).into(),
        session_version: 0,
        trashed: None,
    })
}

/// The newest entries of the record about an organization, newest first.
pub async fn newest(ports: &Ports, id: OrganizationId, limit: u32) -> Vec<ActivityEntry> {
    let query = RecordQuery { organization: Some(id), limit, ..RecordQuery::default() };
    let page = ports.activity.page(&query).await.expect("the record is read");
    page.entries.into_iter().map(|recorded| recorded.entry).collect()
}
