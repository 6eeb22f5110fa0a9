import type { CollectionStatistics } from "$lib/api";

const SETTLE_MILLISECONDS = 120;

/**
 * The statistics of one collection. Reads once the choice has settled, so that arrow keys do not query every row on
 * the way. Keeps the last figures while it reads again.
 */
export class CollectionReading {
  readonly #read: (id: string) => Promise<CollectionStatistics>;
  #organizationId: string | null = null;
  #statistics = $state.raw<CollectionStatistics | null>(null);
  #problem = $state.raw<unknown>(null);
  #loading = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  constructor(read: (id: string) => Promise<CollectionStatistics>) {
    this.#read = read;
  }

  get statistics(): CollectionStatistics | null {
    return this.#statistics;
  }

  get problem(): unknown {
    return this.#problem;
  }

  get loading(): boolean {
    return this.#loading;
  }

  show(organizationId: string): void {
    if (organizationId === this.#organizationId) return;
    this.clear();
    this.#organizationId = organizationId;
    this.#loading = true;
    this.#timer = setTimeout(() => void this.refresh(), SETTLE_MILLISECONDS);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#round += 1;
    this.#organizationId = null;
    this.#statistics = null;
    this.#problem = null;
    this.#loading = false;
  }

  async refresh(): Promise<void> {
    const id = this.#organizationId;
    if (id === null) return;
    this.#round += 1;
    const round = this.#round;
    this.#loading = true;
    this.#problem = null;
    try {
      const statistics = await this.#read(id);
      if (round === this.#round) this.#statistics = statistics;
    } catch (problem) {
      if (round === this.#round) this.#problem = problem;
    } finally {
      if (round === this.#round) this.#loading = false;
    }
  }
}
