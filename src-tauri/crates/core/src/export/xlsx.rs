use std::io::{self, Write};

use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::{Cell, ExportColumn, ExportRow, Output, RowWriter, iso_8601};
use crate::values::StoredDate;

/// Rows of one sheet below the headers: Excel's 1,048,576 less one.
pub const XLSX_ROWS_MAX: u64 = 1_048_575;

/// UTF-16 units that Excel accepts in one cell. It refuses to open a file with more.
const CELL_UNITS_MAX: usize = 32_767;

/// A spreadsheet with one sheet.
///
/// The rows go through an unnamed temporary file, so memory does not grow with them. Text is in the cells, not in a
/// table of shared strings, which would grow.
pub(super) struct XlsxWriter {
    columns: Vec<ExportColumn>,
    output: Output,
    workbook: Workbook,
    moments: Format,
    /// Marks a cell as text: Excel then leaves an id of digits or a name like `mar-1` alone, even if a person edits the
    /// cell.
    text: Format,
    /// Rows written below the headers.
    rows: u32,
    /// Cells whose text did not fit.
    cut: u64,
}

impl XlsxWriter {
    pub(super) fn start(columns: Vec<ExportColumn>, output: Output) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let moments = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let text = Format::new().set_num_format("@");
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(io_error)?;
        sheet.set_name("Organizations").map_err(io_error)?;
        sheet.set_freeze_panes(1, 0).map_err(io_error)?;
        for (number, column) in (0u16..).zip(&columns) {
            sheet.set_column_width(number, width(*column)).map_err(io_error)?;
            sheet.write_string_with_format(0, number, column.header(), &bold).map_err(io_error)?;
        }
        Ok(Self { columns, output, workbook, moments, text, rows: 0, cut: 0 })
    }
}

impl RowWriter for XlsxWriter {
    fn write_row(&mut self, row: &ExportRow) -> io::Result<()> {
        if u64::from(self.rows) >= XLSX_ROWS_MAX {
            let message = format!("a spreadsheet holds at most {XLSX_ROWS_MAX} organizations");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        self.rows += 1;
        let sheet = self.workbook.worksheet_from_index(0).map_err(io_error)?;
        for (number, column) in (0u16..).zip(&self.columns) {
            let mut write_text = |text: &str| -> io::Result<()> {
                let fitting = fitting(text);
                self.cut += u64::from(fitting.len() < text.len());
                sheet
                    .write_string_with_format(self.rows, number, fitting, &self.text)
                    .map_err(io_error)
                    .map(|_| ())
            };
            match row.cell(*column) {
                Cell::Text(text) => write_text(text)?,
                Cell::OwnText(text) => write_text(&text)?,
                Cell::Moment(moment) => match serial_day(moment) {
                    Some(day) => {
                        sheet
                            .write_number_with_format(self.rows, number, day, &self.moments)
                            .map_err(io_error)?;
                    }
                    None => write_text(&iso_8601(moment))?,
                },
                Cell::Number(value) => {
                    // Excel's numbers are doubles: exact up to 2^53.
                    sheet.write_number(self.rows, number, value as f64).map_err(io_error)?;
                }
                Cell::Empty => {}
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<u64> {
        self.workbook.save_to_writer(&mut self.output).map_err(io_error)?;
        self.output.flush()?;
        Ok(self.cut)
    }
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

fn width(column: ExportColumn) -> u16 {
    match column {
        ExportColumn::Status | ExportColumn::Documents | ExportColumn::DataSize => 12,
        ExportColumn::CreatedAt | ExportColumn::UpdatedAt => 20,
        ExportColumn::Id => 26,
        ExportColumn::Name
        | ExportColumn::DisplayName
        | ExportColumn::AdminEmail
        | ExportColumn::CollectionName => 32,
    }
}

/// The operating system's error inside the library's, if any: the person needs to know whether the disk is full.
fn io_error(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        XlsxError::TempFileError(_, error) => io::Error::new(error.kind(), "the temporary file was refused"),
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
