import { fieldSentence, type FieldProblem } from "$lib/api";

/** A text field without a live check: it shows what a command refused until the text changes. */
export class PlainField {
  #value = $state("");
  #refusals = $state.raw<FieldProblem[]>([]);
  readonly #initial: string;

  constructor(initial = "") {
    this.#initial = initial;
    this.#value = initial;
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    if (value === this.#value) return;
    this.#value = value;
    this.#refusals = [];
  }

  get isEmpty(): boolean {
    return this.#value === "";
  }

  get isChanged(): boolean {
    return this.#value !== this.#initial;
  }

  get isRefused(): boolean {
    return this.#refusals.length > 0;
  }

  get shownProblem(): string | null {
    const refused = this.#refusals[0];
    return refused ? fieldSentence(refused) : null;
  }

  refuse(problems: FieldProblem[]): void {
    this.#refusals = problems;
  }
}
