import type { PasswordCheck } from "$lib/api";
import { m } from "$lib/messages";
import type { DraftField } from "./draft.svelte";
import { generatePassword } from "./generate-password";

export type PasswordRule = keyof PasswordCheck;
export type RuleState = "pending" | "met" | "unmet";

export const PASSWORD_RULES: PasswordRule[] = ["length", "upper", "lower", "digit", "bytes"];

/** A new password while it is typed. Rust checks its rules on every key. */
export class PasswordDraft implements DraftField {
  shown = $state(false);
  generated = $state(false);
  #value = $state("");
  #left = $state(false);
  #check = $state.raw<PasswordCheck | null>(null);
  #refusal = $state<string | null>(null);
  #question = 0;
  #asking = $state(false);
  readonly #ask: (password: string) => Promise<PasswordCheck>;
  readonly #missing: (() => string) | undefined;

  /** `missing` says why an empty password blocks; without it, it can stay empty. */
  constructor(ask: (password: string) => Promise<PasswordCheck>, missing?: () => string) {
    this.#ask = ask;
    this.#missing = missing;
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value === this.#value) return;
    this.#value = value;
    this.generated = false;
    this.#refusal = null;
    this.#question += 1;
    this.#asking = value !== "";
    if (value === "") this.#check = null;
    else void this.#refresh();
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  get brokenRules(): PasswordRule[] {
    const check = this.#check;
    return check ? PASSWORD_RULES.filter((rule) => !check[rule]) : [];
  }

  get isChanged(): boolean {
    return !this.isEmpty;
  }

  get blocked(): string | null {
    if (this.isEmpty) return this.#missing?.() ?? null;
    // A fast typist is not held up by an answer on its way: the act itself decides.
    const broken = !this.#asking && this.brokenRules.length > 0;
    return this.#refusal !== null || broken ? m.dialogs_password_refused() : null;
  }

  /** A command's refusal. */
  get shownProblem(): string | null {
    return this.#refusal;
  }

  /** Whether the field itself is drawn as wrong: only once the person has left it. */
  get isShownAsWrong(): boolean {
    return this.#refusal !== null || (this.#left && this.brokenRules.length > 0);
  }

  stateOf(rule: PasswordRule): RuleState {
    if (!this.#check) return "pending";
    if (this.#check[rule]) return "met";
    return this.#left ? "unmet" : "pending";
  }

  leave(): void {
    if (!this.isEmpty) this.#left = true;
  }

  refuse(problem: string): void {
    this.#refusal = problem;
  }

  /** Puts a new random password that the rules accept into the field, and shows it: nobody else will. */
  async generate(): Promise<void> {
    this.value = await generatePassword(this.#ask);
    this.generated = true;
    this.shown = true;
  }

  async #refresh(): Promise<void> {
    const question = this.#question;
    try {
      const check = await this.#ask(this.#value);
      if (question === this.#question) this.#check = check;
    } catch {
      // Without an answer the rules stay undecided; the command itself decides on submit.
      if (question === this.#question) this.#check = null;
    } finally {
      if (question === this.#question) this.#asking = false;
    }
  }
}
