import {
  ApiError,
  type CollectionStatistics,
  type MovedToView,
  type OrganizationDetails,
  type OrganizationView,
} from "$lib/api";
import type { ListPanel } from "$lib/lists";
import { CollectionReading } from "./collection-reading.svelte";

/** `overview`, `collection`, or the name of a tab that another feature brings. */
export type PanelTab = string;

export type OpenedSource = {
  getOrganization: (id: string) => Promise<OrganizationDetails>;
  collectionStatistics: (id: string) => Promise<CollectionStatistics>;
};

/** The organization in the panel, and the statistics of its collection. */
export class OpenedOrganization implements ListPanel<OrganizationView> {
  readonly reading: CollectionReading;
  tab = $state<PanelTab>("overview");
  readonly #source: OpenedSource;
  readonly #ongone: (organization: OrganizationView) => void;
  #row = $state.raw<OrganizationView | null>(null);
  #unverifiableHash = $state.raw<string | null>(null);
  #movedTo = $state.raw<MovedToView | null>(null);

  /** Calls `ongone` if the organization no longer exists. */
  constructor(source: OpenedSource, ongone: (organization: OrganizationView) => void) {
    this.#source = source;
    this.#ongone = ongone;
    this.reading = new CollectionReading(source.collectionStatistics);
  }

  get row(): OrganizationView | null {
    return this.#row;
  }

  /** The kind of its admin's stored hash, if no password can be verified against it; a list does not know. */
  get unverifiableHash(): string | null {
    return this.#unverifiableHash;
  }

  /** Where a move has taken it, if that is why it is in the trash; a list does not know. */
  get movedTo(): MovedToView | null {
    return this.#row?.status === "trashed" ? this.#movedTo : null;
  }

  open(organization: OrganizationView): void {
    this.#row = organization;
    this.#unverifiableHash = null;
    this.#movedTo = null;
    this.reading.show(organization.id);
    void this.#look(organization.id);
  }

  close(): void {
    this.#row = null;
    this.reading.clear();
  }

  accept(organizations: OrganizationView[]): void {
    const changed = organizations.find(({ id }) => id === this.#row?.id);
    if (changed === undefined) return;
    const moved = changed.collectionName !== this.#row?.collectionName;
    this.#row = changed;
    if (moved) void this.reading.refresh();
    // A new password may have been set.
    if (this.#unverifiableHash !== null) void this.#look(changed.id);
  }

  /** Reads it again by its id: its row may be far from those that the list reads. */
  async refresh(): Promise<void> {
    const shown = this.#row;
    if (shown === null) return;
    void this.reading.refresh();
    try {
      const details = await this.#source.getOrganization(shown.id);
      this.accept([details]);
      this.#note(details);
    } catch (problem) {
      // The list already reports a store that does not respond.
      if (ApiError.from(problem).code !== "not_found" || this.#row?.id !== shown.id) return;
      this.close();
      this.#ongone(shown);
    }
  }

  async #look(id: string): Promise<void> {
    try {
      this.#note(await this.#source.getOrganization(id));
    } catch {
      // The panel shows what the list knows, and the list reports the problem.
    }
  }

  #note({ id, unverifiableHash, movedTo }: OrganizationDetails): void {
    if (this.#row?.id !== id) return;
    this.#unverifiableHash = unverifiableHash;
    this.#movedTo = movedTo;
  }
}
