import type {
  Environment,
  OrganizationStatus,
  OrganizationView,
  RestrictedAct,
  Rights,
  SessionView,
} from "$lib/api";
import type { BulkResult } from "$lib/lists";

export type OrganizationAct =
  "rename" | "edit" | "deactivate" | "reactivate" | "trash" | "restore" | "delete_forever";

/** The name under which the rights of the database user tell of an act. */
export const RESTRICTED_AS: Record<OrganizationAct, RestrictedAct> = {
  rename: "rename",
  edit: "change",
  deactivate: "deactivate",
  reactivate: "deactivate",
  trash: "trash",
  restore: "restore",
  delete_forever: "delete_forever",
};

/** What the database user's rights make of acts that this person may do. */
export type ActLimits = {
  /** Why the database refuses an act to its user; null when nothing is known that it would. */
  reasonFor: (act: OrganizationAct) => string | null;
  /** The person wants to know the role that is missing. */
  onrole: () => void;
};

/** What this person may do to this organization now. What is not in here is not shown. */
export function offeredActs(session: SessionView, organization: OrganizationView): OrganizationAct[] {
  const { rights } = session;
  const own = session.role === "organization_admin" && session.organizationId === organization.id;
  if (organization.status === "trashed") {
    return keepAllowed([
      ["restore", rights.restore],
      ["delete_forever", rights.deleteForever],
    ]);
  }
  const active = organization.status === "active";
  return keepAllowed([
    ["edit", rights.changeAdmin],
    ["rename", rights.renameAny || own],
    ["deactivate", rights.deactivate && active],
    ["reactivate", rights.deactivate && !active],
    ["trash", rights.trash],
  ]);
}

/** Acts that can be done to many rows at once, and taken back. */
export type ReversibleAct = "deactivate" | "reactivate" | "trash";

/** What became of such an act. */
export type ActOutcome = BulkResult<OrganizationView> & { act: ReversibleAct };

const APPLIES_TO: Record<ReversibleAct, OrganizationStatus[]> = {
  deactivate: ["active"],
  reactivate: ["deactivated"],
  trash: ["active", "deactivated"],
};

export function appliesTo(act: ReversibleAct, organization: OrganizationView): boolean {
  return APPLIES_TO[act].includes(organization.status);
}

/** The acts that at least one row of these statuses can take. */
export function offeredBulkActs(rights: Rights, statuses: OrganizationStatus[]): ReversibleAct[] {
  const allowed: Record<ReversibleAct, boolean> = {
    deactivate: rights.deactivate,
    reactivate: rights.deactivate,
    trash: rights.trash,
  };
  const acts: ReversibleAct[] = ["deactivate", "reactivate", "trash"];
  return acts.filter((act) => allowed[act] && APPLIES_TO[act].some((status) => statuses.includes(status)));
}

/** Above this many at once the person reads a dialog in every environment. */
export const BULK_AT_ONCE_LIMIT = 10;

/** Whether organizations are deactivated at once, with Undo, or in a dialog that asks before. */
export function deactivatesAtOnce(environment: Environment, organizationCount: number): boolean {
  if (organizationCount > BULK_AT_ONCE_LIMIT) return false;
  return environment === "local" || environment === "development";
}

function keepAllowed(acts: [OrganizationAct, boolean][]): OrganizationAct[] {
  return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}
