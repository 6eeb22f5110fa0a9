import type {
  Access,
  AccessState,
  LineView,
  OpenSummary,
  Restriction,
  RoleCommand,
  SessionView,
  WireError,
  WorkspaceSummary,
} from "../src/lib/bindings";

/** One open workspace of the made-up program. */
export type Place = {
  workspace: WorkspaceSummary;
  session: SessionView | null;
  access: Access;
  unlock: { until: number; idleAt: number; reason: string } | null;
};

const UNLOCKED_MILLISECONDS = 600_000;
const IDLE_MILLISECONDS = 120_000;

export const time = (milliseconds: number) => new Date(milliseconds).toISOString();

export function accessOf(place: Place): AccessState {
  const { access, unlock } = place;
  if (unlock && Date.now() >= Math.min(unlock.until, unlock.idleAt)) place.unlock = null;
  const open = place.unlock;
  return {
    access,
    environment: place.workspace.environment,
    decided: place.workspace.decided,
    writable: access === "read_write" || open !== null,
    unlockedUntil: open && time(open.until),
    locksWhenIdleAt: open && time(open.idleAt),
    reason: open?.reason ?? null,
  };
}

export const summaryOf = (place: Place): OpenSummary => ({
  id: place.workspace.id,
  kind: place.workspace.kind,
  name: place.workspace.name,
  environment: place.workspace.environment,
  signedInAs: place.session?.name ?? null,
  sessionEndsAt: place.session?.expiresAt ?? null,
  access: accessOf(place),
});

/** What a place answers about access and its line; `reachable` tells whether its server is to answer. */
export function placeHandlers(
  place: () => Place,
  reachable: () => boolean,
  restrictions: () => Restriction[],
  refuse: (error: WireError) => never,
) {
  return {
    access_state: () => accessOf(place()),
    unlock_workspace: ({ reason }: { reason: string }) => {
      const here = place();
      if (here.session?.role !== "operator") refuse({ code: "forbidden", message: "Operators only." });
      if (here.access === "read_only")
        refuse({ code: "read_only", message: "Read-only.", details: { unlockable: false } });
      if (reason.trim().length < 3) {
        const problem = { field: "reason", rule: "too_short", message: "Say why in at least 3 characters." };
        refuse({
          code: "invalid_input",
          message: "Some fields are wrong.",
          details: { fields: [problem as never] },
        });
      }
      const now = Date.now();
      here.unlock = {
        until: now + UNLOCKED_MILLISECONDS,
        idleAt: now + IDLE_MILLISECONDS,
        reason: reason.trim(),
      };
      return accessOf(here);
    },
    lock_workspace: () => {
      place().unlock = null;
      return accessOf(place());
    },
    note_activity: () => {
      const { unlock } = place();
      if (unlock) unlock.idleAt = Date.now() + IDLE_MILLISECONDS;
      return accessOf(place());
    },
    check_line: (): LineView => ({
      reachable: reachable(),
      problem: reachable() ? null : "No host of the replica set answered for 5 seconds.",
      primary: reachable() ? "meridian-prod-shard-00-01.k3x9f.mongodb.net:27017" : null,
      members: 3,
      roundTripMilliseconds: reachable() ? 12 : null,
      checkedAt: time(Date.now()),
    }),
    role_command: (): RoleCommand => ({
      user: "tenantry_admin",
      shell: [
        'db.getSiblingDB("admin").createRole({role: "tenantryConsole", privileges: [',
        ...restrictions().map(
          ({ needs }) =>
            `  {resource: {db: "organization_management", collection: ""}, actions: [${JSON.stringify(needs.split(" ")[0])}]},`,
        ),
        "], roles: []})",
        'db.getSiblingDB("admin").grantRolesToUser("tenantry_admin", ["tenantryConsole"])',
      ].join("\n"),
      atlas:
        place().workspace.kind === "atlas"
          ? `atlas customDbRoles create tenantryConsole --privilege ${restrictions()
              .map(({ needs }) => `${needs.split(" ")[0]}@organization_management`)
              .join(",")}`
          : null,
    }),
  };
}
