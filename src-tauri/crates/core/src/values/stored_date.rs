use time::OffsetDateTime;

/// A stored date: milliseconds since 1970 in UTC, or unknown.
///
/// BSON has dates of 292 million years in both directions, more than a calendar or spreadsheet holds. They are kept as
/// they are: no date is invented for a missing one or one out of range.
///
/// An unknown date comes before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoredDate(Option<i64>);

impl StoredDate {
    /// A missing date, or a value that is not a date.
    pub const UNKNOWN: Self = Self(None);

    /// The date of this many milliseconds since 1970.
    pub const fn from_milliseconds(milliseconds: i64) -> Self {
        Self(Some(milliseconds))
    }

    /// Milliseconds since 1970; `None` if unknown.
    pub const fn milliseconds(self) -> Option<i64> {
        self.0
    }

    /// ISO 8601 in UTC with milliseconds: `2026-03-05T09:30:00.000Z`. A year beyond four digits is written as
    /// ECMAScript does, with its sign and at least six digits: `+275760-09-13T00:00:00.000Z`.
    pub fn iso_8601(self) -> Option<String> {
        const MILLISECONDS_A_DAY: i64 = 86_400_000;
        let milliseconds = self.0?;
        let (year, month, day) = civil(milliseconds.div_euclid(MILLISECONDS_A_DAY));
        let rest = milliseconds.rem_euclid(MILLISECONDS_A_DAY);
        let (seconds, milliseconds) = (rest / 1_000, rest % 1_000);
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        // Digit by digit: a formatter takes several times as long, twice for each row of a file.
        let mut text = String::with_capacity(24);
        if (0..=9_999).contains(&year) {
            put_digits(&mut text, year, 1_000);
        } else {
            text.push_str(&format!("{year:+07}"));
        }
        for (separator, number) in [('-', month), ('-', day), ('T', hour), (':', minute), (':', second)] {
            text.push(separator);
            put_digits(&mut text, number, 10);
        }
        text.push('.');
        put_digits(&mut text, milliseconds, 100);
        text.push('Z');
        Some(text)
    }
}

/// Adds a number's decimal digits, from this place on.
fn put_digits(text: &mut String, number: i64, mut place: i64) {
    while place > 0 {
        let digit = u8::try_from(number / place % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
        place /= 10;
    }
}

impl From<OffsetDateTime> for StoredDate {
    /// Cut to the millisecond.
    fn from(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok())
    }
}

/// Year, month and day of any day since 1970: the days of 400 years repeat, and in years that begin with March the leap
/// day comes last (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). `time` ends at 9999.
fn civil(day: i64) -> (i64, i64, i64) {
    const DAYS_FROM_MARCH_0000: i64 = 719_468;
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let day = day + DAYS_FROM_MARCH_0000;
    let (era, day) = (day.div_euclid(DAYS_IN_400_YEARS), day.rem_euclid(DAYS_IN_400_YEARS));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn text(milliseconds: i64) -> String {
        StoredDate::from_milliseconds(milliseconds).iso_8601().expect("it is known")
    }

    #[test]
    fn a_date_that_is_not_known_is_no_date() {
        assert_eq!(StoredDate::UNKNOWN.milliseconds(), None);
        assert_eq!(StoredDate::UNKNOWN.iso_8601(), None, "and not 1970");
        assert!(StoredDate::UNKNOWN < StoredDate::from_milliseconds(i64::MIN), "it stands at one end");
    }

    #[test]
    fn a_moment_keeps_its_millisecond_before_1970_too() {
        assert_eq!(StoredDate::from(datetime!(1969-12-31 23:59:59.999 UTC)).milliseconds(), Some(-1));
        let moment = datetime!(2026-03-05 09:30:00.250999 +1:00);
        assert_eq!(StoredDate::from(moment).iso_8601().as_deref(), Some("2026-03-05T08:30:00.250Z"));
    }

    #[test]
    fn every_date_that_bson_can_hold_has_a_text_of_its_own() {
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
        // As `new Date(...).toISOString()` writes them.
        assert_eq!(text(253_402_300_800_000), "+010000-01-01T00:00:00.000Z");
        assert_eq!(text(8_640_000_000_000_000), "+275760-09-13T00:00:00.000Z");
        assert_eq!(text(-8_640_000_000_000_000), "-271821-04-20T00:00:00.000Z");
        assert_eq!(text(-62_167_219_200_001), "-000001-12-31T23:59:59.999Z");
        assert_eq!(text(i64::MAX), "+292278994-08-17T07:12:55.807Z");
        assert_eq!(text(i64::MIN), "-292275055-05-16T16:47:04.192Z");
    }

    #[test]
    fn within_the_calendar_the_text_is_the_calendars() {
        use time::format_description::well_known::Iso8601;
        let (first, last) = (datetime!(0000-01-01 0:00 UTC), datetime!(9999-12-31 23:59 UTC));
        // Every 37 days and a bit, over all years that `time` has.
        for seconds in (first.unix_timestamp()..last.unix_timestamp()).step_by(37 * 86_400 + 12_345) {
            let parsed = OffsetDateTime::parse(&text(seconds * 1_000), &Iso8601::PARSING);
            assert_eq!(parsed.ok(), OffsetDateTime::from_unix_timestamp(seconds).ok(), "{seconds}");
        }
    }
}
