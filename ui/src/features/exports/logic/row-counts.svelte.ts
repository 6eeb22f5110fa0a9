import type { OrganizationCounts, OrganizationFilter } from "$lib/api";
import type { RowChoice } from "./export-draft.svelte";

export type RowCount = { rows: number; exact: boolean };

/** How many rows each choice would write; null where it is not known. */
export class RowCounts {
  #all = $state.raw<RowCount | null>(null);
  readonly #filtered: RowCount | null;
  readonly #selected: RowCount;

  /** `counts` are those beside the list's facets, which a search narrows: then all are counted once more. */
  constructor(
    filter: OrganizationFilter,
    counts: OrganizationCounts | null,
    selected: number,
    countOrganizations: (search: string) => Promise<OrganizationCounts>,
  ) {
    this.#filtered = counts && { rows: counts[filter.status], exact: counts.exact };
    this.#selected = { rows: selected, exact: true };
    if (counts && filter.search === "") this.#all = { rows: counts.all, exact: counts.exact };
    else void this.#countAll(countOrganizations);
  }

  of(choice: RowChoice): RowCount | null {
    switch (choice) {
      case "all":
        return this.#all;
      case "filtered":
        return this.#filtered;
      case "selected":
        return this.#selected;
    }
  }

  async #countAll(countOrganizations: (search: string) => Promise<OrganizationCounts>): Promise<void> {
    try {
      const counts = await countOrganizations("");
      this.#all = { rows: counts.all, exact: counts.exact };
    } catch {
      // The number is an aid: without it the export works as well, and says how many it wrote.
    }
  }
}
