import { LIMITS } from "$lib/api";
import { ColumnChoice } from "./column-choice.svelte";
import { layoutColumns } from "./column-layout";
import type { ListCounts, ListPanel, ListQuery, ListRow, ListSource, ListSpec } from "./list";
import { ListBrowser } from "./list-browser.svelte";
import { RowSelection } from "./row-selection.svelte";
import { TableView } from "./table-view.svelte";

/** Small, so that the rows of a screen arrive soon. */
const ROWS_OF_A_PAGE = 200;

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
  readonly #onproblem: (problem: unknown) => void;
  /** How many times rows are being read now for a selection. */
  #gathering = $state(0);
  /** How many rows at the top are new since the list was read. */
  #arrived = $state(0);
  /** The row the keyboard is on. */
  #cursor = $state(0);

  constructor(
    spec: ListSpec<Row, Query>,
    source: ListSource<Row, Query, Counts>,
    panel: ListPanel<Row> | null = null,
    onproblem: (problem: unknown) => void = () => undefined,
  ) {
    this.#onproblem = onproblem;
    this.spec = spec;
    this.panel = panel;
    this.columns = new ColumnChoice(spec.name, spec.columns);
    this.browser = new ListBrowser(spec, source, {
      limit: ROWS_OF_A_PAGE,
      onquery: (filterChanged) => this.#restart(filterChanged),
      onshift: (rows) => {
        this.#cursor += rows;
        this.view.shift(rows);
      },
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

  get sortable(): boolean {
    return this.spec.columns.some(({ sort }) => sort);
  }

  get arrived(): number {
    return this.#arrived;
  }

  get checkedCount(): number {
    return this.selection.count(this.rows.length);
  }

  get checks(): "none" | "some" | "all" {
    if (this.checkedCount === 0) return "none";
    if (this.spec.groups) return "some";
    return this.checkedCount === this.rows.length ? "all" : "some";
  }

  /** How many rows this one heads; null if it is a row like the others. */
  headed(row: Row): number | null {
    return this.spec.groups?.headed(row) ?? null;
  }

  /** How much of the group of a row is selected. */
  checksOf(head: Row): "none" | "some" | "all" {
    const { groups } = this.spec;
    const checked = this.selection.rows?.filter((row) => groups?.of(row) === groups?.of(head)).length ?? 0;
    if (checked === 0) return "none";
    return checked === this.headed(head) ? "all" : "some";
  }

  /** Whether selected rows are being read that were never on screen. */
  get gathering(): boolean {
    return this.#gathering > 0;
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
    if (row !== undefined && this.headed(row) === null) this.panel?.open(row);
  }

  toggleRow(index: number): void {
    this.#cursor = index;
    const row = this.rows.at(index);
    if (row === undefined || !this.checkable) return;
    const headed = this.headed(row);
    if (headed === null) this.selection.toggle(row, index);
    else this.#toggleGroup(row, { first: index + 1, last: index + headed });
  }

  #toggleGroup(head: Row, span: { first: number; last: number }): void {
    if (this.checksOf(head) === "none") return void this.#select(span);
    const { groups } = this.spec;
    for (const row of this.selection.rows ?? [])
      if (groups?.of(row) === groups?.of(head)) this.selection.drop(row.id);
  }

  /** Selects from the last toggled row to this one and goes there. Rows that are not in memory are read. */
  extendTo(index: number): void {
    if (this.checkable) void this.#select(this.selection.spanTo(index, this.cursor));
    this.moveTo(index);
  }

  async #select({ first, last }: { first: number; last: number }): Promise<void> {
    const held = this.rows.between(first, last);
    this.selection.check(this.#withoutHeads(held));
    if (held.length > last - first) return;
    const { round } = this.selection;
    this.#gathering += 1;
    try {
      const rows = await this.browser.gatherBetween(first, last, LIMITS.pageMax);
      if (round === this.selection.round) this.selection.check(this.#withoutHeads(rows));
    } catch (problem) {
      // A part of what was meant would be acted on as if it was all.
      this.selection.clear();
      this.#onproblem(problem);
    } finally {
      this.#gathering -= 1;
    }
  }

  #withoutHeads(rows: Row[]): Row[] {
    return rows.filter((row) => this.headed(row) === null);
  }

  /** Nothing in a list of groups: an act on many is one on rows of one group. */
  checkAll(): void {
    if (this.checkable && !this.spec.groups) this.selection.checkAllMatching();
  }

  toggleAll(): void {
    if (this.selection.empty) this.checkAll();
    else this.selection.clear();
  }

  /**
   * Every selected row, read from the source if the selection is "all that match"; null while rows are being read.
   */
  async checkedRows(): Promise<Row[] | null> {
    const { rows, excludedIds } = this.selection;
    if (this.gathering || rows !== null) return this.gathering ? null : rows;
    this.#gathering += 1;
    try {
      return await this.browser.gather(excludedIds, LIMITS.pageMax);
    } finally {
      this.#gathering -= 1;
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

  /** Rows that are new at the top. The others stay where they are on screen, unless `show` leads to the new ones. */
  arrive(rows: Row[], show: boolean): void {
    this.#arrived += this.browser.rows.prepend(rows);
    if (show) this.view.toTop();
  }

  /** Reads the list again, with what is new in its place. */
  refresh(): void {
    this.#arrived = 0;
    this.browser.refresh();
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
    // It may have left the screen before typing paused.
    if (this.browser.applySearch()) return;
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
    this.#arrived = 0;
    // A selection that nobody sees any more would be acted on unseen.
    if (!filterChanged) return;
    this.selection.clear();
    const shown = this.panel?.row;
    if (shown && !this.browser.holds(shown)) this.panel?.close();
  }
}
