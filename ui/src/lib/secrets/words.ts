import type { KeepingReason, MoveNote, SecretKeeper, SecretKeeping } from "../api";
import { m } from "../messages";

/** A place for secrets in words: its name, its meaning, and what "Remember the password" means with it. */
export interface KeeperWords {
  readonly name: string;
  readonly text: string;
  readonly remember: string;
}

export function keeperWords(keeping: SecretKeeping, keeper: SecretKeeper = keeping.keeper): KeeperWords {
  switch (keeper) {
    case "keychain":
      return {
        name: keeping.keychainName,
        text: m.secrets_keychain_text(),
        remember: m.secrets_keychain_remember({ name: keeping.keychainName }),
      };
    case "sealed_file":
      return {
        name: m.secrets_sealed_name(),
        text: m.secrets_sealed_text(),
        remember: m.secrets_sealed_remember(),
      };
    case "ask_every_time":
      return { name: m.secrets_ask_name(), text: m.secrets_ask_text(), remember: m.secrets_ask_remember() };
  }
}

const reasons: Record<KeepingReason, (inputs: { name: string }) => string> = {
  no_keychain: m.secrets_reason_no_keychain,
  no_service: m.secrets_reason_no_service,
  not_set_up: m.secrets_reason_not_set_up,
  keychain_locked: m.secrets_reason_keychain_locked,
  keychain_refused: m.secrets_reason_keychain_refused,
  keychain_silent: m.secrets_reason_keychain_silent,
  keychain_gone: m.secrets_reason_keychain_gone,
  file_gone: m.secrets_reason_file_gone,
  not_written: m.secrets_reason_not_written,
};

/** Why secrets are not where they should be; null if they are. */
export function keepingReason({ reason, keychainName }: SecretKeeping): string | null {
  return reason && reasons[reason]({ name: keychainName });
}

/** What a person should know about a move of secrets. */
export function moveNoteSentence(note: MoveNote): string {
  switch (note.kind) {
    case "left_in_keychain":
      return m.secrets_move_left_in_keychain();
    case "file_aside":
      return m.secrets_move_file_aside({ path: note.path });
    case "newer_in_file":
      return m.secrets_move_newer_in_file();
    case "not_emptied":
      return m.secrets_move_not_emptied();
  }
}
