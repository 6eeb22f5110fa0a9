import { LIMITS } from "$lib/api";
import type { DraftField } from "$lib/forms";
import { m } from "$lib/messages";
import { EXPIRY_UNITS, type ExpiryUnit } from "./index-words";

/** After how long an index lets the server delete documents, while a person chooses it. */
export class ExpiryField implements DraftField {
  on = $state(false);
  amount = $state("30");
  unit = $state<ExpiryUnit>("day");
  #refusal = $state<string | null>(null);

  /** Null while it deletes none, and for a number that is none. */
  get seconds(): number | null {
    const amount = this.amount.trim();
    if (!this.on || !/^\d{1,10}$/.test(amount)) return null;
    const seconds = Number(amount) * EXPIRY_UNITS[this.unit];
    return seconds <= LIMITS.expireAfterMax ? seconds : null;
  }

  get isChanged(): boolean {
    return this.on;
  }

  get problem(): string | null {
    return this.on && this.seconds === null ? m.doctor_expiry_range() : this.#refusal;
  }

  get blocked(): string | null {
    return this.on && this.seconds === null ? m.doctor_expiry_range() : null;
  }

  change(amount: string, unit: ExpiryUnit): void {
    this.#refusal = null;
    this.amount = amount;
    this.unit = unit;
  }

  refuse(problem: string): void {
    this.#refusal = problem;
  }
}
