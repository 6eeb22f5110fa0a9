import type { AccessState } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { refuse, type Place, type World } from "./world";

const UNLOCKED_MILLISECONDS = 600_000;
const IDLE_MILLISECONDS = 120_000;

const time = (milliseconds: number) => new Date(milliseconds).toISOString();

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

/** How a workspace may be changed now, and what its database user lacks. */
export function accessHandlers(world: World): Handlers {
  return {
    access_state: () => accessOf(world.here()),
    unlock_workspace: ({ reason }: { reason: string }) => {
      const here = world.here();
      if (!here.session?.may.includes("unlock")) refuse({ code: "forbidden" });
      if (here.access === "read_only") refuse({ code: "read_only", details: { unlockable: false } });
      if (reason.trim().length < 3)
        refuse({
          code: "invalid_input",
          details: {
            fields: [{ field: "reason", rule: "too_short", message: "Say why in at least 3 characters." }],
          },
        });
      const begun = Date.now();
      here.unlock = {
        until: begun + UNLOCKED_MILLISECONDS,
        idleAt: begun + IDLE_MILLISECONDS,
        reason: reason.trim(),
      };
      return accessOf(here);
    },
    lock_workspace: () => {
      world.here().unlock = null;
      return accessOf(world.here());
    },
    note_activity: () => {
      const { unlock } = world.here();
      if (unlock) unlock.idleAt = Date.now() + IDLE_MILLISECONDS;
      return accessOf(world.here());
    },
    check_line: () => ({
      reachable: world.reachable,
      problem: world.reachable ? null : "No host of the replica set answered for 5 seconds.",
      primary: world.reachable ? "meridian-prod-shard-00-01.k3x9f.mongodb.net:27017" : null,
      members: 3,
      roundTripMilliseconds: world.reachable ? 12 : null,
      checkedAt: time(Date.now()),
    }),
    role_command: () => {
      const actions = world.restrictions.map(({ needs }) => needs.split(" ")[0] ?? "");
      return {
        user: "tenantry_admin",
        shell: [
          'db.getSiblingDB("admin").createRole({role: "tenantryConsole", privileges: [',
          ...actions.map(
            (action) =>
              `  {resource: {db: "organization_management", collection: ""}, actions: ["${action}"]},`,
          ),
          "], roles: []})",
          'db.getSiblingDB("admin").grantRolesToUser("tenantry_admin", ["tenantryConsole"])',
        ].join("\n"),
        atlas:
          world.here().workspace.kind === "atlas"
            ? `atlas customDbRoles create tenantryConsole --privilege ${actions
                .map((action) => `${action}@organization_management`)
                .join(",")}`
            : null,
      };
    },
  };
}
