/** One answer to show, for the last question: late answers to earlier ones are dropped. */
export class Latest<Answer> {
  #value = $state.raw<Answer | null>(null);
  #failure = $state.raw<unknown>(null);
  #loading = $state(false);
  #question = 0;

  get value(): Answer | null {
    return this.#value;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get loading(): boolean {
    return this.#loading;
  }

  async load(ask: () => Promise<Answer>): Promise<void> {
    const question = ++this.#question;
    this.#loading = true;
    try {
      const answer = await ask();
      if (question !== this.#question) return;
      this.#value = answer;
      this.#failure = null;
    } catch (failure) {
      if (question !== this.#question) return;
      this.#value = null;
      this.#failure = failure;
    } finally {
      if (question === this.#question) this.#loading = false;
    }
  }

  clear(): void {
    this.#question += 1;
    this.#value = null;
    this.#failure = null;
    this.#loading = false;
  }
}
