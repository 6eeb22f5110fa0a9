import type { OrganizationStatus, OrganizationView, SortField } from "$lib/api";
import { m } from "$lib/messages";
import type { ColumnName } from "$lib/lists/columns";
import type { SortDirection } from "./state/organization-browser.svelte";

/** What people call the organization. Its name stays the identifier. */
export function displayNameOf(organization: Pick<OrganizationView, "name" | "displayName">): string {
  return organization.displayName ?? organization.name;
}

const STATUS_LABELS: Record<OrganizationStatus, () => string> = {
  active: m.common_status_active,
  deactivated: m.common_status_deactivated,
  trashed: m.common_status_trashed,
};

export function statusLabel(status: OrganizationStatus): string {
  return STATUS_LABELS[status]();
}

const COLUMN_LABELS: Record<ColumnName, () => string> = {
  name: m.organizations_column_name,
  collectionName: m.organizations_column_collection_name,
  adminEmail: m.organizations_column_admin_email,
  status: m.organizations_column_status,
  documents: m.organizations_column_documents,
  dataSize: m.organizations_column_data_size,
  createdAt: m.organizations_column_created_at,
  updatedAt: m.organizations_column_updated_at,
};

export function columnLabel(column: ColumnName): string {
  return COLUMN_LABELS[column]();
}

/** What an order is by. The organizations' column shows two names; the list is sorted by the identifier. */
export function sortLabel(field: SortField): string {
  return field === "name" ? m.organizations_panel_name() : columnLabel(field);
}

export function orderLabel(sort: SortField, direction: SortDirection): string {
  if (sort === "createdAt" || sort === "updatedAt") {
    return direction === "ascending" ? m.lists_order_oldest() : m.lists_order_newest();
  }
  return direction === "ascending" ? m.lists_order_a_to_z() : m.lists_order_z_to_a();
}
