use std::io::{self, Write};

use super::{Cell, ExportColumn, ExportRow, Output, RowWriter, iso_8601};

/// Excel reads a file without it in the computer's old code page and garbles every name that is not Latin. Readers
/// that know RFC 4180 only see it as part of the first header; JSON and NDJSON are there for programs.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Comma-separated values: every field in quotes, quotes doubled, lines ended by CR LF (RFC 4180).
pub(super) struct CsvWriter {
    columns: Vec<ExportColumn>,
    output: Output,
}

impl CsvWriter {
    pub(super) fn start(columns: Vec<ExportColumn>, mut output: Output) -> io::Result<Self> {
        output.write_all(BYTE_ORDER_MARK)?;
        for (index, column) in columns.iter().enumerate() {
            separate(&mut output, index)?;
            write_text(&mut output, column.header())?;
        }
        output.write_all(b"\r\n")?;
        Ok(Self { columns, output })
    }
}

impl RowWriter for CsvWriter {
    fn write_row(&mut self, row: &ExportRow) -> io::Result<()> {
        let output = &mut self.output;
        for (index, column) in self.columns.iter().enumerate() {
            separate(output, index)?;
            match row.cell(*column) {
                Cell::Text(text) => write_text(output, text)?,
                Cell::OwnText(text) => write_text(output, &text)?,
                Cell::Moment(moment) => write_text(output, &iso_8601(moment))?,
                Cell::Number(number) => write!(output, "\"{number}\"")?,
                Cell::Empty => output.write_all(b"\"\"")?,
            }
        }
        output.write_all(b"\r\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.output.flush()
    }
}

fn separate(output: &mut Output, index: usize) -> io::Result<()> {
    if index > 0 { output.write_all(b",") } else { Ok(()) }
}

fn write_text(output: &mut Output, text: &str) -> io::Result<()> {
    output.write_all(b"\"")?;
    if text.starts_with(starts_a_formula) {
        output.write_all(b"'")?;
    }
    let mut parts = text.split('"');
    output.write_all(parts.next().unwrap_or_default().as_bytes())?;
    for part in parts {
        output.write_all(b"\"\"")?;
        output.write_all(part.as_bytes())?;
    }
    output.write_all(b"\"")
}

/// OWASP, "CSV Injection": a spreadsheet takes a cell that starts so for a formula, quoted or not; the full-width
/// forms where the computer's language is Japanese.
fn starts_a_formula(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ALL_COLUMNS, row, written};
    use super::super::{ExportColumn, ExportFormat};

    fn display_name_as_written(name: &str) -> String {
        let mut row = row("acme");
        row.organization.display_name = Some(crate::values::DisplayName::from_stored(name.to_owned()));
        let text = String::from_utf8(written(ExportFormat::Csv, &[ExportColumn::DisplayName], &[row]))
            .expect("UTF-8");
        let line = text.strip_prefix("\u{FEFF}\"display_name\"\r\n").expect("the header comes first");
        line.strip_suffix("\r\n").expect("the line is ended").to_owned()
    }

    #[test]
    fn a_cell_that_would_be_a_formula_gets_an_apostrophe() {
        for first in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            let cell = format!("{first}HYPERLINK(0)");
            assert_eq!(display_name_as_written(&cell), format!("\"'{cell}\""));
        }
    }

    #[test]
    fn the_same_characters_further_on_are_left_alone() {
        assert_eq!(display_name_as_written("a=b+c-d@e"), "\"a=b+c-d@e\"");
    }

    #[test]
    fn inner_quotes_are_doubled_and_commas_stay_inside() {
        assert_eq!(display_name_as_written("\"Best\", they say"), "\"\"\"Best\"\", they say\"");
        assert_eq!(display_name_as_written("\",=1+1,\""), "\"\"\",=1+1,\"\"\"");
    }

    #[test]
    fn the_file_says_that_it_is_utf_8_and_ends_lines_as_rfc_4180_asks() {
        let bytes = written(ExportFormat::Csv, &[ExportColumn::Id, ExportColumn::Name], &[row("acme")]);
        assert_eq!(
            String::from_utf8(bytes).expect("UTF-8"),
            "\u{FEFF}\"organization_id\",\"organization_name\"\r\n\"000000000000000000000007\",\"acme\"\r\n"
        );
    }

    #[test]
    fn another_reader_gets_back_what_was_written() {
        let mut odd = row("umlaut");
        odd.organization.display_name =
            Some(crate::values::DisplayName::from_stored("Müller, \"Söhne\"\r\n& 株式会社".to_owned()));
        let bytes = written(ExportFormat::Csv, &ALL_COLUMNS, &[row("acme"), odd]);
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().expect("headers").get(0), Some("organization_id"));
        let records: Vec<_> = reader.records().collect::<Result<_, _>>().expect("records");
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].get(2), Some("Müller, \"Söhne\"\r\n& 株式会社"));
        assert_eq!(records[0].get(6), Some("2026-03-05T09:30:00.250Z"));
        assert_eq!(records[0].get(8), Some("12"));
        assert_eq!(records[0].get(9), Some(""), "a size that is not known is empty, not zero");
    }
}
