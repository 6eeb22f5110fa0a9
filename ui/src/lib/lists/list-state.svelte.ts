import { LIMITS } from "$lib/api";
import { ColumnChoice } from "./column-choice.svelte";
import { layoutColumns } from "./column-layout";
import type { ListCounts, ListPanel, ListQuery, ListRow, ListSource, ListSpec } from "./list";
import { ListBrowser } from "./list-browser.svelte";
import { RowSelection } from "./row-selection.svelte";
import { TableView } from "./table-view.svelte";

// A page for a screen is small, so that the first rows arrive soon; a walk to the middle of a long list takes the
// largest.
const PAGES = { near: 200, far: LIMITS.pageMax };

/** Everything that a list remembers, on screen or not. */
export class ListState<
  Row extends ListRow,
  Query extends ListQuery,
  Counts extends ListCounts<Query> = ListCounts<Query>,
> {
  readonly spec: ListSpec<Row, Query>;
  readonly browser: ListBrowser<Row, Query, Counts>;
  readonly selection = new RowSelection<Row>();
  readonly view: TableView;
  readonly columns: ColumnChoice<ListSpec<Row, Query>["columns"][number]>;
  readonly layout = $derived.by(() =>
    layoutColumns(this.spec.columns, this.view.width, this.columns.wanted, this.checkable),
  );
  readonly panel: ListPanel<Row> | null;
  #gathering = $state(false);
  /** The row the keyboard is on. */
  #cursor = $state(0);

  constructor(
    spec: ListSpec<Row, Query>,
    source: ListSource<Row, Query, Counts>,
    panel: ListPanel<Row> | null = null,
  ) {
    this.spec = spec;
    this.panel = panel;
    this.columns = new ColumnChoice(spec.name, spec.columns);
    this.browser = new ListBrowser(spec, source, {
      pages: PAGES,
      onquery: (filterChanged) => this.#restart(filterChanged),
      onread: (rows) => panel?.accept(rows),
    });
    this.view = new TableView(() => this.rows.length);
  }

  get checkable(): boolean {
    return this.spec.words.checked !== undefined;
  }

  get rows() {
    return this.browser.rows;
  }

  get cursor(): number {
    return Math.max(0, Math.min(this.#cursor, this.rows.length - 1));
  }

  /** The keyboard's row, if it is loaded. */
  get current(): Row | undefined {
    return this.rows.at(this.cursor);
  }

  /** By which the rows are in order. */
  get sortColumn() {
    const { columns } = this.spec;
    return (
      columns.find(({ id }) => id === this.browser.query.sort) ?? (columns[0] as (typeof columns)[number])
    );
  }

  get checkedCount(): number {
    return this.selection.count(this.rows.length);
  }

  get checks(): "none" | "some" | "all" {
    if (this.checkedCount === 0) return "none";
    return this.checkedCount === this.rows.length ? "all" : "some";
  }

  /** Whether selected rows are being read that were never on screen. */
  get gathering(): boolean {
    return this.#gathering;
  }

  /** The loaded rows on screen. */
  get visible(): Row[] {
    const { visible } = this.view;
    if (visible === null) return [];
    const { first, last } = visible;
    const rows = Array.from({ length: last - first + 1 }, (_, offset) => this.rows.at(first + offset));
    return rows.filter((row) => row !== undefined);
  }

  moveTo(index: number): void {
    this.#cursor = index;
    if (this.panel?.row) this.openRow(index);
  }

  openRow(index: number): void {
    this.#cursor = index;
    const row = this.rows.at(index);
    if (row !== undefined) this.panel?.open(row);
  }

  toggleRow(index: number): void {
    this.#cursor = index;
    const row = this.rows.at(index);
    if (row !== undefined && this.checkable) this.selection.toggle(row, index);
  }

  /** Selects from the last toggled row to this one and goes there. */
  extendTo(index: number): void {
    if (this.checkable) this.selection.extendTo(index, this.cursor, (position) => this.rows.at(position));
    this.moveTo(index);
  }

  checkAll(): void {
    if (this.checkable) this.selection.checkAllMatching();
  }

  toggleAll(): void {
    if (this.selection.empty) this.checkAll();
    else this.selection.clear();
  }

  /**
   * Every selected row, read from the source if the selection is "all that match"; null while that is in progress.
   */
  async checkedRows(): Promise<Row[] | null> {
    const { rows, excludedIds } = this.selection;
    if (rows !== null || this.#gathering) return rows;
    this.#gathering = true;
    try {
      return await this.browser.gather(excludedIds, PAGES.far);
    } finally {
      this.#gathering = false;
    }
  }

  /** Shows rows as they are now, in the list and in the panel. */
  accept(rows: Row[]): void {
    this.browser.accept(rows);
    this.panel?.accept(rows);
    for (const row of rows) {
      if (this.browser.holds(row)) this.selection.replace(row);
      else this.#leave(row.id);
    }
  }

  removed(id: string): void {
    this.browser.removed(id);
    this.#leave(id);
  }

  /** Reads the list again: this row is new in it, or has another place in the order. */
  reorder(row: Row): void {
    this.panel?.accept([row]);
    this.selection.replace(row);
    this.browser.refresh();
  }

  /** Comes on screen: earlier rows stay until they are read again. */
  show(): void {
    if (this.rows.ready) this.browser.refresh();
    else this.browser.open();
  }

  stop(): void {
    this.browser.stop();
    this.panel?.close();
  }

  #leave(id: string): void {
    this.selection.drop(id);
    if (this.panel?.row?.id === id) this.panel.close();
  }

  #restart(filterChanged: boolean): void {
    this.#cursor = 0;
    // A selection that nobody sees any more would be acted on unseen.
    if (!filterChanged) return;
    this.selection.clear();
    const shown = this.panel?.row;
    if (shown && !this.browser.holds(shown)) this.panel?.close();
  }
}
