use std::io::{self, Write};

use super::{Cell, Column, Output, RowWriter, iso_8601};

/// One array, object by object, each on its own line.
pub(super) struct JsonWriter<C> {
    output: Output,
    is_empty: bool,
    line: Line<C>,
}

impl<C: Column> JsonWriter<C> {
    pub(super) fn start(columns: &[C], mut output: Output) -> io::Result<Self> {
        output.write_all(b"[")?;
        let line = Line::of(columns);
        Ok(Self { output, is_empty: true, line })
    }
}

impl<C: Column> RowWriter<C::Row> for JsonWriter<C> {
    fn write_row(&mut self, row: &C::Row) -> io::Result<()> {
        self.output.write_all(if self.is_empty { b"\n" } else { b",\n" })?;
        self.is_empty = false;
        self.output.write_all(self.line.object(row)?)
    }

    fn finish(mut self: Box<Self>) -> io::Result<u64> {
        self.output.write_all(if self.is_empty { b"]\n" } else { b"\n]\n" })?;
        self.output.flush()?;
        Ok(0)
    }
}

/// Turns rows into objects of one line: text, numbers, and `null` for unknown values.
pub(super) struct Line<C> {
    /// The columns, each with what stands before its value.
    columns: Vec<(C, String)>,
    object: Vec<u8>,
    made: String,
}

impl<C: Column> Line<C> {
    pub(super) fn of(columns: &[C]) -> Self {
        let key = |(index, column): (usize, &C)| {
            let before = if index > 0 { ',' } else { '{' };
            // A header has no character that JSON escapes.
            (*column, format!("{before}\"{}\":", column.header()))
        };
        let columns = columns.iter().enumerate().map(key).collect();
        Self { columns, object: Vec::new(), made: String::new() }
    }

    pub(super) fn object(&mut self, row: &C::Row) -> io::Result<&[u8]> {
        let Self { columns, object, made } = self;
        object.clear();
        for (column, key) in &*columns {
            object.extend_from_slice(key.as_bytes());
            match column.cell(row, made) {
                Cell::Text(text) => serde_json::to_writer(&mut *object, text)?,
                Cell::Moment(moment) => serde_json::to_writer(&mut *object, &iso_8601(moment))?,
                Cell::Number(number) => serde_json::to_writer(&mut *object, &number)?,
                Cell::Empty => object.extend_from_slice(b"null"),
            }
        }
        object.extend_from_slice(if columns.is_empty() { b"{}" } else { b"}" });
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{ALL_COLUMNS, row, written};
    use super::super::{ExportColumn, ExportFormat};
    use crate::values::DisplayName;

    #[test]
    fn no_rows_are_an_empty_array() {
        let bytes = written(ExportFormat::Json, &ALL_COLUMNS, &[]);
        assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), json!([]));
    }

    #[test]
    fn rows_are_objects_with_typed_values_in_one_array() {
        let mut odd = row("odd");
        odd.organization.display_name = Some(DisplayName::from_stored("=1+1 \"x\"\n\u{0}组".to_owned()));
        let bytes = written(ExportFormat::Json, &ALL_COLUMNS, &[row("acme"), odd]);
        let rows: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(
            rows[0],
            json!({
                "organization_id": "000000000000000000000007",
                "organization_name": "acme",
                "display_name": null,
                "status": "active",
                "admin_email": "admin@acme.example",
                "collection_name": "org_acme",
                "created_at": "2026-03-05T09:30:00.250Z",
                "updated_at": "2026-03-06T00:00:00.000Z",
                "documents": 12,
                "data_size": null,
            })
        );
        assert_eq!(
            rows[1]["display_name"], "=1+1 \"x\"\n\u{0}组",
            "JSON has no formulas: text stays as it is"
        );
    }

    #[test]
    fn columns_keep_the_order_that_was_asked_for() {
        let columns = [ExportColumn::Status, ExportColumn::Id];
        let text = String::from_utf8(written(ExportFormat::Json, &columns, &[row("acme")])).expect("UTF-8");
        assert_eq!(text, "[\n{\"status\":\"active\",\"organization_id\":\"000000000000000000000007\"}\n]\n");
    }
}
