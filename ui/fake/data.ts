import type { OrganizationView, ServerFacts, UnsettledAct, WorkspaceSummary } from "../src/lib/bindings";

const first = (
  "Cobalt Ridge, Ionian, Brightwater, Delphi, Eastgate, Northmark, Glasswing, Lindqvist, Halden, " +
  "Kestrel, Calder and Moss, Aldgate, Juniper Street, Baltic, Acacia, Orchard Lane, Fennimore, " +
  "Marrow and Vale, Tidewater, Verity, Ashdown, Pellworm, Sable Point, Great North, Rookery Lane, " +
  "Ostrava, Whitby, Zephyr"
).split(", ");
const second = (
  "Mining, Airways, Utilities, Diagnostics, Logistics, Freight, Robotics, Pharma, Shipyard, Aerospace, " +
  "Legal, Insurance, Housing Association, Grain Terminal, Health Partners, Schools, Foods, Publishing, " +
  "Credit Union, Land Registry"
).split(", ");
const people = ["i.solberg", "dana", "m.okafor", "lena.brandt", "t.nakamura", "ines", "r.calder", "office"];

/** Hex text of 24 digits from a number, as the database's own ids look. */
export const idFor = (index: number): string => (0x65c10000 + index).toString(16).padStart(24, "6");

/** The one place where tests write down every field of an organization. */
export function madeUpOrganization(name: string, change: Partial<OrganizationView> = {}): OrganizationView {
  return {
    id: name,
    name,
    displayName: null,
    status: "active",
    adminEmail: `admin@${name}.test`,
    collectionName: `org_${name}`,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    trashedAt: null,
    trashedBy: null,
    keptUntil: null,
    leftShared: false,
    ...change,
  };
}

/** Always the same `count` organizations, so that pictures of two runs can be compared. */
export function madeUpOrganizations(count: number): OrganizationView[] {
  return Array.from({ length: count }, (_, index): OrganizationView => {
    const place = index % first.length;
    const trade = (place + Math.floor(index / first.length) * 3) % second.length;
    const displayName = `${first[place]} ${second[trade]}`;
    const round = Math.floor(index / (first.length * second.length));
    const name = displayName.toLowerCase().replace(/[^a-z0-9]+/g, "_") + (round > 0 ? `_${round}` : "");
    const created = Date.UTC(2023, 1, 8, 9, 30) + index * 5.3 * 86_400_000;
    const trashed = index % 29 === 28;
    return madeUpOrganization(name, {
      id: idFor(index),
      displayName: index % 5 === 4 ? null : displayName,
      status: trashed ? "trashed" : index % 13 === 8 ? "deactivated" : "active",
      adminEmail: `${people[index % people.length]}@${name.replaceAll("_", "-")}.example`,
      createdAt: new Date(created).toISOString(),
      updatedAt: new Date(created + (index % 40) * 3_600_000).toISOString(),
      trashedAt: trashed ? new Date(created + 86_400_000).toISOString() : null,
      trashedBy: trashed ? "dana@meridian.example" : null,
    });
  });
}

const profile = (
  id: string,
  name: string,
  environment: WorkspaceSummary["environment"],
  kind: WorkspaceSummary["kind"],
  address: string,
  lastOpenedAt: string,
): WorkspaceSummary => ({
  id,
  name,
  environment,
  kind,
  address,
  database: "organization_management",
  lastOpenedAt,
  passwordStored: environment !== "staging",
  passwordNeeded: kind === "atlas",
  connectionString:
    kind === "atlas"
      ? `mongodb+srv://tenantry_admin${environment === "staging" ? "" : ":••••••••"}@${address}/?retryWrites=true`
      : `mongodb://${address}/?retryWrites=true`,
  hasSigningSecret: environment === "production",
  notes: environment === "staging" ? "Copied from production every Sunday." : "",
  favorite: false,
  access: environment === "production" ? "locked" : "read_write",
  decided: null,
  isOpen: false,
});

export const madeUpWorkspaces: WorkspaceSummary[] = [
  {
    id: "built-in",
    kind: "built_in",
    name: "On this computer",
    environment: "local",
    address: "~/.local/share/tenantry",
    database: null,
    lastOpenedAt: "2026-11-23T09:12:00Z",
    passwordStored: false,
    passwordNeeded: false,
    connectionString: null,
    hasSigningSecret: false,
    notes: "",
    favorite: false,
    access: "read_write",
    decided: null,
    isOpen: false,
  },
  profile("p1", "Meridian", "production", "atlas", "meridian-prod.k3x9f.mongodb.net", "2026-11-23T08:20:00Z"),
  profile(
    "p2",
    "Meridian Staging",
    "staging",
    "atlas",
    "meridian-stg.k3x9f.mongodb.net",
    "2026-11-21T10:00:00Z",
  ),
  profile(
    "p3",
    "Integration rig",
    "development",
    "mongodb",
    "10.20.4.18,10.20.4.19,10.20.4.20",
    "2026-10-22T10:00:00Z",
  ),
  profile("p4", "Laptop MongoDB", "development", "mongodb", "localhost:27017", "2026-10-09T10:00:00Z"),
];

/** What a workspace's server tells of itself. */
export function serverOf(workspace: WorkspaceSummary): ServerFacts {
  const builtIn = workspace.kind === "built_in";
  return {
    product: builtIn ? "SQLite" : "MongoDB",
    version: builtIn ? "3.50.4" : "8.0.4",
    topology: builtIn ? "file" : workspace.kind === "atlas" ? "replica_set" : "standalone",
    address: workspace.address,
    database: workspace.database ?? "tenantry.db",
    encrypted: workspace.kind === "atlas",
    roundTripMilliseconds: builtIn ? null : 12,
  };
}

/** A rename whose collection was moved, and whose old collection other software made anew. */
export const madeUpUnsettled: UnsettledAct = {
  organizationId: idFor(1),
  organizationName: "northmark-freight",
  act: "rename",
  newName: "northmark-logistics",
  begunBy: "dana@meridian.example",
  begunAt: "2026-11-03T09:12:44Z",
  reason: "org_northmark-freight was made anew meanwhile and has documents of its own",
  liveName: "northmark-freight",
  trashedName: null,
  places: [
    {
      collectionName: "org_northmark-freight",
      exists: true,
      documents: 12,
      isOriginal: false,
      belongsTo: null,
    },
    {
      collectionName: "org_northmark-logistics",
      exists: true,
      documents: 48_213,
      isOriginal: true,
      belongsTo: null,
    },
  ],
  choices: [
    {
      id: "live northmark-logistics, in place",
      destination: "live",
      name: "northmark-logistics",
      data: "in_place",
      collectionName: "org_northmark-logistics",
      left: ["org_northmark-freight"],
    },
    {
      id: "live northmark-freight, in place",
      destination: "live",
      name: "northmark-freight",
      data: "in_place",
      collectionName: "org_northmark-freight",
      left: ["org_northmark-logistics"],
    },
  ],
  seen: "facts-1",
};
