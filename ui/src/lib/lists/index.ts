/** A long list is a source, columns and a row; everything else of it is here. */
export { BulkRun, type BulkFailure, type BulkResult } from "./bulk-run.svelte";
export { default as FailedRows } from "./FailedRows.svelte";
export type { ListColumn } from "./column-layout";
export type {
  BulkAction,
  ListFacet,
  ListPanel,
  ListQuery,
  ListSource,
  ListSpec,
  PagePlace,
  RowActs,
  RowGroups,
  SortDirection,
} from "./list";
export { default as ListScreen } from "./ListScreen.svelte";
export { onceForRow } from "./once-for-row";
export { jobsOfSearches } from "./searches";
export { ListState } from "./list-state.svelte";
