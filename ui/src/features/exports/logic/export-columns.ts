import type { ExportColumn } from "$lib/api";
import { m } from "$lib/messages";

/** Every column with its word, in the order of the file, whatever the order of selection. */
export const COLUMN_WORDS: Record<ExportColumn, () => string> = {
  id: m.exports_column_id,
  name: m.exports_column_name,
  displayName: m.exports_column_display_name,
  status: m.exports_column_status,
  adminEmail: m.exports_column_admin_email,
  collectionName: m.exports_column_collection_name,
  createdAt: m.exports_column_created_at,
  updatedAt: m.exports_column_updated_at,
  documents: m.exports_column_documents,
  dataSize: m.exports_column_data_size,
};

const EXPORT_COLUMNS = Object.keys(COLUMN_WORDS) as ExportColumn[];

/** Columns that the list of organizations does not have: each organization's collection is read for them. */
export const COLUMNS_READ_ONE_BY_ONE: ExportColumn[] = ["documents", "dataSize"];

export const COLUMNS_AT_FIRST: ExportColumn[] = EXPORT_COLUMNS.filter(
  (column) => column !== "id" && !COLUMNS_READ_ONE_BY_ONE.includes(column),
);
