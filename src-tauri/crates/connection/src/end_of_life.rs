//! When a server stops getting updates.

use tenantry_core::records::EndOfLife;
use time::macros::date;
use time::{Date, OffsetDateTime, UtcOffset};

/// The last day of each series of MongoDB, from "MongoDB Software Lifecycle Schedules"
/// (<https://www.mongodb.com/legal/support-policy/lifecycles>, read in November 2026). Series before 4.2 are left out,
/// because the driver does not support them; 8.3, because no day is announced.
const MONGODB: [(&str, Date); 17] = [
    ("4.2", date!(2023 - 04 - 30)),
    ("4.4", date!(2024 - 02 - 29)),
    ("5.0", date!(2024 - 10 - 31)),
    ("5.1", date!(2022 - 01 - 18)),
    ("5.2", date!(2022 - 03 - 23)),
    ("5.3", date!(2022 - 07 - 19)),
    ("6.0", date!(2025 - 07 - 31)),
    ("6.1", date!(2023 - 02 - 09)),
    ("6.2", date!(2023 - 04 - 24)),
    ("6.3", date!(2023 - 08 - 31)),
    ("7.0", date!(2027 - 08 - 31)),
    ("7.1", date!(2024 - 01 - 23)),
    ("7.2", date!(2024 - 03 - 27)),
    ("7.3", date!(2024 - 10 - 02)),
    ("8.0", date!(2029 - 10 - 31)),
    ("8.1", date!(2025 - 09 - 30)),
    ("8.2", date!(2026 - 07 - 31)),
];

/// The end of a server's series, by product and version. `None` for every product other than MongoDB, whatever version
/// it claims, and for an unknown series.
pub fn end_of_life(product: &str, version: &str, now: OffsetDateTime) -> Option<EndOfLife> {
    if product != "MongoDB" {
        return None;
    }
    let mut parts = version.split('.');
    let series = format!("{}.{}", parts.next()?, parts.next()?);
    let (_, date) = MONGODB.iter().find(|(known, _)| *known == series)?;
    Some(EndOfLife {
        series,
        date: date.midnight().assume_utc(),
        ended: now.to_offset(UtcOffset::UTC).date() > *date,
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_series_ends_after_its_last_day() {
        let at = |now| end_of_life("MongoDB", "7.0.31", now).map(|end| (end.series, end.ended));
        assert_eq!(at(datetime!(2027-08-31 23:59 UTC)), Some(("7.0".to_owned(), false)));
        assert_eq!(at(datetime!(2027-09-01 00:00 UTC)), Some(("7.0".to_owned(), true)));
        assert_eq!(
            at(datetime!(2027-09-01 00:30 +02:00)),
            Some(("7.0".to_owned(), false)),
            "days are of UTC"
        );
    }

    #[test]
    fn nothing_is_said_of_other_products_and_unknown_series() {
        let now = datetime!(2026-11-23 12:00 UTC);
        assert_eq!(end_of_life("SecantusDB", "4.2.0", now), None);
        for version in ["8.3.1", "9.0.0", "4", "", "unknown"] {
            assert_eq!(end_of_life("MongoDB", version, now), None, "{version}");
        }
    }
}
