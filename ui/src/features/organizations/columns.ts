import type { OrganizationView, SortField } from "$lib/api";
import type { ListColumn } from "$lib/lists";
import { m } from "$lib/messages";

/**
 * From left to right. The collection's name gets room late, because it is the organization's, which stands beside what
 * people call it.
 */
export const ORGANIZATION_COLUMNS: ListColumn<OrganizationView, SortField>[] = [
  {
    id: "name",
    label: m.organizations_column_name,
    sort: "words",
    // The column shows two names; the list is sorted by the identifier.
    sortLabel: m.organizations_panel_name,
    width: "minmax(0, 1.6fr)",
    least: 156,
    // Room for both names.
    comfort: 100,
  },
  {
    id: "collectionName",
    label: m.organizations_column_collection_name,
    sort: "words",
    width: "minmax(0, 1fr)",
    least: 190,
    turn: 5,
    further: true,
  },
  {
    id: "adminEmail",
    label: m.organizations_column_admin_email,
    sort: "words",
    text: ({ adminEmail }) => adminEmail,
    width: "minmax(0, 1.5fr)",
    least: 220,
    turn: 3,
    further: true,
  },
  {
    id: "status",
    label: m.organizations_column_status,
    sort: "words",
    width: "100px",
    least: 100,
    condensed: 28,
  },
  {
    id: "documents",
    label: m.organizations_column_documents,
    numeric: true,
    width: "92px",
    least: 92,
    turn: 2,
  },
  {
    id: "dataSize",
    label: m.organizations_column_data_size,
    numeric: true,
    width: "88px",
    least: 88,
    turn: 1,
  },
  {
    id: "createdAt",
    label: m.organizations_column_created_at,
    sort: "time",
    numeric: true,
    width: "104px",
    least: 104,
    turn: 6,
    further: true,
  },
  {
    id: "updatedAt",
    label: m.organizations_column_updated_at,
    sort: "time",
    numeric: true,
    width: "104px",
    least: 104,
    turn: 4,
    further: true,
  },
];
