//! Finds a connection string inside something else: in quotes, in a line of settings, in a shell command.

use std::ops::Range;

use crate::SECRET_MASK;

use super::encoding::{for_option, strictly};
use super::parts::{Parts, SCHEMES};
use super::secrets::{is_placeholder, is_secret_option};

/// Flags of MongoDB's shells and tools that correspond to an option.
const FLAGS: [(&str, &str); 8] = [
    ("authenticationdatabase", "authSource"),
    ("authenticationmechanism", "authMechanism"),
    ("sslcafile", "tlsCAFile"),
    ("tlscafile", "tlsCAFile"),
    ("sslpemkeyfile", "tlsCertificateKeyFile"),
    ("tlscertificatekeyfile", "tlsCertificateKeyFile"),
    ("sslpemkeypassword", "tlsCertificateKeyFilePassword"),
    ("tlscertificatekeyfilepassword", "tlsCertificateKeyFilePassword"),
];
/// Flags without a value.
const SWITCHES: [(&str, &str); 4] = [
    ("ssl", "tls"),
    ("tls", "tls"),
    ("sslallowinvalidcertificates", "tlsAllowInvalidCertificates"),
    ("tlsallowinvalidcertificates", "tlsAllowInvalidCertificates"),
];

/// The connection string in a longer text, completed from the flags of a command; `None` if the text is only a
/// connection string, or has none.
pub(super) fn inside(text: &str) -> Option<String> {
    inside_of(text, QUOTATIONS_MAX)
}

/// Nested quotations: a command in a settings file has two.
const QUOTATIONS_MAX: usize = 3;

fn inside_of(text: &str, quotations: usize) -> Option<String> {
    let (string, words) = if start_of_string(text) == Some(0) {
        let (string, flags) = text.split_at(start_of_flags(text)?);
        let string = string.trim_end_matches(|last: char| last.is_whitespace() || last == '\\');
        (string.to_owned(), words(pieces(flags)))
    } else {
        let mut pieces = pieces(text);
        let (at, start) = pieces.iter().enumerate().find_map(|(at, piece)| {
            let start = start_of_string(&piece.text)?;
            Some((at, start))
        })?;
        let piece = pieces.remove(at);
        if let Some(next) = pieces.get_mut(at) {
            next.joined = false;
        }
        let string = piece.text.get(start..)?;
        let deeper =
            if piece.quoted && quotations > 0 { inside_of(&piece.text, quotations - 1) } else { None };
        let string = match deeper {
            Some(deeper) => deeper,
            None if piece.quoted => string.to_owned(),
            None => string.trim_end_matches([',', ';', ')', ']', '}']).to_owned(),
        };
        (string, words(pieces))
    };
    let mut parts = Parts::of(&string)?;
    for (name, value) in flags(&words) {
        take_over(&mut parts, &name, value);
    }
    Some(parts.text())
}

/// Masks everything that flags and settings call a password, in texts without a connection string.
pub(super) fn hide(text: &str) -> String {
    let mut shown = text.to_owned();
    for range in secrets_in(text, QUOTATIONS_MAX).into_iter().rev() {
        shown.replace_range(range, SECRET_MASK);
    }
    shown
}

fn secrets_in(text: &str, quotations: usize) -> Vec<Range<usize>> {
    let mut hidden: Vec<Range<usize>> = Vec::new();
    // A password follows: the next word, or the rest of this one.
    let (mut next_word, mut rest_of_word) = (false, false);
    for piece in pieces(text) {
        let is_flag = !piece.quoted && piece.text.starts_with('-');
        if next_word && [":", "=", "=>", ":="].contains(&piece.text.as_str()) {
            continue;
        }
        if (rest_of_word && piece.joined) || (next_word && !is_flag) {
            hidden.push(piece.range);
            (next_word, rest_of_word) = (false, true);
            continue;
        }
        (next_word, rest_of_word) = (false, false);
        let typed = text.get(piece.range.clone()).unwrap_or_default();
        if piece.quoted && quotations > 0 && typed.contains(char::is_whitespace) {
            let mark = typed.chars().next().map_or(0, char::len_utf8);
            let start = piece.range.start + mark;
            let deeper = secrets_in(typed.get(mark..).unwrap_or_default(), quotations - 1);
            // If in doubt, the quotation continues.
            rest_of_word = !deeper.is_empty();
            hidden.extend(deeper.into_iter().map(|range| range.start + start..range.end + start));
            continue;
        }
        let calls_secret = |name: &str| {
            let bare = name.trim_matches(['-', '"', '\'']);
            is_secret_option(bare) || (is_flag && bare == "p")
        };
        let mut cuts = typed
            .match_indices(['=', ':'])
            .map(|(at, _)| (typed.get(..at).unwrap_or_default(), typed.get(at + 1..)));
        let (name, value) = cuts.find(|(name, _)| calls_secret(name)).unwrap_or((typed, None));
        let names_secret = calls_secret(name);
        match value {
            Some("") if names_secret => (next_word, rest_of_word) = (true, true),
            Some(value) if names_secret => {
                hidden.push(piece.range.end - value.len()..piece.range.end);
                rest_of_word = true;
            }
            None if names_secret => next_word = true,
            // `-pPASSWORD`
            _ if is_flag && typed.starts_with("-p") => {
                hidden.push(piece.range.start + 2..piece.range.end);
                rest_of_word = true;
            }
            _ => {}
        }
    }
    hidden
}

