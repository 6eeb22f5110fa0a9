use std::io::{self, Write};

use super::{Cell, Column, CsvLayout, CsvSeparator, Output, RowWriter, iso_8601};

/// Values between separators: every field in quotes, quotes doubled, lines ended by CR LF (RFC 4180).
pub(super) struct CsvWriter<C> {
    columns: Vec<C>,
    separator: &'static str,
    text: Encoded,
    made: String,
}

impl<C: Column> CsvWriter<C> {
    pub(super) fn start(layout: CsvLayout, columns: Vec<C>, output: Output) -> io::Result<Self> {
        let (separator, encoding, byte_order_mark) = match layout {
            CsvLayout::Excel => (CsvSeparator::Tab, Encoding::Utf16, true),
            CsvLayout::Plain { separator, byte_order_mark } => (separator, Encoding::Utf8, byte_order_mark),
        };
        let separator = match separator {
            CsvSeparator::Comma => ",",
            CsvSeparator::Semicolon => ";",
            CsvSeparator::Tab => "\t",
        };
        let mut writer = Self { columns, separator, text: Encoded { output, encoding }, made: String::new() };
        if byte_order_mark {
            writer.text.put("\u{FEFF}")?;
        }
        for (index, column) in writer.columns.iter().enumerate() {
            writer.text.put(if index > 0 { writer.separator } else { "" })?;
            writer.text.put_cell(column.header())?;
        }
        writer.text.put("\r\n")?;
        Ok(writer)
    }
}

impl<C: Column> RowWriter<C::Row> for CsvWriter<C> {
    fn write_row(&mut self, row: &C::Row) -> io::Result<()> {
        let Self { columns, separator, text, made } = self;
        for (index, column) in columns.iter().enumerate() {
            text.put(if index > 0 { separator } else { "" })?;
            match column.cell(row, made) {
                Cell::Text(value) => text.put_cell(value)?,
                Cell::Moment(moment) => text.put_cell(&iso_8601(moment))?,
                Cell::Number(number) => text.put(&format!("\"{number}\""))?,
                Cell::Empty => text.put("\"\"")?,
            }
        }
        text.put("\r\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<u64> {
        self.text.output.flush()?;
        Ok(0)
    }
}

/// Lines of a file in the layout that opens in Excel, for rows whose columns are not known beforehand.
pub(crate) struct CsvLines(Encoded);

impl CsvLines {
    pub(crate) fn start(output: Box<dyn Write + Send>) -> io::Result<Self> {
        let output = Output::new(output);
        let mut text = Encoded { output, encoding: Encoding::Utf16 };
        text.put("\u{FEFF}")?;
        Ok(Self(text))
    }

    pub(crate) fn line<'cell>(&mut self, cells: impl Iterator<Item = &'cell str>) -> io::Result<()> {
        for (index, cell) in cells.enumerate() {
            self.0.put(if index > 0 { "\t" } else { "" })?;
            self.0.put_cell(cell)?;
        }
        self.0.put("\r\n")
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.0.output.flush()
    }
}

/// Characters that end a cell in some program. Quotes protect nothing in a spreadsheet with another separator, because
/// there they do not stand at the beginning of a cell. Comma or semicolon by the computer's region; the others by
/// choice.
const ENDS_A_CELL: [char; 6] = [',', ';', '\t', '|', '\r', '\n'];

/// Whether a text can be written as it is: it begins with a letter or a digit, has no quote and nothing that ends a
/// cell. Most texts do, and looking at their bytes takes a fraction of the time of looking for formulas in them.
fn is_plain(text: &str) -> bool {
    let stands_out = |byte: u8| matches!(byte, b'"' | b',' | b';' | b'\t' | b'|' | b'\r' | b'\n');
    text.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric) && !text.bytes().any(stands_out)
}

/// OWASP, "CSV Injection": a spreadsheet takes a cell with such a beginning for a formula, quoted or not; the
/// full-width forms if the computer's language is Japanese. Skips characters that a program may drop, and apostrophes:
/// a text that looks guarded gets one more, so that a guard can be told from it and taken away again.
fn starts_a_formula(cell: &str) -> bool {
    let passed_over = |c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '\'';
    cell.trim_start_matches(passed_over).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether a text begins with what a program may drop, behind any apostrophes.
fn starts_apart(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['\t', '\r', '\n'])
}

/// The text of a cell of one of our own files: without the apostrophes that guard it, and no others.
pub(crate) fn without_guards(cell: &str) -> String {
    let text = cell.strip_prefix('\'').filter(|text| starts_apart(text)).unwrap_or(cell);
    let parts = text.split_inclusive(ENDS_A_CELL);
    parts.map(|part| part.strip_prefix('\'').filter(|rest| starts_a_formula(rest)).unwrap_or(part)).collect()
}

struct Encoded {
    output: Output,
    encoding: Encoding,
}

enum Encoding {
    Utf8,
    /// Little-endian.
    Utf16,
}

