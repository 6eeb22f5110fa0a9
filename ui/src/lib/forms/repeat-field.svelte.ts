import { CheckedField } from "./checked-field.svelte";

/** The same text again. A difference is shown when the person has left it. */
export class RepeatField extends CheckedField {
  readonly #of: { readonly value: string };
  readonly #differs: () => string;

  constructor(of: { readonly value: string }, differs: () => string, missing?: () => string) {
    super(missing ? { missing } : {});
    this.#of = of;
    this.#differs = differs;
  }

  override get blocked(): string | null {
    return super.blocked ?? (this.value === this.#of.value ? null : this.#differs());
  }

  override get shownProblem(): string | null {
    return this.wasLeft && !this.isEmpty ? this.blocked : null;
  }
}
