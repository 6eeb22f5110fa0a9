import type { FileKind, FileNotWritten, FileReason } from "../bindings";
import { m } from "../messages";
import type { Sentences } from "./errors";

const titles: Record<FileReason, () => string> = {
  full: m.errors_file_full_title,
  denied: m.errors_file_denied_title,
  exists: m.errors_file_exists_title,
  missing: m.errors_file_missing_title,
  busy: m.errors_file_busy_title,
  too_many_rows: m.errors_file_too_many_rows_title,
  other: m.errors_file_other_title,
};

/** What became of the file, and of what was to be written into it. */
const fates: Record<FileKind, (inputs: { path: string }) => string> = {
  export: m.errors_file_export_text,
  workspace: m.errors_file_workspace_text,
  secrets: m.errors_file_secrets_text,
  profiles: m.errors_file_profiles_text,
};

/** What to do about a file that can go anywhere. */
const elsewhere: Record<FileReason, () => string> = {
  full: m.errors_file_full_remedy,
  denied: m.errors_file_denied_remedy,
  exists: m.errors_file_exists_remedy,
  missing: m.errors_file_missing_remedy,
  busy: m.errors_file_busy_remedy,
  too_many_rows: m.errors_file_too_many_rows_remedy,
  other: m.errors_file_other_remedy,
};

/** What to do about one of the program's own files, which has its place. */
const inPlace: Record<FileReason, () => string> = {
  full: m.errors_own_file_full_remedy,
  denied: m.errors_own_file_denied_remedy,
  exists: m.errors_own_file_exists_remedy,
  missing: m.errors_own_file_missing_remedy,
  busy: m.errors_file_busy_remedy,
  too_many_rows: m.errors_own_file_other_remedy,
  other: m.errors_own_file_other_remedy,
};

/** The sentences for a file that was not written. */
export function fileSentences({ what, path, reason }: FileNotWritten): Sentences {
  const remedies = what === "export" ? elsewhere : inPlace;
  return { title: titles[reason](), text: fates[what]({ path }), remedy: remedies[reason]() };
}
