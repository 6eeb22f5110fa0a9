import type { DraftField } from "$lib/forms";

/**
 * A stored value and what a person makes of it. If somebody else changes what is stored, what was typed stays; what
 * was left alone follows.
 */
export class SettingField<Value extends string | boolean = string> implements DraftField {
  #value = $state() as Value;
  #stored = $state() as Value;
  #elsewhere = $state(false);
  #left = $state(false);
  #refusal = $state<string | null>(null);
  readonly #check: (value: Value) => string | null;

  /** `check` tells what is wrong with a value. */
  constructor(stored: Value, check: (value: Value) => string | null = () => null) {
    this.#value = this.#stored = stored;
    this.#check = check;
  }

  get value(): Value {
    return this.#value;
  }

  set value(value: Value) {
    this.#value = value;
    this.#refusal = null;
  }

  get stored(): Value {
    return this.#stored;
  }

  get isChanged(): boolean {
    return this.#value !== this.#stored;
  }

  get blocked(): string | null {
    return this.isChanged ? this.#check(this.#value) : null;
  }

  get shownProblem(): string | null {
    return this.#refusal ?? (this.#left ? this.blocked : null);
  }

  /** Whether somebody else changed it while something else was typed. */
  get changedElsewhere(): boolean {
    return this.#elsewhere && this.isChanged;
  }

  leave(): void {
    this.#left = true;
  }

  refuse(problem: string): void {
    this.#refusal = problem;
  }

  /** Takes what is stored now. */
  meet(stored: Value): void {
    if (stored === this.#stored) return;
    if (this.isChanged) this.#elsewhere = true;
    else this.#value = stored;
    this.#stored = stored;
  }

  /** Forgets what was typed. */
  reset(): void {
    this.value = this.#stored;
    this.#elsewhere = false;
    this.#left = false;
  }
}
