//! Replaces values by others of their type.

use std::str::FromStr;

use bson::oid::ObjectId;
use bson::{Bson, DateTime, Decimal128};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;

use super::looks::addresses_in;

const VOWELS: &[u8] = b"aeiou";
const CONSONANTS: &[u8] = b"bcdfghjklmnpqrstvwxyz";
const DIGITS: &[u8] = b"0123456789";
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Dates move by at most so many days.
const DAYS_MAX: i64 = 180;
/// As many rounds as make a Feistel network of pseudorandom functions a permutation that nobody tells from a random
/// one.
const ROUNDS: u8 = 6;

/// The random key of one copy. Knowing a value and its mask tells nothing about any other.
pub(super) struct Key(Hmac<Sha256>);

impl From<[u8; 32]> for Key {
    fn from(bytes: [u8; 32]) -> Self {
        // An HMAC takes a key of any length.
        Self(Hmac::new_from_slice(&bytes).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }
}

/// A letter or digit of a text: the signs that can take its place, and whether it is a capital.
struct Sign {
    alphabet: &'static [u8],
    is_capital: bool,
    /// Its place among them.
    place: usize,
}

impl Sign {
    /// `None` for what stays: separators and signs.
    fn of(letter: char) -> Option<Self> {
        let is_capital = letter.is_uppercase();
        let small = letter.to_ascii_lowercase();
        let found = [VOWELS, CONSONANTS, DIGITS].into_iter().find_map(|alphabet| {
            let place = alphabet.iter().position(|sign| char::from(*sign) == small)?;
            Some(Self { alphabet, is_capital, place })
        });
        let foreign = || {
            let alphabet = if letter.is_alphabetic() {
                CONSONANTS
            } else if letter.is_numeric() {
                DIGITS
            } else {
                return None;
            };
            Some(Self { alphabet, is_capital, place: letter as usize % alphabet.len() })
        };
        found.or_else(foreign)
    }

    fn letter(&self, place: usize) -> char {
        let letter = self.alphabet.get(place).copied().map_or('x', char::from);
        if self.is_capital { letter.to_ascii_uppercase() } else { letter }
    }
}

impl Key {
    pub(super) fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self::from(bytes)
    }

    /// A value of the same type. Truth values and what has no content stay.
    pub(super) fn value(&self, value: &Bson) -> Bson {
        match value {
            Bson::String(text) => Bson::String(self.text(text)),
            Bson::Symbol(text) => Bson::Symbol(self.text(text)),
            Bson::JavaScriptCode(code) => Bson::JavaScriptCode(self.text(code)),
            Bson::Int32(number) => {
                let limit = u64::from(i32::MAX.unsigned_abs());
                let masked = self.digits(u64::from(number.unsigned_abs()), limit);
                let masked = i32::try_from(masked).unwrap_or(i32::MAX);
                Bson::Int32(if *number < 0 { -masked } else { masked })
            }
            Bson::Int64(number) => {
                let masked = self.digits(number.unsigned_abs(), i64::MAX.unsigned_abs());
                let masked = i64::try_from(masked).unwrap_or(i64::MAX);
                Bson::Int64(if *number < 0 { -masked } else { masked })
            }
            Bson::Double(number) => Bson::Double(self.double(*number)),
            Bson::Decimal128(number) => Bson::Decimal128(self.decimal(*number)),
            Bson::DateTime(date) => Bson::DateTime(self.date(*date)),
            Bson::ObjectId(id) => {
                let mut bytes = id.bytes();
                self.fill(b"id", &id.bytes(), &mut bytes);
                Bson::ObjectId(ObjectId::from_bytes(bytes))
            }
            Bson::Binary(binary) => {
                let mut masked = binary.clone();
                self.fill(b"bytes", &binary.bytes, &mut masked.bytes);
                Bson::Binary(masked)
            }
            other => other.clone(),
        }
    }

    /// Text of the same shape. Email addresses in it become email addresses.
    pub(super) fn text(&self, text: &str) -> String {
        self.addresses_of(text, |other| self.shape(other))
    }

