import { SvelteSet } from "svelte/reactivity";
import type { OrganizationView } from "$lib/api";
import { appliesTo, type ReversibleAct } from "./organization-acts";

export type ActSource = {
  deactivateOrganization: (id: string) => Promise<OrganizationView>;
  reactivateOrganization: (id: string) => Promise<OrganizationView>;
  restoreOrganization: (id: string, name: string | null) => Promise<OrganizationView>;
};

/** What can be done without a dialog before it. */
export type AtOnceAct = Exclude<ReversibleAct, "trash">;

export type ActFailure = { organization: OrganizationView; problem: unknown };

/** `left` are those that nothing was tried on, because the person stopped the act before. */
export type ActOutcome = {
  act: ReversibleAct;
  changed: OrganizationView[];
  failures: ActFailure[];
  left: OrganizationView[];
};

/** Runs an act on organizations one after the other, so that one refusal leaves the rest done and is told by name. */
export class ActRunner {
  readonly #source: ActSource;
  #busy = new SvelteSet<string>();

  constructor(source: ActSource) {
    this.#source = source;
  }

  isBusy(id: string): boolean {
    return this.#busy.has(id);
  }

  async run(act: AtOnceAct, organizations: OrganizationView[]): Promise<ActOutcome> {
    const targets = organizations.filter((organization) => appliesTo(act, organization));
    return this.#each(act, targets, (organization) => this.#do(act, organization.id));
  }

  /** Takes back what `run` did. Organizations changed by somebody else meanwhile are reported, not forced. */
  async undo(outcome: ActOutcome): Promise<ActOutcome> {
    return this.#each(outcome.act, outcome.changed, (organization) =>
      this.#undo(outcome.act, organization.id),
    );
  }

  async #each(
    act: ReversibleAct,
    organizations: OrganizationView[],
    change: (organization: OrganizationView) => Promise<OrganizationView>,
  ): Promise<ActOutcome> {
    const outcome: ActOutcome = { act, changed: [], failures: [], left: [] };
    for (const { id } of organizations) this.#busy.add(id);
    for (const organization of organizations) {
      try {
        outcome.changed.push(await change(organization));
      } catch (problem) {
        outcome.failures.push({ organization, problem });
      } finally {
        this.#busy.delete(organization.id);
      }
    }
    return outcome;
  }

  #do(act: AtOnceAct, id: string): Promise<OrganizationView> {
    switch (act) {
      case "deactivate":
        return this.#source.deactivateOrganization(id);
      case "reactivate":
        return this.#source.reactivateOrganization(id);
    }
  }

  #undo(act: ReversibleAct, id: string): Promise<OrganizationView> {
    switch (act) {
      case "deactivate":
        return this.#source.reactivateOrganization(id);
      case "reactivate":
        return this.#source.deactivateOrganization(id);
      case "trash":
        return this.#source.restoreOrganization(id, null);
    }
  }
}
