import { rowsInView, scrollToShow, type RowWindow } from "./row-movement";

export const ROW_HEIGHT = 32;
const OVERSCAN_ROWS = 8;

/** The part of the table that is on screen, in pixels and in rows. */
export class TableView {
  scrollTop = $state(0);
  viewportHeight = $state(0);
  width = $state(0);
  /** Free room below the last row, while something floats over the list. */
  bottomInset = $state(0);
  readonly #rowCount: () => number;

  constructor(rowCount: () => number) {
    this.#rowCount = rowCount;
  }

  get height(): number {
    return this.#rowCount() * ROW_HEIGHT + this.bottomInset;
  }

  get pageRows(): number {
    return Math.max(1, Math.floor((this.viewportHeight - this.bottomInset) / ROW_HEIGHT));
  }

  /** How many rows can be drawn at once: a row's element is reused for the row that many positions further. */
  get capacity(): number {
    return Math.ceil(this.viewportHeight / ROW_HEIGHT) + 1 + 2 * OVERSCAN_ROWS;
  }

  /** The rows to draw. */
  get drawn(): RowWindow | null {
    return this.#rows(OVERSCAN_ROWS);
  }

  get visible(): RowWindow | null {
    return this.#rows(0);
  }

  isDrawn(index: number): boolean {
    const drawn = this.drawn;
    return drawn !== null && index >= drawn.first && index <= drawn.last;
  }

  scrollTopFor(index: number): number {
    return scrollToShow(index, ROW_HEIGHT, this.scrollTop, this.viewportHeight, this.bottomInset);
  }

  #rows(overscan: number): RowWindow | null {
    return rowsInView(this.scrollTop, this.viewportHeight, ROW_HEIGHT, this.#rowCount(), overscan);
  }
}
