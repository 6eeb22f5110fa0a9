use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::table::{CsvFacts, ListKind, Rows, Table, TextEncoding, refused};
use crate::error::{ListProblem, ListRefusal};

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that the separator is told from.
const LOOKED_AT: usize = 50;

/// The text of a file, without its byte order mark.
pub(super) fn decoded(bytes: Vec<u8>) -> Result<(String, TextEncoding), ListRefusal> {
    let unknown = || refused(ListProblem::Encoding, None);
    let (text, encoding) = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] | [0xFE, 0xFF, rest @ ..] => {
            let kind = if bytes.starts_with(&[0xFF, 0xFE]) { UTF_16LE } else { UTF_16BE };
            let text = kind.decode_without_bom_handling_and_without_replacement(rest).ok_or_else(unknown)?;
            (text.into_owned(), TextEncoding::Utf16)
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            (String::from_utf8(rest.to_vec()).map_err(|_| unknown())?, TextEncoding::Utf8)
        }
        _ => match String::from_utf8(bytes) {
            Ok(text) => (text, TextEncoding::Utf8),
            Err(other) => {
                let (text, _) = WINDOWS_1252.decode_without_bom_handling(other.as_bytes());
                (text.into_owned(), TextEncoding::Windows1252)
            }
        },
    };
    // Text of another encoding, and what is no text at all, has characters that nobody types.
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}');
    let judged = match encoding {
        TextEncoding::Utf8 | TextEncoding::Utf16 => text.contains('\0'),
        TextEncoding::Windows1252 => text.chars().any(is_odd),
    };
    if judged { Err(unknown()) } else { Ok((text, encoding)) }
}

/// Reads a CSV file.
pub(super) fn read(text: &str, encoding: TextEncoding) -> Result<Table, ListRefusal> {
    let (separator, text) = separator_of(text);
    let mut rows = Rows::new();
    let mut record = csv::StringRecord::new();
    let mut reader = reader(text, separator);
    let mut number = 0;
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                number += 1;
                rows.add(number, record.iter().map(str::to_owned).collect())?;
            }
            Err(_) => return Err(refused(ListProblem::Damaged, Some(number + 1))),
        }
    }
    let kind = ListKind::Csv(CsvFacts { separator: char::from(separator), encoding });
    Ok(Table { kind, keys: None, rows: rows.into_rows()? })
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

/// The separator with which most records have as many values as the first, and more than one. Excel's own first line
/// `sep=;` says it, and is not a row.
fn separator_of(text: &str) -> (u8, &str) {
    if let Some((line, rest)) = text.split_once('\n')
        && let Some(named) = line.trim_end().strip_prefix("sep=")
        && let [separator] = named.as_bytes()
    {
        return (*separator, rest);
    }
    let score = |separator: u8| {
        let mut lengths = Vec::new();
        let mut record = csv::StringRecord::new();
        let mut reader = reader(text, separator);
        while lengths.len() < LOOKED_AT && matches!(reader.read_record(&mut record), Ok(true)) {
            lengths.push(record.len());
        }
        let first = lengths.first().copied().unwrap_or(0);
        let like_the_first = lengths.iter().filter(|length| **length == first).count();
        // As many in a hundred; the number of values decides between two of the same.
        (first > 1, like_the_first * 100 / lengths.len().max(1), first)
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|separator| score(*separator));
    (best.unwrap_or(b','), text)
}