/// The start of a connection string: its scheme, unless that ends a longer word.
fn start_of_string(text: &str) -> Option<usize> {
    // Lowercase byte by byte, so that positions stay the same.
    let lower = text.to_ascii_lowercase();
    SCHEMES
        .into_iter()
        .flat_map(|scheme| lower.match_indices(scheme).map(|(at, _)| at))
        .filter(|at| !text.get(..*at).is_some_and(|before| before.ends_with(char::is_alphanumeric)))
        .min()
}

/// The start of the flags after a string that comes first. A space in a password does not end it.
fn start_of_flags(text: &str) -> Option<usize> {
    let (first_user, last_user) = (text.find('@'), text.rfind('@'));
    // Only the first of several spaces counts, or a text of spaces would be searched again for each of them.
    let ends = text.match_indices(char::is_whitespace).map(|(at, _)| text.split_at(at));
    let mut ends = ends.filter(|(string, _)| !string.ends_with(char::is_whitespace));
    ends.find_map(|(string, rest)| {
        let word = rest.split_whitespace().next()?.trim_start_matches('\\');
        let is_known = match word.strip_prefix("--") {
            Some(long) => {
                let name = long.split('=').next().unwrap_or_default().to_ascii_lowercase();
                let all = FLAGS.iter().chain(&SWITCHES).map(|(flag, _)| *flag);
                all.chain(["username", "password", "apiversion"]).any(|flag| flag == name)
            }
            None => matches!(word, "-u" | "-p"),
        };
        let end = string.len();
        let is_behind_user =
            first_user.is_some_and(|user| user < end) || last_user.is_none_or(|user| user < end);
        let is_flag = is_known || (word.starts_with("--") && is_behind_user);
        is_flag.then_some(end)
    })
}

/// A run of characters, with or without quotes around it.
struct Piece {
    text: String,
    quoted: bool,
    /// Whether no space stands before it.
    joined: bool,
    /// Its range in the whole text, including quotes.
    range: Range<usize>,
}

/// A word as a shell parses it.
struct Word {
    text: String,
    /// Whether it begins with a quotation mark: no flag does.
    quoted: bool,
}

/// Cuts a text at spaces and quotation marks, as shells do. A quotation mark in a word is an ordinary character, and so
/// is a backslash before a letter, which is part of a path on Windows.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut joined = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let start = text.len() - rest.len();
        // A backslash before a space continues the line.
        let goes_on = first == '\\' && rest.chars().nth(1).is_none_or(char::is_whitespace);
        if first.is_whitespace() || (goes_on && !joined) {
            joined = false;
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let opens = !joined || pieces.last().is_some_and(|last| last.quoted || last.text.ends_with(OPENING));
        let (inner, quoted, after) = match closing(first, rest).filter(|_| opens) {
            Some(close) => {
                let (inner, after) = quotation(rest.get(first.len_utf8()..).unwrap_or_default(), close);
                (inner, true, after)
            }
            None => {
                let (inner, after) = bare(rest);
                (inner, false, after)
            }
        };
        rest = after;
        let range = start..text.len() - rest.len();
        pieces.push(Piece { text: inner, quoted, joined, range });
        joined = true;
    }
    pieces
}

/// Characters that can precede a quotation without a space.
const OPENING: [char; 6] = ['=', ':', '(', '[', '{', ','];

