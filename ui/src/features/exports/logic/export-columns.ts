import type { ExportColumn } from "$lib/api";

/** In the order of the file, whichever order they are ticked in. */
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

/** Columns that are not in the list of organizations: each organization's collection is read for them. */
export const COLUMNS_READ_ONE_BY_ONE: ExportColumn[] = ["documents", "dataSize"];

export const COLUMNS_AT_FIRST: ExportColumn[] = EXPORT_COLUMNS.filter(
  (column) => column !== "id" && !COLUMNS_READ_ONE_BY_ONE.includes(column),
);