impl Encoded {
    fn put_cell(&mut self, text: &str) -> io::Result<()> {
        self.put("\"")?;
        if is_plain(text) {
            self.put(text)?;
            return self.put("\"");
        }
        if starts_apart(text) {
            self.put("'")?;
        }
        for cell in text.split_inclusive(ENDS_A_CELL) {
            if starts_a_formula(cell) {
                self.put("'")?;
            }
            self.put(&cell.replace('"', "\"\""))?;
        }
        self.put("\"")
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        match self.encoding {
            Encoding::Utf8 => self.output.write_all(text.as_bytes()),
            Encoding::Utf16 => {
                text.encode_utf16().try_for_each(|unit| self.output.write_all(&unit.to_le_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ALL_COLUMNS, row, written};
    use super::super::{CsvLayout, CsvSeparator, ExportColumn, ExportFormat, ExportRow};
    use crate::values::DisplayName;

    fn plain(separator: CsvSeparator, byte_order_mark: bool) -> ExportFormat {
        ExportFormat::Csv(CsvLayout::Plain { separator, byte_order_mark })
    }

    fn named(name: &str) -> ExportRow {
        let mut row = row("acme");
        row.organization.display_name = Some(DisplayName::from_stored(name.to_owned()));
        row
    }

    fn display_name_as_written(name: &str) -> String {
        let columns = [ExportColumn::DisplayName];
        let bytes = written(plain(CsvSeparator::Comma, false), &columns, &[named(name)]);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let line = text.strip_prefix("\"display_name\"\r\n").expect("the header comes first");
        line.strip_suffix("\r\n").expect("the line is ended").to_owned()
    }

    /// The text of a file in UTF-16, as Excel reads it.
    fn decoded(bytes: &[u8]) -> String {
        let (units, rest) = bytes.as_chunks::<2>();
        assert!(rest.is_empty(), "half a character at the end");
        String::from_utf16(&units.iter().map(|unit| u16::from_le_bytes(*unit)).collect::<Vec<_>>())
            .expect("UTF-16")
    }

    /// The cells that a spreadsheet with this separator sees, whatever the file was written with: a quote counts only
    /// at the beginning of a cell, and text after the closing quote belongs to the cell.
    fn cells_of_a_spreadsheet(text: &str, separator: char) -> Vec<String> {
        let mut cells = vec![String::new()];
        let (mut at_the_beginning, mut quoted) = (true, false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let cell = cells.last_mut().expect("there is always one");
            match character {
                '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
                '"' if quoted => quoted = false,
                '"' if at_the_beginning => quoted = true,
                '\r' | '\n' if !quoted => cells.push(String::new()),
                ends if ends == separator && !quoted => cells.push(String::new()),
                other => cell.push(other),
            }
            at_the_beginning = !quoted && cells.last().is_some_and(String::is_empty) && character != '"';
        }
        cells
    }

    const LAYOUTS: [CsvLayout; 4] = [
        CsvLayout::Excel,
        CsvLayout::Plain { separator: CsvSeparator::Comma, byte_order_mark: true },
        CsvLayout::Plain { separator: CsvSeparator::Semicolon, byte_order_mark: true },
        CsvLayout::Plain { separator: CsvSeparator::Tab, byte_order_mark: true },
    ];

    fn text_of(layout: CsvLayout, columns: &[ExportColumn], rows: &[ExportRow]) -> String {
        let bytes = written(ExportFormat::Csv(layout), columns, rows);
        match layout {
            CsvLayout::Excel => decoded(&bytes),
            CsvLayout::Plain { .. } => String::from_utf8(bytes).expect("UTF-8"),
        }
    }

    #[test]
    fn a_cell_that_would_be_a_formula_gets_an_apostrophe() {
        for first in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            let cell = format!("{first}HYPERLINK(0)");
            assert_eq!(display_name_as_written(&cell), format!("\"'{cell}\""));
        }
        assert_eq!(display_name_as_written(" \"=1+1"), "\"' \"\"=1+1\"", "what is before it may be dropped");
    }

    #[test]
    fn a_formula_behind_any_separator_inside_a_cell_gets_an_apostrophe() {
        for separator in [",", ";", "\t", "|", "\r", "\n"] {
            assert_eq!(
                display_name_as_written(&format!("Acme{separator}=HYPERLINK(0)")),
                format!("\"Acme{separator}'=HYPERLINK(0)\""),
                "a program that takes {separator:?} for the separator sees a cell of its own"
            );
        }
        assert_eq!(display_name_as_written("a; \"@SUM(1)"), "\"a;' \"\"@SUM(1)\"");
        assert_eq!(display_name_as_written("a;\t=1"), "\"a;\t'=1\"");
    }

    #[test]
    fn a_guard_is_taken_away_and_nothing_else() {
        let parts = ["=1", "-1", "@x", ";", ",", "\t", "|", "\"", "\r\n", " ", "'", "a"];
        for one in parts {
            for two in parts {
                for three in parts {
                    let name = format!("{one}{two}{three}'{one}");
                    let written = display_name_as_written(&name);
                    let cell = written[1..written.len() - 1].replace("\"\"", "\"");
                    assert_eq!(super::without_guards(&cell), name, "{written}");
                }
            }
        }
    }

    #[test]
    fn no_spreadsheet_finds_a_formula_whatever_its_separator_is() {
        let parts = ["=1", "+1", "-1", "@x", ";", ",", "\t", "|", "\"", "\n", "\r\n", " ", "'", "a"];
        let mut names: Vec<String> = Vec::new();
        for (one, two) in parts.iter().flat_map(|one| parts.iter().map(move |two| (one, two))) {
            names.extend(
                parts
                    .iter()
                    .flat_map(|three| parts.iter().map(move |four| format!("{one}{two}{three}{four}"))),
            );
        }
        let rows: Vec<ExportRow> = names.iter().map(|name| named(name)).collect();
        let columns = [ExportColumn::Name, ExportColumn::DisplayName, ExportColumn::AdminEmail];
        for layout in LAYOUTS {
            let text = text_of(layout, &columns, &rows);
            for separator in [',', ';', '\t', '|'] {
                for cell in cells_of_a_spreadsheet(&text, separator) {
                    let shown = cell.trim_start();
                    assert!(
                        !shown.starts_with(['=', '+', '-', '@']),
                        "{layout:?} read by {separator:?}: {cell:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_same_characters_further_on_are_left_alone() {
        assert_eq!(display_name_as_written("a=b+c-d@e"), "\"a=b+c-d@e\"");
        assert_eq!(display_name_as_written("Best, they say; best"), "\"Best, they say; best\"");
    }

    #[test]
    fn inner_quotes_are_doubled_and_commas_stay_inside() {
        assert_eq!(display_name_as_written("\"Best\", they say"), "\"\"\"Best\"\", they say\"");
    }

    #[test]
    fn the_file_for_excel_is_utf_16_with_a_byte_order_mark_and_tabs() {
        let columns = [ExportColumn::Id, ExportColumn::DisplayName];
        let bytes = written(ExportFormat::Csv(CsvLayout::Excel), &columns, &[named("Müller 株 🦀")]);
        assert_eq!(bytes[..2], [0xFF, 0xFE], "Excel knows the encoding by it");
        assert_eq!(
            decoded(&bytes),
            "\u{FEFF}\"organization_id\"\t\"display_name\"\r\n\"000000000000000000000007\"\t\"Müller 株 🦀\"\r\n"
        );
    }

    #[test]
    fn a_byte_order_mark_is_there_when_it_was_asked_for() {
        let begins = |byte_order_mark| {
            let format = plain(CsvSeparator::Semicolon, byte_order_mark);
            String::from_utf8(written(format, &[ExportColumn::Name, ExportColumn::Id], &[])).expect("UTF-8")
        };
        assert_eq!(begins(true), "\u{FEFF}\"organization_name\";\"organization_id\"\r\n");
        assert_eq!(begins(false), "\"organization_name\";\"organization_id\"\r\n");
    }

    #[test]
    fn the_file_says_that_it_is_utf_8_and_ends_lines_as_rfc_4180_asks() {
        let format = plain(CsvSeparator::Comma, true);
        let bytes = written(format, &[ExportColumn::Id, ExportColumn::Name], &[row("acme")]);
        assert_eq!(
            String::from_utf8(bytes).expect("UTF-8"),
            "\u{FEFF}\"organization_id\",\"organization_name\"\r\n\"000000000000000000000007\",\"acme\"\r\n"
        );
    }

    #[test]
    fn another_reader_gets_back_what_was_written_under_each_separator() {
        let odd = named("Müller, \"Söhne\"\r\n& 株式会社; |");
        for layout in LAYOUTS {
            let text = text_of(layout, &ALL_COLUMNS, &[row("acme"), odd.clone()]);
            let separator = match layout {
                CsvLayout::Plain { separator: CsvSeparator::Comma, .. } => b',',
                CsvLayout::Plain { separator: CsvSeparator::Semicolon, .. } => b';',
                CsvLayout::Plain { separator: CsvSeparator::Tab, .. } | CsvLayout::Excel => b'\t',
            };
            let mut reader = ::csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
            assert_eq!(reader.headers().expect("headers").get(0), Some("organization_id"), "{layout:?}");
            let records: Vec<_> =
                reader.records().collect::<Result<_, _>>().expect("as many cells in each line");
            assert_eq!(records.len(), 2);
            assert_eq!(records[1].get(2), Some("Müller, \"Söhne\"\r\n& 株式会社; |"), "{layout:?}");
            assert_eq!(records[0].get(6), Some("2026-03-05T09:30:00.250Z"));
            assert_eq!(records[0].get(8), Some("12"));
            assert_eq!(records[0].get(9), Some(""), "a size that is not known is empty, not zero");
        }
    }
}
