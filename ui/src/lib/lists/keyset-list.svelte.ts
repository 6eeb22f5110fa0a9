import { untrack } from "svelte";
import { KeysetRuns, type KeysetPage } from "./keyset-runs";

export type KeysetRequest<Query> = { query: Query; reversed: boolean; cursor: string | null; limit: number };

export type KeysetSource<Query, Row> = (request: KeysetRequest<Query>) => Promise<KeysetPage<Row>>;

/** The rows of a page: near loaded rows, and on the way to a distant place. */
export type PageSizes = { near: number; far: number };

type Span = { first: number; last: number };

/**
 * A long list behind a keyset source. It loads what the window needs, one page at a time, from the nearer end.
 *
 * A new query (or a refresh) is read beside the shown rows and replaces them only when it covers the window, so
 * nothing flashes. Answers for a replaced query are dropped. A failure keeps what is shown and waits for `retry`.
 */
export class KeysetList<Query, Row> {
  readonly #source: KeysetSource<Query, Row>;
  readonly #keyOf: (row: Row) => string;
  readonly #pages: PageSizes;
  #shown: KeysetRuns<Query, Row> | null = null;
  #coming: KeysetRuns<Query, Row> | null = null;
  #window: Span = { first: 0, last: 0 };
  #walking: KeysetRuns<Query, Row> | null = null;
  #version = $state(0);
  #loading = $state(false);
  #problem = $state.raw<unknown>(null);

  constructor(source: KeysetSource<Query, Row>, keyOf: (row: Row) => string, pages: PageSizes) {
    this.#source = source;
    this.#keyOf = keyOf;
    this.#pages = pages;
  }

  /** False until the first page of any query was shown. */
  get ready(): boolean {
    this.#track();
    return this.#shown !== null;
  }

  get length(): number {
    this.#track();
    return this.#shown?.length ?? 0;
  }

  /** The query whose rows are shown. */
  get query(): Query | null {
    this.#track();
    return this.#shown?.query ?? null;
  }

  get loading(): boolean {
    return this.#loading;
  }

  /** Whether the shown rows belong to an older query than the current one. */
  get outdated(): boolean {
    this.#track();
    return this.#shown !== null && this.#coming !== null && this.#coming.query !== this.#shown.query;
  }

  get problem(): unknown {
    return this.#problem;
  }

  at(index: number): Row | undefined {
    this.#track();
    return this.#shown?.at(index);
  }

  find(key: string): Row | undefined {
    this.#track();
    return this.#shown?.find(key);
  }

  indexOf(key: string): number {
    this.#track();
    return this.#shown?.indexOf(key) ?? -1;
  }

  /** Shows the rows of another query from its beginning, keeping the current ones until they have arrived. */
  open(query: Query): void {
    this.#window = { first: 0, last: this.#window.last - this.#window.first };
    this.#begin(query);
  }

  /** Reads the current query again and keeps the window where it is. */
  refresh(): void {
    const present = this.#target();
    if (present !== null) this.#begin(present.query, present.expectedTotal);
  }

  expectTotal(query: Query, total: number): void {
    for (const runs of [this.#shown, this.#coming]) {
      if (runs !== null && runs.query === query) runs.expectTotal(total);
    }
    this.#changed();
    void this.#walk();
  }

  /** Asks for the rows between two positions of the shown list. */
  need(first: number, last: number): void {
    // A place in the old list says nothing about the new one.
    if (this.#shown !== null && this.#coming !== null && this.#coming.query !== this.#shown.query) return;
    this.#window = { first, last };
    void this.#walk();
  }

  retry(): void {
    this.#problem = null;
    void this.#walk();
  }

  /** Returns false if the row is not loaded. */
  replace(row: Row): boolean {
    const replaced = this.#shown?.replace(row) ?? false;
    this.#coming?.replace(row);
    this.#changed();
    return replaced;
  }

  remove(key: string): void {
    this.#shown?.remove(key);
    this.#coming?.remove(key);
    this.#changed();
    void this.#walk();
  }

  /** Also called where an effect asks for rows: the effect must not depend on what it changes. */
  #changed(): void {
    untrack(() => (this.#version += 1));
  }

  #track(): void {
    void this.#version;
  }

  #begin(query: Query, expected: number | null = null): void {
    this.#coming = new KeysetRuns(query, this.#keyOf);
    if (expected !== null) this.#coming.expectTotal(expected);
    this.#problem = null;
    this.#changed();
    void this.#walk();
  }

  #target(): KeysetRuns<Query, Row> | null {
    return this.#coming ?? this.#shown;
  }

  async #walk(): Promise<void> {
    const runs = this.#target();
    if (runs === null || this.#walking === runs || this.#problem !== null) return;
    this.#walking = runs;
    this.#loading = true;
    try {
      while (runs === this.#target()) {
        const missing = runs.missing(this.#window.first, this.#window.last);
        if (missing === null) break;
        const { end, rows } = missing;
        const page = await this.#source({
          query: runs.query,
          reversed: end === "tail",
          cursor: runs.cursor(end),
          limit: rows > this.#pages.near ? this.#pages.far : this.#pages.near,
        });
        if (runs !== this.#target()) return;
        runs.append(end, page);
        this.#changed();
      }
      this.#show(runs);
    } catch (problem) {
      if (runs === this.#target()) this.#problem = problem;
    } finally {
      if (this.#walking === runs) {
        this.#walking = null;
        this.#loading = false;
      }
    }
  }

  #show(runs: KeysetRuns<Query, Row>): void {
    if (this.#coming !== runs) return;
    this.#shown = runs;
    this.#coming = null;
    this.#changed();
  }
}
