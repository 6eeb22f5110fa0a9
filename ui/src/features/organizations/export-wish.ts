import type { OrganizationCounts, OrganizationQuery } from "$lib/api";

/** What to export: the checked organizations, or with `selectedIds` null what the filter shows; in this order. */
export type ExportWish = Pick<OrganizationQuery, "filter" | "sort" | "direction"> & {
  selectedIds: string[] | null;
  /** As they stand beside the facets. */
  counts: OrganizationCounts | null;
};
