import { ApiError, type OrganizationView } from "$lib/api";

export type FailedOrganization = { organization: OrganizationView; error: ApiError };

/** What a dialog for one or several organizations hands back; `left` are those that nothing was tried on. */
export type BulkResult = {
  changed: OrganizationView[];
  failed: FailedOrganization[];
  left: OrganizationView[];
};

/** One act on each of several organizations; what is done stays done, and the rest can be tried again. */
export class BulkAct {
  readonly organizations: OrganizationView[];
  #changed = $state.raw<OrganizationView[]>([]);
  #failed = $state.raw<FailedOrganization[]>([]);
  #remaining = $state.raw<OrganizationView[]>([]);
  #left = $state.raw<OrganizationView[]>([]);
  #stopped = $state(false);

  constructor(organizations: OrganizationView[]) {
    this.organizations = organizations;
    this.#remaining = organizations;
  }

  get changed(): OrganizationView[] {
    return this.#changed;
  }

  get failed(): FailedOrganization[] {
    return this.#failed;
  }

  /** Those on which the act has not been done. */
  get remaining(): OrganizationView[] {
    return this.#remaining;
  }

  /** Whether the person stopped it before the last one. */
  get stopped(): boolean {
    return this.#stopped;
  }

  get result(): BulkResult {
    return { changed: this.#changed, failed: this.#failed, left: this.#left };
  }

  /** Ends the run after the organization that is acted on now. */
  stop(): void {
    this.#stopped = true;
  }

  /** Acts on what remains, one after the other. A failure of a single organization is thrown as it is. */
  async run(act: (organization: OrganizationView) => Promise<OrganizationView>): Promise<void> {
    this.#failed = [];
    this.#left = [];
    this.#stopped = false;
    const asked = this.#remaining;
    for (const [index, organization] of asked.entries()) {
      if (this.#stopped) {
        this.#left = asked.slice(index);
        return;
      }
      try {
        this.#changed = [...this.#changed, await act(organization)];
        this.#remaining = this.#remaining.filter((left) => left !== organization);
      } catch (cause) {
        const error = ApiError.from(cause);
        if (this.organizations.length === 1) throw error;
        if (concernsAll(error)) {
          const rest = asked.slice(index).map((left) => ({ organization: left, error }));
          this.#failed = [...this.#failed, ...rest];
          return;
        }
        this.#failed = [...this.#failed, { organization, error }];
      }
    }
  }
}

/** Whether the next organization would meet the same failure. */
function concernsAll(error: ApiError): boolean {
  switch (error.code) {
    case "unavailable":
    case "no_workspace":
    case "not_signed_in":
    case "session_expired":
    case "session_revoked":
      return true;
    default:
      return false;
  }
}