/// The quotation mark that closes this one.
fn closing(first: char, rest: &str) -> Option<char> {
    match first {
        '"' | '\'' => Some(first),
        // At the end of a line it is PowerShell's line continuation.
        '`' => rest.chars().nth(1).is_some_and(|next| !next.is_whitespace()).then_some(first),
        '\u{201c}' | '\u{201e}' => Some('\u{201d}'),
        '\u{2018}' => Some('\u{2019}'),
        '\u{ab}' => Some('\u{bb}'),
        '<' => {
            let string = rest.get(1..).unwrap_or_default().as_bytes();
            let begins = |scheme: &&str| {
                string.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
            };
            SCHEMES.iter().any(begins).then_some('>')
        }
        _ => None,
    }
}

/// The text in quotes, and the rest. Without a closing mark, everything.
fn quotation(rest: &str, close: char) -> (String, &str) {
    let mut inner = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == close {
            return (inner, rest.get(at + character.len_utf8()..).unwrap_or_default());
        }
        let escaped = character == '\\' && close != '\'';
        match characters.next_if(|(_, next)| escaped && ['"', '\\', '$', '`', '/'].contains(next)) {
            Some((_, next)) => inner.push(next),
            None => inner.push(character),
        }
    }
    (inner, "")
}

/// The text up to the next space, or up to a quotation that begins where one can.
fn bare(rest: &str) -> (String, &str) {
    let mut inner = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let tail = rest.get(at..).unwrap_or_default();
        let quotes = closing(character, tail).is_some() && inner.ends_with(OPENING);
        if character.is_whitespace() || quotes {
            return (inner, tail);
        }
        match characters.next_if(|(_, next)| character == '\\' && !next.is_alphanumeric()) {
            Some((_, '\n' | '\r')) => {}
            Some((_, next)) => inner.push(next),
            None => inner.push(character),
        }
    }
    (inner, "")
}

fn words(pieces: Vec<Piece>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for piece in pieces {
        match words.last_mut().filter(|_| piece.joined) {
            Some(word) => word.text.push_str(&piece.text),
            None => words.push(Word { text: piece.text, quoted: piece.quoted }),
        }
    }
    words
}

/// Flags with their values: `--name value`, `--name=value`, `-n value`, `-nvalue`. The names are lowercase.
fn flags(words: &[Word]) -> Vec<(String, Option<&str>)> {
    let mut found = Vec::new();
    for (index, word) in words.iter().enumerate().filter(|(_, word)| !word.quoted) {
        let next = || {
            let next = words.get(index + 1)?;
            (next.quoted || !next.text.starts_with('-')).then_some(next.text.as_str())
        };
        if let Some(long) = word.text.strip_prefix("--") {
            match long.split_once('=') {
                Some((name, value)) => found.push((name.to_ascii_lowercase(), Some(value))),
                None => found.push((long.to_ascii_lowercase(), next())),
            }
        } else if let Some(short) = word.text.strip_prefix('-') {
            for (letter, name) in [('u', "username"), ('p', "password")] {
                if let Some(value) = short.strip_prefix(letter) {
                    let value = Some(value).filter(|value| !value.is_empty()).or_else(next);
                    found.push((name.to_owned(), value));
                }
            }
        }
    }
    found
}

fn take_over(parts: &mut Parts, name: &str, value: Option<&str>) {
    let encoded = |value: &str, stays: bool| if stays { value.to_owned() } else { strictly(value) };
    match (name, value) {
        ("username", Some(user)) => {
            parts.user = Some(encoded(user, user.starts_with('<') && user.ends_with('>')));
        }
        ("password", Some(password)) => {
            parts.user.get_or_insert_default();
            parts.password = Some(encoded(password, is_placeholder(password)));
        }
        _ => {
            let flag = FLAGS.iter().find(|(flag, _)| *flag == name).and_then(|(_, option)| {
                let value = value?;
                Some((*option, for_option(value)))
            });
            let switch = SWITCHES.iter().find(|(switch, _)| *switch == name);
            let said = flag.or(switch.map(|(_, option)| (*option, "true".to_owned())));
            if let Some((option, value)) = said
                && parts.find(option).is_none()
                && (option != "tls" || parts.find("ssl").is_none())
            {
                parts.database.get_or_insert_default();
                parts.options.get_or_insert_default().push(format!("{option}={value}"));
            }
        }
    }
}
