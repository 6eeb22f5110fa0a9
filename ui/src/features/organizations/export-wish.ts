import type { OrganizationCounts, OrganizationQuery } from "$lib/api";

/**
 * What to export: the selected organizations or, if `selectedIds` is null, those that the filter shows, in this
 * order.
 */
export type ExportWish = Pick<OrganizationQuery, "filter" | "sort" | "direction"> & {
  selectedIds: string[] | null;
  /** The counts beside the facets. */
  counts: OrganizationCounts | null;
};
