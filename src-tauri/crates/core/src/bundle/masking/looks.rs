//! What a field's name or value looks like.

use std::ops::Range;

use bson::Bson;
use serde::Serialize;

/// Why a field is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Looks {
    /// An email address.
    EmailAddress,
    /// A person's name.
    Name,
    /// A phone number.
    Phone,
    /// A postal address.
    PostalAddress,
    /// A day of birth, or a number that identifies a person.
    Identity,
    /// A password, its hash, a token.
    Secret,
    /// Somebody chose it.
    Chosen,
}

const EMAIL: &[&str] = &["email", "emails", "mail", "mails"];
const PHONE: &[&str] =
    &["phone", "phones", "tel", "telephone", "mobile", "cell", "fax", "msisdn", "whatsapp"];
const PLACE: &[&str] = &[
    "address",
    "addresses",
    "street",
    "city",
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "latitude",
    "longitude",
];
const IDENTITY: &[&str] =
    &["birth", "birthday", "birthdate", "dob", "born", "ssn", "iban", "passport", "taxid", "vat"];
const SECRET: &[&str] =
    &["password", "passwd", "pwd", "passphrase", "hash", "secret", "token", "salt", "apikey", "pin"];
const NAME: &[&str] = &[
    "name",
    "names",
    "firstname",
    "lastname",
    "fullname",
    "middlename",
    "surname",
    "forename",
    "nickname",
    "username",
    "displayname",
    "realname",
    "givenname",
    "familyname",
    "customer",
    "patient",
    "contact",
    "person",
    "author",
    "recipient",
    "employee",
];
/// What comes before `name` where it is that of a thing.
const THINGS: &[&str] = &[
    "file",
    "host",
    "domain",
    "path",
    "table",
    "collection",
    "field",
    "column",
    "class",
    "index",
    "event",
    "product",
    "item",
    "plan",
    "role",
    "currency",
    "country",
    "type",
    "category",
    "color",
    "service",
    "organization",
];

/// What the name of a field says about it. A number is masked only where numbers identify a person, and a date only as
/// a day of birth: everything else called so is an amount or a count.
pub(super) fn by_name(name: &str, value: &Bson) -> Option<Looks> {
    let words = words(name);
    let last = words.last()?.as_str();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_number = matches!(value, Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_));
    let is_date = matches!(value, Bson::DateTime(_));
    let looks = if has(EMAIL) {
        Looks::EmailAddress
    } else if has(SECRET) {
        Looks::Secret
    } else if has(IDENTITY) {
        Looks::Identity
    } else if has(PHONE) {
        Looks::Phone
    } else if has(PLACE) {
        Looks::PostalAddress
    } else if NAME.contains(&last) && !has(THINGS) {
        Looks::Name
    } else {
        return None;
    };
    match looks {
        Looks::Identity => Some(looks),
        Looks::Phone | Looks::PostalAddress => (!is_date).then_some(looks),
        Looks::EmailAddress | Looks::Name | Looks::Secret | Looks::Chosen => {
            (!is_date && !is_number).then_some(looks)
        }
    }
}

/// The words of a field's name in small letters, without numbers: `homePhone2` has `home` and `phone`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut starts = true;
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() {
            (starts, was_small) = (true, false);
            continue;
        }
        let begins = starts || (was_small && letter.is_uppercase());
        match words.last_mut().filter(|_| !begins) {
            Some(word) => word.extend(letter.to_lowercase()),
            None => words.push(letter.to_lowercase().collect()),
        }
        (starts, was_small) = (false, !letter.is_uppercase());
    }
    words
}

/// What a text is as a whole; email addresses within other text are found by [`addresses_in`].
pub(super) fn by_value(text: &str) -> Option<Looks> {
    if matches!(addresses_in(text).as_slice(), [whole] if *whole == (0..text.len())) {
        return Some(Looks::EmailAddress);
    }
    let hashes = ["$2a$", "$2b$", "$2y$", "$argon2", "$scrypt$", "$pbkdf2", "{SSHA}", "{SHA}"];
    if hashes.iter().any(|start| text.starts_with(start)) {
        return Some(Looks::Secret);
    }
    is_phone(text).then_some(Looks::Phone)
}