    /// The text with its email addresses replaced, and `others` of what stands between them.
    pub(super) fn addresses_of(&self, text: &str, others: impl Fn(&str) -> String) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut from = 0;
        for range in addresses_in(text) {
            masked.push_str(&others(&text[from..range.start]));
            masked.push_str(&self.address(&text[range.clone()]));
            from = range.end;
        }
        masked.push_str(&others(&text[from..]));
        masked
    }

    /// Addresses that differ only in case are one, and those of one domain stay together.
    fn address(&self, address: &str) -> String {
        let address = address.to_lowercase();
        let domain = address.split_once('@').map_or("", |(_, domain)| domain);
        let (local, company) = (self.word(b"local", &address, 10), self.word(b"domain", domain, 8));
        format!("{local}@{company}.example")
    }

    /// A word that can be spoken, so long that no two texts get the same one.
    fn word(&self, purpose: &[u8], text: &str, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.fill(purpose, text.as_bytes(), &mut bytes);
        let alphabets = [CONSONANTS, VOWELS].into_iter().cycle();
        let letters = bytes.iter().zip(alphabets);
        letters.map(|(byte, alphabet)| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect()
    }

    /// Letters become letters and digits digits, vowels and capitals where they were.
    ///
    /// Texts of one shape are permuted among themselves, so no two of them become one. Where there are more of them
    /// than a number can count, two that become one are not to be expected.
    fn shape(&self, text: &str) -> String {
        let signs: Vec<_> = text.chars().map(|letter| (letter, Sign::of(letter))).collect();
        let mut size = Some(1_u128);
        let mut number = 0_u128;
        for sign in signs.iter().filter_map(|(_, sign)| sign.as_ref()) {
            let base = sign.alphabet.len() as u128;
            // Half of the numbers stay free, so that both halves of the network have a whole number of bits.
            size = size.and_then(|size| size.checked_mul(base)).filter(|size| *size < 1 << 126);
            number = number.wrapping_mul(base).wrapping_add(sign.place as u128);
        }
        let places = match size {
            Some(size) => self.permuted_places(&signs, number, size),
            None => {
                let mut bytes = vec![0; 2 * text.len()];
                self.fill(b"text", text.as_bytes(), &mut bytes);
                bytes
                    .chunks(2)
                    .map(|two| two.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)))
                    .collect()
            }
        };
        let mut places = places.into_iter();
        let masked = signs.into_iter().map(|(letter, sign)| match sign {
            Some(sign) => sign.letter(places.next().unwrap_or(0) % sign.alphabet.len()),
            None => letter,
        });
        masked.collect()
    }

    fn permuted_places(&self, signs: &[(char, Option<Sign>)], number: u128, size: u128) -> Vec<usize> {
        let tweak: String = signs
            .iter()
            .map(|(letter, sign)| match sign {
                // Foreign letters have no place of their own: they make it another shape.
                Some(_) if !letter.is_ascii() => *letter,
                Some(sign) => sign.letter(0),
                None => *letter,
            })
            .collect();
        let mut number = self.permuted(tweak.as_bytes(), number, size);
        let mut places: Vec<usize> = signs
            .iter()
            .rev()
            .filter_map(|(_, sign)| sign.as_ref())
            .map(|sign| {
                let base = sign.alphabet.len() as u128;
                let place = number % base;
                number /= base;
                place as usize
            })
            .collect();
        places.reverse();
        places
    }

    /// Another number with as many digits, at most `limit`.
    fn digits(&self, number: u64, limit: u64) -> u64 {
        let first = if number < 10 { 0 } else { 10_u64.pow(number.ilog10()) };
        let last = if number < 10 { 9 } else { first.saturating_mul(10).saturating_sub(1).min(limit) };
        let size = u128::from(last - first) + 1;
        // The smallest whole number of all has no positive one of its size.
        let place = u128::from(number.min(last) - first);
        first + self.permuted(b"number", place, size) as u64
    }

    /// As many digits and the same magnitude.
    fn double(&self, number: f64) -> f64 {
        if !number.is_finite() || number == 0.0 {
            return number;
        }
        let whole = number.abs();
        if whole.fract() == 0.0 && whole < 9e15 {
            return (self.digits(whole as u64, u64::MAX) as f64).copysign(number);
        }
        let text = format!("{whole:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let masked = format!("{}e{exponent}", self.number_text(digits)).parse::<f64>();
        // A larger first digit can be too much for the greatest exponent.
        masked.ok().filter(|masked| masked.is_finite()).unwrap_or(whole / 2.0).copysign(number)
    }

    fn decimal(&self, number: Decimal128) -> Decimal128 {
        let text = number.to_string();
        let (digits, exponent) = match text.find('E') {
            Some(at) => text.split_at(at),
            None => (text.as_str(), ""),
        };
        let masked = format!("{}{exponent}", self.number_text(digits));
        if digits.contains(|letter: char| letter.is_ascii_alphabetic()) {
            return number;
        }
        Decimal128::from_str(&masked).unwrap_or(number)
    }

    /// The digits of a number, the first one not zero unless it was.
    fn number_text(&self, digits: &str) -> String {
        let masked = self.shape(digits);
        let started = digits.find(|digit: char| digit.is_ascii_digit());
        match started {
            Some(at) if !digits[at..].starts_with('0') && masked[at..].starts_with('0') => {
                format!("{}1{}", &masked[..at], &masked[at + 1..])
            }
            _ => masked,
        }
    }

    /// All dates of a copy move alike: what came before something still does, and as long before it.
    fn date(&self, date: DateTime) -> DateTime {
        let mut bytes = [0; 8];
        self.fill(b"days", &[], &mut bytes);
        let days = i64::from_be_bytes(bytes).rem_euclid(2 * DAYS_MAX) - DAYS_MAX;
        // Never by nothing.
        let days = if days >= 0 { days + 1 } else { days };
        DateTime::from_millis(date.timestamp_millis().saturating_add(days * DAY))
    }

    /// The place of a number in a permutation of the numbers below `size`: a Feistel network over twice as many bits as
    /// half of them need, walked on until it comes back below `size`.
    fn permuted(&self, tweak: &[u8], number: u128, size: u128) -> u128 {
        if size < 2 {
            return number;
        }
        let half = (128 - (size - 1).leading_zeros()).div_ceil(2);
        let mask = (1_u128 << half) - 1;
        let mut number = number;
        loop {
            let (mut left, mut right) = (number >> half, number & mask);
            for round in 0..ROUNDS {
                let mut mac = self.0.clone();
                mac.update(b"round");
                mac.update(&[round]);
                mac.update(&size.to_be_bytes());
                mac.update(&right.to_be_bytes());
                mac.update(tweak);
                let digest = mac.finalize().into_bytes();
                let mixed = digest.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
                (left, right) = (right, left ^ (mixed & mask));
            }
            number = (left << half) | right;
            if number < size {
                return number;
            }
        }
    }

    /// Bytes that depend on the purpose and the text only.
    fn fill(&self, purpose: &[u8], text: &[u8], bytes: &mut [u8]) {
        for (block, part) in bytes.chunks_mut(32).enumerate() {
            let mut mac = self.0.clone();
            mac.update(purpose);
            mac.update(&[0]);
            mac.update(&(block as u64).to_be_bytes());
            mac.update(text);
            part.copy_from_slice(&mac.finalize().into_bytes()[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bson::doc;

    use super::*;

    fn key() -> Key {
        Key::from([3; 32])
    }

    #[test]
    fn text_keeps_its_shape() {
        let masked = key().text("Dana O'Brien-42, Łódź");
        let shape = |text: &str| -> String {
            let shape = text.chars().map(|letter| match letter {
                letter if letter.is_uppercase() => 'A',
                letter if letter.is_alphabetic() => 'a',
                letter if letter.is_numeric() => '0',
                letter => letter,
            });
            shape.collect()
        };
        assert_eq!(shape(&masked), shape("Dana O'Brien-42, Łódź"), "{masked}");
        let long = "long ".repeat(40);
        assert_eq!(shape(&key().text(&long)), shape(&long));
        assert_ne!(key().text(&long), long);
        assert_eq!(key().text(""), "");
        assert_eq!(key().text("--"), "--");
    }

    #[test]
    fn no_two_values_become_one() {
        for (count, text) in [(100, "a00"), (1000, "Z-000")] {
            let digits = text.len() - text.trim_end_matches('0').len();
            let start = text.trim_end_matches('0');
            let all = (0..count).map(|number| key().text(&format!("{start}{number:0digits$}")));
            assert_eq!(all.collect::<HashSet<_>>().len(), count, "a unique index would refuse the copy");
        }
        let numbers: HashSet<_> = (10..100).map(|number| key().digits(number, 1 << 20)).collect();
        assert_eq!(numbers.len(), 90);
        assert!(numbers.iter().all(|number| (10..100).contains(number)), "as many digits");
    }

    #[test]
    fn every_type_keeps_its_type_and_range() {
        let values = doc! {
            "a": i32::MAX, "b": i32::MIN, "c": i64::MIN, "d": i64::MAX, "e": 0, "f": 1.5e-300, "g": f64::MAX,
            "h": f64::NAN, "i": -12.25, "j": DateTime::MAX, "k": ObjectId::new(), "l": Bson::Null, "m": true,
            "n": Decimal128::from_str("12.50").unwrap(), "o": Decimal128::from_str("-1E+100").unwrap(),
            "p": Decimal128::from_str("NaN").unwrap(), "q": 4_503_599_627_370_496.0,
        };
        for (name, value) in &values {
            let masked = key().value(value);
            assert_eq!(masked.element_type(), value.element_type(), "{name}");
            if let (Bson::Double(before), Bson::Double(after)) = (value, &masked) {
                assert_eq!(before.is_finite(), after.is_finite(), "{name} became {after}");
                assert_eq!(before.is_sign_negative(), after.is_sign_negative(), "{name}");
            }
        }
        assert_eq!(key().value(&Bson::Int32(77)), key().value(&Bson::Int32(77)));
        assert_eq!(key().value(&Bson::Int32(77)).as_i32().unwrap().to_string().len(), 2);
    }

    #[test]
    fn dates_of_a_copy_move_alike() {
        let at = |millis| key().date(DateTime::from_millis(millis)).timestamp_millis();
        assert_ne!(at(0), 0);
        assert_eq!(at(5 * DAY) - at(0), 5 * DAY, "a stay became longer or shorter");
        assert_eq!((at(0) % DAY), 0, "times of the day stay");
    }

    #[test]
    fn addresses_that_differ_in_case_are_one() {
        assert_eq!(key().text("Dana@Acme.com"), key().text("dana@acme.COM"));
        assert_ne!(key().text("dana@acme.com"), key().text("lana@acme.com"));
    }
}
