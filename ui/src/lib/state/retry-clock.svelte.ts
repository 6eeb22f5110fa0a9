const WAITS_IN_SECONDS = [1, 2, 4, 8, 15, 30];

/** Counts down to the next attempt, waiting longer after each failure. */
export class RetryClock {
  readonly #attempt: () => void;
  #attempts = $state(0);
  #secondsLeft = $state<number | null>(null);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /** How many attempts were made since the last success. */
  get attempts(): number {
    return this.#attempts;
  }

  get secondsLeft(): number | null {
    return this.#secondsLeft;
  }

  /** An attempt failed: waits for the next one. */
  wait(): void {
    this.stop();
    const last = WAITS_IN_SECONDS.length - 1;
    this.#secondsLeft = WAITS_IN_SECONDS[Math.min(this.#attempts, last)] ?? null;
    this.#attempts += 1;
    this.#timer = setInterval(() => this.#tick(), 1_000);
  }

  tryNow(): void {
    this.stop();
    this.#attempt();
  }

  /** It worked: the next failure waits one second again. */
  succeed(): void {
    this.stop();
    this.#attempts = 0;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#secondsLeft = null;
  }

  #tick(): void {
    if (this.#secondsLeft === null) return;
    if (this.#secondsLeft > 1) this.#secondsLeft -= 1;
    else this.tryNow();
  }
}