/// Begins as phone numbers do: dates, amounts and addresses of computers have only digits and dots as well.
fn is_phone(text: &str) -> bool {
    let is_set_apart = text.contains([' ', '-', '/', '(']);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_abroad = text.starts_with("00") && digits > 8;
    let begins = text.starts_with(['+', '(']) || is_abroad || (text.starts_with('0') && is_set_apart);
    let mut others = text.chars().filter(|letter| !letter.is_ascii_digit());
    begins && (7..=15).contains(&digits) && others.all(|letter| "+ -/().".contains(letter))
}

/// Where email addresses stand in a text.
pub(super) fn addresses_in(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find('@')).map(|at| from + at) {
        let (before, after) = (&text[from..at], &text[at + 1..]);
        let start = before.char_indices().rev().take_while(|(_, letter)| is_local(*letter)).last();
        let start = start.map_or(at, |(position, _)| from + position);
        let start = at - text[start..at].trim_start_matches('.').len();
        let end = after.find(|letter: char| !is_domain(letter)).unwrap_or(after.len());
        let domain = after[..end].trim_end_matches(['.', '-']);
        let is_address = start < at
            && domain.split('.').count() > 1
            && domain.split('.').all(|label| !label.is_empty())
            && domain.rsplit('.').next().is_some_and(|last| last.chars().all(char::is_alphabetic));
        from = at + 1;
        if is_address {
            from += domain.len();
            found.push(start..from);
        }
    }
    found
}

fn is_local(letter: char) -> bool {
    letter.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(letter)
}

fn is_domain(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '.' || letter == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_are_read_in_every_spelling() {
        let text = Bson::String("x".to_owned());
        for (name, looks) in [
            ("email", Looks::EmailAddress),
            ("workEmail", Looks::EmailAddress),
            ("E-Mail", Looks::EmailAddress),
            ("customer_name", Looks::Name),
            ("firstName", Looks::Name),
            ("homePhone2", Looks::Phone),
            ("name2", Looks::Name),
            ("shippingAddress", Looks::PostalAddress),
            ("password_hash", Looks::Secret),
            ("date_of_birth", Looks::Identity),
        ] {
            assert_eq!(by_name(name, &text), Some(looks), "{name}");
        }
        for name in ["file_name", "productName", "amount", "status", "created_at", "", "_id", "hostname"] {
            assert_eq!(by_name(name, &text), None, "{name}");
        }
    }

    #[test]
    fn numbers_and_dates_are_personal_only_where_they_identify() {
        let (number, date) = (Bson::Int64(4_930_123), Bson::DateTime(bson::DateTime::from_millis(1)));
        assert_eq!(by_name("phone", &number), Some(Looks::Phone));
        assert_eq!(by_name("birthday", &date), Some(Looks::Identity));
        assert_eq!(by_name("email", &date), None, "when it was sent");
        assert_eq!(by_name("tokens", &number), None);
        assert_eq!(by_name("token", &number), None, "a count");
    }

    #[test]
    fn values_are_recognized_whatever_their_field_is_called() {
        for (text, looks) in [
            ("dana@acme.com", Some(Looks::EmailAddress)),
            ("+49 30 1234567", Some(Looks::Phone)),
            ("030/1234567", Some(Looks::Phone)),
            ("(555) 123-4567", Some(Looks::Phone)),
            ("$2b$12$KIX", Some(Looks::Secret)),
            ("2026-11-28", None),
            ("192.168.10.12", None),
            ("0001234", None),
            ("12345678", None),
            ("dana@localhost", None),
            ("@handle.com", None),
            ("", None),
        ] {
            assert_eq!(by_value(text), looks, "{text}");
        }
    }

    #[test]
    fn addresses_are_found_within_other_text() {
        let text = "From: Dana <dana.w@acme.co.uk>, cc li@ö.example. Not a@b, @c.de or d@.e";
        let found: Vec<_> = addresses_in(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["dana.w@acme.co.uk", "li@ö.example"]);
        assert!(addresses_in("é@").is_empty() && addresses_in("@@@").is_empty());
    }
}
