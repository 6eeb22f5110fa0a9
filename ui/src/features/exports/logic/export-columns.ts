import type { ExportColumn } from "$lib/api";

/** In the order of the file, whatever the order of selection. */
export const EXPORT_COLUMNS: ExportColumn[] = [
  "id",
  "name",
  "displayName",
  "status",
  "adminEmail",
  "collectionName",
  "createdAt",
  "updatedAt",
  "documents",
  "dataSize",
];

/** Columns that the list of organizations does not have: each organization's collection is read for them. */
export const COLUMNS_READ_ONE_BY_ONE: ExportColumn[] = ["documents", "dataSize"];

export const COLUMNS_AT_FIRST: ExportColumn[] = EXPORT_COLUMNS.filter(
  (column) => column !== "id" && !COLUMNS_READ_ONE_BY_ONE.includes(column),
);
