//! Organizations to measure with, the same every time.

use std::time::{Duration, Instant};

use bson::oid::ObjectId;
use bson::raw::cstr;
use bson::{RawDocumentBuf, rawdoc};
use futures_util::{StreamExt, TryStreamExt, stream};
use tenantry_core::Ports;
use tenantry_core::records::NewOrganization;
use tenantry_core::values::{
    CollectionName, DisplayName, EmailAddress, OrganizationId, OrganizationName, PasswordHash,
};
use time::OffsetDateTime;

use crate::Outcome;

const FIRST: [&str; 10] =
    ["amber", "brook", "cedar", "delta", "ember", "fjord", "grove", "harbor", "indigo", "juniper"];
const SECOND: [&str; 10] =
    ["clinic", "freight", "market", "school", "hotel", "garage", "energy", "studio", "bakery", "optics"];

/// The name of an organization. Every tenth is a clinic; the number makes it unique.
pub(crate) fn name(number: u32) -> String {
    // Scattered, so that the order of insertion is no order of the list.
    let scattered = number.wrapping_mul(2_654_435_761);
    let (first, second) = (FIRST[(scattered >> 8) as usize % 10], SECOND[number as usize % 10]);
    format!("{first}-{second}-{number:06}")
}

fn organization(number: u32) -> NewOrganization {
    let name = name(number);
    let mut id = [0; 12];
    id[..4].copy_from_slice(&0x6600_0000u32.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    let seconds = 1_700_000_000 + i64::from(number.wrapping_mul(48_271) % 80_000_000);
    let created_at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let display_name = number.is_multiple_of(3).then(|| format!("Organization {number}"));
    NewOrganization {
        id: OrganizationId::from(ObjectId::from_bytes(id)),
        display_name: display_name.map(DisplayName::from_stored),
        created_at,
        ..another(name)
    }
}

/// An organization beside those of the list.
pub(crate) fn another(name: String) -> NewOrganization {
    NewOrganization {
        id: OrganizationId::new(),
        admin_email: EmailAddress::from_stored(format!("admin@{name}.example")),
        display_name: None,
        name: OrganizationName::from_stored(name),
        admin_password: PasswordHash::from_stored(format!("$2b$12${}", "u".repeat(53))),
        created_at: OffsetDateTime::now_utc(),
    }
}

/// The id of an organization.
pub(crate) fn id(number: u32) -> OrganizationId {
    organization(number).id
}

/// Inserts organizations without collections; returns how long it took.
pub(crate) async fn fill(ports: &Ports, count: u32) -> Outcome<Duration> {
    let start = Instant::now();
    for first in (0..count).step_by(1_000) {
        let part: Vec<_> = (first..count.min(first + 1_000)).map(organization).collect();
        ports.organizations.insert_many(&part).await?;
    }
    Ok(start.elapsed())
}

/// Gives each organization its collection, without documents; returns how long it took.
pub(crate) async fn add_collections(ports: &Ports, count: u32) -> Outcome<Duration> {
    let start = Instant::now();
    let names = (0..count)
        .map(|number| CollectionName::for_organization(&OrganizationName::from_stored(name(number))));
    let mut created = stream::iter(names)
        .map(|collection| async move { ports.collections.create(&collection).await })
        .buffer_unordered(8);
    while created.try_next().await?.is_some() {}
    Ok(start.elapsed())
}

/// Gives an organization its collection with so many documents.
pub(crate) async fn add_documents(ports: &Ports, number: u32, count: u32) -> Outcome<CollectionName> {
    let collection = CollectionName::for_organization(&OrganizationName::from_stored(name(number)));
    ports.collections.create(&collection).await?;
    for first in (0..count).step_by(1_000) {
        let part: Vec<_> =
            (first..count.min(first + 1_000)).map(|index| document(index).into_bytes()).collect();
        ports.collections.insert_documents(&collection, &part).await?;
    }
    Ok(collection)
}

fn document(index: u32) -> RawDocumentBuf {
    let moment = bson::DateTime::from_millis(1_700_000_000_000 + i64::from(index) * 60_000);
    let mut document = rawdoc! {
        "_id": ObjectId::new(),
        "type": "invoice",
        "number": format!("INV-{index:06}"),
        "customer": { "name": "Amara Osei", "city": "Rotterdam" },
        "total": f64::from(index) * 1.25,
        "paid": index.is_multiple_of(3),
    };
    document.append(cstr!("created_at"), moment);
    document.append(cstr!("updated_at"), moment);
    document
}
