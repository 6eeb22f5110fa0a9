use std::io::{self, Cursor, Read, Write};

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Cell, Column, Output, RowWriter, iso_8601};
use crate::values::StoredDate;

/// Rows of one sheet below the headers: Excel's 1,048,576 less one.
pub const XLSX_ROWS_MAX: u64 = 1_048_575;

/// UTF-16 units that Excel accepts in one cell. It refuses to open a file with more.
const CELL_UNITS_MAX: usize = 32_767;
/// The level of compression. Higher ones take several times as long for a few hundredths of the size.
const LEVEL: i64 = 2;
/// Bytes of rows that are compressed at a time.
const ROWS_AT_A_TIME: usize = 64 * 1024;
const SHEET: &str = "xl/worksheets/sheet1.xml";

/// A spreadsheet with one sheet.
///
/// A library makes the workbook with a first row of each type of cell. The rows are written here, in its form, and
/// compressed as they come: the library needs five times as long, and a temporary file. Text is in the cells, not in a
/// table of shared strings, which would grow.
pub(super) struct XlsxWriter<C> {
    columns: Vec<C>,
    /// The columns' letters.
    letters: Vec<String>,
    file: ZipWriter<StreamWriter<Output>>,
    form: Form,
    /// Rows that are not yet compressed.
    sheet: Vec<u8>,
    made: String,
    /// Rows written below the headers.
    rows: u32,
    /// Cells whose text did not fit.
    cut: u64,
}

impl<C: Column> XlsxWriter<C> {
    pub(super) fn start(columns: Vec<C>, output: Output) -> io::Result<Self> {
        let form = Form::of(&columns)?;
        let mut file = ZipWriter::new_stream(output);
        for (name, content) in &form.others {
            file.start_file(name, options())?;
            file.write_all(content)?;
        }
        file.start_file(SHEET, options())?;
        let sheet = form.before.clone();
        let letters =
            (0u8..).zip(&columns).map(|(number, _)| char::from(b'A' + number).to_string()).collect();
        Ok(Self { columns, letters, file, form, sheet, made: String::new(), rows: 0, cut: 0 })
    }
}

