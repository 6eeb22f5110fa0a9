import { m } from "$lib/messages";
import type { DraftField } from "./draft.svelte";

/** A text that must be typed exactly, followed by a pause to think the act over. */
export class TypedConfirmation implements DraftField {
  #typed = $state("");
  #secondsLeft = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #expected: string;
  readonly #holdOffSeconds: number;
  readonly #missing: () => string;
  readonly isChanged = false;

  /** `missing` says what to type. */
  constructor(expected: string, holdOffSeconds: number, missing: () => string) {
    this.#expected = expected;
    this.#holdOffSeconds = holdOffSeconds;
    this.#missing = missing;
  }

  get expected(): string {
    return this.#expected;
  }

  get typed(): string {
    return this.#typed;
  }

  set typed(typed: string) {
    this.#typed = typed;
    clearInterval(this.#timer);
    this.#secondsLeft = this.matches ? this.#holdOffSeconds : 0;
    if (this.#secondsLeft === 0) return;
    this.#timer = setInterval(() => {
      this.#secondsLeft -= 1;
      if (this.#secondsLeft <= 0) clearInterval(this.#timer);
    }, 1000);
  }

  get matches(): boolean {
    return this.#typed === this.#expected;
  }

  get secondsLeft(): number {
    return this.#secondsLeft;
  }

  get blocked(): string | null {
    if (!this.matches) return this.#missing();
    return this.#secondsLeft > 0 ? m.dialogs_delete_wait({ seconds: this.#secondsLeft }) : null;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
