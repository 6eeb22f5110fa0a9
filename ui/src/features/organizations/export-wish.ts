import type { OrganizationQuery } from "$lib/api";
import type { ListedCounts } from "./source";

/**
 * What to export: the selected organizations or, if `selectedIds` is null, those that the filter shows, in this
 * order.
 */
export type ExportWish = Pick<OrganizationQuery, "filter" | "sort" | "direction"> & {
  /** Whether the filter leaves only those that the doctor found something about. */
  withFindings: boolean;
  selectedIds: string[] | null;
  /** The counts beside the facets. */
  counts: ListedCounts | null;
};
