//! Sample organizations for a fresh workspace: invented, and the same every time.

mod documents;
mod service;
mod table;

use bson::oid::ObjectId;
use time::{Duration, OffsetDateTime};

use crate::clock::cut_to_milliseconds;
use crate::values::{DisplayName, EmailAddress, OrganizationId, OrganizationName};

pub use service::{SampleReport, SampleService};

/// The password that the admins of all sample organizations share. Not a secret: the window shows it.
pub const SAMPLE_PASSWORD: &str = "Sample-2026";

/// A sample organization.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleOrganization {
    /// Its id: the same in every workspace, so that loading again adds nothing.
    pub id: OrganizationId,
    /// Its name.
    pub name: OrganizationName,
    /// Its display name; some have none.
    pub display_name: Option<DisplayName>,
    /// Its admin's address, under `.example` (RFC 2606): no mail ever goes there.
    pub admin_email: EmailAddress,
    /// Some are deactivated.
    pub is_active: bool,
    /// When it was created: some time in the three years before now.
    pub created_at: OffsetDateTime,
    /// Its documents, as BSON with `_id`, `created_at` and `updated_at`.
    pub documents: Vec<Vec<u8>>,
}

/// All sample organizations at `now`: ids, names and numbers are always the same, times follow `now`.
pub fn organizations(now: OffsetDateTime) -> Vec<SampleOrganization> {
    (0u16..)
        .zip(table::ORGANIZATIONS)
        .map(|(index, entry)| {
            let mut dice = Dice::new(u64::from(index));
            let created_at =
                cut_to_milliseconds(now - Duration::milliseconds(dice.between(40_000_000, THREE_YEARS)));
            let is_active = index % 11 != 6;
            let documents = documents::documents(entry.trade, index, created_at, now, &mut dice);
            SampleOrganization {
                id: OrganizationId::from(object_id(index, 0)),
                name: OrganizationName::from_stored(entry.name.to_owned()),
                display_name: entry.display_name.map(|name| DisplayName::from_stored(name.to_owned())),
                admin_email: EmailAddress::from_stored(entry.admin_email.to_owned()),
                is_active,
                created_at,
                documents,
            }
        })
        .collect()
}

/// Milliseconds.
const THREE_YEARS: i64 = 3 * 365 * 86_400_000;

/// The id of an organization (`number` 0) or of one of its documents.
fn object_id(index: u16, number: u32) -> ObjectId {
    let ([i1, i2], [_, n1, n2, n3]) = (index.to_be_bytes(), number.to_be_bytes());
    // The first four bytes are a time, like in every ObjectId: 2023-01-01.
    ObjectId::from_bytes([0x63, 0xB0, 0xCD, 0x00, b's', b'm', b'p', i1, i2, n1, n2, n3])
}

/// Numbers that look random and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `low` up to, not including, `high`; `low` if the range is empty.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low).unwrap_or(0).max(1);
        low + i64::try_from(self.roll() % span).unwrap_or(0)
    }

    fn one_of<'list, T: ?Sized>(&mut self, list: &[&'list T]) -> &'list T {
        let index = usize::try_from(self.roll() % list.len().max(1) as u64).unwrap_or(0);
        list[index]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use secrecy::SecretString;
    use time::macros::datetime;

    use super::*;
    use crate::values::Password;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    #[test]
    fn about_sixty_organizations_keep_the_rules() {
        let samples = organizations(NOW);
        assert!((55..=65).contains(&samples.len()), "{}", samples.len());
        for sample in &samples {
            assert_eq!(OrganizationName::parse(sample.name.as_str()).as_ref(), Ok(&sample.name));
            assert_eq!(EmailAddress::parse(sample.admin_email.as_str()).as_ref(), Ok(&sample.admin_email));
            assert!(sample.admin_email.as_str().ends_with(".example"), "{}", sample.admin_email);
            if let Some(name) = &sample.display_name {
                assert_eq!(DisplayName::parse(name.as_str()), Ok(Some(name.clone())));
            }
            assert!(sample.created_at < NOW && sample.created_at >= NOW - Duration::days(3 * 365));
            assert!(sample.documents.len() <= 400, "{}", sample.documents.len());
        }
        assert!(Password::parse(&SecretString::from(SAMPLE_PASSWORD)).is_ok());
    }

    #[test]
    fn names_addresses_and_ids_are_unique() {
        let samples = organizations(NOW);
        let names: HashSet<_> = samples.iter().map(|sample| &sample.name).collect();
        let addresses: HashSet<_> = samples.iter().map(|sample| sample.admin_email.matching_key()).collect();
        let ids: HashSet<_> = samples.iter().map(|sample| sample.id).collect();
        assert_eq!((names.len(), addresses.len(), ids.len()), (samples.len(), samples.len(), samples.len()));
    }

    #[test]
    fn there_is_something_of_everything_to_look_at() {
        let samples = organizations(NOW);
        assert!(samples.iter().filter(|sample| !sample.is_active).count() >= 3);
        assert!(samples.iter().any(|sample| sample.documents.is_empty()));
        assert!(samples.iter().any(|sample| sample.documents.len() > 300));
        assert!(samples.iter().any(|sample| sample.display_name.is_none()));
        let not_latin = |sample: &&SampleOrganization| {
            sample.display_name.as_ref().is_some_and(|name| name.as_str().chars().any(|c| c > '\u{036F}'))
        };
        assert!(samples.iter().filter(not_latin).count() >= 4);
    }

    #[test]
    fn loading_again_later_brings_the_same_ids() {
        let (first, again) = (organizations(NOW), organizations(NOW + Duration::days(100)));
        for (one, other) in first.iter().zip(&again) {
            assert_eq!(
                (one.id, &one.name, one.documents.len()),
                (other.id, &other.name, other.documents.len())
            );
        }
        assert_eq!(first, organizations(NOW));
    }

    #[test]
    fn documents_are_bson_with_their_own_id_and_believable_times() {
        for sample in organizations(NOW) {
            let mut ids = HashSet::new();
            for bytes in &sample.documents {
                let document = bson::Document::from_reader(bytes.as_slice()).expect("BSON");
                assert!(
                    ids.insert(document.get_object_id("_id").expect("an ObjectId")),
                    "an id stands twice"
                );
                let moment = |name| {
                    let milliseconds = document.get_datetime(name).expect("a date").timestamp_millis();
                    OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(milliseconds)
                };
                let (created, updated) = (moment("created_at"), moment("updated_at"));
                assert!(sample.created_at <= created && created <= updated && updated <= NOW, "{document}");
            }
        }
    }
}
