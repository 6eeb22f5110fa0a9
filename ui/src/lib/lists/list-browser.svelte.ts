import { gatherBetween, gatherMatching } from "./gather";
import { KeysetList } from "./keyset-list.svelte";
import type { ListCounts, ListFacet, ListQuery, ListRow, ListSource, ListSpec, SortDirection } from "./list";

export type BrowserOptions<Row> = {
  /** The rows of a page. */
  limit: number;
  /** The time in milliseconds. */
  now?: () => number;
  /** Called when another list is wanted: another order or, with `filterChanged`, also other rows. */
  onquery?: (filterChanged: boolean) => void;
  /** Called when the rows on screen have other numbers: this many more. */
  onshift?: (rows: number) => void;
  /** Called with rows that were just read. */
  onread?: (rows: Row[]) => void;
};

const SEARCH_PAUSE_MILLISECONDS = 150;

/** A list as the person filtered and sorted it, with the counts beside the facets. */
export class ListBrowser<
  Row extends ListRow,
  Query extends ListQuery,
  Counts extends ListCounts<Query> = ListCounts<Query>,
> {
  readonly rows: KeysetList<Query, Row>;
  readonly #spec: ListSpec<Row, Query>;
  readonly #source: ListSource<Row, Query, Counts>;
  readonly #onquery: (filterChanged: boolean) => void;
  #query = $state.raw() as Query;
  #searchText = $state("");
  #counts = $state.raw<Counts | null>(null);
  #total = $state<number | null>(null);
  #updatedAt = $state<number | null>(null);
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  #countRound = 0;
  #counted: Query | null = null;

  constructor(
    spec: ListSpec<Row, Query>,
    source: ListSource<Row, Query, Counts>,
    {
      limit,
      now = () => Date.now(),
      onquery = () => undefined,
      onshift = () => undefined,
      onread = () => undefined,
    }: BrowserOptions<Row>,
  ) {
    this.#spec = spec;
    this.#source = source;
    this.#onquery = onquery;
    this.#query = spec.query;
    this.rows = new KeysetList(
      async ({ query, ...place }) => {
        const page = await source.page(query, place);
        if (query === this.#query) this.#updatedAt = now();
        onread(page.rows);
        return page;
      },
      (row) => row.id,
      { limit, onshift },
    );
  }

  get query(): Query {
    return this.#query;
  }

  get searchText(): string {
    return this.#searchText;
  }

  get facet(): ListFacet<Row, Query["facet"]> {
    const [all, ...others] = this.#spec.facets;
    return others.find(({ value }) => value === this.#query.facet) ?? all;
  }

  get counts(): Counts | null {
    return this.#counts;
  }

  /** All rows of the first facet, whatever the search; null while unknown. */
  get total(): number | null {
    return this.#total;
  }

  /** When rows were last read for the current query. */
  get updatedAt(): number | null {
    return this.#updatedAt;
  }

  /** Whether the rows shown are of one facet only. */
  get narrowed(): boolean {
    return this.facet !== this.#spec.facets[0];
  }

  /** Nothing is filtered: an empty list means that there is nothing. */
  get unfiltered(): boolean {
    return !this.narrowed && sameRows(this.#query, this.#spec.query);
  }

  /** Whether a filter of this list alone is set. */
  get filtered(): boolean {
    return !sameRows({ ...this.#query, search: "" }, { ...this.#spec.query, search: "" });
  }

  /** Sets filters of this list alone. */
  filter(change: Partial<Query>): void {
    this.#change(change, true);
    void this.#count();
  }

  /** Takes away the filters of this list alone. */
  clearFilters(): void {
    const { search, facet, sort, direction } = this.#query;
    this.#become({ ...this.#spec.query, search, facet, sort, direction }, true);
    void this.#count();
  }

  open(): void {
    this.rows.open(this.#query);
    void this.#count();
  }

  /** Takes effect when typing pauses. */
  search(text: string): void {
    this.#searchText = text;
    clearTimeout(this.#searchTimer);
    this.#searchTimer = setTimeout(() => void this.applySearch(), SEARCH_PAUSE_MILLISECONDS);
  }

  clearSearch(): void {
    this.search("");
    this.applySearch();
  }

  /** Searches at once for what was typed; returns whether that was another text than before. */
  applySearch(): boolean {
    clearTimeout(this.#searchTimer);
    const search = this.#searchText.trim();
    if (search === this.#query.search) return false;
    this.#change({ search } as Partial<Query>, true);
    void this.#count();
    return true;
  }

  chooseFacet(facet: Query["facet"]): void {
    if (facet !== this.#query.facet) this.#change({ facet } as Partial<Query>, true);
  }

  showAll(): void {
    this.chooseFacet(this.#spec.facets[0].value);
  }

  /** Sorts by another column, words from A and times from the newest, or reverses the current order. */
  sortBy(sort: Query["sort"]): void {
    const present = this.#query;
    const byTime = this.#spec.columns.find(({ id }) => id === sort)?.sort === "time";
    const first = byTime ? "descending" : "ascending";
    this.orderBy(sort, sort === present.sort ? opposite(present.direction) : first);
  }

  orderBy(sort: Query["sort"], direction: SortDirection): void {
    this.#change({ sort, direction } as Partial<Query>, false);
  }

  refresh(): void {
    this.rows.refresh();
    void this.#count();
  }

  retry(): void {
    this.rows.retry();
    void this.#count();
  }

  /** Shows changed rows in place; a row leaves the list when the facet no longer holds it. */
  accept(rows: Row[]): void {
    let appeared = false;
    for (const row of rows) {
      if (!this.holds(row)) this.rows.remove(row.id);
      else if (!this.rows.replace(row)) appeared = true;
    }
    // Only the store's order knows the place of a new row.
    if (appeared) this.rows.refresh();
    void this.#count();
  }

  removed(id: string): void {
    this.rows.remove(id);
    void this.#count();
  }

  /** Whether the chosen facet has it. */
  holds(row: Row): boolean {
    return this.facet.holds(row);
  }

  /** Every row that matches, except some, on screen or not. */
  gather(excludedIds: string[], limit: number): Promise<Row[]> {
    return gatherMatching(this.#source, this.#query, excludedIds, limit);
  }

  /** The rows between two numbers of the shown list, in memory or not. */
  gatherBetween(first: number, last: number, limit: number): Promise<Row[]> {
    return gatherBetween(this.#source, this.#query, { first, last, of: this.rows.length }, limit);
  }

  stop(): void {
    clearTimeout(this.#searchTimer);
    this.#countRound += 1;
  }

  #change(change: Partial<Query>, filterChanged: boolean): void {
    this.#become({ ...this.#query, ...change }, filterChanged);
  }

  #become(query: Query, filterChanged: boolean): void {
    this.#query = query;
    this.#onquery(filterChanged);
    this.rows.open(this.#query);
    this.#tellTotal();
  }

  async #count(): Promise<void> {
    if (!this.#source.count) return;
    this.#countRound += 1;
    const round = this.#countRound;
    const query = this.#query;
    try {
      const counts = await this.#source.count(query.search, query);
      if (round !== this.#countRound) return;
      this.#counts = counts;
      this.#counted = query;
      if (sameRows(query, this.#spec.query)) this.#total = counts[this.#spec.facets[0].value] ?? null;
      this.#tellTotal();
    } catch {
      // The list itself reports a store that does not respond; the older counts stay.
    }
  }

  #tellTotal(): void {
    if (this.#counts === null || this.#counted === null || !sameRows(this.#counted, this.#query)) return;
    const { rows } = this.#source;
    const total = rows ? rows(this.#counts, this.#query) : this.#counts[this.facet.value];
    if (typeof total === "number") this.rows.expectTotal(this.#query, total);
  }
}

/** Whether two queries find the same rows, their facets and orders aside. */
function sameRows<Query extends ListQuery>(one: Query, other: Query): boolean {
  const keys = Object.keys({ ...one, ...other }) as (keyof Query)[];
  return keys
    .filter((key) => key !== "facet" && key !== "sort" && key !== "direction")
    .every((key) => one[key] === other[key]);
}

function opposite(direction: SortDirection): SortDirection {
  return direction === "ascending" ? "descending" : "ascending";
}
