import type { ExportFormat } from "$lib/api";
import { m } from "$lib/messages";
import type { CsvChoice } from "./csv-choice.svelte";

export const EXPORT_FORMATS: { value: ExportFormat; label: string }[] = [
  { value: "csv", label: m.exports_format_csv() },
  { value: "json", label: m.exports_format_json() },
  { value: "ndjson", label: m.exports_format_ndjson() },
  { value: "xlsx", label: m.exports_format_xlsx() },
];

/** What the file looks like to the program that opens it. */
export function formatHint(format: ExportFormat): string {
  switch (format) {
    case "csv":
      return m.exports_format_csv_hint();
    case "json":
      return m.exports_format_json_hint();
    case "ndjson":
      return m.exports_format_ndjson_hint();
    case "xlsx":
      return m.exports_format_xlsx_hint();
  }
}

export const CSV_CHOICES: { value: CsvChoice; label: string }[] = [
  { value: "comma", label: m.exports_csv_comma() },
  { value: "semicolon", label: m.exports_csv_semicolon() },
  { value: "tab", label: m.exports_csv_tab() },
  { value: "excel", label: m.exports_csv_excel() },
];

/** Which program a CSV file is meant for. */
export function csvHint(choice: CsvChoice): string {
  switch (choice) {
    case "comma":
      return m.exports_csv_comma_hint();
    case "semicolon":
      return m.exports_csv_semicolon_hint();
    case "tab":
      return m.exports_csv_tab_hint();
    case "excel":
      return m.exports_csv_excel_hint();
  }
}
