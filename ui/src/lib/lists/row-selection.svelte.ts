import { SvelteMap } from "svelte/reactivity";

/**
 * The selected rows: some named ones, or all that match except some named ones. The second form lets a person select
 * a hundred thousand rows of which only a screenful is loaded.
 */
export class RowSelection<Row extends { id: string }> {
  #named = new SvelteMap<string, Row | null>();
  #inverted = $state(false);
  /** The row that was toggled last, or to which the selection was extended since. */
  #anchor: number | null = null;

  /** Counts the times that it began anew: rows that were read for an earlier selection do not belong to it. */
  round = 0;

  get allMatching(): boolean {
    return this.#inverted;
  }

  get empty(): boolean {
    return !this.#inverted && this.#named.size === 0;
  }

  has(id: string): boolean {
    return this.#named.has(id) !== this.#inverted;
  }

  /** How many are selected in a list of `total` rows. */
  count(total: number): number {
    return this.#inverted ? Math.max(0, total - this.#named.size) : this.#named.size;
  }

  /** The selected rows if they are named one by one; null if all that match are selected. */
  get rows(): Row[] | null {
    if (this.#inverted) return null;
    return [...this.#named.values()].filter((row) => row !== null);
  }

  /** While all that match are selected: the exceptions. */
  get excludedIds(): string[] {
    return this.#inverted ? [...this.#named.keys()] : [];
  }

  toggle(row: Row, index: number): void {
    if (this.#named.has(row.id)) this.#named.delete(row.id);
    else this.#named.set(row.id, row);
    this.#anchor = index;
  }

  /** What is to be checked so that everything is from the last toggled row to this one: what is not so far. */
  spanTo(index: number, current: number): { first: number; last: number } {
    const from = this.#anchor ?? current;
    this.#anchor = index;
    return { first: Math.min(from, index), last: Math.max(from, index) };
  }

  check(rows: Row[]): void {
    for (const row of rows) this.#check(row);
  }

  checkAllMatching(): void {
    this.#named.clear();
    this.#inverted = true;
    this.#anchor = null;
    this.round += 1;
  }

  clear(): void {
    this.#named.clear();
    this.#inverted = false;
    this.#anchor = null;
    this.round += 1;
  }

  keepOnly(rows: Row[]): void {
    this.clear();
    for (const row of rows) this.#check(row);
  }

  /** A changed row stays selected; a row that left the list does not. */
  replace(row: Row): void {
    if (this.#named.has(row.id)) this.#named.set(row.id, row);
  }

  drop(id: string): void {
    this.#named.delete(id);
  }

  #check(row: Row): void {
    if (this.#inverted) this.#named.delete(row.id);
    else this.#named.set(row.id, row);
  }
}
