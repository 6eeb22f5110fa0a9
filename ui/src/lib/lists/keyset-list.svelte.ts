import { untrack } from "svelte";
import { KeysetRun, type KeysetPage, type Question, type Span } from "./keyset-run";

export type KeysetRequest<Query> = Question & { query: Query; limit: number };

export type KeysetSource<Query, Row> = (request: KeysetRequest<Query>) => Promise<KeysetPage<Row>>;

export type KeysetOptions = {
  /** The rows of a page. */
  limit: number;
  /** Called when the rows on screen have other numbers than before: this many more. */
  onshift?: (rows: number) => void;
};

/**
 * A long list behind a keyset source. It asks for what the window needs, one question at a time: while a person drags
 * the scroll bar, only the place where the last response found the window.
 *
 * A new query (or a refresh) is read beside the shown rows and replaces them only when it covers the window, so
 * nothing flashes. Responses for a replaced query are dropped. A failure keeps what is shown and waits for `retry`.
 */
export class KeysetList<Query, Row> {
  readonly #source: KeysetSource<Query, Row>;
  readonly #keyOf: (row: Row) => string;
  readonly #limit: number;
  readonly #onshift: (rows: number) => void;
  #shown: KeysetRun<Query, Row> | null = null;
  #coming: KeysetRun<Query, Row> | null = null;
  #window: Span = { first: 0, last: 0 };
  #reading: KeysetRun<Query, Row> | null = null;
  #version = $state(0);
  #loading = $state(false);
  #problem = $state.raw<unknown>(null);

  constructor(
    source: KeysetSource<Query, Row>,
    keyOf: (row: Row) => string,
    { limit, onshift = () => undefined }: KeysetOptions,
  ) {
    this.#source = source;
    this.#keyOf = keyOf;
    this.#limit = limit;
    this.#onshift = onshift;
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

  /** Whether the length is more than a guess. */
  get counted(): boolean {
    this.#track();
    return typeof this.#shown?.knownLength === "number";
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

  /** The rows of a part of the list that are in memory. */
  between(first: number, last: number): Row[] {
    this.#track();
    return this.#shown?.between(first, last).map(({ row }) => row) ?? [];
  }

  /** How many rows are in memory. */
  get held(): number {
    return (this.#shown?.held ?? 0) + (this.#coming?.held ?? 0);
  }

  /** Shows the rows of another query from its beginning, keeping the current ones until they have arrived. */
  open(query: Query): void {
    this.#window = { first: 0, last: this.#window.last - this.#window.first };
    this.#begin(query);
  }

  /** Reads the current query again and keeps the window where it is. */
  refresh(): void {
    const present = this.#target();
    if (present !== null) this.#begin(present.query, present.knownLength);
  }

  expectTotal(query: Query, total: number): void {
    for (const run of [this.#shown, this.#coming]) {
      if (run?.query === query) this.#change(run, () => run.expectTotal(total));
    }
    void this.#read();
  }

  /** Asks for the rows between two positions of the shown list. */
  need(first: number, last: number): void {
    // A place in the old list says nothing about the new one.
    if (this.#shown !== null && this.#coming !== null && this.#coming.query !== this.#shown.query) return;
    this.#window = { first, last };
    void this.#read();
  }

  retry(): void {
    this.#problem = null;
    void this.#read();
  }

  /** Returns false if the row is not loaded. */
  replace(row: Row): boolean {
    const replaced = this.#shown?.replace(row) ?? false;
    this.#coming?.replace(row);
    this.#changed();
    return replaced;
  }

  /** Adds new rows above the others, which stay where they are on screen; returns how many there are. */
  prepend(rows: Row[]): number {
    const run = this.#shown;
    if (run === null || this.#coming !== null) return 0;
    let added = 0;
    this.#change(run, () => (added = run.prepend(rows)));
    return added;
  }

  remove(key: string): void {
    this.#shown?.remove(key);
    this.#coming?.remove(key);
    this.#changed();
    void this.#read();
  }

  /** Also called where an effect asks for rows: the effect must not depend on what it changes. */
  #changed(): void {
    untrack(() => (this.#version += 1));
  }

  #track(): void {
    void this.#version;
  }

  #begin(query: Query, expected: number | null = null): void {
    this.#coming = new KeysetRun(query, this.#keyOf, this.#limit);
    if (expected !== null) this.#coming.expectTotal(expected);
    this.#problem = null;
    this.#changed();
    void this.#read();
  }

  #target(): KeysetRun<Query, Row> | null {
    return this.#coming ?? this.#shown;
  }

  async #read(): Promise<void> {
    const run = this.#target();
    if (run === null || this.#reading === run || this.#problem !== null) return;
    this.#reading = run;
    this.#loading = true;
    try {
      for (let question = run.question(this.#window); question; question = run.question(this.#window)) {
        const asked = question;
        const page = await this.#source({ query: run.query, limit: this.#limit, ...asked });
        if (run !== this.#target()) return;
        // The person is elsewhere by now.
        if (run.wants(asked, this.#window)) this.#change(run, () => run.take(asked, page));
        // What is on screen comes first; what is around it is read when it is shown. A search that takes long answers
        // with its first hit alone, which is shown while the others are looked for.
        const isHit = asked.start.kind === "beginning" && page.nextCursor !== null && page.rows.length === 1;
        if (run === this.#coming && (isHit || this.#covers(run))) this.#show(run);
      }
      run.keepNear(this.#window);
      this.#show(run);
    } catch (problem) {
      if (run === this.#target()) this.#problem = problem;
    } finally {
      if (this.#reading === run) {
        this.#reading = null;
        this.#loading = false;
      }
    }
  }

  /** Changes a run. If the rows on screen have other numbers after that, they stay where they are on screen. */
  #change(run: KeysetRun<Query, Row>, change: () => void): void {
    const { first, last } = this.#window;
    const seen = run === this.#shown ? run.between(first, last) : [];
    change();
    for (const { index, row } of seen) {
      const now = run.indexOf(this.#keyOf(row));
      if (now < 0) continue;
      const rows = now - index;
      if (rows !== 0) {
        this.#window = { first: first + rows, last: last + rows };
        this.#onshift(rows);
      }
      break;
    }
    this.#changed();
  }

  #covers(run: KeysetRun<Query, Row>): boolean {
    const { first, last } = this.#window;
    return (
      run.at(Math.min(first, run.length - 1)) !== undefined &&
      run.at(Math.min(last, run.length - 1)) !== undefined
    );
  }

  #show(run: KeysetRun<Query, Row>): void {
    if (this.#coming !== run) return;
    this.#shown = run;
    this.#coming = null;
    this.#changed();
  }
}
