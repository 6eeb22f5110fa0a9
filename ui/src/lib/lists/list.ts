import type { IconName, MenuItem } from "$lib/components";
import type { ListColumn } from "./column-layout";
import type { KeysetPage } from "./keyset-runs";

export type ListRow = { id: string };

export type SortDirection = "ascending" | "descending";

/** What a list shows, without the place in it. A list that can be narrowed further adds to it. */
export type ListQuery<Facet extends string = string, Sort extends string = string> = {
  search: string;
  facet: Facet;
  /** A sortable column. */
  sort: Sort;
  direction: SortDirection;
};

/** The rows of each facet for one search; null where they took too long to count. */
export type ListCounts<Query extends ListQuery = ListQuery> = Record<Query["facet"], number | null>;

export type PagePlace = { cursor: string | null; limit: number };

/** Where the rows of a list come from. */
export type ListSource<Row, Query extends ListQuery, Counts = ListCounts<Query>> = {
  /** Rows from a cursor on. A list is read from its end by asking for the opposite direction. */
  page: (query: Query, place: PagePlace) => Promise<KeysetPage<Row>>;
  count: (search: string) => Promise<Counts>;
};

/** One of the rows' kinds, by a button with its count. The first facet of a list narrows nothing. */
export type ListFacet<Row, Facet extends string> = {
  value: Facet;
  label: () => string;
  /** Whether it has a row, once that row was changed. */
  holds: (row: Row) => boolean;
  /** What is said in place of rows when it has none. */
  none?: { icon: IconName; title: () => string; why: () => string };
};

/** A long list: everything about it that stays as it is. */
export type ListSpec<Row extends ListRow, Query extends ListQuery> = {
  /** Under this name the choice of columns is remembered. */
  name: string;
  columns: ListColumn<Row, Query["sort"]>[];
  facets: [ListFacet<Row, Query["facet"]>, ...ListFacet<Row, Query["facet"]>[]];
  /** What it shows first. */
  query: Query;
  rowName: (row: Row) => string;
  /** Deactivated, as against what can be worked with: shown fainter. */
  off?: (row: Row) => boolean;
  words: {
    title: () => string;
    search: () => string;
    facets: () => string;
    found: (inputs: { count: number; shown: string }) => string;
    /** Names the bar of acts on checked rows; without it rows cannot be checked. */
    checked?: () => string;
    /** `narrowed` when the search is within a facet. */
    noMatch: (search: string, narrowed: boolean) => string;
    forbidden: () => string;
  };
};

/** What can be done with one row now. */
export type RowActs<Row> = {
  menu: (row: Row) => MenuItem[];
  /** By key, for example `F2` or `Mod+Shift+C`. */
  keys?: Record<string, (row: Row) => void>;
  busy?: (row: Row) => boolean;
};

/** A button for all checked rows. */
export type BulkAction = {
  label: string;
  icon: IconName;
  disabledReason?: string | null;
  run: () => void;
};

/** What stands beside a list and shows one of its rows. */
export type ListPanel<Row> = {
  readonly row: Row | null;
  open: (row: Row) => void;
  close: () => void;
  /** Rows as they were just read or changed. */
  accept: (rows: Row[]) => void;
};
