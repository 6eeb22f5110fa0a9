import type { DraftField } from "$lib/forms";

/** One of several, which a person has to choose. */
export class ChoiceField<Value extends string = string> implements DraftField {
  #value = $state<Value | "">("");
  #left = $state(false);
  readonly #missing: () => string;

  constructor(missing: () => string) {
    this.#missing = missing;
  }

  get value(): Value | "" {
    return this.#value;
  }

  set value(value: Value | "") {
    this.#value = value;
  }

  get isChanged(): boolean {
    return this.#value !== "";
  }

  get blocked(): string | null {
    return this.#value === "" ? this.#missing() : null;
  }

  get shownProblem(): string | null {
    return this.#left ? this.blocked : null;
  }

  leave(): void {
    this.#left = true;
  }
}
