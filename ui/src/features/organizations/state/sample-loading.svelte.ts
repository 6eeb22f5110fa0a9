import { ApiError, type JobProgress, type SampleReport } from "$lib/api";

export type SampleSource = {
  newJob: () => string;
  load: (job: string, onprogress: (progress: JobProgress) => void) => Promise<SampleReport>;
  cancel: (job: string) => Promise<unknown>;
};

/** Fills an empty built-in workspace with organizations to explore. */
export class SampleLoading {
  readonly #source: SampleSource;
  readonly #ondone: () => void;
  #job = $state.raw<string | null>(null);
  #progress = $state.raw<JobProgress | null>(null);
  #report = $state.raw<SampleReport | null>(null);
  #problem = $state.raw<unknown>(null);

  /** Calls `ondone` if organizations were added. */
  constructor(source: SampleSource, ondone: () => void) {
    this.#source = source;
    this.#ondone = ondone;
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

  /** What was added, with the samples' password, which is shown only here. */
  get report(): SampleReport | null {
    return this.#report;
  }

  get problem(): unknown {
    return this.#problem;
  }

  async start(): Promise<void> {
    if (this.running) return;
    const job = this.#source.newJob();
    this.#job = job;
    this.#progress = null;
    this.#problem = null;
    try {
      this.#report = await this.#source.load(job, (progress) => (this.#progress = progress));
      this.#ondone();
    } catch (problem) {
      // Cancelled by the person: nothing to report.
      if (ApiError.from(problem).code !== "cancelled") this.#problem = problem;
    } finally {
      this.#job = null;
    }
  }

  async cancel(): Promise<void> {
    if (this.#job !== null) await this.#source.cancel(this.#job);
  }

  dismiss(): void {
    this.#report = null;
  }
}
