import { fieldSentence, type FieldProblem, type PasswordCheck } from "$lib/api";
import { generatePassword } from "./generate-password";

export type PasswordRule = keyof PasswordCheck;
export type RuleState = "pending" | "met" | "unmet";

export const PASSWORD_RULES: PasswordRule[] = ["length", "upper", "lower", "digit", "bytes"];

/** A new password while it is typed. The rules are asked of Rust on every key; only their answer is kept. */
export class PasswordDraft {
  shown = $state(false);
  generated = $state(false);
  #value = $state("");
  #left = $state(false);
  #check = $state.raw<PasswordCheck | null>(null);
  #refusals = $state.raw<FieldProblem[]>([]);
  #question = 0;
  readonly #ask: (password: string) => Promise<PasswordCheck>;

  constructor(ask: (password: string) => Promise<PasswordCheck>) {
    this.#ask = ask;
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value === this.#value) return;
    this.#value = value;
    this.generated = false;
    this.#refusals = [];
    this.#question += 1;
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

  get isRefused(): boolean {
    return this.#refusals.length > 0 || this.brokenRules.length > 0;
  }

  get shownProblem(): string | null {
    const refused = this.#refusals[0];
    return refused ? fieldSentence(refused) : null;
  }

  /** Whether the field itself is drawn as wrong: only once the person has left it. */
  get isShownAsWrong(): boolean {
    return this.#refusals.length > 0 || (this.#left && this.brokenRules.length > 0);
  }

  stateOf(rule: PasswordRule): RuleState {
    if (!this.#check) return "pending";
    if (this.#check[rule]) return "met";
    return this.#left ? "unmet" : "pending";
  }

  leave(): void {
    if (!this.isEmpty) this.#left = true;
  }

  refuse(problems: FieldProblem[]): void {
    this.#refusals = problems;
  }

  /** Puts a fresh random password that the rules accept into the field, and shows it: nobody else will. */
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
    }
  }
}
