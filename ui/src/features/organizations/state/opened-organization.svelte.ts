import type { CollectionStatistics, OrganizationView } from "$lib/api";
import { CollectionReading } from "./collection-reading.svelte";

export type PanelTab = "overview" | "collection";

/** The organization the panel shows, and what was read about its collection. */
export class OpenedOrganization {
  readonly reading: CollectionReading;
  tab = $state<PanelTab>("overview");
  #organization = $state.raw<OrganizationView | null>(null);

  constructor(readStatistics: (id: string) => Promise<CollectionStatistics>) {
    this.reading = new CollectionReading(readStatistics);
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
}
