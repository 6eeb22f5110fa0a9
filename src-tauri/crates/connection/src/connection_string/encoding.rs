//! Percent-encoding, by the driver's rules.
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::SECRET_MASK;

/// For a user name, a password or a database.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// For an option's value: characters without a second meaning stay readable.
const OPTION: &AsciiSet =
    &STRICT.remove(b'/').remove(b':').remove(b',').remove(b'$').remove(b'*').remove(b'(').remove(b')');
/// For an option's name, which the driver does not decode: only so that it stays one name.
const NAME: &AsciiSet = &CONTROLS.add(b' ').add(b'&').add(b'=').add(b'#').add(b'?');
/// For a host.
const HOST: &AsciiSet =
    &CONTROLS.add(b' ').add(b'/').add(b'?').add(b'#').add(b'@').add(b',').add(b'%').add(b'"').add(b'\\');

/// Whether every percent sign stands before two hexadecimal digits.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        matches!((digits.next(), digits.next()), (Some(a), Some(b)) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
    })
}

/// Whether a character is invisible: pages and chats put such ones between words.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    ) || character.is_control()
}

/// The decoded text; bytes that are not UTF-8 become U+FFFD, as in the driver.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// As [`decoded`]; `None` if the driver refuses it because it is not UTF-8.
pub(super) fn decoded_whole(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The strictest form, in which a text can stand anywhere in a connection string.
pub(crate) fn strictly(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// A mask in the value stays a mask.
pub(super) fn for_option(value: &str) -> String {
    utf8_percent_encode(value, OPTION).to_string().replace(&strictly(SECRET_MASK), SECRET_MASK)
}

pub(super) fn for_option_name(name: &str) -> String {
    utf8_percent_encode(name.trim(), NAME).to_string()
}

/// A host as typed, with the path of a socket encoded as the grammar requires.
pub(super) fn for_host(host: &str) -> String {
    let host = host.trim();
    let set = if is_socket(host) { STRICT } else { HOST };
    utf8_percent_encode(host, set).to_string()
}

/// Whether a host is the path of a socket, by the driver's rule.
pub(super) fn is_socket(host: &str) -> bool {
    host.ends_with(".sock")
}
