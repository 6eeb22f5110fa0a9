export type ListEnd = "head" | "tail";

/** What to read next: from which end, and how many rows away the last wanted row is. */
export type Missing = { end: ListEnd; rows: number };

export type KeysetPage<Row> = { rows: Row[]; nextCursor: string | null };

/**
 * The rows of one query, known from both ends: a head run that grows downwards and a tail run that grows upwards. A
 * keyset cursor only walks, it cannot jump. Two runs let the end of a long list open with one page, and the middle be
 * reached from the nearer side.
 */
export class KeysetRuns<Query, Row> {
  readonly query: Query;
  readonly #keyOf: (row: Row) => string;
  #head: Row[] = [];
  /** In the order it was loaded: the first element is the last row of the list. */
  #tail: Row[] = [];
  #headKeys = new Set<string>();
  #tailKeys = new Set<string>();
  #cursors: Record<ListEnd, string | null> = { head: null, tail: null };
  #total: number | null = null;
  #complete = false;
  #started = false;

  constructor(query: Query, keyOf: (row: Row) => string) {
    this.query = query;
    this.#keyOf = keyOf;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get started(): boolean {
    return this.#started;
  }

  get loaded(): number {
    return this.#head.length + this.#tail.length;
  }

  /** The number of rows of the whole list: exact once the runs have met, before that as counted by the store. */
  get length(): number {
    if (this.#complete) return this.loaded;
    const atLeast = this.#started ? this.loaded + 1 : 0;
    return Math.max(this.#total ?? 0, atLeast);
  }

  /** The known length, not a guess. */
  get expectedTotal(): number | null {
    return this.#complete ? this.loaded : this.#total;
  }

  expectTotal(total: number): void {
    this.#total = total;
  }

  at(index: number): Row | undefined {
    if (index < 0) return undefined;
    if (index < this.#head.length) return this.#head[index];
    return this.#tail[this.length - 1 - index];
  }

  find(key: string): Row | undefined {
    if (!this.#headKeys.has(key) && !this.#tailKeys.has(key)) return undefined;
    return this.at(this.indexOf(key));
  }

  /** -1 when the row is not loaded. */
  indexOf(key: string): number {
    if (this.#headKeys.has(key)) return this.#head.findIndex((row) => this.#keyOf(row) === key);
    if (!this.#tailKeys.has(key)) return -1;
    const fromEnd = this.#tail.findIndex((row) => this.#keyOf(row) === key);
    return this.length - 1 - fromEnd;
  }

  loadedRows(): Row[] {
    return [...this.#head, ...[...this.#tail].reverse()];
  }

  cursor(end: ListEnd): string | null {
    return this.#cursors[end];
  }

  /**
   * What to load next so that the rows from `first` to `last` become known, from the nearer end; null if they are.
   */
  missing(first: number, last: number): Missing | null {
    if (this.#complete) return null;
    const rowsFromHead = last + 1 - this.#head.length;
    // A list that is counted as empty is still read once: the count may be older than the rows.
    if (!this.#started && (this.#total ?? 0) === 0) return { end: "head", rows: rowsFromHead };
    // Without a count nobody knows where the other end is.
    if (this.#total === null) return rowsFromHead > 0 ? { end: "head", rows: rowsFromHead } : null;
    const firstMissing = Math.max(first, this.#head.length);
    const lastMissing = Math.min(last, this.length - this.#tail.length - 1);
    if (firstMissing > lastMissing) return null;
    const toHead = lastMissing + 1 - this.#head.length;
    const toTail = this.length - this.#tail.length - firstMissing;
    return toTail < toHead ? { end: "tail", rows: toTail } : { end: "head", rows: toHead };
  }

  append(end: ListEnd, page: KeysetPage<Row>): void {
    this.#started = true;
    const run = end === "head" ? this.#head : this.#tail;
    const keys = end === "head" ? this.#headKeys : this.#tailKeys;
    const otherKeys = end === "head" ? this.#tailKeys : this.#headKeys;
    const met = this.#meets(end, page.rows);
    for (const row of page.rows) {
      const key = this.#keyOf(row);
      if (keys.has(key)) continue;
      if (otherKeys.has(key)) {
        if (met) continue;
        // It moved since the other run read it; the younger reading is right.
        this.#drop(end === "head" ? "tail" : "head", key);
      }
      run.push(row);
      keys.add(key);
    }
    this.#cursors[end] = page.nextCursor;
    if (met) {
      this.#complete = true;
    } else if (page.nextCursor === null) {
      // This run walked to the far end without meeting the other: what the other holds is gone from the store.
      this.#clear(end === "head" ? "tail" : "head");
      this.#complete = true;
    }
  }

  replace(row: Row): boolean {
    const key = this.#keyOf(row);
    for (const run of [this.#head, this.#tail]) {
      const index = run.findIndex((candidate) => this.#keyOf(candidate) === key);
      if (index >= 0) {
        run[index] = row;
        return true;
      }
    }
    return false;
  }

  remove(key: string): boolean {
    const end: ListEnd | null = this.#headKeys.has(key) ? "head" : this.#tailKeys.has(key) ? "tail" : null;
    if (end === null) return false;
    this.#drop(end, key);
    if (this.#total !== null) this.#total -= 1;
    return true;
  }

  /** One shared row is no proof: it may have moved. The other run's frontier is, and so is a page it knows entirely. */
  #meets(end: ListEnd, rows: Row[]): boolean {
    const other = end === "head" ? this.#tail : this.#head;
    const otherKeys = end === "head" ? this.#tailKeys : this.#headKeys;
    const frontier = other.at(-1);
    if (frontier === undefined) return false;
    const frontierKey = this.#keyOf(frontier);
    if (rows.some((row) => this.#keyOf(row) === frontierKey)) return true;
    return rows.length > 0 && rows.every((row) => otherKeys.has(this.#keyOf(row)));
  }

  #drop(end: ListEnd, key: string): void {
    const run = end === "head" ? this.#head : this.#tail;
    const index = run.findIndex((row) => this.#keyOf(row) === key);
    if (index >= 0) run.splice(index, 1);
    (end === "head" ? this.#headKeys : this.#tailKeys).delete(key);
  }

  #clear(end: ListEnd): void {
    if (end === "head") {
      this.#head = [];
      this.#headKeys = new Set();
    } else {
      this.#tail = [];
      this.#tailKeys = new Set();
    }
  }
}
