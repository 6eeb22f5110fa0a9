import type { PageStart } from "$lib/api";

export type KeysetPage<Row> = {
  /** In the order of the walk. */
  rows: Row[];
  /** After it a walk in the other direction goes on; null if the page starts at the beginning. */
  previousCursor: string | null;
  nextCursor: string | null;
};

/** What to read next. */
export type Question = { backwards: boolean; start: PageStart };

export type Span = { first: number; last: number };

/** A page in the list's order: the cursors above its first row and below its last, null at an end of the list. */
type Piece<Row> = { rows: Row[]; above: string | null; below: string | null };

/** Pages above and below the window that are kept. */
const PAGES_KEPT = 5;

/**
 * The rows of one query around the window: pages that follow each other, read on upwards and downwards by key. A place
 * far from them is asked for by its number, and what was held is dropped for it: however far a person scrolls, no more
 * than about {@link PAGES_KEPT} pages on either side of the window are held.
 *
 * The numbers of the rows are those of the last count until an end of the list is read.
 */
export class KeysetRun<Query, Row> {
  readonly query: Query;
  readonly #keyOf: (row: Row) => string;
  readonly #limit: number;
  #pieces: Piece<Row>[] = [];
  /** The number of the first held row. */
  #first = 0;
  #counted: number | null = null;

  /** `limit` is the number of rows of a page. */
  constructor(query: Query, keyOf: (row: Row) => string, limit: number) {
    this.query = query;
    this.#keyOf = keyOf;
    this.#limit = limit;
  }

  get held(): number {
    return this.#pieces.reduce((sum, { rows }) => sum + rows.length, 0);
  }

