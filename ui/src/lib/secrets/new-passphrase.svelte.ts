import { LIMITS } from "../api";
import { CheckedField, RepeatField } from "../forms";
import { m } from "../messages";

/** A new passphrase, typed twice. */
export class NewPassphrase extends CheckedField {
  readonly repeat = new RepeatField(this, m.secrets_passphrase_differs);

  override get blocked(): string | null {
    // Rust refuses a shorter one as well.
    if (this.value.length < LIMITS.passphraseMin)
      return m.secrets_passphrase_short({ count: LIMITS.passphraseMin });
    return this.repeat.blocked;
  }
}
