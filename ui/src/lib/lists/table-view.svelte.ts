import { rowsInView, scrollToShow, type RowWindow } from "./row-movement";

export const ROW_HEIGHT = 32;
const OVERSCAN_ROWS = 6;

/** The part of the table that is on screen, in pixels and in rows. */
export class TableView {
  scrollTop = $state(0);
  viewportHeight = $state(0);
  width = $state(0);
  /** Free room below the last row, while something floats over the list. */
  bottomInset = $state(0);
  /** Counts the times that the position was set, not scrolled to. */
  shifts = $state(0);
  readonly #rowCount: () => number;
  /** How many rows are drawn, each in a slot whose element is reused as the list scrolls. */
  readonly slots = $derived(Math.ceil(this.viewportHeight / ROW_HEIGHT) + 1 + 2 * OVERSCAN_ROWS);
  // As numbers: scrolling within a row changes neither, and nothing that depends on them is computed again.
  readonly #first = $derived.by(() => {
    const wanted = Math.floor(this.scrollTop / ROW_HEIGHT) - OVERSCAN_ROWS;
    return Math.max(0, Math.min(wanted, this.#rowCount() - this.slots));
  });
  readonly #last = $derived.by(() => Math.min(this.#first + this.slots, this.#rowCount()) - 1);
  readonly #firstVisible = $derived(this.#visible()?.first ?? 0);
  readonly #lastVisible = $derived(this.#visible()?.last ?? -1);

  /** The rows to draw: always as many as there are slots, so that scrolling makes no element. */
  readonly drawn = $derived(this.viewportHeight > 0 ? windowOf(this.#first, this.#last) : null);
  readonly visible = $derived(windowOf(this.#firstVisible, this.#lastVisible));

  constructor(rowCount: () => number) {
    this.#rowCount = rowCount;
  }

  get height(): number {
    return this.#rowCount() * ROW_HEIGHT + this.bottomInset;
  }

  get pageRows(): number {
    return Math.max(1, Math.floor((this.viewportHeight - this.bottomInset) / ROW_HEIGHT));
  }

  /** The row in a slot; null if the list is too short for it. */
  indexIn(slot: number): number | null {
    const index = this.#first + ((slot - (this.#first % this.slots) + this.slots) % this.slots);
    return this.isDrawn(index) ? index : null;
  }

  isDrawn(index: number): boolean {
    return this.drawn !== null && index >= this.#first && index <= this.#last;
  }

  /** The rows on screen have other numbers: they stay where they are. */
  shift(rows: number): void {
    const furthest = Math.max(0, this.height - this.viewportHeight);
    this.scrollTop = Math.min(Math.max(0, this.scrollTop + rows * ROW_HEIGHT), furthest);
    this.shifts += 1;
  }

  /** Back to the first row. */
  toTop(): void {
    this.scrollTop = 0;
    this.shifts += 1;
  }

  scrollTopFor(index: number): number {
    return scrollToShow(index, ROW_HEIGHT, this.scrollTop, this.viewportHeight, this.bottomInset);
  }

  #visible(): RowWindow | null {
    return rowsInView(this.scrollTop, this.viewportHeight, ROW_HEIGHT, this.#rowCount());
  }
}

function windowOf(first: number, last: number): RowWindow | null {
  return first > last ? null : { first, last };
}
