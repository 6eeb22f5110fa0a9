import { newJob, type ExportReport, type JobProgress } from "$lib/api";

/** Writes a file under the name of a job. */
export type Writing = (job: string, onprogress: (progress: JobProgress) => void) => Promise<ExportReport>;

/** One export from its start to its outcome. It outlives the dialog that started it. */
export class ExportRun {
  readonly job = newJob();
  /** Settles with the run's outcome and never rejects. */
  readonly ended: Promise<void>;
  /** Called after each progress, for code that cannot follow the state. */
  onprogress: () => void = () => undefined;
  #progress = $state.raw<JobProgress | null>(null);
  #report = $state.raw<ExportReport | null>(null);
  #failure = $state.raw<unknown>(null);
  #running = $state(true);
  #cancelling = $state(false);
  readonly #cancelJob: (job: string) => Promise<unknown>;
  readonly #expectedRows: number | null;

  /** `expectedRows` is the total until the first progress reports it. */
  constructor(write: Writing, cancelJob: (job: string) => Promise<unknown>, expectedRows: number | null) {
    this.#cancelJob = cancelJob;
    this.#expectedRows = expectedRows;
    this.ended = this.#run(write);
  }

  get running(): boolean {
    return this.#running;
  }

  get cancelling(): boolean {
    return this.#cancelling;
  }

  get report(): ExportReport | null {
    return this.#report;
  }

  get failure(): unknown {
    return this.#failure;
  }

  get done(): number {
    return this.#progress?.done ?? 0;
  }

  get total(): number | null {
    return this.#progress?.total ?? this.#expectedRows;
  }

  get perSecond(): number {
    return this.#progress?.perSecond ?? 0;
  }

  /** Whole percent, at most 99 while it runs: the file is in its place only at the end. */
  get percent(): number | null {
    if (!this.total) return null;
    return Math.min(99, Math.floor((this.done * 100) / this.total));
  }

  get secondsLeft(): number | null {
    if (!this.total || this.perSecond <= 0) return null;
    return Math.max(1, Math.ceil((this.total - this.done) / this.perSecond));
  }

  async cancel(): Promise<void> {
    if (!this.#running || this.#cancelling) return;
    this.#cancelling = true;
    try {
      await this.#cancelJob(this.job);
    } catch {
      // The run still ends by itself; the button can be pressed again.
      this.#cancelling = false;
    }
  }

  async #run(write: Writing): Promise<void> {
    try {
      this.#report = await write(this.job, (progress) => {
        if (!this.#running) return;
        this.#progress = progress;
        this.onprogress();
      });
    } catch (failure) {
      this.#failure = failure;
    } finally {
      this.#running = false;
      this.#cancelling = false;
    }
  }
}
