use std::io::{self, Write};

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::{Cell, ExportColumn, ExportRow, Output, RowWriter, iso_8601};
use crate::values::StoredDate;

/// Rows of one sheet below the headers: Excel's 1,048,576 less one.
pub const XLSX_ROWS_MAX: u64 = 1_048_575;

/// Characters that Excel takes in one cell.
const CELL_CHARACTERS_MAX: usize = 32_767;

/// A spreadsheet with one sheet.
///
/// The rows go through a temporary file without a name, so memory does not grow with them; text stands in the cells
/// and not in a table of shared texts, which would grow.
pub(super) struct XlsxWriter {
    columns: Vec<ExportColumn>,
    output: Output,
    workbook: Workbook,
    moments: Format,
    /// Rows written below the headers.
    rows: u32,
}

impl XlsxWriter {
    pub(super) fn start(columns: Vec<ExportColumn>, output: Output) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let moments = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(io_error)?;
        sheet.set_name("Organizations").map_err(io_error)?;
        sheet.set_freeze_panes(1, 0).map_err(io_error)?;
        for (number, column) in (0u16..).zip(&columns) {
            sheet.set_column_width(number, width(*column)).map_err(io_error)?;
            sheet.write_string_with_format(0, number, column.header(), &bold).map_err(io_error)?;
        }
        Ok(Self { columns, output, workbook, moments, rows: 0 })
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
            match row.cell(*column) {
                Cell::Text(text) => write_text(sheet, self.rows, number, text)?,
                Cell::OwnText(text) => write_text(sheet, self.rows, number, &text)?,
                Cell::Moment(moment) => match serial_day(moment) {
                    Some(day) => {
                        sheet
                            .write_number_with_format(self.rows, number, day, &self.moments)
                            .map_err(io_error)?;
                    }
                    None => write_text(sheet, self.rows, number, &iso_8601(moment))?,
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

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.workbook.save_to_writer(&mut self.output).map_err(io_error)?;
        self.output.flush()
    }
}

/// Writes text as text: what starts with `=` is no formula here. What Excel would refuse to open is cut.
fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> io::Result<()> {
    match text.char_indices().nth(CELL_CHARACTERS_MAX) {
        None => sheet.write_string(row, column, text),
        Some((end, _)) => sheet.write_string(row, column, &text[..end]),
    }
    .map_err(io_error)?;
    Ok(())
}

/// A date as Excel counts it: days since 1899-12-30, UTC. `None` before March 1900, where Excel has a day too many,
/// and after 9999, where it ends.
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

/// The operating system's answer inside the library's error, where there is one: whether the disk is full is for the
/// person to know.
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
        let long = "x".repeat(CELL_CHARACTERS_MAX + 5);
        let sheet = sheet(&[named("a\u{1}b <&> \"c\""), named(&long)]);
        assert!(sheet.get_value((1, 2)).is_some_and(|cell| cell.to_string().contains("<&>")));
        assert_eq!(sheet.get_value((2, 2)), Some(&Data::String("x".repeat(CELL_CHARACTERS_MAX))));
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
