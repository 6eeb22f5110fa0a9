import {
  ApiError,
  explain,
  fieldSentence,
  LIMITS,
  type CellProblem,
  type ImportField,
  type ImportView,
  type ListKind,
  type ListProblem,
  type PasswordSource,
  type SkipReason,
  type WireError,
} from "$lib/api";
import { formatBytes, formatCount } from "$lib/format";
import { m } from "$lib/messages";
import type { Row } from "./source";

export const FIELDS = [
  "name",
  "displayName",
  "email",
  "password",
  "status",
] as const satisfies readonly ImportField[];

const FIELD_WORDS: Record<ImportField, () => string> = {
  name: m.import_field_name,
  displayName: m.import_field_display_name,
  email: m.import_field_email,
  password: m.import_field_password,
  status: m.import_field_status,
};

export const fieldWord = (field: ImportField): string => FIELD_WORDS[field]();

const SKIP_WORDS: Record<SkipReason, () => string> = {
  same: m.import_skip_same,
  exists: m.import_skip_exists,
  trashed: m.import_skip_trashed,
  left_out: m.import_skip_left_out,
};

const PASSWORD_WORDS: Record<PasswordSource, () => string> = {
  given: m.import_password_given,
  generated: m.import_password_generated,
  none: m.import_password_none,
};

export const passwordWord = ({ password }: Row): string => PASSWORD_WORDS[password]();

/** What is wrong with a cell. */
export function problemSentence({ field, rule, otherRow }: CellProblem): string {
  if (rule !== "twin" || otherRow === null) return fieldSentence({ field, rule });
  const row = formatCount(otherRow);
  return field === "name" ? m.import_twin_name({ row }) : m.import_twin_email({ row });
}

export function problemsOf({ plan }: Row): CellProblem[] {
  return plan.kind === "mend" ? plan.problems : [];
}

/** What is wrong with a cell of a row; null if nothing is. */
export function cellProblem(row: Row, field: ImportField): string | null {
  const found = problemsOf(row).filter((problem) => problem.field === field);
  return found.length === 0 ? null : found.map(problemSentence).join(" ");
}

export type Tone = "plain" | "muted" | "good" | "bad";

function planWords(row: Row): [string, Tone] {
  const { plan } = row;
  switch (plan.kind) {
    case "create":
      return [
        row.password === "generated" ? m.import_plan_create_generated() : m.import_plan_create(),
        "plain",
      ];
    case "change":
      return [m.import_plan_change({ fields: plan.fields.map(fieldWord).join(", ") }), "plain"];
    case "skip":
      return [SKIP_WORDS[plan.reason](), "muted"];
    case "mend": {
      const [first, ...others] = plan.problems;
      if (first === undefined) return ["", "bad"];
      const problem = m.import_problem({ field: fieldWord(first.field), problem: problemSentence(first) });
      if (others.length === 0) return [problem, "bad"];
      return [m.import_more_problems({ problem, more: formatCount(others.length) }), "bad"];
    }
  }
}

const reasonOf = (error: WireError): string => {
  const { title, text } = explain(error);
  return `${title}. ${text}`;
};

/** What becomes of a row, or became of it. */
export function outcomeOf(row: Row): [words: string, tone: Tone] {
  const { result } = row;
  switch (result?.kind) {
    case undefined:
      return planWords(row);
    case "created":
      return [m.import_result_created(), "good"];
    case "changed":
      return [m.import_result_changed(), "good"];
    case "not_deactivated":
      return [m.import_result_not_deactivated({ reason: reasonOf(result.error) }), "bad"];
    case "failed":
      return [m.import_result_failed({ reason: reasonOf(result.error) }), "bad"];
    case "not_tried":
      return [m.import_result_not_tried(), "muted"];
  }
}

/** The header of a column, or its number. */
export const headerWord = ({ headers }: ImportView, column: number): string =>
  headers[column] || m.import_column_unnamed({ number: formatCount(column + 1) });

const separators: Partial<Record<string, () => string>> = {
  ",": m.import_separator_comma,
  ";": m.import_separator_semicolon,
  "\t": m.import_separator_tab,
};

export function kindWords(kind: ListKind): string {
  switch (kind.kind) {
    case "csv": {
      const { separator, encoding } = kind;
      return m.import_kind_csv({
        separator: separators[separator]?.() ?? m.import_separator_other({ separator }),
        encoding: {
          utf8: m.import_encoding_utf8,
          utf16: m.import_encoding_utf16,
          windows1252: m.import_encoding_windows1252,
        }[encoding](),
      });
    }
    case "spreadsheet":
      return m.import_kind_spreadsheet();
    case "ndjson":
      return m.import_kind_ndjson();
    case "json":
      return m.import_kind_json();
  }
}

const LIST_PROBLEMS: Record<ListProblem, () => string> = {
  unreadable: m.import_problem_unreadable,
  empty: m.import_problem_empty,
  old_spreadsheet: m.import_problem_old_spreadsheet,
  other_kind: m.import_problem_other_kind,
  encoding: m.import_problem_encoding,
  damaged: m.import_problem_damaged,
  too_many_bytes: () =>
    m.import_problem_too_many_bytes({
      size: formatBytes(LIMITS.importBytesMax),
      unpacked: formatBytes(LIMITS.importUnpackedMax),
    }),
  too_many_rows: () => m.import_problem_too_many_rows({ most: formatCount(LIMITS.importRowsMax) }),
  too_many_columns: () => m.import_problem_too_many_columns({ most: formatCount(LIMITS.importColumnsMax) }),
  cell_too_long: () => m.import_problem_cell_too_long({ most: formatCount(LIMITS.importCellMax) }),
};

/** Why a file could not be read. */
export function refusalWords(problem: unknown): { title: string; text: string } {
  const { wire } = ApiError.from(problem);
  const { title, text, remedy } = explain(problem);
  if (wire.code !== "list_refused") return { title, text: `${text} ${remedy}` };
  const { problem: what, row } = wire.details;
  const where = row === null ? "" : ` ${m.import_problem_row({ row: formatCount(row) })}`;
  return { title: m.import_refused_title(), text: LIST_PROBLEMS[what]() + where };
}
