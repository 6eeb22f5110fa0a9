import { ApiError, newJob, type Depth, type JobProgress, type PassSummary } from "$lib/api";

export type PassCalls = {
  doctorSummary: () => Promise<PassSummary | null>;
  runDoctor: (depth: Depth, job: string, onprogress: (progress: JobProgress) => void) => Promise<PassSummary>;
  cancelJob: (job: string) => Promise<unknown>;
};

/** The last result of the doctor in one workspace, and a run that is under way. */
export class Doctor {
  /** Whether a run also looks at indexes and validators. */
  deep = $state(false);
  #summary = $state.raw<PassSummary | null>(null);
  #known = $state(false);
  #job = $state<string | null>(null);
  #progress = $state.raw<JobProgress | null>(null);
  #failure = $state.raw<ApiError | null>(null);
  /** Counts the results: depend on it to read findings again. */
  #generation = $state(0);
  #ended: Promise<unknown> = Promise.resolve();
  readonly #calls: PassCalls;

  constructor(calls: PassCalls) {
    this.#calls = calls;
  }

  get summary(): PassSummary | null {
    return this.#summary;
  }

  /** Whether it is known if there is a result. */
  get known(): boolean {
    return this.#known;
  }

  get running(): boolean {
    return this.#job !== null;
  }

  get progress(): JobProgress | null {
    return this.#progress;
  }

  /** From 0 to 1; null while the total is unknown. */
  get part(): number | null {
    const { done, total } = this.#progress ?? { done: 0, total: null };
    return total === null || total === 0 ? null : done / total;
  }

  /** Why the last run did not end. */
  get failure(): ApiError | null {
    return this.#failure;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Open findings that are more than a note: the number beside the page's name. */
  get pressing(): number {
    const groups = this.#summary?.groups ?? [];
    return groups.filter(({ severity }) => severity !== "note").reduce((sum, { open }) => sum + open, 0);
  }

  /** Reads what is kept of the last run. No server is asked. */
  async look(): Promise<void> {
    try {
      const summary = await this.#calls.doctorSummary();
      if (!this.running) this.#take(summary);
    } catch {
      // The list of findings says what is wrong; a number beside a name does not.
    }
  }

  /** Resolves when the run under way has ended. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Returns whether it ran to its end. */
  async run(depth: Depth = this.deep ? "deep" : "quick"): Promise<boolean> {
    if (this.#job !== null) return false;
    const run = this.#run(depth);
    this.#ended = run;
    return run;
  }

  async #run(depth: Depth): Promise<boolean> {
    const job = newJob();
    this.#job = job;
    this.#progress = null;
    this.#failure = null;
    try {
      this.#take(await this.#calls.runDoctor(depth, job, (progress) => (this.#progress = progress)));
      return true;
    } catch (failure) {
      const error = ApiError.from(failure);
      if (error.code !== "cancelled") this.#failure = error;
      return false;
    } finally {
      this.#job = null;
    }
  }

  cancel(): void {
    if (this.#job !== null) void this.#calls.cancelJob(this.#job);
  }

  dismiss(): void {
    this.#failure = null;
  }

  stop(): void {
    this.cancel();
  }

  #take(summary: PassSummary | null): void {
    const other = summary?.checkedAt !== this.#summary?.checkedAt;
    this.#summary = summary;
    this.#known = true;
    if (other) this.#generation += 1;
  }
}
