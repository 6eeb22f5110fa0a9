import {
  LIMITS,
  type ErasurePreview,
  type OrganizationView,
  type RemovalPreview,
  type StatisticsSummary,
} from "$lib/api";
import { Latest } from "$lib/forms";

export type ImpactBackend = {
  previewRemoval: (id: string) => Promise<RemovalPreview>;
  summarizeStatistics: (ids: string[]) => Promise<StatisticsSummary[]>;
};

export type RemovalImpact = {
  documents: number;
  dataSize: number | null;
  indexes: number | null;
  collectionExists: boolean;
  /** Whether other organizations also use the collection, so that it stays. Unknown for several organizations. */
  shared: boolean;
  confirmationNeeded: boolean;
  /** What a deletion for good of one organization removes besides. */
  erasure: ErasurePreview | null;
  /** Organizations whose collection could not be read: the sums leave them out. */
  unread: number;
};

/** What removing one or several organizations affects. */
export class RemovalImpactReading {
  readonly #latest = new Latest<RemovalImpact>();
  #disposed = false;
  readonly #organizations: OrganizationView[];
  readonly #backend: ImpactBackend;

  constructor(organizations: OrganizationView[], backend: ImpactBackend) {
    this.#organizations = organizations;
    this.#backend = backend;
    this.read();
  }

  get value(): RemovalImpact | null {
    return this.#latest.value;
  }

  get failure(): unknown {
    return this.#latest.failure;
  }

  get loading(): boolean {
    return this.#latest.loading;
  }

  read(): void {
    void this.#latest.load(() => this.#ask());
  }

  dispose(): void {
    this.#disposed = true;
    this.#latest.clear();
  }

  #ask(): Promise<RemovalImpact> {
    const [only] = this.#organizations;
    return only && this.#organizations.length === 1 ? this.#askOne(only.id) : this.#askMany();
  }

  async #askOne(id: string): Promise<RemovalImpact> {
    const preview = await this.#backend.previewRemoval(id);
    return { ...preview, unread: 0 };
  }

  async #askMany(): Promise<RemovalImpact> {
    const ids = this.#organizations.map((organization) => organization.id);
    const summaries: StatisticsSummary[] = [];
    for (let start = 0; start < ids.length && !this.#disposed; start += LIMITS.summaryMax) {
      summaries.push(
        ...(await this.#backend.summarizeStatistics(ids.slice(start, start + LIMITS.summaryMax))),
      );
    }
    const read = summaries.filter((summary) => summary.documents !== null);
    return {
      documents: sum(read.map((summary) => summary.documents)),
      // A sum without unknown sizes would be too small.
      dataSize: read.some((summary) => summary.dataSize === null)
        ? null
        : sum(read.map((summary) => summary.dataSize)),
      indexes: null,
      collectionExists: true,
      shared: false,
      confirmationNeeded: false,
      erasure: null,
      unread: summaries.length - read.length,
    };
  }
}

function sum(values: (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