impl<C: Column> RowWriter<C::Row> for XlsxWriter<C> {
    fn write_row(&mut self, row: &C::Row) -> io::Result<()> {
        if u64::from(self.rows) >= XLSX_ROWS_MAX {
            let message = format!("a spreadsheet holds at most {XLSX_ROWS_MAX} rows");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.rows += 1;
        let Self { sheet, form, made, cut, .. } = self;
        let number = (self.rows + 1).to_string();
        put(sheet, &["<row r=\"", &number, "\">"]);
        for (column, letter) in self.columns.iter().zip(&self.letters) {
            let mut put_text = |text: &str| {
                let fitting = fitting(text);
                *cut += u64::from(fitting.len() < text.len());
                put(sheet, &["<c r=\"", letter, &number, "\" s=\"", &form.text]);
                if fitting.is_empty() {
                    return put(sheet, &["\"/>"]);
                }
                put(sheet, &["\" t=\"inlineStr\"><is><t"]);
                put(sheet, &[if keeps_space(fitting) { " xml:space=\"preserve\">" } else { ">" }]);
                put_escaped(sheet, fitting);
                put(sheet, &["</t></is></c>"]);
            };
            match column.cell(row, made) {
                Cell::Text(text) => put_text(text),
                Cell::Moment(moment) => match serial_day(moment) {
                    Some(day) => {
                        put(sheet, &["<c r=\"", letter, &number, "\" s=\"", &form.moment, "\"><v>"]);
                        write!(sheet, "{day}</v></c>")?;
                    }
                    None => put_text(&iso_8601(moment)),
                },
                // Excel's numbers are doubles: exact up to 2^53.
                Cell::Number(value) => {
                    put(sheet, &["<c r=\"", letter, &number, "\"><v>"]);
                    write!(sheet, "{}</v></c>", value as f64)?;
                }
                Cell::Empty => {}
            }
        }
        put(sheet, &["</row>"]);
        if self.sheet.len() >= ROWS_AT_A_TIME {
            self.file.write_all(&self.sheet)?;
            self.sheet.clear();
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<u64> {
        self.sheet.extend_from_slice(&self.form.after);
        self.file.write_all(&self.sheet)?;
        self.file.finish()?.into_inner().flush()?;
        Ok(self.cut)
    }
}

/// A workbook without rows.
struct Form {
    /// The sheet up to its headers.
    before: Vec<u8>,
    /// The sheet behind its rows.
    after: Vec<u8>,
    /// The other files of the workbook.
    others: Vec<(String, Vec<u8>)>,
    /// The number of the format that marks a cell as text: Excel then leaves an id of digits or a name like `mar-1`
    /// alone, even if a person edits the cell.
    text: String,
    /// The number of the format of dates.
    moment: String,
}

impl Form {
    fn of<C: Column>(columns: &[C]) -> io::Result<Self> {
        let mut files = ZipArchive::new(Cursor::new(sample(columns).map_err(io_error)?))?;
        let mut others = Vec::new();
        let mut sheet = String::new();
        for index in 0..files.len() {
            let mut file = files.by_index(index)?;
            let name = file.name()?.into_owned();
            if name == SHEET {
                file.read_to_string(&mut sheet)?;
            } else {
                let mut content = Vec::new();
                file.read_to_end(&mut content)?;
                others.push((name, content));
            }
        }
        let unknown = || io::Error::other("a spreadsheet has another form than expected");
        let (before, rows) = sheet.split_once("<sheetData>").ok_or_else(unknown)?;
        let (rows, after) = rows.split_once("</sheetData>").ok_or_else(unknown)?;
        let (headers, first) = rows.split_once("</row>").ok_or_else(unknown)?;
        // The size of the sheet is not known yet, and a reader does without.
        let (start, dimension) = before.split_once("<dimension ").ok_or_else(unknown)?;
        let (_, before) = dimension.split_once("/>").ok_or_else(unknown)?;
        let format = |cell: &str| {
            let (_, attributes) = first.split_once(&format!("<c r=\"{cell}\" s=\""))?;
            Some(attributes.split_once('"')?.0.to_owned())
        };
        Ok(Self {
            before: format!("{start}{before}<sheetData>{headers}</row>").into_bytes(),
            after: format!("</sheetData>{after}").into_bytes(),
            others,
            text: format("A2").ok_or_else(unknown)?,
            moment: format("B2").ok_or_else(unknown)?,
        })
    }
}

/// A workbook with a cell of each format below its headers.
fn sample<C: Column>(columns: &[C]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let moments = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let text = Format::new().set_num_format("@");
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(C::SHEET)?;
    sheet.set_freeze_panes(1, 0)?;
    for (number, column) in (0u16..).zip(columns) {
        sheet.set_column_width(number, column.width())?;
        sheet.write_string_with_format(0, number, column.header(), &bold)?;
    }
    sheet.write_string_with_format(1, 0, "text", &text)?;
    sheet.write_number_with_format(1, 1, 1, &moments)?;
    workbook.save_to_buffer()
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .unix_permissions(0o600)
        // The same file for the same rows, whenever it is written.
        .last_modified_time(DateTime::default())
}

fn put(sheet: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| sheet.extend_from_slice(part.as_bytes()));
}

/// Whether a reader would drop white space at an end of this text.
fn keeps_space(text: &str) -> bool {
    text.starts_with(['\t', '\n', ' ']) || text.ends_with(['\t', '\n', ' '])
}

/// Adds a text as Excel writes it: what XML cannot hold as `_xHHHH_`, and a text that looks like this with its
/// underscore in that form.
fn put_escaped(sheet: &mut Vec<u8>, text: &str) {
    let stands_out = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'_' | 0..0x20 | 0xEF);
    if !text.bytes().any(stands_out) {
        sheet.extend_from_slice(text.as_bytes());
        return;
    }
    for (index, character) in text.char_indices() {
        match character {
            '&' => put(sheet, &["&amp;"]),
            '<' => put(sheet, &["&lt;"]),
            '>' => put(sheet, &["&gt;"]),
            '_' if is_escape(&text.as_bytes()[index..]) => put(sheet, &["_x005F_"]),
            '\t' | '\n' => sheet.push(character as u8),
            '\0'..' ' | '\u{FFFE}' | '\u{FFFF}' => put(sheet, &[&format!("_x{:04X}_", u32::from(character))]),
            other => put(sheet, &[other.encode_utf8(&mut [0; 4])]),
        }
    }
}

/// Whether this begins with `_xHHHH_`.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'_', b'x', digits @ .., ] if digits.get(4) == Some(&b'_')
        && digits.iter().take(4).all(u8::is_ascii_hexdigit))
}

/// As many whole characters as a cell can hold.
fn fitting(text: &str) -> &str {
    let mut units = 0;
    let too_many = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > CELL_UNITS_MAX
    });
    too_many.map_or(text, |(end, _)| &text[..end])
}

/// A date as Excel counts it: days since 1899-12-30, UTC. `None` before March 1900, where Excel has a day too many, and
/// after 9999, where it ends.
fn serial_day(date: StoredDate) -> Option<f64> {
    const MILLISECONDS_A_DAY: f64 = 86_400_000.0;
    const DAYS_TO_1970: f64 = 25_569.0;
    let day = date.milliseconds()? as f64 / MILLISECONDS_A_DAY + DAYS_TO_1970;
    (61.0..2_958_466.0).contains(&day).then_some(day)
}

