import { ApiError, type UnsettledAct, type UnsettledChoice, type WorkspaceApi } from "$lib/api";

type Api = Pick<WorkspaceApi, "listUnsettled" | "decideUnsettled">;

/** The interrupted changes that wait for a decision, and the decisions. */
export class AttentionReading {
  acts = $state.raw<readonly UnsettledAct[] | null>(null);
  /** Why they could not be loaded. */
  problem = $state.raw<ApiError | null>(null);
  loading = $state(false);
  /** The organization whose change is being ended. */
  deciding = $state.raw<string | null>(null);
  /** Why a decision failed. It stays when the list is loaded again, beside the changed facts. */
  refusal = $state.raw<{ readonly organizationId: string; readonly cause: ApiError } | null>(null);
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  load = async (): Promise<void> => {
    this.loading = true;
    this.problem = null;
    try {
      this.acts = await this.#api.listUnsettled();
    } catch (error) {
      this.problem = ApiError.from(error);
    } finally {
      this.loading = false;
    }
  };

  /** Ends a change; returns whether it did. Loads what exists in any case. */
  async decide({ organizationId, seen }: UnsettledAct, { id }: UnsettledChoice): Promise<boolean> {
    if (this.deciding !== null) return false;
    this.deciding = organizationId;
    this.refusal = null;
    try {
      await this.#api.decideUnsettled(organizationId, id, seen);
      return true;
    } catch (error) {
      this.refusal = { organizationId, cause: ApiError.from(error) };
      return false;
    } finally {
      await this.load();
      this.deciding = null;
    }
  }
}
