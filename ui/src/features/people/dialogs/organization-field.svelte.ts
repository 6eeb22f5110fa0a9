import type { DraftField } from "$lib/forms";
import { m } from "$lib/messages";
import type { OrganizationChoice } from "../directory";

/** The organization of a new person, chosen from those that are found. */
export class OrganizationField implements DraftField {
  text = $state("");
  chosen = $state.raw<OrganizationChoice | null>(null);
  #left = $state(false);
  readonly #fixed: boolean;

  /** `fixed` cannot be changed. */
  constructor(fixed: OrganizationChoice | null) {
    this.#fixed = fixed !== null;
    this.chosen = fixed;
    this.text = fixed?.name ?? "";
  }

  get blocked(): string | null {
    return this.chosen === null ? m.people_organization_missing() : null;
  }

  get isChanged(): boolean {
    return !this.#fixed && this.text !== "";
  }

  get shownProblem(): string | null {
    return this.#left ? this.blocked : null;
  }

  leave(): void {
    this.#left = true;
  }
}
