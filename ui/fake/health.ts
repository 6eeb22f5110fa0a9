import type { Health, ServerFacts } from "../src/lib/bindings";
import type { Handlers } from "./commands";
import { serverOf } from "./data";
import { noAnswer, now, type World } from "./world";

type HealthFacts = Pick<
  Health,
  | "endOfLife"
  | "members"
  | "storageEngine"
  | "connections"
  | "clockDifferenceMilliseconds"
  | "collections"
  | "notAvailable"
>;

const NO_FACTS: HealthFacts = {
  endOfLife: null,
  members: [],
  storageEngine: null,
  connections: null,
  clockDifferenceMilliseconds: null,
  collections: null,
  notAvailable: [],
};

/** What a server tells of itself beside the facts of the status bar. */
function factsOf(server: ServerFacts, organizations: number): HealthFacts {
  if (server.topology === "file") return NO_FACTS;
  const replica = server.topology === "replica_set";
  const host = (index: number) => `meridian-prod-shard-00-0${index}.k3x9f.mongodb.net:27017`;
  return {
    endOfLife: { series: "8.0", date: "2029-10-31T00:00:00Z", ended: false },
    members: replica
      ? [
          { host: host(0), state: "secondary", roundTripMilliseconds: 14, problem: null },
          { host: host(1), state: "primary", roundTripMilliseconds: 12, problem: null },
          {
            host: host(2),
            state: "unreachable",
            roundTripMilliseconds: null,
            problem: "The connection was refused.",
          },
        ]
      : [{ host: server.address, state: "standalone", roundTripMilliseconds: 1, problem: null }],
    storageEngine: "wiredTiger",
    connections: replica ? null : { current: 12, available: 838_848 },
    clockDifferenceMilliseconds: replica ? 3_400 : -12,
    collections: {
      collections: organizations + 12,
      indexes: (organizations + 12) * 3,
      organizations,
      limit: replica ? 500 : 10_000,
      limitSource: replica ? "atlas_free_or_flex" : "recommended",
      namespaceBytes: replica ? 67 : 227,
    },
    notAvailable: replica ? ["connections"] : [],
  };
}

export function healthHandlers(world: World): Handlers {
  return {
    workspace_health: () => {
      const server = serverOf(world.here().workspace);
      if (!world.reachable)
        return {
          status: "down",
          checkedAt: now(),
          server: { ...server, roundTripMilliseconds: null },
          organizations: { total: 0, exact: false },
          databaseUser: null,
          privileges: [],
          warnings: [],
          problem: noAnswer,
          ...NO_FACTS,
        };
      const database = "organization_management";
      return {
        status: "up",
        checkedAt: now(),
        server,
        organizations: { total: world.organizations.length, exact: true },
        databaseUser: server.product === "SQLite" ? null : "tenantry_admin",
        privileges: [
          { act: "read_organizations", needs: "find on organizations", allowed: true },
          { act: "rename_collections", needs: `renameCollectionSameDB on ${database}`, allowed: true },
          { act: "read_sizes", needs: `collStats on ${database}`, allowed: false },
          { act: "delete_collections", needs: `dropCollection on ${database}`, allowed: null },
        ],
        warnings: ["addresses_not_indexed"],
        problem: null,
        ...factsOf(server, world.organizations.length),
      };
    },
  };
}
