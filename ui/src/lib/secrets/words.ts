import type { SecretKeeper, SecretKeeping } from "../api";
import { m } from "../messages";

/** A keeper of secrets in words: its name, what it means, and what remembering a password means with it. */
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
