import type { IconName, MenuItem } from "$lib/components";
import type { ListColumn } from "./column-layout";
import type { KeysetPage, Question } from "./keyset-run";

export type ListRow = { id: string };

export type SortDirection = "ascending" | "descending";

/** The query of a list, without the place in it. A list with more filters extends it. */
export type ListQuery<Facet extends string = string, Sort extends string = string> = {
  search: string;
  facet: Facet;
  /** A sortable column. */
  sort: Sort;
  direction: SortDirection;
};

/** The number of rows of each facet for one search; null if counting took too long, undefined where nobody counts. */
export type ListCounts<Query extends ListQuery = ListQuery> = Record<
  Query["facet"],
  number | null | undefined
>;

/** Where a page starts, and how many rows it has; `backwards` walks the same list from its end. */
export type PagePlace = Question & { limit: number };

/** Where the rows of a list come from. */
export type ListSource<Row, Query extends ListQuery, Counts = ListCounts<Query>> = {
  /** Rows from a place on, in the order of the walk. */
  page: (query: Query, place: PagePlace) => Promise<KeysetPage<Row>>;
  /** `query` has the further filters of the list; the facet is not counted by. Without it nothing is counted. */
  count?: (search: string, query: Query) => Promise<Counts>;
  /** How many rows a query has, if some of them are not counted. */
  rows?: (counts: Counts, query: Query) => number | null;
};

/** A subset of the rows, chosen by a button with its count. The first facet of a list has all rows. */
export type ListFacet<Row, Facet extends string> = {
  value: Facet;
  label: () => string;
  /** Whether it has a row, after that row was changed. */
  holds: (row: Row) => boolean;
  /** Shown instead of rows if it has none. */
  none?: { icon: IconName; title: () => string; why: () => string };
};

/** How the rows of a list belong together. */
export type RowGroups<Row> = {
  /** The group of a row, and of the row that heads it. */
  of: (row: Row) => string;
  /** How many rows a row heads; null if it is none that heads others. */
  headed: (row: Row) => number | null;
};

/** Everything about a long list that does not change. */
export type ListSpec<Row extends ListRow, Query extends ListQuery> = {
  /** The name under which the choice of columns is remembered. */
  name: string;
  columns: ListColumn<Row, Query["sort"]>[];
  facets: [ListFacet<Row, Query["facet"]>, ...ListFacet<Row, Query["facet"]>[]];
  /** The initial query. */
  query: Query;
  rowName: (row: Row) => string;
  /** Rows of one group stand below a row of their own, which heads them: it spans all columns. */
  groups?: RowGroups<Row>;
  /** Whether a row is deactivated and shown fainter. */
  off?: (row: Row) => boolean;
  words: {
    title: () => string;
    search: () => string;
    facets: () => string;
    /** The order of a list that has no other. */
    order?: () => string;
    found: (inputs: { count: number; shown: string }) => string;
    /** Names the bar of actions for selected rows; without it rows cannot be selected. */
    checked?: () => string;
    /** `narrowed` if the search is within a facet. */
    noMatch: (search: string, narrowed: boolean) => string;
    /** What an empty list means that is filtered by more than a search and a facet. */
    noneFiltered?: () => string;
    forbidden: () => string;
  };
};

/** The actions on one row now. */
export type RowActs<Row> = {
  menu: (row: Row) => MenuItem[];
  /** For a row that heads others: Enter and its button. */
  head?: (row: Row) => void;
  /** By key, for example `F2` or `Mod+Shift+C`. */
  keys?: Record<string, (row: Row) => void>;
  busy?: (row: Row) => boolean;
};

/** A button for all selected rows. */
export type BulkAction = {
  label: string;
  icon: IconName;
  disabledReason?: string | null;
  run: () => void;
};

/** The panel beside a list, which shows one of its rows. */
export type ListPanel<Row> = {
  readonly row: Row | null;
  open: (row: Row) => void;
  close: () => void;
  /** Rows as they were just read or changed. */
  accept: (rows: Row[]) => void;
};