/// The operating system's error inside the library's, if any: the person needs to know whether the disk is full.
fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error,
        XlsxError::ZipError(error) => io::Error::from(error),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Range, Reader, Xlsx};

    use super::super::testing::{ALL_COLUMNS, Full, row, written};
    use super::super::{ExportColumn, ExportFormat, ExportRow, row_writer};
    use super::*;
    use crate::values::DisplayName;

    fn sheet(rows: &[ExportRow]) -> Range<Data> {
        let bytes = written(ExportFormat::Xlsx, &ALL_COLUMNS, rows);
        let mut workbook: Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(bytes)).expect("a spreadsheet");
        workbook.worksheet_range("Organizations").expect("the sheet")
    }

    fn named(display_name: &str) -> ExportRow {
        let mut row = row("acme");
        row.organization.display_name = Some(DisplayName::from_stored(display_name.to_owned()));
        row
    }

    #[test]
    fn cells_have_types() {
        let sheet = sheet(&[named("Acme 株式会社")]);
        let header: Vec<_> = sheet.headers().expect("headers");
        assert_eq!(header[0], "organization_id");
        assert_eq!(header[9], "data_size");
        assert_eq!(sheet.get_value((1, 2)), Some(&Data::String("Acme 株式会社".to_owned())));
        assert_eq!(sheet.get_value((1, 8)), Some(&Data::Float(12.0)), "a number is a number");
        let Some(Data::DateTime(created)) = sheet.get_value((1, 6)) else {
            panic!("a date is a date: {:?}", sheet.get_value((1, 6)));
        };
        // 2026-03-05 is day 46086; 09:30:00.250 is the rest.
        assert!((created.as_f64() - (46_086.0 + 34_200.25 / 86_400.0)).abs() < 1e-8, "{created:?}");
        assert!(matches!(sheet.get_value((1, 9)), None | Some(Data::Empty)), "what is not known is empty");
    }

    #[test]
    fn text_that_looks_like_a_formula_stays_text() {
        let sheet = sheet(&[named("=HYPERLINK(\"http://x.example\")")]);
        let expected = Data::String("=HYPERLINK(\"http://x.example\")".to_owned());
        assert_eq!(sheet.get_value((1, 2)), Some(&expected), "typed text needs no apostrophe");
    }

    #[test]
    fn text_that_xml_or_excel_refuse_does_not_spoil_the_file() {
        let long = "x".repeat(CELL_UNITS_MAX + 5);
        let sheet = sheet(&[named("a\u{1}b <&> \"c\""), named(&long)]);
        assert!(sheet.get_value((1, 2)).is_some_and(|cell| cell.to_string().contains("<&>")));
        assert_eq!(sheet.get_value((2, 2)), Some(&Data::String("x".repeat(CELL_UNITS_MAX))));
    }

    /// The first cell below the headers, behind its format.
    fn first_cell(workbook: Vec<u8>) -> String {
        let mut files = ZipArchive::new(Cursor::new(workbook)).expect("a spreadsheet");
        let mut sheet = String::new();
        files.by_name(SHEET).expect("the sheet").read_to_string(&mut sheet).expect("XML");
        let (_, cell) = sheet.split_once("<c r=\"A2\" s=\"").expect("a cell");
        let (_, cell) = cell.split_once('"').expect("a format");
        cell.split_once("</row>").expect("an end").0.to_owned()
    }

    #[test]
    fn a_cell_is_written_as_the_library_writes_it() {
        let mut texts: Vec<String> = [
            "acme",
            " before",
            "behind\n",
            "a\tb",
            "<&>\"'",
            "_x0041_",
            "__x00e9_",
            "_x00G1_",
            "_x004",
            "é_x0041_é",
            "\u{FFFE}\u{FFFF}\u{FEFF}",
            "\r\n",
            "株式会社 🦀",
            "_x0001_\u{1}",
            "=1+1",
            "",
        ]
        .map(str::to_owned)
        .into();
        texts.extend((0..0x30).filter_map(char::from_u32).map(|character| format!("a{character}b")));
        for text in texts {
            let mut workbook = Workbook::new();
            let format = Format::new().set_num_format("@");
            let sheet = workbook.add_worksheet_with_constant_memory().expect("a sheet");
            sheet.write_string_with_format(1, 0, &text, &format).expect("written");
            let theirs = first_cell(workbook.save_to_buffer().expect("saved"));
            let ours = first_cell(written(ExportFormat::Xlsx, &[ExportColumn::DisplayName], &[named(&text)]));
            assert_eq!(ours, theirs, "{text:?}");
        }
    }

    #[test]
    fn a_cell_is_cut_where_excel_ends_and_never_inside_a_character() {
        let sheet = sheet(&[named(&"🦀".repeat(16_384)), named(&"x".repeat(CELL_UNITS_MAX)), named("short")]);
        assert_eq!(sheet.get_value((1, 2)), Some(&Data::String("🦀".repeat(16_383))));
        assert_eq!(sheet.get_value((2, 2)), Some(&Data::String("x".repeat(CELL_UNITS_MAX))));
        assert_eq!(sheet.get_value((3, 2)), Some(&Data::String("short".to_owned())));
    }

    #[test]
    fn the_number_of_cells_that_were_cut_is_told() {
        let cut = |rows: &[ExportRow]| {
            let mut writer =
                row_writer(ExportFormat::Xlsx, &ALL_COLUMNS, Box::new(io::sink())).expect("started");
            rows.iter().for_each(|row| writer.write_row(row).expect("written"));
            writer.finish().expect("finished")
        };
        assert_eq!(cut(&[named(&"x".repeat(CELL_UNITS_MAX)), row("acme")]), 0);
        assert_eq!(
            cut(&[named(&"x".repeat(CELL_UNITS_MAX + 1)), row("acme"), named(&"🦀".repeat(20_000))]),
            2
        );
    }

    #[test]
    fn ids_and_names_are_cells_of_text() {
        let mut digits = row("mar-1");
        digits.organization.id = "650000000000000000000e23".parse().expect("an id");
        let bytes = written(ExportFormat::Xlsx, &[ExportColumn::Id, ExportColumn::Name], &[digits]);
        let mut workbook: Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(&bytes)).expect("a spreadsheet");
        let sheet = workbook.worksheet_range("Organizations").expect("the sheet");
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("650000000000000000000e23".to_owned())));
        assert_eq!(sheet.get_value((1, 1)), Some(&Data::String("mar-1".to_owned())));
        let styles = workbook.worksheet_style("Organizations").expect("styles");
        for column in [0, 1] {
            let format = styles.get((1, column)).and_then(|style| style.number_format.as_ref());
            assert_eq!(
                format.map(|format| format.format_code.as_str()),
                Some("@"),
                "an edit in a cell of no type makes a number or a date of it"
            );
        }
    }

    #[test]
    fn a_moment_that_excel_does_not_know_is_text() {
        let mut old = row("old");
        old.organization.created_at = StoredDate::from_milliseconds(-40_000 * 86_400_000);
        let mut far = row("far");
        far.organization.created_at = StoredDate::from_milliseconds(253_402_300_800_000);
        let sheet = sheet(&[old, far]);
        let text = |text: &str| Data::String(text.to_owned());
        assert_eq!(sheet.get_value((1, 6)), Some(&text("1860-06-26T00:00:00.000Z")));
        assert_eq!(sheet.get_value((2, 6)), Some(&text("+010000-01-01T00:00:00.000Z")));
    }

    #[test]
    fn a_date_that_is_not_known_is_an_empty_cell() {
        let mut row = row("dateless");
        row.organization.created_at = StoredDate::UNKNOWN;
        let sheet = sheet(&[row]);
        assert!(matches!(sheet.get_value((1, 6)), None | Some(Data::Empty)), "and not 1970");
        assert!(matches!(sheet.get_value((1, 7)), Some(Data::DateTime(_))), "the other date stays");
    }

    #[test]
    fn many_rows_come_out_in_order() {
        let rows: Vec<_> = (0..3_000).map(|number| row(&format!("organization-{number}"))).collect();
        let sheet = sheet(&rows);
        assert_eq!(sheet.height(), 3_001);
        assert_eq!(sheet.get_value((3_000, 1)), Some(&Data::String("organization-2999".to_owned())));
    }

    #[test]
    fn a_row_more_than_a_sheet_holds_is_refused() {
        let mut writer =
            XlsxWriter::start(vec![ExportColumn::Id], Output::new(Box::new(io::sink()))).expect("started");
        writer.rows = u32::try_from(XLSX_ROWS_MAX).expect("fits");
        let error = writer.write_row(&row("acme")).expect_err("the row must be refused");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_full_disk_is_told_as_such() {
        let mut writer =
            row_writer(ExportFormat::Xlsx, &ALL_COLUMNS, Box::new(Full)).expect("nothing written yet");
        writer.write_row(&row("acme")).expect("the temporary file takes it");
        assert_eq!(writer.finish().expect_err("the disk is full").kind(), io::ErrorKind::StorageFull);
    }
}