  /** The number of rows of the whole list: exact once it was read to its end, before that as counted. */
  get length(): number {
    return this.knownLength ?? (this.#pieces.length > 0 ? this.#end + 1 : 0);
  }

  /** Null while the list is neither counted nor read to its end. */
  get knownLength(): number | null {
    if (this.#pieces.at(-1)?.below === null) return this.#end;
    return this.#counted === null
      ? null
      : Math.max(this.#counted, this.#pieces.length > 0 ? this.#end + 1 : 0);
  }

  at(index: number): Row | undefined {
    let offset = index - this.#first;
    for (const { rows } of this.#pieces) {
      if (offset < rows.length) return rows[offset];
      offset -= rows.length;
    }
    return undefined;
  }

  /** The held rows of a part of the list. */
  between(first: number, last: number): { index: number; row: Row }[] {
    const places = Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);
    return places.flatMap((index) => {
      const row = this.at(index);
      return row === undefined ? [] : [{ index, row }];
    });
  }

  /** -1 if the row is not held. */
  indexOf(key: string): number {
    let first = this.#first;
    for (const { rows } of this.#pieces) {
      const index = rows.findIndex((row) => this.#keyOf(row) === key);
      if (index >= 0) return first + index;
      first += rows.length;
    }
    return -1;
  }

  expectTotal(total: number): void {
    this.#counted = total;
    const [head, tail] = [this.#pieces[0], this.#pieces.at(-1)];
    // Only the end of the list was read: it stays at the end.
    if (head?.above && tail?.below === null) this.#first += total - this.#end;
  }

  /** Adds rows above the first one, if that is held; returns how many were not held already. */
  prepend(rows: Row[]): number {
    const [head] = this.#pieces;
    if (head === undefined || head.above !== null) return 0;
    const fresh = rows.filter((row) => this.indexOf(this.#keyOf(row)) < 0);
    head.rows.unshift(...fresh);
    if (this.#counted !== null) this.#counted += fresh.length;
    return fresh.length;
  }

  /** What to read next for the rows of the window, and a few around it; null if they are held. */
  question(window: Span): Question | null {
    const total = this.knownLength;
    const last = total === null ? window.last : Math.min(window.last, total - 1);
    const first = Math.min(window.first, Math.max(last, 0));
    const [head, tail] = [this.#pieces[0], this.#pieces.at(-1)];
    if (head === undefined || tail === undefined) return this.#jump(first, last);
    const missingAbove = head.above === null ? -Infinity : this.#first - first;
    const missingBelow = tail.below === null ? -Infinity : last + 1 - this.#end;
    const missing = Math.max(missingAbove, missingBelow);
    if (missing <= -this.#limit / 4) return null;
    const height = last + 1 - first;
    if (missing > this.#limit + height && total !== null) return this.#jump(first, last);
    const backwards = missingAbove > missingBelow;
    const cursor = (backwards ? head.above : tail.below) ?? "";
    return { backwards, start: { kind: "after", cursor } };
  }

  /** Whether the response to a question is still wanted for this window. */
  wants({ backwards, start }: Question, window: Span): boolean {
    const now = this.question(window);
    if (start.kind === "after") return true;
    if (now === null || now.backwards !== backwards || now.start.kind !== start.kind) return false;
    if (now.start.kind !== "row" || start.kind !== "row") return true;
    return Math.abs(now.start.number - start.number) < this.#limit / 2;
  }

  take({ backwards, start }: Question, page: KeysetPage<Row>): void {
    const piece = backwards
      ? { rows: [...page.rows].reverse(), above: page.nextCursor, below: page.previousCursor }
      : { rows: page.rows, above: page.previousCursor, below: page.nextCursor };
    const { length } = this;
    if (start.kind !== "after") {
      this.#pieces = [piece];
      this.#first = start.kind === "row" ? start.number : backwards ? length - piece.rows.length : 0;
    } else {
      // A row that moved since is here twice: the younger reading is right.
      const younger = new Set(piece.rows.map(this.#keyOf));
      for (const older of this.#pieces)
        older.rows = older.rows.filter((row) => !younger.has(this.#keyOf(row)));
      if (backwards) this.#first -= piece.rows.length;
      this.#pieces.splice(backwards ? 0 : this.#pieces.length, 0, piece);
    }
    // The numbers were guesses of a count: at the beginning of the list they are known, and before it there is a row.
    if (this.#pieces[0]?.above === null) this.#first = 0;
    else this.#first = Math.max(this.#first, 1);
  }

  /** Drops the pages far from the window. */
  keepNear({ first, last }: Span): void {
    const reach = PAGES_KEPT * this.#limit;
    for (;;) {
      const [head, tail] = [this.#pieces[0], this.#pieces.at(-1)];
      if (head === undefined || tail === undefined || head === tail) return;
      if (this.#first + head.rows.length < first - reach) {
        this.#first += head.rows.length;
        this.#pieces.shift();
      } else if (this.#end - tail.rows.length > last + reach) {
        if (tail.below === null) this.#counted = this.#end;
        this.#pieces.pop();
      } else return;
    }
  }

  /** Returns false if the row is not held. */
  replace(row: Row): boolean {
    return this.#change(this.#keyOf(row), [row]);
  }

  remove(key: string): void {
    if (this.#change(key, []) && this.#counted !== null) this.#counted -= 1;
  }

  get #end(): number {
    return this.#first + this.held;
  }

  #change(key: string, by: Row[]): boolean {
    for (const { rows } of this.#pieces) {
      const index = rows.findIndex((row) => this.#keyOf(row) === key);
      if (index >= 0) rows.splice(index, 1, ...by);
      if (index >= 0) return true;
    }
    return false;
  }

  /** The page around the window: the first or the last one where that has it, because no row is counted for those. */
  #jump(first: number, last: number): Question {
    const of = this.knownLength;
    const number = Math.floor((first + last + 1 - this.#limit) / 2);
    if (first < this.#limit / 2 || number <= 0) return { backwards: false, start: { kind: "beginning" } };
    if (of !== null && number + this.#limit >= of) return { backwards: true, start: { kind: "beginning" } };
    // A store counts from the nearer end: where that is is not known without a count.
    return { backwards: false, start: { kind: "row", number, of: of ?? 2 * (number + this.#limit) } };
  }
}
