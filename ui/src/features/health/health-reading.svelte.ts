import { ApiError, type Health, type WorkspaceApi } from "$lib/api";

/** The health of a workspace. While its server is silent, the last response stays with its time. */
export class HealthReading {
  /** The last response of the server. */
  answer = $state.raw<Health | null>(null);
  /** What is known without the server, and why it is silent; null if it responded the last time. */
  silence = $state.raw<Health | null>(null);
  problem = $state.raw<ApiError | null>(null);
  busy = $state(false);
  readonly #api: Pick<WorkspaceApi, "workspaceHealth">;

  constructor(api: Pick<WorkspaceApi, "workspaceHealth">) {
    this.#api = api;
  }

  load = async (): Promise<void> => {
    this.busy = true;
    this.problem = null;
    try {
      const health = await this.#api.workspaceHealth();
      const up = health.status === "up";
      if (up) this.answer = health;
      this.silence = up ? null : health;
    } catch (error) {
      this.problem = ApiError.from(error);
    } finally {
      this.busy = false;
    }
  };
}
