import type { MovedToView, OrganizationStatus, OrganizationView } from "$lib/api";
import { formatDay } from "$lib/format";
import { m } from "$lib/messages";

/** The name that people use. The organization's name stays the identifier. */
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

export const movedTitle = ({ workspace, at }: MovedToView): string =>
  m.nets_moved_to({ workspace, day: formatDay(at) });
