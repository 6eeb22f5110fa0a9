use std::io::{self, Write};

use super::json::Line;
use super::{Column, Output, RowWriter};

/// One object per line, so that a reader needs no more than a line at a time.
pub(super) struct NdjsonWriter<C> {
    output: Output,
    line: Line<C>,
}

impl<C: Column> NdjsonWriter<C> {
    pub(super) fn start(columns: &[C], output: Output) -> Self {
        Self { output, line: Line::of(columns) }
    }
}

impl<C: Column> RowWriter<C::Row> for NdjsonWriter<C> {
    fn write_row(&mut self, row: &C::Row) -> io::Result<()> {
        self.output.write_all(self.line.object(row)?)?;
        self.output.write_all(b"\n")
    }

    fn finish(mut self: Box<Self>) -> io::Result<u64> {
        self.output.flush()?;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::testing::{ALL_COLUMNS, row, written};
    use super::super::{ExportFormat, ExportRow};
    use crate::values::DisplayName;

    #[test]
    fn every_line_is_an_object_even_when_a_text_has_line_ends() {
        let mut odd = row("odd");
        odd.organization.display_name = Some(DisplayName::from_stored("two\r\nlines".to_owned()));
        let rows: Vec<ExportRow> = vec![row("acme"), odd];
        let text = String::from_utf8(written(ExportFormat::Ndjson, &ALL_COLUMNS, &rows)).expect("UTF-8");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["display_name"], "two\r\nlines");
    }
}
