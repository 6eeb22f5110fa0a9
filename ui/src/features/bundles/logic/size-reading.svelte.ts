import { LIMITS, type OrganizationView, type StatisticsSummary } from "$lib/api";

/** Documents and bytes of some organizations together; null where one could not be read. */
export class SizeReading {
  #loading = $state(true);
  #documents = $state.raw<number | null>(null);
  #bytes = $state.raw<number | null>(null);

  constructor(organizations: OrganizationView[], ask: (ids: string[]) => Promise<StatisticsSummary[]>) {
    void this.#read(
      organizations.map(({ id }) => id),
      ask,
    );
  }

  get loading(): boolean {
    return this.#loading;
  }

  get documents(): number | null {
    return this.#documents;
  }

  get bytes(): number | null {
    return this.#bytes;
  }

  async #read(ids: string[], ask: (ids: string[]) => Promise<StatisticsSummary[]>): Promise<void> {
    try {
      const summaries: StatisticsSummary[] = [];
      for (let start = 0; start < ids.length; start += LIMITS.summaryMax)
        summaries.push(...(await ask(ids.slice(start, start + LIMITS.summaryMax))));
      this.#documents = sum(summaries.map(({ documents }) => documents));
      this.#bytes = sum(summaries.map(({ dataSize }) => dataSize));
    } catch {
      // The work itself says what is wrong; without the sum it only has no percentage.
    } finally {
      this.#loading = false;
    }
  }
}

function sum(values: (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}
