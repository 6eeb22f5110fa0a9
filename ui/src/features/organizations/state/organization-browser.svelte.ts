import type {
  OrganizationCounts,
  OrganizationPage,
  OrganizationQuery,
  OrganizationStatus,
  OrganizationView,
  SortField,
} from "$lib/api";
import { KeysetList, type PageSizes } from "$lib/lists/keyset-list.svelte";

export type StatusFacet = "all" | OrganizationStatus;
export type SortDirection = "ascending" | "descending";

/** What the list shows, without the place in it. */
export type ListQuery = Pick<OrganizationQuery, "filter" | "sort" | "direction">;

export type OrganizationSource = {
  listOrganizations: (query: OrganizationQuery) => Promise<OrganizationPage>;
  countOrganizations: (search: string) => Promise<OrganizationCounts>;
};

export type BrowserOptions = {
  /** The time in milliseconds. */
  now?: () => number;
  /** Another list is asked for: another order, or with `filterChanged` other rows as well. */
  onquery?: (filterChanged: boolean) => void;
  /** These were read just now. */
  onread?: (organizations: OrganizationView[]) => void;
};

const SEARCH_PAUSE_MILLISECONDS = 150;

/** The list of organizations as the person narrowed and sorted it, with the counts beside the facets. */
export class OrganizationBrowser {
  readonly list: KeysetList<ListQuery, OrganizationView>;
  readonly #source: OrganizationSource;
  readonly #now: () => number;
  #query = $state.raw<ListQuery>({
    filter: { search: "", status: "all" },
    sort: "name",
    direction: "ascending",
  });
  #searchText = $state("");
  #counts = $state.raw<OrganizationCounts | null>(null);
  #total = $state<number | null>(null);
  #updatedAt = $state<number | null>(null);
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #countRound = 0;
  #countedSearch = "";

  readonly #onquery: (filterChanged: boolean) => void;

  constructor(source: OrganizationSource, pages: PageSizes, options: BrowserOptions = {}) {
    this.#source = source;
    this.#now = options.now ?? (() => Date.now());
    this.#onquery = options.onquery ?? (() => undefined);
    this.list = new KeysetList(
      async ({ query, reversed, cursor, limit }) => {
        const direction = reversed ? opposite(query.direction) : query.direction;
        const page = await source.listOrganizations({ ...query, direction, cursor, limit });
        if (query === this.#query) this.#updatedAt = this.#now();
        options.onread?.(page.organizations);
        return { rows: page.organizations, nextCursor: page.nextCursor };
      },
      (organization) => organization.id,
      pages,
    );
  }

  get query(): ListQuery {
    return this.#query;
  }

  get searchText(): string {
    return this.#searchText;
  }

  get status(): StatusFacet {
    return this.#query.filter.status;
  }

  get counts(): OrganizationCounts | null {
    return this.#counts;
  }

  /** All organizations outside the trash, whatever is searched for; null while not known. */
  get total(): number | null {
    return this.#total;
  }

  /** When rows were last read for the present query. */
  get updatedAt(): number | null {
    return this.#updatedAt;
  }

  /** Nothing is narrowed down: an empty list means an empty workspace. */
  get unfiltered(): boolean {
    return this.#query.filter.search === "" && this.#query.filter.status === "all";
  }

  open(): void {
    this.list.open(this.#query);
    void this.#count();
  }

  /** Takes effect when typing pauses. */
  search(text: string): void {
    this.#searchText = text;
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => this.#applySearch(), SEARCH_PAUSE_MILLISECONDS);
  }

  clearSearch(): void {
    clearTimeout(this.#searchTimer);
    this.#searchText = "";
    this.#applySearch();
  }

  chooseStatus(status: StatusFacet): void {
    if (status !== this.status) this.#change({ filter: { ...this.#query.filter, status } });
  }

  clearFilter(): void {
    clearTimeout(this.#searchTimer);
    this.#searchText = "";
    this.#change({ filter: { search: "", status: "all" } });
    void this.#count();
  }

  /** Sorts by another field, or turns the present order around. */
  sortBy(sort: SortField): void {
    const { sort: present, direction } = this.#query;
    this.#change({ sort, direction: sort === present ? opposite(direction) : firstDirection(sort) });
  }

  orderBy(sort: SortField, direction: SortDirection): void {
    this.#change({ sort, direction });
  }

  refresh(): void {
    this.list.refresh();
    void this.#count();
  }

  retry(): void {
    this.list.retry();
    void this.#count();
  }

  /** Shows changed rows where they stand; one leaves the list when the facet no longer holds it. */
  accept(organizations: OrganizationView[]): void {
    let appeared = false;
    for (const organization of organizations) {
      if (!this.holds(organization)) this.list.remove(organization.id);
      else if (!this.list.replace(organization)) appeared = true;
    }
    // Where a new row belongs is known to the store's order only.
    if (appeared) this.list.refresh();
    void this.#count();
  }

  removed(id: string): void {
    this.list.remove(id);
    void this.#count();
  }

  /** Whether the chosen facet lists it. */
  holds(organization: OrganizationView): boolean {
    return this.status === "all" ? organization.status !== "trashed" : organization.status === this.status;
  }

  stop(): void {
    clearTimeout(this.#searchTimer);
    this.#countRound += 1;
  }

  #applySearch(): void {
    const search = this.#searchText.trim();
    if (search === this.#query.filter.search) return;
    this.#change({ filter: { ...this.#query.filter, search } });
    void this.#count();
  }

  #change(change: Partial<ListQuery>): void {
    this.#query = { ...this.#query, ...change };
    this.#onquery(change.filter !== undefined);
    this.list.open(this.#query);
    this.#tellTotal();
  }

  async #count(): Promise<void> {
    this.#countRound += 1;
    const round = this.#countRound;
    const search = this.#query.filter.search;
    try {
      const counts = await this.#source.countOrganizations(search);
      if (round !== this.#countRound) return;
      this.#counts = counts;
      this.#countedSearch = search;
      if (search === "") this.#total = counts.all;
      this.#tellTotal();
    } catch {
      // The list itself reports a store that does not answer; the older counts stay.
    }
  }

  #tellTotal(): void {
    if (this.#counts === null || this.#countedSearch !== this.#query.filter.search) return;
    const total = this.#counts[this.status];
    if (total !== null) this.list.expectTotal(this.#query, total);
  }
}

function opposite(direction: SortDirection): SortDirection {
  return direction === "ascending" ? "descending" : "ascending";
}

/** Times are looked at newest first, words from A. */
function firstDirection(sort: SortField): SortDirection {
  return sort === "createdAt" || sort === "updatedAt" ? "descending" : "ascending";
}
