import type { SortField } from "$lib/api";

export type ColumnName =
  "name" | "collectionName" | "adminEmail" | "status" | "documents" | "dataSize" | "createdAt" | "updatedAt";

/** The columns a person can turn off. Name and status are what a row is recognized by. */
export type OptionalColumn = Exclude<ColumnName, "name" | "status">;

export type ColumnLayout = {
  columns: ColumnName[];
  /** The status shows its mark only; the word stays for screen readers. */
  condensed: boolean;
  template: string;
};

type Measure = { width: string; least: number; sort: SortField | null; numeric: boolean };

const MEASURES: Record<ColumnName, Measure> = {
  name: { width: "minmax(0, 1.6fr)", least: 156, sort: "name", numeric: false },
  collectionName: { width: "minmax(0, 1fr)", least: 190, sort: "collectionName", numeric: false },
  adminEmail: { width: "minmax(0, 1.5fr)", least: 220, sort: "adminEmail", numeric: false },
  status: { width: "100px", least: 100, sort: "status", numeric: false },
  documents: { width: "92px", least: 92, sort: null, numeric: true },
  dataSize: { width: "88px", least: 88, sort: null, numeric: true },
  createdAt: { width: "104px", least: 104, sort: "createdAt", numeric: true },
  updatedAt: { width: "104px", least: 104, sort: "updatedAt", numeric: true },
};

/** As they stand in the table, from left to right. */
export const COLUMN_ORDER: ColumnName[] = [
  "name",
  "collectionName",
  "adminEmail",
  "status",
  "documents",
  "dataSize",
  "createdAt",
  "updatedAt",
];

/**
 * Who gets room first when there is not enough for all: the base columns, then the others. The collection's name comes
 * late, because it is the organization's, which stands beside what people call it.
 */
const BASE_COLUMNS: OptionalColumn[] = ["dataSize", "documents"];
const FURTHER_COLUMNS: OptionalColumn[] = ["adminEmail", "updatedAt", "collectionName", "createdAt"];

export const OPTIONAL_COLUMNS: OptionalColumn[] = [
  "collectionName",
  "adminEmail",
  "documents",
  "dataSize",
  "createdAt",
  "updatedAt",
];

const SELECT_WIDTH = 44;
const MENU_WIDTH = 32;
const STATUS_MARK_WIDTH = 28;
const CONDENSED_BELOW = 480;
/** What the names get on top of their least width before a further column is shown: room for both of them. */
const NAME_COMFORT = 100;

export function columnSortField(column: ColumnName): SortField | null {
  return MEASURES[column].sort;
}

export function isNumericColumn(column: ColumnName): boolean {
  return MEASURES[column].numeric;
}

/** The wanted columns that fit into `width` without scrolling sideways. */
export function layoutColumns(width: number, wanted: ReadonlySet<OptionalColumn>): ColumnLayout {
  const condensed = width < CONDENSED_BELOW;
  const statusWidth = condensed ? STATUS_MARK_WIDTH : MEASURES.status.least;
  let room = width - SELECT_WIDTH - MENU_WIDTH - MEASURES.name.least - statusWidth;
  const fitting = new Set<ColumnName>(["name", "status"]);
  // Stops at the first that does not fit: a narrower one further on would come and go as the window is dragged.
  const take = (candidates: OptionalColumn[]): void => {
    for (const column of candidates.filter((candidate) => wanted.has(candidate))) {
      if (room < MEASURES[column].least) return;
      room -= MEASURES[column].least;
      fitting.add(column);
    }
  };
  take(BASE_COLUMNS);
  room -= NAME_COMFORT;
  take(FURTHER_COLUMNS);
  const columns = COLUMN_ORDER.filter((column) => fitting.has(column));
  const widths = columns.map((column) =>
    column === "status" && condensed ? `${STATUS_MARK_WIDTH}px` : MEASURES[column].width,
  );
  return { columns, condensed, template: [`${SELECT_WIDTH}px`, ...widths, `${MENU_WIDTH}px`].join(" ") };
}
