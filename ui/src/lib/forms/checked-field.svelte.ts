import { fieldSentence, type FieldProblem } from "$lib/api";
import type { DraftField } from "./draft.svelte";

/** Rust is asked only after this pause, so that typing does not send one call per key. */
export const CHECK_IDLE_MILLISECONDS = 250;

/** Rules that further typing may not fix. */
const TAKEN: readonly FieldProblem["rule"][] = ["taken", "collection_taken"];

export type CheckAnswer = { valid: boolean; available?: boolean | null; problems: FieldProblem[] };

export type FieldOptions<Answer extends CheckAnswer> = {
  /** Checks the text while it is typed. */
  check?: (value: string) => Promise<Answer>;
  /** The existing value: it needs no check. */
  initial?: string | undefined;
  /** Why an empty field blocks; without it, the field can stay empty. */
  missing?: () => string;
  /** Why a refused value blocks; without it, only the act itself decides. */
  refused?: () => string;
};

/**
 * A text field whose rules are in Rust: the typed text, the latest answer about exactly that text, and the problem
 * that a refused command left on it.
 */
export class CheckedField<Answer extends CheckAnswer = CheckAnswer> implements DraftField {
  #value = $state("");
  #left = $state(false);
  #checking = $state(false);
  #answer = $state.raw<Answer | null>(null);
  #refusal = $state<string | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #question = 0;
  readonly #options: FieldOptions<Answer>;

  constructor(options: FieldOptions<Answer> = {}) {
    this.#options = options;
    this.#value = options.initial ?? "";
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value === this.#value) return;
    this.#value = value;
    this.#refusal = null;
    this.#forget();
    if (!this.#options.check || value === "" || !this.isChanged) return;
    this.#checking = true;
    this.#timer = setTimeout(() => void this.#ask(), CHECK_IDLE_MILLISECONDS);
  }

  /** The answer about the current text; null while there is none. */
  get answer(): Answer | null {
    return this.#answer;
  }

  /** Whether the person has left it since the last typing. */
  get wasLeft(): boolean {
    return this.#left;
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  get isChanged(): boolean {
    return this.#value !== (this.#options.initial ?? "");
  }

  /** Whether the current text is known to be refused, shown or not. */
  get isRefused(): boolean {
    return this.#refusal !== null || this.#answer?.valid === false || this.#answer?.available === false;
  }

  /** Whether it is allowed and free, as far as the answer goes. */
  get isGood(): boolean {
    return !this.isRefused && this.#answer?.valid === true;
  }

  get blocked(): string | null {
    const { missing, refused } = this.#options;
    if (this.isEmpty && missing) return missing();
    return this.isRefused && refused ? refused() : null;
  }

  /**
   * The problem to show below the field. A person who is still typing does not see that the text is too short: before
   * they leave the field only a taken name or address is shown, which further typing may not fix.
   */
  get shownProblem(): string | null {
    if (this.#refusal !== null) return this.#refusal;
    const shown = this.#answer?.problems.find(({ rule }) => this.wasLeft || TAKEN.includes(rule));
    return shown ? fieldSentence(shown) : null;
  }

  /** The mark at the end of the field. */
  get mark(): "pending" | "good" | "bad" | null {
    if (this.#checking) return "pending";
    if (this.isGood) return "good";
    return this.shownProblem === null ? null : "bad";
  }

  leave(): void {
    if (this.isChanged) this.#left = true;
  }

  /** Shows a command's refusal of this field until the text changes. */
  refuse(problem: string | null): void {
    this.#refusal = problem;
  }

  dispose(): void {
    this.#forget();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#question += 1;
    this.#answer = null;
    this.#checking = false;
  }

  async #ask(): Promise<void> {
    const question = this.#question;
    try {
      const answer = await this.#options.check?.(this.#value);
      if (question === this.#question) this.#answer = answer ?? null;
    } catch {
      // A failed check says nothing about the text: the command itself decides on submit.
    } finally {
      if (question === this.#question) this.#checking = false;
    }
  }
}
