import type { OrganizationCounts, OrganizationFilter } from "$lib/api";
import type { RowChoice, RowCount } from "$lib/exports";

/** With the organizations that the doctor found something about, where they are known. */
export type ListCounts = OrganizationCounts & { drift?: number | undefined };

type Filter = OrganizationFilter & { withFindings: boolean };

type Counting = (search: string) => Promise<OrganizationCounts>;

/** How many rows each choice would write; null if unknown. */
export class RowCounts {
  #all = $state.raw<RowCount | null>(null);
  #filtered = $state.raw<RowCount | null>(null);
  readonly #selected: RowCount;
  readonly #filter: Filter;

  /** `counts` are the list's counts for its search, or null if they are not at hand. */
  constructor(filter: Filter, counts: ListCounts | null, selected: number, countOrganizations: Counting) {
    this.#filter = filter;
    this.#selected = { rows: selected, exact: true };
    if (counts) this.#takeListed(counts);
    else void ask(countOrganizations, filter.search, (answer) => this.#takeListed(answer));
    if (filter.search !== "") void ask(countOrganizations, "", (answer) => this.#takeAll(answer));
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

  /** Takes the counts for the filter's search, which are the totals if there is no search. */
  #takeListed(counts: ListCounts): void {
    const rows = this.#filter.withFindings ? (counts.drift ?? null) : counts[this.#filter.status];
    this.#filtered = rows === null ? null : { rows, exact: counts.exact };
    if (this.#filter.search === "") this.#takeAll(counts);
  }

  #takeAll(counts: OrganizationCounts): void {
    this.#all = { rows: counts.all, exact: counts.exact };
  }
}

async function ask(
  countOrganizations: Counting,
  search: string,
  take: (counts: OrganizationCounts) => void,
): Promise<void> {
  try {
    take(await countOrganizations(search));
  } catch {
    // The number is only a help: the export works without it, and reports how many rows it wrote.
  }
}
