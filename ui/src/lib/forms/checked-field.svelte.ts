import { fieldSentence, type FieldProblem } from "$lib/api";

/** A question is asked only after this much quiet, so that typing does not send one call per key. */
export const CHECK_IDLE_MILLISECONDS = 250;

/** What going on typing may not mend. */
const TAKEN: readonly FieldProblem["rule"][] = ["taken", "collection_taken"];

export type CheckAnswer = { valid: boolean; available?: boolean | null; problems: FieldProblem[] };

/**
 * One text field whose rules live in Rust: what is typed, the latest answer about exactly that text,
 * and the problems a refused command left on it.
 */
export class CheckedField<Answer extends CheckAnswer> {
  #value = $state("");
  #left = $state(false);
  #checking = $state(false);
  #answer = $state.raw<Answer | null>(null);
  #refusals = $state.raw<FieldProblem[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #question = 0;
  readonly #check: (value: string) => Promise<Answer>;
  readonly #unchanged: string | null;

  /** `unchanged` is a value that needs no check: the one the organization has already. */
  constructor(check: (value: string) => Promise<Answer>, initial = "", unchanged: string | null = null) {
    this.#check = check;
    this.#value = initial;
    this.#unchanged = unchanged;
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value === this.#value) return;
    this.#value = value;
    this.#refusals = [];
    this.#forget();
    if (value === "" || value === this.#unchanged) return;
    this.#checking = true;
    this.#timer = setTimeout(() => void this.#ask(), CHECK_IDLE_MILLISECONDS);
  }

  get checking(): boolean {
    return this.#checking;
  }

  /** The answer about the text as it stands; null while none has come. */
  get answer(): Answer | null {
    return this.#answer;
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  get isChanged(): boolean {
    return this.#value !== (this.#unchanged ?? "");
  }

  /** Known to be refused as it stands, whether or not it is shown yet. */
  get isRefused(): boolean {
    return this.#refusals.length > 0 || this.#answer?.valid === false || this.#answer?.available === false;
  }

  /** Allowed and free as far as the answer goes. */
  get isGood(): boolean {
    return this.#refusals.length === 0 && this.#answer?.valid === true && this.#answer.available !== false;
  }

  /**
   * What to show under the field. Somebody who is still typing is not told that the text is too short:
   * until they leave the field only a taken name or address is shown, as going on typing may not mend it.
   */
  get shownProblem(): string | null {
    const problems = this.#answer?.problems ?? [];
    const shown = this.#refusals[0] ?? problems.find(({ rule }) => this.#left || TAKEN.includes(rule));
    return shown ? fieldSentence(shown) : null;
  }

  leave(): void {
    if (this.isChanged) this.#left = true;
  }

  /** Takes what a command refused about this field; it stands until the text changes. */
  refuse(problems: FieldProblem[]): void {
    this.#refusals = problems;
  }

  /** Asks once more about the same text, for when the world behind the answer has changed. */
  recheck(): void {
    this.#forget();
    this.#checking = true;
    void this.#ask();
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
      const answer = await this.#check(this.#value);
      if (question === this.#question) this.#answer = answer;
    } catch {
      // A check that could not be made says nothing about the text: the command itself decides on submit.
    } finally {
      if (question === this.#question) this.#checking = false;
    }
  }
}
