/** A text that must be typed exactly, and a pause afterwards in which the act can be thought over. */
export class TypedConfirmation {
  #typed = $state("");
  #secondsLeft = $state(0);
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #expected: string;
  readonly #holdOffSeconds: number;

  constructor(expected: string, holdOffSeconds: number) {
    this.#expected = expected;
    this.#holdOffSeconds = holdOffSeconds;
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

  get isGiven(): boolean {
    return this.matches && this.#secondsLeft === 0;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
