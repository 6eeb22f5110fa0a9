import { newJob, type ExportReport, type JobProgress } from "$lib/api";

/** Does the work of a job, under its name. */
export type Writing<Report = ExportReport> = (
  job: string,
  onprogress: (progress: JobProgress) => void,
) => Promise<Report>;

/** One job from its start to its outcome: an export, or another one. It outlives the dialog that started it. */
export class ExportRun<Report = ExportReport> {
  readonly job = newJob();
  /** Settles with the run's outcome and never rejects. */
  readonly ended: Promise<void>;
  /** Called after each progress, for code that cannot follow the state. */
  onprogress: () => void = () => undefined;
  #progress = $state.raw<JobProgress | null>(null);
  #report = $state.raw<Report | null>(null);
  #failure = $state.raw<unknown>(null);
  #running = $state(true);
  #cancelling = $state(false);
  readonly #cancelJob: (job: string) => Promise<unknown>;
  readonly #expectedRows: number | null;

  /** `expectedRows` is the total until the first progress reports it. */
  constructor(
    write: Writing<Report>,
    cancelJob: (job: string) => Promise<unknown>,
    expectedRows: number | null,
  ) {
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

  get report(): Report | null {
    return this.#report;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** The part that is under way. */
  get step(): JobProgress["step"] {
    return this.#progress?.step ?? "whole";
  }

  get done(): number {
    return this.#progress?.done ?? 0;
  }

  get total(): number | null {
    return this.#progress?.total ?? this.#expectedRows;
  }

  /** The bytes of what is done; 0 from a job that does not count them. */
  get bytes(): number {
    return this.#progress?.bytes ?? 0;
  }

  get bytesPerSecond(): number {
    return this.#progress?.bytesPerSecond ?? 0;
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

  async #run(write: Writing<Report>): Promise<void> {
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
