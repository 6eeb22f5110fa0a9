import {
  api,
  ApiError,
  newJob,
  type ConnectionReport,
  type StageName,
  type TestInput,
  type TestStage,
} from "$lib/api";

export const STAGES: readonly StageName[] = [
  "read",
  "look_up",
  "reach",
  "tls",
  "handshake",
  "sign_in",
  "permissions",
];

const inState = (state: TestStage["state"]): TestStage[] =>
  STAGES.map((stage) => ({ stage, state, milliseconds: null, facts: null }));

/** The test of one connection: its progress, and the result of the last one. */
export class ConnectionTest {
  stages = $state.raw<readonly TestStage[]>(inState("not_run"));
  report = $state.raw<ConnectionReport | null>(null);
  /** Why there is no report. A cancelled test has neither a report nor an error. */
  error = $state.raw<ApiError | null>(null);
  cancelled = $state(false);
  running = $state(false);
  #job: string | null = null;

  readonly finding = $derived(this.report?.finding ?? null);
  readonly passed = $derived(this.report !== null && this.report.finding === null);

  /** Runs all steps; returns true if every one passed. */
  async run(input: TestInput): Promise<boolean> {
    if (this.running) return false;
    const job = newJob();
    this.#job = job;
    this.running = true;
    this.cancelled = false;
    this.report = null;
    this.error = null;
    this.stages = inState("waiting");
    try {
      this.report = await api.testConnection(input, job, (stage) => {
        if (this.#job === job) this.#note(stage);
      });
      this.stages = this.report.stages;
      return this.report.finding === null;
    } catch (cause) {
      const error = ApiError.from(cause);
      if (error.code === "cancelled") this.cancelled = true;
      else this.error = error;
      this.stages = this.stages.map((stage) =>
        stage.state === "waiting" || stage.state === "running" ? { ...stage, state: "not_run" } : stage,
      );
      return false;
    } finally {
      this.#job = null;
      this.running = false;
    }
  }

  cancel = (): void => {
    if (this.#job) void api.cancelJob(this.#job).catch(() => undefined);
  };

  #note(news: TestStage): void {
    this.stages = this.stages.map((stage) => (stage.stage === news.stage ? news : stage));
  }
}
