import { ApiError, type CollectionStatistics, type OrganizationView } from "$lib/api";
import { CollectionReading } from "./collection-reading.svelte";

export type PanelTab = "overview" | "collection";

export type OpenedSource = {
  getOrganization: (id: string) => Promise<OrganizationView>;
  collectionStatistics: (id: string) => Promise<CollectionStatistics>;
};

/** The organization the panel shows, and what was read about its collection. */
export class OpenedOrganization {
  readonly reading: CollectionReading;
  tab = $state<PanelTab>("overview");
  readonly #source: OpenedSource;
  readonly #ongone: (organization: OrganizationView) => void;
  #organization = $state.raw<OrganizationView | null>(null);

  /** `ongone` is told when the organization was not found any more. */
  constructor(source: OpenedSource, ongone: (organization: OrganizationView) => void) {
    this.#source = source;
    this.#ongone = ongone;
    this.reading = new CollectionReading(source.collectionStatistics);
  }

  get organization(): OrganizationView | null {
    return this.#organization;
  }

  open(organization: OrganizationView): void {
    this.#organization = organization;
    this.reading.show(organization.id);
  }

  close(): void {
    this.#organization = null;
    this.reading.clear();
  }

  accept(organizations: OrganizationView[]): void {
    const changed = organizations.find(({ id }) => id === this.#organization?.id);
    if (changed === undefined) return;
    const moved = changed.collectionName !== this.#organization?.collectionName;
    this.#organization = changed;
    if (moved) void this.reading.refresh();
  }

  /** Reads it again by its id: its row may be far from those that the list reads. */
  async refresh(): Promise<void> {
    const shown = this.#organization;
    if (shown === null) return;
    void this.reading.refresh();
    try {
      this.accept([await this.#source.getOrganization(shown.id)]);
    } catch (problem) {
      // Of a store that does not answer the list tells already.
      if (ApiError.from(problem).code !== "not_found" || this.#organization?.id !== shown.id) return;
      this.close();
      this.#ongone(shown);
    }
  }
}
