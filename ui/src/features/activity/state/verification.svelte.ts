import { ApiError, newJob, type AnchorView, type JobProgress, type VerificationView } from "$lib/api";

export type VerificationCalls = {
  recordAnchor: () => Promise<AnchorView | null>;
  verifyRecord: (job: string, onprogress: (progress: JobProgress) => void) => Promise<VerificationView>;
  cancelJob: (job: string) => Promise<unknown>;
};

/** Whether the record is as it was written: what was found last on this computer, and a walk that is under way. */
export class Verification {
  #verified = $state.raw<{ at: string; entries: number } | null>(null);
  #broken = $state.raw<VerificationView["broken"]>(null);
  #progress = $state.raw<JobProgress | null>(null);
  #job = $state<string | null>(null);
  #failure = $state.raw<ApiError | null>(null);
  readonly #calls: VerificationCalls;

  constructor(calls: VerificationCalls) {
    this.#calls = calls;
    void this.#remember();
  }

  /** The last time that everything was good. */
  get verified(): { at: string; entries: number } | null {
    return this.#verified;
  }

  get broken(): VerificationView["broken"] {
    return this.#broken;
  }

  get running(): boolean {
    return this.#job !== null;
  }

  get progress(): JobProgress | null {
    return this.#progress;
  }

  get failure(): ApiError | null {
    return this.#failure;
  }

  async start(): Promise<void> {
    if (this.#job !== null) return;
    const job = newJob();
    this.#job = job;
    this.#progress = null;
    this.#failure = null;
    try {
      const { broken, at, entries } = await this.#calls.verifyRecord(job, (progress) => {
        this.#progress = progress;
      });
      this.#broken = broken;
      this.#verified = broken === null ? { at, entries } : null;
    } catch (failure) {
      const error = ApiError.from(failure);
      if (error.code !== "cancelled") this.#failure = error;
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

  async #remember(): Promise<void> {
    try {
      const anchor = await this.#calls.recordAnchor();
      if (anchor !== null && this.#broken === null) this.#verified ??= anchor;
    } catch {
      // It can be verified all the same.
    }
  }
}
