type Look<Row> = {
  label: () => string;
  /** In px. */
  least: number;
  /** Its track in the grid, where it takes more than the least. */
  width?: string;
  numeric?: boolean;
  /** Who gets room first when there is not enough for all, from 1. Without it the column is what a row is known by. */
  turn?: number;
  /** Shown only where the columns before it have their `comfort`. */
  further?: boolean;
  /** What it gets on top of `least` before a further column is shown. */
  comfort?: number;
  /** Its width where the list is narrow, without a header. */
  condensed?: number;
  /** What an order by it is by, where the label says something else. */
  sortLabel?: () => string;
  /** What stands in it; a column without it is drawn by the list's `cell`. */
  text?: (row: Row) => string;
};

/** A column. Words are sorted from A first, times from the newest; without `sort` the list has no such order. */
export type ListColumn<Row, Sort extends string = string> = Look<Row> &
  ({ id: Sort; sort: "words" | "time" } | { id: string; sort?: undefined });

export type ColumnLayout<Column> = {
  columns: Column[];
  condensed: boolean;
  /** Whether a box to check stands before the columns. */
  checkable: boolean;
  template: string;
};

const SELECT_WIDTH = 44;
const MENU_WIDTH = 32;
const CONDENSED_BELOW = 480;

/** The wanted columns that fit into `width` without scrolling sideways, in the order of `columns`. */
export function layoutColumns<Column extends ListColumn<never>>(
  columns: Column[],
  width: number,
  wanted: ReadonlySet<string>,
  checkable = true,
): ColumnLayout<Column> {
  const condensed = width < CONDENSED_BELOW;
  const narrowed = (column: Column) => (condensed ? column.condensed : undefined);
  const fixed = columns.filter(({ turn }) => turn === undefined);
  const shown = new Set(fixed);
  const taken = fixed.reduce((sum, column) => sum + (narrowed(column) ?? column.least), 0);
  let room = width - (checkable ? SELECT_WIDTH : 0) - MENU_WIDTH - taken;
  let comfort = fixed.reduce((sum, column) => sum + (column.comfort ?? 0), 0);
  const optional = columns.filter(({ id, turn }) => turn !== undefined && wanted.has(id));
  for (const further of [false, true]) {
    for (const column of inTurn(optional.filter((candidate) => (candidate.further ?? false) === further))) {
      // Stops at the first that does not fit: a narrower one further on would come and go as the window is dragged.
      if (room < column.least) break;
      room -= column.least;
      shown.add(column);
    }
    room -= comfort;
    comfort = 0;
  }
  const fitting = columns.filter((column) => shown.has(column));
  const tracks = fitting.map((column) => {
    const px = narrowed(column);
    return px === undefined ? (column.width ?? `${column.least}px`) : `${px}px`;
  });
  const template = [...(checkable ? [`${SELECT_WIDTH}px`] : []), ...tracks, `${MENU_WIDTH}px`].join(" ");
  return { columns: fitting, condensed, checkable, template };
}

function inTurn<Column extends { turn?: number }>(columns: Column[]): Column[] {
  return [...columns].sort((left, right) => (left.turn ?? 0) - (right.turn ?? 0));
}
