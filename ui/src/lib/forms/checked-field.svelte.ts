import { fieldSentence, type FieldProblem } from "$lib/api";
import type { DraftField } from "./draft.svelte";

/** A question is asked only after this much quiet, so that typing does not send one call per key. */
export const CHECK_IDLE_MILLISECONDS = 250;

/** What going on typing may not mend. */
const TAKEN: readonly FieldProblem["rule"][] = ["taken", "collection_taken"];

export type CheckAnswer = { valid: boolean; available?: boolean | null; problems: FieldProblem[] };

export type FieldOptions<Answer extends CheckAnswer> = {
  /** Asks about what is typed, while it is typed. */
  check?: (value: string) => Promise<Answer>;
  /** The value that stands already: it needs no check. */
  initial?: string | undefined;
  /** Why an empty field blocks; without it, it may stay empty. */
  missing?: () => string;
  /** Why a refused value blocks; without it, only the act itself decides. */
  refused?: () => string;
};

/**
 * One text field whose rules live in Rust: what is typed, the latest answer about exactly that text,
 * and the problem a refused command left on it.
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

  /** The answer about the text as it stands; null while none has come. */
  get answer(): Answer | null {
    return this.#answer;
  }

  /** Whether the person has left it since something was typed. */
  get wasLeft(): boolean {
    return this.#left;
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  get isChanged(): boolean {
    return this.#value !== (this.#options.initial ?? "");
  }

  /** Known to be refused as it stands, whether or not it is shown yet. */
  get isRefused(): boolean {
    return this.#refusal !== null || this.#answer?.valid === false || this.#answer?.available === false;
  }

  /** Allowed and free as far as the answer goes. */
  get isGood(): boolean {
    return !this.isRefused && this.#answer?.valid === true;
  }

  get blocked(): string | null {
    const { missing, refused } = this.#options;
    if (this.isEmpty && missing) return missing();
    return this.isRefused && refused ? refused() : null;
  }

  /**
   * What to show under the field. Somebody who is still typing is not told that the text is too short:
   * until they leave the field only a taken name or address is shown, as going on typing may not mend it.
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

  /** Takes what a command refused about this field; it stands until the text changes. */
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
      // A check that could not be made says nothing about the text: the command itself decides on submit.
    } finally {
      if (question === this.#question) this.#checking = false;
    }
  }
}
