type Look<Row> = {
  label: () => string;
  /** In px. */
  least: number;
  /** Its track in the grid, if it takes more than the least. */
  width?: string;
  numeric?: boolean;
  /** The order in which columns get room, from 1. A column without it identifies the row and is always shown. */
  turn?: number;
  /** Shown only if the columns before it have their `comfort`. */
  further?: boolean;
  /** Its extra width before a further column is shown. */
  comfort?: number;
  /** Its width in a narrow list, without a header. */
  condensed?: number;
  /** The name of its order, if it differs from the label. */
  sortLabel?: () => string;
  /** Its text; a column without it is drawn by the list's `cell`. */
  text?: (row: Row) => string;
};

/** A column. Words are sorted from A first, times from the newest; without `sort` the list has no such order. */
export type ListColumn<Row, Sort extends string = string> = Look<Row> &
  ({ id: Sort; sort: "words" | "time" } | { id: string; sort?: undefined });

export type ColumnLayout<Column> = {
  columns: Column[];
  condensed: boolean;
  /** Whether a check box precedes the columns. */
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
      // Stops at the first that does not fit: a narrower one further on would flicker as the window is dragged.
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
