import type { Environment, OrganizationStatus, OrganizationView, RestrictedAct, SessionView } from "$lib/api";
import type { BundleAct } from "$lib/bundles";
import { may } from "$lib/may";
import type { BulkResult } from "$lib/lists";

export type OrganizationAct =
  "rename" | "edit" | "deactivate" | "reactivate" | "trash" | "restore" | "delete_forever";

/** The name of an act in the restrictions of the database user. */
export const RESTRICTED_AS: Record<OrganizationAct, RestrictedAct> = {
  rename: "rename",
  edit: "change",
  deactivate: "deactivate",
  reactivate: "deactivate",
  trash: "trash",
  restore: "restore",
  delete_forever: "delete_forever",
};

/** The restrictions of the database user on acts that this person's role allows. */
export type ActLimits = {
  /** Why the database refuses an act; null if no reason is known. */
  reasonFor: (act: OrganizationAct) => string | null;
  /** The person wants to see the missing role. */
  onrole: () => void;
};

/** The acts that this person can do to this organization now. Others are not shown. */
export function offeredActs(session: SessionView, organization: OrganizationView): OrganizationAct[] {
  const scope = session.organizationId;
  if (scope !== null && scope !== organization.id) return [];
  if (organization.status === "trashed") {
    return keepAllowed([
      ["restore", may(session, "restore")],
      ["delete_forever", may(session, "delete_forever")],
    ]);
  }
  const active = organization.status === "active";
  return keepAllowed([
    ["edit", may(session, "change")],
    ["rename", may(session, "change")],
    ["deactivate", may(session, "deactivate") && active],
    ["reactivate", may(session, "deactivate") && !active],
    ["trash", may(session, "trash")],
  ]);
}

/** What this person can do with bundles to this organization. Reading one needs no writable workspace. */
export function offeredBundleActs(session: SessionView, organization: OrganizationView): BundleAct[] {
  const scope = session.organizationId;
  if (organization.status === "trashed" || (scope !== null && scope !== organization.id)) return [];
  const acts: [BundleAct, boolean][] = [
    ["back_up", may(session, "back_up")],
    ["move", may(session, "restore_bundle")],
  ];
  return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}

/** Acts on many rows that can be undone. */
export type ReversibleAct = "deactivate" | "reactivate" | "trash";

/** Acts on many rows. */
export type BulkAct = ReversibleAct | "delete_forever";

/** An organization, with the id of the act that was done on it. */
export type Acted = OrganizationView & { act?: string };

/** The outcome of such an act. */
export type ActOutcome = BulkResult<Acted> & { act: ReversibleAct };

const APPLIES_TO: Record<BulkAct, OrganizationStatus[]> = {
  deactivate: ["active"],
  reactivate: ["deactivated"],
  trash: ["active", "deactivated"],
  delete_forever: ["trashed"],
};

export function appliesTo(act: BulkAct, organization: OrganizationView): boolean {
  return APPLIES_TO[act].includes(organization.status);
}

/** The acts that apply to at least one row of these statuses. */
export function offeredBulkActs(session: SessionView, statuses: OrganizationStatus[]): BulkAct[] {
  const allowed: Record<BulkAct, boolean> = {
    deactivate: may(session, "deactivate"),
    reactivate: may(session, "deactivate"),
    trash: may(session, "trash"),
    delete_forever: may(session, "delete_forever"),
  };
  const acts: BulkAct[] = ["deactivate", "reactivate", "trash", "delete_forever"];
  return acts.filter((act) => allowed[act] && APPLIES_TO[act].some((status) => statuses.includes(status)));
}

/** Above this many at once, every environment shows a dialog. */
export const BULK_AT_ONCE_LIMIT = 10;

/** Whether organizations are deactivated at once, with Undo, or after a dialog. */
export function deactivatesAtOnce(environment: Environment, organizationCount: number): boolean {
  if (organizationCount > BULK_AT_ONCE_LIMIT) return false;
  return environment === "local" || environment === "development";
}

function keepAllowed(acts: [OrganizationAct, boolean][]): OrganizationAct[] {
  return acts.filter(([, allowed]) => allowed).map(([act]) => act);
}
