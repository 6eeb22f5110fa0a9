import type { OrganizationView, SortField } from "$lib/api";
import type { ListColumn } from "$lib/lists";
import { m } from "$lib/messages";

/** Shown where the names have room for both, in this turn. */
const further = (turn: number) => ({ turn, further: true });
const date = { numeric: true, least: 104 };

/** From left to right. The collection gets room late: it only repeats the organization's name. */
export const ORGANIZATION_COLUMNS: ListColumn<OrganizationView, SortField>[] = [
  {
    id: "name",
    label: m.organizations_column_name,
    sort: "words",
    // The column shows two names; the list is sorted by the identifier.
    sortLabel: m.organizations_panel_name,
    least: 156,
    width: "minmax(0, 1.6fr)",
    comfort: 100,
  },
  {
    id: "collectionName",
    label: m.organizations_column_collection_name,
    sort: "words",
    least: 190,
    width: "minmax(0, 1fr)",
    ...further(5),
  },
  {
    id: "adminEmail",
    label: m.organizations_column_admin_email,
    sort: "words",
    text: ({ adminEmail }) => adminEmail,
    least: 220,
    width: "minmax(0, 1.5fr)",
    ...further(3),
  },
  { id: "status", label: m.organizations_column_status, sort: "words", least: 100, condensed: 28 },
  { id: "documents", label: m.organizations_column_documents, numeric: true, least: 92, turn: 2 },
  { id: "dataSize", label: m.organizations_column_data_size, numeric: true, least: 88, turn: 1 },
  { id: "createdAt", label: m.organizations_column_created_at, sort: "time", ...date, ...further(6) },
  { id: "updatedAt", label: m.organizations_column_updated_at, sort: "time", ...date, ...further(4) },
];
