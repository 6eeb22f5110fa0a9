import type { Unavailable, UnavailableReason } from "../bindings";
import { m } from "../messages";
import type { Sentences } from "./errors";

const titles: Record<UnavailableReason, () => string> = {
  server: m.errors_unavailable_title,
  took_too_long: m.errors_took_too_long_title,
  file_busy: m.errors_file_busy_title,
  file_missing: m.errors_workspace_file_missing_title,
  file_refused: m.errors_workspace_file_refused_title,
  keychain: m.errors_keychain_title,
};

const remedies: Record<UnavailableReason, () => string> = {
  server: m.errors_unavailable_remedy,
  took_too_long: m.errors_took_too_long_remedy,
  file_busy: m.errors_file_busy_remedy,
  file_missing: m.errors_workspace_file_missing_remedy,
  file_refused: m.errors_own_file_other_remedy,
  keychain: m.errors_keychain_remedy,
};

function text({ reason, path }: Unavailable, message: string): string {
  switch (reason) {
    case "took_too_long":
      return m.errors_took_too_long_text();
    case "file_busy":
    case "file_missing":
    case "file_refused":
      return m.errors_workspace_file_text({ path: path ?? "" });
    case "keychain":
      return m.errors_keychain_text();
    // Which part of the network did what: names and numbers, for those who know their way.
    case "server":
      return message;
  }
}

/** The sentences for a server, file or keychain out of reach. */
export function unavailableSentences(details: Unavailable, message: string): Sentences {
  const { reason } = details;
  return { title: titles[reason](), text: text(details, message), remedy: remedies[reason]() };
}
